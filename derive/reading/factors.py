r"""Single factors: numbers, letters, brackets, calls such as \sigma'(z), derivatives and differentials."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from fractions import Fraction

from . import formula as f
from .errors import LatexError
from .scripts import LAYERED, ScriptReader
from .signs import as_text, count_primes, gradient_of, is_differential, is_round, sign_of
from .spellings import INDICATOR
from .tree import Bracket, Letter, Node, Number, Operator, Raised, Relation, Run, Scripted
from .tree import Fraction as Frac


class FactorReader(ScriptReader):
    """Reads one factor; a function takes its argument from the factors that follow."""

    @abstractmethod
    def run(self, factors: list[Node]) -> f.Formula:
        """Factors side by side."""

    def factor(self, head: Node, rest: list[Node]) -> f.Formula:
        """One factor; a function takes its argument from the rest."""
        base = head.base if isinstance(head, Scripted) else head
        if isinstance(base, Letter) and base.name == "d" and rest and "d" not in self.habits.names:
            after = rest[0].base if isinstance(rest[0], Scripted) else rest[0]
            if isinstance(after, Letter) and head is base:
                value = self.factor(rest.pop(0), [])
                return gradient_of(value, head.start)
        if isinstance(base, Letter) and base.name == "nabla":
            return self.nabla(head, rest)
        if isinstance(base, Letter) and base.name == "partial":
            raise LatexError(base.start, "a differential stands alone", r"expected \frac{\partial ...}{\partial ...}")
        if isinstance(base, Operator):
            return self.indicator(head, rest) if base.name == INDICATOR else self.call(base.name, head, rest)
        if isinstance(base, Letter) and rest and is_round(rest[0]):
            if self.name_of(head) in self.habits.names:
                return self.single(head)
            if isinstance(head, Scripted) and (name := self.below(head)) in self.habits.functions:
                return self.call(name, replace(head, down=()), rest)
            if base.name in self.habits.functions:
                return self.call(base.name, head, rest)
            if base.name in self.habits.losses:
                return self.loss(base, head, rest)
        return self.single(head)

    def below(self, head: Scripted) -> str:
        """C_1 of C_1'"""
        return self.name_of(replace(head, up=(), primes=0)) if head.down else ""

    # --- calls --------------------------------------------------------------------------------------------------------

    def call(self, name: str, head: Node, rest: list[Node]) -> f.Formula:
        """f(a), f'(a), f^[l](a), tanh^2(a), \\log a"""
        layer, order, power, entry = None, 0, None, None
        if isinstance(head, Scripted):
            order = head.primes
            for up in head.up:
                for part in up.factors if isinstance(up, Run) else (up,):
                    if isinstance(part, Scripted) and isinstance(part.base, Bracket):
                        layer = self.place(part.base.parts[0])
                        order += part.primes + sum(map(count_primes, part.up))
                    elif isinstance(part, Bracket) and part.kind in "[(" and part.parts:
                        layer = self.place(part.parts[0])
                    elif count_primes(part):
                        order += count_primes(part)
                    elif name in LAYERED and not self.habits.square:
                        layer = self.place(part)
                    else:
                        power = self.read(part)
                        if isinstance(power, f.Neg):
                            raise LatexError(
                                part.start, f"{name}^{{-1}} may be the inverse function", "write a quotient"
                            )
            entry = self.places(head.down) if head.down else None
        if not rest:
            raise LatexError(head.end, f"the function {name} has no argument", f"write {name}(...)")
        after: Node | None = None
        argument = rest.pop(0)
        if isinstance(argument, Scripted) and is_round(argument.base):
            after, argument = argument, argument.base
        if isinstance(argument, Bracket) and argument.kind in "([{":
            arguments, options = self.arguments(argument)
        else:
            arguments, options = (self.factor(argument, rest),), ()
            if rest and not self.begins_call(rest[0]):
                raise LatexError(rest[0].start, f"it is not plain whether {name} reaches so far", f"write {name}(...)")
        value: f.Formula = f.Apply(name, layer, order, arguments, options, at=head.start)
        if power is not None:
            value = f.Power(value, power, at=head.start)
        if entry is not None:
            value = f.Entry(value, entry, at=head.start)
        return self.scripts(value, after) if isinstance(after, Scripted) else value

    def indicator(self, head: Node, rest: list[Node]) -> f.Formula:
        """1(Z > 0), 1[Z > 0], 1{Z > 0}, 1_{Z > 0}: the same as [Z > 0]"""
        below = head.down[0] if isinstance(head, Scripted) else None
        after = replace(head, down=()) if isinstance(head, Scripted) else rest.pop(0)
        inside = below or (after.base if isinstance(after, Scripted) else after)
        if isinstance(inside, Relation):
            inside = Bracket("[", (inside,), start=inside.start, end=inside.end)
        if not isinstance(inside, Bracket):
            raise LatexError(head.start, "an indicator has a condition in brackets", r"write \mathbb{1}(Z > 0)")
        value = self.bracket(replace(inside, kind="["))
        if not isinstance(value, f.Indicator):
            raise LatexError(inside.start, "an indicator has one condition", "such as (Z > 0)")
        return self.scripts(value, after) if isinstance(after, Scripted) else value

    def begins_call(self, node: Node) -> bool:
        """The next function of log a log b, where the first one ends."""
        return isinstance(node.base if isinstance(node, Scripted) else node, Operator)

    def arguments(self, bracket: Bracket) -> tuple[tuple[f.Formula, ...], tuple[tuple[str, f.Formula], ...]]:
        """(dZ, axis = 1, keepdims = True)"""
        plain, options = [], []
        for part in bracket.parts:
            if isinstance(part, Relation):
                left, right = part.sides[0], part.sides[-1]
                if part.signs != ("=",) or not isinstance(left, Letter) or right is None:
                    raise LatexError(part.start, "an equation stands in the argument of a function")
                options.append((left.name, self.read(right)))
            else:
                plain.append(self.read(part))
        return tuple(plain), tuple(options)

    def loss(self, base: Letter, head: Node, rest: list[Node]) -> f.Formula:
        """L(a, y): the loss, whatever it is said to be a function of."""
        bracket = rest.pop(0)
        layer = None
        if isinstance(head, Scripted) and head.up:
            raise LatexError(head.start, "a loss has no superscript")
        sub = "".join(as_text(d) for d in head.down) if isinstance(head, Scripted) else ""
        assert isinstance(bracket, Bracket | Scripted)
        inner = bracket.base if isinstance(bracket, Scripted) else bracket
        assert isinstance(inner, Bracket)
        arguments, _ = self.arguments(inner)
        value: f.Formula = f.Apply(base.name + (f"_{sub}" if sub else ""), layer, 0, arguments, at=head.start)
        return self.scripts(value, bracket) if isinstance(bracket, Scripted) else value

    def nabla(self, head: Node, rest: list[Node]) -> f.Formula:
        """\\nabla_a C, of brackets, or of one factor; alone, \\nabla_a stands for the gradient of the loss."""
        if not isinstance(head, Scripted) or len(head.down) != 1:
            raise LatexError(head.start, "by what?", r"write \nabla_a J")
        if head.up or head.primes:
            raise LatexError(head.start, "of nabla, the gradient is read", r"write \nabla_a J")
        by = self.read(head.down[0])
        after = rest[0].base if rest and isinstance(rest[0], Scripted) else rest[0] if rest else None
        if not rest:
            return gradient_of(by, head.start)
        loss = isinstance(after, Letter) and after.name in self.habits.losses | {"C", "J", "L"}
        start, of = rest[0].start, self.factor(rest.pop(0), rest)
        alone = loss or isinstance(after, Bracket) or not (rest or isinstance(of, f.Var))
        if not alone or isinstance(of, f.Transposed):
            raise LatexError(start, "it is not plain what the gradient is taken of",
                             r"write \nabla_a (...), or (\nabla_a J)^T")  # fmt: skip
        return f.Partial(of, by, at=head.start)

    # --- derivatives --------------------------------------------------------------------------------------------------

    def derivative(self, above: Node, below: Node) -> f.Formula | None:
        """\\partial J / \\partial W, dL / dz; nothing if it is a plain quotient."""
        if not (is_differential(above) and is_differential(below)):
            return None
        if "d" in self.habits.names and sign_of(above) == "d":
            return None
        assert isinstance(above, Run)
        return f.Partial(self.run(list(above.factors[1:])), self.differential(below), at=above.start)

    def differential(self, node: Node) -> f.Formula:
        assert isinstance(node, Run)
        return self.run(list(node.factors[1:]))

    def is_operator_of_derivative(self, head: Node) -> bool:
        """\\frac{d}{dz} in front of what is differentiated"""
        return (isinstance(head, Frac) and isinstance(head.top, Letter) and head.top.name in ("d", "partial")
                and is_differential(head.bottom))  # fmt: skip

    # --- single factors -----------------------------------------------------------------------------------------------

    def single(self, node: Node) -> f.Formula:
        """A factor without its neighbours."""
        match node:
            case Number(text):
                return f.Num(Fraction(text), at=node.start)
            case Letter(name):
                return f.Unit(None, at=node.start) if name == "I" else f.Var(name, at=node.start)
            case Frac(top, bottom):
                if (found := self.derivative(top, bottom)) is not None:
                    return replace(found, at=node.start)
                return f.Div(self.read(top), self.read(bottom), at=node.start)
            case Bracket():
                return self.bracket(node)
            case Scripted(Letter()):
                return self.variable(node)
            case Scripted():
                return self.scripts(self.single(node.base), node)
            case Raised():
                raise LatexError(node.start, "a sign of a product stands here", "expected a value")
        return self.read(node)

    def bracket(self, node: Bracket) -> f.Formula:
        """( ... ), a shape, an indicator, a norm"""
        if node.kind == "|":
            if len(node.parts) != 1:
                raise LatexError(node.start, "a norm has one argument")
            return f.Norm(self.read(node.parts[0]), at=node.start)
        if not node.parts:
            raise LatexError(node.start, "nothing stands in the brackets", "expected a value")
        if len(node.parts) == 1 and isinstance(part := node.parts[0], Relation):
            left, right = part.sides[0], part.sides[-1]
            if node.kind == "[" and len(part.signs) == 1 and part.signs[0] in ("<", ">", "<=", ">=") and left and right:
                return f.Indicator(part.signs[0], self.read(left), self.read(right), at=node.start)
            raise LatexError(part.start, "an equation stands in brackets", "expected a value")
        if len(node.parts) == 1:
            return replace(self.read(node.parts[0]), at=node.start)
        return f.Tuple(tuple(map(self.read, node.parts)), at=node.start)
