"""What prove_gradient and prove_backward return: one part for each gradient, and what all of them rest on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any

from derive import Proved, Refuted, Unknown, Verdict

from .refusal import Place

WORDS = {Proved: "proved", Refuted: "refuted", Unknown: "unknown"}


@dataclass(frozen=True)
class Formula:
    """What the gradient should be, element by element."""

    text: str
    numpy: str
    latex: str


@dataclass(frozen=True)
class Part:
    """One gradient.

    `kink`: "", or what the gradient is where the function has a kink: "equal", "another subgradient", "not a
    subgradient".  `vanishing`: how the difference depends on a small number.  `example`: NumPy code that shows it.
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

    @property
    def word(self) -> str:
        """proved, refuted or unknown"""
        return WORDS[type(self.verdict)]

    def notes(self) -> Iterator[tuple[str, str]]:
        """What there is to say beside the verdict: a heading, and a text of one or more lines."""
        if not isinstance(self.verdict, Proved):
            yield "", self.verdict.reason
        if self.given_shape and self.given_shape != self.shape and isinstance(self.verdict, Proved):
            yield "shape", f"{self.name} has shape {self.shape}, its gradient {self.given_shape}"
        if isinstance(self.verdict, Proved) and self.verdict.except_on:
            yield "except on", self.verdict.except_on
        if self.kink:
            yield "at the kink", self.kink
        if self.values:
            yield "there", f"the derivative is {self.values[0]}, the gradient returned is {self.values[1]}"
        if self.vanishing:
            yield "size", self.vanishing
        if self.place:
            yield "line", str(self.place)
        if self.cause:
            yield "likely cause", self.cause
        if self.expected:
            yield "expected", self.expected.text
            yield "in NumPy", self.expected.numpy
        if self.example:
            yield "example", self.example

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "verdict": self.word,
            "reason": self.verdict.reason,
            "shape": self.shape,
            "gradient_shape": self.given_shape or None,
            "except_on": getattr(self.verdict, "except_on", None),
            "kink": self.kink or None,
            "vanishing": self.vanishing or None,
            "file": self.place.file if self.place else None,
            "line": self.place.line if self.place else None,
            "cause": self.cause or None,
            "expected": {"text": self.expected.text, "numpy": self.expected.numpy, "latex": self.expected.latex}
            if self.expected
            else None,
            "derivative": self.values[0] if self.values else None,
            "returned": self.values[1] if self.values else None,
            "example": self.example or None,
        }


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
        for part in self.verdicts:
            if part.name == name:
                return part.verdict
        raise KeyError(f"no gradient of {name!r}; there are {', '.join(self)}")

    def __iter__(self) -> Iterator[str]:
        return (part.name for part in self.verdicts)

    def part(self, name: str) -> Part:
        """Everything about one gradient."""
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(f"no gradient of {name!r}; there are {', '.join(self)}")

    @property
    def holds(self) -> bool:
        """Is every gradient proved, and the forward function too where a specification was given?"""
        every = (*self.verdicts, *(() if self.forward is None else (self.forward,)))
        return all(isinstance(part.verdict, Proved) for part in every)

    # ---- printing

    def __str__(self) -> str:
        lines = [f"{self.title}, {self.scope}"]
        width = max((len(part.name) for part in self.parts), default=0)
        for part in (*self.parts, *(() if self.forward is None else (self.forward,))):
            lines.append(f"  {part.name:{width}}  {part.word}")
            for heading, text in part.notes():
                lines += _indented(heading, text)
        lines += [f"  side effect: {effect}" for effect in self.side_effects]
        lines += [f"  {condition}" for condition in self.conditions]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = []
        for part in (*self.parts, *(() if self.forward is None else (self.forward,))):
            notes = "".join(_html_note(heading, text) for heading, text in part.notes())
            rows.append(f"<tr><td><b>{escape(part.name)}</b></td><td>{part.word}</td><td>{notes}</td></tr>")
        below = [f"side effect: {effect}" for effect in self.side_effects] + list(self.conditions)
        items = "".join(f"<li>{escape(line)}</li>" for line in below)
        return f"<p>{escape(self.title)}, {escape(self.scope)}</p><table>{''.join(rows)}</table>" + (
            f"<ul>{items}</ul>" if items else ""
        )

    def to_json(self) -> str:
        """The whole report."""
        data = {
            "title": self.title,
            "scope": self.scope,
            "holds": self.holds,
            "gradients": [part.as_data() for part in self.parts],
            "forward": self.forward.as_data() if self.forward else None,
            "conditions": list(self.conditions),
            "side_effects": [
                {"name": e.name, "file": e.place.file if e.place else None, "line": e.place.line if e.place else None}
                for e in self.side_effects
            ],
        }
        return json.dumps(data, indent=2, ensure_ascii=False)


def _indented(heading: str, text: str) -> list[str]:
    first, *rest = text.splitlines() or [""]
    if heading and rest:
        return [f"      {heading}:", *(f"        {line}" for line in (first, *rest))]
    return [f"      {heading}: {first}" if heading else f"      {first}", *(f"        {line.strip()}" for line in rest)]


def _html_note(heading: str, text: str) -> str:
    body = escape(text)
    if "\n" in text:
        body = f"<pre>{body}</pre>"
    return f"<div>{escape(heading)}{': ' if heading else ''}{body}</div>"
