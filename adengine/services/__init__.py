"""Use cases: plain typed functions over a Unit, or over the engine where the outside is called between units."""
