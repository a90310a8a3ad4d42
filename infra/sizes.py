"""How large a deployment is: four sizes, as data that needs no CDK."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """What differs between deployments; everything else is the same for all.

    Attributes:
        name: what `--context size=` says.
        zones: availability zones that subnets lie in.
        nat_gateways: managed NAT gateways; 0 for a single small instance that does their work.
        database_class: of RDS, without its `db.`.
        database_multi_az: whether a standby in another zone takes over.
        database_gb: storage at the beginning, in GiB; RDS takes 20 at the least.
        database_max_gb: storage that RDS may grow to by itself, in GiB.
        backup_days: for how long the database can be put back to any second, and for how long a
            deleted or replaced object can be had back. RDS takes 1 to 35.
        keep_data: whether buckets and database outlive their stacks, the database protected
            against deletion. Without it everything goes when the stacks go.
        redis_node: node type of ElastiCache, with its `cache.`.
        redis_replicas: beside the primary; from 1 on, one of them takes over when it fails.
        api_cpu: of one task, in 1/1024 of a core.
        api_memory_mb: of one task, in MiB.
        api_tasks: that run at the least.
        api_tasks_max: that run at the most.
        worker_cpu: of one task, in 1/1024 of a core.
        worker_memory_mb: of one task, in MiB.
        worker_disk_gb: ephemeral storage of one task, in GiB; Fargate takes 21 to 200. The
            largest source, which some formats have kept whole, and 4 GiB must fit in it.
        worker_on_demand: the first tasks that run are this many on demand; all others are on
            Spot capacity, which may be taken away with a notice of two minutes.
        worker_max: tasks that run at the most. None run when there is nothing to do.
        gpu: whether EC2 instances with a GPU can be added to the cluster.
        source_days: after which an original is deleted; 0 keeps it as long as its video.
        rendition_tier_days: after which media moves to Intelligent-Tiering; 0 for never.
        monthly_budget_usd: of the whole deployment; what is over it is told by mail.
        requests_per_5_minutes: of one address, before the firewall refuses more.
        ladder: one that is built into the workers; None for their default.
    """

    name: str
    zones: int
    nat_gateways: int
    database_class: str
    database_multi_az: bool
    database_gb: int
    database_max_gb: int
    backup_days: int
    keep_data: bool
    redis_node: str
    redis_replicas: int
    api_cpu: int
    api_memory_mb: int
    api_tasks: int
    api_tasks_max: int
    worker_cpu: int
    worker_memory_mb: int
    worker_disk_gb: int
    worker_on_demand: int
    worker_max: int
    gpu: bool
    source_days: int
    rendition_tier_days: int
    monthly_budget_usd: int
    requests_per_5_minutes: int
    ladder: str | None = None


_ALL = (
    Size(
        name="dev",
        zones=2,  # RDS and the load balancer want two
        nat_gateways=0,
        database_class="t4g.micro",
        database_multi_az=False,
        database_gb=20,
        database_max_gb=50,
        backup_days=1,
        keep_data=False,
        redis_node="cache.t4g.micro",
        redis_replicas=0,
        api_cpu=512,
        api_memory_mb=1024,
        api_tasks=1,
        api_tasks_max=2,
        worker_cpu=2048,
        worker_memory_mb=4096,
        worker_disk_gb=30,
        worker_on_demand=0,
        worker_max=2,
        gpu=False,
        source_days=0,
        rendition_tier_days=0,
        monthly_budget_usd=100,
        requests_per_5_minutes=3000,
    ),
    Size(
        name="small",
        zones=2,
        nat_gateways=1,
        database_class="t4g.small",
        database_multi_az=False,
        database_gb=20,
        database_max_gb=100,
        backup_days=7,
        keep_data=True,
        redis_node="cache.t4g.micro",
        redis_replicas=0,
        api_cpu=1024,
        api_memory_mb=2048,
        api_tasks=1,
        api_tasks_max=4,
        worker_cpu=4096,
        worker_memory_mb=8192,
        worker_disk_gb=30,
        worker_on_demand=0,
        worker_max=4,
        gpu=False,
        source_days=0,
        rendition_tier_days=60,
        monthly_budget_usd=300,
        requests_per_5_minutes=3000,
    ),
    Size(
        name="medium",
        zones=2,
        nat_gateways=2,
        database_class="m7g.large",
        database_multi_az=True,
        database_gb=100,
        database_max_gb=500,
        backup_days=14,
        keep_data=True,
        redis_node="cache.t4g.small",
        redis_replicas=1,
        api_cpu=1024,
        api_memory_mb=2048,
        api_tasks=2,
        api_tasks_max=8,
        worker_cpu=8192,
        worker_memory_mb=16384,
        worker_disk_gb=30,
        worker_on_demand=1,
        worker_max=20,
        gpu=False,
        source_days=0,
        rendition_tier_days=30,
        monthly_budget_usd=2000,
        requests_per_5_minutes=6000,
    ),
    Size(
        name="large",
        zones=3,
        nat_gateways=3,
        database_class="r7g.xlarge",
        database_multi_az=True,
        database_gb=400,
        database_max_gb=2000,
        backup_days=35,
        keep_data=True,
        redis_node="cache.m7g.large",
        redis_replicas=2,
        api_cpu=2048,
        api_memory_mb=4096,
        api_tasks=3,
        api_tasks_max=24,
        worker_cpu=16384,
        worker_memory_mb=32768,
        worker_disk_gb=30,
        worker_on_demand=2,
        worker_max=100,
        gpu=True,
        source_days=0,
        rendition_tier_days=30,
        monthly_budget_usd=12000,
        requests_per_5_minutes=10000,
    ),
)

SIZES: dict[str, Size] = {size.name: size for size in _ALL}


def size_named(name: str) -> Size:
    """Return the size of a name.

    Raises:
        ValueError: there is none; the message is one sentence for the operator.
    """
    try:
        return SIZES[name]
    except KeyError:
        raise ValueError(f"There is no size {name!r}; choose one of {', '.join(SIZES)}.") from None
