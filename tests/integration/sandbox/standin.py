"""A worker's stand-in: it starts programs as a worker does, with the user that it runs as.

Reads from its input, as JSON, the commands to run; writes what became of each. Like the attacker it
stands alone: another user than the tests' own may not be able to read the project.
"""

import json
import os
import subprocess
import sys


def main() -> None:
    asked = json.load(sys.stdin)
    # What a worker has open and should not hand on.
    secret = os.open(sys.executable, os.O_RDONLY)
    os.set_inheritable(secret, True)
    results = []
    for argv in asked["commands"]:
        own = {
            "PARENT": str(os.getpid()),
            "FACTS": json.dumps(asked["facts"] | {"descriptor": secret}),
        }
        done = subprocess.run(
            [own.get(word, word) for word in argv],
            cwd=asked["cwd"],
            env={"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            close_fds=False,
            start_new_session=True,
            timeout=60,
        )
        results.append([done.returncode, done.stdout, done.stderr])
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
