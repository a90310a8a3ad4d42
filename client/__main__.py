"""`framemill`, which is `python -m client`: Ctrl-C ends it with one word at any moment."""

import os
import signal
import sys


def run() -> int:
    """Run the command as this process; returns its exit code.

    While modules are imported, and once the command has ended, there is nothing to tidy up and
    Ctrl-C ends the process there and then. In between it is a KeyboardInterrupt, which the command
    handles; a second one does not wait for that.
    """
    # Whoever was started in the background does not hear of Ctrl-C, and shall not.
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    code = 1
    try:
        if heard:
            sys.unraisablehook = _unraisable
            signal.signal(signal.SIGINT, _leave)
        from client.cli import main

        if heard:
            signal.signal(signal.SIGINT, _interrupt)
        code = main()
        if heard:
            signal.signal(signal.SIGINT, lambda *_: os._exit(code))
    except KeyboardInterrupt:
        _leave()
    return code


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGINT, _leave)
    raise KeyboardInterrupt


def _leave(*_: object) -> None:
    try:
        os.write(2, b"Stopped.\n")
    finally:
        os._exit(1)


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    # An interrupt that comes while an object is cleared away would be swallowed, with a traceback.
    if isinstance(lost.exc_value, KeyboardInterrupt):
        _leave()
    sys.__unraisablehook__(lost)


if __name__ == "__main__":
    sys.exit(run())
