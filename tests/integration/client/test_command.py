import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from client.cli import main
from tests.integration.client.conftest import Run
from tests.integration.client.standin_world import EMAIL, PASSWORD, StandIn
from tests.support.waiting import PATIENCE_S

RENDITION = {
    "name": "720p",
    "width": 1280,
    "height": 720,
    "size": 2_400_000,
    "duration": 21.3,
    "bitrate": 900_000,
    "video_codec": "h264",
    "audio_codec": "aac",
    "url": "http://127.0.0.1/x",
}
Captured = pytest.CaptureFixture[str]


def finish(world: StandIn, **values: object) -> None:
    world.stream_plan = [
        [
            {"state": "processing", "stage": "encoding", "progress": 40, "eta_seconds": 12},
            {"stage": None, **values},
        ]
    ]


def test_upload_waits_and_prints_the_renditions(
    run: Run, world: StandIn, clip: Path, capsys: Captured
) -> None:
    finish(world, state="ready", progress=100, renditions=[RENDITION])
    assert run("upload", clip) == 0
    out, err = capsys.readouterr()
    assert "NAME  DIMENSIONS  SIZE     BIT RATE    TIME\n" in out
    assert "720p  1280x720    2.3 MiB  900 kbit/s  0:21\n" in out
    assert "clip.mp4: uploading 100 % of 5.0 MiB" in err
    assert "clip.mp4: processing, encoding; 0:12 left 40 %" in err


def test_sound_is_shown_without_dimensions(
    run: Run, world: StandIn, clip: Path, capsys: Captured
) -> None:
    nothing = {"width": None, "height": None, "video_codec": None}
    sound = RENDITION | nothing | {"name": "audio", "bitrate": 128_000}
    finish(world, state="ready", progress=100, kind="audio", renditions=[sound])
    assert run("upload", clip) == 0
    assert "audio  -           2.3 MiB  128 kbit/s  0:21\n" in capsys.readouterr().out
    assert run("ls") == 0
    assert capsys.readouterr().out.splitlines()[1].split()[1:3] == ["ready", "audio"]


def test_upload_of_a_video_that_fails_exits_with_1(
    run: Run, world: StandIn, clip: Path, capsys: Captured
) -> None:
    failure = {"code": "corrupt_media", "message": "The file is damaged.", "retryable": False}
    finish(world, state="failed", failure=failure)
    assert run("upload", clip, "--wait") == 1
    assert "clip.mp4 has no renditions: The file is damaged (corrupt_media)." in (
        capsys.readouterr().err
    )


def test_what_was_done_and_what_is_missing_is_told(
    run: Run, world: StandIn, clip: Path, capsys: Captured
) -> None:
    done = {"code": "rotated", "message": "The picture was turned."}
    lost = {"code": "partly_damaged", "message": "3.2 s at 1:10 could \x1bnot be read."}
    finish(world, state="ready", renditions=[RENDITION], done=[done], warnings=[lost])
    assert run("upload", clip) == 0
    out, err = capsys.readouterr()
    assert out.endswith("0:21\nThe picture was turned. (rotated)\n")
    assert "Warning: 3.2 s at 1:10 could \ufffdnot be read. (partly_damaged)\n" in err
    [video] = world.videos
    assert run("watch", video) == 0
    assert "(partly_damaged)" in capsys.readouterr().err


def test_upload_json_prints_what_the_server_said(
    run: Run, world: StandIn, clip: Path, capsys: Captured
) -> None:
    finish(world, state="ready")
    assert run("upload", clip, "--json", "--title", "T") == 0
    [video] = json.loads(capsys.readouterr().out)
    assert (video["title"], video["state"], video["something_new"]) == ("T", "ready", {"a": 1})


def test_upload_without_waiting_prints_the_id(
    run: Run, world: StandIn, clip: Path, capsys: Captured
) -> None:
    assert run("upload", clip, "--no-wait") == 0
    assert capsys.readouterr().out == f"{next(iter(world.videos))}  clip.mp4\n"


def test_a_file_that_is_refused_does_not_keep_the_others_back(
    run: Run, world: StandIn, clip: Path, tmp_path: Path, capsys: Captured
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no video")
    assert run("upload", tmp_path / "gone.mp4", text, clip, "--no-wait") == 1
    out, err = capsys.readouterr()
    assert out.endswith("clip.mp4\n")
    assert "Error: notes.txt: Files of this kind are not accepted.\n" in err
    assert "gone.mp4: No such file or directory." in err


def test_ctrl_c_leaves_the_upload_resumable(
    run: Run, world: StandIn, clip: Path, capsys: Captured
) -> None:
    world.part_gate = threading.Event()
    command = [sys.executable, "-m", "client", "upload", str(clip), "--no-wait"]
    process = subprocess.Popen(
        [*command, "--connections", "2"], stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    world.wait_for(lambda: world.whole_parts.total() == 2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "clip.mp4 is not complete. Run the command again to continue." in err
    assert "Traceback" not in err
    world.part_gate.set()
    [upload] = world.uploads.values()
    world.wait_for(lambda: len(upload.parts) == 2)
    assert run("upload", clip, "--no-wait") == 0
    assert "clip.mp4: continuing an earlier upload" in capsys.readouterr().err
    assert world.objects[upload.video_id] == clip.read_bytes()
    assert world.part_puts[1] == world.part_puts[2] == 1


def test_ls(run: Run, world: StandIn, capsys: Captured) -> None:
    for number in range(5):
        world.video(title=f"clip {number}")
    world.video(title="broken \x1b[31m", state="failed")
    assert run("ls") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7, "all pages"
    assert lines[0].split() == ["ID", "STATE", "KIND", "SIZE", "TIME", "UPLOADED", "TITLE"]
    assert "\x1b" not in "".join(lines)
    assert run("ls", "--state", "failed", "--json") == 0
    assert [video["state"] for video in json.loads(capsys.readouterr().out)] == ["failed"]
    assert run("ls", "--search", "clip 3") == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("clip 3")


def test_why_a_video_waits(run: Run, world: StandIn, clip: Path, capsys: Captured) -> None:
    no_room = {"reason": "no_room", "message": "No worker has room on its disk."}
    world.stream_plan = [[{"queue": no_room}, {"state": "ready", "queue": None}]]
    assert run("upload", clip) == 0
    assert "clip.mp4: queued: No worker has room on its disk 0 %" in capsys.readouterr().err
    world.video(state="queued", queue=no_room)
    world.video(state="queued", queue={"reason": None, "message": None})
    world.video(state="queued", queue=None)
    assert run("ls") == 0
    out = capsys.readouterr().out
    assert out.count("queued, no room") == 1
    assert out.count("queued ") == 2


def test_watch_download_and_rm(run: Run, world: StandIn, tmp_path: Path, capsys: Captured) -> None:
    video = world.video(renditions=[RENDITION])["id"]
    world.objects[f"{video}/720p"] = b"x" * 1000
    assert run("watch", video) == 0
    assert "1280x720" in capsys.readouterr().out
    target = tmp_path / "out.mp4"
    assert run("download", video, "720p", "-o", target) == 0
    assert target.stat().st_size == 1000
    assert run("download", video, "720p", "-o", target) == 1
    assert "already exists" in capsys.readouterr().err
    assert run("rm", video) == 2, "nobody there to say yes"
    assert video in world.videos
    assert run("rm", "--yes", video) == 0
    assert video not in world.videos


def test_where_a_video_is_played(run: Run, world: StandIn, capsys: Captured) -> None:
    video = world.video(state="ready", playable=True)["id"]
    assert run("play-url", video) == 0
    assert run("play-url", video, "--ttl", "60") == 0
    assert run("play-url", video, "--dash") == 0
    place = f"{world.url}/v1/playback"
    assert capsys.readouterr().out.splitlines() == [
        f"{place}/token-own/master.m3u8", f"{place}/token-60/master.m3u8",
        f"{place}/token-own/manifest.mpd",
    ]  # fmt: skip
    assert run("play-url", video, "--json") == 0
    assert json.loads(capsys.readouterr().out)["mp4"][0]["name"] == "720p"
    assert run("play-url", video, "--ttl", "59") == 2


def test_which_picture_stands_for_a_video(run: Run, world: StandIn, capsys: Captured) -> None:
    video = world.video(state="ready")
    assert run("poster", video["id"], "--at", "12.5") == 0
    assert video["poster_url"] == "/poster-12.5"
    assert run("poster", video["id"], "--auto") == 0
    assert video["poster_url"] == "/poster-auto"
    for wrong in ((), ("--at", "1", "--auto"), ("--at", "-1"), ("--at", "nan"), ("--at", "x")):
        assert run("poster", video["id"], *wrong) == 2, wrong
    assert run("poster", "00000000-0000-0000-0000-000000000000", "--at", "0") == 1
    assert "Traceback" not in capsys.readouterr().err


def test_what_cannot_be_played_yet_is_said(run: Run, world: StandIn, capsys: Captured) -> None:
    waits = world.video(state="queued")["id"]
    growing = world.video(state="processing", playable=True)["id"]
    old = world.video(state="ready", playable=True, unstreamed=True)["id"]
    for arguments, told in (
        ((waits,), "cannot be watched yet"),
        ((growing, "--dash"), "no DASH manifest of this video yet"),
        ((old,), "no segments to stream"),
    ):
        assert run("play-url", *arguments) == 1
        assert told in capsys.readouterr().err


def test_login_takes_the_password_from_the_environment_and_remembers_the_server(
    world: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("FRAMEMILL_PASSWORD", PASSWORD)
    assert main(["--server", world.url, "login", EMAIL]) == 0
    assert main(["ls"]) == 0
    assert main(["logout"]) == 0
    assert main(["ls", "--server", world.url]) == 1
    out, err = capsys.readouterr()
    assert PASSWORD not in out + err
    assert f"Logged in at {world.url} as {EMAIL}." in out
    assert "Run framemill login." in err


def test_login_takes_the_password_from_stdin(world: StandIn) -> None:
    command = [sys.executable, "-m", "client", "login", EMAIL, "--password-stdin"]
    done = subprocess.run(
        [*command, "--server", world.url], input=f"{PASSWORD}\n", text=True, check=False
    )
    assert done.returncode == 0
    assert len(world.sessions) == 1


def test_register_also_logs_in(
    world: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("FRAMEMILL_PASSWORD", PASSWORD)
    monkeypatch.setenv("FRAMEMILL_SERVER", world.url)
    assert main(["register", "new@example.org"]) == 0
    assert main(["ls"]) == 0
    assert main(["register", EMAIL]) == 1
    assert capsys.readouterr().err.endswith("Error: This address cannot be used.\n")


@pytest.mark.parametrize("arguments", [["upload"], ["ls", "--state", "x"], ["nothing"], ["login"]])
def test_a_wrong_call_exits_with_2(arguments: list[str], capsys: Captured) -> None:
    assert main(arguments) == 2
    assert "Error: " in capsys.readouterr().err


def test_an_error_is_one_sentence(capsys: Captured, closed_port: int) -> None:
    assert main(["--server", f"http://127.0.0.1:{closed_port}", "ls"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("Error: You are not logged in at http://127.0.0.1:")
