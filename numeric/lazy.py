"""Names of numeric that need scikit-learn: loaded when they are asked for."""

from __future__ import annotations

from typing import Any

from .datasets.dataset import MissingExtra

ESTIMATORS = ("DerivedClassifier", "DerivedRegressor")


def __getattr__(name: str) -> Any:
    """numeric.DerivedClassifier, numeric.DerivedRegressor.  Raises MissingExtra without scikit-learn."""
    if name not in ESTIMATORS:
        raise AttributeError(f"module 'numeric' has no attribute {name!r}")
    try:
        from . import estimators
    except ImportError as error:
        if not (error.name or "").startswith("sklearn"):
            raise
        raise MissingExtra(name, "scikit-learn", "data") from error
    return getattr(estimators, name)
