"""The equations of one section -> an assert for each = and each layer, below the definitions that they need."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..arrays.shapes import has_one_element
from ..claims.errors import ClaimsError
from ..claims.reading import read
from . import formula as f
from .errors import LatexError, UnknownName
from .layers import COUNTERS, layer_letters, located, unrolled
from .model import Model, claims_name
from .naming import ATOM
from .ranges import ranged
from .writing import Piece, Writer

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

    def statement(self, found: Equation, sides: list[f.Formula], above: Sequence[f.Formula] = ()) -> None:
        """An assert for each = and each layer, or a definition.

        `above` are the sides of the lines that this one goes on from: they say how far indices go.
        """
        letters = sorted(layer_letters(sides))
        if not letters:
            self.one(found, sides, "", above)
            return
        if len(letters) > 1:
            raise LatexError(sides[0].at, f"the letters {' and '.join(letters)} stand for layers", "one letter may")
        letter, problem, several = letters[0], None, 0
        for number in range(self.model.first, self.model.depth + 1):
            try:
                numbered, others = ([f.layered(x, letter, number) for x in xs] for xs in (sides, above))
                self.one(found, numbered, f"{letter} = {number}", others)
                several += 1
            except UnknownName as error:
                problem = problem or error
        if not several:
            raise problem or LatexError(sides[0].at, f"no layer {letter} fits")

    def one(self, found: Equation, sides: list[f.Formula], note: str, above: Sequence[f.Formula] = ()) -> None:
        sides = located(sides, self.model)
        placed = Writer(self.model, {}, self.defined).placed
        sides = ranged([*(unrolled(x, self.model) for x in sides), *above], placed)[: len(sides)]
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
                if right.axes is not None and not self.is_number(right, target, writer):
                    raise LatexError(side.at, f"an array, d{target}, is compared with entries", "write its indices too")
                texts.append(self.of_gradient(target, right))
            elif left is not None:
                texts.append(self.pair(left, right, writer, side.at))
        self.add(found, texts, writer, shared, note, sides[0].at)

    def is_number(self, piece: Piece, target: str, writer: Writer) -> bool:
        """Sums of entries without a free index, beside the gradient in an array of one entry."""
        shape = writer.shape(Piece(target, ATOM))
        return piece.axes == () and not writer.indices and shape is not None and has_one_element(shape)

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
        if right.text.startswith("(") and "," in right.text and right.text.endswith(")") and is_tuple(right.text):
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
        texts = [renamed(t, fresh) for t in texts]
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


def is_tuple(text: str) -> bool:
    try:
        return isinstance(ast.parse(text, mode="eval").body, ast.Tuple)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def renamed(text: str, names: dict[str, str]) -> str:
    """Free indices by names that are used once in a section."""
    for old, new in names.items():
        text = re.sub(rf"(?<=[\[ ]){old}(?=[,\]])", new, text)
    return text
