"""What the reader makes of a formula, against NumPy itself on small arrays: shapes and all elements."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from by_elements import ByElements
from by_numpy import ByNumpy

from derive.arrays.values import Value
from derive.claims.reading import read

FILES = sorted((Path(__file__).parents[1] / "claims").glob("*.claims"))
HEAD = """
n, m, p = dims
s: ()
v: (n,)
u: (m,)
c: (n, 1)
r: (1, m)
X: (n, m)
W: (m, p)
S: (n, n)
R: (n, n)
T: (p, n, m)
B: (4, 3)
D: (3, 2)
i = index(n)
k = index(m)
g = function
f = scalar_function
Z = X @ W
A = sigmoid(Z)
J = f(A, c) + sum(A ** 3)
"""
FORMULAS = """
s + X | X + v[:, None] | X * u | c + r | c * X | v + c | X - s | X / r | T + X | T * u | v * v | s * s
X @ W | v @ X | X @ u | v @ v | X.T @ c | c.T @ c | r @ X.T | T @ W | T @ u | v @ T | X.T @ S | T[0] @ T.T[:, :, 0]
B @ D | B.T | T.T | v.T | X.T.T | c @ r | T[:, 0, :] @ u
X[0] | X[:, 0] | X[i] | X[i, k] | X[:, k] | X[i, :] | X[:, None] | X[None, :, :] | X[:, :1] | X[:n]
X[:, 0:m] | T[0, i]
B[1:] | B[:, 1:3] | B[-1] | B[:-1, 0] | B[1:3, None, 1:] | v[:, None] * v[None, :] | X[:, None, :] * X[None, :, :]
sum(X) | sum(X, axis=0) | sum(X, axis=-1) | sum(X, axis=1, keepdims=True) | sum(T, axis=(0, 2)) | sum(X, keepdims=True)
mean(X) | mean(X, axis=0) | mean(T, axis=1, keepdims=True) | mean(s) | max(X) | max(X, axis=1) | max(T, axis=0)
norm2(X) | norm2(X, axis=1, keepdims=True) | norm2(v) | softmax(v)
softmax(X, axis=1) | softmax(X, axis=0) | softmax(c)
exp(X) | log(X) | log1p(X) | sqrt(X) | abs(X - 0.5) | sign(X - 0.5) | tanh(X) | sigmoid(X) | relu(X - 0.5) | softplus(X)
leaky_relu(X - 0.5) | maximum(X, 0.5) | minimum(X, r) | maximum(c, r) | where(X > 0.5, X, c) | where(c > r, 1, 0)
X > 0.5 | X >= c | r < X | 0.3 <= X | (X > 0.2) * (X < 0.7) | 1 - (X > s)
dot(v, v) | dot(X, W) | dot(s, X) | dot(X, u) | outer(v, u) | outer(c, r) | outer(v, r.T) | trace(S) | trace(X @ X.T)
det(S) | inv(S) | inv(S) @ c | det(S @ R) | diag(v) | diag(c) | diag(S) | diag(v) @ X | eye(n)
eye(3) @ D | ones((n, 1))
zeros((2, n)) | ones(m) | ones(X.shape) | X.shape[0] * s | n * m / (n + m) | X ** 2 | X ** -1 | X ** 0.5 | X ** (1 / 3)
-X | +X | -X ** 2 | 2 ** 3 | 0.1 + 1e-3 | 1_000 * s
g(X) | diff(g)(X) | g(X @ W) | f(X, v) | diff(sigmoid)(X) | diff(tanh)(X) * X | f(X @ W, c, s)
grad(J, A) | grad(J, Z) | grad(J, X) | grad(J, W) | grad(J, c) | grad(sum(A), Z) | grad(sum(g(Z)), Z) | grad(J, Z) @ W.T
grad(s ** 3, s) | grad(det(S), S) | grad(sum(inv(S) @ c), S) | grad(sum(max(X, axis=1) ** 2), X) | grad(norm2(X), X)
grad(v @ S @ v, v) | grad(trace(S @ R @ S), S)
grad(sum(softmax(X, axis=1) * X), X) | grad(sum(grad(s ** 3 * sum(v), v)), s)
jac(S @ c, c) | jac(g(c), c) | jac(S @ v, v) | jac(v * s, s) | jac(X @ X.T @ c, c)
"""
ROWS = [formula.strip() for line in FORMULAS.strip().splitlines() for formula in line.split("|")]


def agree(text: str, row: int) -> None:
    """Both sides of an assert: shape and elements."""
    numbers, script = ByNumpy(text), read(text)
    equation, assertion = numbers.asserts[row], script.assertions[row]
    for node, side in ((equation.left, assertion.left), (equation.comparators[0], assertion.right)):
        if isinstance(side, Value):
            expected, found = np.asarray(numbers.value(node, {}), float), ByElements(numbers).array(side)
            assert found.shape == expected.shape, f"{text.splitlines()[-1]}: {found.shape}, numpy {expected.shape}"
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("formula", ROWS)
def test_formula(formula):
    agree(HEAD + f"assert ({formula}) == 0", 0)


LARGE = ("seed_001_two_layers", "seed_002_four_equations", "seed_002_squared_error_batch")


@pytest.mark.parametrize("file", [f for f in FILES if f.stem not in LARGE], ids=lambda f: f.stem)
def test_file(file):
    text = file.read_text()
    for row in range(len(read(text).assertions)):
        agree(text, row)


MISFITS = """
X + W | X + v | X + c.T | v + u | X * T.T | X @ X | X @ v | v @ u | c @ c | r @ c | T @ X
T @ T | B + D | B @ B | B @ c
X[:, :, 0] | B[4] | B[:, 3] | B[-5] | sum(X, axis=2) | mean(v, axis=1) | max(X, axis=-3) | sum(T, axis=(0, 0))
trace(v) | det(v) | inv(v) | diag(T) | maximum(X, W) | where(X > W, 1, 0) | dot(v, u) | s @ X | X @ 2
"""


@pytest.mark.parametrize("formula", [row.strip() for line in MISFITS.strip().splitlines() for row in line.split("|")])
def test_what_numpy_refuses_is_refused(formula):
    text = HEAD + f"assert ({formula}) == 0"
    with pytest.raises((ValueError, IndexError, np.exceptions.AxisError, np.linalg.LinAlgError)):
        ByNumpy(text).value(ByNumpy(text).asserts[0].left, {})
    assert not isinstance(read(text).assertions[0].left, Value)
