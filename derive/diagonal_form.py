"""The diagonal form: Sigma'(z) matrices and Jacobians in denominator layout, and the full product over layers.

    delta_L = Sigma'(z_L) nabla_a J,     delta_l = Sigma'(z_l) W_{l+1}^T delta_{l+1}
    delta_l = Sigma'(z_l) W_{l+1}^T ... Sigma'(z_{L-1}) W_L^T Sigma'(z_L) nabla_a J

A Jacobian (du/dv)_jk = du_k/dv_j is read off the entry that the kernel derives from the definition.
"""

from __future__ import annotations

from typing import Any

from sympy import HadamardProduct, Identity, MatMul, Transpose
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix

from .article import Article
from .chains import step_name
from .document import Block, Equations, Inlines, Line, Paragraph, Section
from .element_proof import ElementProof
from .errors import DeriveError
from .functions import canonical, prime
from .index_layout import IndexWriter
from .kernel import index as ix
from .layout import COMMA, EQUALS, PRODUCT, Big, Bracket, Name, Scripts, Sign, letter, number, row
from .layout import partial as partial_layout
from .mathematics import spaced
from .nodes import elementwise, product, split
from .program import variables
from .shapes import shape_of, text

SIGMA = Scripts(Name(r"\Sigma", "Σ"), Sign(r"\prime", "'"))


def slopes(program: Any) -> frozenset[Any]:
    """f'(z) of every activation a = f(z)."""
    activations = [e.rhs for e in program.equations if isinstance(e.rhs, ElementwiseApplyFunction)]
    return frozenset(elementwise(prime(canonical(f.function)), f.expr) for f in activations)


def diagonal(expr: Any, slopes: frozenset[Any]) -> Any:
    """u * f'(z)  ->  diag(f'(z)) u, everywhere outside."""
    c, rest = split(expr)
    if not isinstance(rest, HadamardProduct) or rest.shape[1] != 1:
        return expr
    primes = [f for f in rest.args if f in slopes]
    others = [f for f in rest.args if f not in slopes]
    if not primes or not others:
        return expr
    column = others[0] if len(others) == 1 else HadamardProduct(*others)
    return product(c, *(DiagMatrix(p) for p in primes), column)


def before_reduction(derivation: Any, name: str) -> Any:
    """The formula with f'(z) still in it: what a step gave before the derivative was written by the output."""
    found, known = derivation[name].rhs, slopes(derivation.program)
    for step in derivation.steps:
        if (
            step.target == name
            and step.kind != "rule"
            and known & step.gives[0].atoms(ElementwiseApplyFunction)
        ):
            found = step.gives[0]
    return found


def read_off(entry: ix.Expr, proof: ElementProof) -> Any:
    """The Jacobian du/dv (row j of v, column k of u) whose entry is a product without sums.

    Raises DeriveError when the entry does not fit: then there is no such matrix product.
    """
    symbols = proof.d.program.symbols
    j, k = proof.at[0], proof.k[0]
    left: list[Any] = []
    middle: list[Any] = []
    for factor in entry.factors if isinstance(entry, ix.Mul) else (entry,):
        match factor:
            case ix.Delta(p, q) if {p, q} == {j, k}:
                middle.append(Identity(proof.v.shape[0]))
            case ix.Entry(name, at) if at == (k, j):
                middle.append(Transpose(symbols[name]))
            case ix.Entry(name, at) if at == (j, k):
                middle.append(symbols[name])
            case ix.Apply(arg=ix.Entry(name, at)) if at in ((j, 0), (k, 0)):
                left.append(DiagMatrix(_applied(proof, symbols[name])))
            case _:
                raise DeriveError(f"the entry {entry} of a Jacobian is not a product of entries")
    if len(middle) != 1:
        raise DeriveError(f"the entry {entry} of a Jacobian is not a product of entries")
    return product(*left, *middle)


def _applied(proof: ElementProof, z: Any) -> Any:
    """f'(z) as the matrix rules write it."""
    for found in slopes(proof.d.program):
        if getattr(found, "expr", None) == z:
            return found
    raise DeriveError(f"no derivative of an activation at {z} in the derivation")


class DiagonalForm:
    """Prints Jacobian proofs, the equations, and the product over layers."""

    def __init__(self, article: Article) -> None:
        self.a, self.words = article, article.words
        self.write = IndexWriter(article.writer)

    def jacobians(self, derivation: Any) -> tuple[Block, ...]:
        """BP1aa, BP2a, BP3a, BP4a: one block for each gradient."""
        blocks: list[Block] = []
        for equation in derivation.equations:
            variable = derivation.program.symbols[str(equation.lhs)[1:]]
            if self.is_activation(derivation, variable) or str(equation.lhs) == self.a.hypothesis:
                continue
            if ElementProof(derivation, variable).through != derivation.program.equations[-1].lhs:
                blocks += (
                    self.weights(derivation, variable) if variable.shape[1] != 1 else self.column(derivation, variable)
                )
        return tuple(blocks)

    def is_activation(self, derivation: Any, variable: Any) -> bool:
        definition = derivation.program.by_name.get(str(variable))
        return definition is not None and len(variables(definition.rhs)) == 1

    def column(self, derivation: Any, variable: Any) -> list[Block]:
        """du/dv read off its entry, then dv = (du/dv) du."""
        w, a = self.words, self.a
        proof = ElementProof(derivation, variable)
        _, entry = proof.derivative()
        u, v = a(proof.through), a(variable)
        jacobian = partial_layout(u, v)
        du = a.style.variable(f"d{proof.through}")
        try:
            found = read_off(entry, proof)
        except DeriveError:
            return [self.entries_only(derivation, proof, entry)]
        entry_left = Scripts(Bracket(jacobian), None, row(letter("j"), letter("k")))
        quotient = partial_layout(
            self.write.entry(str(proof.through), proof.k), self.write.entry(str(variable), proof.at)
        )
        place = w("jacobian_entry", letter("j"), letter("k"))
        lines = [Line(entry_left, row(quotient, EQUALS, self.write(entry)), place),
                 Line(jacobian, a(found), w("jacobian_matrix"))]  # fmt: skip
        result = before_reduction(derivation, f"d{variable}")
        with_matrix = diagonal(result, slopes(derivation.program))
        chain = [Line(a.style.variable(f"d{variable}"), spaced(jacobian, du), w("jacobian_chain"))]
        if not isinstance(found, Identity):
            chain.append(Line(None, a(with_matrix), w("jacobian_put")))
        if with_matrix != result:
            chain.append(Line(None, a(result), w("jacobian_hadamard")))
        elif isinstance(found, Identity):
            chain.append(Line(None, a(result)))
        if derivation[f"d{variable}"].rhs != result:
            chain.append(Line(None, a(derivation[f"d{variable}"].rhs), self.label(derivation)))
        return [Equations(tuple(lines)), Equations(tuple(chain))]

    def entries_only(self, derivation: Any, proof: ElementProof, entry: ix.Expr) -> Equations:
        """A Jacobian that is no product of the matrices at hand: its entry, and the gradient that follows."""
        u, v = self.write.entry(str(proof.through), proof.k), self.write.entry(str(proof.v), proof.at)
        equation = derivation[f"d{proof.v}"]
        first = Line(partial_layout(u, v), self.write(entry), self.words("jacobian_no_product"))
        return Equations((first, Line(self.a(equation.lhs), self.a(equation.rhs), self.words("jacobian_sums"))))

    def label(self, derivation: Any) -> Inlines:
        """ "sigmoid + cross-entropy", or what else turned the derivative into a formula of the output."""
        found = next((s for s in derivation.steps if s.label), None)
        return (step_name(self.a, found),) if found else self.words("rewrite derivative from the output")

    def weights(self, derivation: Any, variable: Any) -> list[Block]:
        """dz_j/dW_jk = a_k: numerator and denominator share the index j, so the result is an outer product."""
        proof = ElementProof(derivation, variable)
        raw, entry = proof.derivative()
        u, v = self.write.entry(str(proof.through), proof.k), self.write.entry(str(variable), proof.at)
        lines = [Line(partial_layout(u, v), self.write(raw), self.words("element_differentiate"))]
        if entry != raw:
            lines.append(Line(None, self.write(entry), self.words("element_collapse")))
        equation = derivation[f"d{variable}"]
        outer = isinstance(entry, ix.Mul) and [type(f) for f in entry.factors] == [ix.Delta, ix.Entry]
        entry_jq = Bracket(row(letter("j"), COMMA, letter("q")))
        reason = self.words("jacobian_weights", entry_jq, letter("j"), letter("q")) if outer else ()
        lines.append(Line(self.a(equation.lhs), self.a(equation.rhs), reason))
        return [Equations(tuple(lines))]

    def equations(self, derivation: Any) -> Equations:
        """All gradients with Sigma' in place of the Hadamard product."""
        lines, known = [], slopes(derivation.program)
        for equation in derivation.equations:
            variable = derivation.program.symbols[str(equation.lhs)[1:]]
            if not self.is_activation(derivation, variable) and str(equation.lhs) != self.a.hypothesis:
                shown = diagonal(before_reduction(derivation, str(equation.lhs)), known)
                lines.append(Line(self.a(equation.lhs), self.a(shown)))
        return Equations(tuple(lines), boxed=True)

    def unrolled(self, derivation: Any) -> Equations:
        """Each dz_l as one product down from the loss."""
        known = slopes(derivation.program)
        formulas = {e.lhs: diagonal(before_reduction(derivation, str(e.lhs)), known) for e in derivation.equations}
        lines = []
        for equation in derivation.equations:
            variable = derivation.program.symbols[str(equation.lhs)[1:]]
            if self.is_activation(derivation, variable) or variable in derivation.program.parameters:
                continue
            found = formulas[equation.lhs]
            for above in [v for v in variables(found) if v in formulas]:
                factors = found.args if isinstance(found, MatMul) else (found,)
                found = product(*(formulas[above] if f == above else f for f in factors))
            formulas[equation.lhs] = found
            lines.append(Line(self.a(equation.lhs), self.a(found)))
        return Equations(tuple(lines))

    def general_product(self, depth: str, columns: bool) -> Equations:
        """delta_l = prod_{k=l}^{L-1} Sigma'(z_k) W_{k+1}^T  Sigma'(z_L) nabla_a C, factors in order of k.

        Without the transpose where weights are columns, z = W^T a.
        """
        style = self.a.style

        def at(name: str, layer: str) -> Any:
            return Scripts(letter(name), style.layer(layer))

        weights = at("W", "k+1") if columns else Scripts(Bracket(at("W", "k+1")), Name("T", "T"))
        factor = Bracket(spaced(row(SIGMA, Bracket(at("z", "k"))), weights))
        above = row(letter(depth), Sign("-", "-"), number(1))
        loss = row(Scripts(Name(r"\nabla", "∇"), None, at("a", depth)), letter("C"))
        body = spaced(factor, row(SIGMA, Bracket(at("z", depth))), loss)
        left = style.variable("dzl")
        return Equations((Line(left, Big(PRODUCT, row(letter("k"), EQUALS, letter("l")), body, above)),))


def has_diagonal_form(article: Article) -> None:
    """Raises DeriveError for a model that is not made of columns."""
    for case in article.cases:
        for left in (e.lhs for e in case.program.equations[:-1]):
            if (shape_of(left) or (0, 0))[1] != 1:
                shape = text(shape_of(left))
                raise DeriveError(
                    f"the diagonal form speaks of columns, one for each layer, but {left} has shape {shape}"
                )


def diagonal_sections(article: Article) -> tuple[Section, ...]:
    """Proofs with Jacobians, the equations with Sigma', the product over layers.  Raises as `has_diagonal_form`."""
    has_diagonal_form(article)
    a, words, form = article, article.words, DiagonalForm(article)
    z = letter("z")
    prime = Scripts(letter("g"), Sign(r"\prime", "'"))
    entry = row(prime, Bracket(Scripts(z, None, letter("j"))))
    note = words("sigma_matrix", row(SIGMA, Bracket(z)), entry, row(prime, Bracket(z)))
    jacobians = [b for case in a.cases for b in form.jacobians(case)]
    if a.depth:
        unrolled = form.general_product(a.depth, dict(a.program.recipe)["weights"] == "columns")
    else:
        unrolled = form.unrolled(a.d)
    return (
        a.section("jacobians", Paragraph(note), *jacobians),
        a.section("diagonal_form", *(form.equations(case) for case in a.cases)),
        a.section("product_form", Paragraph(words("product_text")), unrolled),
    )
