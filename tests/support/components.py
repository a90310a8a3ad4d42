"""What tests do to the components of a stack."""

import os
import signal

from embedded.supervisor import Supervisor
from tests.support.waiting import wait_for


def restart(supervisor: Supervisor, name: str) -> None:
    """Begin the unit of a component again and wait until it is whole.

    Raises:
        ComponentDied: one ended or was not ready in time.
    """
    for each in supervisor.unit(name):
        supervisor.begin(each)
        wait_for(lambda each=each: supervisor.is_whole(each))  # type: ignore[misc]


def send_signal(supervisor: Supervisor, name: str, number: signal.Signals) -> None:
    """Send a signal to the process group of a component."""
    os.killpg(supervisor.pids[name], number)
