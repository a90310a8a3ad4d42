"""A log that grows, read line by line."""

from pathlib import Path


class GrowingLog:
    """Gives each line once, when it is whole; what is there already is left out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = path.stat().st_size

    def lines(self) -> list[str]:
        """Return the lines that were added since the last call."""
        with self._path.open("rb") as file:
            file.seek(self._place)
            added = file.read()
        whole = added[: added.rfind(b"\n") + 1]
        self._place += len(whole)
        return whole.decode(errors="replace").splitlines()
