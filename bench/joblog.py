"""Reads a worker's job log: its lines begin with the seconds since the attempt did."""

import re
from typing import Any

import httpx

from bench.errors import MeasureError
from client.api import Api
from client.caller import json_of

_MARKS = {
    # Or what is needed of it to begin.
    "fetched": r"(?:fetched \d+ bytes|to be read as it arrives: .*)",
    "planned": r"ffmpeg -.*",
    "encoded": r"encoded in [\d.]+ s",
    "stored": r"stored \d+ bytes",
}


def fetch(api: Api, video_id: str) -> str:
    """Return the log of a video's last job.

    Raises:
        MeasureError: there is none.
    """
    answer: Any = json_of(api.caller.authorized("GET", f"/v1/videos/{video_id}/jobs"))
    url = answer["items"][0]["log_url"] if answer["items"] else None
    if url is None:
        raise MeasureError("The job has no log.")
    return httpx.get(url).raise_for_status().text


def stages(text: str) -> dict[str, float]:
    """Return the seconds of each stage.

    Raises:
        MeasureError: a line is missing.
    """
    at = {name: _moment(text, pattern) for name, pattern in _MARKS.items()}
    return {
        "fetching": at["fetched"],
        "inspecting": at["planned"] - at["fetched"],
        "encoding": at["encoded"] - at["planned"],
        "publishing": at["stored"] - at["encoded"],
    }


def command(text: str) -> str:
    """Return FFmpeg's command as the worker logged it, as if it had read a file."""
    found = re.search(rf"^ *[\d.]+  ({_MARKS['planned']})$", text, re.MULTILINE)
    if found is None:
        raise MeasureError("The job's log does not name FFmpeg's command.")
    read = found[1].replace("-protocol_whitelist pipe", "-protocol_whitelist file", 1)
    return read.replace("-i pipe:0", "-i ./input", 1)


def _moment(text: str, pattern: str) -> float:
    found = re.search(rf"^ *([\d.]+)  {pattern}$", text, re.MULTILINE)
    if found is None:
        raise MeasureError(f"The job's log has no line like {pattern!r}.")
    return float(found[1])
