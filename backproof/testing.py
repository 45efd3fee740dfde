"""Assertions for test suites: hand-written backward code is proved, or the report is printed.

    from backproof.testing import assert_backward_proved

    def test_affine():
        assert_backward_proved(affine_forward, affine_backward, shapes={"x": ("N", "D"), "w": ("D", "M"), "b": ("M",)})

The arguments are those of numeric.prove_gradient and numeric.prove_backward; nothing heavy is loaded before a call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numeric import Report

TIMEOUT = 20.0  # seconds for each gradient
_limit = {"seconds": TIMEOUT}


def assert_gradient_proved(
    loss: Callable[..., Any], gradients: Callable[..., Any], *, strict: bool = False, **arguments: Any
) -> Report:
    """gradients(...) is the derivative of loss(...), for all shapes and all values."""
    __tracebackhide__ = True
    from numeric import prove_gradient

    return _checked(prove_gradient, (loss, gradients), arguments, strict)


def assert_backward_proved(
    forward: Callable[..., Any], backward: Callable[..., Any], *, strict: bool = False, **arguments: Any
) -> Report:
    """backward(dout, cache) is the derivative of sum(dout * out), for all shapes, all values and every dout."""
    __tracebackhide__ = True
    from numeric import prove_backward

    return _checked(prove_backward, (forward, backward), arguments, strict)


def _checked(
    prove: Callable[..., Report], functions: tuple[Any, Any], arguments: dict[str, Any], strict: bool
) -> Report:
    """The report, if it holds; `strict` wants no change in place, and subgradients at kinks."""
    __tracebackhide__ = True
    from derive import DeriveError

    try:
        report = prove(*functions, **{"timeout": _limit["seconds"], **arguments})
    except DeriveError as error:
        raise error.with_traceback(None) from None  # what was given is wrong: the line of the test says where
    if not report.holds:
        raise AssertionError(f"not proved\n{report}")
    if strict and report.side_effects:
        raise AssertionError(f"proved, but arrays of the caller are changed in place\n{report}")
    if strict and any(part.kink == "not a subgradient" for part in report.parts):
        raise AssertionError(f"proved, but no subgradient where the function has a kink\n{report}")
    return report


def set_timeout(seconds: float) -> None:
    """Another limit for the assertions that follow; the marker `proof` uses it."""
    _limit["seconds"] = seconds
