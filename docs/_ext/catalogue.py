"""The catalogue of rules, printed from the tables: law, conditions, source, and what the kernel says of it.

The law is what the rule gives when it is applied, not what its docstring says; the proof is made while the page is.
"""

from collections.abc import Iterable
from html import escape
from typing import Any

from sympy import Equality, HadamardPower, MatrixSymbol, Piecewise, Symbol, symbols

from derive import GenericLoss, Program, Proved, backprop, elementwise, mlp, total
from derive.backward_pass import Step
from derive.functions import a, table, z
from derive.html.mathml import math
from derive.laws import examples, law
from derive.mathematics import Writer, equation, layout
from derive.notation import notation
from derive.program import variables
from derive.rewrites import REWRITES
from derive.rules import BACKPROP, RULES
from derive.shapes import shape_of
from derive.step_proofs import StepProofs

n, m = symbols("n m", integer=True, positive=True)
A, Y = MatrixSymbol("A", n, m), MatrixSymbol("Y", n, m)
# A law with a letter for its exponent is proved for one exponent; the second argument of a loss does not move.
PROVED_FOR = {"Hadamard power": HadamardPower(A, -3), "generic loss": GenericLoss("C", A, Y)}
FIXED = {"generic loss": {Y}}
NEEDS = {
    "Hadamard power": "p is a number",
    "elementwise function": "f has a derivative; at a kink it is the value of the table below",
    "generic loss": "C has partial derivatives in its first argument",
    "number function": "f has one argument, everything else in it is a number",
    "number product": "all factors are numbers",
    "broadcast": "b is a column, 1 a column of ones",
    "trace": "A is square",
}
PLAIN = Writer(notation("ng"), primes=False)  # sigma (1 - sigma), which it would else print as sigma'
NETS = (mlp(["n0", "n1"]), mlp(["n0", "n1"], output="softmax"), mlp(["n0", "n1"], loss="squared_error"))


def rule_verdict(name: str, node: Any) -> Any:
    """The kernel on one rule at one node: what its parts receive moves the loss as the node does, for every G."""
    number = shape_of(node) is None
    G = Symbol("G") if number else MatrixSymbol("G", *node.shape)
    moving = [v for v in variables(node) if v not in FIXED.get(name, set())]
    program = Program([(Symbol("J"), node if number else total(node))], moving)
    pairs = [(part, given) for part, given in RULES[name](node, G) if not getattr(part, "is_number", False)]
    step = Step("rule", name, "dJ", (node, G), tuple(g for _, g in pairs), tuple(p for p, _ in pairs))
    return StepProofs(program).verdict(step)


def said(verdict: Any) -> str:
    """A verdict in the words of the kernel.  A rule that is not proved stops the building of the site."""
    if not isinstance(verdict, Proved):
        raise ValueError(f"the catalogue prints what is proved, but the kernel says {verdict}")
    return escape(str(verdict))


def entries(rows: Iterable[tuple[str, str]]) -> str:
    """A list of terms, in HTML."""
    inside = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in rows if text)
    return f'<dl class="entry">{inside}</dl>'


def rules() -> str:
    """Every rule of BACKPROP, in the order in which they are tried."""
    made = examples()
    blocks = []
    for name in dict.fromkeys(rule.name for _, rule in BACKPROP):
        node = PROVED_FOR.get(name) or made[name]()
        verdict = said(rule_verdict(name, node))
        where = f" (of {math(layout(node))})" if name == "Hadamard power" else ""
        rows = [
            ("law", math(law(name))),
            ("in words", f"<code>{escape(RULES[name].law)}</code>"),
            ("condition", escape(NEEDS.get(name, ""))),
            ("source", escape(RULES[name].source)),
            ("proof", verdict + where),
        ]
        blocks.append(f"### {name}\n\n{entries(rows)}\n")
    return "\n".join(blocks)


def formula(expr: Any) -> str:
    """A formula or an equation, as MathML."""
    return math(equation(expr.lhs, expr.rhs) if isinstance(expr, Equality) else layout(expr))


def rewrites() -> str:
    """Every rewrite, where it is first used in the derivation of small networks."""
    used: dict[str, tuple[Any, StepProofs]] = {}
    for derivation in map(backprop, NETS):
        proofs = StepProofs(derivation.program)
        for step in derivation.steps:
            if step.kind == "rewrite":
                used.setdefault(step.rule, (step, proofs))
    blocks = []
    for name, rewrite in REWRITES.items():
        step, proofs = used[name]
        before, using = step.given
        with_what = "" if using is None else formula(using)
        rows = [
            ("law", f"<code>{escape(rewrite.law)}</code>"),
            ("example", f"{math(layout(before))} &ensp;→&ensp; {math(layout(step.gives[0]))}"),
            ("using", with_what),
            ("proof", said(proofs.verdict(step)) + " (of the example; each use is proved anew)"),
        ]
        blocks.append(f"### {name}\n\n{entries(rows)}\n")
    return "\n".join(blocks)


def cases(body: Any) -> str:
    """f(z) by cases, in words: z where z > 0, else 0."""
    if not isinstance(body, Piecewise):
        return math(layout(body))
    *first, (last, _) = body.args
    where = [f"{math(layout(value))} where <code>{escape(str(condition))}</code>" for value, condition in first]
    return ", ".join([*where, f"else {math(layout(last))}"])


def functions() -> str:
    """Every elementwise function: definition, derivative, the derivative from the output, how NumPy computes it."""
    Z = MatrixSymbol("Z", n, m)
    blocks = []
    for row in table():
        kink = f"at {row.kink}" if row.kink else ""
        verdict = said(rule_verdict("elementwise function", elementwise(row.name, Z))) if row.name != "step" else ""
        rows = [
            ("definition", cases(row.definition)),
            ("derivative", math(PLAIN.write(row.derivative))),
            (
                f"from {math(layout(a))} = f({math(layout(z))})",
                "" if row.from_output is None else math(layout(row.from_output)),
            ),
            ("a choice", kink),
            ("NumPy", f"<code>{escape(row.numpy.format(z='z'))}</code>"),
            ("proof", verdict),
        ]
        blocks.append(f"### {row.name}\n\n{entries(rows)}\n")
    return "\n".join(blocks)
