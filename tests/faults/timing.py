"""How patient the product is while it is put to the test, and the bounds that follow from it."""

from dataclasses import dataclass, replace

from tests.support.waiting import FACTOR

_OURS = ("margin_s", "stretch")  # no settings


@dataclass(frozen=True)
class Timing:
    """Times in seconds; those that name a setting are that setting.

    Attributes:
        margin_s: what a bound allows beyond what the product waits for on purpose: for starting
            and answering on a busy machine.
        stretch: by how much every bound is exceeded before that is a fault. Whoever waits goes on
            as soon as the thing has happened, so it costs time only where the thing never does.
    """

    lease_s: float
    heartbeat_s: float
    visibility_s: int
    sweep_s: float
    redispatch_s: float
    upload_check_s: float
    progress_s: float
    retry_base_s: float
    drain_s: float
    margin_s: float
    stretch: float = 1

    @property
    def environment(self) -> dict[str, str]:
        """The variables that tell the services."""
        return {name.upper(): str(value) for name, value in vars(self).items() if name not in _OURS}

    @property
    def restart_s(self) -> float:
        """Until a task whose worker fell silent is begun again by another one."""
        return self.stretch * (self.lease_s + self.sweep_s + self.margin_s)

    @property
    def resend_s(self) -> float:
        """Until a task whose message is gone is begun again: found, and found once more."""
        return self.stretch * (self.redispatch_s + 2 * self.sweep_s + self.margin_s)

    @property
    def settle_s(self) -> float:
        """Until S3's word about an upload is known without anybody telling."""
        return self.stretch * (self.upload_check_s + self.sweep_s + self.margin_s)


# For every run of the tests: the least that a busy machine bears. They ask whether an invariant
# holds; that it does within its bound is shown by `make faults`.
SMALL = Timing(
    lease_s=3, heartbeat_s=1, visibility_s=3, sweep_s=0.5, redispatch_s=2, upload_check_s=1,
    progress_s=0.3, retry_base_s=0.2, drain_s=20, margin_s=8,
)  # fmt: skip
UNHURRIED = replace(SMALL, stretch=5 * FACTOR)

# For `make faults`: a tenth of production's leases, and production's own rounds. The bounds come
# to what the invariants ask for: 15 s for a killed worker, 45 s for a message that is gone.
FULL = Timing(
    lease_s=6, heartbeat_s=2, visibility_s=6, sweep_s=5, redispatch_s=30, upload_check_s=5,
    progress_s=1, retry_base_s=1, drain_s=20, margin_s=4,
)  # fmt: skip
