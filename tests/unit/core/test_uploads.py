"""Which parts are accepted, decided before the store is asked."""

import uuid
from datetime import UTC, datetime

import pytest

from core.adapters.s3 import Part
from core.errors import Invalid
from core.uploads.upload_lifecycle import UploadRow, check_parts

ROW = UploadRow(
    id=uuid.uuid4(),
    video_id=uuid.uuid4(),
    user_id=uuid.uuid4(),
    filename="film.mp4",
    size=25,
    part_size=10,
    part_count=3,
    state="open",
    s3_key="k",
    s3_upload_id="u",
    expires_at=datetime.now(UTC),
    created_at=datetime.now(UTC),
)
WHOLE = [Part(1, 10, "a"), Part(2, 10, "b"), Part(3, 5, "c")]


@pytest.mark.parametrize("named", [None, {1: "a", 2: "b", 3: "c"}])
def test_all_parts_as_planned(named: dict[int, str] | None) -> None:
    check_parts(ROW, WHOLE, named)


@pytest.mark.parametrize(
    ("held", "numbers"),
    [
        ([], "1, 2, 3"),
        (WHOLE[:2], "3"),
        (WHOLE[1:], "1"),
        ([WHOLE[0], Part(2, 9, "b"), WHOLE[2]], "2"),
        ([*WHOLE[:2], Part(3, 10, "c")], "3"),
        ([*WHOLE, Part(4, 1, "d")], "4"),
    ],
)
def test_what_is_not_as_planned_is_named(held: list[Part], numbers: str) -> None:
    with pytest.raises(Invalid, match=f"^Parts {numbers} are missing") as refused:
        check_parts(ROW, held, None)
    assert refused.value.code == "part_mismatch"


@pytest.mark.parametrize(
    ("named", "numbers"),
    [
        ({1: "a", 2: "x", 3: "c"}, "2"),
        ({1: "a", 3: "c"}, "2"),
        ({1: "a", 2: "b", 3: "c", 4: "d"}, "4"),
        ({}, "1, 2, 3"),
    ],
)
def test_what_the_client_names_otherwise_is_named(named: dict[int, str], numbers: str) -> None:
    with pytest.raises(Invalid, match=f"^Parts {numbers} differ") as refused:
        check_parts(ROW, WHOLE, named)
    assert refused.value.code == "part_mismatch"


def test_a_long_list_is_cut() -> None:
    many = UploadRow(**{**vars(ROW), "size": 250, "part_count": 25})
    with pytest.raises(Invalid, match=r"^Parts 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 15 more are"):
        check_parts(many, [], None)
