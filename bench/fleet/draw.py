"""`draw.py FOLDER`: draws `fleet-NAME.png` for every case that stands on stdin, as JSON.

Run by the Python of `.venv-plots`; it knows of the rest of the project only what it reads.
"""

import json
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import (
    FuncFormatter,
    MaxNLocator,
)
from PIL import Image

_INK, _FAINT, _GRID = "#24292f", "#6e7781", "#e4e7eb"
_BLUE, _ORANGE, _GREEN, _DARK, _PINK, _RED = (
    "#4c8dd6", "#e8964a", "#a9d3bb", "#2f7d59", "#eab0a8", "#c2453d",
)  # fmt: skip
_STYLE = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _GRID,
    "grid.linewidth": 0.8,
    "xtick.color": _FAINT,
    "ytick.color": _FAINT,
    "legend.frameon": False,
    "legend.fontsize": 8,
}


def main() -> None:
    """Draw everything."""
    folder = Path(sys.argv[1])
    plt.rcParams.update(_STYLE)
    for name, told in json.load(sys.stdin).items():
        _draw(told, folder / f"fleet-{name}.png")


def _draw(told: dict[str, Any], target: Path) -> None:
    figure, panels = plt.subplots(
        4, 1, sharex=True, figsize=(8, 6.6), height_ratios=[1, 1, 1.6, 1.2], layout="constrained"
    )
    figure.suptitle(told["title"], fontsize=12, fontweight="bold", x=0.01, ha="left")
    arriving, waiting, fleet, wait = panels
    hours = told["hours"]
    _area(arriving, hours, told["arrivals"], _BLUE, "videos an hour")
    _title(arriving, "Arrivals, videos an hour")
    _area(waiting, hours, told["queued"], _ORANGE, "queued")
    _title(waiting, "Queue, videos that wait")
    # A key to what is nowhere in the picture would be looked for in vain.
    base = "on demand" if any(told["on_demand"]) else "_none"
    fleet.stackplot(
        hours, told["on_demand"], told["spot"], labels=[base, "Spot"],
        colors=[_DARK, _GREEN], step="post", linewidth=0,
    )  # fmt: skip
    fleet.step(hours, told["busy"], where="post", color=_INK, linewidth=0.9, label="at work")
    _title(fleet, "Workers that are paid for")
    fleet.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.1)
    _area(wait, hours, told["wait_max"], _PINK, "longest")
    _area(wait, hours, told["wait_p50"], _RED, "median")
    _title(wait, "Wait until the work begins, minutes, by arrival")
    wait.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0.1)
    wait.set_xlabel("hours", color=_FAINT)
    for panel in panels:
        for mark in told["marks"]:
            panel.axvline(mark, color=_FAINT, linewidth=0.9, linestyle=(0, (3, 3)))
        panel.set_ylim(bottom=0)
        panel.margins(x=0)
        panel.tick_params(length=0)
        panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    for panel in (arriving, waiting, fleet):
        panel.yaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]))
        panel.set_ylim(top=max(panel.get_ylim()[1], 4))
    wait.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    wait.set_ylim(top=max(wait.get_ylim()[1], 1))
    figure.align_ylabels()
    drawn = BytesIO()
    figure.savefig(drawn, dpi=110)
    # A palette is a third of the size; no date and no version: the same run gives the same file.
    Image.open(drawn).convert("RGB").quantize(96, dither=Image.Dither.NONE).save(
        target, optimize=True
    )
    plt.close(figure)


def _area(
    panel: Any, hours: list[float], values: list[float | None], color: str, label: str
) -> None:
    panel.fill_between(
        hours,
        [value or 0 for value in values],
        step="post",
        color=color,
        alpha=0.85,
        linewidth=0,
        label=label,
    )


def _title(panel: Any, text: str) -> None:
    panel.set_title(text, loc="left", fontsize=9, color=_FAINT)


if __name__ == "__main__":
    main()
