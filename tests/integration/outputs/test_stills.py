"""A film gets a poster that shows something, and a storyboard that shows every second of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.model.states import AssetKind
from tests.support.transcoding import Worker, stored
from workers.operations.transcode import stills

if TYPE_CHECKING:
    from pathlib import Path

    from core.adapters.s3 import Storage
    from core.tasks.settle import NewAsset
    from tests.integration.outputs.conftest import Tools

QUICK = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@pytest.fixture
def worker(tools: Tools, tmp_path: Path) -> Worker:
    place = tmp_path / "place"
    place.mkdir()
    return Worker(tools.ffmpeg, tools.ffprobe, tools.capabilities, place)


async def pictures(
    storage: Storage, worker: Worker, film: Path
) -> tuple[list[NewAsset], list[NewAsset]]:
    """Make a film; return its posters and its sheets."""
    await worker.make(storage, await stored(storage, film.read_bytes()))
    kinds = (AssetKind.POSTER, AssetKind.STORYBOARD)
    found = [[each for each in worker.pictures if each.kind is kind] for kind in kinds]
    return found[0], found[1]


async def kept(storage: Storage, asset: NewAsset, path: Path) -> Path:
    """Read what is stored."""
    info = await storage.head(asset.s3_key)
    assert info is not None
    read = storage.read_range(asset.s3_key, 0, asset.size - 1, info.etag)
    path.write_bytes(b"".join([part async for part in read]))
    return path


async def test_every_second_has_its_tile(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    # Each second is brighter than the one before.
    film = tools.make(
        tmp_path / "film.mp4", "-f", "lavfi",
        "-i", r"color=black:s=320x180:r=10:d=12.5,geq=lum=16+floor(T)*16:cb=128:cr=128", *QUICK,
    )  # fmt: skip
    _, (sheet,) = await pictures(storage, worker, film)
    assert sheet.layout == {
        "start": 0.0, "step": 1.0, "end": 12.5, "tiles": 13, "columns": 10, "width": 160,
        "height": 90,
    }  # fmt: skip
    assert (sheet.width, sheet.height) == (1600, 180)
    path = await kept(storage, sheet, tmp_path / "sheet.jpg")
    levels = tools.pixels(path, 10, 2)[::3]
    # What is behind the end is black.
    assert [round(level / 255 * 219 / 16) for level in levels] == [*range(13), *[0] * 7]


@pytest.mark.parametrize(
    ("source", "more", "tile", "tiles"),
    [
        pytest.param("testsrc2=s=320x240:r=25", ("-frames:v", "1"), (160, 120), 1, id="a frame"),
        pytest.param("testsrc2=s=90x160:r=10:d=3", (), (90, 160), 3, id="upright, and small"),
        pytest.param("testsrc2=s=640x16:r=10:d=2", (), (160, 4), 2, id="flat"),
        pytest.param("testsrc2=s=322x242:r=1:d=25", (), (160, 120), 25, id="slow"),
    ],
)
async def test_storyboards_of_all_shapes(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, source: str,
    more: tuple[str, ...], tile: tuple[int, int], tiles: int,
) -> None:  # fmt: skip
    film = tools.make(tmp_path / "film.mp4", "-f", "lavfi", "-i", source, *more, *QUICK)
    (poster,), (sheet,) = await pictures(storage, worker, film)
    assert poster.size > 300
    assert sheet.layout is not None
    assert (sheet.layout["width"], sheet.layout["height"]) == tile
    assert sheet.layout["tiles"] == tiles


async def test_a_film_of_unknown_length_has_both(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    film = tools.make(
        tmp_path / "film.mkv", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=21", *QUICK,
        "-live", "1", "-f", "matroska",
    )  # fmt: skip
    (_,), (sheet,) = await pictures(storage, worker, film)
    assert worker.plan is not None
    assert worker.plan["frame_count"] is None
    assert sheet.layout is not None
    assert (sheet.layout["tiles"], sheet.layout["step"], sheet.layout["end"]) == (3, 10.0, 21.0)


async def test_the_poster_is_not_black_blurred_or_faded(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    # Of twelve seconds: black, blurred, then clear for half a second, then a fade to white.
    clear = "between(t,4,4.7)"
    film = tools.make(
        tmp_path / "film.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=12",
        "-vf", f"gblur=sigma=12:enable='not({clear})',fade=in:st=1:d=1,"
        "fade=out:st=4.7:d=6:color=white", *QUICK,
    )  # fmt: skip
    (poster,), _ = await pictures(storage, worker, film)
    path = await kept(storage, poster, tmp_path / "poster.jpg")
    wanted = tools.pixels(film, 80, 45, number=42)
    found = tools.pixels(path, 80, 45)
    assert sum(abs(a - b) for a, b in zip(wanted, found, strict=True)) / len(wanted) < 6


async def test_a_sheet_that_is_not_as_planned_is_left_out_and_the_film_is_not(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = tools.make(
        tmp_path / "film.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=2", *QUICK
    )
    monkeypatch.setattr(stills, "size_of", lambda _: (160, 90))
    posters, sheets = await pictures(storage, worker, film)
    assert (len(posters), len(sheets)) == (1, 0)
