"""What DerivedClassifier and DerivedRegressor have in common: parameters, fitting by derived formulas, keeping.

The parameters have the names and meanings of sklearn.neural_network.MLPClassifier and MLPRegressor.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from derive import FUNCTIONS, DeriveError

from .descent import arrays_of, restore
from .fitting import Rows, derived, epoch, layers_of, minimize, outputs, planned, start
from .interruption import Interruption

Array = np.ndarray[Any, Any]
SPOKEN = {"logistic": "sigmoid"}
SOLVERS = ("adam", "sgd", "lbfgs")
RATES = ("constant", "invscaling", "adaptive")


class WrongParameter(DeriveError, ValueError):
    """A parameter of an estimator that has no such value."""


class Diverged(DeriveError, ValueError):
    """Parameters that are not finite any more."""


class Derived(BaseEstimator):
    """What both have in common."""

    _output, _loss = "identity", "squared_error"

    def __init__(
        self, hidden_layer_sizes: Any = (100,), activation: Any = "relu", *, solver: str = "adam", alpha: float = 1e-4,
        batch_size: Any = "auto", learning_rate: str = "constant", learning_rate_init: float = 1e-3,
        power_t: float = 0.5, max_iter: int = 200, shuffle: bool = True, random_state: Any = None, tol: float = 1e-4,
        verbose: bool = False, warm_start: bool = False, momentum: float = 0.9, nesterovs_momentum: bool = True,
        early_stopping: bool = False, validation_fraction: float = 0.1, beta_1: float = 0.9, beta_2: float = 0.999,
        epsilon: float = 1e-8, n_iter_no_change: int = 10, max_fun: int = 15000,
    ) -> None:  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun

    # --- fitting ------------------------------------------------------------------------------------------------------

    def fit(self, X: Any, y: Any) -> Any:
        """Train on X (m, n) and y, from the start unless warm_start; returns self."""
        self._check()
        again = self.warm_start and hasattr(self, "coefs_")
        X, Y = self._data(X, y, again)
        if not again:
            self._begin(X, Y)
        if self.solver == "lbfgs":
            return self._by_lbfgs(X, Y)
        return self._by_epochs(X, Y, self.max_iter, self.early_stopping)

    def _partial_fit(self, X: Any, y: Any) -> Any:
        """One epoch on X and y, from where it stands."""
        self._check()
        if self.solver == "lbfgs":
            raise AttributeError("partial_fit needs the solver adam or sgd, not lbfgs")
        if self.early_stopping:
            raise WrongParameter("partial_fit does not support early_stopping=True")
        first = not hasattr(self, "coefs_")
        X, Y = self._data(X, y, not first)
        if first:
            self._begin(X, Y)
        return self._by_epochs(X, Y, 1, False)

    def _begin(self, X: Array, Y: Array) -> None:
        """Everything that a fit starts anew."""
        self._rng = check_random_state(self.random_state)
        sizes = [X.shape[1], *np.atleast_1d(self.hidden_layer_sizes).astype(int).tolist(), Y.shape[1]]
        self.n_layers_, self.n_outputs_ = len(sizes), Y.shape[1]
        self.out_activation_ = {"sigmoid": "logistic"}.get(self._output_of(Y), self._output_of(Y))
        self.coefs_, self.intercepts_ = start(sizes, self.activation == "logistic", self._rng, X.dtype)
        self.n_iter_, self.t_, self._without_gain = 0, 0, 0
        self.loss_curve_: list[float] = []
        self.best_loss_: Any = np.inf
        self._rate, self._step = float(self.learning_rate_init), None
        self._remembered: dict[str, Array] = {}
        self.validation_scores_: list[float] | None = [] if self.early_stopping else None
        self.best_validation_score_: Any = -np.inf if self.early_stopping else None

    @property
    def _network(self) -> tuple[Any, ...]:
        """The arguments of `derived`."""
        hidden = SPOKEN.get(self.activation, self.activation)
        output = SPOKEN.get(self.out_activation_, self.out_activation_)
        return (self.n_layers_ - 1, hidden, output, self._loss)

    @property
    def derivation_(self) -> Any:
        """The derivation of the formulas that it trains with; sizes n0, n1, ... are open."""
        check_is_fitted(self)
        return derived(*self._network).derivation

    def _new_step(self, dtype: Any, rows: int) -> Any:
        numbers: dict[str, float] = {}
        optimizer = self.solver
        if self.solver == "adam":
            numbers = {"beta1": self.beta_1, "beta2": self.beta_2, "eps": self.epsilon}
        elif self.momentum > 0:
            optimizer, numbers = "nesterov" if self.nesterovs_momentum else "momentum", {"momentum": self.momentum}
        plain = tuple((name, float(value)) for name, value in numbers.items())
        step = planned(self._network, optimizer, plain, np.dtype(dtype).name).for_batches(rows)
        restore(step.state, self._remembered)
        return step.again(self._rate) if not self._remembered else _moved(step, self._rate)

    def _by_epochs(self, X: Array, Y: Array, epochs: int, early: bool) -> Any:
        X, Y, kept = self._split(X, Y) if early else (X, Y, None)
        most = min(200, len(X)) if self.batch_size == "auto" else min(int(self.batch_size), len(X))
        theta, rows = layers_of(self.coefs_, self.intercepts_), Rows(X, Y, most, self.shuffle)
        self._remembered = arrays_of(self._step.state) if self._step is not None else self._remembered
        self._step = self._new_step(X.dtype, most)
        best: dict[str, Array] = {}
        with Interruption() as asked, np.errstate(all="ignore"):
            for _ in range(epochs):
                loss = epoch(self._step, theta, rows, float(self.alpha), self._rng)
                self.n_iter_, self.t_ = self.n_iter_ + 1, self.t_ + len(X)
                self._take(theta, loss)
                if self.verbose:
                    print(f"Iteration {self.n_iter_}, loss = {loss:.8f}")
                if kept is not None and self._validated(*kept):
                    best = {name: p.copy() for name, p in theta.items()}
                if asked.now:
                    warnings.warn("Training interrupted by user.", stacklevel=3)
                    break
                if self._without_gain > self.n_iter_no_change and not self._slower():
                    break
                if self.learning_rate == "invscaling" and self.solver == "sgd":
                    self._new_rate(float(self.learning_rate_init) / (self.t_ + 1) ** self.power_t)
            else:
                if epochs == self.max_iter and epochs > 1:
                    words = f"Stochastic Optimizer: Maximum iterations ({epochs}) reached and the optimization hasn't "
                    warnings.warn(words + "converged yet.", ConvergenceWarning, stacklevel=3)
        if best:
            self._take(best, None)
        return self

    def _take(self, theta: dict[str, Array], loss: float | None) -> None:
        """The parameters as scikit-learn has them, as views; and what the epoch says about convergence."""
        layers = range(1, self.n_layers_)
        self.coefs_ = [theta[f"W{k}"].T for k in layers]
        self.intercepts_ = [theta[f"b{k}"][:, 0] for k in layers]
        if loss is None:
            return
        if not np.isfinite(loss) or not all(np.isfinite(p).all() for p in theta.values()):
            advice = "a smaller learning_rate_init, or scaled samples (StandardScaler), may help"
            raise Diverged(f"the loss became {loss} in epoch {self.n_iter_}: the weights are not finite\n  {advice}")
        self.loss_ = loss
        self.loss_curve_.append(loss)
        if self.validation_scores_ is None:
            self._without_gain = 0 if loss <= self.best_loss_ - self.tol else self._without_gain + 1
        self.best_loss_ = None if self.validation_scores_ is not None else min(loss, self.best_loss_)

    def _validated(self, X: Array, Y: Array) -> bool:
        """The score of the samples that are kept; True if it is the best so far."""
        assert self.validation_scores_ is not None
        score = self._score_of(outputs(self._network, layers_of(self.coefs_, self.intercepts_), X), Y)
        self.validation_scores_.append(score)
        best = self.best_validation_score_
        self._without_gain = 0 if score >= best + self.tol else self._without_gain + 1
        self.best_validation_score_ = max(score, best)
        return bool(score > best)

    def _slower(self) -> bool:
        """learning_rate "adaptive" goes on with a fifth of the rate, until that is very small."""
        if self.learning_rate != "adaptive" or self.solver != "sgd" or self._rate <= 1e-6:
            return False
        self._new_rate(self._rate / 5)
        self._without_gain = 0
        return True

    def _new_rate(self, rate: float) -> None:
        self._rate, self._step = rate, _moved(self._step, rate)

    def _by_lbfgs(self, X: Array, Y: Array) -> Any:
        theta, f = layers_of(self.coefs_, self.intercepts_), derived(*self._network)
        found, loss, count = minimize(f, theta, X, Y, float(self.alpha), self.max_iter, self.max_fun, self.tol)
        self.n_iter_ = count
        self._take(found, loss)
        if count >= self.max_iter:
            warnings.warn(f"lbfgs failed to converge after {count} iterations", ConvergenceWarning, stacklevel=3)
        return self

    def _split(self, X: Array, Y: Array) -> tuple[Array, Array, tuple[Array, Array]]:
        """Samples to train on and samples to validate with, by the share validation_fraction."""
        few, kept, few_Y, kept_Y = train_test_split(
            X, Y, test_size=self.validation_fraction, random_state=self._rng, stratify=self._strata(Y)
        )
        return few, few_Y, (kept, kept_Y)

    # --- what may be given --------------------------------------------------------------------------------------------

    def _check(self) -> None:
        sizes = np.atleast_1d(self.hidden_layer_sizes)
        if sizes.ndim != 1 or any(int(n) != n or n < 1 for n in sizes.tolist()):
            raise WrongParameter(f"hidden_layer_sizes must be integers of at least 1, not {self.hidden_layer_sizes!r}")
        known = {"identity", "logistic", *FUNCTIONS}
        if self.activation not in known:
            raise WrongParameter(f"unknown activation {self.activation!r}; expected one of {', '.join(sorted(known))}")
        for name, value, choice in (("solver", self.solver, SOLVERS), ("learning_rate", self.learning_rate, RATES)):
            if value not in choice:
                raise WrongParameter(f"unknown {name} {value!r}; expected one of {', '.join(choice)}")
        if self.batch_size != "auto" and (int(self.batch_size) != self.batch_size or self.batch_size < 1):
            raise WrongParameter(f"batch_size must be 'auto' or an integer of at least 1, not {self.batch_size!r}")
        if int(self.max_iter) != self.max_iter or self.max_iter < 1:
            raise WrongParameter(f"max_iter must be an integer of at least 1, not {self.max_iter!r}")
        if not 0 < self.learning_rate_init < np.inf:
            raise WrongParameter(f"learning_rate_init must be a positive number, not {self.learning_rate_init!r}")
        if not 0 <= self.alpha < np.inf:
            raise WrongParameter(f"alpha must be a number of at least 0, not {self.alpha!r}")
        if not 0 < self.validation_fraction < 1:
            raise WrongParameter(f"validation_fraction lies between 0 and 1, not {self.validation_fraction!r}")

    def _data(self, X: Any, y: Any, again: bool) -> tuple[Array, Array]:
        raise NotImplementedError

    def _output_of(self, Y: Array) -> str:
        return self._output

    def _strata(self, Y: Array) -> Any:
        return None

    def _raw(self, X: Any) -> Array:
        """The output layer for X (m, n), after the checks."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=False, dtype=(np.float64, np.float32), reset=False)
        params = layers_of(self.coefs_, self.intercepts_)
        return outputs(self._network, params, X.astype(self.coefs_[0].dtype, copy=False))

    # --- keeping ------------------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """A step is made of functions and is not kept; what its optimizer remembers is."""
        state = dict(super().__getstate__())
        if state.get("_step") is not None:
            state["_remembered"] = {name: np.array(x) for name, x in arrays_of(state["_step"].state).items()}
            state["_step"] = None
        return state


def _moved(step: Any, rate: float) -> Any:
    """The same step with another rate; what it remembers goes along."""
    other = step.again(rate)
    restore(other.state, arrays_of(step.state))
    return other
