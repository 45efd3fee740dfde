"""What prove_gradient and prove_backward are called with, looked at before anything runs."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from .arguments import Arguments, named_leaves, read_arguments
from .problem import Problem, describe
from .refusal import WrongUse
from .wording import listed, meant

KINDS = inspect.Parameter


def problem_of(
    first: Any, second: Any, shapes: Any, labels: Any, passed: Mapping[str, Any], wrt: Any, backward: bool
) -> Problem:
    """The problem; WrongUse says what of it cannot be meant."""
    roles = ("forward", "backward") if backward else ("loss", "gradients")
    taken = [_parameters(f, role) for f, role in zip((first, second), roles, strict=True)]
    if not isinstance(labels, Mapping):
        raise WrongUse(f'labels is a mapping from arguments to numbers of classes, labels={{"y": "C"}}, not {labels!r}')
    arguments = read_arguments(shapes, labels, passed)
    if None not in taken:
        names = [name for own in taken for name in own or ()]
        _taken((*arguments.structure, *passed), names, describe(first), describe(second))
    return Problem(first, second, arguments, _parts(arguments, wrt), backward)


def given_by(given: Any, others: Mapping[str, Any]) -> dict[str, Any]:
    """given= and the keyword arguments."""
    if not isinstance(given, Mapping | None):
        raise WrongUse(f'given is a mapping from arguments to their values, given={{"mode": "train"}}, not {given!r}')
    return {**(given or {}), **others}


def texts_of(assume: Any) -> tuple[str, ...]:
    """One claim, or several."""
    texts = (assume,) if isinstance(assume, str) else tuple(assume) if isinstance(assume, Iterable) else (assume,)
    for text in texts:
        if not isinstance(text, str):
            raise WrongUse(f'assume holds claims as texts, assume=["eps > 0"], not {text!r}')
    return texts


def seconds(timeout: Any) -> float:
    """A positive number."""
    if not isinstance(timeout, int | float) or isinstance(timeout, bool) or not timeout > 0:
        raise WrongUse(f"timeout is a positive number of seconds, not {timeout!r}")
    return float(timeout)


def _parameters(function: Any, role: str) -> list[str] | None:
    """The names of the parameters; None if it takes any."""
    if not callable(function):
        what = "was called, and its result given instead: leave the brackets out" if _is_array(function) else ""
        raise WrongUse(
            f"the {role} function is {type(function).__name__}, not a function"
            + (f"\n  perhaps it {what}" if what else f": {function!r}")
        )
    if isinstance(function, type):
        raise WrongUse(
            f"the {role} function is the class {function.__name__}: give a function or a method of an object"
        )
    try:
        every = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        name = describe(function)
        raise WrongUse(f"the names of the arguments of {name} are not known: wrap it, lambda x: {name}(x)") from None
    return None if any(p.kind in (KINDS.VAR_KEYWORD, KINDS.VAR_POSITIONAL) for p in every) else [p.name for p in every]


def _is_array(x: Any) -> bool:
    return hasattr(x, "shape") and hasattr(x, "dtype")


def _taken(given: Iterable[str], names: list[str], first: str, second: str) -> None:
    """Everything that is given is an argument of one of the functions."""
    for name in given:
        if name not in names:
            known = listed(names)
            raise WrongUse(
                f"{name!r} is no argument of {first} or {second}, which take {known}{meant(str(name), names)}"
            )


def _parts(arguments: Arguments, wrt: Any) -> tuple[Any, ...] | None:
    """The arrays that are named; None: what the gradients are keyed by, or all."""
    if wrt is None:
        if all(leaf.classes is not None for leaf in arguments.leaves):
            raise WrongUse(
                "there is no array to differentiate by: give the shapes of those whose gradients are returned"
            )
        return None
    names = [wrt] if isinstance(wrt, str) else list(wrt) if isinstance(wrt, Iterable) else [wrt]
    if any(not isinstance(name, str) for name in names):
        raise WrongUse(f'wrt holds names of arrays, wrt=["x", "w"], not {wrt!r}')
    if not names:
        raise WrongUse("wrt is empty: name the arrays whose gradients are returned, or leave wrt out")
    if twice := [name for name in names if names.count(name) > 1]:
        raise WrongUse(f"wrt names {twice[0]!r} twice")
    return tuple(named_leaves(arguments, names))


__all__ = ["given_by", "problem_of", "seconds", "texts_of"]
