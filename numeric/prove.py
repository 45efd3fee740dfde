"""prove_gradient and prove_backward: is hand-written NumPy backward code the derivative of the forward code?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .tracing import Problem, Report, named_leaves, read_arguments, report


def prove_gradient(
    loss: Callable[..., Any],
    gradients: Callable[..., Any],
    shapes: Mapping[str, Any],
    wrt: Iterable[str] | None = None,
    assume: Iterable[str] = (),
    labels: Mapping[str, int | str] | None = None,
    given: Mapping[str, Any] | None = None,
    timeout: float = 20.0,
    **others: Any,
) -> Report:
    """Are these the gradients of the loss, for all shapes and all values?"""
    return _prove(loss, gradients, shapes, wrt, assume, labels, {**(given or {}), **others}, timeout, False)


def prove_backward(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    shapes: Mapping[str, Any],
    wrt: Iterable[str] | None = None,
    assume: Iterable[str] = (),
    labels: Mapping[str, int | str] | None = None,
    given: Mapping[str, Any] | None = None,
    timeout: float = 20.0,
    **others: Any,
) -> Report:
    """Does the backward function carry every arriving gradient back, for all shapes and all values?"""
    return _prove(forward, backward, shapes, wrt, assume, labels, {**(given or {}), **others}, timeout, True)


def _prove(first: Any, second: Any, shapes: Any, wrt: Any, assume: Any, labels: Any, passed: Any, timeout: float,
           backward: bool) -> Report:
    arguments = read_arguments(shapes, labels or {}, passed)
    names = [wrt] if isinstance(wrt, str) else wrt
    parts = None if names is None else tuple(named_leaves(arguments, names))
    texts = (assume,) if isinstance(assume, str) else tuple(assume)
    return report(Problem(first, second, arguments, parts, backward), texts, timeout)
