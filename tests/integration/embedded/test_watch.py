"""Recovery of what dies while the stack serves, with small real processes and with the emulator."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from embedded import watch as watching
from embedded.errors import ComponentDied
from embedded.stack import Stack
from embedded.supervisor import Supervisor
from embedded.watch import Watch
from tests.integration.embedded.small_components import Bench, lives, wait_until
from tests.support.components import send_signal

# Notes that it runs, then does what the files beside say: hangs while `hang` is there, fails
# while `fail` is.
_STEP = """
import pathlib, sys, time
events, name = pathlib.Path(sys.argv[1]), sys.argv[2]
with events.open("a") as file:
    file.write(f"began {name}\\n")
while events.with_name("hang").exists():
    time.sleep(0.01)
if events.with_name("fail").exists():
    sys.exit("no such queue")
with events.open("a") as file:
    file.write(f"did {name}\\n")
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def running(bench: Bench) -> Iterator[Supervisor]:
    """A server, a step whose work is lost with it, and a server that needs it."""
    supervisor = Supervisor(
        [
            bench.component("base"),
            bench.component("step", "base", code=_STEP, step=True),
            bench.component("user", "base"),
        ]
    )
    supervisor.start()
    yield supervisor
    supervisor.stop(hurry=lambda: True)


def watch(supervisor: Supervisor, pause: Callable[[int], float | None] = lambda _n: 0.0) -> Watch:
    return Watch(supervisor, lambda: False, pause)


def look_until(found: Watch, condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        found.look()
        time.sleep(0.01)


def kill(supervisor: Supervisor, name: str) -> None:
    send_signal(supervisor, name, signal.SIGKILL)


def count(bench: Bench, line: str) -> int:
    return bench.lines().count(line)


def test_a_dead_server_comes_back_with_its_steps_and_only_then_works_again(
    bench: Bench, running: Supervisor, capsys: pytest.CaptureFixture[str]
) -> None:
    (bench.folder / "hang").touch()
    found = watch(running)
    kill(running, "base")
    look_until(found, lambda: count(bench, "began step") == 2)
    assert "base is started again.\n" in (said := capsys.readouterr().err)
    assert "works again" not in said
    (bench.folder / "hang").unlink()
    look_until(found, lambda: not found.recovering)
    assert count(bench, "did step") == 2
    assert "base works again after " in capsys.readouterr().err
    assert set(running.pids) == {"base", "user"}


@pytest.mark.parametrize("victims", [("step",), ("base",), ("base", "step"), ("step", "step")])
def test_a_death_on_the_way_has_the_whole_done_again(
    bench: Bench, running: Supervisor, victims: tuple[str, ...]
) -> None:
    (bench.folder / "hang").touch()
    found = watch(running)
    kill(running, "base")
    for times, victim in enumerate(victims, start=2):
        look_until(found, lambda times=times: count(bench, "began step") == times)  # type: ignore[misc]
        kill(running, victim)
        look_until(found, lambda times=times: count(bench, "began step") == times + 1)  # type: ignore[misc]
    (bench.folder / "hang").unlink()
    look_until(found, lambda: not found.recovering)
    assert count(bench, "did step") == 2
    assert count(bench, "started base") == 2 + len(victims)


def test_a_server_that_is_killed_again_at_once_comes_back(
    bench: Bench, running: Supervisor
) -> None:
    found = watch(running)
    kill(running, "base")
    found.look()
    while "base" not in running.pids:
        found.look()
    kill(running, "base")
    look_until(found, lambda: count(bench, "did step") == 2 and not found.recovering)
    assert "base" in running.pids


@pytest.mark.parametrize("window", [60.0, 0.0])
def test_a_step_that_fails_for_good_ends_with_a_sentence(
    bench: Bench, running: Supervisor, window: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a window: however slowly the failures come, they are counted.
    monkeypatch.setattr(watching, "_WINDOW_S", window)
    (bench.folder / "fail").touch()
    found = watch(running, lambda deaths: 0.0 if deaths <= 3 else None)
    kill(running, "base")
    with pytest.raises(
        ComponentDied, match=r"(?s)base keeps failing, so everything is stopped\. step "
    ):
        look_until(found, lambda: False)
    assert count(bench, "began step") == 1 + 3


def test_what_needs_a_server_that_is_not_whole_waits_for_it(
    bench: Bench, running: Supervisor
) -> None:
    (bench.folder / "hang").touch()
    found = watch(running)
    kill(running, "base")
    kill(running, "user")
    wait_until(lambda: {*running.dead()} == {"base", "user"})  # they die at different speeds
    look_until(found, lambda: count(bench, "began step") == 2)
    assert found.recovering == {"base", "user"}
    assert "user" not in running.pids
    (bench.folder / "hang").unlink()
    look_until(found, lambda: not found.recovering)
    assert bench.lines()[-2:] == ["did step", "started user"]


def test_stopping_in_the_middle_leaves_nothing(bench: Bench, running: Supervisor) -> None:
    (bench.folder / "hang").touch()
    found = watch(running)
    kill(running, "base")
    look_until(found, lambda: count(bench, "began step") == 2)
    pids = running.pids
    assert set(pids) == {"base", "step", "user"}
    running.stop()
    assert not [pid for pid in pids.values() if lives(pid)]


def test_the_emulator_has_its_queues_again_though_its_step_was_killed_too(tmp_path: Path) -> None:
    with Stack(tmp_path, {"emulator"}) as stack:
        found = watch(stack.supervisor)
        kill(stack.supervisor, "emulator")
        look_until(found, lambda: "provision" in stack.supervisor.pids)
        kill(stack.supervisor, "provision")
        look_until(found, lambda: "provision" not in stack.supervisor.pids)
        look_until(found, lambda: not found.recovering)
        env = stack.environment
        sqs = boto3.client(
            "sqs",
            endpoint_url=env["AWS_ENDPOINT_URL"],
            region_name=env["AWS_REGION"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        )
        assert sqs.get_queue_url(QueueName="framemill-tasks")["QueueUrl"]
