"""The network and its backward pass as two networks, with the numbers of one sample on their nodes.

Forward, from left to right: z = W a + b, a = g(z).  Backward, from right to left with the same weights:
da = W^T dz, dz = g'(z) da, so that each node is an amplifier whose gain g'(z) the forward pass has set.
Source: Lee, Machine learning (2017), lecture on backpropagation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive import DeriveError, ShapeError

from ..codegen import CompiledDerivation, lambdify
from ..intermediates import named_values
from .canvas import COLOURS, figure

Array = np.ndarray[Any, Any]
WIDE, HIGH = 3.3, 1.15  # between layers, between units
MOST = 6  # units of a layer that are drawn
WEIGHTS_WRITTEN = 24


@dataclass(frozen=True)
class Plan:
    """Layers 0 .. L with the units that are shown, and their numbers; z and what follows begin with layer 1."""

    shown: tuple[tuple[int, ...], ...]
    sizes: tuple[int, ...]
    a: tuple[Array, ...]  # (n,) per layer 0 .. L
    z: tuple[Array, ...]  # layers 1 .. L, and so are the others
    da: tuple[Array, ...]
    dz: tuple[Array, ...]
    W: tuple[Array, ...]
    formulas: Mapping[str, str]
    letters: tuple[str, str]  # "z", "a" for one sample, "Z", "A" for m
    softmax: bool  # the output layer

    @property
    def depth(self) -> int:
        return len(self.W)

    def place(self, layer: int, unit: int) -> tuple[float, float]:
        """Where a unit stands; layers are centred."""
        shown = self.shown[layer]
        return WIDE * layer, HIGH * ((len(shown) - 1) / 2 - shown.index(unit))


def network_diagram(
    d: Any, params: Mapping[str, Any], X: Any, Y: Any, sample: int = 0, title: str = "", **numbers: float
) -> Any:
    """Both passes of a derivation of mlp for one column of X (n, m) and Y (c, m).

    Layers of more than six units show the first six.  Softmax has no gain: its units depend on each other.  `numbers`
    are the free numbers of the program, such as l2.  Raises DeriveError for a program that is not such a network.
    """
    f = d if isinstance(d, CompiledDerivation) else lambdify(d)
    plan = _plan(f, params, *_columns(X, Y, sample), numbers)
    rows = max(map(len, plan.shown))
    drawn = figure(*_size(plan))
    top, bottom = drawn.subplots(2, 1)
    _forward(top, plan)
    _backward(bottom, plan)
    for axes in (top, bottom):
        axes.set_aspect("equal")
        axes.set_axis_off()
        axes.set_xlim(-0.6, WIDE * plan.depth + 2.1)
        axes.set_ylim(_floor(plan) - 0.85, HIGH * rows / 2 + 0.1)
    if title:
        drawn.suptitle(title, fontsize=12)
    return drawn


def _size(plan: Plan) -> tuple[float, float]:
    """Inches, so that a unit of the picture is 0.85 inch."""
    rows = max(map(len, plan.shown))
    return 0.85 * (WIDE * plan.depth + 2.7), 2 * (0.85 * (HIGH * rows / 2 - _floor(plan) + 0.95) + 0.3) + 0.3


def _columns(X: Any, Y: Any, sample: int) -> tuple[Array, Array]:
    X, Y = np.asarray(X, float), np.asarray(Y, float)
    if X.ndim != 2 or Y.ndim != 2 or X.shape[1] != Y.shape[1]:
        raise ShapeError(f"a diagram needs X (n, m) and Y (c, m), but got {X.shape} and {Y.shape}")
    if not 0 <= sample < X.shape[1]:
        raise ShapeError(f"there is no sample {sample}: X has {X.shape[1]}, counted from 0")
    return X[:, sample : sample + 1], Y[:, sample : sample + 1]


def _plan(f: CompiledDerivation, params: Mapping[str, Any], x: Array, y: Array, numbers: Mapping[str, float]) -> Plan:
    v = named_values(f)(params, x, y, **numbers)
    depth = sum(1 for name in params if re.fullmatch(r"W\d+", name))
    z, a = ("Z", "A") if "Z1" in v else ("z", "a")
    wanted = [name for k in range(1, depth + 1) for name in (f"{z}{k}", f"{a}{k}", f"d{z}{k}", f"d{a}{k}")]
    if depth == 0 or (missing := [name for name in wanted if name not in v]):
        raise DeriveError(f"a diagram needs a network made by mlp; missing {', '.join(missing) if depth else 'W1'}")
    layers = range(1, depth + 1)
    activations = (x[:, 0], *(v[f"{a}{k}"][:, 0] for k in layers))
    sizes = tuple(map(len, activations))
    zs, das, dzs = (tuple(v[f"{name}{k}"][:, 0] for k in layers) for name in (z, f"d{a}", f"d{z}"))
    shown = tuple(tuple(range(min(n, MOST))) for n in sizes)
    turned = dict(f.program.recipe).get("weights") == "columns"  # W^T a instead of W a
    W = tuple(np.asarray(params[f"W{k}"]).T if turned else np.asarray(params[f"W{k}"]) for k in layers)
    softmax = f.program.layers[-1].activation == "softmax"
    return Plan(shown, sizes, activations, zs, das, dzs, W, _formulas(f.derivation), (z, a), softmax)


def _formulas(d: Any) -> dict[str, str]:
    """{"Z1": its equation as mathtext, ..., "dZ1": ...}: both passes, as the derivation prints them."""
    return {**_mathtext(d.program), **_mathtext(d)}


def _mathtext(printed: Any) -> dict[str, str]:
    lines = printed._repr_latex_().replace("$$", "").replace("\\begin{aligned}", "").replace("\\end{aligned}", "")
    texts = [line.strip().replace("&=", "=") for line in lines.split("\\\\")]
    named = {str(e.lhs): text for e, text in zip(printed.equations, texts, strict=True)}
    return {name: f"${text.replace('operatorname', 'mathrm')}$" for name, text in named.items()}


def _forward(axes: Any, plan: Plan) -> None:
    axes.set_title("forward:  z = W a + b,  a = g(z)", fontsize=10, loc="left", color=COLOURS[0])
    _edges(axes, plan, COLOURS[0], forward=True)
    for layer in range(plan.depth + 1):
        for unit in plan.shown[layer]:
            x, y = plan.place(layer, unit)
            if layer == 0:
                _node(axes, x, y, f"{plan.a[0][unit]:.3g}", "s", COLOURS[0])
            else:
                text = f"z {plan.z[layer - 1][unit]:.2g}\na {plan.a[layer][unit]:.2g}"
                _node(axes, x, y, text, "o", COLOURS[0])
        _more(axes, plan, layer)
        z, a = plan.letters
        kind = "input" if layer == 0 else "unit"
        lines = [f"{plan.sizes[layer]} {kind}{'s' if plan.sizes[layer] > 1 else ''}"]
        lines += [plan.formulas[f"{letter}{layer}"] for letter in (z, a) if layer > 0]
        axes.text(WIDE * layer, _floor(plan), "\n".join(lines), ha="center", va="top", fontsize=8.5, linespacing=1.5)


def _backward(axes: Any, plan: Plan) -> None:
    title = "backward:  the same weights in reverse, each node an amplifier with gain g'(z)"
    axes.set_title(title, fontsize=10, loc="left", color=COLOURS[1])
    _edges(axes, plan, COLOURS[1], forward=False)
    for layer in range(1, plan.depth + 1):
        for unit in plan.shown[layer]:
            x, y = plan.place(layer, unit)
            da, dz = plan.da[layer - 1][unit], plan.dz[layer - 1][unit]
            _node(axes, x, y, "g'", "<", COLOURS[1])
            _label(axes, x, y + 0.42, f"dz {dz + 0.0:.2g}")
            if not (plan.softmax and layer == plan.depth):
                _label(axes, x, y - 0.42, f"gain {dz / da + 0.0:.2g}" if da else "da 0")
            if layer == plan.depth:
                axes.annotate("", (x + 0.45, y), (x + 1.1, y), arrowprops={"arrowstyle": "->", "color": COLOURS[1]})
                axes.text(x + 1.15, y, f"da {da:.3g}", va="center", fontsize=8)
        _more(axes, plan, layer)
        z = plan.letters[0]
        names = [f"d{z}{layer}", f"dW{layer}", f"db{layer}"]
        lines = "\n".join(plan.formulas[name] for name in names)
        axes.text(WIDE * layer, _floor(plan), lines, ha="center", va="top", fontsize=8.5, linespacing=1.5)


def _floor(plan: Plan) -> float:
    """Where the text below the layers begins."""
    left_out = any(len(shown) < size for shown, size in zip(plan.shown, plan.sizes, strict=True))
    return -HIGH * max(map(len, plan.shown)) / 2 - (0.35 if left_out else 0.05)


def _label(axes: Any, x: float, y: float, text: str, size: float = 7.5, above: int = 4) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.9}
    axes.text(x, y, text, ha="center", va="center", fontsize=size, zorder=above, bbox=box)


def _node(axes: Any, x: float, y: float, text: str, marker: str, colour: str) -> None:
    axes.plot([x], [y], marker, markersize=40, markerfacecolor="white", markeredgecolor=colour, zorder=3)
    axes.text(x + (0.09 if marker == "<" else 0), y, text, ha="center", va="center", fontsize=7.5, zorder=4)


def _edges(axes: Any, plan: Plan, colour: str, forward: bool) -> None:
    """Lines between layers, as thick as their weights; negative ones dashed.  Backward: from layer 1 up."""
    first = 1 if forward else 2
    written = sum(len(plan.shown[k - 1]) * len(plan.shown[k]) for k in range(1, plan.depth + 1)) <= WEIGHTS_WRITTEN
    for layer in range(first, plan.depth + 1):
        W = plan.W[layer - 1]
        largest = float(np.abs(W).max()) or 1.0
        for to in plan.shown[layer]:
            for here in plan.shown[layer - 1]:
                w = float(W[to, here])
                (x0, y0), (x1, y1) = plan.place(layer - 1, here), plan.place(layer, to)
                axes.plot([x0, x1], [y0, y1], "-" if w >= 0 else "--", color=colour, zorder=1,
                          linewidth=0.4 + 2.2 * abs(w) / largest, alpha=0.45)  # fmt: skip
                if written:
                    share = 0.36 if len(plan.shown[layer - 1]) > len(plan.shown[layer]) else 0.64
                    _label(axes, x0 + share * (x1 - x0), y0 + share * (y1 - y0), f"{w:.2g}", 6.5, 2)


def _more(axes: Any, plan: Plan, layer: int) -> None:
    """Says how many units are left out."""
    left = plan.sizes[layer] - len(plan.shown[layer])
    if left:
        axes.text(WIDE * layer, -HIGH * (len(plan.shown[layer]) - 1) / 2 - 0.72, f"and {left} more", ha="center",
                  va="center", fontsize=7.5, style="italic")  # fmt: skip
