"""The options of backproof train, in groups; and what people type for a learning rate that changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .parameters import Names, Positive, Sizes

INIT = ("normal", "he", "xavier")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw")
SCHEDULES = {"constant": 0, "exponential": 1, "inverse": 1, "steps": 2, "cosine": 0}  # how many numbers each takes
Option = Callable[[Any], Any]


class Init(Positive):
    """normal, he, xavier, or a number."""

    name = "init"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value in INIT:
            return value
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is none of {', '.join(INIT)}, nor a positive number such as 0.01", param, ctx)


class Schedule(click.ParamType):
    """exponential:0.999 -> ("exponential", (0.999,))."""

    name = "schedule"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        name, _, rest = value.partition(":")
        try:
            numbers = tuple(float(part) for part in rest.split(",")) if rest else ()
        except ValueError:
            numbers = (-1.0,)
        if name not in SCHEDULES or len(numbers) != SCHEDULES[name] or not all(0 < n < float("inf") for n in numbers):
            known = "constant, exponential:FACTOR, inverse:DECAY, steps:FACTOR,UPDATES, cosine"
            self.fail(f"{value!r} is no schedule; expected one of {known}, with positive numbers", param, ctx)
        return name, numbers


class Share(click.ParamType):
    """A number between 0 and 1."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            share = float(value)
        except ValueError:
            share = 0.0
        if not 0 < share < 1:
            self.fail(f"{value!r} is not a share between 0 and 1, such as 0.1", param, ctx)
        return share


class PictureSize(click.ParamType):
    """64x48 -> (64, 48), height and width."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,3})x([1-9][0-9]{0,3})", str(value))
        if not found:
            self.fail(f"{value!r} is no size of pictures; expected HEIGHTxWIDTH, such as 64x64", param, ctx)
        return int(found[1]), int(found[2])


def _option(*names: str, **more: Any) -> Option:
    return click.option(*names, **more)


COUNT = click.IntRange(min=1)
NETWORK: tuple[Option, ...] = (
    _option("--layers", type=Sizes(integers=True), metavar="SIZES", help="Sizes of the layers, input first."),
    _option(
        "--hidden", type=Names(), metavar="NAME[,NAME...]", help="Activation of the hidden layers, one or several."
    ),
    _option("--output", metavar="NAME", help="Activation of the output layer."),
    _option("--loss", metavar="NAME", help="squared_error, cross_entropy or softmax_cross_entropy."),
    _option(
        "--l2", type=Positive(), metavar="LAMBDA", help="Adds LAMBDA/(2 m) times the sum of squares of all weights."
    ),
    _option(
        "--init",
        type=Init(),
        metavar="NAME|NUMBER",
        help="Where training starts: normal (weights, biases N(0, 1)), he, xavier, or a number times N(0, 1).",
    ),
)
DESCENT: tuple[Option, ...] = (
    _option("--epochs", type=COUNT, metavar="N", help="How often all samples are seen, at most."),
    _option("--batch-size", type=COUNT, metavar="N", help="Samples per update; 1 is stochastic gradient descent."),
    _option("--optimizer", type=click.Choice(OPTIMIZERS), help="How an update follows from the gradient."),
    _option("--learning-rate", type=Positive(), metavar="ETA", help="A step is ETA times the gradient."),
    _option(
        "--schedule",
        type=Schedule(),
        default="constant",
        show_default=True,
        metavar="NAME",
        help="How ETA changes from update to update: constant, exponential:FACTOR, inverse:DECAY, "
        "steps:FACTOR,UPDATES, or cosine (to 0 at the end).",
    ),
    _option("--momentum", type=Share(), metavar="MU", help="Of the optimizers momentum and nesterov."),
    _option("--weight-decay", type=Positive(), metavar="NUMBER", help="Draws weights to zero in every update."),
    _option("--clip-norm", type=Positive(), metavar="NUMBER", help="The gradients together are at most so long."),
    _option("--validation", type=Share(), metavar="SHARE", help="Keeps a share of the samples: the best epoch counts."),
    _option("--patience", type=COUNT, metavar="N", help="Stop after N epochs without a better validation cost."),
    _option("--stop", type=Positive(), metavar="EPSILON",
            help="Stop when one update changes no weight or bias by EPSILON or more."),
    _option("--max-iterations", type=COUNT, metavar="N", help="Stop after N updates."),
)  # fmt: skip
FILES: tuple[Option, ...] = (
    _option("-o", "path", type=click.Path(path_type=Path), metavar="FILE",
            help="Keep the trained weights and biases: a .npz file with W1, b1, ..."),
    _option("--save", type=click.Path(path_type=Path), metavar="FILE",
            help="Keep the network, .npz or .safetensors, for backproof predict; written every few seconds on the way, "
            "so that nothing is lost."),
    _option("--resume", is_flag=True, help="Go on from the file of --save, if it is there."),
    _option("--save-every", type=click.FloatRange(min=0), default=10.0, show_default=True, metavar="SECONDS",
            help="How often --save writes, at most."),
)  # fmt: skip


def add(*groups: tuple[Option, ...]) -> Option:
    """A decorator that adds the options of all groups, in this order."""

    def decorate(command: Any) -> Any:
        for option in reversed([o for group in groups for o in group]):
            command = option(command)
        return command

    return decorate


def rate_of(schedule: tuple[str, tuple[float, ...]], rate: float, updates: int) -> Any:
    """A number, or a formula in the number of the update."""
    import numeric

    name, numbers = schedule
    if name == "constant":
        return rate
    if name == "cosine":
        return numeric.schedules.cosine(rate, updates)
    if name == "steps":
        return numeric.schedules.steps(rate, numbers[0], round(numbers[1]) or 1)
    return getattr(numeric.schedules, name)(rate, *numbers)
