"""The demo shop: an invented catalogue, its pictures and its speaking mascot."""
