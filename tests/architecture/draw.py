"""Draws packages and arrows as SVG. Pure."""

from collections.abc import Mapping
from html import escape

from tests.architecture.modules import House

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _EDGE = 132, 44, 16, 130, 40
_STOREYS = (("client", "embedded"), ("backend",), ("control", "workers"), ("core",))
_COLOURS = {
    "core": "#dbeafe", "backend": "#dcfce7", "control": "#fef9c3", "workers": "#ffe4e6",
    "client": "#f3e8ff", "embedded": "#e5e7eb",
}  # fmt: skip

Place = tuple[float, float]


def storeys(house: House) -> list[list[str]]:
    """Return the packages row by row: tools, the API, what works, and what all of them share."""
    rows = [
        sorted(name for name in house.lines if name.partition(".")[0] in tops) for tops in _STOREYS
    ]
    return [row for row in rows if row]


def both_ways(house: House) -> set[tuple[str, str]]:
    """Return the arrows between packages that import each other."""
    return {(one, other) for one, other in house.arrows if (other, one) in house.arrows}


def svg(house: House) -> str:
    """Return the picture; an arrow leads from who imports to what is imported.

    A thicker one stands for more imports; a red one for two packages that import each other.
    """
    rows = storeys(house)
    width = 2 * _EDGE + max(len(row) for row in rows) * (_WIDTH + _GAP_X) - _GAP_X
    height = 2 * _EDGE + len(rows) * (_HEIGHT + _GAP_Y) - _GAP_Y
    places: dict[str, Place] = {}
    for number, row in enumerate(rows):
        left = (width - len(row) * (_WIDTH + _GAP_X) + _GAP_X) / 2
        for index, name in enumerate(row):
            places[name] = (left + index * (_WIDTH + _GAP_X), _EDGE + number * (_HEIGHT + _GAP_Y))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    red = both_ways(house)
    for arrow, count in sorted(house.arrows.items()):
        parts.append(_arrow(places, arrow, count, is_red=arrow in red))
    parts += [_box(name, places[name], house.lines[name]) for name in sorted(places)]
    return "\n".join([*parts, "</svg>", ""])


def _arrow(places: Mapping[str, Place], arrow: tuple[str, str], count: int, *, is_red: bool) -> str:
    """A curve: down from storey to storey, or a bow above the boxes of the same one."""
    (x1, y1), (x2, y2) = (places[name] for name in arrow)
    x1, x2 = x1 + _WIDTH / 2, x2 + _WIDTH / 2
    if y1 == y2:
        bow = y1 - 16 - abs(x2 - x1) / 14
        path = f"M{x1:.0f} {y1:.0f}Q{(x1 + x2) / 2:.0f} {bow:.0f} {x2:.0f} {y2:.0f}"
    else:
        start, end = (y1 + _HEIGHT, y2) if y1 < y2 else (y1, y2 + _HEIGHT)
        turn = (start + end) / 2
        path = f"M{x1:.0f} {start:.0f}C{x1:.0f} {turn:.0f} {x2:.0f} {turn:.0f} {x2:.0f} {end:.0f}"
    colour = "#dc2626" if is_red else "#94a3b8"
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-opacity="0.7"'
        f' stroke-width="{min(5, 0.7 + count / 8):.1f}"/>'
    )


def _box(name: str, place: Place, lines: int) -> str:
    x, y = place
    colour, middle = _COLOURS[name.partition(".")[0]], f"{x + _WIDTH / 2:.0f}"
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"'
        f' fill="{colour}" stroke="#475569"/>'
        f'<text x="{middle}" y="{y + 19:.0f}" text-anchor="middle">{escape(name)}</text>'
        f'<text x="{middle}" y="{y + 35:.0f}" text-anchor="middle" font-size="10"'
        f' fill="#475569">{lines} lines</text>'
    )
