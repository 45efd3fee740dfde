"""prove_gradient and prove_backward: is hand-written NumPy backward code the derivative of the forward code?

shapes    argument -> its shape: names and integers, products of them ("4*H"); () is a symbolic scalar;
          lists and dicts of shapes for arguments that hold several arrays
labels    {"y": "C"}: y holds integer class labels below C
assume    claims about the arguments: ["eps > 0", "sum(Y, axis=1) == 1"]
given     arguments that are passed as they are: flags, numbers, strings; keyword arguments are too
spec      what the forward function is meant to be: a name ("layer_norm"), or a function of the same arguments
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from .tracing import (
    NoLoss,
    Problem,
    Report,
    WrongUse,
    given_by,
    problem_of,
    report,
    seconds,
    takes_no_gradient,
    texts_of,
)


def prove_gradient(
    loss: Callable[..., Any],
    gradients: Callable[..., Any],
    shapes: Mapping[str, Any],
    wrt: Iterable[str] | str | None = None,
    assume: Iterable[str] | str = (),
    labels: Mapping[str, int | str] | None = None,
    given: Mapping[str, Any] | None = None,
    spec: str | Callable[..., Any] | None = None,
    timeout: float = 20.0,
    **others: Any,
) -> Report:
    """Is gradients(...) the derivative of loss(...), for all shapes and all values?

    Both take the same arguments; `gradients` returns a dict, or a tuple in the order of wrt.  `timeout` in seconds, for
    each gradient.
    """
    passed = given_by(given, others)
    return _prove(
        loss, gradients, shapes, wrt, assume, {} if labels is None else labels, passed, spec, timeout, backward=False
    )


def prove_backward(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    shapes: Mapping[str, Any],
    wrt: Iterable[str] | str | None = None,
    assume: Iterable[str] | str = (),
    labels: Mapping[str, int | str] | None = None,
    given: Mapping[str, Any] | None = None,
    spec: str | Callable[..., Any] | None = None,
    timeout: float = 20.0,
    **others: Any,
) -> Report:
    """Is backward(dout, cache) the derivative of sum(dout * out), for all shapes, all values and every dout?

    forward(x, w, b) returns (out, cache) or out; backward(dout, cache) the gradients in the order of wrt, or a dict.
    backward() and backward(dout=1) belong to a loss: `prove_gradient`.
    `timeout` in seconds, for each gradient.
    """
    passed = given_by(given, others)
    whole = {} if labels is None else labels
    return _prove(forward, backward, shapes, wrt, assume, whole, passed, spec, timeout, backward=True)


def _prove(
    first: Any,
    second: Any,
    shapes: Any,
    wrt: Any,
    assume: Any,
    labels: Any,
    passed: Any,
    spec: Any,
    timeout: float,
    backward: bool,
) -> Report:
    problem = problem_of(first, second, shapes, labels, passed, wrt, backward)
    texts, limit = texts_of(assume), seconds(timeout)
    if not backward or not takes_no_gradient(first, second):
        return report(problem, texts, limit, spec)
    try:
        whole = report(problem, texts, limit, spec)
    except WrongUse:  # backward() of a loss: nothing arrives there
        if (found := _of_loss(problem, texts, limit, spec)) is None:
            raise
        return found
    return whole if whole.holds else _of_loss(problem, texts, limit, spec) or whole     # backward(dout=1)


def _of_loss(problem: Problem, texts: tuple[str, ...], limit: float, spec: Any) -> Report | None:
    """The gradient that arrives is 1; None if the forward function is no loss."""
    try:
        return report(replace(problem, backward=False), texts, limit, spec)
    except NoLoss:
        return None
