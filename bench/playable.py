"""How soon a film plays in a browser after its upload.

hls.js plays in Chromium, on a page of another origin than the API's. Measured is from the answer to
the request that completes the upload until the browser has painted the first frame. The last
time each kind of film is then watched for a minute, or to its end, and every stop is counted.
Client, browser and worker share this machine and its clock, so the encode that goes on takes from
the player what it needs.
"""

import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.errors import MeasureError
from bench.measure import Measured, Options
from bench.world import World, world
from client.errors import ApiError
from embedded.ffmpeg import find_tools
from embedded.page import FOLDER
from workers.media.ladder import DEFAULT_LADDER

_HLS = FOLDER / "node_modules" / "hls.js" / "dist" / "hls.min.js"
_ROUNDS = 5
_WATCHED_S = 60.0
_PATIENCE_S = 120.0
_PAGE = """<!doctype html><video muted></video><script src="/hls.js"></script><script>
const video = document.querySelector("video");
let hls, painted, stalls = 0;
const now = () => (performance.timeOrigin + performance.now()) / 1000;
function play(url) {
  video.requestVideoFrameCallback(() => { painted = now(); });
  video.addEventListener("waiting", () => { if (painted && !video.seeking) stalls += 1; });
  hls = new Hls({ startPosition: 0 });
  hls.loadSource(url);
  hls.attachMedia(video);
  void video.play();
}
</script>"""


@dataclass(frozen=True)
class _Source:
    """A kind of film: `make` writes one, from the film that was chosen, into a folder.

    `packaged` says whether it may be streamed as it is.
    """

    key: str
    make: Callable[[Path, Path], Path]
    packaged: bool = True


def _as_it_is(film: Path, _folder: Path) -> Path:
    return film


def _looped(seconds: int, name: str, *codecs: str) -> Callable[[Path, Path], Path]:
    """Return what repeats a film, its index at the end."""

    def make(film: Path, folder: Path) -> Path:
        target = folder / name
        argv = [str(find_tools().ffmpeg), "-nostdin", "-v", "error", "-y", "-stream_loop", "-1"]
        argv += ["-i", str(film), "-t", str(seconds), *(codecs or ("-c", "copy")), str(target)]
        subprocess.run(argv, check=True)
        return target

    return make


_HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error")
_SOURCES = (
    _Source("21s", _as_it_is),
    _Source("90s", _looped(90, "short.mp4")),
    _Source("90s_hevc", _looped(90, "hevc.mp4", *_HEVC, "-pix_fmt", "yuv420p10le", "-c:a", "copy")),
    _Source("2h", _looped(7200, "long.mp4")),
    _Source("2h_ts", _looped(7200, "long.ts")),
    _Source("21s_encoded", _as_it_is, packaged=False),
)


def measure(options: Options) -> Measured:
    """Make the measure, of every kind of source in turn."""
    if not _HLS.exists() or (chromium := shutil.which("chromium")) is None:
        raise MeasureError("Chromium and the page's packages are needed: see README.md.")
    chosen = [each for each in _SOURCES if each.key == "21s"] if options.quick else _SOURCES
    figures: dict[str, float] = {}
    samples: dict[str, Any] = {}
    with _player() as address, sync_playwright() as program:
        browser = program.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for packaged, sources in groupby(chosen, key=lambda each: each.packaged):
            with world(ladder=replace(DEFAULT_LADDER, packaged=packaged)) as held:
                for source in sources:
                    found = _measured(options, held, browser, address, source)
                    samples[source.key] = found
                    times, stalls = found
                    figures[f"playable_{source.key}_s"] = statistics.median(times)
                    figures[f"playable_{source.key}_stalls"] = stalls
        browser.close()
    return Measured(figures, samples)


def _measured(
    options: Options, held: World, browser: Browser, address: str, source: _Source
) -> tuple[list[float], int]:
    """Return how soon it played, each time, and how often it stopped the last time."""
    file = source.make(options.film, held.folder)
    times, stalls = [], 0
    for left in reversed(range(1 if options.quick else _ROUNDS)):
        page = browser.new_page()
        page.goto(address)
        seconds, stalls = _watch(held, page, file, 0 if left else _WATCHED_S)
        times.append(seconds)
        page.close()
    if file != options.film:
        file.unlink()
    return times, stalls


def _watch(held: World, page: Page, file: Path, seconds: float) -> tuple[float, int]:
    """Return the seconds until the first frame was painted, and how often play stopped then.

    It is watched for so many seconds, or to its end.
    """
    video = held.client.upload(file)
    try:
        page.evaluate("url => play(url)", _address(held, video.id))
        page.wait_for_function("painted", timeout=_PATIENCE_S * 1000, polling=20)
        end = f"video.ended || video.currentTime >= {seconds}"
        page.wait_for_function(end, timeout=(seconds + _PATIENCE_S) * 1000)
        return page.evaluate("painted") - held.api.answered, page.evaluate("stalls")
    finally:
        held.client.delete(video.id)


def _address(held: World, video_id: str) -> str:
    """Ask for the address of the stream until there is one."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            found = held.api.playback(video_id).hls_url
        except ApiError as error:
            if error.code != "invalid_state":  # it cannot be watched yet
                raise
            found = None
        if found:
            return found
        time.sleep(0.02)
    raise MeasureError("The film could not be played.")


@contextmanager
def _player() -> Iterator[str]:
    """Serve a page with hls.js; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_script = self.path == "/hls.js"
            body = _HLS.read_bytes() if is_script else _PAGE.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
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
