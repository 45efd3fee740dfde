"""Which faults in hand-written backward code do the usual numeric checks let pass, and which does a proof?

    python benchmarks/faults.py [--only NAME ...] [--checks proof,gradcheck] [--json FILE] [--seconds]

Every pair of functions in tests/tracing/corpus, as it is and with each of its planted variants, goes through every
check.  The numeric checks see what people give them: one shape (never square), one point, the usual values of
hyperparameters, the tolerances that their authors chose.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "tracing"))

from corpus import CORRECT, ENTRIES, KINK, REFUSED, SIDE_EFFECT, WRONG, Entry, Variant
from corpus.numbers import Pair, arguments, by_complex_step, draw_dout, gradients, named, output, sizes

CAUGHT, PASSED, REPORTED, UNDECIDED, UNABLE = "caught", "passed", "reported", "undecided", "cannot run"
RELATIVE_ERROR, STEP = 1e-6, 1e-5  # of the plain check: central differences
COMPLEX_ERROR = 1e-10  # the complex step is exact to rounding

# --- the checks: a pair of functions -> one of these words ------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """Where a numeric check looks: concrete arguments, and the gradient that arrives from above."""

    args: dict[str, Any]
    dout: Any


def point(entry: Entry) -> Point:
    """The first set of sizes, seeded by the name alone, so that every variant is checked at the same point."""
    rng = np.random.default_rng(sum(map(ord, entry.name)))
    args = arguments(entry, sizes(entry)[0], rng)
    return Point(args, draw_dout(entry, entry.functions()[0], args, rng))


def relative_error(entry: Entry, pair: Pair) -> str:
    """|a - n| / (|a| + |n|) < 1e-6 in each gradient; n by central differences, step 1e-5."""
    at = point(entry)
    numeric = {name: _central(entry, pair, at, name) for name in entry.wrt}
    return _compared(entry, pair, at, numeric, RELATIVE_ERROR)


def complex_step(entry: Entry, pair: Pair) -> str:
    """The same by the imaginary part at x + 1e-30 i; it can run where the forward function is analytic."""
    if not entry.analytic:
        return UNABLE
    at = point(entry)
    numeric = {name: by_complex_step(entry, pair[0], at.args, at.dout, name) for name in entry.wrt}
    return _compared(entry, pair, at, numeric, COMPLEX_ERROR)


def _central(entry: Entry, pair: Pair, at: Point, name: str) -> Any:
    found = np.zeros(np.shape(at.args[name]))
    for place in np.ndindex(found.shape):
        sides = []
        for step in (STEP, -STEP):
            moved = np.array(at.args[name], dtype=float)
            moved[place] += step
            out = output(entry, pair[0], {**at.args, name: moved if moved.ndim else float(moved)})
            sides.append(np.sum(out if at.dout is None else at.dout * out))
        found[place] = (sides[0] - sides[1]) / (2 * STEP)
    return found


def _compared(entry: Entry, pair: Pair, at: Point, numeric: dict[str, Any], tolerance: float) -> str:
    try:
        analytic = gradients(entry, pair, at.args, at.dout)
    except (ValueError, IndexError, TypeError, AssertionError):  # it does not even run at this shape
        return CAUGHT
    for name, expected in numeric.items():
        if np.shape(analytic[name]) != np.shape(expected):
            return CAUGHT
        scale = np.linalg.norm(analytic[name]) + np.linalg.norm(expected)
        if not np.linalg.norm(analytic[name] - expected) <= tolerance * scale:
            return CAUGHT
    return PASSED


def gradcheck(entry: Entry, pair: Pair) -> str:
    """torch.autograd.gradcheck, its defaults, of a torch.autograd.Function that calls the two functions."""
    import torch

    at = point(entry)

    class HandWritten(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            args = {**at.args, **{name: _plain(t.detach().numpy()) for name, t in zip(entry.wrt, tensors, strict=True)}}
            ctx.args, result = args, pair[0](**args)
            out, ctx.cache = result if entry.style == "backward" else (result, None)
            return torch.as_tensor(np.asarray(out, dtype=float))

        @staticmethod
        def backward(ctx: Any, dout: Any) -> Any:
            if entry.style == "backward":
                found = named(entry, pair[1](dout.numpy(), ctx.cache))
            else:
                found = {k: dout.numpy() * np.asarray(g) for k, g in named(entry, pair[1](**ctx.args)).items()}
            return tuple(torch.as_tensor(np.asarray(found[name], dtype=float)) for name in entry.wrt)

    inputs = [torch.tensor(np.array(at.args[name], dtype=float), requires_grad=True) for name in entry.wrt]
    try:
        return PASSED if torch.autograd.gradcheck(HandWritten.apply, inputs) else CAUGHT
    except (RuntimeError, ValueError, IndexError, TypeError, AssertionError):  # GradcheckError is a RuntimeError
        return CAUGHT


def check_grads(entry: Entry, pair: Pair) -> str:
    """autograd.test_util.check_grads, first order, of a primitive that calls the two functions."""
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads as check

    at = point(entry)

    @primitive
    def hand_written(*values: Any) -> Any:
        return np.asarray(output(entry, pair[0], {**at.args, **dict(zip(entry.wrt, values, strict=True))}), dtype=float)

    def vjp(name: str) -> Callable[..., Any]:
        def make(_: Any, *values: Any) -> Callable[[Any], Any]:
            args = {**at.args, **dict(zip(entry.wrt, values, strict=True))}
            if entry.style == "backward":
                return lambda dout: _plain(gradients(entry, pair, args, dout)[name])
            return lambda dout: _plain(dout * np.asarray(gradients(entry, pair, args)[name]))

        return make

    defvjp(hand_written, *map(vjp, entry.wrt))
    values = [_plain(np.array(at.args[name], dtype=float)) for name in entry.wrt]
    np.random.seed(sum(map(ord, entry.name)))
    try:
        check(hand_written, tuple(range(len(entry.wrt))), modes=["rev"], order=1)(*values)
    except (AssertionError, ValueError, IndexError, TypeError):
        return CAUGHT
    return PASSED


def _plain(value: Any) -> Any:
    """Zero-dimensional arrays as numbers, as callers have them."""
    return value if np.ndim(value) else float(value)


def proof(entry: Entry, pair: Pair) -> str:
    """prove_backward or prove_gradient: for all shapes, every dout, every value of the hyperparameters."""
    from proving import PROVED, REFUTED, prove

    found = prove(entry, pair)
    if found.outcome == PROVED and found.report.side_effects:
        return REPORTED
    return {PROVED: PASSED, REFUTED: CAUGHT}.get(found.outcome, UNDECIDED)


@dataclass(frozen=True)
class Check:
    """A column of the table."""

    title: str
    run: Callable[[Entry, Pair], str]
    needs: str  # a package


CHECKS = {
    "relative": Check("relative error 1e-6", relative_error, "numpy"),
    "complex": Check("complex step", complex_step, "numpy"),
    "gradcheck": Check("torch gradcheck", gradcheck, "torch"),
    "check_grads": Check("autograd check_grads", check_grads, "autograd"),
    "proof": Check("proof", proof, "numeric"),
}

# --- running ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """What every check said of one variant, or of the original (kind correct, no name)."""

    entry: str
    variant: str
    kind: str
    grade: str
    outcome: dict[str, str]
    seconds: dict[str, float]


def cases(entries: Iterable[Entry]) -> Iterator[tuple[Entry, Variant | None]]:
    for entry in entries:
        if not entry.needs or available(entry.needs):
            yield entry, None
            yield from ((entry, variant) for variant in entry.variants)


def measured(entry: Entry, variant: Variant | None, checks: Iterable[str]) -> Row:
    outcome, seconds = {}, {}
    for name in checks:
        start = time.perf_counter()
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            outcome[name] = CHECKS[name].run(entry, entry.functions(variant))
        seconds[name] = time.perf_counter() - start
    kind, grade = (variant.kind, variant.grade) if variant else (CORRECT, "")
    return Row(entry.name, variant.name if variant else "", kind, grade, outcome, seconds)


@cache
def available(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False


# --- the table --------------------------------------------------------------------------------------------------------

GRADES = {
    "": "plain: transpose, sign, factor, axis, a term forgotten, a stale variable",
    "square": "right for square shapes only",
    "shape": "right values, wrong shape",
    "default": "right for one value of a hyperparameter",
    "dout": "not linear in dout",
    "rare": "wrong in a small or far region",
    "eps": "eps forgotten, or at the wrong place",
    "ulps": "a relative difference of 1e-6 to 1e-9",
}
KINDS = {
    REFUSED: "wrong behind a branch on values or sizes",
    SIDE_EFFECT: "right values, an array changed in place",
    KINK: "another value at a kink",
    CORRECT: "correct: originals and rewrites (caught is a false alarm)",
}


def table(rows: list[Row], checks: list[str]) -> str:
    """Markdown: caught / planted, for every kind of fault and every check."""
    lines = [["", "planted", *(CHECKS[name].title for name in checks)]]
    for grade, title in GRADES.items():
        lines.append(_line(title, [r for r in rows if r.kind == WRONG and r.grade == grade], checks))
    lines.append(_line("**all that are wrong**", [r for r in rows if r.kind == WRONG], checks))
    for kind, title in KINDS.items():
        lines.append(_line(title, [r for r in rows if r.kind == kind], checks))
    lines.insert(1, ["---"] * (len(checks) + 2))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _line(title: str, rows: list[Row], checks: list[str]) -> list[str]:
    cells = []
    for name in checks:
        counts = Counter(row.outcome[name] for row in rows)
        notes = [f"{counts[word]} {word}" for word in (REPORTED, UNDECIDED, UNABLE) if counts[word]]
        cells.append(f"{counts[CAUGHT]}" + (f" ({', '.join(notes)})" if notes else ""))
    return [title, str(len(rows)), *cells]


@click.command()
@click.option("--only", multiple=True, help="Names of entries; all when left out.")
@click.option("--checks", default=",".join(CHECKS), show_default=True)
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write every outcome to this file.")
@click.option("--seconds", is_flag=True, help="Print the time that each check took.")
@click.option("--missed", is_flag=True, help="List what each check let pass.")
def main(only: tuple[str, ...], checks: str, target: Path | None, seconds: bool, missed: bool) -> None:
    """Run every check on every variant, and print one table."""
    names = [name for name in checks.split(",") if available(CHECKS[name].needs)]
    for name in set(checks.split(",")) - set(names):
        click.echo(f"skipped: {CHECKS[name].title} (needs {CHECKS[name].needs})", err=True)
    chosen = [entry for entry in ENTRIES if not only or entry.name in only]
    rows = [measured(entry, variant, names) for entry, variant in cases(chosen)]
    click.echo(table(rows, names))
    if seconds:
        click.echo("\nseconds: " + ", ".join(f"{n} {sum(row.seconds[n] for row in rows):.1f}" for n in names))
    if missed:
        for name in names:
            passed = [f"{r.entry}: {r.variant}" for r in rows if r.kind == WRONG and r.outcome[name] != CAUGHT]
            click.echo(f"\n{CHECKS[name].title} lets pass {len(passed)}:\n  " + "\n  ".join(passed))
    if target:
        target.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
