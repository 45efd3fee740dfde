"""A text with formulas -> sections: a text in the claims language with an assert for each equation, and what it is.

A header begins a section: the model for the formulas below it.  An equation is a claim; it is a definition if its left
side is a name that is new.  What has no = claims nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..claims.errors import ClaimsError, Place
from ..claims.reading import read
from . import formula as f
from .documents import Header, Lines, Math, finds
from .errors import LatexError, UnknownName
from .meaning import read_formula
from .model import HeaderError, Model, claims_name, read_header
from .writing import Piece, Writer

BEGIN = "begin with <!-- backproof: mlp 2 layers notation=ng -->, in LaTeX % backproof: ..."
MOST = 2_000  # formulas of a file
COUNTERS = frozenset(["i", "j", "k", "l", "L", "N"])  # letters of indices and layers: l = 2, 3 says nothing
CLAIM, DEFINITION, NO_CLAIM, UNREAD = "claim", "definition", "not a claim", "cannot be read"


@dataclass
class Equation:
    """One equation of the text: where it stands, what it is, and the lines of its section that say it."""

    line: int
    column: int
    text: str
    kind: str
    asserted: bool = True
    message: str = ""
    advice: str = ""
    lines: list[tuple[int, str, str]] = field(default_factory=list)  # (line of the section, claim, "l = 2")
    rests_on: list[int] = field(default_factory=list)  # lines of formulas for gradients that it uses


@dataclass
class Section:
    """A model and what is said of it, in the claims language."""

    model: Model | None
    lines: list[str] = field(default_factory=list)
    equations: list[Equation] = field(default_factory=list)
    supports: dict[str, int] = field(default_factory=dict)  # dZ2 -> the line that says that its formula is right

    @property
    def claims(self) -> str:
        """A file of the claims language."""
        return "\n".join(self.lines) + "\n"


@dataclass(frozen=True)
class Notes:
    """A text with formulas, read."""

    sections: tuple[Section, ...]

    @property
    def equations(self) -> list[Equation]:
        return [e for section in self.sections for e in section.equations]


def read_notes(text: str, name: str, is_latex: bool) -> Notes:
    """Raises ClaimsError, with line and column, where a header cannot be read or is missing."""
    return _Reading(text, name, is_latex).read()


def told(equation: Equation, name: str, text: str) -> str:
    """What cannot be read: file, line, column, the source line and a caret."""
    source = text.split("\n")[equation.line - 1]
    return str(ClaimsError(name, Place(equation.line, equation.column), source, equation.message, equation.advice))


class _Reading:
    """Goes through a text."""

    def __init__(self, text: str, name: str, is_latex: bool) -> None:
        self.text, self.name, self.is_latex, self.lines = text, name, is_latex, Lines(text)

    def problem(self, offset: int, message: str, advice: str = "") -> ClaimsError:
        line, column = self.lines.place(offset)
        return ClaimsError(self.name, Place(line, column), self.lines.text[line - 1], message, advice)

    def read(self) -> Notes:
        sections: list[Section] = []
        said, count = "", 0
        for found in finds(self.text, self.is_latex):
            if isinstance(found, Header):
                if found.text in ("wrong", "ignore"):
                    said = found.text
                    continue
                sections.append(self.section(found))
                continue
            count += 1
            if count > MOST:
                raise self.problem(found.offset, f"the file has more than {MOST:,} formulas")
            asserted, ignored, said = said != "wrong", said == "ignore", ""
            if ignored:
                continue
            if not sections:
                if "=" in found.text:
                    raise self.problem(found.offset, "no model is named above this formula", BEGIN)  # fmt: skip
                continue
            self.formula(sections[-1], found, asserted)
        if not sections:
            raise self.problem(0, "the file names no model", BEGIN)  # fmt: skip
        return Notes(tuple(sections))

    def section(self, header: Header) -> Section:
        try:
            model = read_header(header.text)
        except HeaderError as error:
            above = header.text.split("\n")[: error.line]
            raise self.problem(
                header.offset + sum(len(line) + 1 for line in above), error.message, error.advice
            ) from None
        found = Section(model, model.claims.rstrip("\n").split("\n"))
        found.said = SectionReader(found)  # type: ignore[attr-defined]
        return found

    def formula(self, section: Section, math: Math, asserted: bool) -> None:
        reader: SectionReader = section.said  # type: ignore[attr-defined]
        model = section.model
        assert model is not None
        try:
            statements = read_formula(math.text, replace(model.habits, names=model.habits.names | reader.spelled))
        except LatexError as error:
            kind = UNREAD if "=" in math.text else NO_CLAIM
            section.equations.append(self.equation(math, error.offset, _one_line(math.text), kind, asserted, error))
            return
        last: f.Formula | None = None
        for s in statements:
            sides = (last, *s.sides[1:]) if s.sides[0] is None else s.sides
            shown = _one_line(math.text[s.start : s.end])
            if sides[0] is None:
                alone = LatexError(s.start, "the equation has no left side")
                section.equations.append(self.equation(math, s.start, shown, UNREAD, asserted, alone))
                continue
            found = self.equation(math, s.start, shown, NO_CLAIM, asserted)
            section.equations.append(found)
            last = sides[-1]
            if not s.signs or set(s.signs) != {"="} or _dots(sides):
                continue
            try:
                reader.statement(found, [x for x in sides if x is not None])
            except LatexError as error:
                at = error.offset or s.start
                if _counts(sides[0]):
                    continue
                found.kind, found.message, found.advice = UNREAD, error.message, error.advice
                found.line, found.column = self.lines.place(math.offset + at)

    def equation(self, math: Math, at: int, text: str, kind: str, asserted: bool, error: Any = None) -> Equation:
        line, column = self.lines.place(math.offset + at)
        return Equation(
            line, column, text, kind, asserted, error.message if error else "", error.advice if error else ""
        )


class SectionReader:
    """Writes the equations of one section below its model."""

    def __init__(self, section: Section) -> None:
        self.section = section
        assert section.model is not None
        self.model: Model = section.model
        self.shared: dict[str, str] = {}  # gradients: dZ2 -> grad(J, Z2)
        self.defined: list[str] = []  # S = ..., in the words of the text
        self.names: dict[str, str] = {}
        self.count = 0

    @property
    def spelled(self) -> frozenset[str]:
        return frozenset(n for n in self.names if "_" in n)

    def statement(self, found: Equation, sides: list[f.Formula]) -> None:
        """An assert for each = and each layer, or a definition."""
        letters = sorted(_layers(sides))
        if not letters:
            self.one(found, sides, "")
            return
        if len(letters) > 1:
            raise LatexError(sides[0].at, f"the letters {' and '.join(letters)} stand for layers", "one letter may")
        letter, problem, several = letters[0], None, 0
        for number in range(self.model.first, self.model.depth + 1):
            try:
                self.one(found, [f.layered(x, letter, number) for x in sides], f"{letter} = {number}")
                several += 1
            except UnknownName as error:
                problem = problem or error
        if not several:
            raise problem or LatexError(sides[0].at, f"no layer {letter} fits")

    def one(self, found: Equation, sides: list[f.Formula], note: str) -> None:
        sides = [unrolled(x, self.model) for x in sides]
        by = next((name for x in sides if (name := self.by(x))), "")
        shared = dict(self.shared)
        writer = Writer(self.model, shared, self.defined, by)
        if not note and (name := self.new(sides[0], writer)):
            self.define(found, name, sides, writer, shared)
            return
        target = writer.gradient_of(sides[0])
        shape = isinstance(sides[-1], f.Tuple)
        left = writer.write(sides[0]) if not target or shape else None
        rights = [writer.write(x) for x in sides[1:]]
        lefts, texts = [left, *rights], []
        for left, right, side in zip(lefts, rights, sides, strict=False):
            if target and not shape:
                if right.axes is not None:
                    raise LatexError(side.at, f"an array, d{target}, is compared with entries", "write its indices too")
                texts.append(self.of_gradient(target, right))
            elif left is not None:
                texts.append(self.pair(left, right, writer, side.at))
        self.add(found, texts, writer, shared, note, sides[0].at)

    def of_gradient(self, target: str, right: Piece) -> str:
        """dZ2 = ... says grad(J, Z2) == (...) / m where 1/m stands late."""
        left = f"grad({self.model.loss}, {target})"
        return f"{left} == {right.at(1)} / {self.model.late}" if self.model.scale(target) else f"{left} == {right.text}"

    def needed(self, shared: dict[str, str], found: Equation) -> list[str]:
        """Definitions of gradients that are new, each with the claim that it is right if it is more than a name."""
        lines = []
        for name, text in shared.items():
            if name in self.shared:
                continue
            lines.append(f"{name} = {text}")
            if name in self.model.gradients:
                target = name[1:]
                share = f" / {self.model.late}" if self.model.scale(target) else ""
                lines.append(f"assert grad({self.model.loss}, {target}) == {name}{share}")
                self.section.supports[name] = len(self.section.lines) + len(lines)
        return lines

    def definitions(self) -> list[str]:
        """The section without its claims."""
        return [line for line in self.section.lines if not line.startswith("assert ")]

    def pair(self, left: Piece, right: Piece, writer: Writer, at: int) -> str:
        """left == right, both with the same kind of axes; a shape on the right is compared with the shape."""
        if right.text.startswith("(") and "," in right.text and right.text.endswith(")") and _is_tuple(right.text):
            return f"{left.at(4)}.shape == {right.text}"
        (left, right), _ = writer.aligned([left, right], at)
        return f"{left.at(1) if '==' in left.text else left.text} == {right.text}"

    def add(
        self, found: Equation, texts: Sequence[str], writer: Writer, shared: dict[str, str], note: str, at: int
    ) -> None:
        """The asserts below what they need, after they were read once."""
        needed = self.needed(shared, found)
        fresh = {}
        for _letter, (name, size) in writer.indices.items():
            self.count += 1
            fresh[name] = f"{name}_{self.count}" if "_" not in name else f"{name}{self.count}"
            needed.append(f"{fresh[name]} = index({size})")
        texts = [_renamed(t, fresh) for t in texts]
        asserts = [f"assert {'' if found.asserted else 'not '}{t}" for t in texts]
        try:
            read("\n".join([*self.definitions(), *needed, *asserts]), "the formula")
        except ClaimsError as error:
            raise LatexError(at, f"read as {'; '.join(texts)}: {error.message}", error.advice) from None
        self.shared.update(shared)
        self.section.lines += needed
        for text, line in zip(texts, asserts, strict=True):
            self.section.lines.append(line)
            found.lines.append((len(self.section.lines), text, note))
            found.rests_on += [n for name, n in self.section.supports.items() if re.search(rf"\b{name}\b", text)]
        found.kind = CLAIM

    def new(self, left: f.Formula, writer: Writer) -> str:
        """The name that a definition gives, where the left side is a name that nobody knows."""
        if (
            not isinstance(left, f.Var)
            or left.layer
            or left.is_gradient
            or left.letter in ("delta", "Delta", "e", "pi")
        ):
            return ""
        if left.entry and not left.sub:
            return ""
        try:
            writer.write(left)
        except LatexError:
            name = claims_name(left.letter.replace("hat", "_hat")) + (f"_{left.sub}" if left.sub else "")
            simple = name.replace("'", "p").replace(",", "_")
            return simple if simple.isidentifier() and left.letter not in COUNTERS else ""
        return ""

    def define(
        self, found: Equation, name: str, sides: list[f.Formula], writer: Writer, shared: dict[str, str]
    ) -> None:
        if name in self.model.names:
            raise LatexError(sides[0].at, f"{name} is something else in the model")
        piece = writer.write(sides[1])
        if piece.axes or writer.indices:
            raise LatexError(sides[0].at, f"{name} is defined entry by entry", "define the whole array")
        needed = self.needed(shared, found)
        try:
            read("\n".join([*self.definitions(), *needed, f"{name} = {piece.text}"]), "the formula")
        except ClaimsError as error:
            raise LatexError(sides[0].at, f"read as {name} = {piece.text}: {error.message}", error.advice) from None
        self.shared.update(shared)
        self.section.lines += [*needed, f"{name} = {piece.text}"]
        self.defined.append(f"{name} = {piece.text}")
        found.kind = DEFINITION
        if len(sides) > 2:
            self.one(found, sides[1:], "")

    def by(self, side: f.Formula) -> str:
        """By what a side differentiates."""
        writer = Writer(self.model, {}, self.defined)
        for part in f.parts(side):
            try:
                if isinstance(part, f.Partial) and isinstance(part.by, f.Var):
                    return writer.name(part.by)
                if isinstance(part, f.Var) and part.is_gradient:
                    return writer.name(replace(part, is_gradient=False))
            except LatexError:
                continue
        return ""


def unrolled(formula: f.Formula, model: Model) -> f.Formula:
    """prod_{k=l}^{L-1} of matrices, factors in the order of k."""
    match formula:
        case f.Over(sign, index, lower, upper, body) if _layer_index(body, index) and lower and upper:
            first, last = (_integer(x, model) for x in (lower, upper))
            rest: tuple[f.Formula, ...] = ()
            if sign == "prod" and isinstance(body, f.Mul):  # a product reaches as far as its index is used
                used = [k for k, x in enumerate(body.factors) if _layer_index(x, index)]
                rest, body = body.factors[used[-1] + 1 :], f.Mul(body.factors[: used[-1] + 1], at=body.at)
            found = [unrolled(f.layered(body, index, k), model) for k in range(first, last + 1)]
            if not found and not rest:
                raise UnknownName(formula.at, f"the {sign} over {index} has no factors here")
            several = (*found, *rest)
            joined = f.Mul(several, at=formula.at) if sign == "prod" else f.Add(several, at=formula.at)
            return several[0] if len(several) == 1 else joined
        case f.Mul(factors):
            return replace(formula, factors=tuple(unrolled(x, model) for x in factors))
        case f.Over():
            return replace(formula, body=unrolled(formula.body, model))
    return formula


def _layer_index(body: f.Formula, index: str) -> bool:
    return any(p.layer is not None and p.layer.letter == index for p in f.parts(body) if isinstance(p, f.Var | f.Apply))


def _integer(formula: f.Formula, model: Model) -> int:
    match formula:
        case f.Num(value) if value.denominator == 1:
            return int(value)
        case f.Var("L", None, None):
            return model.depth
        case f.Add(terms):
            return sum(_integer(t, model) for t in terms)
        case f.Neg(inner):
            return -_integer(inner, model)
    raise LatexError(formula.at, "the bounds of a product are numbers of layers")


def _layers(sides: Sequence[f.Formula]) -> set[str]:
    """The letters that stand for layers."""
    bound = {p.index for side in sides for p in f.parts(side) if isinstance(p, f.Over)}
    used = (p.layer for side in sides for p in f.parts(side) if isinstance(p, f.Var | f.Apply) and p.layer is not None)
    return {layer.letter for layer in used if layer.letter not in ("", "L")} - bound


def _dots(sides: Sequence[f.Formula | None]) -> bool:
    return any(isinstance(p, f.Var) and p.letter == "..." for s in sides if s is not None for p in f.parts(s))


def _counts(left: f.Formula) -> bool:
    """l = 2: an index or a layer."""
    return isinstance(left, f.Var) and left.letter in COUNTERS and left.layer is None and left.entry is None


def _is_tuple(text: str) -> bool:
    try:
        return isinstance(ast.parse(text, mode="eval").body, ast.Tuple)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _renamed(text: str, names: dict[str, str]) -> str:
    """Free indices by names that are used once in a section."""
    for old, new in names.items():
        text = re.sub(rf"(?<=[\[ ]){old}(?=[,\]])", new, text)
    return text


def _one_line(text: str) -> str:
    return " ".join(text.replace("&", " ").split())
