"""A derivation as a claims file: the model, the formulas, and one claim for each gradient.

W1: (n1, n0)        Z1 = W1 @ X + b1        dZ1 = ...        assert m * grad(J, Z1) == dZ1
"""

from __future__ import annotations

from typing import Any

from .array_code import CLAIMS, code, identifier
from .array_tree import array_tree, parts
from .shapes import shape_of


def claims_text(derivation: Any) -> str:
    """Text for `check_claims`, which proves every assert in it; raises UnknownNode for what it cannot say."""
    lines = [model_text(derivation.program)]
    lines += ["", *(f"{_name(e.lhs)} = {_code(e.rhs)}" for e in derivation.equations)]
    lines += ["", *(_claim(derivation, e) for e in derivation.equations)]
    return "\n".join(lines) + "\n"


def model_text(program: Any) -> str:
    """What is given, what is assumed, and the equations of the forward model."""
    given = [s for name, s in program.symbols.items() if name not in program.by_name]
    sizes = dict.fromkeys(n for s in program.symbols.values() if shape_of(s) for d in s.shape
                          for n in sorted(d.free_symbols, key=str))  # fmt: skip
    lines = [f"{', '.join(map(_name, sizes))}{',' if len(sizes) == 1 else ''} = dims"] if sizes else []
    lines += [f"{_name(s)}: {_shape(s)}" for s in given]
    lines += [f"{identifier(name, CLAIMS)} = {kind}" for name, kind in _functions(program).items()]
    lines += [f"assume({_code(f.left)} == {_code(f.right)})" for f in program.facts]
    lines += ["", *(f"{_name(e.lhs)} = {_code(e.rhs)}" for e in program.equations)]
    return "\n".join(lines)


def _claim(derivation: Any, equation: Any) -> str:
    """assert grad(J, W1) == dW1;  m times the gradient of an intermediate, when the mean is taken late"""
    program, variable = derivation.program, str(equation.lhs)[1:]
    factor = derivation.factor if variable not in set(map(str, program.parameters)) else 1
    scale = "" if factor == 1 else f"{_code(factor)} * "
    loss = _name(program.equations[-1].lhs)
    return f"assert {scale}grad({loss}, {identifier(variable, CLAIMS)}) == {_name(equation.lhs)}"


def _functions(program: Any) -> dict[str, str]:
    """g = function for generic functions, C = scalar_function for a generic loss."""
    found: dict[str, str] = {}
    for equation in program.equations:
        for node in parts(array_tree(equation.rhs)):
            if node[0] == "g":
                found[node[1]] = "function"
            elif node[0] == "loss":
                found[node[1]] = "scalar_function"
    return found


def _name(symbol: Any) -> str:
    return identifier(str(symbol), CLAIMS)


def _code(expr: Any) -> str:
    return code(array_tree(expr), CLAIMS)


def _shape(symbol: Any) -> str:
    shape = shape_of(symbol)
    return "()" if shape is None else f"({', '.join(_code(n) for n in shape)})"
