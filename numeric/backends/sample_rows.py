"""Z1 = W1 @ X + b1   ->   Z1 = X @ W1.T + b1.T: the same formulas in JAX with one row for each sample.

What has an axis of samples is kept transposed, everything else as it is; XLA is quicker at some of these products
(dA1 = dZ2 @ W2 for W2.T @ dZ2).  What is not known to commute with the transpose raises.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from sympy import Symbol

from derive import DeriveError, UnknownNode

from ..source import Line, Task, is_matrix, shape_text

ENTRYWISE = frozenset(
    f"{module}.{name}"
    for module, names in {
        "jax.nn": "sigmoid relu",
        "jax.scipy.special": "erf",
        "jnp": "tanh sign exp log sqrt logaddexp maximum minimum clip heaviside expm1 log1p abs",
    }.items()
    for name in names.split()
)
ALONG = frozenset(["jax.nn.softmax", "jax.nn.logsumexp", "jnp.repeat", "sum"])  # they name an axis
NUMBERS = frozenset(["jnp.sum", "jnp.vdot", "jnp.trace"])  # they give a number
SYMMETRIC = frozenset(["jnp.eye", "jnp.diagflat"])
SHAPED = frozenset(["jnp.zeros", "jnp.full"])  # their first argument is a shape


def with_rows(task: Task, names: Mapping[Any, str], samples: Any, lines: Sequence[Line]) -> tuple[str, list[Line]]:
    """What turns the arguments, and the lines after it.  Raises DeriveError without a symbol for the samples."""
    if not isinstance(samples, Symbol):
        raise DeriveError(f"rows=True needs an axis of samples whose size is a symbol, but it is {samples}")
    given = {*task.results, *(gradient for _, gradient in task.gradients)}  # given back as they are
    known = dict.fromkeys((*task.arguments, *(lhs for lhs, _ in task.equations if lhs not in given)))
    turned = {names[v]: v for v in known if is_matrix(v) and samples in v.shape}
    flat = {name for v, name in names.items() if not is_matrix(v)}
    found = []
    for line in lines:
        if line.name not in names.values() and line.used <= flat:
            flat.add(line.name)
        comment = line.comment
        if line.name in turned:
            v = turned[line.name]
            comment = comment.replace(shape_text(v, names), shape_text(v.T, names), 1)
        found.append((line, comment))
    rows = Rows(frozenset(turned), frozenset(flat))
    arguments = [names[v] for v in task.arguments if names[v] in turned]
    turning = f"{', '.join(arguments)} = {', '.join(f'{name}.T' for name in arguments)}  # a row for each sample"
    return turning, [replace(line, text=rows.text(line.name, line.text), comment=c) for line, c in found]


@dataclass(frozen=True)
class Rows:
    """`turned` are the names of what is kept transposed, `flat` those of numbers, which have no transpose."""

    turned: Set[str]
    flat: Set[str]

    def text(self, name: str, text: str) -> str:
        """The right side of an assignment to `name`.  Raises UnknownNode."""
        node = ast.parse(text, mode="eval").body
        return ast.unparse(self._written(node, name in self.turned)).replace(" ** ", "**")

    def _written(self, node: Any, flip: bool) -> Any:
        """The node, transposed if `flip`, in terms of what is kept."""
        match node:
            case ast.Constant():
                return node
            case ast.Name(id=name):
                return transposed(node) if flip != (name in self.turned) and name not in self.flat else node
            case ast.Attribute(value=value, attr="T"):
                return self._written(value, not flip)
            case ast.Attribute(value=ast.Name(id="jnp"), attr="pi" | "e"):
                return node
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                first, second = (right, left) if flip else (left, right)
                return ast.BinOp(self._written(first, flip), ast.MatMult(), self._written(second, flip))
            case ast.BinOp(left=left, op=op, right=right):
                return ast.BinOp(self._written(left, flip), op, self._written(right, flip))
            case ast.UnaryOp(op=op, operand=operand):
                return ast.UnaryOp(op, self._written(operand, flip))
            case ast.Compare(left=left, ops=ops, comparators=[right]):
                return ast.Compare(self._written(left, flip), ops, [self._written(right, flip)])
            case ast.Call():
                return self._called(node, flip)
        raise UnknownNode("samples as rows", ast.unparse(node))

    def _called(self, node: ast.Call, flip: bool) -> Any:
        name = ast.unparse(node.func)
        if name in ENTRYWISE and not node.keywords:
            return ast.Call(node.func, [self._written(part, flip) for part in node.args], [])
        if name in NUMBERS and not node.keywords:
            way = name != "jnp.trace" and any(self._holds(part) for part in node.args)
            return ast.Call(node.func, [self._written(part, way) for part in node.args], [])
        if name in SYMMETRIC:
            return ast.Call(node.func, [self._written(part, False) for part in node.args], self._typed(node))
        if name in SHAPED and isinstance(node.args[0], ast.Tuple):
            sizes = node.args[0].elts[::-1] if flip else node.args[0].elts
            return ast.Call(node.func, [ast.Tuple(sizes, ast.Load()), *node.args[1:]], self._typed(node))
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name in ALONG or (method in ALONG and not name.startswith(("jnp.", "jax."))):
            return self._along(node, name in ALONG, flip)
        raise UnknownNode("samples as rows", ast.unparse(node))

    def _along(self, node: ast.Call, function: bool, flip: bool) -> Any:
        """f(A, axis=k), or A.sum(axis=k, keepdims=True): along the other axis of the transpose, and transposed."""
        whole = node.args[0] if function else node.func.value  # type: ignore[attr-defined]
        way = self._holds(whole)
        inside = self._written(whole, way)
        keywords = [ast.keyword(k.arg, _other(k.value) if k.arg == "axis" and way else k.value) for k in node.keywords]
        if function:
            found = ast.Call(node.func, [inside, *node.args[1:]], keywords)
        else:
            found = ast.Call(ast.Attribute(inside, node.func.attr, ast.Load()), node.args, keywords)  # type: ignore[attr-defined]
        return found if way == flip else transposed(found)

    def _holds(self, node: ast.AST) -> bool:
        """Something in it is kept transposed."""
        return any(isinstance(part, ast.Name) and part.id in self.turned for part in ast.walk(node))

    def _typed(self, node: ast.Call) -> list[ast.keyword]:
        """dtype=A.dtype is that of the transpose too."""
        if any(k.arg != "dtype" for k in node.keywords):
            raise UnknownNode("samples as rows", ast.unparse(node))
        return node.keywords


def transposed(node: Any) -> Any:
    """A -> A.T, and A.T -> A."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def _other(axis: Any) -> Any:
    if not isinstance(axis, ast.Constant) or axis.value not in (0, 1):
        raise UnknownNode("samples as rows", ast.unparse(axis))
    return ast.Constant(1 - axis.value)
