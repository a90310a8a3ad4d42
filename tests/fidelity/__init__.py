"""The fidelity bench: odd files, made here or shared, and whether what comes out of them is right.

Judged by what is decoded, never by headers. `python -m tests.fidelity` runs all of it.
"""
