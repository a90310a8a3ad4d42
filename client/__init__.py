"""Python client of the REST API and the `framemill` command."""
