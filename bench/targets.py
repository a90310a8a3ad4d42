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
    "pipeline_ratio": Target(must=1.06, aim=1.03),
    "pipeline_large_ratio": Target(must=1.15, aim=1.05),
    "everything_ratio": Target(must=1.10, aim=1.05),
    "usual_ratio_same_preset": Target(must=0.92, aim=0.85),
    "usual_ratio_defaults": Target(),
    "upload_vs_aws_cli": Target(must=1.0, aim=1.5, higher=True),
    "pickup_p50_s": Target(),
    "pickup_p95_s": Target(must=0.15, aim=0.1),
    "playable_21s_s": Target(must=1.5, aim=0.7),
    "playable_90s_s": Target(must=1.5, aim=0.7),
    "playable_21s_encoded_s": Target(must=2.5, aim=1.5),
    "playable_90s_hevc_s": Target(must=4.0, aim=2.0),
    "playable_2h_s": Target(must=2.0, aim=0.8),
    "playable_2h_ts_s": Target(must=4.0, aim=2.0),
    "resume_ratio": Target(),
    "stills_cpu_ratio": Target(must=1.05, aim=1.02),
    "api_rate_ratio": Target(must=0.45, aim=0.5, higher=True),
    "sign_rate_ratio": Target(must=0.35, aim=0.5, higher=True),
    "film_21s_statements": Target(must=60),
    "film_2h_statements": Target(must=400),
    "crowd_uploads_per_s": Target(),
    "crowd_failed": Target(must=0),
    "crowd_lost": Target(must=0),
    "storm_hung": Target(must=0),
    "worker_peak_mb": Target(must=150, aim=100),
    "api_peak_mb": Target(),
    "scratch_peak_mb": Target(must=1024, aim=256),
    "client_peak_mb": Target(),
    "sandbox_ratio": Target(must=1.03, aim=1.0),
    "sandbox_cpu_ratio": Target(must=1.03, aim=1.0),
    "sandbox_start_ms": Target(),
    "login_time_ratio": Target(must=1.1, aim=1.0),
    "bad_row_relay_ratio": Target(),
    "bad_row_relay_again_ratio": Target(must=1.5, aim=1.0),
    "bad_row_claim_ratio": Target(must=1.5, aim=1.0),
    "bad_row_lapse_ratio": Target(must=1.5, aim=1.0),
    "bad_row_purge_ratio": Target(must=1.5, aim=1.0),
}
