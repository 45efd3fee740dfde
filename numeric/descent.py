"""One run of gradient descent: where it stands, update by update, and everything that must be kept to go on from there.

A run is determined by its start: the same data, options and seed give the same bits, whether it was stopped and
resumed on the way or not.  The order of the samples is drawn anew in each epoch, so the state of the generator at the
start of the epoch and the number of batches done say where in the epoch it stands.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from sympy import Expr

from derive import DeriveError

from .blame import blame
from .codegen import CompiledDerivation
from .interruption import Interruption
from .samples import Samples, Stream

Array = np.ndarray[Any, Any]
FINISHED = ("small change", "no improvement")  # ends that further epochs do not change


@dataclass(frozen=True)
class Training:
    """What training gives.  `history` has one cost per epoch: the mean over its samples, each before its update.

    With validation, `validation` has one cost per epoch, after it, and `params` are those of the best epoch.
    """

    params: Mapping[str, Array]
    history: tuple[float, ...]
    stopped: str  # why: "epochs", "max_iterations", "small change", "no improvement", "callback" or "interrupted"
    iterations: int  # the number of updates
    seed: int
    validation: tuple[float, ...] = ()
    best_epoch: int | None = None  # 1, 2, ...; None without validation

    def __str__(self) -> str:
        costs = f"cost {self.history[0]:.6g} -> {self.history[-1]:.6g}" if self.history else "no epoch"
        best = f", best epoch {self.best_epoch}" if self.best_epoch else ""
        return f"{len(self.history)} epochs, {self.iterations} updates, {costs}{best}; stopped by {self.stopped}"


@dataclass(frozen=True)
class Progress:
    """What a callback is told after each epoch, or update; `params` are the arrays that training goes on with."""

    epoch: int  # 1, 2, ...
    cost: float  # the mean over the samples that this epoch has seen
    params: Mapping[str, Array]
    iterations: int
    samples: int = 0  # seen in this epoch
    seconds: float = 0.0  # since training began, or was resumed
    samples_per_second: float = 0.0
    validation: float | None = None


@dataclass(frozen=True)
class Rules:
    """When to stop, whom to tell, what is measured."""

    learning_rate: Any
    stop: float | None = None
    max_iterations: int | None = None
    callbacks: tuple[Callable[[Progress], Any], ...] = ()
    every_batch: Callable[[Progress], Any] | None = None
    validation: Callable[[Mapping[str, Array]], float] | None = None
    patience: int | None = None
    least_gain: float = 0.0
    save: Callable[[Descent, bool], Any] | None = None  # (where training stands, is this the end?)


@dataclass
class Place:
    """Where a run stands: epochs that are complete, and what was done of the next."""

    rng: dict[str, Any]  # the state of the generator when the epoch began
    batch: int = 0  # updates done in this epoch
    cost: float = 0.0  # the sum over the samples seen in this epoch
    seen: int = 0
    iterations: int = 0
    history: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    best_epoch: int = 0
    finished: str = ""


class Descent:
    """The state of one training run: `theta` and step.state change in place, `place` says how far it is."""

    def __init__(
        self, f: CompiledDerivation, step: Any, theta: dict[str, Array], numbers: Mapping[str, Any],
        samples: Samples | Stream, seed: int, rules: Rules,
    ) -> None:  # fmt: skip
        self.f, self.step, self.theta, self.numbers = f, step, theta, numbers
        self.samples, self.seed, self.rules = samples, seed, rules
        self.rng = np.random.default_rng((seed, 1))
        self.place = Place(dict(self.rng.bit_generator.state))
        self.best: dict[str, Array] = {}
        self.copies: dict[str, Array] = {}
        self.before: dict[str, Array] = {}
        self.origin = (0, self.place.rng)
        self.at = 1
        self.stopped = ""
        self.started, self.total = 0.0, 0

    def go(self, epochs: int) -> Training:
        """All epochs that are not done yet, or fewer."""
        place, self.stopped, self.started = self.place, self.place.finished, time.perf_counter()
        if self.rules.max_iterations is not None and place.iterations >= self.rules.max_iterations:
            self.stopped = "max_iterations"
        self.before = {name: p.copy() for name, p in self.theta.items()} if self.rules.stop is not None else {}
        self.rng.bit_generator.state = place.rng
        with Interruption() as asked:
            while len(place.history) < epochs and not self.stopped:
                complete = self.epoch(len(place.history) + 1, asked)
                self.close(complete)
                if asked.now and not self.stopped:
                    self.stopped = "interrupted"
        history = (*place.history, *([place.cost / place.seen] if place.seen else []))
        self.check_result(len(history))
        if self.rules.save:
            self.rules.save(self, True)
        params = MappingProxyType(self.best or self.theta)
        return Training(params, history, self.stopped or "epochs", place.iterations, self.seed, tuple(place.validation),
                        place.best_epoch or None)  # fmt: skip

    def epoch(self, epoch: int, asked: Interruption) -> bool:
        """The updates of one epoch, from where it stands; False if it was left before its end."""
        place, rules = self.place, self.rules
        self.remember()
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # told below
            for number, size, batch in self.batches(epoch, place.batch):
                J = float(self.step(self.theta, *batch, **self.numbers))
                if not math.isfinite(J):
                    words = f"the cost became {J} in epoch {epoch}, batch {number}{_rate(rules.learning_rate)}"
                    raise DeriveError(words + self.reason(epoch) + ADVICE)
                place.cost += size * J
                place.seen += size
                place.batch = number
                place.iterations += 1
                self.total += size
                self.stopped = self.reached(asked)
                if self.stopped:
                    return False
                if rules.every_batch:
                    rules.every_batch(self.progress(epoch, place.cost / place.seen))
                if rules.save:
                    rules.save(self, False)
        return True

    def batches(self, epoch: int, done: int) -> Iterator[tuple[int, int, tuple[Array, ...]]]:
        """(number, size, arrays) of the batches that are left."""
        self.at = done + 1
        try:
            for number, (size, batch) in enumerate(self.samples.batches(self.rng, epoch, done), start=done + 1):
                self.at = number + 1
                yield number, size, batch
        except DeriveError as error:
            if str(error).startswith("there is no batch"):
                raise
            raise type(error)(f"in epoch {epoch}, batch {self.at}: {error}") from error

    def reached(self, asked: Interruption) -> str:
        """Why training stops after this update, if it does."""
        if self.rules.stop is not None and self.change() < self.rules.stop:
            self.place.finished = "small change"
            return "small change"
        if self.place.iterations == self.rules.max_iterations:
            return "max_iterations"
        return "interrupted" if asked.now else ""

    def close(self, complete: bool) -> None:
        """After an epoch: validation, patience, callbacks, and on to the next."""
        place, rules = self.place, self.rules
        epoch, mean = len(place.history) + 1, place.cost / place.seen if place.seen else math.nan
        measured = self.validate(epoch) if complete and rules.validation else None
        told = [tell(self.progress(epoch, mean, measured)) for tell in rules.callbacks if place.seen]  # all are told
        if any(told):
            self.stopped = self.stopped or "callback"
        if complete:
            place.history.append(mean)
            place.batch, place.seen, place.cost = 0, 0, 0.0
            place.rng = dict(self.rng.bit_generator.state)
            self.stopped = self.stopped or place.finished
            if rules.save:
                rules.save(self, False)

    def validate(self, epoch: int) -> float:
        """The cost of the validation samples; the best parameters are kept."""
        assert self.rules.validation is not None
        place, rules = self.place, self.rules
        measured = float(self.rules.validation(self.theta))
        if not math.isfinite(measured):
            words = f"the cost of the validation samples became {measured} in epoch {epoch}"
            raise DeriveError(words + _rate(rules.learning_rate) + ADVICE)
        least = place.validation[place.best_epoch - 1] if place.best_epoch else math.inf
        place.validation.append(measured)
        if measured < least - rules.least_gain:
            place.best_epoch = epoch
            self.best = {name: p.copy() for name, p in self.theta.items()}
        elif rules.patience is not None and epoch - max(1, place.best_epoch) >= rules.patience:
            place.finished = "no improvement"
        return measured

    def progress(self, epoch: int, cost: float, validation: float | None = None) -> Progress:
        seconds = time.perf_counter() - self.started
        return Progress(epoch, cost, self.theta, self.place.iterations, self.place.seen, seconds,
                        self.total / seconds if seconds else 0.0, validation)  # fmt: skip

    def change(self) -> float:
        """The largest change of an entry of a parameter since the last time."""
        largest = 0.0
        for name, p in self.theta.items():
            before = self.before[name]
            np.subtract(p, before, out=before)
            largest = max(largest, float(np.abs(before).max()))
            np.copyto(before, p)
        return largest

    # --- where a number that is not finite came from ----------------------------------------------------------------

    def remember(self) -> None:
        """Copies from which the epoch can be done again."""
        own = {**self.theta, **arrays_of(self.step.state)}
        if self.copies.keys() != own.keys():
            self.copies = {name: np.array(x) for name, x in own.items()}
        for name, x in own.items():
            np.copyto(self.copies[name], x)
        self.origin = (self.place.batch, self.place.rng)

    def reason(self, epoch: int) -> str:
        """What was not finite first, as a line of a message; nothing where it does not happen again."""
        if not self.copies:
            return ""
        again = self.step.again()
        theta = {name: self.copies[name] for name in self.theta}
        restore(again.state, {k: x for k, x in self.copies.items() if k not in theta})
        done, self.rng.bit_generator.state = self.origin
        found = blame(self.f, again, theta, self.batches(epoch, done), self.numbers)
        return f"\n  {found}" if found else ""

    def check_result(self, epoch: int) -> None:
        """Raises DeriveError where a parameter is not finite, with what may be the reason."""
        for name, p in self.theta.items():
            if not np.isfinite(p).all():
                words = f"{name} is not finite after the last update, in epoch {epoch}{_rate(self.rules.learning_rate)}"
                raise DeriveError(words + self.reason(epoch) + ADVICE)


ADVICE = "\n  a smaller learning_rate, or parameters that start smaller, may help"


def _rate(learning_rate: Any) -> str:
    rate = str(learning_rate) if isinstance(learning_rate, Expr) else f"{learning_rate:g}"
    return f" (learning_rate={rate})"


def arrays_of(state: Mapping[str, Any]) -> dict[str, Array]:
    """What an optimizer remembers, by names such as state/W1/v; state/t is the number of updates."""
    found = {f"state/{p}/{part}": x for p, own in state.items() if p != "t" for part, x in own.items()}
    return found | ({"state/t": np.asarray(state["t"])} if "t" in state else {})


def restore(state: dict[str, Any], arrays: Mapping[str, Array]) -> None:
    """The opposite of arrays_of, into the state of a step that has not been called yet."""
    for name, x in arrays.items():
        _, parameter, *part = name.split("/")
        if part:
            state.setdefault(parameter, {})[part[0]] = np.array(x, order="C")
        else:
            state["t"] = int(x)
