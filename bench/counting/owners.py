"""Which process has a connection, by the port of its end on this machine."""

from collections.abc import Mapping

import psutil

from bench.errors import MeasureError


class Owners:
    """Looks ports up and remembers them: a connection may be gone when its log line is read.

    Args:
        pids: processes by name; may be told later.
    """

    def __init__(self, pids: Mapping[str, int] | None = None) -> None:
        self.pids = dict(pids or {})
        self._known: dict[int, str] = {}

    def look(self) -> None:
        """Note every connection that there is now.

        Raises:
            MeasureError: a process has ended.
        """
        for name, pid in self.pids.items():
            try:
                found = psutil.Process(pid).net_connections("tcp4")
            except psutil.NoSuchProcess:
                raise MeasureError(f"The {name} has ended.") from None
            self._known |= {each.laddr.port: name for each in found if each.laddr}

    def of(self, port: int) -> str:
        """Return who has a port, or had it; `browser` for one that is none of the processes'."""
        if port not in self._known:
            self.look()
            if self.pids:
                self._known.setdefault(port, "browser")
        return self._known.get(port, "browser")
