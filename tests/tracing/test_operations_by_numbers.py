"""Every NumPy operation that is followed, against NumPy itself: the formulas are worked out exactly, by the kernel.

Each row runs twice on the same numbers: with names for the sizes, and with the sizes as integers, so that the axes are
written out in cells.  What NumPy gives for the numbers is the third party.
"""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq

from derive.arrays import Elements
from derive.kernel.balls import precision
from derive.kernel.evaluate import Evaluation, Point
from derive.kernel.index import Index
from numeric.tracing import Stopped, read_arguments
from numeric.tracing.arguments import symbols
from numeric.tracing.run import trace_function

DIMS = {"N": 2, "D": 3, "M": 4, "C": 3}
SHAPES = {
    "x": ("N", "D"), "y": ("N", "D"), "p": ("N", "D"), "w": ("D", "M"), "v": ("D",), "u": ("N",), "s": (), "c": ("N", 1),
    "r": (1, "D"), "q": ("D", "D"), "t": ("N", "D", "M"), "k": ("N",), "g": ("N", "4*D"), "h": ("N*D", "M"), "six": ("N", 6),
}  # fmt: skip
LABELS = {"k": "D"}


def changed(array, change):
    copy = array.copy()
    change(copy)
    return copy


def put(array, key, value):
    array[key] = value


def added(array, key, value):
    array[key] += value


def masked(x):
    dx = np.ones_like(x)
    dx[x <= 0] = 0
    dx[x > 1] *= 3
    return dx


def masked_rows(x, u):
    dx = x * 2
    dx[u > 0] = 1
    return dx


def copied_from_mask(x, y):
    out = np.zeros(x.shape)
    out[x > 0] = y[x > 0] * 2
    return out


def accumulated(x):
    out = np.zeros_like(x)
    for _ in range(3):
        out += x
    return out


def viewed(x):
    out = x.copy()
    part = out.T
    part *= 2
    out.reshape(-1)[...] = out.reshape(-1) + 1
    return out


def outs(x, y):
    z = np.empty_like(x)
    np.multiply(x, y, out=z)
    np.exp(z, out=z)
    np.add(z, 1, out=z, where=x > 0)
    return z


def stored_slices(g):
    D = g.shape[1] // 4
    out = np.zeros(g.shape)
    out[:, :D] = g[:, D : 2 * D]
    out[:, 2 * D :] = g[:, : 2 * D] * 2
    return out


def label_loss(x, k):
    N = x.shape[0]
    shifted = x - x.max(axis=1, keepdims=True)
    return -np.sum(np.log(np.exp(shifted)[np.arange(N), k])) / N


def label_gradient(x, k):
    d = np.exp(x)
    d[range(len(x)), k] -= 1
    return d / len(x)


def embedding_gradient(q, u, k):
    out = np.zeros(q.shape)
    np.add.at(out, k, np.outer(u, np.ones(q.shape[1])))
    return out


# name                          function (arguments by name)
OPERATIONS = {
    "+": lambda x, y: x + y,
    "-": lambda x, v: x - v,
    "*": lambda x, c: x * c,
    "/": lambda x, p: x / p,
    "unary -": lambda x: -x,
    "unary +": lambda x: +x,
    "**2": lambda x: x**2,
    "**3": lambda x: x**3,
    "**-1": lambda p: p**-1,
    "**0.5": lambda p: p**0.5,
    "**-1.5": lambda p: p**-1.5,
    "** array": lambda p, x: p**x,
    "number ** array": lambda x: 2.0**x,
    "@ matrices": lambda x, w: x @ w,
    "@ matrix vector": lambda x, v: x @ v,
    "@ vector matrix": lambda v, w: v @ w,
    "@ vectors": lambda v: v @ v,
    "@ batches": lambda t, w: t @ w.T,
    "@ stacks": lambda t: t @ t.swapaxes(1, 2),
    "from the left": lambda x: 1 - 2 / (3 + x * x),
    "+ array of numbers": lambda s: s + np.array([1.0, 2.5]),
    "scalars": lambda s, x: s * x + s**2,
    "rows and columns": lambda c, r: c * r,
    ">": lambda x, y: (x > y) * 1.0,
    "<": lambda x: (x < 0.5) + 0,
    ">=": lambda x: 1.0 * (x >= 0),
    "<=": lambda x, y: (x <= y).astype(float),
    "==": lambda x: (x == x.max(axis=1, keepdims=True)) * x,
    "!=": lambda x: np.where(x != 1, x, 5),
    "& and |": lambda x, y: ((x > 0) & (y > 0)) * x + ((x > 1) | (y > 1)) * y,
    "^ and ~": lambda x, y: ((x > 0) ^ ~(y > 0)) * x,
    "sum of masks": lambda x: (x > 0).sum(axis=1),
    "mask + mask": lambda x, y: ((x > 0) + (y > 0)) * 2.0,
    "mask * mask": lambda x, y: (x > 0) * (y > 0) * x,
    "exp": lambda x: np.exp(x),
    "exp2": lambda x: np.exp2(x),
    "expm1": lambda x: np.expm1(x),
    "log": lambda p: np.log(p),
    "log2": lambda p: np.log2(p),
    "log10": lambda p: np.log10(p),
    "log1p": lambda p: np.log1p(p),
    "sqrt": lambda p: np.sqrt(p),
    "square": lambda x: np.square(x),
    "reciprocal": lambda p: np.reciprocal(p),
    "tanh": lambda x: np.tanh(x),
    "sinh, cosh": lambda x: np.sinh(x) - np.cosh(x),
    "abs": lambda x: np.abs(x) + abs(x) + np.fabs(x),
    "sign": lambda x: np.sign(x),
    "heaviside": lambda x: np.heaviside(x, 0.5),
    "maximum": lambda x, y: np.maximum(x, y),
    "maximum number": lambda x: np.maximum(0, x) + np.maximum(x, 1),
    "minimum": lambda x, y: np.minimum(x, y),
    "minimum number": lambda x: np.minimum(x, 0.5),
    "fmax, fmin": lambda x, y: np.fmax(x, y) - np.fmin(x, y),
    "hypot": lambda x, p: np.hypot(x, p),
    "logaddexp": lambda x, y: np.logaddexp(x, y),
    "logaddexp number": lambda x: np.logaddexp(0, x),
    "logaddexp.reduce": lambda x: np.logaddexp.reduce(x, axis=1),
    "add.reduce": lambda x: np.add.reduce(x),
    "maximum.reduce": lambda x: np.maximum.reduce(x, axis=1, keepdims=True),
    "logical": lambda x, y: np.logical_and(x > 0, np.logical_not(y > 0)) * 1.0 + np.logical_or(x > 0, y > 0),
    "add, subtract": lambda x, y: np.add(np.subtract(x, y), x),
    "multiply, divide": lambda x, p: np.divide(np.multiply(x, 3), p),
    "negative, positive": lambda x: np.negative(np.positive(x)),
    "power": lambda p: np.power(p, 3) + np.float_power(p, 2),
    "matmul": lambda x, w: np.matmul(x, w),
    "where": lambda x, y: np.where(x > 0, x, y * 2),
    "where numbers": lambda x: np.where(x > 0, 1.0, -1.0),
    "clip": lambda x: np.clip(x, -0.5, 0.5) + x.clip(0, None) + np.clip(x, None, 1),
    "clip by arrays": lambda x, p: np.clip(x, -p, p),
    "dot": lambda x, w: np.dot(x, w) + x.dot(w),
    "dot vectors": lambda v: np.dot(v, v),
    "dot number": lambda x, s: np.dot(s, x),
    "dot 3-D": lambda t, w: np.dot(t, w.T),
    "outer": lambda u, v: np.outer(u, v),
    "outer of matrices": lambda c, r: np.outer(c, r),
    "multiply.outer": lambda u, v: np.multiply.outer(u, v),
    "inner": lambda x, v: np.inner(x, v),
    "vdot": lambda x, y: np.vdot(x, y),
    "tensordot": lambda x, w: np.tensordot(x, w, axes=1) + np.tensordot(x, w, axes=([1], [0])),
    "tensordot two axes": lambda t, w: np.tensordot(t, w, axes=([1, 2], [0, 1])),
    "einsum": lambda x, w: np.einsum("nd,dm->mn", x, w),
    "einsum implicit": lambda x, w: np.einsum("ij,jk", x, w),
    "einsum diagonal": lambda q: np.einsum("ii->i", q) + np.einsum("ii", q),
    "einsum three": lambda x, y, w: np.einsum("nd,nd,dm->m", x, y, w),
    "einsum dots": lambda t, w: np.einsum("...dm,dm->...", t, w),
    "einsum outer": lambda u, v: np.einsum("i,j->ji", u, v),
    "T": lambda w: w.T * 2,
    "T of 3-D": lambda t: t.T,
    "transpose": lambda t: t.transpose(0, 2, 1) + np.transpose(t, (0, 2, 1)) + t.transpose((0, 2, 1)),
    "swapaxes": lambda t: np.swapaxes(t, 0, 2),
    "moveaxis": lambda t: np.moveaxis(t, 0, -1),
    "reshape": lambda t: t.reshape(t.shape[0], -1) * 2,
    "reshape and back": lambda t: t.reshape(-1, t.shape[2]).reshape(t.shape),
    "reshape tuple": lambda x: np.reshape(x, (x.shape[0], 1, x.shape[1])),
    "reshape to one": lambda x: x.reshape(-1) * x.flatten() + x.ravel(),
    "reshape of T": lambda x: x.T.reshape(-1, 1),
    "new axis": lambda u, v: u[:, None] * v + u[:, np.newaxis] - v[None, :],
    "ellipsis": lambda t: t[..., None][:, :, :, 0],
    "expand_dims": lambda x: np.expand_dims(x, 0) + np.expand_dims(x, (0, 1)),
    "squeeze": lambda c: np.squeeze(c, axis=1) + c.squeeze(1),
    "squeeze all": lambda r: np.squeeze(r),
    "broadcast_to": lambda v, x: np.broadcast_to(v, x.shape),
    "broadcast_arrays": lambda c, r: np.broadcast_arrays(c, r)[0],
    "sum": lambda x: np.sum(x) + x.sum(),
    "sum axis": lambda x: np.sum(x, axis=0) + x.sum(0) + np.sum(x, 0),
    "sum keepdims": lambda x: np.sum(x, axis=1, keepdims=True),
    "sum two axes": lambda t: t.sum(axis=(0, 2)),
    "sum negative axis": lambda t: np.sum(t, axis=-1),
    "mean": lambda x: np.mean(x) + x.mean(axis=1).sum(),
    "var": lambda x: np.var(x, axis=0) + x.var(axis=0),
    "var ddof": lambda x: np.var(x, axis=1, ddof=1),
    "std": lambda x: np.std(x, axis=1, keepdims=True),
    "max": lambda x: np.max(x, axis=1) + x.max(axis=1) + np.amax(x, axis=1),
    "max of all": lambda x: x.max(),
    "max two axes": lambda t: t.max(axis=(1, 2)),
    "min": lambda x: np.min(x, axis=0, keepdims=True),
    "average": lambda x, p: np.average(x, axis=1, weights=p) + np.average(x, axis=1),
    "norm": lambda x: np.linalg.norm(x) + np.linalg.norm(x, axis=1).sum(),
    "norm keepdims": lambda x: x / np.linalg.norm(x, axis=1, keepdims=True),
    "norm 1": lambda x: np.linalg.norm(x, 1, axis=1),
    "argmax": lambda x: x[np.arange(x.shape[0]), np.argmax(x, axis=1)],
    "argmax as one-hot": lambda x: np.eye(x.shape[1])[x.argmax(axis=1)] * x,
    "trace": lambda q: np.trace(q) + q.trace(),
    "diag": lambda q, v: np.diag(q) + np.diag(np.diag(v)),
    "zeros": lambda x: np.zeros(x.shape) + np.zeros((x.shape[0], 1)) + x,
    "ones": lambda x: np.ones((len(x), x.shape[1])) * x,
    "full": lambda x, s: np.full(x.shape, s) + np.full_like(x, 2.0),
    "eye": lambda q: np.eye(q.shape[0]) * q + np.identity(len(q)),
    "zeros_like": lambda x: np.zeros_like(x) + np.ones_like(x),
    "empty": lambda x: changed(np.empty(x.shape), lambda a: put(a, ..., x * 2)),
    "array copy": lambda x: np.array(x, copy=True) * 2 + np.copy(x) + np.asarray(x),
    "array of arrays": lambda u: np.array([u, 2 * u]).sum(axis=0),
    "array of numbers": lambda s: np.array([s, 2 * s, 1.0]),
    "stack": lambda x, y: np.stack([x, y], axis=1),
    "concatenate": lambda x, y: np.concatenate([x, y], axis=1),
    "hstack": lambda x, y: np.hstack((x, y, x)),
    "vstack": lambda v: np.vstack([v, 2 * v]),
    "split": lambda g: np.split(g, 4, axis=1)[2] + np.hsplit(g, 4)[0],
    "blocks": lambda g: g[:, : g.shape[1] // 4] * g[:, 3 * (g.shape[1] // 4) :],
    "blocks stored": lambda g: stored_slices(g),
    "repeat": lambda u: np.repeat(u[:, None], 3, axis=1) + np.repeat(u[:, None], 3, 1),
    "tile": lambda v: np.tile(v, (2, 1)),
    "sizes": lambda x: x * x.shape[0] / x.size + x.ndim - len(x) * 1.0 / np.sqrt(x.shape[1]),
    "product of sizes": lambda x: x / (x.shape[0] * x.shape[1] - 1 + x.shape[0] ** 2),
    "pi": lambda x: x * np.sqrt(2 * np.pi) / np.pi,
    "size compared": lambda x: x * 2 if x.shape[0] > 0 and x.ndim == 2 and x.shape == x.shape else x,
    "mask assigned": masked,
    "mask of rows": masked_rows,
    "mask copied": copied_from_mask,
    "x[mask].sum()": lambda x: x[x > 0].sum(),
    "+=": accumulated,
    "-=": lambda x, y: changed(x, lambda a: a.__isub__(y)),
    "*= and /=": lambda x: changed(x, lambda a: (a.__imul__(3), a.__itruediv__(2))),
    "views": viewed,
    "out=": outs,
    "first row": lambda x: x[0] + x[:1].sum(axis=0),
    "first row stored": lambda x: changed(x, lambda a: put(a, 0, 5)),
    "first column added": lambda x, u: changed(x, lambda a: added(a, (slice(None), 0), u)),
    "item": lambda s: s.item() * 2 if hasattr(s, "item") else s * 2,
    "integer axis": lambda six: six[:, 1:4] * six[:, -1:] + six[:, ::2],
    "integer axis stored": lambda six: changed(six, lambda a: put(a, (slice(None), slice(1, 3)), six[:, 4:6])),
    "integer axis, list": lambda six: six[:, [0, 2, 5]] + six[:, np.array([1, 1, 1])],
    "integer axis, list stored": lambda six: changed(six, lambda a: put(a, (slice(None), [0, 3]), 7)),
    "integer axis reshaped": lambda six: six.reshape(-1, 2, 3).sum(axis=1) + six.reshape(six.shape[0], 3, 2)[:, :, 0],
    "integer axis unrolled": lambda six: sum(six[:, i] * i for i in range(six.shape[1])),
    "integer axis rows": lambda six: np.stack(list(six.T)).sum(axis=0),
    "integer axis max": lambda six: six.max(axis=1) + six[:, :3].min(axis=1),
    "integer axis argmax": lambda six: np.take(np.arange(6.0), np.arange(6)).sum() + six[np.arange(len(six)), six.argmax(1)],
    "cumsum": lambda six: np.cumsum(six, axis=1),
    "prod": lambda six: np.prod(six, axis=1),
    "tril": lambda six: six @ np.tril(np.ones((6, 6))) + six @ np.triu(np.ones((6, 6)), 1),
    "flip": lambda six: np.flip(six, 1) + six[:, ::-1],
    "roll": lambda six: np.roll(six, 1, axis=1) + np.roll(six, -2, axis=1),
    "pad": lambda six: np.pad(six, ((0, 0), (1, 2))),
    "labels read": lambda x, k: x[np.arange(x.shape[0]), k] + x[range(len(k)), k],
    "labels of a table": lambda w, k: w[k],
    "labels in a loss": label_loss,
    "labels in a gradient": label_gradient,
    "labels stored": lambda x, k: changed(x, lambda a: put(a, (np.arange(len(a)), k), 0)),
    "labels compared": lambda x, k: (k[:, None] == np.arange(x.shape[1])) * x,
    "labels as one-hot": lambda x, k: np.eye(x.shape[1])[k] - x,
    "labels as rows": lambda x, k: x[np.arange(len(x)), k][:, None] - x + x[np.arange(len(x)), k].reshape(-1, 1),
    "labels, nonlinear": lambda x, k: np.maximum(0, x - x[np.arange(len(x)), k][:, None] + 1).sum(axis=1),
    "labels added": embedding_gradient,
    "fused": lambda h: h.sum(axis=0) + h.reshape(-1).sum(),
    "fused split": lambda x, h: h.reshape(x.shape[0], x.shape[1], -1) * x[:, :, None],
    "fused product": lambda t, h: t.reshape(-1, t.shape[2]) * h,
}  # fmt: skip


def numbers(function, rng):
    """Exact quarters for the arguments of a function; p is positive, k holds labels."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    out = {}
    for name in names:
        shape = tuple(s if isinstance(s, int) else int(eval(s, {}, DIMS)) for s in SHAPES[name])
        if name in LABELS:
            out[name] = rng.integers(0, DIMS[LABELS[name]], shape)
        else:
            whole = rng.choice(np.arange(1, 61), shape, replace=False)
            out[name] = whole / 16 if name == "p" else whole / 16 * rng.choice((-1, 1), shape)
    return out


def exactly(value, dims, arrays):
    """All elements of a formula, by the kernel."""
    at = tuple(Index(f"e{k}", s) for k, s in enumerate(value.shape))
    expr = Elements().of(value, at)
    out = np.zeros([dims[s] for s in value.shape])
    with precision(128):
        order, table = Evaluation(Point(dims, arrays)).table(expr)
        for cell in itertools.product(*(range(n) for n in out.shape)):
            env = dict(zip(at, cell, strict=True))
            found = table[tuple(env[i] for i in order)]
            out[cell] = int(found.p) / int(found.q) if isinstance(found, fmpq) else float(arb(found).mid())
    return out


def declared(made, given, dims):
    """Every declared array, cell by cell, as exact rationals."""
    out = {}
    for leaf in made.arguments.leaves:
        g, x = made.sources[leaf.name], given[leaf.name]
        if leaf.classes is not None:
            x = np.eye(int(np.prod([dims.get(f, f) for f in leaf.classes])))[x]
        factors = [f for axis in g.axes for f in axis]
        x = np.asarray(x).reshape([f if isinstance(f, int) else dims[f] for f in factors])
        ints = [k for k, f in enumerate(factors) if isinstance(f, int)]
        x = x.transpose([*ints, *(k for k in range(x.ndim) if k not in ints)])
        for at in np.ndindex(g.cells.shape):
            part = x[at]
            out[g.cells[at].name] = {
                inside: fmpq(*Fraction(float(part[inside])).as_integer_ratio()) for inside in np.ndindex(np.shape(part))
            }
    return out


def compared(function, given, concrete):
    names = list(given)
    arguments = read_arguments({n: SHAPES[n] for n in names}, {k: v for k, v in LABELS.items() if k in names}, {})
    sizes = DIMS if concrete else {}
    integers = frozenset({*DIMS.values(), 6, 4}) if concrete else frozenset()
    while True:
        made = symbols(arguments, integers, sizes)
        found = trace_function(function, made)
        if not isinstance(found, Stopped):
            break
        more = {made.known[name] for name in found.sizes if name in made.known}
        if not more:
            pytest.fail(f"{found.reason} {found.place or ''}")
        integers |= more
    dims = {**DIMS, **made.known}
    arrays = declared(made, given, made.sizes(dims))
    cells = [exactly(v, dims, arrays) for v in found.cells.ravel()]
    factors = [f for axis in found.axes for f in axis]
    named = [dims[f] for f in factors if isinstance(f, str)]
    stacked = np.stack([np.broadcast_to(c, named) for c in cells]).reshape([*found.cells.shape, *named])
    order = np.argsort(np.argsort([isinstance(f, str) for f in factors], kind="stable"), kind="stable")
    full = [int(np.prod([f if isinstance(f, int) else dims[f] for f in axis], dtype=int)) for axis in found.axes]
    return stacked.transpose(order).reshape(full)


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("concrete", [False, True], ids=["names", "integers"])
def test_the_formula_gives_what_numpy_gives(name, concrete):
    function = OPERATIONS[name]
    given = numbers(function, np.random.default_rng(len(name)))
    expected = np.asarray(function(**given), dtype=float)
    found = compared(function, given, concrete)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
