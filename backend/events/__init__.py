"""Live changes as Server-Sent Events."""
