"""How what was made gets into the store."""
