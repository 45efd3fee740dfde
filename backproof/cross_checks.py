"""The figures of a document's cross-check: the compiled gradients against numerical derivatives of the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive import CrossCheck

SEEDS = (0, 1, 2)
SIZES = (3, 4, 2)  # what stands for sizes that are names, in turn
SAMPLES, NUMBER = 5, 0.3  # for m, and for a name such as lambda
DRAWS = 200  # of a point at which the loss is defined
MOST = 3000  # entries that are moved one by one; a larger network is not cross-checked


def cross_checks(derivation: Any) -> tuple[CrossCheck, ...]:
    """One for each seed; none for what cannot be computed (any depth, functions without a formula) or is too large."""
    program = derivation.program
    if isinstance(dict(program.recipe).get("sizes"), str):
        return ()
    sizes = stand_ins(program)
    if entries(program, sizes) > MOST:
        return ()
    from derive import DeriveError
    from numeric import lambdify

    try:
        f = lambdify(derivation)
        checks = [one_check(f, program, sizes, seed) for seed in SEEDS]
        return tuple(check for check in checks if check is not None)
    except DeriveError:  # a function without a formula
        return ()


def stand_ins(program: Any) -> dict[Any, int]:
    """A small number for every symbolic size."""
    names = {size for symbol in program.symbols.values() for size in getattr(symbol, "shape", ()) if size.is_Symbol}
    others = sorted(names - {program.samples}, key=str)
    found = {size: SIZES[k % len(SIZES)] for k, size in enumerate(others)}
    return found | ({program.samples: SAMPLES} if program.samples in names else {})


def entries(program: Any, sizes: dict[Any, int]) -> int:
    """How many numbers the parameters hold."""
    return sum(rows * columns for rows, columns in (shape(p, sizes) for p in program.parameters))


def shape(symbol: Any, sizes: dict[Any, int]) -> tuple[int, int]:
    """The shape of a symbol in integers."""
    rows, columns = (int(sizes.get(n, n)) for n in symbol.shape)
    return rows, columns


def one_check(f: Any, program: Any, sizes: dict[Any, int], seed: int) -> CrossCheck | None:
    """At one random point: parameters and inputs from a normal distribution, targets that fit the loss.

    Where the loss is no number, as log(A) for A <= 0, another point is drawn; None if there is none among DRAWS.
    """
    import numpy as np

    from derive import CrossCheck
    from numeric import check_gradient

    draw = np.random.default_rng(seed)
    numbers: dict[str, Any] = {str(s): NUMBER for s in scalars(program)}
    named = tuple((str(n), v) for n, v in sizes.items())
    for _ in range(DRAWS):
        params, arrays = point(program, sizes, draw)
        with np.errstate(all="ignore"):
            defined = np.isfinite(f(params, *arrays, **numbers)[0])
        if defined:
            found = check_gradient(f, params, *arrays, **numbers)
            return CrossCheck(seed, named, found.method, found.compared, found.error, found.kinks)
    return None


def point(program: Any, sizes: dict[Any, int], draw: Any) -> tuple[dict[str, Any], list[Any]]:
    """(parameters, inputs), drawn."""
    params = {str(p): 0.5 * draw.standard_normal(shape(p, sizes)) for p in program.parameters}
    target = str(program.inputs[-1])
    arrays = []
    for symbol in program.inputs:
        values = draw.standard_normal(shape(symbol, sizes))
        arrays.append(fitting(values, program) if str(symbol) == target else values)
    return params, arrays


def fitting(values: Any, program: Any) -> Any:
    """Targets: positive, with columns that sum to 1, where the loss is a cross-entropy; else as they are."""
    import numpy as np

    if program.facts:
        return np.exp(values) / np.exp(values).sum(axis=0)
    return 1 / (1 + np.exp(-values)) if program.loss == "cross-entropy" else values


def scalars(program: Any) -> list[Any]:
    """Numbers with a name, such as lambda, that are given beside the arrays."""
    known = {str(e.lhs) for e in program.equations} | {str(p) for p in program.parameters}
    return [s for name, s in program.symbols.items() if name not in known and not getattr(s, "is_Matrix", False)]
