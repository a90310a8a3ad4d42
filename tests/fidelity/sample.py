"""One file of the bench: how it is made, or where it is, and what must come out."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.fidelity.expect import Expect
from tests.fidelity.workshop import NotMadeError, Workshop
from tests.support.product import PROJECT

# A known fault of the product, whatever the FFmpeg: docs/sources.md tells of it.
NOT_YET = (99, 0)


@dataclass(frozen=True)
class Sample:
    """A file of a kind; `make` puts it where it is told to, or raises `NotMadeError`.

    With an FFmpeg older than `least` it cannot come out right.
    """

    kind: str
    name: str
    expect: Expect
    make: Callable[[Workshop, Path], object]
    least: tuple[int, int] = (5, 1)


@dataclass
class Kind:
    """Collects the samples of one kind: `@kind("name.mp4", Expect(...))` over what makes them."""

    name: str
    samples: list[Sample] = field(default_factory=list)

    def __call__(
        self, name: str, expect: Expect, least: tuple[int, int] = (5, 1)
    ) -> Callable[[Callable[[Workshop, Path], object]], Callable[[Workshop, Path], object]]:
        """Add the sample that a function makes."""

        def add(make: Callable[[Workshop, Path], object]) -> Callable[[Workshop, Path], object]:
            self.samples.append(Sample(self.name, name, expect, make, least))
            return make

        return add

    def shared(self, name: str, expect: Expect, least: tuple[int, int] = (5, 1)) -> None:
        """Add a clip that is there only where the shared ones are."""

        def find(_shop: Workshop, path: Path) -> None:
            if not (shared_folder() / name).exists():
                raise NotMadeError("the shared clips are not here")
            path.symlink_to(shared_folder() / name)

        self.samples.append(Sample(self.name, f"shared/{name}", expect, find, least))


def shared_folder() -> Path:
    """Where clips of real cameras are, if they are there."""
    return Path(os.environ.get("FRAMEMILL_MEDIA") or PROJECT.parent / "shared" / "media")
