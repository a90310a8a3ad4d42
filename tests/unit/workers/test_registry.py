"""What a worker does with work of a release that it does not know."""

import pytest

from core.errors import TransientError
from workers.operations.registry import OPERATIONS, task_of


@pytest.mark.parametrize(
    ("operation", "kind"), [("transcode", "package"), ("trim", "inspect"), ("", "")]
)
def test_what_it_does_not_know_is_left_to_others_and_not_charged(operation: str, kind: str) -> None:
    with pytest.raises(TransientError) as caught:
        task_of(operation, kind)
    assert not caught.value.charge


def test_what_it_knows_is_found() -> None:
    for operation in OPERATIONS.values():
        for kind, function in operation.tasks.items():
            assert task_of(operation.name, kind) is function
