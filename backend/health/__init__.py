"""Whether the service lives, is ready, and its figures."""
