"""A running stack with an account, as every measure needs one: fresh, and gone afterwards."""

import json
import secrets
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from bench.errors import MeasureError
from client import Framemill
from client.api import Api
from client.models import Video
from embedded.stack import EVERYTHING, Stack
from workers.media.ladder import MISSION_LADDER, Ladder

EMAIL = "bench@framemill.example"
_LOG_PATIENCE_S = 10.0
# Whatever a person has set for their own services: the log is read here.
_LOGS = {"LOG_LEVEL": "INFO", "LOG_FORMAT": "json"}


class TimedApi(Api):
    """The client's API that remembers when an upload was completed; seconds since the epoch."""

    asked = 0.0
    answered = 0.0

    def complete_upload(self, upload_id: str, etags: dict[int, str]) -> Video:
        """Complete an upload as the client does, with the clock beside it."""
        self.asked = time.time()
        video = super().complete_upload(upload_id, etags)
        self.answered = time.time()
        return video


@dataclass(frozen=True)
class Run:
    """One video from its completed upload to its end; times in seconds since the epoch."""

    video: Video
    asked: float
    answered: float
    ready: float

    @property
    def seconds(self) -> float:
        """From the request that completes the upload to the news that the video is ready."""
        return self.ready - self.asked


@dataclass(frozen=True)
class World:
    """The stack and a user of it.

    Attributes:
        folder: for files of the measure; gone afterwards.
        stack: the running parts.
        client: the library, logged in; the session is shared with the command (`home`).
        api: what the library calls with.
        home: the command's FRAMEMILL_HOME.
        server: address of the API.
        ladder: what its worker makes.
    """

    folder: Path
    stack: Stack
    client: Framemill
    api: TimedApi
    home: Path
    server: str
    ladder: Ladder

    def transcoded(self, file: Path) -> Run:
        """Upload a file and follow it until it is ready.

        Raises:
            MeasureError: it did not become ready.
        """
        last = self.client.upload(file)
        for video in self.client.watch(last.id):
            if video.state == "ready":
                return Run(video, self.api.asked, self.api.answered, time.time())
            last = video
        reason = last.failure.message if last.failure else "no reason is given"
        raise MeasureError(f"The video ended as {last.state}: {reason}")

    def s3(self) -> Any:
        """Return boto3's S3 client of the emulator; the bucket is `bucket`."""
        env = self.stack.environment
        return boto3.client(
            "s3",
            endpoint_url=env["AWS_ENDPOINT_URL"],
            region_name=env["AWS_REGION"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            config=Config(s3={"addressing_style": "path"}),
        )

    @property
    def bucket(self) -> str:
        """Name of the bucket."""
        return self.stack.environment["S3_BUCKET"]

    def log_time(self, event: str, video_id: str) -> float:
        """Return when the worker first logged an event of a video, in seconds since the epoch.

        Raises:
            MeasureError: the line does not come.
        """
        deadline = time.monotonic() + _LOG_PATIENCE_S
        log = self.stack.data_dir / "logs" / "worker.log"
        while True:
            for line in log.read_text(errors="replace").splitlines():
                if event in line and video_id in line:
                    entry = json.loads(line)
                    if entry.get("event") == event and entry.get("video_id") == video_id:
                        return datetime.fromisoformat(entry["timestamp"]).timestamp()
            if time.monotonic() > deadline:
                raise MeasureError(f"The worker's log has no {event} of the video.")
            time.sleep(0.02)


@contextmanager
def world(
    parts: Collection[str] = EVERYTHING, *, ladder: Ladder = MISSION_LADDER
) -> Iterator[World]:
    """Start the parts in a directory of their own, and open an account."""
    with tempfile.TemporaryDirectory(prefix="framemill-bench-") as name:
        folder = Path(name)
        file = folder / "ladder.toml"
        file.write_text(_as_toml(ladder))
        with Stack(folder / "stack", parts, extra={**_LOGS, "LADDER": str(file)}) as stack:
            server, home = f"http://127.0.0.1:{stack.port}", folder / "home"
            with Framemill(server, home=home, remember=True) as client:
                client.api = api = TimedApi(client.api.caller)
                password = secrets.token_urlsafe(24)
                client.register(EMAIL, password)
                client.login(EMAIL, password)
                yield World(folder, stack, client, api, home, server, ladder)


def _as_toml(ladder: Ladder) -> str:
    """Return a ladder as its file; the values of TOML are written as in JSON."""
    fields = asdict(ladder)
    rungs = fields.pop("rungs")
    fields["max_frame_rate"] = float(ladder.max_frame_rate)
    tables = [fields, *rungs]
    texts = [
        "\n".join(f"{name} = {json.dumps(value)}" for name, value in each.items())
        for each in tables
    ]
    return "\n[[rung]]\n".join(texts) + "\n"
