"""What may have gone wrong: the earliest place of the backward code where one small change makes the gradients right.

Every intermediate result of the backward function is changed in the ways in which people slip - a sign, a factor, a
term, a slope forgotten, another variable - and the gradients are worked out again by floats at two points.  What makes
the most wrong gradients right, and no right one wrong, is the likely cause.  It is a hint; no verdict rests on it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from derive.arrays.values import Constant, Declared, Value, children, in_order

from .assumptions import Assumptions
from .naming import assigned
from .numbers import STEP, Numbers, above, gradient
from .refusal import Place
from .reproduction import Point, points, sizes_of
from .run import Traced

CLOSE = 1e-6
MOST_POOL, MOST_NODES = 48, 80
SECONDS = 2.0
INSTEAD = "instead:"


@dataclass(frozen=True)
class Cause:
    """What would repair which gradients, and where."""

    text: str
    place: Place | None
    repairs: frozenset[str]


@dataclass(frozen=True)
class _Change:
    """Another value for a node, at every point."""

    node: Value
    values: tuple[Any, ...]
    text: str


def likely_cause(
    traced: Traced, assumptions: Assumptions, claimed: Mapping[str, tuple[Declared, Value]], wrong: frozenset[str]
) -> Cause | None:
    """The change that repairs most of the wrong gradients (names of declared arrays)."""
    right = [pair for name, pair in claimed.items() if name not in wrong]
    tried = list(_points(traced, assumptions, right))
    if len(tried) < 2:
        return None
    search = _Search(traced, claimed, wrong, tried)
    with np.errstate(all="ignore"):  # changes that are tried may leave the domain
        return search.run() or search.first_departure()


def _points(traced: Traced, assumptions: Assumptions, right: list[tuple[Declared, Value]]) -> Iterator[Point]:
    """Two points, at different sizes, of numbers about 1, where everything is finite, nothing is saturated, and what
    is proved is right: at a kink it may not be."""
    for attempt in range(2):
        dims = sizes_of(traced.dimensions, attempt, traced.asked)
        drawn = list(points(traced, assumptions, dims, 3 + attempt))
        for point in sorted(drawn, key=_distance_from_one):
            if _all_differ(point) and _no_kink(traced, point, right):
                yield point
                break


def _no_kink(traced: Traced, point: Point, right: list[tuple[Declared, Value]]) -> bool:
    numbers = Numbers(point.dims, point.declared)
    return bool(np.isfinite(numbers.of(traced.loss)).all()) and all(
        _close(numbers.of(value), gradient(traced.loss, point, variable.name)) for variable, value in right
    )


def _distance_from_one(point: Point) -> float:
    sizes = [float(np.mean(np.abs(x))) for x in point.declared.values()]
    return max(abs(float(np.log(s + 1e-9))) for s in sizes)


def _all_differ(point: Point) -> bool:
    """No zeros: they would hide a factor."""
    return all(
        np.all(x != 0)
        for name, x in point.declared.items()
        if name.partition("[")[0] not in point.leaves
        or np.asarray(point.leaves[name.partition("[")[0]]).dtype.kind == "f"
    )


class _Search:
    def __init__(
        self, traced: Traced, claimed: Mapping[str, tuple[Declared, Value]], wrong: frozenset[str], tried: list[Point]
    ) -> None:
        self.traced, self.claimed, self.wrong, self.tried = traced, claimed, wrong, tried
        self.end = time.process_time() + SECONDS
        self.order = in_order(*(v for _, v in claimed.values()))
        self.true = [{name: gradient(traced.loss, p, v.name) for name, (v, _) in claimed.items()} for p in tried]
        self.numbers = [Numbers(p.dims, p.declared) for p in tried]
        for numbers in self.numbers:
            for v in (traced.loss, *(v for _, v in claimed.values())):
                numbers.of(v)
        self.places = self._places()
        self.wrong = self._shown()
        self.misnamed: dict[int, str] = {}
        self.right = self._right()

    def _shown(self) -> frozenset[str]:
        """The wrong gradients that are wrong at one of the points that are tried."""
        pairs = list(zip(self.numbers, self.true, strict=True))
        return frozenset(
            name for name in self.wrong if not all(_close(n.of(self.claimed[name][1]), true[name]) for n, true in pairs)
        )

    def first_departure(self) -> Cause | None:
        """The first result that is called dz and is not the derivative in z, though there is a z."""
        suspects = {id(n) for n in self._suspects()}
        for node in self.places:
            if node in self.misnamed and node in suspects:
                name = self.misnamed[node]
                text = f"{name} is not the derivative in {name[1:]}"
                return Cause(text, self.places[node], self.wrong)
        return None

    def _right(self) -> set[int]:
        """Results of the backward function that are the derivative of the loss in a result of the forward function.

        What is called dz has to be the derivative in z, if there is a z.
        """
        forward = self.traced.steps[: self.traced.forward_steps]
        names = {n.name: n.value for n in assigned(forward)}
        called = {id(n.value): n.name for n in assigned(self.traced.steps[self.traced.forward_steps :])}
        last = {name: node for node, name in called.items()}  # a sum that is collected under one name
        inside = in_order(self.traced.loss)
        among = {id(n) for n in inside}
        adjoints: dict[int, tuple[Any, ...]] = {}
        for node in [v for g, _ in forward for v in g.cells.ravel() if id(v) in among and not isinstance(v, Constant)]:
            if id(node) not in adjoints and len(adjoints) < MOST_NODES and time.process_time() < self.end - SECONDS / 2:
                adjoints[id(node)] = tuple(_adjoint(n, self.traced.loss, node, inside) for n in self.numbers)
        found = set()
        for node in (n for n in self.order if id(n) in self.places):
            meant = names.get(called.get(id(node), "")[1:])
            every = adjoints.values() if meant is None or id(meant) not in adjoints else [adjoints[id(meant)]]
            if any(all(map(_close_and_alike, self._now(node), a)) for a in every):
                found.add(id(node))
            elif (
                meant is not None
                and id(meant) in adjoints
                and last[called[id(node)]] == id(node)
                and called[id(node)] not in self.traced.douts
            ):
                self.misnamed[id(node)] = called[id(node)]
        return found

    def _places(self) -> dict[int, Place | None]:
        """Node -> the line of the backward function that computed it."""
        steps = self.traced.steps[self.traced.forward_steps :]
        before = {id(v) for g, _ in self.traced.steps[: self.traced.forward_steps] for v in g.cells.ravel()}
        found: dict[int, Place | None] = {}
        for g, place in steps:
            for v in g.cells.ravel():
                if id(v) not in before and not isinstance(v, Constant):
                    found.setdefault(id(v), place)
        return found

    def run(self) -> Cause | None:
        """The simplest kinds of slips first, in the order in which the code computes."""
        if not self.wrong:
            return None
        best: Cause | None = None
        rank = {node: k for k, node in enumerate(self.places)}
        open_nodes = (n for n in self._suspects() if id(n) in rank)
        nodes = sorted(open_nodes, key=lambda n: rank[id(n)])[:MOST_NODES]
        above_of = {id(n): above(n, self.order) for n in nodes}
        for kind in (self._scaled, self._with_terms, self._exchanged):
            for node in nodes:
                if best is not None and best.repairs == self.wrong and self.places[id(node)] != best.place:
                    return best  # a factor may stand at several places of one line: the last is the whole of it
                for change in kind(node):
                    if time.process_time() > self.end:
                        return best
                    repaired = self._repaired(change, above_of[id(node)])
                    again = best is not None and repaired == self.wrong == best.repairs and kind == self._scaled
                    if repaired and (best is None or again or len(repaired) > len(best.repairs)):
                        best = Cause(_said(change.text, self.places[id(node)]), self.places[id(node)], repaired)
                        if repaired == self.wrong and kind != self._scaled:
                            return best
            if best is not None and best.repairs == self.wrong:
                return best
        return best

    def _suspects(self) -> list[Value]:
        """What leads to a wrong gradient otherwise than through a right result."""
        seen: dict[int, Value] = {}
        stack = [root for name, (_, root) in self.claimed.items() if name in self.wrong]
        while stack:
            node = stack.pop()
            if id(node) not in seen and id(node) not in self.right:
                seen[id(node)] = node
                stack += children(node)
        return list(seen.values())

    # ---- what may be changed

    def _now(self, node: Value) -> tuple[Any, ...]:
        return tuple(n.of(node) for n in self.numbers)

    def _scaled(self, node: Value) -> Iterator[_Change]:
        """Signs, factors, transposes"""
        now = self._now(node)
        for text, factors in self._factors():
            yield _Change(node, tuple(v * f for v, f in zip(now, factors, strict=True)), text)
        if node.shape[:1] * 2 == node.shape:
            yield _Change(node, tuple(v.T for v in now), "a transpose")

    def _exchanged(self, node: Value) -> Iterator[_Change]:
        """Factors that are arrays, and other variables"""
        now = self._now(node)
        for what, values in self._pool(node):
            yield _Change(node, tuple(v * u for v, u in zip(now, values, strict=True)), f"the factor {what} is missing")
            if all(np.all(u != 0) for u in values):
                quotients = tuple(v / u for v, u in zip(now, values, strict=True))
                yield _Change(node, quotients, f"a division by {what} is missing")
            yield _Change(node, values, f"{INSTEAD} {what}")

    def _factors(self) -> Iterator[tuple[str, tuple[float, ...]]]:
        yield "the sign", (-1.0,) * len(self.tried)
        yield "a factor 2 is missing", (2.0,) * len(self.tried)
        yield "a factor 2 too much", (0.5,) * len(self.tried)
        for name in self.traced.dimensions:
            sizes = tuple(float(p.dims[name]) for p in self.tried)
            shown = name.removeprefix("size_")
            yield f"a factor 1/{shown} is missing (a mean, not a sum)", tuple(1 / s for s in sizes)
            yield f"a factor {shown} is missing (a sum, not a mean)", sizes
            if all(s > 1 for s in sizes):
                yield f"1/({shown} - 1) instead of 1/{shown}", tuple((s - 1) / s for s in sizes)
                yield f"1/{shown} instead of 1/({shown} - 1)", tuple(s / (s - 1) for s in sizes)

        for a, b in permutations(self.traced.dimensions, 2):
            ratio = tuple(p.dims[a] / p.dims[b] for p in self.tried)
            yield f"1/{a.removeprefix('size_')} where 1/{b.removeprefix('size_')} should stand", ratio

    def _with_terms(self, node: Value) -> Iterator[_Change]:
        """true - claimed is a multiple of something known: that term is missing"""
        now = self._now(node)
        for name in (name for name, (_, root) in self.claimed.items() if root is node and name in self.wrong):
            gaps = [t[name] - v for t, v in zip(self.true, now, strict=True)]
            for what, values in self._pool(node):
                weights = [_share(u, g) for u, g in zip(values, gaps, strict=True)]
                if all(weights):
                    changed = tuple(v + w * u for v, w, u in zip(now, weights, values, strict=True))
                    yield _Change(node, changed, f"a term with {what} is missing, or has another weight")

    def _pool(self, node: Value) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """Arrays that fit the shape: arguments, intermediate results, and slopes made of them."""
        seen: set[int] = set()
        for what, value in self._known():
            if not _fits(value, node) or value is node or id(value) in seen or len(seen) > MOST_POOL:
                continue
            seen.add(id(value))
            shapes = [np.shape(now) for now in self._now(node)]
            values = tuple(np.broadcast_to(n.of(value), s) for n, s in zip(self.numbers, shapes, strict=True))
            if all(np.isfinite(u).all() for u in values):
                name, line = what
                yield f"{name}{line}", values
                yield f"1 - {name}**2{line}", tuple(1 - u * u for u in values)
                yield f"{name} * (1 - {name}){line}", tuple(u * (1 - u) for u in values)
                yield f"({name} > 0){line}", tuple((u > 0).astype(float) for u in values)
                yield f"{name}**2{line}", tuple(u * u for u in values)

    def _known(self) -> Iterator[tuple[tuple[str, str], Value]]:
        """A name, and where it is made."""
        for name, g in {**self.traced.symbols.grids, **self.traced.douts}.items():
            for v in g.cells.ravel():
                yield (name, ""), v
        for n in assigned(self.traced.steps):
            yield (n.name, f" ({n.name}: line {n.place.line})"), n.value

    # ---- does it help?

    def _repaired(self, change: _Change, containing: list[Value]) -> frozenset[str]:
        """The wrong gradients that become right; none if a right one becomes wrong."""
        fixed = set(self.wrong)
        for k, numbers in enumerate(self.numbers):
            again = numbers.with_change(change.node, change.values[k], containing)
            for name, (_, root) in self.claimed.items():
                close = _close(again(root), self.true[k][name])
                if not close and name not in self.wrong:
                    return frozenset()
                if not close:
                    fixed.discard(name)
            if not fixed:
                break
        return frozenset(fixed)


def _said(text: str, place: Place | None) -> str:
    """With the expression that it is about: a factor 2 is missing, in  reg * W"""
    code = place.expression if place is not None else ""
    if text.startswith(INSTEAD):
        what = text.removeprefix(INSTEAD).strip()
        return f"{what} should stand there" + (f", not `{code}`" if code else "")
    return f"{text}, in `{code}`" if code else text


def _fits(value: Value, node: Value) -> bool:
    """The same shape, or one that is broadcast to it."""
    shape = value.shape
    return bool(shape) and shape == node.shape[len(node.shape) - len(shape) :]


def _share(u: Any, gap: Any) -> float:
    """The multiple of u that is nearest to a gap."""
    size = float(np.vdot(u, u))
    return float(np.vdot(u, gap)) / size if size else 0.0


def _adjoint(numbers: Numbers, loss: Value, node: Value, order: list[Value]) -> Any:
    """d loss / d node, entry by entry, by the complex step"""
    containing = above(node, order)
    now = np.asarray(numbers.of(node), dtype=complex)
    out = np.zeros(now.shape)
    for at in np.ndindex(now.shape):
        moved = now.copy()
        moved[at] += 1j * STEP
        out[at] = np.imag(numbers.with_change(node, moved, containing)(loss)) / STEP
    return out


def _close_and_alike(a: Any, b: Any) -> bool:
    return np.shape(a) == np.shape(b) and _close(a, b)


def _close(a: Any, b: Any) -> bool:
    a = np.broadcast_to(a, np.shape(b))
    size = max(float(np.max(np.abs(b), initial=0)), 1e-12)
    return bool(np.isfinite(a).all() and np.max(np.abs(a - b), initial=0) <= CLOSE * size)
