"""The supervisor with small real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from embedded.component import Component
from embedded.errors import ComponentDied
from embedded.supervisor import Supervisor
from tests.integration.embedded.small_components import SERVER, Bench, lives
from tests.support.components import restart
from tests.support.waiting import PATIENCE_S, wait_for


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Iterator[Callable[..., Supervisor]]:
    made: list[Supervisor] = []

    def start(*components: Component) -> Supervisor:
        made.append(Supervisor(components))
        made[-1].start(timeout=PATIENCE_S)
        return made[-1]

    yield start
    for each in made:
        each.stop(hurry=lambda: True)


def test_needs_start_first_and_stop_last(bench: Bench, run: Callable[..., Supervisor]) -> None:
    step = "import sys; open(sys.argv[1], 'a').write('did step\\n')"
    supervisor = run(
        bench.component("service", "step"),
        bench.component("step", "base", code=step, step=True),
        bench.component("base"),
    )
    assert bench.lines() == ["started base", "did step", "started service"]
    supervisor.stop()
    assert bench.lines()[3:] == ["stopped service", "stopped base"]
    assert supervisor.pids == {}


def test_a_part_that_dies_at_the_start_is_named_with_its_log(bench: Bench) -> None:
    code = "import sys; sys.stderr.write('no such table'); sys.exit(3)"
    supervisor = Supervisor([bench.component("base"), bench.component("bad", "base", code=code)])
    with pytest.raises(ComponentDied, match=r"(?s)bad ended with status 3.*no such table"):
        supervisor.start(timeout=PATIENCE_S)
    supervisor.stop()
    assert bench.lines() == ["started base", "stopped base"]


def test_a_server_that_ends_while_others_start_is_named(bench: Bench) -> None:
    ends = "import sys; open(sys.argv[1], 'a').write('started base\\n'); sys.exit(input())"
    code = "import sys, time; time.sleep(60)"
    supervisor = Supervisor(
        [bench.component("base", code=ends), bench.component("slow", code=code)]
    )
    with pytest.raises(ComponentDied, match="base ended with status 1"):
        supervisor.start()
    supervisor.stop(hurry=lambda: True)


def test_a_part_that_cannot_be_started_is_a_sentence(bench: Bench) -> None:
    component = bench.component("base")
    supervisor = Supervisor([replace(component, log=Path("/proc/none/base.log"))])
    with pytest.raises(ComponentDied, match="base could not be started: /proc/none"):
        supervisor.start()


def test_a_part_that_never_gets_ready_is_given_up(bench: Bench) -> None:
    supervisor = Supervisor([bench.component("slow", code="import time; time.sleep(60)")])
    with pytest.raises(ComponentDied, match="slow was not ready within 0 seconds"):
        supervisor.start(timeout=0.2)
    supervisor.stop(hurry=lambda: True)


def test_one_that_does_not_end_is_killed(bench: Bench, run: Callable[..., Supervisor]) -> None:
    supervisor = run(bench.component("stubborn"))
    pid = supervisor.pids["stubborn"]
    supervisor.stop()
    assert not Path(f"/proc/{pid}").exists()


def test_what_a_dead_part_left_in_its_group_is_ended(
    bench: Bench, run: Callable[..., Supervisor]
) -> None:
    code = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']);" + (
        "open(sys.argv[1], 'a').write(f'child {p.pid}\\nstarted parent\\n'); p.wait()"
    )
    supervisor = run(bench.component("parent", code=code))
    child = int(bench.lines()[0].split()[1])
    os.kill(supervisor.pids["parent"], signal.SIGKILL)
    wait_for(lambda: supervisor.dead() == ["parent"])
    wait_for(lambda: not lives(child))
    assert "SIGKILL" in supervisor.describe_end("parent")


def test_restart(bench: Bench, run: Callable[..., Supervisor]) -> None:
    supervisor = run(bench.component("base"))
    before = supervisor.pids["base"]
    restart(supervisor, "base")
    assert supervisor.pids["base"] != before
    assert not Path(f"/proc/{before}").exists()


def test_interrupting_the_start(bench: Bench) -> None:
    supervisor = Supervisor([bench.component("slow", code="import time; time.sleep(60)")])
    assert not supervisor.start(interrupted=lambda: bool(supervisor.pids))
    supervisor.stop()
    assert supervisor.pids == {}


def test_no_process_outlives_a_killed_supervisor(bench: Bench) -> None:
    code = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from pathlib import Path
from embedded.component import Component
from embedded.supervisor import Supervisor
from tests.integration.embedded.small_components import SERVER, Bench, lives, wait_until
events = Path({str(bench.events)!r})
component = Component("base", (sys.executable, "-c", {SERVER!r}, str(events), "base"), {{}},
            Path({str(bench.folder)!r}) / "base.log", ready=lambda pid: events.stat().st_size > 0)
supervisor = Supervisor([component])
supervisor.start()
print(supervisor.pids["base"], flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        owner.kill()
    wait_for(lambda: not lives(pid))
    assert bench.lines() == ["started base", "stopped base"]
