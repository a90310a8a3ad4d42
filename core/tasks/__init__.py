"""A task: whose turn it is, and what its holder may do."""
