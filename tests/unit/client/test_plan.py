import pytest

from client.models import HeldPart, Upload
from client.plan import part_size, plan

UPLOAD = Upload("u", "v", "clip.mp4", 25, 10, 3, "open")


def test_sizes() -> None:
    assert [part_size(UPLOAD, number) for number in (1, 2, 3)] == [10, 10, 5]
    whole = Upload("u", "v", "clip.mp4", 20, 10, 2, "open")
    assert part_size(whole, 2) == 10


@pytest.mark.parametrize(
    ("held", "lacking", "held_bytes"),
    [
        ([], (1, 2, 3), 0),
        ([HeldPart(2, 10, "b")], (1, 3), 10),
        ([HeldPart(3, 5, "c"), HeldPart(1, 10, "a")], (2,), 15),
        ([HeldPart(1, 9, "a"), HeldPart(3, 10, "c")], (1, 2, 3), 0),
        ([HeldPart(4, 10, "d"), HeldPart(0, 10, "z")], (1, 2, 3), 0),
        ([HeldPart(1, 10, "a"), HeldPart(2, 10, "b"), HeldPart(3, 5, "c")], (), 25),
    ],
)
def test_what_lacks(held: list[HeldPart], lacking: tuple[int, ...], held_bytes: int) -> None:
    todo = plan(UPLOAD, held)
    assert todo.lacking == lacking
    assert todo.held_bytes == held_bytes
    assert set(todo.etags) == {1, 2, 3} - set(lacking)
