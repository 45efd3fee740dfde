"""A second route to the numbers of a claims file: NumPy itself, on random arrays, gradients by central differences.

It shares no code with the reader of claims: definitions are run again for every perturbed entry.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

import numpy as np

SIZES = (2, 3, 4, 2, 3)
STEP = 1e-5


def _softmax(x, axis=None):
    e = np.exp(x - np.max(x))
    return e / np.sum(e, axis=axis, keepdims=True)


def _norm2(x, axis=None, keepdims=False):
    return np.sqrt(np.sum(x**2, axis=axis, keepdims=keepdims))


def _diag(x):
    return np.diag(x[:, 0] if x.ndim == 2 and x.shape[1] == 1 < x.shape[0] else x)


def weights(k, shape):
    """The generic scalar function is (sum of the entries, weighted) squared."""
    return np.cos(1 + k + np.arange(np.prod(shape, dtype=int)).reshape(shape))


def scalar_function(*arrays):
    return sum(np.sum(weights(k, np.shape(a)) * a) for k, a in enumerate(arrays)) ** 2


FUNCTIONS: dict[str, Callable] = {
    "sum": np.sum, "mean": np.mean, "max": np.max, "norm2": _norm2, "softmax": _softmax, "exp": np.exp, "log": np.log,
    "log1p": np.log1p, "sqrt": np.sqrt, "abs": np.abs, "sign": np.sign, "tanh": np.tanh, "maximum": np.maximum,
    "minimum": np.minimum, "where": np.where, "dot": np.dot, "outer": np.outer, "trace": np.trace,
    "inv": np.linalg.inv, "det": np.linalg.det, "eye": np.eye, "ones": np.ones, "zeros": np.zeros, "diag": _diag,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.maximum(0, x),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x), "softplus": lambda x: np.log1p(np.exp(x)),
}
SLOPES: dict[str, Callable] = {
    "sigmoid": lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2, "tanh": lambda x: np.cosh(x) ** -2, "exp": np.exp,
    "log": lambda x: 1 / x, "sqrt": lambda x: 1 / (2 * np.sqrt(x)), "softplus": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: 1.0 * (x > 0),
}
OPERATORS = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.MatMult: np.matmul,
    ast.Pow: np.power, ast.Gt: np.greater, ast.Lt: np.less, ast.GtE: np.greater_equal, ast.LtE: np.less_equal,
}


class ByNumpy:
    """A claims file with numbers for its dimensions, arrays and functions."""

    def __init__(self, text: str, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.sizes: dict[str, int] = {}
        self.indices: dict[str, int] = {}
        self.arrays: dict[str, np.ndarray] = {}
        self.definitions: dict[str, ast.expr] = {}
        self.generic: set[str] = set()
        self.asserts: list[ast.Compare] = []
        for node in ast.parse(text).body:
            match node:
                case ast.Assign(targets=[target], value=ast.Name(id="dims")):
                    for name in target.elts if isinstance(target, ast.Tuple) else [target]:
                        self.sizes[name.id] = SIZES[len(self.sizes) % len(SIZES)]
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id="function" | "scalar_function")):
                    self.generic.add(name)
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="index"), args=[size])):
                    self.indices[name] = self.value(size, {}) - 1
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.definitions[name] = value
                case ast.AnnAssign(target=ast.Name(id=name), annotation=shape):
                    self.arrays[name] = random.uniform(0.1, 0.9, self.value(shape, {}))
                case ast.Assert(test=ast.UnaryOp(operand=test)) | ast.Assert(test=test):
                    self.asserts.append(test)

    def value(self, node: ast.AST, free: dict[str, np.ndarray]):
        """A formula's number, with some names replaced."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                for table in (free, self.arrays, self.sizes, self.indices):
                    if name in table:
                        return table[name]
                return self.value(self.definitions[name], free)
            case ast.Tuple(elts=parts):
                return tuple(self.value(part, free) for part in parts)
            case ast.UnaryOp(op=ast.USub(), operand=a):
                return -self.value(a, free)
            case ast.UnaryOp(op=ast.UAdd(), operand=a):
                return self.value(a, free)
            case ast.BinOp(left=a, op=o, right=b) | ast.Compare(left=a, ops=[o], comparators=[b]):
                left = self.value(a, free)
                left = float(left) if isinstance(left, int) else left
                return OPERATORS[type(o)](left, self.value(b, free)) * 1
            case ast.Attribute(value=a, attr=attr):
                return getattr(np.asarray(self.value(a, free)), attr)
            case ast.Subscript(value=a, slice=where):
                return self.value(a, free)[self.value(where, free)]
            case ast.Slice(lower=a, upper=b):
                return slice(*(None if end is None else self.value(end, free) for end in (a, b)))
            case ast.Call(func=ast.Name(id="grad"), args=[j, ast.Name(id=name)]):
                return self.slopes(lambda more: np.sum(self.value(j, free | more)), name, free)
            case ast.Call(func=ast.Name(id="jac"), args=[y, ast.Name(id=name)]):
                slopes = self.slopes(lambda more: np.ravel(self.value(y, free | more)), name, free)
                return slopes.reshape(-1, slopes.shape[-1])
            case ast.Call(func=ast.Call(func=ast.Name(id="diff"), args=[ast.Name(id=name)]), args=[a]):
                return (np.cos if name in self.generic else SLOPES[name])(self.value(a, free))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=words):
                given = [self.value(a, free) for a in args]
                if name in self.generic:
                    return np.sin(given[0]) if len(given) == 1 else scalar_function(*given)
                if name == "where":
                    given[0] = given[0].astype(bool)
                return FUNCTIONS[name](*given, **{word.arg: self.value(word.value, free) for word in words})
        raise AssertionError(ast.dump(node))

    def slopes(self, function: Callable, name: str, free: dict[str, np.ndarray]) -> np.ndarray:
        """Central differences of a function in every entry of a name."""
        at = np.asarray(self.value(ast.Name(name), free), float)
        found = []
        for place in np.ndindex(at.shape):
            step = np.zeros(at.shape)
            step[place] = STEP
            found.append((function({name: at + step}) - function({name: at - step})) / (2 * STEP))
        return np.array(found).reshape(at.shape + np.shape(found[0]))
