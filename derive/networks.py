"""Ready-made programs: multi-layer networks of any depth, and the neuron of the textbooks.

Z_l = W_l A_{l-1} + b_l 1^T,   A_l = g_l(Z_l),   J = (1/m) sum of the samples' losses  (+ l2/(2m) sum of W^2)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sympy import Function, HadamardPower, Integer, MatrixSymbol, Rational, Symbol, symbols, sympify

from .errors import DeriveError
from .functions import canonical, composed_of, generic_of, row_of, sigmoid
from .nodes import GenericLoss, Softmax, add, elementwise, hadamard, ones, product, scale, total, transpose
from .program import Fact, Layer, Program

LOSSES = ("squared_error", "cross_entropy", "softmax_cross_entropy", "generic")
SPOKEN = {"squared_error": "squared error", "cross_entropy": "cross-entropy", "generic": "generic loss",
          "softmax_cross_entropy": "cross-entropy"}  # fmt: skip


def mlp(
    sizes: Any,
    hidden: Any = None,
    output: Any = None,
    loss: str | None = None,
    *,
    samples: Any = None,
    l2: Any = None,
    weights: str = "rows",
) -> Program:
    """Z_l = W_l A_{l-1} + b_l 1^T,  A_l = g_l(Z_l),  J = (1/m) sum loss.

    `sizes` are SymPy symbols or integers, input first; the string "L" gives symbolic depth.  `hidden` is a name
    (sigmoid, tanh, relu, leaky_relu, softplus, silu, gelu, erf, sign, identity, ...), a SymPy Lambda, "g" (generic), or
    a list with one per hidden layer (default: tanh, for symbolic depth g); `output` is one of these or "softmax"
    (default: sigmoid, for symbolic depth g).
    `loss` is squared_error (with 1/2), cross_entropy (default; binary, or over classes after softmax),
    softmax_cross_entropy or generic.  `samples` is the number of columns: a symbol, an integer, or 1 for one sample,
    written in lower case.  `l2` adds l2/(2 m) sum W^2.  `weights="columns"` is the convention Z = W^T X + b 1^T.
    Raises DeriveError for names that are not known and lists that do not fit.
    """
    if weights not in ("rows", "columns"):
        raise DeriveError(f"weights must be 'rows' (W x) or 'columns' (w^T x), not {weights!r}")
    if isinstance(sizes, str):
        if l2 is not None:
            raise DeriveError(f"symbolic depth has no l2 term; l2={l2!r} needs a list of sizes")
        return _symbolic_depth(sizes, "g" if hidden is None else hidden, output, loss, samples, weights)
    if not isinstance(sizes, Iterable):
        raise DeriveError(f"sizes are a list, input first, such as [2, 4, 1], or a letter such as 'L', not {sizes!r}")
    return _network(_Plan(sizes, "tanh" if hidden is None else hidden, output, loss, samples, l2, weights))


class _Plan:
    """The arguments of mlp, checked and completed."""

    def __init__(self, sizes: Any, hidden: Any, output: Any, loss: Any, samples: Any, l2: Any, weights: str) -> None:
        self.sizes = [_size(s) for s in sizes]
        if len(self.sizes) < 2:
            raise DeriveError(f"a network needs an input and an output size, but got {list(sizes)}")
        self.depth = len(self.sizes) - 1
        loss = "cross_entropy" if loss is None else loss
        if loss not in LOSSES:
            raise DeriveError(f"unknown loss {loss!r}; expected one of {', '.join(LOSSES)}")
        if output is None:
            output = "softmax" if loss == "softmax_cross_entropy" else "sigmoid"
        if loss == "softmax_cross_entropy" and output != "softmax":
            raise DeriveError(f"softmax_cross_entropy needs output='softmax', not {output!r}")
        if loss == "cross_entropy" and output == "softmax":
            loss = "softmax_cross_entropy"
        functions = (
            [hidden] * (self.depth - 1) if isinstance(hidden, str) or not isinstance(hidden, Sequence) else list(hidden)
        )
        if len(functions) != self.depth - 1:
            layers = "1 hidden layer needs one activation" if self.depth == 2 else (
                f"{self.depth - 1} hidden layers need as many activations")  # fmt: skip
            raise DeriveError(f"{layers}, but got {len(functions)}: {functions}")
        self.functions = [*(canonical(f) for f in functions), "softmax" if output == "softmax" else canonical(output)]
        self.loss = loss
        self.m = _samples(samples)
        self.one = self.m == 1
        self.l2 = _strength(l2)
        self.columns = weights == "columns"
        self.recipe = (("sizes", tuple(sizes)), ("hidden", tuple(functions)), ("output", output), ("loss", loss),
                       ("l2", l2), ("weights", weights))  # fmt: skip

    def name(self, letter: str, layer: int | None = None) -> str:
        """Z1 for m samples, z1 for one; parameters keep their case."""
        letter = letter.lower() if self.one and letter in "ZAXY" else letter
        return letter if layer is None else f"{letter}{layer}"


def _size(size: Any) -> Any:
    if isinstance(size, str) and not size.isidentifier():
        raise DeriveError(f"the name of a size is a word such as 'n0', not {size!r}")
    size = Symbol(size, integer=True, positive=True) if isinstance(size, str) else sympify(size, strict=True)
    if (size.is_Integer and size < 1) or size.is_Float or not (size.is_Integer or size.is_Symbol):
        raise DeriveError(f"a size is a SymPy symbol or an integer >= 1, not {size}")
    return size


def _strength(l2: Any) -> Any:
    """The factor of the l2 term: a name, a symbol or an exact number; None for no term."""
    if isinstance(l2, str) and not l2.isidentifier():
        raise DeriveError(f"the name of the l2 factor is a word such as 'lambda', not {l2!r}")
    return None if l2 is None else Symbol(l2, positive=True) if isinstance(l2, str) else sympify(l2, strict=True)


def _samples(samples: Any) -> Any:
    return Symbol("m", integer=True, positive=True) if samples is None else _size(samples)


def layer(W: Any, previous: Any, b: Any, columns: bool) -> Any:
    """W A + b 1^T, or W^T A + b 1^T."""
    return add(product(transpose(W) if columns else W, previous), product(b, ones(1, previous.shape[1])))


def _network(plan: _Plan) -> Program:
    n, m = plan.sizes, plan.m
    previous = MatrixSymbol(plan.name("X"), n[0], m)
    equations, parameters, layers = [], [], []
    for k in range(1, plan.depth + 1):
        W = MatrixSymbol(f"W{k}", *((n[k - 1], n[k]) if plan.columns else (n[k], n[k - 1])))
        b, Z, A = (MatrixSymbol(name, n[k], c) for name, c in
                   ((f"b{k}", 1), (plan.name("Z", k), m), (plan.name("A", k), m)))  # fmt: skip
        function = plan.functions[k - 1]
        equations.append((Z, layer(W, previous, b, plan.columns)))
        equations.append((A, Softmax(Z) if function == "softmax" else elementwise(function, Z)))
        parameters += [W, b]
        layers.append(Layer(k, _spoken(function)))
        previous = A
    Y = MatrixSymbol(plan.name("Y"), *previous.shape)
    J = scale(1 / m, LOSS[plan.loss](previous, Y))
    if plan.l2 is not None:
        J += sum(plan.l2 / (2 * m) * total(HadamardPower(W, 2)) for W in parameters[::2])
    facts = _column_sums(Y) if plan.loss == "softmax_cross_entropy" else ()
    return Program([*equations, (Symbol("J"), J)], parameters, samples=None if plan.one else m, facts=facts,
                   layers=tuple(layers), loss=SPOKEN[plan.loss], recipe=plan.recipe)  # fmt: skip


def _spoken(function: Any) -> str:
    """The name of an activation: sigmoid, tanh, g1, or its body."""
    if function == "softmax":
        return "softmax"
    row, known = row_of(function), generic_of(function) or composed_of(function)
    return row.name if row else known[0] if known else "identity" if function.is_Symbol else str(function)


def _column_sums(Y: Any) -> tuple[Fact, ...]:
    rows, columns = Y.shape
    return (Fact(product(ones(1, rows), Y), ones(1, columns), "columns_of_Y_sum_to_1"),)


def _squared_error(A: Any, Y: Any) -> Any:
    """1/2 sum (A - Y)^2"""
    return Rational(1, 2) * total(HadamardPower(add(A, scale(-1, Y)), 2))


def _cross_entropy(A: Any, Y: Any) -> Any:
    """-sum (Y log A + (1 - Y) log(1 - A))"""
    rest = [add(ones(*A.shape), scale(-1, M)) for M in (Y, A)]
    return -total(add(hadamard(Y, elementwise("log", A)), hadamard(rest[0], elementwise("log", rest[1]))))


def _class_cross_entropy(A: Any, Y: Any) -> Any:
    """-sum Y log A"""
    return -total(hadamard(Y, elementwise("log", A)))


LOSS = {
    "squared_error": _squared_error,
    "cross_entropy": _cross_entropy,
    "softmax_cross_entropy": _class_cross_entropy,
    "generic": lambda A, Y: GenericLoss("C", A, Y),
}


def one_sample(program: Program) -> Program:
    """The same network for one sample: what the diagonal form speaks of."""
    recipe = dict(program.recipe)
    if not recipe:
        raise DeriveError(
            "only a network made by mlp can be rewritten for one sample; build the program for one sample"
        )
    hidden = list(recipe["hidden"]) if not isinstance(recipe["sizes"], str) else recipe["hidden"]
    return mlp(recipe["sizes"], hidden, recipe["output"], recipe["loss"], samples=1, l2=recipe["l2"],
               weights=recipe["weights"])  # fmt: skip


def _symbolic_depth(depth: str, hidden: Any, output: Any, loss: Any, samples: Any, weights: str) -> Program:
    """The last layer of a network with L layers; induction (induction.py) adds the step from layer l+1 to layer l."""
    if not depth.isidentifier() or depth in ("l", "m", "n"):
        raise DeriveError(f"symbolic depth is a letter such as 'L', not {depth!r}; sizes are a list, such as [2, 4, 1]")
    if loss not in (None, "generic"):
        raise DeriveError(f"symbolic depth speaks of a generic loss; loss={loss!r} needs a list of sizes")
    m = Integer(1) if samples is None else _samples(samples)
    output = output or "g"
    canonical(hidden)
    recipe = (
        ("sizes", depth),
        ("hidden", hidden),
        ("output", output),
        ("loss", loss),
        ("l2", None),
        ("weights", weights),
    )
    equations, parameters = symbolic_layer(depth, f"{depth}-1", m, weights, output)
    A = equations[-1][0]
    Y = MatrixSymbol("y" if m == 1 else "Y", *A.shape)
    equations.append((Symbol("J"), scale(1 / m, GenericLoss("C", A, Y))))
    return Program(equations, parameters, samples=None if m == 1 else m, loss=SPOKEN["generic"], recipe=recipe)


def symbolic_layer(tag: str, before: str, m: Any, weights: str, function: Any) -> tuple[list, list]:
    """Z_tag = W_tag A_before + b_tag 1^T and, if there is a function, A_tag = g(Z_tag); with the parameters."""
    here, below = (Symbol(f"n{t}", integer=True, positive=True) for t in (tag, before))
    case = str.lower if m == 1 else str
    A, Z = MatrixSymbol(case("A") + before, below, m), MatrixSymbol(case("Z") + tag, here, m)
    W = MatrixSymbol(f"W{tag}", *((below, here) if weights == "columns" else (here, below)))
    b = MatrixSymbol(f"b{tag}", here, 1)
    equations = [(Z, layer(W, A, b, weights == "columns"))]
    if function is not None:
        equations.append((MatrixSymbol(case("A") + tag, here, m), elementwise(function, Z)))
    return equations, [W, b]


def neuron(next_is_output: bool = True) -> Program:
    """z = w1 x1 + w2 x2 + b,  a = sigma(z),  z' = w3 a + ..,  z'' = w4 a + ..:  one neuron that feeds two, in scalars.

    If the next layer is the output layer, C is a function of y1 = sigma(z') and y2 = sigma(z''); if not, C is any
    function of z' and z''.  Source: the lecture that derives backpropagation as a network run in reverse.
    """
    w1, w2, w3, w4, x1, x2, b, b1, b2 = symbols("w_1 w_2 w_3 w_4 x_1 x_2 b b_1 b_2")
    z, a, zp, zpp, y1, y2, C = symbols("z a z' z'' y_1 y_2 C")
    equations = [(z, w1 * x1 + w2 * x2 + b), (a, sigmoid(z)), (zp, w3 * a + b1), (zpp, w4 * a + b2)]
    if next_is_output:
        equations += [(y1, sigmoid(zp)), (y2, sigmoid(zpp)), (C, Function("C_1")(y1) + Function("C_2")(y2))]
    else:
        equations += [(C, Function("C_1")(zp) + Function("C_2")(zpp))]
    return Program(equations, [w1, w2, b], loss="generic loss")
