"""Checkpoints: a file from which training goes on to the same bits, and from which a trained network is read.

W1, b1, ...        the parameters, as they are now                 best/W1, ...   with validation, the best so far
state/W1/v, ...    what the optimizer remembers                    run/history, run/validation   costs of the epochs
about.json         what is trained and how, and where it stands: epoch, batch, the state of the generator
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from derive import DeriveError

from .archives import read_archive, write_archive
from .codegen import CompiledDerivation
from .datasets.dataset import DataError
from .descent import Descent, Place, arrays_of, restore
from .samples import Samples, in_file

Array = np.ndarray[Any, Any]
FORMAT = "backproof training 1"
COSTS = ("history", "validation")
CHECKSUMS = {
    "data": "other data",
    "program": "another network",
    "start": "another start: other sizes, or another initialization",
}
ADVICE = "only the same run goes on; name another file, or remove this one"


class Checkpoint:
    """A file that is written at most every so many seconds, and at the end; `run` is what must be the same to go on."""

    def __init__(self, path: str | Path, seconds: float, run: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        self.path, self.seconds, self.run, self.about = Path(path), seconds, dict(run), dict(about)
        self.written = time.monotonic()

    def __call__(self, now: Descent, end: bool) -> None:
        """Write, if it is time to."""
        if not end and time.monotonic() - self.written < self.seconds:
            return
        place = dict(vars(now.place))
        arrays = {**now.theta, **{f"best/{name}": p for name, p in now.best.items()}, **arrays_of(now.step.state)}
        arrays |= {f"run/{name}": np.asarray(place.pop(name), dtype=float) for name in COSTS}
        about = {"format": FORMAT, "run": self.run, "network": network_of(now.f), "about": self.about,
                 "planned_for": now.step.planned_for, "place": place}  # fmt: skip
        write_archive(self.path, arrays, about)
        self.written = time.monotonic()

    def resume(self, now: Descent) -> None:
        """Puts a run that has not begun where the file says.  Raises DataError where it is the file of another run."""
        arrays, about = read_archive(self.path)
        if about.get("format") != FORMAT:
            raise DataError(f"{self.path} holds no training run; its note has no format {FORMAT!r}")
        for name in sorted({*self.run, *about["run"]}, key=lambda name: (name in CHECKSUMS, name)):
            there, here = about["run"].get(name), self.run.get(name)
            if there != here:
                what = CHECKSUMS.get(name, f"{name} = {there}, but now it is {here}")
                raise DataError(f"{self.path} cannot go on: it holds a run with {what}\n  {ADVICE}")
        for name, p in now.theta.items():
            if name not in arrays or arrays[name].shape != p.shape:
                raise DataError(f"{self.path} has no {name} of shape {p.shape}")
            np.copyto(p, arrays[name])
        now.best = {name[5:]: np.array(x) for name, x in arrays.items() if name.startswith("best/")}
        restore(now.step.state, {name: x for name, x in arrays.items() if name.startswith("state/")})
        now.step.planned_for = about["planned_for"]
        costs: dict[str, Any] = {name: [float(x) for x in arrays[f"run/{name}"]] for name in COSTS}
        now.place = Place(**about["place"], **costs)


def network_of(f: CompiledDerivation) -> dict[str, Any] | None:
    """The arguments of mlp that make this network again; None for other programs."""
    recipe = dict(f.program.recipe)
    plain = (int, float, str)
    sizes, hidden = recipe.get("sizes", ()), recipe.get("hidden", ())
    if not recipe or isinstance(sizes, str) or not all(isinstance(v, plain) for v in (*hidden, recipe["output"])):
        return None
    found = {name: list(v) if isinstance(v, tuple) else v for name, v in recipe.items()}
    l2 = found["l2"]
    return {**found, "sizes": [int(s) if str(s).isdigit() else str(s) for s in sizes],
            "l2": l2 if l2 is None or isinstance(l2, str) else str(l2)}  # fmt: skip


def run_of(
    f: CompiledDerivation, samples: Any, arrays: tuple[Any, ...], start: Mapping[str, Array], options: Mapping[str, Any]
) -> dict[str, Any]:
    """What determines a run to the bit, in plain words and checksums; how long it goes on is no part of it."""
    program = "\n".join(f"{e.lhs} = {e.rhs}" for e in f.program.equations)
    return {
        "program": _digest(program.encode()),
        "start": _digest(*(start[name] for name in sorted(start))),
        "data": _digest(*arrays) if isinstance(samples, Samples) else "batches from elsewhere",
        **{name: str(value) for name, value in options.items()},
    }


def _digest(*parts: Any) -> str:
    """A checksum of shapes and numbers; of arrays in files only the shape, since a checksum would read them all."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, bytes):
            found.update(part)
            continue
        array = np.asarray(part)
        found.update(f"{array.shape} {array.dtype}".encode())
        if not in_file(part):
            rows = array.T if array.flags.f_contiguous else np.ascontiguousarray(array)
            found.update(rows.data.cast("B") if rows.size else b"")
    return found.hexdigest()[:16]


def check_seconds(seconds: Any) -> float:
    """Seconds of at least 0, as a float; raises DeriveError for anything else."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < float("inf"):
        raise DeriveError(f"checkpoint_every is a number of seconds, at least 0, not {seconds!r}")
    return float(seconds)
