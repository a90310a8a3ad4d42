"""What can stop the stack, as one sentence for the person who started it."""

import os


class StackError(Exception):
    """The stack cannot start or go on. The message says what to do."""

    exit_code = 1


class UsageError(StackError):
    """A variable given to `make` cannot be used."""

    exit_code = 2


class ComponentDied(StackError):
    """A process ended, or did not become ready in time. The message carries its log's tail."""


def explain(error: OSError) -> str:
    """Say what the operating system refused, without an error number."""
    reason = error.strerror or str(error)
    return f"{os.fspath(error.filename)!s}: {reason}" if error.filename else reason
