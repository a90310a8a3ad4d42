"""`python -m embedded up`."""

import os
import signal
import sys


def main(arguments: list[str]) -> int:
    """Run the command; return the exit status."""
    # Until the run takes the signals over, a Ctrl-C just ends the process, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from embedded import console
    from embedded.console import complain
    from embedded.errors import StackError, explain
    from embedded.options import read_options
    from embedded.up import run

    console.prepare()
    if arguments != ["up"]:
        complain("usage: python -m embedded up")
        return 2
    try:
        return run(read_options(os.environ))
    except StackError as error:
        complain(str(error))
        return error.exit_code
    except OSError as error:
        complain(f"Framemill cannot go on: {explain(error)}.")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
