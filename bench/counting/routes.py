"""Requests out of the API's access log. Pure."""

import json
import re
from collections.abc import Iterable

from bench.counting.tally import Counts, Key

_ID = re.compile(r"/[0-9a-f]{8}-[0-9a-f-]{27}(?=/|$)")


def count(lines: Iterable[str]) -> Counts:
    """Count the requests by method and route; an id in a path is `{id}`.

    A stream is logged when it has ended. /healthz, /readyz and /metrics are not logged.
    """
    counts = Counts()
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and entry.get("event") == "request":
            path = _ID.sub("/{id}", str(entry["path"]))
            counts[Key("api", "browser", f"{entry['method']} {path}")] += 1
    return counts
