"""A trained network from its file: what it was trained on, how a sample is prepared, what its outputs are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from derive import DeriveError, backprop, mlp

from .archives import read_archive
from .checkpoints import FORMAT
from .codegen import CompiledDerivation, lambdify
from .datasets.dataset import DataError
from .datasets.own import samples_of
from .datasets.preparation import Preparation

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Model:
    """`classes` are the names of the outputs, or what 0 and 1 of the only output mean; empty if nobody said."""

    f: CompiledDerivation
    params: Mapping[str, Array]
    classes: tuple[str, ...]
    preparation: Preparation
    data: str

    def predict(self, raw: Any) -> Array:
        """The output layer for samples as they are in a file, (m, ...) -> (c, m)."""
        columns = self.preparation.columns(raw, self.params["W1"].dtype)
        if not np.isfinite(columns).all():
            raise DataError(f"sample {int(np.argwhere(~np.isfinite(columns))[0][1])} (from 0) is not finite")
        return np.asarray(self.f.predict(self.params, columns))

    def read(self, path: str | Path) -> Array:
        """Samples from a picture, a CSV or NPY file, for predict.  Raises DataError for those of another size."""
        raw = samples_of(path, self.preparation)
        (wanted, _), given = self.f.by_name["X"].shape, int(np.prod(np.shape(raw)[1:], dtype=int))
        if given != wanted:
            raise DataError(f"{path}: a sample has {given} numbers; this network takes {wanted}")
        return raw

    def probabilities(self, raw: Any) -> Array:
        """(m, classes): the output as rows; of one output p for two classes, 1 - p and p."""
        rows = self.predict(raw).T
        return np.hstack([1 - rows, rows]) if rows.shape[1] == 1 else rows


def load_model(path: str | Path) -> Model:
    """The network that train(..., checkpoint=path) trained, the best of it if there were validation samples.

    Raises DataError for another file, and for a program that no mlp makes.
    """
    arrays, about = read_archive(path)
    if about.get("format") != FORMAT:
        raise DataError(f"{path} holds no trained network; one is made by backproof train --save FILE")
    if not about.get("network"):
        raise DataError(f"{path} holds a program that mlp does not make, so only its parameters can be read")
    try:
        f = lambdify(backprop(mlp(**about["network"])))
    except TypeError as error:
        raise DataError(f"{path}: its note describes no network") from error
    names = [str(p) for p in f.program.parameters]
    if missing := [name for name in names if name not in arrays]:
        raise DataError(f"{path} lacks {', '.join(missing)}")
    params = {name: arrays.get(f"best/{name}", arrays[name]) for name in names}
    own = about.get("about", {})
    model = Model(f, params, tuple(own.get("classes", ())), Preparation.from_json(own.get("preparation", {})),
                  str(own.get("data", "")))  # fmt: skip
    rows = params[names[-1]].shape[0]
    if model.classes and len(model.classes) != (2 if rows == 1 else rows):
        raise DeriveError(f"{path}: {len(model.classes)} names of classes do not fit {rows} outputs")
    return model
