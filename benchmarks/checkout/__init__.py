"""What an agent's checkout costs the server beside a bare request with one insert: `make bench-checkout`."""
