"""Tasks: which one is next, and what the worker that claimed one may write."""
