"""Pure values and decisions: standard library only, no rows, no network, no clock."""
