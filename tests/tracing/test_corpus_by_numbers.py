"""The corpus itself is right: each backward function against differences, each variant against the original.

A prover is not asked here.  Wrong variants differ from the original somewhere; correct ones, and those that only change
arrays in place, never; a kink's difference shows at ties, and only there.
"""

import ast
import importlib.util
import inspect
import traceback
from pathlib import Path

import corpus
import numpy as np
import pytest
from corpus import CORRECT, ENTRIES, KINDS, KINK, REFUSED, SIDE_EFFECT, WRONG, Entry, Variant
from corpus.entry import edited_source
from corpus.numbers import arguments, by_complex_step, by_differences, draw_dout, gradients, sizes

EXACT, PLAIN, ROUNDED = 1e-12, 1e-11, 3e-9  # relative: the same formula in another order; differences of fourth order
MANY = 120  # samples, for branches on the number of samples
SCALES = ((1, 1), (1, 1e3), (4, 1), (30, 30), (1e3, 1), (1e-5, 1), (1e-7, 1))  # inputs, dout
ROWS = [pytest.param(entry, id=entry.name) for entry in ENTRIES]
PLANTED = [pytest.param(e, v, id=f"{e.name}: {v.name}") for e in ENTRIES for v in e.variants]


def seed(entry: Entry, number: int) -> int:
    return sum(map(ord, entry.name)) * 100 + number


def usable(entry: Entry) -> Entry:
    if entry.needs and importlib.util.find_spec(entry.needs) is None:
        pytest.skip(f"needs {entry.needs}")
    return entry


def difference(ours, theirs) -> float:
    """The largest difference, relative to the largest entry; infinite where the shapes differ."""
    if np.shape(ours) != np.shape(theirs):
        return np.inf
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return 0.0
    return float(np.max(np.abs(ours - theirs), initial=0) / max(np.max(np.abs(ours), initial=0), 1e-100))


# --- the original is the derivative -----------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ROWS)
@pytest.mark.parametrize("number", [0, 1])
def test_backward_is_the_derivative(entry, number):
    pair = usable(entry).functions()
    rng = np.random.default_rng(seed(entry, number))
    args = arguments(entry, sizes(entry)[number], rng, usual=number == 0)
    dout = draw_dout(entry, pair[0], args, rng)
    given = gradients(entry, pair, args, dout)
    assert list(given) == list(entry.wrt)
    for name in entry.wrt:
        expected = by_differences(entry, pair[0], args, dout, name)
        assert difference(expected, given[name]) < ROUNDED, name
        if entry.analytic:
            exact = by_complex_step(entry, pair[0], args, dout, name)
            assert difference(exact, given[name]) < EXACT, name


@pytest.mark.parametrize("entry", ROWS)
def test_the_original_changes_nothing_in_place(entry):
    assert touched(usable(entry), None) == set()


def touched(entry: Entry, planted: Variant | None) -> set[str]:
    """Which arrays of the caller, and whether a second call with the same cache gives something else."""
    pair = entry.functions(planted)
    rng = np.random.default_rng(seed(entry, 2))
    args = arguments(entry, sizes(entry)[0], rng)
    dout = draw_dout(entry, pair[0], args, rng)
    before = {name: np.copy(value) for name, value in {**args, "dout": dout}.items() if isinstance(value, np.ndarray)}
    if entry.style == "backward":
        _, kept = pair[0](**args)
        first = [np.copy(value) for value in _flat(pair[1](dout, kept))]
        changed = {name for name, value in before.items() if not np.array_equal(value, {**args, "dout": dout}[name])}
        for name, value in before.items():
            {**args, "dout": dout}[name][...] = value
        again = _flat(pair[1](dout, kept))
        return changed if all(map(np.array_equal, first, again)) else changed | {"cache"}
    pair[1](**args)
    return {name for name, value in before.items() if not np.array_equal(value, {**args, "dout": dout}[name])}


def _flat(found) -> list:
    if isinstance(found, dict):
        return list(found.values())
    return list(found) if isinstance(found, tuple | list) else [found]


# --- variants ---------------------------------------------------------------------------------------------------------


def both(entry: Entry, planted: Variant, start: int, dims, usual: bool, scale: tuple[float, float], ties: bool = False):
    """(by the original, by the variant) at one set of arguments; None for the second where its shapes do not fit."""
    original, edited = entry.functions(), entry.functions(planted)
    rng = np.random.default_rng(start)
    args = arguments(entry, dims, rng, usual)
    for name, shape in entry.shapes.items():
        word = entry.draw.get(name, "normal")
        if name in entry.labels:
            continue
        if ties:
            args[name] = np.clip(np.round(args[name]), *TIES[word])
        elif shape and word == "normal":
            args[name] = args[name] * scale[0]
    dout = draw_dout(entry, original[0], args, rng)
    dout = dout if dout is None or ties else dout * scale[1]
    again = {name: np.copy(value) if isinstance(value, np.ndarray) else value for name, value in args.items()}
    ours = gradients(entry, original, args, np.copy(dout))
    try:
        theirs = gradients(entry, edited, again, np.copy(dout))
    except (ValueError, IndexError):
        theirs = None
    return ours, theirs


TIES = {  # where a number is rounded to
    "normal": (-2, 2),
    "positive": (1, 1),
    "unit": (1, 1),
    "binary": (0, 1),
    "sign": (-1, 1),
    "one_hot": (0, 1),
    "counts": (0, 5),
}


def differs(entry: Entry, planted: Variant, scales, ties: bool = False, numbers=range(8)) -> float:
    largest = 0.0
    numbers = [*numbers, -1] if planted.grade == "samples" else numbers
    numbers = range(200) if planted.grade in ("rare", "default") else numbers
    for number in numbers:
        if largest > PLAIN:
            break
        usual = number in (0, 1)
        for scale in scales:
            dims = sizes(entry)[number % 2] | ({"N": MANY} if number < 0 else {})
            with np.errstate(all="ignore"):
                ours, theirs = both(entry, planted, seed(entry, 10 + number), dims, usual, scale, ties)
            if theirs is None:
                return np.inf
            largest = max([largest, *(difference(ours[name], theirs[name]) for name in entry.wrt)])
    return largest


@pytest.mark.parametrize(("entry", "planted"), PLANTED)
def test_a_variant_is_what_it_says(entry, planted):
    usable(entry)
    if planted.kind in (WRONG, REFUSED):
        assert differs(entry, planted, SCALES) > PLAIN
    elif planted.kind == KINK:
        assert differs(entry, planted, SCALES[:1]) < EXACT
        assert differs(entry, planted, SCALES[:1], ties=True, numbers=range(40)) > PLAIN
    elif planted.kind == SIDE_EFFECT:
        assert differs(entry, planted, SCALES[:1]) < EXACT
        assert touched(entry, planted)
    else:
        assert differs(entry, planted, SCALES[:1]) < EXACT


# --- the corpus as a whole --------------------------------------------------------------------------------------------


def test_every_row_has_its_faults():
    few = {e.name for e in ENTRIES if len(e.of_kind(WRONG)) < 5 or not e.of_kind(CORRECT)}
    assert not few


def test_names_are_unique():
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES)
    for entry in ENTRIES:
        assert len({v.name for v in entry.variants}) == len(entry.variants), entry.name
        assert {v.kind for v in entry.variants} <= set(KINDS)


def test_an_edit_stands_exactly_once():
    with pytest.raises(ValueError, match="stands 2 times"):
        edited_source("def f(x):\n    return x + x\n", "f", (("x ", "y "), ("x", "y")))


def test_the_code_knows_nothing_of_this_project():
    folder = Path(corpus.__file__).parent / "code"
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert [name.name for name in node.names] == ["numpy"], path
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 1 or node.module == "scipy.special", path


def test_line_numbers_and_source_of_a_variant():
    relu = next(entry for entry in ENTRIES if entry.name == "relu")
    _, backward = relu.functions(next(v for v in relu.variants if v.name == "mask the wrong way round"))
    assert "dx[x > 0] = 0" in inspect.getsource(backward)
    with pytest.raises(AttributeError) as caught:
        backward(None, None)
    assert "dx = dout.copy()" in "".join(traceback.format_tb(caught.tb))
