"""The images and docker-compose.yml, on a Docker engine: `make compose-test`."""
