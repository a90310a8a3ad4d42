"""What keeps the work going whoever dies: sends tasks, brings back lost ones, cleans up, counts."""
