"""Without what keeps FFmpeg in hand."""

from collections.abc import Sequence

from tests.faults.mutations import mutation, replace


@mutation("parent_death", "workers")
def no_parent_death() -> None:
    """FFmpeg is started by itself, so it does not die with its worker."""
    from workers.ffmpeg import process

    def bare(argv: Sequence[str], _policy: object = None) -> list[str]:
        return list(argv)

    replace(process, "launched", bare)
