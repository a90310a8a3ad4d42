"""The container images: built from this very source, named by a digest of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aws_cdk import IgnoreMode
from aws_cdk import aws_ecr_assets as assets
from aws_cdk import aws_ecs as ecs

from infra.description import ROOT

# What all tests, measurements and FFmpeg's sandbox have been run on. Graviton costs a fifth less,
# but most who build images have no such machine, emulated builds are slow, and nobody has yet
# measured how its FFmpeg encodes.
PLATFORM = assets.Platform.LINUX_AMD64
RUNTIME_PLATFORM = ecs.RuntimePlatform(
    cpu_architecture=ecs.CpuArchitecture.X86_64,
    operating_system_family=ecs.OperatingSystemFamily.LINUX,
)


@dataclass(frozen=True)
class Image:
    """One of our images, with what its Dockerfile says of it; ECS reads none of that by itself.

    Attributes:
        dockerfile: below the project's root.
        sources: all that goes into it; a change of anything else makes no new image.
        health_check: the command that tells whether a container is well.
        written: directories below which it writes; all else can be read-only.
    """

    dockerfile: str
    sources: tuple[str, ...]
    health_check: tuple[str, ...]
    written: tuple[str, ...]


# The user that both Dockerfiles make.
USER = "10001:10001"

API = Image(
    dockerfile="backend/Dockerfile",
    sources=(
        "core", "backend", "control", "localstack", "containers/make_secrets.py",
        "containers/slim.py", "requirements/backend.txt",
    ),
    # What /readyz finds is logged, and must not end a container that is itself well.
    health_check=(
        "CMD-SHELL",
        "python -m backend.health.probe /readyz; exec python -m backend.health.probe /healthz",
    ),
    written=("/tmp",),  # noqa: S108 - a volume of the task's own
)  # fmt: skip

# The same image, another command: who builds and scans it does so once.
CONTROL = replace(API, health_check=("CMD", "python", "-m", "core.pulse"))

WORKER = Image(
    dockerfile="workers/Dockerfile",
    sources=(
        "core", "workers", "containers/slim.py", "containers/take_ffmpeg.py",
        "requirements/worker.txt", "requirements/ffmpeg.txt",
    ),
    health_check=("CMD", "python", "-m", "core.pulse"),
    written=("/tmp", "/var/lib/framemill/scratch"),  # noqa: S108 - volumes of the task's own
)  # fmt: skip


def build(image: Image) -> ecs.AssetImage:
    """Return an image that `cdk deploy` builds with Docker and pushes where it is not there."""
    return ecs.ContainerImage.from_asset(
        str(ROOT),
        file=image.dockerfile,
        platform=PLATFORM,
        exclude=list(ignored(image)),
        ignore_mode=IgnoreMode.DOCKER,
    )


def ignored(image: Image) -> Sequence[str]:
    """Return the rules, as of .dockerignore, that let an image's own sources through only."""
    return (
        "*",
        *(f"!{path}" for path in (image.dockerfile, *image.sources)),
        "**/__pycache__",
        "**/.*_cache",
        "**/.env",
    )
