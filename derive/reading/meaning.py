r"""A tree of signs -> what the formula says: which letters are called, what stands in a layer, what is differentiated.

    W^{[2]T}             a layer, then a transpose               \sigma'(z)          a call of a derivative
    a^l_j                a layer and an entry                    \frac{\partial J}{\partial b^l_j}     a derivative
    dZ^{[2]}             the gradient in Z^{[2]}                 \sum_k a_k b_k      reaches to the end of the term

Products side by side and with \cdot or \times bind more tightly than \ast, \odot and \circ.
"""

from __future__ import annotations

from collections.abc import Sequence

from . import formula as f
from .errors import LatexError
from .factors import FactorReader
from .grammar import read_tree
from .scripts import Habits
from .signs import after_big, before_big, is_big, multiplied, the_big
from .tree import Big, Bracket, Letter, Node, Product, Relation, Run, Scripted, Sum
from .tree import Fraction as Frac


def read_formula(text: str, habits: Habits) -> tuple[f.Statement, ...]:
    """The statements of a formula.  Raises LatexError."""
    try:
        return tuple(Reader(habits).statement(tree) for tree in read_tree(text))
    except RecursionError:
        raise LatexError(0, "the formula is nested too deep") from None


class Reader(FactorReader):
    """Sums, products and runs of factors."""

    def statement(self, tree: Relation) -> f.Statement:
        sides = tuple(None if side is None else self.read(side) for side in tree.sides)
        return f.Statement(sides, tree.signs, tree.start, tree.end)

    def read(self, node: Node) -> f.Formula:
        """The formula of a node."""
        match node:
            case Sum(terms, signs):
                found = [f.Neg(self.read(t), at=t.start) if s == "-" else self.read(t)
                         for t, s in zip(terms, signs, strict=True)]  # fmt: skip
                return found[0] if len(found) == 1 else f.Add(tuple(found), at=node.start)
            case Product(runs, signs):
                return self.product(list(runs), list(signs))
            case Run(factors):
                return self.run(list(factors))
            case Relation():
                raise LatexError(node.start, "an equation stands inside of a formula", "expected a value")
        return self.run([node])

    # --- products ----------------------------------------------------------------------------------------------------

    def product(self, runs: list[Node], signs: list[str]) -> f.Formula:
        """a \\cdot b * c / d: quotients first, then dots, then products entry by entry."""
        for k, run in enumerate(runs):
            if self.is_sum(run) and k < len(runs) - 1:  # a sum reaches to the end of the term
                whole = Product((after_big(run), *runs[k + 1 :]), tuple(signs[k:]), start=run.start, end=runs[-1].end)
                front, big = before_big(run), the_big(run)
                inner = self.over(big, self.read(whole))
                last = f.Mul((*map(self.single, front), inner), at=run.start) if front else inner
                return self.joined([*runs[:k], last], signs[:k])
        return self.joined(runs, signs)

    def joined(self, runs: Sequence[Node | f.Formula], signs: list[str]) -> f.Formula:
        """Runs that are read already, or are still to be read."""
        values: list[Node | f.Formula] = [runs[0]]
        kept: list[str] = []
        for sign, value in zip(signs, runs[1:], strict=True):
            if sign == "/":
                values[-1] = self.quotient(values[-1], value)
            elif sign == "otimes":
                raise LatexError(getattr(value, "start", 0), r"\otimes is not read", r"write \odot for entry by entry")
            else:
                values.append(value)
                kept.append("cdot" if sign == "cdot" else "*")
        dotted: list[list[f.Formula]] = [[self.value(values[0])]]
        for sign, value in zip(kept, values[1:], strict=True):
            if sign == "cdot":
                dotted[-1].append(self.value(value))
            else:
                dotted.append([self.value(value)])
        factors = tuple(map(multiplied, dotted))
        return factors[0] if len(factors) == 1 else f.Hadamard(factors, at=factors[0].at)

    def value(self, part: Node | f.Formula) -> f.Formula:
        return part if isinstance(part, f.Formula) else self.read(part)

    def quotient(self, above: Node | f.Formula, below: Node | f.Formula) -> f.Formula:
        """a / b; \\partial J / \\partial W"""
        if isinstance(above, Node) and isinstance(below, Node):
            if (found := self.derivative(above, below)) is not None:
                return found
            if isinstance(below, Run) and not self.is_one(below):
                raise LatexError(below.start, "it is not plain how far the quotient reaches", r"write \frac{...}{...}")
        top = self.value(above)
        return f.Div(top, self.value(below), at=top.at)

    def is_one(self, run: Run) -> bool:
        """One value, though it has several signs: dZ, f(x)."""
        return not isinstance(self.read(run), f.Mul)

    def is_sum(self, node: Node) -> bool:
        factors = node.factors if isinstance(node, Run) else (node,)
        return any(is_big(x) for x in factors)

    def run(self, factors: list[Node]) -> f.Formula:
        """Factors side by side."""
        found: list[f.Formula] = []
        while factors:
            head = factors.pop(0)
            if is_big(head):
                if not factors:
                    raise LatexError(head.end, "a sum of nothing", "expected what is summed")
                found.append(self.over(head, self.run(factors)))
                break
            if self.is_operator_of_derivative(head):
                assert isinstance(head, Frac)
                if not factors:
                    raise LatexError(head.end, "a derivative of nothing", "expected what is differentiated")
                found.append(f.Partial(self.run(factors), self.differential(head.bottom), at=head.start))
                break
            found.append(self.factor(head, factors))
        return multiplied(found)

    def over(self, head: Node, body: f.Formula) -> f.Formula:
        """\\sum_{k=1}^m body, \\sum_{j,i} body"""
        assert isinstance(head, Scripted | Big)
        base = head.base if isinstance(head, Scripted) else head
        assert isinstance(base, Big)
        down = head.down[0] if isinstance(head, Scripted) and head.down else None
        upper = self.read(head.up[0]) if isinstance(head, Scripted) and head.up else None
        if down is None:
            return f.Over(base.name, "", None, upper, body, at=head.start)
        items: Sequence[Node] = down.parts if isinstance(down, Bracket) else (down,)
        for item in reversed(items):
            lower = None
            if (
                isinstance(item, Relation)
                and item.signs == ("=",)
                and len(item.sides) == 2
                and item.sides[1] is not None
            ):
                lower, item = self.read(item.sides[1]), item.sides[0]  # type: ignore[assignment]
            if not isinstance(item, Letter):
                raise LatexError(head.start, "it is not plain what the sum runs over", r"write \sum_k or \sum_{k=1}^n")
            body = f.Over(base.name, item.name, lower, upper, body, at=head.start)
        return body


__all__ = ["Habits", "read_formula"]
