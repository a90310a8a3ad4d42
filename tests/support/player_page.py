"""A page of somebody else, of another origin than the API, with players of others."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from embedded.page import FOLDER

_PACKAGES = FOLDER / "node_modules"
_SCRIPTS = {
    "/hls.js": _PACKAGES / "hls.js" / "dist" / "hls.min.js",
    "/shaka.js": _PACKAGES / "shaka-player" / "dist" / "shaka-player.compiled-es2021.js",
}
_OWN = Path(__file__).with_suffix(".js")
_PAGE = (
    '<!doctype html><title>A page of somebody else</title><video muted width="640"></video>'
    + "".join(f'<script src="{path}"></script>' for path in (*_SCRIPTS, "/own.js"))
)


@contextmanager
def page_elsewhere() -> Iterator[str]:
    """Serve the page; yields its address. `player_page.js` says what it can do.

    Without the packages of the page the test is skipped.
    """
    if not all(path.exists() for path in _SCRIPTS.values()):
        pytest.skip("the page's packages are not installed: python -m embedded.page build")
    files = {**_SCRIPTS, "/own.js": _OWN}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script = files.get(self.path)
            body = script.read_bytes() if script else _PAGE.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if script else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
