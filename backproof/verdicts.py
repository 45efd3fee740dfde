"""The verdict on one claim as lines of text, from the plain data that derive.claims makes of a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, localcontext
from typing import Any

from .matrices import LONGEST, blocks, decimal, elements, number

Claim = Mapping[str, Any]
OUTCOMES = {True: "ok", False: "FAILED", None: "undecided"}
DIGITS = (5, 9, 15, 30, 60, 120)


def outcome(claim: Claim) -> str:
    """Did it come out as asserted?"""
    return OUTCOMES[claim["holds"]]


def headline(claim: Claim) -> str:
    """The claim and its note, as they stand in the file."""
    return claim["claim"] + (f"  # {claim['note']}" if claim["note"] else "")


def conditions(claim: Claim) -> list[str]:
    """What a proof assumes or leaves out."""
    if claim["verdict"] != "proved":
        return []
    return [*claim["conditions"], *([f"except on {claim['except_on']}"] if claim["except_on"] else [])]


def details(claim: Claim, width: int, verbose: bool = False) -> list[str]:
    """Why a claim did not come out as asserted, and what would hold; of the others only if `verbose`."""
    if claim["holds"] and not verbose:
        return []
    read = [f"read as {claim['read_as']}"] if "read_as" in claim else []  # a formula of a text
    lines = {"proved": _proved, "refuted": _refuted, "unknown": _unknown}[claim["verdict"]](claim, width)
    return [*read, *lines, *([claim["hint"]] if claim["hint"] else [])]


def _proved(claim: Claim, width: int) -> Iterator[str]:
    if not claim["asserted"]:
        yield f"the equation holds: {claim['reason']}"


def _unknown(claim: Claim, width: int) -> Iterator[str]:
    yield f"no verdict: {claim['reason']}"
    if agreed := claim["agreed"]:
        yield f"both sides agree at {agreed} {'point' if agreed == 1 else 'points'} that were tried"


def _refuted(claim: Claim, width: int) -> Iterator[str]:
    example = claim["counterexample"]
    values = f": left {_value(example, 'left', 'right')}, right {_value(example, 'right', 'left')}"
    yield claim["reason"] + (values if example["left"] else "")
    if example["left"]:
        yield from claim["conditions"]
    yield from _point(example, width)


def _point(example: Mapping[str, Any], width: int) -> Iterator[str]:
    """The sizes, functions and numbers on one line, then the arrays."""
    arrays = {name: value for name, value in example["arrays"].items() if isinstance(value, list)}
    zeros = [name for name, value in arrays.items() if set(elements(value)) == {0}]
    ones = [name for name, value in arrays.items() if set(elements(value)) == {1} and len(elements(value)) > 1]
    small = [f"{name} = {size}" for name, size in example["dimensions"].items()]
    small += [f"{name}(x) = {text}" for name, text in example["functions"].items()]
    small += [f"{name} = {number(value)}" for name, value in example["arrays"].items() if name not in arrays]
    small += [f"all elements of {listed(names)} are {value}" for value, names in ((0, zeros), (1, ones)) if names]
    if small:
        yield f"{'at' if example['left'] else 'for example at'} {', '.join(small)}"
    shown = {name: value for name, value in arrays.items() if name not in (*zeros, *ones)}
    if shown:
        yield from blocks(shown, width)


def listed(names: list[str]) -> str:
    """a, b and c"""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _value(example: Mapping[str, str], mine: str, other: str) -> str:
    """An exact number, or as many digits of a ball as tell the sides apart."""
    text = example[mine]
    if not _is_ball(text) and len(text) <= LONGEST:
        return text
    for digits in DIGITS:
        if (short := _rounded(text, digits)) != _rounded(example[other], digits):
            break
    mantissa, _, exponent = f"{short:.{digits}g}".partition("e")
    return f"{mantissa}..." + (f"e{exponent}" if exponent else "")


def _is_ball(text: str) -> bool:
    return "." in text or "e" in text


def _rounded(text: str, digits: int) -> Decimal:
    """1.41421356237310e+500  ->  1.4142e+500"""
    value = Decimal(text if _is_ball(text) else decimal(text))
    with localcontext(prec=max(digits, value.adjusted() + 1 if "e" not in text else 0)):
        return +value
