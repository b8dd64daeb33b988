"""Shapes of the answers, as clients know them."""
