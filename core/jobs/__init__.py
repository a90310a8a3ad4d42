"""A job: created, cancelled, and what its state and its video's follow from."""
