"""Lines for the person at the terminal; one line for each step."""

import sys


def say(text: str = "") -> None:
    """Print one line at once, so that it is seen through a pipe too."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Print one line on standard error."""
    print(text, file=sys.stderr, flush=True)
