"""The built browser page, served as it lies on the disk."""
