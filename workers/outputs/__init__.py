"""How outputs reach the store."""
