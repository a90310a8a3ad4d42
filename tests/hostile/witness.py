"""Sees whether anybody read what nobody may read, or called where nobody may call."""

import os
import secrets
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self


class Canary:
    """A file that holds a word found nowhere else.

    Where the file system notes when a file was last read, reading it without a trace in any output
    is seen too: a time of reading older than the last change is always renewed (`relatime`).
    """

    def __init__(self, path: Path, content: bytes = b"") -> None:
        self.path = path
        self.word = f"canary{secrets.token_hex(16)}".encode()
        path.write_bytes(content + self.word * 20)
        self._forget()
        path.read_bytes()
        self.noticing = self.was_read()  # or the file system notes no reading at all
        self._forget()

    def _forget(self) -> None:
        os.utime(self.path, ns=(0, self.path.stat().st_mtime_ns))

    def was_read(self) -> bool:
        """Whether it was read since it was made."""
        return self.path.stat().st_atime_ns > 0


class Listener:
    """A TCP server on this machine that counts its callers and hangs up on them."""

    def __init__(self) -> None:
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def address(self) -> str:
        """Where it listens, `host:port`."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            caller.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Closing alone leaves the thread in accept.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
