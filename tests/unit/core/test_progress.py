"""What is read of progress that another release, or nobody, has told."""

from types import SimpleNamespace

import pytest

from backend.videos.progress import shown_of
from core.model.states import Stage
from core.progress import Progress, parsed


def test_what_is_told_is_read() -> None:
    assert parsed('{"stage": "encoding", "percent": 5}') == Progress(Stage.ENCODING, 5.0, None)


@pytest.mark.parametrize(
    "told",
    ["", "[]", "null", "{}", '{"stage": "packaging", "percent": 5}', '{"stage": "encoding"}'],
)
def test_what_makes_no_sense_is_nothing(told: str) -> None:
    assert parsed(told) is None


def test_a_stage_of_a_newer_release_is_not_named() -> None:
    told = '[40.0, "packaging", 3.0]'
    row = SimpleNamespace(state="processing", told=told, progress=0.0, stage=None)
    shown = shown_of(row, None)
    assert (shown.stage, shown.percent) == (None, 40.0)


def test_what_was_read_before_an_outage_gives_way_to_what_the_tables_know() -> None:
    row = SimpleNamespace(
        state="processing", told='[80.0, "encoding", 30.0]', progress=0, stage=None
    )
    shown = shown_of(row, Progress(Stage.FETCHING, 3.0, 900.0))
    assert (shown.stage, shown.percent, shown.eta_s) == (Stage.ENCODING, 80.0, 30.0)
