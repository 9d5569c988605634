"""A film from its parts: what is painted and encoded, kept in the cache, and joined with its sound into files."""
