"""The one family of errors: what was given, what was expected, what to do."""


class DeriveError(Exception):
    """Any error that this project raises on purpose."""


class ShapeError(DeriveError):
    """Arrays whose shapes do not fit."""


class OpenShape(ShapeError):
    """A shape that has no name, or that is not there for every size: x[1:] or x[3] of an axis of size n."""


class UnknownNode(DeriveError):
    """An expression that a table has no row for.  It is never taken for zero."""

    def __init__(self, where: str, node: object) -> None:
        super().__init__(f"{where} does not know {type(node).__name__}: {node}")


class CheckError(DeriveError):
    """A derivation that does not hold; the message names the step."""
