"""What the parts of a document share: the derivation, the writer of formulas, the words; and its first sections."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sympy import Mul
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.special import OneMatrix

from .document import Block, Equations, Inlines, Items, Line, Paragraph, Reference, Section, Table
from .functions import BY_NAME, canonical, composed, prime
from .layout import COMMA, EQUALS, Bracket, Fraction, Layout, Sign, letter, number, partial, row
from .mathematics import Writer, spaced
from .model_header import model_header
from .nodes import Softmax
from .notation import NAME, Notation
from .shapes import shape_of
from .words import Words

DOTS = Sign(r"\dots", "...")
MEANINGS = {"W": "parameter_W", "b": "parameter_b", "Z": "weighted", "z": "weighted", "A": "activation",
            "a": "activation"}  # fmt: skip


class Article:
    """The derivation, the writer of formulas and the words; `prefix` keeps the labels of two forward passes apart."""

    def __init__(self, derivation: Any, style: Notation, words: Words, hypothesis: str = "", prefix: str = "") -> None:
        self.hypothesis = hypothesis  # a gradient that is supposed, not derived: dZ_{l+1} in an induction
        self.d, self.program = derivation, derivation.program
        self.style, self.words = derivation.style(style), words
        self.writer = Writer(self.style)
        self.late = derivation.factor != 1
        self.cases = derivation.cases()
        self.prefix = prefix

    @cached_property
    def model(self) -> str:
        """The header that names the model."""
        return model_header(self.d, self.style)

    def __call__(self, expr: Any) -> Layout:
        """The layout of an expression."""
        return self.writer.write(expr)

    def shape(self, expr: Any) -> Layout | None:
        """(n, m), or nothing for a number."""
        shape = shape_of(expr)
        return None if shape is None else Bracket(row(self(shape[0]), COMMA, self(shape[1])))

    def section(self, key: str, *blocks: Block, parts: tuple = ()) -> Section:
        return Section(self.words(key, *parts), blocks, self.model)

    def label(self, name: str) -> str:
        """The label of the equation of a variable, or of a gradient."""
        return f"eq:{self.prefix}{name}"

    def reference(self, name: str) -> Reference:
        return Reference(self.label(name))

    def head(self, *keys: str) -> tuple[str, ...]:
        """The head of a table."""
        return tuple(self.words.plain(k) for k in keys)

    @property
    def depth(self) -> str | None:
        """ "L" for a network of symbolic depth."""
        return str(dict(self.program.recipe)["sizes"]) if len(self.cases) > 1 else None

    # ------------------------------------------------------------------ what it is about

    def title(self) -> str:
        if self.depth:
            return self.words.plain("title", self.words.plain("depth", self.depth))
        if not self.program.layers:
            return self.words.plain("title", self.words.plain("program", len(self.program.equations)))
        depth = len(self.program.layers)
        return self.words.plain(
            "title", self.words.plain("network", depth) if depth > 1 else self.words.plain("one_layer")
        )

    def opening(self) -> tuple[Block, ...]:
        """One paragraph: sizes, activations, loss, samples; nothing for a program of one's own."""
        words, m, recipe = self.words, self.program.samples, dict(self.program.recipe)
        if not recipe:
            return ()
        if self.depth:
            names = list(dict.fromkeys(self.function(c.program.equations[1]) for c in reversed(self.cases)))
            any_function = names == [letter("g")]
            about = (
                words("model_depth", letter(self.depth), letter("g"), letter("C"))
                if any_function
                else words("model_depth_named", letter(self.depth), words.joined(names), letter("C"))
            )
        else:
            sizes = [self(v.shape[0]) for v in (*self.program.inputs[:1], *self.activations())]
            used = dict.fromkeys(self.activation_name(k) for k in range(len(self.program.layers)))
            about = words("model", words.joined(sizes), words.joined(list(used)), words.label(self.program.loss))
        parts = [about, words("model_sample") if m is None else words("model_samples", self(m))]
        if recipe.get("l2") is not None:
            above, below = self.l2_factor().as_numer_denom()
            parts.append(words("model_l2", Fraction(self(above), self(below))))
        gap = " " if words.language == "en" else ""
        return (Paragraph(tuple(q for k, p in enumerate(parts) for q in ((gap, *p) if k and gap else p))),)

    def l2_factor(self) -> Any:
        """lambda/(2 m) of lambda/(2 m) sum(W^2)."""
        weights = self.program.parameters[0]
        term = next(t for t in self.program.equations[-1].rhs.args if t.has(weights))
        return Mul(*(f for f in term.as_ordered_factors() if not f.has(weights)))

    def activations(self) -> list[Any]:
        """A_1, A_2, ..., the left sides of every second equation of a network."""
        return [e.lhs for e in self.program.equations[1:-1:2]]

    def activation_name(self, k: int) -> Layout | str:
        """sigma, tanh, g^[1], softmax; the formula of a function without a name."""
        name = self.program.layers[k].activation
        if f"name {name}" in self.words:
            return self.words.plain(f"name {name}")
        return self.function(self.program.equations[2 * k + 1])

    def function(self, equation: Any) -> Layout | str:
        """The function of a = f(z)."""
        if isinstance(equation.rhs, Softmax):
            return "softmax"
        if not isinstance(equation.rhs, ElementwiseApplyFunction):
            return self(equation.rhs)
        return self.writer.named(canonical(equation.rhs.function)) or self(equation.rhs)

    # ------------------------------------------------------------------ conventions and symbols

    def conventions(self) -> Section:
        words, one = self.words, self.program.samples is None
        Z = "z" if one else "Z"
        layered = self.style.variable(f"{Z}l"), self.style.variable(f"d{Z}l")
        items = [words("layout"), words(self.style.name, *layered, letter("l"))]
        if not one:
            items.append(words("samples", self.style.variable("X"), self(self.program.samples)))
            items.append(self.mean(layered))
        items.append(words("hadamard", self.style.hadamard))
        if not one and any(e.rhs.has(OneMatrix) for e in self.program.equations):
            m = self.program.samples
            column, spread = OneMatrix(m, 1), OneMatrix(1, m)
            items.append(words("ones", self(column), self(m), spaced(letter("b"), self(spread)), letter("b")))
        activations = {layer.activation for layer in self.program.layers}
        if "sign" in activations:
            items.append(words("sign_learning"))
        for name in sorted(activations & BY_NAME.keys()):
            if BY_NAME[name].kink and name != "sign":
                zero = row(letter("z"), EQUALS, number(0))
                items.append(words("kinks", self.writer.elementary(name), zero))
        items += self.facts_in_words()
        return self.section("conventions", Items(tuple(items)))

    def facts_in_words(self) -> list[Inlines]:
        """Every column of Y sums to 1: 1^T Y = 1^T."""
        return [
            (*self.words(fact.words, self.style.variable("Y")), row(self(fact.left), EQUALS, self(fact.right)))
            for fact in self.program.facts
        ]

    def mean(self, layered: tuple[Layout, Layout]) -> Inlines:
        m = self(self.program.samples)
        derivative = partial(letter("J"), layered[0])
        share = Fraction(number(1), m)
        if not self.late:
            return self.words("early", layered[1], derivative, share)
        key = "late" if self.style.square else "late_nielsen"
        return self.words(key, layered[1], m, spaced(m, derivative), share)

    def layers(self, first: int = 0) -> Layout:
        """l = 1, ..., L: every layer, without the last `-first`."""
        low = 1 + self.style.shift
        high = (
            letter(self.depth or "L") if first == 0 else row(letter(self.depth or "L"), Sign("-", "-"), number(-first))
        )
        return row(letter("l"), EQUALS, number(low), COMMA, DOTS, COMMA, high)

    def symbols(self) -> Section:
        cases = self.cases[1:] if self.depth else self.cases
        known = {n: s for case in cases for n, s in case.program.symbols.items()}
        if self.depth:  # layer l, which stands for all
            known = {n: s for n, s in known.items() if "+1" not in n} | {"Y": self.program.inputs[-1]}
        rows = []
        for name, symbol in known.items():
            if shape_of(symbol) is None and name not in self.program.by_name and symbol not in self.program.parameters:
                continue
            rows.append(((self(symbol),), (self.shape(symbol) or number(1),), self.meaning(str(symbol), symbol)))
        table = Table(self.head("symbol", "shape", "meaning"), tuple(rows))
        if not self.depth:
            return self.section("symbols", table)
        note = self.words("symbols_depth", letter("l"), self.layers(), letter(self.depth))
        return self.section("symbols", table, Paragraph(note))

    def meaning(self, name: str, symbol: Any) -> Inlines:
        found = NAME.fullmatch(name)
        kind, layer = (found["letter"], found["layer"]) if found else ("", None)
        if layer and (self.program.layers or self.depth) and kind in MEANINGS:
            shown = number(int(layer) + self.style.shift) if layer.isdigit() else self.layer_letter(layer)
            return self.words(MEANINGS[kind], shown)
        if name in self.program.by_name:
            return self.words("cost" if name == str(self.program.equations[-1].lhs) else "intermediate")
        if symbol in self.program.parameters:
            return self.words("parameter")
        keys = {"X": "input", "x": "one_input", "Y": "target", "y": "target"}
        return self.words(keys.get(name, "data"))

    def layer_letter(self, layer: str) -> Layout:
        """l, l-1, l+1."""
        sign = layer[1:2]
        return letter(layer) if not sign else row(letter(layer[0]), Sign(sign, sign), number(layer[2:]))

    # ------------------------------------------------------------------ forward pass

    def forward(self) -> Section:
        return self.section("forward", self.forward_equations(), *self.derivatives())

    def forward_equations(self) -> Equations:
        """z = W a + b, a = g(z), ..., J = loss, each with its number and its shape."""
        found = [e for case in reversed(self.cases[1:]) for e in case.program.equations[:-1]] + list(
            self.program.equations
        )
        return Equations(
            tuple(Line(self(e.lhs), self(e.rhs), (), self.shape(e.lhs), label=self.label(str(e.lhs))) for e in found)
        )

    def derivatives(self) -> tuple[Block, ...]:
        """f'(z) for the activations that have a row of their own; also f(z) for those made of others."""
        names = dict.fromkeys(layer.activation for layer in self.program.layers)
        lines = []
        for name in names:
            for order in (0, 1) if name in composed() else (1,) if name in BY_NAME else ():
                body = prime(canonical(name)) if order else canonical(name)
                left = row(self.writer.primed(self.writer.elementary(name), order), Bracket(letter("z")))
                lines.append(Line(left, Writer(self.style, primes=False).write(body)))
        title = (self.words.plain("derivatives") + self.words.plain("colon"),)
        return (Paragraph(title), Equations(tuple(lines))) if lines else ()

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Equations as plain text for JSON."""
        return tuple((str(e.lhs), str(e.rhs)) for e in self.d.equations)
