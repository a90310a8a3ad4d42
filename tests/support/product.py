"""The product from outside: clips for it, and worker processes of a test."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from client import Framemill
from client.caller import json_of
from client.models import Video
from embedded.ffmpeg import find_tools
from embedded.stack import Stack
from tests.support import warm
from tests.support.waiting import wait_for as wait_for

PROJECT = Path(__file__).resolve().parents[2]
PASSWORD = "a-long-walk-in-the-rain"


@dataclass(frozen=True)
class Elsewhere:
    """A deployment that was there before the tests: nothing is known of it but where it is."""

    api: str
    page: str


Deployment = Stack | Elsewhere


def address_of(deployment: Deployment) -> str:
    """Where the API of a deployment is."""
    if isinstance(deployment, Elsewhere):
        return deployment.api
    return f"http://127.0.0.1:{deployment.port}"


def page_of(deployment: Deployment) -> str:
    """Where the page of a deployment is; a stack's own API serves it."""
    return deployment.page if isinstance(deployment, Elsewhere) else address_of(deployment)


def jobs_of(framemill: Framemill, video: Video) -> list[dict[str, Any]]:
    """What was asked of a video, newest first."""
    answer = framemill.api.caller.authorized("GET", f"/v1/videos/{video.id}/jobs")
    found: list[dict[str, Any]] = json_of(answer)["items"]
    return found


def until_final(framemill: Framemill, video: Video) -> Video:
    """Follow a video to its end, checking on the way that progress never goes back."""
    last = 0.0
    for seen in framemill.watch(video.id):
        assert seen.progress >= last, "progress went back"
        last, video = seen.progress, seen
    return video


def messages_in(sqs: Any, url: str) -> int:
    """Return how many messages wait or are in somebody's hands."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


@dataclass
class Clips:
    """Makes and looks at films with the FFmpeg that the product uses."""

    ffmpeg: str
    ffprobe: str

    def make(self, path: Path, *arguments: str) -> Path:
        command = [self.ffmpeg, "-nostdin", "-v", "error", "-y", *arguments, str(path)]
        subprocess.run(command, check=True, timeout=120)
        return path

    def short(self, path: Path, *, seconds: float = 2, size: str = "640x480") -> Path:
        """A small film with a tone."""
        return self.make(
            path,
            *("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration={seconds}"),
            *("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"),
        )

    def probe(self, path: Path) -> dict[str, Any]:
        command = [self.ffprobe, "-v", "error", "-show_format", "-show_streams", "-of", "json"]
        done = subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=60)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def keyframes(self, path: Path) -> list[float]:
        """The times in seconds at which a player can start."""
        done = subprocess.run(
            [self.ffprobe, "-v", "error", "-select_streams", "v:0", "-skip_frame", "nokey",
             "-show_entries", "frame=pts_time", "-of", "csv=p=0", str(path)],
            check=True, capture_output=True, timeout=60, text=True,
        )  # fmt: skip
        return [float(line.strip(",")) for line in done.stdout.split()]


@dataclass
class Workers:
    """Worker processes of a test."""

    stack: Stack
    directory: Path
    starts: Callable[[str, Mapping[str, str], Path], warm.Running] = warm.start
    running: list[warm.Running] = field(default_factory=list)

    def start(self, **extra: str) -> warm.Running:
        number = len(self.running)
        scratch = {"SCRATCH_DIR": str(self.directory / "scratch")}
        environment = (
            os.environ | self.stack.environment | find_tools().environment | scratch | extra
        )
        log = self.directory / f"worker-{number}.log"
        process = self.starts("workers", environment, log)
        self.running.append(process)
        return process

    def events(self, name: str) -> list[dict[str, Any]]:
        """What all of them have logged under a name so far."""
        lines = [
            line
            for number in range(len(self.running))
            for line in (self.directory / f"worker-{number}.log").read_text().splitlines()
        ]
        found = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in found if entry.get("event") == name]

    def end(self) -> None:
        for process in self.running:
            with contextlib.suppress(ProcessLookupError):  # it has no group yet
                os.killpg(process.pid, signal.SIGKILL)
            process.send_signal(signal.SIGKILL)
            process.wait()
