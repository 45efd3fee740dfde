"""Curves over iterations or epochs: cost and accuracy of one or several runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from derive import DeriveError

from .canvas import COLOURS, STYLES, figure, grid, plain


def curves(
    lines: Mapping[str, Any],
    title: str = "",
    x: str = "iteration",
    y: str = "cost",
    *,
    start: int = 0,
    log: str = "",
    level: float | None = None,
    level_name: str = "",
    points: Collection[str] = (),
) -> Any:
    """One line per entry: a sequence of numbers, counted from `start`, or a pair (places, numbers).

    `log` is "", "x", "y" or "xy".  `level` draws a horizontal line.  Entries in `points` are crosses only.
    """
    drawn = figure(6.6, 4.0)
    draw(plain(drawn.subplots()), lines, title, x, y, start, log, level, level_name, points)
    return drawn


def draw(
    axes: Any,
    lines: Mapping[str, Any],
    title: str,
    x: str,
    y: str,
    start: int = 0,
    log: str = "",
    level: float | None = None,
    level_name: str = "",
    points: Collection[str] = (),
) -> None:
    """The lines of `curves` on given axes."""
    if not lines:
        raise DeriveError("there is no line to draw")
    for k, (name, line) in enumerate(lines.items()):
        pair = isinstance(line, tuple) and len(line) == 2 and np.ndim(line[0]) == 1
        places, numbers = line if pair else (start + np.arange(len(line)), line)
        if len(places) != len(numbers):
            raise DeriveError(f"{name!r} has {len(places)} places for {len(numbers)} numbers")
        crosses = name in points
        marker = "x" if crosses else "o" if len(numbers) <= 40 else ""
        style = "none" if crosses else STYLES[k // len(COLOURS) % len(STYLES)]
        look = {"linestyle": style, "linewidth": 1.6, "marker": marker, "markersize": 7 if crosses else 3.5}
        axes.plot(places, numbers, label=name, color=COLOURS[k % len(COLOURS)], **look)
    if level is not None:
        axes.axhline(level, color="0.4", linewidth=1, linestyle=":", label=level_name or None)
    for letter in log:
        getattr(axes, f"set_{letter}scale")("log")
        _plain_numbers(getattr(axes, f"{letter}axis"))
    axes.set(xlabel=x, ylabel=y)
    if title:
        axes.set_title(title, fontsize=11)
    if len(lines) > 6:
        axes.legend(fontsize=8.5, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.15))
    elif len(lines) > 1 or level_name:
        axes.legend(fontsize=8.5, frameon=False)


def _plain_numbers(axis: Any) -> None:
    """0.1, 1, 10 instead of powers, where numbers stay short; 1, 2, 5 where there are few decades."""
    from matplotlib.ticker import LogLocator, NullFormatter

    low, high = sorted(axis.get_view_interval())
    if low >= 1e-3 and high <= 1e4:
        if high < 200 * low:
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())


def learning_curves(
    cost: Mapping[str, Sequence[float]] | Sequence[float],
    accuracy: Mapping[str, Sequence[float]] | Sequence[float] | None = None,
    title: str = "",
    x: str = "epoch",
) -> Any:
    """Cost beside accuracy (shares of 1) over epochs 1, 2, ...; each a sequence, or sequences by name."""
    panels = [("cost", _named(cost, "cost"))]
    if accuracy is not None:
        shares = {name: 100 * np.asarray(a) for name, a in _named(accuracy, "accuracy").items()}
        panels.append(("accuracy in %", shares))
    drawn, axes = grid(len(panels), 2, 5.2, 3.8)
    for place, (y, lines) in zip(axes, panels, strict=True):
        draw(plain(place), lines, "", x, y, start=1)
        place.xaxis.get_major_locator().set_params(integer=True)
    if title:
        drawn.suptitle(title, fontsize=12)
    return drawn


def _named(given: Any, name: str) -> dict[str, Any]:
    return dict(given) if isinstance(given, Mapping) else {name: given}
