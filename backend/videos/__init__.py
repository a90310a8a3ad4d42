"""Videos as a user sees them."""
