"""What no header tells is looked for before a film is planned."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.transcoding import Worker, stored
from workers.formats import jpeg

if TYPE_CHECKING:
    import mmap
    from pathlib import Path

    from core.adapters.s3 import Storage
    from tests.integration.sources.conftest import Tools


async def test_a_broadcast_that_becomes_wide_gets_bars(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    parts = [
        tools.make(
            tmp_path / f"{start}.ts",
            "-f", "lavfi", "-i", "color=white:s=720x576:r=25:d=2", "-vf", f"setsar={pixel}",
            "-c:v", "mpeg2video", "-b:v", "2M", "-output_ts_offset", str(start),
        ).read_bytes()
        for start, pixel in ((0, "16/15"), (2, "64/45"))
    ]  # fmt: skip
    made = await worker.make(storage, await stored(storage, b"".join(parts)))
    film = worker.place / "out" / f"{made[0].name}.mp4"
    assert (made[0].width, made[0].height) == (640, 480)
    before, after = (tools.pixels(film, 1, 8, number)[::3] for number in (10, 80))
    assert min(before) > 200
    # 16:9 in 4:3: a quarter of the height is bars.
    assert [level > 100 for level in after] == [False, *[True] * 6, False]


async def test_fields_that_no_flag_tells_of_are_joined(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = tools.make(
        tmp_path / "tape.avi",
        "-f", "lavfi", "-i", "testsrc2=s=720x576:r=50:d=3",
        "-vf", "tinterlace=mode=interleave_top,setfield=prog", "-c:v", "ffvhuff",
    )  # fmt: skip
    await worker.make(storage, await stored(storage, source.read_bytes()))
    assert worker.plan is not None
    assert worker.plan["video"]["parity"] == "tff"
    assert "bwdif=mode=send_frame:parity=tff:deint=all" in worker.log


async def test_film_on_television_gets_its_own_rate(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = tools.make(
        tmp_path / "film.mkv",
        "-f", "lavfi", "-i", "testsrc2=s=720x480:r=24000/1001:d=5",
        "-vf", "telecine=pattern=23,setfield=prog", "-c:v", "ffvhuff",
    )  # fmt: skip
    made = await worker.make(storage, await stored(storage, source.read_bytes()))
    assert worker.plan is not None
    assert worker.plan["frame_rate"] == "24000/1001"
    film = await tools.probe(worker.place / "out" / f"{made[0].name}.mp4")
    assert film.video is not None
    assert film.video.frame_count == pytest.approx(120, abs=2)


@pytest.mark.parametrize(
    ("name", "arguments", "seconds"),
    [
        ("still.png", ("-frames:v", "1"), 5),
        ("still.jpg", ("-frames:v", "1"), 5),
        ("still.webp", ("-frames:v", "1"), 5),
        ("still.gif", ("-frames:v", "1"), 5),
        ("moves.gif", (), 2),
        ("moves.apng", (), 2),
        ("moves.webp", ("-c:v", "libwebp_anim"), 2),
    ],
)
async def test_a_picture_is_a_short_film_and_an_animation_is_one_of_its_length(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path,
    name: str, arguments: tuple[str, ...], seconds: float,
) -> None:  # fmt: skip
    source = tools.make(
        tmp_path / name, "-f", "lavfi", "-i", "testsrc2=s=320x240:r=10:d=2", *arguments
    )
    made = await worker.make(storage, await stored(storage, source.read_bytes(), source.suffix))
    assert (made[0].width, made[0].height) == (320, 240)
    assert made[0].duration == pytest.approx(seconds, abs=0.1)


async def test_a_large_picture_is_looked_through_beside_the_heartbeat(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_in, is_cut = [], jpeg.is_cut

    def noted(data: bytes | mmap.mmap) -> bool:
        looked_in.append(threading.current_thread())
        return is_cut(data)

    monkeypatch.setattr(jpeg, "is_cut", noted)
    source = tools.make(
        tmp_path / "still.jpg", "-f", "lavfi", "-i", "testsrc2=s=320x240", "-frames:v", "1"
    )
    await worker.make(storage, await stored(storage, source.read_bytes()[:-500], ".jpg"))
    assert worker.notes["partly_damaged"] == ["The end of the picture could not be read."]
    assert looked_in
    assert threading.main_thread() not in looked_in
