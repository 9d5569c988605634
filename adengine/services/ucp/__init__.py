"""The Universal Commerce Protocol, version 2026-04-08: catalogue, carts, checkouts and orders as agents read them."""
