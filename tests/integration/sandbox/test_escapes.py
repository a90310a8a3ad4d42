"""Nothing gets out of the sandbox, and each layer keeps in what it is there for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from workers.sandbox.kernel import Layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.sandbox.conftest import Stage
    from workers.sandbox.policy import Policy

SECCOMP = Layer.SECCOMP


@dataclass(frozen=True)
class Denied:
    """What denies an attempt.

    Attributes:
        landlock: the ABI from which Landlock does, 0 for never.
        seccomp: whether the filter does.
        always: whether what needs neither does: resource limits, closed descriptors, no privileges.
    """

    landlock: int = 0
    seccomp: bool = False
    always: bool = False

    def by(self, layers: frozenset[Layer], abi: int) -> bool:
        by_landlock = Layer.LANDLOCK in layers and 0 < self.landlock <= abi
        return self.always or by_landlock or (self.seccomp and SECCOMP in layers)


FILES = Denied(landlock=1)
CALLS = Denied(seccomp=True)
BOTH = Denied(landlock=1, seccomp=True)
ALWAYS = Denied(always=True)

TABLE = {
    "read_passwd": FILES,
    "read_environment_of_init": FILES,
    "read_environment_of_worker": FILES,
    "read_neighbour": FILES,
    "list_neighbours": FILES,
    "write_over_input": FILES,
    "write_to_tmp": FILES,
    "write_to_home": FILES,
    "make_symlink_among_outputs": BOTH,
    "open_neighbour_to_all": CALLS,  # Landlock has no right for modes
    "connect_by_tcp": Denied(landlock=4, seccomp=True),
    "listen_by_tcp": Denied(landlock=4, seccomp=True),
    "send_by_udp": CALLS,
    "connect_to_unix_path": CALLS,
    "connect_to_abstract_unix": Denied(landlock=6, seccomp=True),
    "make_socket_pair": CALLS,
    "talk_netlink": CALLS,
    "trace_worker": BOTH,
    "read_memory_of_worker": BOTH,
    "signal_worker": Denied(landlock=6, seccomp=True),
    "signal_thread_of_worker": Denied(landlock=6, seccomp=True),
    "aim_descriptor_at_worker": CALLS,  # Landlock stops the signal, not the aiming
    "add_key": CALLS,
    "share_memory": CALLS,
    "set_up_io_uring": CALLS,
    "handle_page_faults": CALLS,
    "fork_bomb": Denied(seccomp=True, always=True),
    "use_inherited_descriptor": ALWAYS,
    "open_too_many": ALWAYS,
    "take_much_memory": ALWAYS,
    "fill_disk": ALWAYS,
    "mount": ALWAYS,
    "new_user_namespace": CALLS,
    # These end the process that makes them, or change it.
    "mount_in_new_namespace": BOTH,
    "execute_shell": BOTH,
    "execute_what_it_wrote": BOTH,
    "execute_itself": CALLS,  # what Landlock lets start, it lets start again
}
ALONE = list(TABLE)[-4:]
TOGETHER = list(TABLE)[:-4]


# Without its capabilities root has no way into a process that has them.
TABLE_OF_ROOT = TABLE | dict.fromkeys(
    ("read_environment_of_worker", "read_memory_of_worker", "trace_worker"), ALWAYS
)
# The kernel exempts root from the number of processes, though not the root of every container.
UNSURE_OF_ROOT = {"fork_bomb"}


def attack(stage: Stage, policy: Policy | None) -> dict[str, str]:
    """Make every attempt; return what each was denied with, nothing for what succeeded."""
    groups = [TOGETHER, *([name] for name in ALONE)]
    found: dict[str, str] = {}
    for names, (status, output, complaints) in zip(groups, stage.run(policy, groups), strict=True):
        lines = output.splitlines()
        if lines == ["escaped"]:
            found[names[0]] = ""
            continue
        answers = dict(json.loads(line) for line in lines)
        missing = [name for name in names if name not in answers]
        if len(missing) == 1 and status == -31:
            answers[missing[0]] = "SIGSYS"
            missing = []
        assert not missing, f"{missing}: status {status}: {complaints}"
        found |= answers
    return found


@pytest.fixture(params=["nothing", "landlock", "seccomp", "all"])
def layers(request: pytest.FixtureRequest, stage: Stage) -> frozenset[Layer]:
    named = {
        "nothing": frozenset[Layer](),
        "landlock": frozenset({Layer.LANDLOCK}),
        "seccomp": frozenset({Layer.SECCOMP}),
        "all": frozenset(Layer),
    }
    chosen = named[request.param]
    if not chosen <= stage.kernel.layers:
        pytest.skip(f"this kernel lacks {' and '.join(stage.kernel.missing)}")
    return chosen


def test_each_layer_denies_what_it_is_there_for(
    stage: Stage, layers: frozenset[Layer], figure: Callable[[str, object], None]
) -> None:
    table, unsure = (TABLE_OF_ROOT, UNSURE_OF_ROOT) if stage.privileged else (TABLE, set())
    possible = {name for name, how in attack(stage, None).items() if not how} - unsure
    found = attack(stage, stage.policy(*layers))
    denied = {name for name in possible if found[name]}
    expected = {name for name in possible if table[name].by(layers, stage.kernel.landlock_abi)}
    assert denied == expected
    who = "root" if stage.privileged else "an ordinary user"
    held = " and ".join(sorted(layers)) or "limits alone"
    figure(f"escapes of {who} denied by {held}", f"{len(denied)} of {len(possible)}")


def test_nothing_escapes(stage: Stage, figure: Callable[[str, object], None]) -> None:
    if stage.kernel.missing:
        pytest.skip(f"this kernel lacks {' and '.join(stage.kernel.missing)}")
    found = attack(stage, stage.policy(*Layer))
    assert [name for name, how in found.items() if not how] == []
    assert set(found) == set(TABLE)
