"""The results of many scenarios as one table. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

_HEAD = ("", "invariant", "tried", "right", "worst recovery")


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """Return a Markdown table, a line for each scenario, and below it how many held.

    Args:
        results: with `id`, `title`, `tried`, `right` and `worst_recovery_s` (seconds or None).
    """
    rows = [_HEAD, *map(_row, results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    held = sum(each["right"] == each["tried"] > 0 for each in results)
    return "\n".join([*lines, "", f"{held} of {len(results)} held"])


def _row(result: Mapping[str, Any]) -> tuple[str, ...]:
    worst = result["worst_recovery_s"]
    recovery = "" if worst is None else f"{worst:.1f} s"
    return result["id"], result["title"], str(result["tried"]), str(result["right"]), recovery
