"""A picture of a sweep of edits: how many took what the group tells, and how many kept the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..sweeps import varied
from .style import COLOURS, GUIDE, Drawing, styled

#: What can be the horizontal axis, in order of preference: numbers first.
_AXES = ("level", "scale", "seed", "guide", "condition", "groups")
#: Inches of a panel, and of the margins around them.
_PANEL, _LEFT, _RIGHT, _BELOW, _ABOVE = (1.7, 1.5), 0.55, 1.7, 0.45, 0.35


def plot_sweep(rows: Sequence[Mapping[str, Any]]) -> Drawing:
    """Draw one panel per group; lines over the first setting that differs, one per combination of the others."""
    names = varied(rows)
    along = next((name for name in _AXES if name in names), "level")
    others = [name for name in names if name not in (along, "group")]
    groups = list(dict.fromkeys(row["group"] for row in rows))
    places = list(dict.fromkeys(row[along] for row in rows))
    lines = list(dict.fromkeys(_key(row, others) for row in rows))
    width, height = _LEFT + len(groups) * (_PANEL[0] + 0.15) + _RIGHT, _ABOVE + _PANEL[1] + _BELOW
    with styled():
        figure = Drawing(figsize=(width, height))
        for g, group in enumerate(groups):
            left = _LEFT + g * (_PANEL[0] + 0.15)
            axes = figure.add_axes((left / width, _BELOW / height, _PANEL[0] / width, _PANEL[1] / height))
            for k, line in enumerate(lines):
                own = [row for row in rows if row["group"] == group and _key(row, others) == line]
                colour = COLOURS[k % len(COLOURS)]
                for value, style in (("took", "o-"), ("kept", "s--")):
                    points = [(places.index(row[along]), row[value]) for row in own if row.get(value) is not None]
                    if points:
                        size = 4.5 if value == "took" else 3
                        axes.plot(*zip(*points), style, color=colour, markersize=size, linewidth=1.1, alpha=0.85)
            axes.set_xticks(range(len(places)), [_shown(place) for place in places])
            axes.set_xlim(-0.4, len(places) - 0.6)
            axes.set_ylim(-0.04, 1.06)
            axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"] if g == 0 else [])
            axes.set_xlabel(along)
            targets = {row["target"] for row in rows if row["group"] == group}
            axes.set_title(f"along {group}\n(tells {' or '.join(sorted(targets))})")
            if g == 0:
                axes.set_ylabel("share of edits")
        marks = [axes.plot([], [], style, color=GUIDE, markersize=4)[0] for style in ("o-", "s--")]
        words = ["took the value asked for", "kept the rest"]
        if others:
            marks += [axes.plot([], [], color=COLOURS[k % len(COLOURS)])[0] for k in range(len(lines))]
            words += [", ".join(f"{name} {_shown(value)}" for name, value in zip(others, line)) for line in lines]
        figure.legend(marks, words, loc="center left", bbox_to_anchor=(1 - (_RIGHT - 0.1) / width, 0.5))
    return figure


def _key(row: Mapping[str, Any], names: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
