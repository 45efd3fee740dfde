"""DerivedClassifier and DerivedRegressor: networks of scikit-learn's interface, trained by derived formulas.

`derivation_` shows the formulas.  This file is loaded when one of the two is used; it needs scikit-learn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import validate_data

from .derived_estimator import Derived, WrongParameter

Array = np.ndarray[Any, Any]


class DerivedClassifier(ClassifierMixin, Derived):
    """A network for classes: softmax and cross-entropy; one sigmoid for two classes; one per label for several labels.

    The parameters are those of sklearn.neural_network.MLPClassifier.  Source of the formulas: derivation_.
    """

    _loss = "cross_entropy"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Any:
        """One epoch on X and y; `classes`, all that there are, is needed at the first call."""
        if not hasattr(self, "coefs_"):
            if classes is None:
                raise WrongParameter("classes must be passed on the first call to partial_fit")
            check_classification_targets(y)
            self._labels = LabelBinarizer().fit(unique_labels(classes))
            self.classes_ = self._labels.classes_
            self._given_classes = True
        elif classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise WrongParameter(f"`classes={classes!r}` is not the same as on the last call: {self.classes_!r}")
        return self._partial_fit(X, y)

    def _data(self, X: Any, y: Any, again: bool) -> tuple[Array, Array]:
        X, y = validate_data(self, X, y, accept_sparse=False, multi_output=True, dtype=(np.float64, np.float32),
                             reset=not again)  # fmt: skip
        if y.ndim == 2 and y.shape[1] == 1:
            y = _row_of(y)
        check_classification_targets(y)
        known = again or getattr(self, "_given_classes", False)
        if not known:
            self._labels = LabelBinarizer().fit(y)
            self.classes_ = self._labels.classes_
            if len(self.classes_) < 2:
                raise WrongParameter(
                    f"y has one class only, {self.classes_[0]!r}; a classifier needs at least 2 classes"
                )
        elif wrong := sorted(set(unique_labels(y)) - set(self.classes_)):
            raise WrongParameter(f"y has the labels {wrong}, which are not among the classes {list(self.classes_)}")
        self._given_classes = False
        self._multilabel = type_of_target(y).startswith("multilabel")
        return X, np.ascontiguousarray(self._labels.transform(y), X.dtype)

    def _output_of(self, Y: Array) -> str:
        return "sigmoid" if Y.shape[1] == 1 or self._multilabel else "softmax"

    def _strata(self, Y: Array) -> Any:
        return Y if Y.shape[1] == 1 else None  # as MLPClassifier does

    def _score_of(self, found: Array, Y: Array) -> float:
        if Y.shape[1] == 1 or self._multilabel:
            return float(np.mean(((found > 0.5) == (Y > 0.5)).all(axis=1)))
        return float(np.mean(found.argmax(axis=1) == Y.argmax(axis=1)))

    def predict(self, X: Any) -> Array:
        """The class of each sample,  (m, n) -> (m,);  of several labels 0 or 1 each,  -> (m, labels)"""
        found = self._raw(X)
        if self._multilabel:
            return (found > 0.5).astype(int)
        return np.asarray(self.classes_[(found[:, 0] > 0.5).astype(int) if self.n_outputs_ == 1 else found.argmax(1)])

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class,  (m, n) -> (m, classes)"""
        found = self._raw(X)
        return np.hstack([1 - found, found]) if self.n_outputs_ == 1 and not self._multilabel else found

    def predict_log_proba(self, X: Any) -> Array:
        """log P(class), (n_samples, n_classes); -inf where the probability is 0."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))


class DerivedRegressor(RegressorMixin, Derived):
    """A network for numbers: an identity output and half the squared error, summed over the outputs.

    The parameters are those of sklearn.neural_network.MLPRegressor.  Source of the formulas: derivation_.
    """

    def partial_fit(self, X: Any, y: Any) -> Any:
        """One epoch on X and y."""
        return self._partial_fit(X, y)

    def _data(self, X: Any, y: Any, again: bool) -> tuple[Array, Array]:
        X, y = validate_data(self, X, y, accept_sparse=False, multi_output=True, y_numeric=True,
                             dtype=(np.float64, np.float32), reset=not again)  # fmt: skip
        if y.ndim == 2 and y.shape[1] == 1:
            y = _row_of(y)
        self._flat = y.ndim == 1
        return X, np.ascontiguousarray(y[:, None] if self._flat else y, X.dtype)

    def _score_of(self, found: Array, Y: Array) -> float:
        return float(r2_score(Y, found))

    def predict(self, X: Any) -> Array:
        """The number or numbers of each sample,  (m, n) -> (m,) or (m, c)"""
        found = self._raw(X)
        return found[:, 0] if self._flat else found


def _row_of(y: Array) -> Array:
    return np.asarray(column_or_1d(y, warn=True))
