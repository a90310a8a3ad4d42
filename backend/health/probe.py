"""`python -m backend.health.probe /readyz`: asks the API on this machine, for health checks.

`/healthz` is on the API's own port, everything else on the service port. It uses only the standard
library, because a container runs it every few seconds.
"""

import http.client
import os
import sys

_PATIENCE_S = 4


def main(path: str) -> int:
    """Return 0 when the answer is 200; else tell what it is and return 1."""
    connection = http.client.HTTPConnection(*_address(path), timeout=_PATIENCE_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read(1000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        sys.stdout.write(f"{path}: {error}\n")
        return 1
    finally:
        connection.close()
    sys.stdout.write(f"{path}: {response.status} {body}\n")
    return 0 if response.status == http.HTTPStatus.OK else 1


def _address(path: str) -> tuple[str, int]:
    """Return host and port of the listener that answers a path."""
    prefix, default = ("", 8000) if path == "/healthz" else ("SERVICE_", 8001)
    host = os.environ.get(f"{prefix}HOST") or "127.0.0.1"
    port = int(os.environ.get(f"{prefix}PORT") or default)
    # What listens everywhere is asked here.
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
