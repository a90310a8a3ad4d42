"""The environment of each process, from the names of what it stands on. Pure.

A variable is a field of `core/config.py` or of the process's own `settings.py`; docs/operations.md
tells what each means. Passwords and keys are none of these: ECS puts them in from Secrets Manager,
see `infra/api.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.accounts import Accounts
from infra.sizes import Size

# FFmpeg's second layer, Landlock, needs Linux 5.13, and Fargate's kernel has been 5.10: with
# `required` no worker would start. What holds is the event `sandbox` of each start. See
# docs/deploy-aws.md for what the other layer leaves open, and what on AWS stands behind it.
SANDBOX = "preferred"
# ECS kills after 120 s, the longest that Fargate takes; within this a task is given back.
DRAIN_S = 90
# For how long the load balancer keeps a silent connection: an event stream says a line every 15 s.
BALANCER_IDLE_S = 120
# The API keeps it longer, or the balancer would send requests into what is being closed.
_KEEP_ALIVE_S = BALANCER_IDLE_S + 10
# What a worker's disk must hold beside a source: what is made of it (SCRATCH_DIR in
# docs/operations.md), and the worker's image.
_BESIDE_SOURCE_GB = 4
# /readyz, /metrics and /healthz, for whoever operates it: no listener leads here.
SERVICE_PORT = 8001
_UPLOAD_MAX_GB = 20


@dataclass(frozen=True)
class Places:
    """Where everything is.

    Attributes:
        region: of all of them.
        bucket: its name.
        queue: its name.
        dead_letters: the name of the queue of messages that were received too often.
        database_host: of Postgres.
        database_port: of Postgres.
        database_name: in it.
        database_user: who owns it.
        database_secret: ARN of the secret with its password.
        redis_host: of Redis.
        redis_port: of Redis.
    """

    region: str
    bucket: str
    queue: str
    dead_letters: str
    database_host: str
    database_port: str
    database_name: str
    database_user: str
    database_secret: str
    redis_host: str
    redis_port: int


@dataclass(frozen=True)
class Media:
    """The distribution that videos come from.

    Attributes:
        url: where it is, `https://…`.
        key_id: which of its public keys the private one belongs to.
    """

    url: str
    key_id: str


def of_migrations(places: Places) -> dict[str, str]:
    """Return the variables of the task that changes the tables."""
    return {
        "FRAMEMILL_MODE": "production",
        "AWS_REGION": places.region,
        "DATABASE_URL": (
            f"postgresql://{places.database_user}@{places.database_host}:{places.database_port}"
            f"/{places.database_name}?ssl=require"
        ),
        "DATABASE_SECRET": places.database_secret,
    }


def of_worker(places: Places, ladder: str | None = None) -> dict[str, str]:
    """Return the variables of a worker; `ladder` is one of its own, None for the default."""
    chosen = {} if ladder is None else {"LADDER": ladder}
    return {
        **chosen,
        **_shared(places),
        "SANDBOX": SANDBOX,
        "DRAIN_S": str(DRAIN_S),
    }


def of_control(places: Places, namespace: str) -> dict[str, str]:
    """Return the variables of control.

    Args:
        places: where everything is.
        namespace: of CloudWatch, where it tells what there is to do.
    """
    return {**_shared(places), "CLOUDWATCH_NAMESPACE": namespace}


def of_api(
    places: Places,
    size: Size,
    *,
    accounts: Accounts,
    proxies: str,
    origins: Sequence[str],
    media: Media | None,
) -> dict[str, str]:
    """Return the variables of the API.

    Args:
        places: where everything is.
        size: how large its workers' disks are, and whether originals expire.
        accounts: who may have one, and how much they may store.
        proxies: the network that the load balancer is in. What it hands on is what CloudFront said
            of the viewer: it adds nothing to that, and nobody but CloudFront reaches it.
        origins: of pages, beside the deployment's own.
        media: the distribution of videos; None to have them fetched from the bucket itself.
    """
    variables = {
        **_shared(places),
        "TRUSTED_PROXIES": proxies,
        "COOKIE_SECURE": "true",
        "KEEP_ALIVE_S": str(_KEEP_ALIVE_S),
        "REGISTRATION": accounts.registration,
        "USER_QUOTA_BYTES": f"{accounts.quota_gib}GiB",
        # The load balancer's health checks come from outside the task; who else may is said by
        # the security groups.
        "SERVICE_HOST": "0.0.0.0",  # noqa: S104
        "SERVICE_PORT": str(SERVICE_PORT),
        "UPLOAD_MAX_BYTES": f"{min(_UPLOAD_MAX_GB, size.worker_disk_gb - _BESIDE_SOURCE_GB)}GiB",
    }
    if size.source_days:
        variables["TAG_SOURCES"] = "true"
    if origins:
        variables["ALLOWED_ORIGINS"] = ",".join(origins)
    if media is not None:
        variables |= {"MEDIA_URL": media.url, "CLOUDFRONT_KEY_ID": media.key_id}
    return variables


def _shared(places: Places) -> dict[str, str]:
    return {
        **of_migrations(places),
        "REDIS_URL": f"rediss://{places.redis_host}:{places.redis_port}/0",
        "S3_BUCKET": places.bucket,
        "SQS_QUEUE": places.queue,
        "SQS_DEAD_LETTER_QUEUE": places.dead_letters,
    }
