"""The learning curve as a picture: cost and, where there is a test set, accuracy over epochs."""

from __future__ import annotations

import io

from .training import Outcome


def learning_curve(outcome: Outcome, title: str) -> bytes:
    """The content of a PNG file.  Raises ImportError without matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    epochs = range(1, len(outcome.cost) + 1)
    panels = [("cost (training)", outcome.cost, "tab:blue")]
    if outcome.test_accuracy:
        panels.append(("accuracy (test)", tuple(100 * a for a in outcome.test_accuracy), "tab:green"))
    figure = Figure(figsize=(4.6 * len(panels), 3.4), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=11)
    for axes, (label, values, color) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        axes.plot(epochs, values, color=color, linewidth=1.6, marker="." if len(epochs) < 50 else "")
        axes.set_xlabel("epoch")
        axes.set_title(f"{label}, last {values[-1]:.4g}{' %' if 'accuracy' in label else ''}", fontsize=10)
        axes.grid(alpha=0.3)
        if "accuracy" in label:
            axes.yaxis.set_major_formatter("{x:.0f} %")
        else:
            axes.set_ylim(bottom=0)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()
