"""What is printed is read back to the same expression: matrices as SymPy has them, entries as the kernel has them."""

from fractions import Fraction

import pytest
from emitted import NETWORKS
from sympy import Basic, HadamardProduct, MatrixSymbol, Symbol
from sympy.core.sorting import default_sort_key
from sympy.matrices.expressions.special import OneMatrix

from derive import GenericLoss, LossGradient, backprop
from derive.element_proof import indices_of, renamed
from derive.kernel import index as ix
from derive.latex import latex
from derive.mathematics import layout
from derive.notation import notation
from derive.reading.entries import EntryReader
from derive.reading.errors import LatexError
from derive.reading.expressions import Names, Reader, from_latex
from derive.reading.meaning import read_formula


def read_back(formula):
    """The expression that the LaTeX of a formula says, of whatever kind the formula is."""
    others = formula.expr.atoms(MatrixSymbol, Symbol) if isinstance(formula.expr, Basic) else ()
    names = Names(formula.programs, notation(formula.notation), others)
    if not isinstance(formula.expr, Basic):
        sizes = {index.name: index.size for index in indices_of(formula.expr)}
        return EntryReader(names, sizes).read(only_side(formula, names))
    for gradient in formula.expr.atoms(LossGradient):
        names.losses[gradient.args[1]] = GenericLoss(*gradient.args)  # nabla_A C does not say what else C is made of
    return Reader(names).read(only_side(formula, names))


def only_side(formula, names):
    (statement,) = read_formula(formula.latex, names.habits)
    (side,) = statement.sides
    return side


def sorted_products(expr):
    """A fraction of Hadamard products does not tell the order of its factors."""
    return expr.replace(
        lambda x: isinstance(x, HadamardProduct), lambda x: HadamardProduct(*sorted(x.args, key=default_sort_key))
    )


def flat(expr):
    """An index expression with sums, products and bound indices in one order."""
    match expr:
        case ix.Number(value):
            return ("product", value, ())
        case ix.Add(terms):
            parts = [p for t in map(flat, terms) for p in (t[1] if t[0] == "sum" else (t,))]
            return ("sum", tuple(sorted(parts, key=repr)))
        case ix.Mul(factors):
            number, rest = Fraction(1), []
            for part in map(flat, factors):
                if part[0] == "product":
                    number *= part[1]
                    rest += part[2]
                else:
                    rest.append(part)
            rest.sort(key=repr)
            return rest[0] if number == 1 and len(rest) == 1 else ("product", number, tuple(rest))
        case ix.Pow(ix.Mul(factors), exponent):
            return flat(ix.Mul(tuple(ix.Pow(f, exponent) for f in factors)))
        case ix.Pow(ix.Pow(base, inner), exponent):
            return flat(ix.Pow(base, inner * exponent))
        case ix.Pow(ix.Number(value), exponent):
            return ("product", value ** int(exponent), ())
        case ix.Pow(base, exponent):
            return flat(base) if exponent == 1 else ("power", flat(base), exponent)
        case ix.Sum(index, body):
            return ("over", index, flat(body))
        case ix.Apply(function, order, arg):
            return ("call", function, order, flat(arg))
        case ix.Positive(arg):
            return ("positive", flat(arg))
        case ix.Delta(left, right):
            return ("delta", *sorted((repr(left), repr(right))))
        case ix.ScalarFunction(function, arguments, by):
            arrays = [renamed(a, {i: ix.Index(f"#{k}", i.size) for k, i in enumerate(a.indices)}) for a in arguments]
            return ("loss", function, tuple(flat(a.body) for a in arrays), by)
    return ("leaf", repr(expr))


def same(a, b):
    if isinstance(b, OneMatrix) and a == 1:  # a number for every entry, where a sum says of what shape
        return True
    if isinstance(b, Basic):
        return a == b or sorted_products(a) == sorted_products(b)
    return flat(a) == flat(b)


def test_every_printed_formula_is_read_back(emitted):
    wrong = []
    for formula in emitted:
        try:
            found = read_back(formula)
        except LatexError as error:
            found = error
        if isinstance(found, LatexError) or not same(found, formula.expr):
            wrong.append((formula, str(found)))
    assert len(emitted) > 1500
    assert wrong[:5] == []


def test_formulas_of_every_kind_are_among_them(emitted):
    assert {f.network for f in emitted} == set(NETWORKS)
    texts = " ".join(f.latex for f in emitted)
    for sign in [r"\odot", r"\ast", r"\delta_{", r"\Sigma^{\prime}", r"\nabla_", r"\mathbf{1}", r"\circ", "l+1"]:
        assert sign in texts, sign


FAULTS = [
    # a formula               another that is nearly the same
    (r"W^{[2]T}\,dZ^{[2]}",   r"\frac{1}{m}\,W^{[2]T}\,dZ^{[2]}"),
    (r"A^{[2]} - Y",          r"Y - A^{[2]}"),
    (r"dZ^{[2]} \ast A^{[2]}", r"dZ^{[2]} \ast Z^{[2]}"),
    (r"A^{[1]\circ 2}",       r"A^{[1]\circ 3}"),
    (r"\tanh(Z^{[1]})",       r"\tanh^{\prime}(Z^{[1]})"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), FAULTS)
def test_formulas_that_differ_are_read_as_different(one, other):
    net = NETWORKS["sizes"]()
    assert from_latex(one, net) != from_latex(other, net)


@pytest.mark.parametrize("style", ["ng", "nielsen"])
@pytest.mark.parametrize("network", NETWORKS)
def test_equations_are_read_back(network, style):
    derivation = backprop(NETWORKS[network]())
    for case in derivation.cases():
        for equation in case.equations:
            shown = case.style(style)
            text = f"{latex(layout(equation.lhs, shown))} = {latex(layout(equation.rhs, shown))}"
            found = from_latex(text, case.program, style)
            assert same(found.lhs, equation.lhs), text
            assert same(found.rhs, equation.rhs), text
