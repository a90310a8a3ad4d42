"""What the API and the workers share; imports neither."""
