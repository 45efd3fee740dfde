"""Results as plain data: dictionaries, lists, texts and numbers, ready for JSON."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from ..kernel.verdict import Proved, Refuted, Unknown
from .checking import Result, kind
from .errors import ClaimsError
from .reading import Assertion

Data = dict[str, Any]


def of_assertion(assertion: Assertion) -> Data:
    """An assert without its verdict."""
    return {
        "line": assertion.line,
        "claim": assertion.text,
        "asserted": assertion.asserted,
        "note": assertion.note,
    }


def of_result(result: Result) -> Data:
    """A verdict; of `holds`, true is as asserted, null is not known."""
    verdict = result.verdict
    return {
        "line": result.line,
        "claim": result.text,
        "asserted": result.asserted,
        "note": result.note,
        "verdict": kind(verdict),
        "holds": result.holds,
        "reason": verdict.reason,
        "conditions": list(result.conditions),
        "except_on": verdict.except_on if isinstance(verdict, Proved) else None,
        "laws": list(verdict.laws) if isinstance(verdict, Proved) else None,
        "counterexample": _counterexample(verdict) if isinstance(verdict, Refuted) else None,
        "agreed": verdict.evidence if isinstance(verdict, Unknown) else None,
        "hint": result.hint,
    }


def of_error(error: ClaimsError) -> Data:
    """What cannot be read, and where."""
    return {
        "line": error.line,
        "column": error.column,
        "message": error.message,
        "advice": error.advice,
        "text": str(error),
    }


def _counterexample(verdict: Refuted) -> Data:
    """A point, the element that differs, and the values of both sides there; numbers are exact, or digits of a ball."""
    parts: dict[str, Data] = {"dimensions": {}, "arrays": {}, "functions": {}}
    for name, value in verdict.at.items():
        kind = {int: "dimensions", str: "functions"}.get(type(value), "arrays")
        parts[kind][name] = _polynomial(value) if isinstance(value, str) else _number(value)
    return {**parts, "element": list(verdict.index), "left": verdict.left, "right": verdict.right}


def _number(value: Any) -> Any:
    """An integer, a fraction as text, or lists of them"""
    if isinstance(value, tuple):
        return list(map(_number, value))
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else str(value)
    return value


def _polynomial(text: str) -> str:
    """1/3*x**0 + -1*x**1 + 1*x**2  ->  1/3 - x + x**2"""
    terms = []
    for term in text.split(" + "):
        factor, _, power = term.partition("*x**")
        variable = {"": "", "0": "", "1": "x"}.get(power, f"x**{power}")
        sign, size = ("-", factor[1:]) if factor.startswith("-") else ("", factor)
        terms.append(sign + (size if not variable else variable if size == "1" else f"{size}*{variable}"))
    return re.sub(r"\+ -", "- ", " + ".join(terms))

