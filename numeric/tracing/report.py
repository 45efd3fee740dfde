"""What prove_gradient and prove_backward return: one part for each gradient, and what all of them rest on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from derive import Proved, Refuted, Unknown, Verdict

from .refusal import Place
from .sheet import PROVED, REFUTED, UNKNOWN, Note, Row, Sheet, text
from .sheet_html import html

WORDS = {Proved: PROVED, Refuted: REFUTED, Unknown: UNKNOWN}
SCHEMA = "backproof.report/1"
WIDEST = 150  # characters of a line of a formula on a terminal


@dataclass(frozen=True)
class Formula:
    """What the gradient should be, element by element."""

    text: str
    numpy: str
    latex: str


@dataclass(frozen=True)
class Part:
    """One gradient.

    `kink`: "", or what the gradient is where the function has a kink: "equal", "another legal subgradient", "not a
    subgradient".  `vanishing`: how large the difference is, if it is small, and what it depends on.
    `example`: NumPy code that shows it.
    """

    name: str
    verdict: Verdict
    shape: str  # of the array
    given_shape: str = ""  # of its gradient
    place: Place | None = None
    cause: str = ""
    kink: str = ""
    vanishing: str = ""
    expected: Formula | None = None
    example: str = ""
    values: tuple[str, str] | None = None  # the derivative, and what was returned, at the example
    apart: str = ""  # their relative difference, if it is small

    @property
    def word(self) -> str:
        """proved, refuted or unknown"""
        return WORDS[type(self.verdict)]

    def notes(self, like: Part | None = None) -> Iterator[Note]:
        """What there is to say beside the verdict; `like`: a part above with the same line and cause."""
        if isinstance(self.verdict, Proved):
            if self.given_shape and self.given_shape != self.shape:
                yield Note("shape", f"{self.name} has shape {self.shape}, its gradient {self.given_shape}")
            if self.verdict.except_on:
                yield Note("except on", self.verdict.except_on)
        if self.kink:
            yield Note("at the kink", self.kink)
        if self.values:
            apart = f" (relative difference {self.apart})" if self.apart and not self.vanishing else ""
            yield Note("there", f"the derivative is {self.values[0]}, the gradient returned is {self.values[1]}{apart}")
        if self.vanishing:
            yield Note("size", self.vanishing)
        if self.place and str(self.place) not in self.verdict.reason:
            yield Note("line", str(self.place), code=True)
        if self.cause:
            yield Note("likely cause", self.cause)
        if self.expected:
            yield from self._formulas(self.expected, like is not None)
        if self.example:
            yield Note("example", self.example, code=True, folded=True, screen=like is None)
        if like is not None and self.example:
            yield Note("example", f"see {like.name}, or print(report.part({self.name!r}).example)", page=False)

    def _formulas(self, e: Formula, short: bool) -> Iterator[Note]:
        """NumPy for the screen; the element and its LaTeX too, if they are short."""
        small = "\n" not in e.text and max(len(e.text), len(e.latex)) <= WIDEST
        shown = e.numpy.splitlines()[-1] if short and e.numpy else e.numpy
        cut = "\n".join(line if len(line) <= WIDEST else f"{line[:WIDEST].rstrip()} ..." for line in shown.splitlines())
        if shown:
            yield Note("expected", shown, code=True, screen=cut == shown)
        if cut != shown:
            whole = f"print(report.part({self.name!r}).expected.numpy) shows all of it"
            yield Note("expected", f"{cut}\n{whole}", code=True, page=False)
        yield Note("each element", e.text, code=True, folded=not small, screen=small or not e.numpy)
        yield Note("in LaTeX", e.latex, code=True, folded=True, screen=small and bool(e.latex))

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        place = self.place
        return {
            "name": self.name,
            "verdict": self.word,
            "reason": self.verdict.reason,
            "shape": self.shape or None,
            "gradient_shape": self.given_shape or None,
            "except_on": getattr(self.verdict, "except_on", None),
            "kink": self.kink or None,
            "vanishing": self.vanishing or None,
            **_where(place),
            "expression": (place.expression or None) if place else None,
            "cause": self.cause or None,
            "expected": None
            if self.expected is None
            else {name: getattr(self.expected, name) or None for name in ("text", "numpy", "latex")},
            "derivative": self.values[0] if self.values else None,
            "returned": self.values[1] if self.values else None,
            "relative_difference": float(self.apart) if self.apart else None,
            "example": self.example or None,
        }


def _where(place: Place | None) -> dict[str, Any]:
    return {"file": place.file if place else None, "line": place.line if place else None}


@dataclass(frozen=True)
class SideEffect:
    """An array of the caller, or of the cache, that is changed in place."""

    name: str
    place: Place | None = None

    def __str__(self) -> str:
        return f"{self.name} is changed in place" + (f" ({self.place})" if self.place else "")


@dataclass(frozen=True)
class Report:
    """report["x"] is the verdict on the gradient of x; report.holds: all are proved."""

    title: str
    scope: str  # for which sizes
    verdicts: tuple[Part, ...]  # nothing explained yet
    conditions: tuple[str, ...] = ()
    side_effects: tuple[SideEffect, ...] = ()
    forward: Part | None = None  # the forward function against a specification
    explain: Callable[[], tuple[Part, ...]] = field(default=tuple, repr=False, compare=False)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The gradients with everything that is said about them; worked out when first asked for."""
        return self.explain() or self.verdicts

    def __getitem__(self, name: str) -> Verdict:
        return self._found(self.verdicts, name).verdict

    def __iter__(self) -> Iterator[str]:
        return (part.name for part in self.verdicts)

    def part(self, name: str) -> Part:
        """Everything about one gradient."""
        return self._found(self.parts, name)

    def _found(self, parts: tuple[Part, ...], name: str) -> Part:
        for part in parts:
            if part.name == name:
                return part
        raise KeyError(f"no gradient of {name!r}; there are {', '.join(self)}")

    @property
    def holds(self) -> bool:
        """Is every gradient proved, and the forward function too where a specification was given?"""
        every = (*self.verdicts, *(() if self.forward is None else (self.forward,)))
        return bool(self.verdicts) and all(isinstance(part.verdict, Proved) for part in every)

    # ---- printing

    def _sheet(self) -> Sheet:
        every = (*self.parts, *(() if self.forward is None else (self.forward,)))
        rows = tuple(_row(part, every[:k]) for k, part in enumerate(every))
        effects = tuple(f"side effect: {effect}" for effect in self.side_effects)
        return Sheet(self.title, self.scope, rows, (*effects, *self.conditions))

    def __str__(self) -> str:
        return text(self._sheet())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html(self._sheet())

    def to_json(self) -> str:
        """The whole report; what is in it is written in docs/backward_code.md."""
        data = {
            "schema": SCHEMA,
            "title": self.title,
            "scope": self.scope,
            "holds": self.holds,
            "gradients": [part.as_data() for part in self.parts],
            "forward": self.forward.as_data() if self.forward else None,
            "conditions": list(self.conditions),
            "side_effects": [{"name": e.name, **_where(e.place)} for e in self.side_effects],
        }
        return json.dumps(data, indent=2, ensure_ascii=False)


def _row(part: Part, above: tuple[Part, ...]) -> Row:
    """What was said of a gradient above is not said again."""
    reason = "" if isinstance(part.verdict, Proved) else part.verdict.reason
    same = next((p for p in above if reason and p.verdict == part.verdict and p.place == part.place), None)
    if same is not None and not part.example:
        return Row(part.name, part.word, f"as {same.name}")
    like = next((p for p in above if part.cause and (p.cause, p.place) == (part.cause, part.place)), None)
    return Row(part.name, part.word, reason, tuple(part.notes(like)))
