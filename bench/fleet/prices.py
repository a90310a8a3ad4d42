"""List prices, and what a run costs by them. Pure.

Prices change: each has the place and the date of our knowledge. Nothing here knows of discounts,
taxes, storage, requests or traffic; those are the same whoever encodes, or nearly so.
"""

from dataclasses import dataclass

HOUR_S = 3600.0


@dataclass(frozen=True)
class WorkerPrice:
    """What an hour of a worker costs in USD: Fargate, Linux on x86, us-east-1.

    0.04048 for a vCPU, 0.004445 for a GB of memory, 0.000111 for a GB of disk above 20, counted by
    the second, a minute at the least (vantage.sh/blog/fargate-pricing; the same figures at
    cloudburn.io/blog/aws-fargate-pricing, April 2026).

    Attributes:
        vcpu: of one worker.
        memory_gb: of one worker.
        disk_gb: ephemeral storage of one worker.
        spot_share: of the price of vCPU and memory that Spot costs. AWS says "up to 70 %" off and
            changes it with demand: an assumption. The disk is not taken to be cheaper.
    """

    vcpu: float
    memory_gb: float
    disk_gb: float
    spot_share: float = 0.30

    @property
    def on_demand(self) -> float:
        """USD for an hour."""
        return self._compute + self._disk

    @property
    def spot(self) -> float:
        """USD for an hour."""
        return self._compute * self.spot_share + self._disk

    def cost(self, spot_s: float, on_demand_s: float) -> float:
        """Return USD for so many seconds of workers."""
        return (spot_s * self.spot + on_demand_s * self.on_demand) / HOUR_S

    @property
    def _compute(self) -> float:
        return self.vcpu * 0.04048 + self.memory_gb * 0.004445

    @property
    def _disk(self) -> float:
        return max(self.disk_gb - 20, 0) * 0.000111


@dataclass(frozen=True)
class Hosted:
    """What a hosted service asks for 1,000 minutes of film, as 720p and 480p in H.264.

    Attributes:
        name: of the service.
        usd: for 1,000 minutes of source.
        source: how it is computed, where it is from and of when.
    """

    name: str
    usd: float
    source: str


HOSTED = (
    Hosted(
        "AWS Elemental MediaConvert, basic tier",
        1000 * (0.015 + 0.0075),
        "0.015 a minute for 720p (HD), 0.0075 for 480p (SD), up to 30 pictures a second, first "
        "volume tier; from memory of 2025, check at aws.amazon.com/mediaconvert/pricing",
    ),
    Hosted(
        "Bitmovin, pay as you go",
        1000 * (2 * 0.02 + 0.02),
        "0.02 a minute for SD, twice that for HD; bitmovin.com/pricing as recorded in "
        "github.com/api-evangelist/bitmovin, plans/bitmovin-plans-pricing.yml",
    ),
    Hosted(
        "Coconut",
        1000 * (0.015 + 0.0075),
        "0.015 a minute for HD, 0.0075 for SD; coconut.co/pricing of June 2026 as recorded in "
        "github.com/api-evangelist/coconut, finops/coconut-finops.yml",
    ),
)
