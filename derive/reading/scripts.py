r"""Superscripts, subscripts and primes: which say a layer, an entry or a sample, which a transpose, a power, a prime.

W^{[2]T}     a layer, then a transpose            a^l_j     a layer and an entry            x^{(i)}     a sample
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from . import formula as f
from .errors import LatexError
from .signs import as_text, beside, count_primes, is_raised
from .tree import Bracket, Letter, Node, Number, Product, Raised, Run, Scripted, Sum

LAYERED = frozenset(["W", "w", "b", "z", "a", "Z", "A", "delta", "Delta", "n", "g", "h", "sigma", "phi", "f"])


@dataclass(frozen=True)
class Habits:
    """How letters are used: `square` layers are in square brackets, as [l]; else a bare superscript is a layer."""

    square: bool
    functions: frozenset[str] = frozenset({"g", "h", "f", "sigma", "phi", "Sigma"})
    losses: frozenset[str] = frozenset({"L", "C", "J"})
    names: frozenset[str] = frozenset()  # that are declared with their subscripts or primes: w_1, z'


class ScriptReader(ABC):
    """Reads the scripts of letters, brackets and calls."""

    def __init__(self, habits: Habits) -> None:
        self.habits = habits

    @abstractmethod
    def read(self, node: Node) -> f.Formula:
        """The formula of a node."""

    def name_of(self, head: Node) -> str:
        """w_1, z', C_1: a letter with its subscript or primes as one name."""
        if isinstance(head, Letter):
            return head.name
        if isinstance(head, Scripted) and isinstance(head.base, Letter):
            primes = head.primes + sum(count_primes(u) for u in head.up)
            if head.down or primes:
                return head.base.name + "'" * primes + "".join("_" + as_text(d) for d in head.down)
        return ""

    def scripts(self, value: f.Formula, node: Scripted) -> f.Formula:
        """What superscripts and subscripts of a bracket or a call say: a transpose, a power, an entry, a derivative."""
        if isinstance(node.base, Bracket) and node.base.kind == "|":
            if node.down and as_text(node.down[0]) not in ("2", "F"):
                raise LatexError(node.down[0].start, "of the norms, the 2-norm and the Frobenius norm are read")
            if node.down and isinstance(value, f.Norm):
                value = replace(value, kind=as_text(node.down[0]))
            down: tuple[Node, ...] = ()
        else:
            down = node.down
        if node.primes or any(map(count_primes, node.up)):
            return f.Primed(value, at=node.start)
        ups = [up for up in node.up if down and up.start < down[0].start]  # (A B)^T_{jk}
        for up in ups:
            value = self.raised(value, up)
        if down:
            value = f.Entry(value, self.places(down), at=node.start)
        for up in node.up[len(ups) :]:
            value = self.raised(value, up)
        return value

    def raised(self, value: f.Formula, up: Node) -> f.Formula:
        if isinstance(up, Raised):
            return f.Power(value, self.read(up.exponent), True, at=value.at)
        if isinstance(up, Letter) and up.name == "T":
            return f.Transposed(value, at=value.at)
        if isinstance(up, Letter) and up.name == "prime":
            return f.Primed(value, at=value.at)
        if isinstance(up, Bracket) and up.kind == "{" and len(up.parts) == 1 and isinstance(up.parts[0], Raised):
            return f.Power(value, self.read(up.parts[0].exponent), True, at=value.at)
        return f.Power(value, self.read(up), at=value.at)

    def variable(self, node: Scripted) -> f.Formula:
        """A letter with its scripts."""
        assert isinstance(node.base, Letter)
        name = node.base.name
        if self.name_of(node) in self.habits.names and not (node.up and not any(map(count_primes, node.up))):
            return f.Var(self.name_of(node), at=node.start)
        if name == "1":
            return self.ones(node)
        if name == "I":
            return f.Unit(self.read(node.down[0]) if node.down else None, at=node.start)
        argument = {"delta": "z", "Delta": "Z"}.get(name, "") + "'" * (node.primes + sum(map(count_primes, node.up)))
        if len(argument) > 1 and argument in self.habits.names and not node.down:  # delta' is the gradient in z'
            return f.Var(argument, is_gradient=True, at=node.start)
        layer, sample, after = self.superscripts(node, name)
        if node.primes:
            raise LatexError(node.start, f"{name}' is no variable of the model", "a prime stands after a function")
        if name == "delta" and layer is None and not node.up and len(at := self.places(node.down)) == 2:
            return f.Kronecker(at[0], at[1], at=node.start)
        sub = "".join(as_text(d) for d in node.down)
        entry, down = None, node.down
        if f"{name}_{sub}" in self.habits.names:
            name, sub, down = f"{name}_{sub}", "", ()
        if name == "n" and down and layer is None:
            layer, down = self.place(down[0]), ()
        if down:
            entry = self.places(down)
        value: f.Formula = f.Var(name, layer, entry, sample, sub=sub, at=node.start)
        for up in after:
            value = self.raised(value, up)
            if isinstance(value, f.Power) and entry:
                unclear = up.start < node.down[0].start or value.exponent == f.Neg(f.Num(Fraction(1)))
                value = replace(value, unclear=unclear)
        return value

    def superscripts(self, node: Scripted, name: str) -> tuple[f.Place | None, f.Place | None, list[Node]]:
        """(layer, sample, transposes and powers)"""
        layer, sample = None, None
        after: list[Node] = []
        for up in node.up:
            for part in (up,) if name == "e" and isinstance(up, Run) else beside(up):
                if isinstance(part, Bracket) and part.kind == "[" and len(part.parts) == 1:
                    layer = self.place(part.parts[0])
                elif isinstance(part, Bracket) and part.kind == "(" and len(part.parts) == 1:
                    if self.habits.square or name not in LAYERED:  # x^{(i)} has no layer
                        sample = self.place(part.parts[0])
                    else:
                        layer = self.place(part.parts[0])
                elif isinstance(part, Bracket) and part.kind == "{" and len(part.parts) == 2:
                    first, second = part.parts  # i, l or l, (i)
                    if isinstance(second, Bracket) and second.kind == "(":
                        first, second = second, first
                    sample, layer = self.place(first), self.place(second)
                elif is_raised(part) or (isinstance(part, Letter) and part.name == "T"):
                    after.append(part)
                elif not self.habits.square and name in LAYERED and layer is None:
                    layer = self.place(part)
                else:
                    after.append(part)
        return layer, sample, after

    def ones(self, node: Scripted) -> f.Formula:
        """1_m, 1_m^T, 1_{n x m}"""
        if len(node.down) != 1:
            raise LatexError(node.start, "ones have a size", r"write \mathbf{1}_m")
        if any(not (isinstance(u, Letter) and u.name == "T") for u in node.up) or node.primes:
            raise LatexError(node.start, "of ones, the transpose is read", r"write \mathbf{1}_m^T")
        below = node.down[0]
        sizes = [self.read(r) for r in below.runs] if isinstance(below, Product) else [self.read(below)]
        transposed = any(isinstance(u, Letter) and u.name == "T" for u in node.up)
        return f.Ones(tuple(sizes), transposed, at=node.start)

    def place(self, node: Node) -> f.Place:
        """2, l, l+1, L-1"""
        match node:
            case Number(text) if text.isdigit():
                return f.Place("", int(text))
            case Letter(name):
                return f.Place(name)
            case Bracket("(" | "{", (inner,)):
                return self.place(inner)
            case Sum((Letter(name), Number(text)), ("+", sign)) if text.isdigit():
                return f.Place(name, int(text) if sign == "+" else -int(text))
        raise LatexError(node.start, "this is no layer or index", "expected a number, a letter, or l+1")

    def places(self, nodes: Sequence[Node]) -> tuple[f.Place, ...]:
        """jk, 24, or j, k"""
        found: list[f.Place] = []
        for node in nodes:
            if isinstance(node, Run):
                found += map(self.place, node.factors)
            elif isinstance(node, Bracket) and node.kind == "{":
                found += map(self.place, node.parts)
            elif isinstance(node, Number) and len(node.text) == 2:
                found += [f.Place("", int(digit)) for digit in node.text]
            else:
                found.append(self.place(node))
        return tuple(found)
