"""What each figure is held to. A figure that is not listed is shown without a verdict."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A bound that must hold and one that is aimed at.

    Attributes:
        must: the bound.
        aim: what would be good.
        higher: whether more is better.
    """

    must: float | None = None
    aim: float | None = None
    higher: bool = False

    def holds(self, value: float) -> bool | None:
        """Tell whether a value keeps the bound; None when there is none."""
        if self.must is None:
            return None
        return value >= self.must if self.higher else value <= self.must


# The order is that of the table.
TARGETS = {
    "pipeline_ratio": Target(),
    "usual_ratio_same_preset": Target(),
    "usual_ratio_defaults": Target(),
    "upload_vs_aws_cli": Target(must=1.0, aim=1.5, higher=True),
    "pickup_p50_s": Target(),
    "pickup_p95_s": Target(),
    "api_rate_ratio": Target(higher=True),
    "sign_rate_ratio": Target(higher=True),
    "worker_peak_mb": Target(),
    "api_peak_mb": Target(),
    "client_peak_mb": Target(),
}
