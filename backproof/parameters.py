"""What people type for sizes, names and numbers, read into values; what cannot be read is refused here."""

from __future__ import annotations

import re
from typing import Any

import click

OWN_NAMES = re.compile(r"d?[WbZAza]\d+|d?[XYJxy]")


class Size(click.ParamType):
    """784 -> 784, n0 -> "n0"."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        text = str(value).strip()
        if re.fullmatch(r"[0-9]+", text) and int(text) > 0:
            return int(text)
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text):
            self.fail(f"{text!r} is not a size; a size is an integer of at least 1, or a name such as n0", param, ctx)
        if OWN_NAMES.fullmatch(text):
            self.fail(f"{text} is a variable of the network and cannot be a size; n0, n1, ... are free", param, ctx)
        return text


class Sizes(click.ParamType):
    """784,30,10 -> (784, 30, 10),  n0,n1 -> ("n0", "n1"),  L -> "L", symbolic depth."""

    name = "sizes"

    def __init__(self, integers: bool = False) -> None:
        self.integers = integers

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int | str, ...] | str:
        if isinstance(value, tuple):
            return value
        found = tuple(Size().convert(part, param, ctx) for part in value.split(","))
        if names := [size for size in found if isinstance(size, str) and self.integers]:
            self.fail(f"{names[0]!r} is not a number; training needs sizes such as 2,4,1", param, ctx)
        if len(found) == 1 and (self.integers or isinstance(found[0], int)):
            self.fail(f"{value!r} is one size; a network needs at least two, such as {found[0]},1", param, ctx)
        if len(found) == 1 and len(found[0]) > 1:  # type: ignore[arg-type]
            advice = f"such as {found[0]},1; a letter alone, such as L, stands for any depth"
            self.fail(f"{value!r} is one size; a network needs at least two, {advice}", param, ctx)
        return found[0] if len(found) == 1 and isinstance(found[0], str) else found


class Names(click.ParamType):
    """tanh -> "tanh",  relu,tanh -> ["relu", "tanh"]."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | list[str]:
        if isinstance(value, list):
            return value
        parts = [part.strip() for part in value.split(",")]
        if "" in parts:
            self.fail(f"{value!r} lacks a name; expected one, or several with commas between them", param, ctx)
        return parts if len(parts) > 1 else parts[0]


class NumberOrName(click.ParamType):
    """0.01 -> "0.01", lambda -> "lambda": checked, kept as text, so that a decimal stays exact."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*|[0-9]*\.?[0-9]+(e-?[0-9]{1,3})?", value):
            self.fail(f"{value!r} is neither a number of at least 0, such as 0.01, nor a name", param, ctx)
        return value


class Positive(click.ParamType):
    """A number above 0, and finite."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not 0 < number < float("inf"):
            self.fail(f"{value!r} is not a positive number", param, ctx)
        return number
