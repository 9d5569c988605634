"""What a call of an agent costs the server beside a bare JSON echo: `make bench-mcp`."""
