"""What a film costs beside what its encoding costs, beside other renderers: `make bench-render`."""
