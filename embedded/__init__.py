"""The whole stack on one machine without Docker, started and stopped together."""
