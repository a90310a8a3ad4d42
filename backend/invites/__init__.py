"""Invites: who can create an account where registration is not open."""
