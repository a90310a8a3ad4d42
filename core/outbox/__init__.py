"""What others are told, written with the change that it tells of."""
