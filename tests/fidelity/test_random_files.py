"""Odd files by chance are what their names say, and the same ones again for the same seed."""

from pathlib import Path

import pytest

from tests.fidelity.expect import Expect, wrong_with
from tests.fidelity.judge.decode import Decoder
from tests.fidelity.odd import Odd
from tests.fidelity.random_files import random_samples
from tests.fidelity.workshop import Workshop


def test_a_seed_gives_the_same_files_again() -> None:
    names = [sample.name for sample in random_samples(50, 1)]
    assert names == [sample.name for sample in random_samples(50, 1)]
    assert names != [sample.name for sample in random_samples(50, 2)]


@pytest.mark.parametrize(
    ("edits", "seconds", "pictures"),
    [
        (((2.0, 1.0),), 2.0, 50),
        (((1.0, 0.0), (1.0, 2.0)), 2.0, 50),
    ],
)
def test_edits_are_in_the_file(
    shop: Workshop, decoder: Decoder, tmp_path: Path, edits: tuple[tuple[float, float | None], ...],
    seconds: float, pictures: int,
) -> None:  # fmt: skip
    Odd(edits=edits).make(shop, tmp_path / "edited.mp4")
    film = decoder.plain(tmp_path / "edited.mp4")
    assert film.seconds == pytest.approx(seconds, abs=0.05)
    assert len(film.times) == pytest.approx(pictures, abs=1)


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts"])
def test_what_is_cut_is_counted_in_packets(shop: Workshop, tmp_path: Path, container: str) -> None:
    whole, cut = (tmp_path / f"{name}.{container}" for name in ("whole", "cut"))
    Odd(container).make(shop, whole)
    Odd(container, keep=0.7).make(shop, cut)
    share = len(shop.packets(cut)) / len(shop.packets(whole))
    assert share == pytest.approx(0.7, abs=0.03)


def test_fields_are_combed_in_the_file(shop: Workshop, decoder: Decoder, tmp_path: Path) -> None:
    Odd(fields="woven").make(shop, tmp_path / "woven.mp4")
    (told,) = wrong_with(decoder.decode(tmp_path / "woven.mp4"), Expect(hues=48, combing=True))
    assert "combed pixels" in told


@pytest.mark.parametrize(
    ("crop", "container"), [("sps", "mp4"), ("sps", "ts"), ("clap", "mp4"), ("mkv", "mkv")]
)
def test_bars_are_told_to_be_cut_off(
    shop: Workshop, decoder: Decoder, tmp_path: Path, crop: str, container: str
) -> None:
    path = tmp_path / f"cropped.{container}"
    Odd(container, crop=crop).make(shop, path)
    film = decoder.plain(path)
    assert (film.width, film.height) == (640, 360)
