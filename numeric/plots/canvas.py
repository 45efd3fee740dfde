"""The paper that pictures are drawn on: one size of letters, colours for the colour-blind, no screen needed.

Colours: Okabe, Ito, Color universal design (2008).
"""

from __future__ import annotations

import io
import math
from typing import Any

from ..datasets import MissingExtra

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", "-.", ":")


def figure(width: float = 6.4, height: float = 4.0) -> Any:
    """An empty Figure with a canvas of its own, width x height inches.  Raises MissingExtra without matplotlib."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("a picture", "matplotlib", "plots") from error
    drawn = Figure(figsize=(width, height), dpi=110, layout="constrained")
    FigureCanvasAgg(drawn)
    return drawn


def grid(count: int, columns: int, width: float, height: float) -> tuple[Any, list[Any]]:
    """A figure with `count` axes of width x height inches each, `columns` in a row."""
    columns = max(1, min(columns, count))
    rows = math.ceil(count / columns)
    drawn = figure(width * columns, height * rows)
    axes = list(drawn.subplots(rows, columns, squeeze=False).flat)
    for spare in axes[count:]:
        spare.set_axis_off()
    return drawn, axes[:count]


def plain(axes: Any) -> Any:
    """Axes without the box, with a faint grid."""
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def png(drawn: Any) -> bytes:
    """The content of a PNG file."""
    stream = io.BytesIO()
    drawn.savefig(stream, format="png")
    return stream.getvalue()
