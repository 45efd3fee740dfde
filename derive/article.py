"""A derivation -> the document that people read: conventions, symbols, forward pass, backward pass, summary, checks."""

from __future__ import annotations

from typing import Any

from sympy import MatMul
from sympy.matrices.expressions.special import OneMatrix

from .check import check
from .document import Block, Equations, Inlines, Items, Line, Paragraph, Section, Table
from .functions import BY_NAME, prime
from .layout import COMMA, EQUALS, Bracket, Fraction, Layout, Sign, letter, number, partial, row
from .mathematics import Writer, spaced
from .nodes import split
from .notation import NAME, Notation
from .program import variables
from .rules import RULES
from .shapes import shape_of
from .words import Words

IN = Sign(r"\in", "in")
TIMES = Sign(r"\times", "×")


class Article:
    """What the parts of a document share: the derivation, the writer of formulas, and the words."""

    def __init__(self, derivation: Any, style: Notation, words: Words, hypothesis: str = "") -> None:
        self.hypothesis = hypothesis  # a gradient that is supposed, not derived: dZ_{l+1} in an induction
        self.d, self.program = derivation, derivation.program
        self.style, self.words, self.writer = style, words, Writer(style)
        self.late = derivation.factor != 1
        self.cases = derivation.cases()

    def __call__(self, expr: Any) -> Layout:
        """The layout of an expression."""
        return self.writer.write(expr)

    def shape(self, expr: Any) -> Layout | None:
        """(n, m), or nothing for a number."""
        shape = shape_of(expr)
        return None if shape is None else Bracket(row(self(shape[0]), COMMA, self(shape[1])))

    def section(self, key: str, *blocks: Block, parts: tuple = ()) -> Section:
        return Section(self.words(key, *parts), blocks)

    # ------------------------------------------------------------------ conventions and symbols

    def title(self) -> str:
        if len(self.cases) > 1:
            return self.words.plain("title", self.words.plain("depth", dict(self.program.recipe)["sizes"]))
        if not self.program.layers:
            return self.words.plain("title", self.words.plain("program", len(self.program.equations)))
        depth = len(self.program.layers)
        return self.words.plain(
            "title", self.words.plain("network", depth) if depth > 1 else self.words.plain("one_layer")
        )

    def conventions(self) -> Section:
        words, one = self.words, self.program.samples is None
        Z = "z" if one else "Z"
        layered = self.style.variable(f"{Z}l"), self.style.variable(f"d{Z}l")
        items = [words("layout"), words(self.style.name, *layered)]
        if not one:
            items.append(words("samples", self.style.variable("X"), self(self.program.samples)))
            items.append(self.mean(layered))
        items.append(words("hadamard", self.style.hadamard))
        if not one and any(e.rhs.has(OneMatrix) for e in self.program.equations):
            m = self.program.samples
            column, spread = OneMatrix(m, 1), OneMatrix(1, m)
            items.append(words("ones", self(column), self(m), spaced(letter("b"), self(spread))))
        activations = {layer.activation for layer in self.program.layers}
        if "sign" in activations:
            items.append(words("sign_learning"))
        for name in sorted(activations & BY_NAME.keys()):
            if BY_NAME[name].kink and name != "sign":
                items.append(words("kinks", self.writer.elementary(BY_NAME[name])))
        for fact in self.program.facts:
            items.append((*words(fact.words, self.style.variable("Y")), row(self(fact.left), EQUALS, self(fact.right))))
        return self.section("conventions", Items(tuple(items)))

    def mean(self, layered: tuple[Layout, Layout]) -> Inlines:
        m = self(self.program.samples)
        derivative = partial(letter("J"), layered[0])
        share = Fraction(number(1), m)
        if not self.late:
            return self.words("early", layered[1], derivative, share)
        key = "late" if self.style.square else "late_nielsen"
        return self.words(key, layered[1], m, spaced(m, derivative), share)

    def symbols(self) -> Section:
        rows = []
        for name, symbol in {n: s for case in self.cases for n, s in case.program.symbols.items()}.items():
            if shape_of(symbol) is None and name not in self.program.by_name and symbol not in self.program.parameters:
                continue
            rows.append(((self(symbol),), (self.shape(symbol) or "1",), self.meaning(name, symbol)))
        head = tuple(self.words.plain(k) for k in ("symbol", "shape", "meaning"))
        return self.section("symbols", Table(head, tuple(rows)))

    def meaning(self, name: str, symbol: Any) -> Inlines:
        found = NAME.fullmatch(name)
        kind, layer = (found["letter"], found["layer"]) if found else ("", None)
        if layer and (self.program.layers or len(self.cases) > 1):
            key = {
                "W": "parameter_W",
                "b": "parameter_b",
                "Z": "weighted",
                "z": "weighted",
                "A": "activation",
                "a": "activation",
            }.get(kind)
            if key:
                return self.words(key, str(int(layer) + self.style.shift) if layer.isdigit() else layer)
        if name in self.program.by_name:
            return self.words("cost" if name == str(self.program.equations[-1].lhs) else "intermediate")
        if symbol in self.program.parameters:
            return self.words("parameter")
        keys = {"X": "input", "x": "one_input", "Y": "target", "y": "target"}
        return self.words(keys.get(name, "data"))

    # ------------------------------------------------------------------ forward and backward pass

    def forward(self) -> Section:
        found = [e for case in reversed(self.cases[1:]) for e in case.program.equations[:-1]] + list(
            self.program.equations
        )
        lines = tuple(Line(self(e.lhs), self(e.rhs), (), self.shape(e.lhs)) for e in found)
        return self.section("forward", Equations(lines), *self.derivatives())

    def derivatives(self) -> tuple[Block, ...]:
        """f'(z) for the activations that have a row of their own."""
        names = dict.fromkeys(layer.activation for layer in self.program.layers)
        lines = []
        for name in names:
            if name in BY_NAME:
                row_found = BY_NAME[name]
                left = row(self.writer.primed(self.writer.elementary(row_found), 1), Bracket(letter("z")))
                lines.append(Line(left, Writer(self.style, primes=False).write(prime(row_found.body))))
        return (Paragraph((self.words.plain("derivatives") + ":",)), Equations(tuple(lines))) if lines else ()

    def backward(self) -> Section:
        blocks: list[Block] = []
        for equation in self.d.equations:
            if str(equation.lhs) != self.hypothesis:
                blocks.append(Equations(self.chain(equation), label=f"eq:{equation.lhs}"))
        return self.section("backward", *blocks)

    def chain(self, equation: Any) -> tuple[Line, ...]:
        """dZ = what arrived, then one line for each rewrite, the shape at the end."""
        target = str(equation.lhs)
        lines: list[Line] = []
        for step in self.d.steps:
            if step.target != target or step.kind == "rule":
                continue
            left = self(equation.lhs) if not lines else None
            if step.rule == "average":  # until here the chain was that of m dW
                first = lines[0]
                scaled = spaced(self(self.program.samples), self(equation.lhs))
                lines[0] = Line(scaled, first.right, first.reason)
                left = self(equation.lhs)
            reason = self.arrival(target) if step.kind == "paths" else self.reason(step)
            lines.append(Line(left, self(step.gives[0]), reason))
        *before, last = lines
        return (*before, Line(last.left, last.right, last.reason, self.shape(equation.lhs)))

    def arrival(self, target: str) -> Inlines:
        """The rules that brought something to a variable, with the equation in which they were used."""
        variable = self.program.symbols[target[1:]]
        found: dict[tuple[str, str], None] = {}
        for step in self.d.steps:
            if step.kind == "rule" and variable in step.parts:
                found[step.rule, step.target[1:]] = None
        if not found and (direct := [e for e in self.program.equations if e.rhs == variable]):
            found["identity", str(direct[0].lhs)] = None
        parts: list[Any] = []
        for rule, user in found:
            parts += [", " if parts else "", rule + " ", *self.words("in_equation"), self.style.variable(user)]
        return tuple(p for p in parts if p != "")

    def reason(self, step: Any) -> Inlines:
        """The name of a rewrite, with what it uses."""
        using = step.given[1]
        head = step.label or self.words.plain(step.rule)
        if step.label or step.rule in ("average", "cancel entry by entry", "ones disappear", "multiply out"):
            return (head,)
        if step.rule == "insert":
            return (head, self(using.lhs))
        return (head, row(self(using.lhs), EQUALS, self(using.rhs)))

    # ------------------------------------------------------------------ summary, dimensions, steps, checks

    def summary(self) -> Section:
        """The equations that one keeps, by their usual numbers."""
        if len(self.cases) > 1:
            lines = tuple(Line(self(e.lhs), self(e.rhs), (f"({name})",)) for name, e in self.d.bp.items())
        else:
            lines = tuple(
                Line(self(e.lhs), self(e.rhs), self.usual_number(e)) for e in self.d.equations if not self.inlined(e)
            )
        return self.section("summary", Equations(lines, boxed=True))

    def usual_number(self, equation: Any) -> Inlines:
        """BP1 for the last layer, BP2 for those below, BP3 for biases, BP4 for weights."""
        found = NAME.fullmatch(str(equation.lhs))
        if not found or not self.program.layers or not found["layer"]:
            return ()
        last = int(found["layer"]) == len(self.program.layers)
        kind = {"W": "BP4", "b": "BP3", "Z": "BP1" if last else "BP2"}.get(found["letter"].replace("z", "Z"))
        return (f"({kind})",) if kind else ()

    def inlined(self, equation: Any) -> bool:
        """A gradient that no other formula names and that is not asked for: dA2 when dZ2 = A2 - Y."""
        if str(equation.lhs)[1:] in {str(p) for case in self.cases for p in case.program.parameters}:
            return False
        return not any(equation.lhs in variables(e.rhs) for e in self.d.equations)

    def dimensions(self) -> Section:
        rows = []
        for equation in self.d.equations:
            if shape_of(equation.lhs) is None or self.inlined(equation) or str(equation.lhs) == self.hypothesis:
                continue
            rows.append(
                (
                    (self(equation.lhs),),
                    (self.shape(equation.lhs) or "",),
                    (self(equation.rhs),),
                    (self.factors(equation.rhs),),
                )
            )
        if not rows:
            return self.section("dimensions")
        head = tuple(self.words.plain(k) for k in ("gradient", "shape", "computed", "fits"))
        return self.section("dimensions", Table(head, tuple(rows)))

    def factors(self, expr: Any) -> Layout:
        """The shapes of the factors of a product in their order, else the shape of the whole."""
        _, rest = split(expr)
        parts = rest.args if isinstance(rest, MatMul) else (rest,)
        arrow = Sign(r"\to", "->")
        shown = [s for p in parts if (s := self.shape(p)) is not None]
        if len(shown) < 2:
            return shown[0]
        return row(*shown, Sign(r"\;", " "), arrow, Sign(r"\;", " "), self.shape(expr) or number(1))

    def steps(self) -> Section:
        rows = []
        for k, step in enumerate(self.d.steps, 1):
            before, after = step.shapes
            name = step.label or step.rule
            rows.append(
                (
                    (str(k),),
                    (self.style.variable(step.target),),
                    (name,),
                    (self.shapes(before[:1]), " -> ", self.shapes(after)),
                )
            )
        head = tuple(self.words.plain(k) for k in ("number", "for", "rule", "shapes_before_after"))
        used = dict.fromkeys(s.rule for s in self.d.steps if s.kind == "rule")
        laws = tuple(((name,), (RULES[name].law,), (RULES[name].source,)) for name in used)
        law_head = tuple(self.words.plain(k) for k in ("rule", "law", "source"))
        return self.section("steps", self.section("rules_used", Table(law_head, laws)), Table(head, tuple(rows)))

    def shapes(self, shapes: tuple) -> Layout:
        found = [Bracket(row(self(s[0]), COMMA, self(s[1]))) if s else number("1") for s in shapes]
        return row(*(q for k, p in enumerate(found) for q in ((COMMA, p) if k else (p,)))) if found else number("")

    def checked(self) -> Section:
        found = check(self.d)
        lines = [self.words("checked_steps", found.steps), self.words("checked_gradients", len(found.gradients))]
        if found.except_on:
            lines.append(self.words("checked_kinks"))
        return self.section("checked", Items(tuple(lines)))

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Equations as plain text for JSON."""
        return tuple((str(e.lhs), str(e.rhs)) for e in self.d.equations)

    def closing(self) -> tuple[Section, ...]:
        """What ends every document: summary, dimension check, what was checked."""
        dimensions = self.dimensions()
        return (self.summary(), *((dimensions,) if dimensions.blocks else ()), self.checked())
