r"""A tree of signs -> what the formula says: which letters are called, what stands in a layer, what is differentiated.

    W^{[2]T}             a layer, then a transpose               \sigma'(z)          a call of a derivative
    a^l_j                a layer and an entry                    \frac{\partial J}{\partial b^l_j}     a derivative
    dZ^{[2]}             the gradient in Z^{[2]}                 \sum_k a_k b_k      reaches to the end of the term

Products side by side and with \cdot or \times bind more tightly than \ast, \odot and \circ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from . import formula as f
from .errors import LatexError
from .grammar import read_tree
from .tree import Big, Bracket, Letter, Node, Number, Operator, Product, Raised, Relation, Run, Scripted, Sum
from .tree import Fraction as Frac

LAYERED = frozenset(["W", "w", "b", "z", "a", "Z", "A", "delta", "Delta", "n", "g", "h", "sigma", "phi", "f"])
ONE = f.Num(Fraction(1))


@dataclass(frozen=True)
class Habits:
    """How letters are used: `square` layers are in square brackets, as [l]; else a bare superscript is a layer."""

    square: bool
    functions: frozenset[str] = frozenset({"g", "h", "f", "sigma", "phi", "Sigma"})
    losses: frozenset[str] = frozenset({"L", "C", "J"})
    names: frozenset[str] = frozenset()  # that are declared with their subscripts or primes: w_1, z'


def read_formula(text: str, habits: Habits) -> tuple[f.Statement, ...]:
    """The statements of a formula.  Raises LatexError."""
    try:
        return tuple(Reader(habits).statement(tree) for tree in read_tree(text))
    except RecursionError:
        raise LatexError(0, "the formula is nested too deep") from None


class Reader:
    """One method for each kind of sign."""

    def __init__(self, habits: Habits) -> None:
        self.habits = habits

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
                whole = Product((_tail(run), *runs[k + 1 :]), tuple(signs[k:]), start=run.start, end=runs[-1].end)
                front, big = _front(run), _big(run)
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
        factors = tuple(map(_mul, dotted))
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
        return any(_is_big(x) for x in factors)

    def run(self, factors: list[Node]) -> f.Formula:
        """Factors side by side."""
        found: list[f.Formula] = []
        while factors:
            head = factors.pop(0)
            if _is_big(head):
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
        return _mul(found)

    def factor(self, head: Node, rest: list[Node]) -> f.Formula:
        """One factor; a function takes its argument from the rest."""
        base = head.base if isinstance(head, Scripted) else head
        if isinstance(base, Letter) and base.name == "d" and rest and "d" not in self.habits.names:
            after = rest[0].base if isinstance(rest[0], Scripted) else rest[0]
            if isinstance(after, Letter) and head is base:
                value = self.factor(rest.pop(0), [])
                return _gradient(value, head.start)
        if isinstance(base, Letter) and base.name == "nabla":
            return self.nabla(head, rest)
        if isinstance(base, Letter) and base.name == "partial":
            raise LatexError(base.start, "a differential stands alone", r"expected \frac{\partial ...}{\partial ...}")
        if isinstance(base, Operator):
            return self.call(base.name, head, rest)
        if isinstance(base, Letter) and rest and _is_round(rest[0]):
            if self.name_of(head) in self.habits.names:
                return self.single(head)
            if base.name in self.habits.functions:
                return self.call(base.name, head, rest)
            if base.name in self.habits.losses:
                return self.loss(base, head, rest)
        return self.single(head)

    def name_of(self, head: Node) -> str:
        """w_1, z', C_1: a letter with its subscript or primes as one name."""
        if isinstance(head, Letter):
            return head.name
        if isinstance(head, Scripted) and isinstance(head.base, Letter):
            primes = head.primes + sum(_primes(u) for u in head.up)
            if head.down or primes:
                return head.base.name + "'" * primes + "".join("_" + _plain(d) for d in head.down)
        return ""

    # --- calls --------------------------------------------------------------------------------------------------------

    def call(self, name: str, head: Node, rest: list[Node]) -> f.Formula:
        """f(a), f'(a), f^[l](a), tanh^2(a), \\log a"""
        layer, order, power, entry = None, 0, None, None
        if isinstance(head, Scripted):
            order = head.primes
            for up in head.up:
                for part in up.factors if isinstance(up, Run) else (up,):
                    if isinstance(part, Scripted) and isinstance(part.base, Bracket):
                        layer, order = self.place(part.base.parts[0]), order + part.primes + sum(map(_primes, part.up))
                    elif isinstance(part, Bracket) and part.kind in "[(" and part.parts:
                        layer = self.place(part.parts[0])
                    elif _primes(part):
                        order += _primes(part)
                    elif name in LAYERED and not self.habits.square:
                        layer = self.place(part)
                    else:
                        power = self.read(part)
            entry = self.places(head.down) if head.down else None
        if not rest:
            raise LatexError(head.end, f"the function {name} has no argument", f"write {name}(...)")
        after: Node | None = None
        argument = rest.pop(0)
        if isinstance(argument, Scripted) and _is_round(argument.base):
            after, argument = argument, argument.base
        if isinstance(argument, Bracket) and argument.kind in "([{":
            arguments, options = self.arguments(argument)
        else:
            arguments, options = (self.factor(argument, rest),), ()
        value: f.Formula = f.Apply(name, layer, order, arguments, options, at=head.start)
        if power is not None:
            value = f.Power(value, power, at=head.start)
        if entry is not None:
            value = f.Entry(value, entry, at=head.start)
        return self.scripts(value, after) if isinstance(after, Scripted) else value

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
        sub = "".join(_plain(d) for d in head.down) if isinstance(head, Scripted) else ""
        assert isinstance(bracket, Bracket | Scripted)
        inner = bracket.base if isinstance(bracket, Scripted) else bracket
        assert isinstance(inner, Bracket)
        arguments, _ = self.arguments(inner)
        value: f.Formula = f.Apply(base.name + (f"_{sub}" if sub else ""), layer, 0, arguments, at=head.start)
        return self.scripts(value, bracket) if isinstance(bracket, Scripted) else value

    def nabla(self, head: Node, rest: list[Node]) -> f.Formula:
        """\\nabla_a C"""
        if not isinstance(head, Scripted) or len(head.down) != 1:
            raise LatexError(head.start, "by what?", r"write \nabla_a J")
        by = self.read(head.down[0])
        after = rest[0].base if rest and isinstance(rest[0], Scripted) else rest[0] if rest else None
        if not isinstance(after, Letter) or after.name not in self.habits.losses | {"C", "J", "L"}:
            return _gradient(by, head.start)  # \nabla_a stands for the gradient of the loss
        return f.Partial(self.factor(rest.pop(0), rest), by, at=head.start)

    # --- derivatives --------------------------------------------------------------------------------------------------

    def derivative(self, above: Node, below: Node) -> f.Formula | None:
        """\\partial J / \\partial W, dL / dz; nothing if it is a plain quotient."""
        if not (_differential(above) and _differential(below)):
            return None
        if "d" in self.habits.names and _sign_of(above) == "d":
            return None
        assert isinstance(above, Run)
        return f.Partial(self.run(list(above.factors[1:])), self.differential(below), at=above.start)

    def differential(self, node: Node) -> f.Formula:
        assert isinstance(node, Run)
        return self.run(list(node.factors[1:]))

    def is_operator_of_derivative(self, head: Node) -> bool:
        """\\frac{d}{dz} in front of what is differentiated"""
        return (isinstance(head, Frac) and isinstance(head.top, Letter) and head.top.name in ("d", "partial")
                and _differential(head.bottom))  # fmt: skip

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
        if len(node.parts) == 1 and isinstance(part := node.parts[0], Relation):
            left, right = part.sides[0], part.sides[-1]
            if node.kind == "[" and len(part.signs) == 1 and part.signs[0] in ("<", ">", "<=", ">=") and left and right:
                return f.Indicator(part.signs[0], self.read(left), self.read(right), at=node.start)
            raise LatexError(part.start, "an equation stands in brackets", "expected a value")
        if len(node.parts) == 1:
            return replace(self.read(node.parts[0]), at=node.start)
        return f.Tuple(tuple(map(self.read, node.parts)), at=node.start)

    def scripts(self, value: f.Formula, node: Scripted) -> f.Formula:
        """What superscripts and subscripts of a bracket or a call say: a transpose, a power, an entry, a derivative."""
        if isinstance(node.base, Bracket) and node.base.kind == "|":
            if node.down and _plain(node.down[0]) != "2":
                raise LatexError(node.down[0].start, "of the norms, the 2-norm is read")
            down: tuple[Node, ...] = ()
        else:
            down = node.down
        if node.primes or any(map(_primes, node.up)):
            return f.Primed(value, at=node.start)
        if down:
            value = f.Entry(value, self.places(down), at=node.start)
        for up in node.up:
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
        if self.name_of(node) in self.habits.names and not (node.up and not any(map(_primes, node.up))):
            return f.Var(self.name_of(node), at=node.start)
        if name == "1":
            return self.ones(node)
        if name == "I":
            return f.Unit(self.read(node.down[0]) if node.down else None, at=node.start)
        layer, sample, after = self.superscripts(node, name)
        if node.primes:
            raise LatexError(node.start, f"{name}' is no variable of the model", "a prime stands after a function")
        if name == "delta" and layer is None and not node.up and len(at := self.places(node.down)) == 2:
            return f.Kronecker(at[0], at[1], at=node.start)
        sub = "".join(_plain(d) for d in node.down)
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
        return value

    def superscripts(self, node: Scripted, name: str) -> tuple[f.Place | None, f.Place | None, list[Node]]:
        """(layer, sample, transposes and powers)"""
        layer, sample = None, None
        after: list[Node] = []
        for up in node.up:
            for part in _beside(up):
                if isinstance(part, Bracket) and part.kind == "[" and len(part.parts) == 1:
                    layer = self.place(part.parts[0])
                elif isinstance(part, Bracket) and part.kind == "(" and len(part.parts) == 1:
                    if self.habits.square:
                        sample = self.place(part.parts[0])
                    else:
                        layer = self.place(part.parts[0])
                elif isinstance(part, Bracket) and part.kind == "{" and len(part.parts) == 2:
                    first, second = part.parts  # i, l or l, (i)
                    if isinstance(second, Bracket) and second.kind == "(":
                        first, second = second, first
                    sample, layer = self.place(first), self.place(second)
                elif _is_raised(part) or (isinstance(part, Letter) and part.name == "T"):
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
        below = node.down[0]
        sizes = [self.read(r) for r in below.runs] if isinstance(below, Product) else [self.read(below)]
        transposed = any(isinstance(u, Letter) and u.name == "T" for u in node.up)
        return f.Ones(tuple(sizes), transposed, at=node.start)

    # --- places -------------------------------------------------------------------------------------------------------

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


def _is_raised(part: Node) -> bool:
    r"""\circ p, in braces or not"""
    return isinstance(part, Raised) or (isinstance(part, Bracket) and [*map(type, part.parts)] == [Raised])


def _beside(up: Node) -> tuple[Node, ...]:
    """The parts of a superscript: [2] and T, [1] and \\circ 2."""
    match up:
        case Run(factors):
            return factors
        case Product((first, exponent), ("circ",)):
            return (*_beside(first), Raised(exponent, start=exponent.start, end=exponent.end))
    return (up,)


def _mul(found: list[f.Formula]) -> f.Formula:
    return found[0] if len(found) == 1 else f.Mul(tuple(found), at=found[0].at)


def _gradient(value: f.Formula, at: int) -> f.Formula:
    """d Z^T is the transpose of dZ."""
    match value:
        case f.Var():
            return replace(value, is_gradient=True, at=at)
        case f.Transposed(inner):
            return f.Transposed(_gradient(inner, at), at=at)
        case f.Power(inner, exponent, circle):
            return f.Power(_gradient(inner, at), exponent, circle, at=at)
    raise LatexError(at, "d stands in front of something that is no variable")


def _is_big(node: Node) -> bool:
    return isinstance(node, Big) or (isinstance(node, Scripted) and isinstance(node.base, Big))


def _front(run: Node) -> list[Node]:
    factors = list(run.factors) if isinstance(run, Run) else [run]
    return factors[: next(k for k, x in enumerate(factors) if _is_big(x))]


def _big(run: Node) -> Node:
    factors = list(run.factors) if isinstance(run, Run) else [run]
    return next(x for x in factors if _is_big(x))


def _tail(run: Node) -> Node:
    """What follows the sign of a sum in its run."""
    factors = list(run.factors) if isinstance(run, Run) else [run]
    rest = factors[next(k for k, x in enumerate(factors) if _is_big(x)) + 1 :]
    if not rest:
        raise LatexError(run.end, "a sum of nothing", "expected what is summed")
    return rest[0] if len(rest) == 1 else Run(tuple(rest), start=rest[0].start, end=rest[-1].end)


def _is_round(node: Node) -> bool:
    return (isinstance(node, Bracket) and node.kind == "(") or (isinstance(node, Scripted) and _is_round(node.base))


def _differential(node: Node) -> bool:
    return _sign_of(node) in ("d", "partial") and isinstance(node, Run)


def _sign_of(node: Node) -> str:
    return node.factors[0].name if isinstance(node, Run) and isinstance(node.factors[0], Letter) else ""


def _primes(node: Node) -> int:
    """How many primes a superscript is."""
    match node:
        case Letter("prime" | "'" | "’" | "‘" | "′"):
            return 1
        case Run(factors) if all(map(_primes, factors)):
            return sum(map(_primes, factors))
        case Scripted(base, (), (), primes) if _primes(base):
            return _primes(base) + primes
    return 0


def _plain(node: Node) -> str:
    """A subscript as text."""
    match node:
        case Number(text):
            return text
        case Letter(name):
            return name
        case Run(factors):
            return "".join(map(_plain, factors))
        case Bracket(parts=parts):
            return ",".join(map(_plain, parts))
        case Sum(terms, signs):
            return "".join(f"{s}{_plain(t)}" for s, t in zip(signs, terms, strict=True)).removeprefix("+")
    return "?"
