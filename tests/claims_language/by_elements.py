"""Index expressions with numbers, one plain line for each kind of node."""

from __future__ import annotations

from itertools import product

import numpy as np
from by_numpy import FUNCTIONS, SLOPES, ByNumpy, weights

from derive.arrays.elements import Elements
from derive.arrays.values import Value
from derive.kernel import index as ix


class ByElements:
    """Evaluates at the numbers of a ByNumpy."""

    def __init__(self, numbers: ByNumpy) -> None:
        self.numbers = numbers

    def size(self, size: int | str) -> int:
        return size if isinstance(size, int) else self.numbers.sizes[size]

    def array(self, value: Value) -> np.ndarray:
        """All elements of a value."""
        shape = tuple(map(self.size, value.shape))
        axes = tuple(ix.Index(f"axis{k}", size) for k, size in enumerate(value.shape))
        expr = Elements().of(value, axes)
        named = self.numbers.indices
        return np.array([self.at(expr, named | {a.name: p for a, p in zip(axes, place, strict=True)})
                         for place in np.ndindex(shape)]).reshape(shape)

    def position(self, p: ix.Position, at: dict[str, int]) -> int:
        match p:
            case int(number):
                return number
            case ix.Shifted(index, offset):
                return at[index.name] + offset
            case ix.Index(name, _):
                return at[name]
        raise AssertionError(p)

    def whole(self, array: ix.Array, at: dict[str, int]) -> np.ndarray:
        """An array given by its elements."""
        shape = tuple(self.size(i.size) for i in array.indices)
        return np.array([self.at(array.body, at | {i.name: p for i, p in zip(array.indices, place, strict=True)})
                         for place in product(*map(range, shape))]).reshape(shape)

    def at(self, e: ix.Expr, at: dict[str, int]) -> float:
        """One element."""
        match e:
            case ix.Number(value):
                return float(value)
            case ix.Dim(name):
                return float(self.numbers.sizes[name])
            case ix.Entry(name, where):
                return self.numbers.arrays[name][tuple(self.position(p, at) for p in where)]
            case ix.Add(terms):
                return sum(self.at(t, at) for t in terms)
            case ix.Mul(factors):
                return float(np.prod([self.at(f, at) for f in factors]))
            case ix.Pow(base, exponent):
                return self.at(base, at) ** float(exponent)
            case ix.Sum(index, body):
                return sum(self.at(body, at | {index.name: k}) for k in range(self.size(index.size)))
            case ix.Largest(index, body):
                return max(self.at(body, at | {index.name: k}) for k in range(self.size(index.size)))
            case ix.Delta(left, right):
                return float(self.position(left, at) == self.position(right, at))
            case ix.Positive(arg):
                return float(self.at(arg, at) > 0)
            case ix.Apply(name, order, arg):
                if name == "is_largest":
                    return float(self.at(arg, at) <= 0)
                generic = name in self.numbers.generic
                function = (np.sin, np.cos)[order] if generic else (FUNCTIONS, SLOPES)[order][name]
                return float(function(self.at(arg, at)))
            case ix.ScalarFunction(_, arrays, by):
                return self.scalar_function(arrays, by, at)
            case ix.InverseEntry(matrix, row, column):
                return np.linalg.inv(self.whole(matrix, at))[self.position(row, at), self.position(column, at)]
            case ix.Determinant(matrix):
                return float(np.linalg.det(self.whole(matrix, at)))
        raise AssertionError(e)

    def scalar_function(self, arrays, by, at) -> float:
        """s^2, 2 s w_p, 2 w_p w_q  with  s = sum of w * entry"""
        whole = [self.whole(a, at) for a in arrays]
        inner = sum(np.sum(weights(k, a.shape) * a) for k, a in enumerate(whole))
        slopes = [weights(k, whole[k].shape)[tuple(self.position(p, at) for p in where)] for k, where in by]
        return float(np.prod(slopes) * (inner**2, 2 * inner, 2)[len(by)])
