"""Jobs: created, cancelled, and their state from their tasks."""
