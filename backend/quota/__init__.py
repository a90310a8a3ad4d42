"""The limits of uploads and the quota."""
