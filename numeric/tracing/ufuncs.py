"""NumPy's ufuncs: one table row each, and what reduce, outer, at, out= and where= do with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from derive import ShapeError
from derive.arrays.values import Value

from . import formulas as form
from .array import SymbolicArray, grid_of, is_array, kind_of, sizes_of, wrap
from .context import active
from .grids import Grid, broadcast_to, elementwise, inserted, map_cells, normal_axes
from .labels import Count, Labels
from .masked import Masked, same_grid
from .picking import compared
from .products import matmul
from .reductions import largest, product, smallest, total
from .refusal import NotCovered, WantsInteger, place

Build = Callable[..., Value]


@dataclass(frozen=True)
class Row:
    """What a ufunc means; `kind` of the result: f, b, or "" for the widest kind of the arguments."""

    build: Build
    kind: str = "f"
    booleans: Build | None = None  # what it means where all arguments are booleans
    truth: bool = False  # the arguments count as x != 0


def _reciprocal(a: Value) -> Value:
    return form.to_the(a, Fraction(-1))


def _sqrt(a: Value) -> Value:
    return form.to_the(a, Fraction(1, 2))


def _log_base(base: int) -> Build:
    return lambda a: form.divide(form.mapped("log")(a), form.mapped("log")(form.number(base)))


def _heaviside(a: Value, at_zero: Value) -> Value:
    return form.add(form.above(a, form.ZERO), form.multiply(form.equal(a, form.ZERO), at_zero))


def _hypot(a: Value, b: Value) -> Value:
    return _sqrt(form.add(form.to_the(a, Fraction(2)), form.to_the(b, Fraction(2))))


def _logaddexp(a: Value, b: Value) -> Value:
    exp = form.mapped("exp")
    return form.mapped("log")(form.add(exp(a), exp(b)))


def _xlogy(a: Value, b: Value) -> Value:
    return form.multiply(a, form.mapped("log")(b))


def _logit(a: Value) -> Value:
    log = form.mapped("log")
    return form.subtract(log(a), log(form.subtract(form.ONE, a)))


TABLE: dict[str, Row] = {
    # name            what it means                            kind of the result
    "add":            Row(form.add, "", booleans=form.either),
    "subtract":       Row(form.subtract, ""),
    "multiply":       Row(form.multiply, "", booleans=form.multiply),
    "divide":         Row(form.divide),
    "true_divide":    Row(form.divide),
    "negative":       Row(form.negative, ""),
    "positive":       Row(lambda a: a, ""),
    "power":          Row(form.power, ""),
    "float_power":    Row(form.power),
    "reciprocal":     Row(_reciprocal),
    "square":         Row(lambda a: form.to_the(a, Fraction(2)), ""),
    "sqrt":           Row(_sqrt),
    "exp":            Row(form.mapped("exp")),
    "exp2":           Row(lambda a: form.power(form.number(2), a)),
    "expm1":          Row(form.mapped("expm1")),
    "log":            Row(form.mapped("log")),
    "log2":           Row(_log_base(2)),
    "log10":          Row(_log_base(10)),
    "log1p":          Row(form.mapped("log1p")),
    "tanh":           Row(form.mapped("tanh")),
    "sinh":           Row(form.mapped("sinh")),
    "cosh":           Row(form.mapped("cosh")),
    "absolute":       Row(form.mapped("abs"), ""),
    "fabs":           Row(form.mapped("abs")),
    "sign":           Row(form.mapped("sign"), ""),
    "heaviside":      Row(_heaviside),
    "maximum":        Row(form.maximum, "", booleans=form.either),
    "minimum":        Row(form.minimum, "", booleans=form.multiply),
    "fmax":           Row(form.maximum, "", booleans=form.either),
    "fmin":           Row(form.minimum, "", booleans=form.multiply),
    "hypot":          Row(_hypot),
    "logaddexp":      Row(_logaddexp),
    "conjugate":      Row(lambda a: a, ""),
    "greater":        Row(form.above, "b"),
    "greater_equal":  Row(form.not_below, "b"),
    "less":           Row(lambda a, b: form.above(b, a), "b"),
    "less_equal":     Row(lambda a, b: form.not_below(b, a), "b"),
    "equal":          Row(form.equal, "b", booleans=lambda a, b: form.opposite(form.exclusive(a, b))),
    "not_equal":      Row(lambda a, b: form.opposite(form.equal(a, b)), "b", booleans=form.exclusive),
    "logical_and":    Row(form.multiply, "b", truth=True),
    "logical_or":     Row(form.either, "b", truth=True),
    "logical_xor":    Row(form.exclusive, "b", truth=True),
    "logical_not":    Row(form.opposite, "b", truth=True),
    "bitwise_and":    Row(form.multiply, "only b"),
    "bitwise_or":     Row(form.either, "only b"),
    "bitwise_xor":    Row(form.exclusive, "only b"),
    "invert":         Row(form.opposite, "only b"),
    "isfinite":       Row(lambda a: form.ONE, "b"),
    "isnan":          Row(lambda a: form.ZERO, "b"),
    "isinf":          Row(lambda a: form.ZERO, "b"),
    # scipy.special
    "sin":            Row(form.mapped("sin")),
    "cos":            Row(form.mapped("cos")),
    "erf":            Row(form.mapped("erf")),
    "erfc":           Row(lambda a: form.subtract(form.ONE, form.mapped("erf")(a))),
    "expit":          Row(form.mapped("sigmoid")),
    "log_expit":      Row(lambda a: form.negative(form.mapped("softplus")(form.negative(a)))),
    "logit":          Row(_logit),
    "xlogy":          Row(_xlogy),
    "xlog1py":        Row(lambda a, b: form.multiply(a, form.mapped("log1p")(b))),
}  # fmt: skip

FINITE = "real numbers: none is inf or nan"
REAL = {"isfinite", "isnan", "isinf"}

REDUCTIONS: dict[str, Callable[..., Grid]] = {
    "add": total, "maximum": largest, "minimum": smallest, "multiply": product,
    "fmax": largest, "fmin": smallest,
}  # fmt: skip


def ufunc(function: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What `__array_ufunc__` answers."""
    name = function.__name__
    options = {k: v for k, v in options.items() if not (k in ("casting", "order", "subok") or v is None)}
    if "dtype" in options and np.dtype(options["dtype"]).kind == "f":
        del options["dtype"]
    out, where = options.pop("out", (None,)), options.pop("where", True)
    if method == "__call__" and not options:
        if any(isinstance(x, Labels | Count) for x in inputs):
            return _of_labels(name, inputs)
        if any(isinstance(x, Masked) for x in inputs):
            return _of_masked(name, inputs)
        found = call(name, inputs)
        return _stored(found, out[0], where)
    if method == "reduce":
        return _reduce(name, inputs[0], out[0], where, options)
    if method == "outer" and not options and len(inputs) == 2:
        a, b = (grid_of(x) for x in inputs)
        for _ in b.axes:
            a = inserted(a, len(a.axes))
        return call(name, (wrap(a, kind_of(inputs[0])), wrap(b, kind_of(inputs[1]))))
    if method == "at" and name in ("add", "subtract") and len(inputs) == 3:
        active().store(inputs[0], ("at", name, inputs[1]), inputs[2])
        return None
    extra = f" with {', '.join(options)}=" if method == "__call__" else ""
    raise NotCovered(f"np.{name}{'' if method == '__call__' else '.' + method}{extra}")


def call(name: str, inputs: tuple[Any, ...]) -> SymbolicArray:
    """One ufunc, element by element; matmul is one too."""
    grids, kinds = [grid_of(x) for x in inputs], [kind_of(x) for x in inputs]
    if name == "matmul":
        if set(kinds) == {"b"}:
            raise NotCovered("a matrix product of booleans", "NumPy's is and, or: convert them to float first")
        return noted(matmul(*grids), "f" if "f" in kinds else "i")
    row = TABLE.get(name)
    if row is None:
        raise WantsInteger(f"np.{name} of sizes", sizes) if (sizes := sizes_of(grids)) else NotCovered(f"np.{name}")
    if name in REAL:
        active().conditions.setdefault(FINITE)
    booleans = all(k == "b" for k in kinds)
    kind, build = row.kind, row.build
    if kind == "only b":
        if not booleans:
            raise NotCovered(f"np.{name} of numbers", "it is followed for masks")
        kind = "b"
    elif kind == "":
        if booleans and row.booleans is None and name in ("subtract", "negative", "positive"):
            raise NotCovered(f"np.{name} of booleans", "NumPy refuses it: write ~mask, or convert to float")
        kind = "f" if "f" in kinds else "b" if booleans and row.booleans else "i"
    if booleans and row.booleans is not None:
        build = row.booleans
    if row.truth:
        grids = [as_truth(g, k) for g, k in zip(grids, kinds, strict=True)]
    if name == "power" and kind == "i" and not _natural(inputs[1]):
        raise NotCovered("integers to a power that may be negative")
    return noted(elementwise(build, *grids), kind)


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> SymbolicArray:
    """Real numbers as they are"""
    if not copy:
        raise NotCovered("np.nan_to_num(..., copy=False)", "write np.nan_to_num(x)")
    active().conditions.setdefault(FINITE)
    return noted(grid_of(x), kind_of(x))


def _natural(exponent: Any) -> bool:
    return isinstance(exponent, int | np.integer) and bool(exponent >= 0)


def as_truth(g: Grid, kind: str) -> Grid:
    """x != 0"""
    return g if kind == "b" else elementwise(lambda a: form.opposite(form.equal(a, form.ZERO)), g)


def noted(g: Grid, kind: str) -> SymbolicArray:
    """A new array, remembered with its line."""
    active().steps.append((g, place()))
    return wrap(g, kind)


def _stored(found: SymbolicArray, out: Any, where: Any) -> SymbolicArray:
    """out= and where="""
    if out is None:
        if where is not True:
            raise NotCovered("where= without out=", "elements that are left out have no value")
        return found
    if not is_array(out):
        raise NotCovered("out= with an array of numbers", "make it with np.zeros_like or np.empty_like of an argument")
    new = found.grid
    if where is not True:
        mask = as_truth(grid_of(where), kind_of(where))
        new = elementwise(form.choose, mask, new, broadcast_to(out.grid, out.grid.axes))
    if len(new.axes) > len(out.axes):
        raise ShapeError("out= has too few axes")
    out.put(new, found.kind)
    return out


def _reduce(name: str, a: Any, out: Any, where: Any, options: dict[str, Any]) -> Any:
    """np.add.reduce(a, axis=0): over the first axis unless told otherwise"""
    g = grid_of(a)
    axes = normal_axes(g, options.pop("axis", 0))
    keepdims = bool(options.pop("keepdims", False))
    options.pop("initial", None) if options.get("initial") is np._NoValue else None
    if where is not True or options:
        raise NotCovered(f"np.{name}.reduce with where= or initial=")
    if name == "logaddexp":
        shifted = elementwise(form.mapped("exp"), g)
        found = noted(elementwise(form.mapped("log"), total(shifted, axes, keepdims)), "f")
    elif name in REDUCTIONS:
        kind = kind_of(a)
        found = noted(REDUCTIONS[name](g, axes, keepdims), "i" if kind == "b" and name == "add" else kind)
    else:
        raise NotCovered(f"np.{name}.reduce")
    return _stored(found, out, True)


def _of_labels(name: str, inputs: tuple[Any, ...]) -> Any:
    """y == k, y[:, None] == np.arange(C)"""
    if name in ("equal", "not_equal") and len(inputs) == 2:
        y, other = inputs if isinstance(inputs[0], Labels) else inputs[::-1]
        if isinstance(y, Labels):
            found = compared(y, other)
            return noted(found if name == "equal" else map_cells(found, form.opposite), "b")
    raise NotCovered(f"np.{name} of integer labels", "labels are used as indices: x[np.arange(N), y]")


def _of_masked(name: str, inputs: tuple[Any, ...]) -> Masked:
    """f(x[mask], y[mask], number), for all elements"""
    masks = [x.mask for x in inputs if isinstance(x, Masked)]
    others = [x for x in inputs if not isinstance(x, Masked)]
    if not all(same_grid(m, masks[0]) for m in masks[1:]) or any(
        any(axis != () for axis in grid_of(x).axes) for x in others
    ):
        raise NotCovered(f"np.{name} of x[mask] and another array", "write np.where(mask, ..., ...)")
    whole = call(name, tuple(wrap(x.whole, x.kind) if isinstance(x, Masked) else x for x in inputs))
    return Masked(whole.grid, masks[0], whole.kind)
