"""Draws lines between 0 and 1 as SVG: no script, no font, colours from the page, a dash pattern besides each colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil

Lines = Mapping[str, Sequence[tuple[float, float]]]
"""Points from 0 to 1, to the right and upwards, by the line's name."""

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _EDGE = 460, 300, 48, 44, 12
_DASHES = ("", "7 4", "2 3", "10 3 2 3", "1 5", "14 4")

STYLE = """
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1.5rem }
figure { margin: 0; min-width: 0 }
figcaption { font-weight: 600 }
figure ul { list-style: none; margin: .3rem 0 0; padding: 0; font-size: .85rem; overflow-wrap: anywhere }
figure ul svg { vertical-align: middle; margin-right: .5rem }
figure p { margin: .3rem 0 0; font-size: .85rem; color: var(--quiet) }
svg { max-width: 100%; height: auto }
svg text { font-size: 12px; fill: currentColor }
.grid { stroke: var(--line); fill: none }
.line { fill: none; stroke-width: 2 }
.c0 { stroke: var(--c0) } .c1 { stroke: var(--c1) } .c2 { stroke: var(--c2) }
.c3 { stroke: var(--c3) } .c4 { stroke: var(--c4) } .c5 { stroke: var(--c5) }
"""


def chart(
    title: str, across: str, upwards: str, lines: Lines, note: str = "", fit: bool = False, diagonal: bool = False
) -> str:
    """Draw lines with axes, a grid and a legend.

    :param title: what the chart shows.
    :param across: what the axis to the right says.
    :param upwards: what the axis upwards says.
    :param lines: the points of each line.
    :param note: how to read it, one sentence.
    :param fit: end the axis upwards above the highest point in place of at 1.
    :param diagonal: draw where both axes say the same.
    :returns: a ``figure`` element.
    """
    highest = max((up for points in lines.values() for _, up in points), default=0.0)
    top = max(0.1, ceil(highest * 10 - 1e-9) / 10) if fit else 1.0
    straight = [
        f'<path class="grid" d="M{_x(0)} {_y(0, top)}L{_x(1)} {_y(1, top)}" stroke-dasharray="3 3"/>'
    ] * diagonal
    drawn = [_line(points, top, at) for at, points in enumerate(lines.values())]
    legend = [f"<li>{_sample(at)}{escape(name)}</li>" for at, name in enumerate(lines)]
    return "\n".join(
        [
            f"<figure>\n<figcaption>{escape(title)}</figcaption>",
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
            f'aria-label="{escape(title)}">',
            *_grid(top),
            *straight,
            *drawn,
            f'<text x="{_WIDTH - _EDGE}" y="{_HEIGHT - 6}" text-anchor="end">{escape(across)} →</text>',
            f'<text x="4" y="{_HEIGHT - 6}">{escape(upwards)} ↑</text>\n</svg>',
            "<ul>",
            *legend,
            "</ul>",
            f"<p>{escape(note)}</p>\n</figure>",
        ]
    )


def _grid(top: float) -> list[str]:
    """Draw a line at every fifth of both axes, with its value."""
    fifths = [at / 5 for at in range(6)]
    lines = [f"M{_x(at)} {_y(0, top)}V{_y(top, top)}M{_x(0)} {_y(at * top, top)}H{_x(1)}" for at in fifths]
    below = [f'<text x="{_x(at)}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{at:g}</text>' for at in fifths]
    beside = [
        f'<text x="{_LEFT - 6}" y="{_y(at * top, top) + 4:g}" text-anchor="end">{at * top:.2g}</text>' for at in fifths
    ]
    return [f'<path class="grid" d="{"".join(lines)}"/>', *below, *beside]


def _line(points: Sequence[tuple[float, float]], top: float, at: int) -> str:
    path = " ".join(f"{_x(across)},{_y(up, top)}" for across, up in points)
    return f'<polyline class="line {_look(at)} points="{path}"/>'


def _sample(at: int) -> str:
    return f'<svg width="34" height="8" aria-hidden="true"><path class="line {_look(at)} d="M0 4H34"/></svg>'


def _look(at: int) -> str:
    """Give the end of the class attribute, and the dashes, of the line with this number."""
    return f'c{at % 6}" stroke-dasharray="{_DASHES[at % 6]}"'


def _x(across: float) -> float:
    return round(_LEFT + float(across) * (_WIDTH - _EDGE - _LEFT), 1)


def _y(up: float, top: float) -> float:
    return round(_HEIGHT - _BOTTOM - up / top * (_HEIGHT - _BOTTOM - _EDGE), 1)
