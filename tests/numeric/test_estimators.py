"""DerivedClassifier and DerivedRegressor: scikit-learn's own checks, its networks beside ours, and what people do."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn")
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from derive import DeriveError
from numeric import DerivedClassifier, DerivedRegressor
from numeric.datasets import MissingExtra
from numeric.lazy import __getattr__ as lazily

pytestmark = pytest.mark.filterwarnings(f"ignore::{ConvergenceWarning.__module__}.ConvergenceWarning")
IRIS = datasets.load_iris(return_X_y=True)


@parametrize_with_checks([C(max_iter=20, random_state=0) for C in (DerivedClassifier, DerivedRegressor)])
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


def halves(load, seed=0):
    X, y = load(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, random_state=seed, test_size=0.3)
    scaler = StandardScaler().fit(X)
    return scaler.transform(X), scaler.transform(X_test), y, y_test


# --- beside scikit-learn's own ----------------------------------------------------------------------------------------

SAME = [
    {},
    {"activation": "tanh", "alpha": 0.1, "batch_size": 17},
    {"activation": "logistic", "solver": "sgd", "learning_rate_init": 0.1},
    {"activation": "identity", "solver": "sgd", "nesterovs_momentum": False, "learning_rate_init": 0.01},
    {"solver": "sgd", "momentum": 0.0, "learning_rate": "invscaling", "learning_rate_init": 0.1},
    {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.5, "max_iter": 120},
    {"solver": "lbfgs", "max_iter": 20},
    {"hidden_layer_sizes": (7, 5), "early_stopping": True},
    {"hidden_layer_sizes": 8, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6},
]


@pytest.mark.parametrize("options", SAME, ids=str)
@pytest.mark.parametrize("load", [datasets.load_wine, datasets.load_breast_cancer])  # softmax, one sigmoid
def test_the_loss_falls_as_that_of_scikit_learn(load, options):
    """The same start and the same shuffling: the first losses agree to rounding, the last nearly."""
    X, X_test, y, _ = halves(load)
    options = {"hidden_layer_sizes": (10,), "max_iter": 30, "random_state": 1, **options}
    ours, theirs = DerivedClassifier(**options).fit(X, y), MLPClassifier(**options).fit(X, y)
    if options.get("solver") == "lbfgs":
        assert ours.loss_ < 2 * theirs.loss_ + 1e-3
        return
    assert ours.loss_curve_[:3] == pytest.approx(theirs.loss_curve_[:3], rel=1e-5)
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-2, abs=1e-4)
    assert ours.n_iter_ == pytest.approx(theirs.n_iter_, abs=3)
    assert ours.predict_proba(X_test) == pytest.approx(theirs.predict_proba(X_test), abs=0.02)
    assert [w.shape for w in ours.coefs_] == [w.shape for w in theirs.coefs_]
    assert [b.shape for b in ours.intercepts_] == [b.shape for b in theirs.intercepts_]


def test_a_regressor_is_that_of_scikit_learn():
    X, X_test, y, y_test = halves(datasets.load_diabetes)
    options = {"hidden_layer_sizes": (10,), "max_iter": 300, "random_state": 1, "learning_rate_init": 0.01}
    ours, theirs = DerivedRegressor(**options).fit(X, y), MLPRegressor(**options).fit(X, y)
    assert ours.loss_curve_[:3] == pytest.approx(theirs.loss_curve_[:3], rel=1e-6)
    assert ours.score(X_test, y_test) == pytest.approx(theirs.score(X_test, y_test), abs=0.02)


@pytest.mark.parametrize("load", ["load_digits", "load_breast_cancer", "load_iris", "load_wine"])
def test_accuracy_is_within_noise_of_that_of_scikit_learn(load):
    X, X_test, y, y_test = halves(getattr(datasets, load))
    options = {"hidden_layer_sizes": (30,), "max_iter": 60, "random_state": 0}
    ours, theirs = (C(**options).fit(X, y).score(X_test, y_test) for C in (DerivedClassifier, MLPClassifier))
    assert abs(ours - theirs) < 0.02


def test_several_labels_and_several_numbers():
    X, Y = datasets.make_multilabel_classification(120, 6, n_classes=3, random_state=0)
    options = {"hidden_layer_sizes": (8,), "max_iter": 40, "random_state": 0}
    ours, theirs = DerivedClassifier(**options).fit(X, Y), MLPClassifier(**options).fit(X, Y)
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-3)
    assert ours.predict(X).shape == (120, 3)
    assert DerivedRegressor(**options).fit(X, X[:, :2] * 1.5).predict(X).shape == (120, 2)


# --- what people do ---------------------------------------------------------------------------------------------------


def test_it_works_in_a_pipeline_and_a_grid_search():
    grid = {"derivedclassifier__hidden_layer_sizes": [(4,), (8, 4)], "derivedclassifier__alpha": [0.0, 0.1]}
    pipeline = make_pipeline(StandardScaler(), DerivedClassifier(max_iter=80, random_state=0, learning_rate_init=0.02))
    search = GridSearchCV(pipeline, grid, cv=3, n_jobs=1).fit(*IRIS)
    assert search.best_score_ > 0.9
    assert set(search.predict(IRIS[0])) == {0, 1, 2}


def test_the_derivation_is_shown():
    model = DerivedClassifier(max_iter=2, random_state=0, activation="tanh").fit(*IRIS)
    assert str(model.derivation_["dZ2"].rhs) == "A2 - Y"
    assert model.derivation_.check().gradients
    with pytest.raises(NotFittedError):
        DerivedClassifier().derivation_  # noqa: B018


@pytest.mark.parametrize("keep", [lambda m: pickle.loads(pickle.dumps(m)), copy.deepcopy], ids=["pickle", "deepcopy"])
def test_a_kept_model_goes_on_to_the_same_bits(keep):
    model = DerivedClassifier(max_iter=5, random_state=0, shuffle=False).fit(*IRIS)
    kept = keep(model)
    for _ in range(2):
        model.partial_fit(*IRIS)
        kept.partial_fit(*IRIS)
    assert all(np.array_equal(a, b) for a, b in zip(model.coefs_, kept.coefs_, strict=True))
    assert model.loss_curve_ == kept.loss_curve_
    assert len(model.loss_curve_) == 7


def test_partial_fit_learns_and_knows_its_classes():
    X, y = StandardScaler().fit_transform(IRIS[0]), IRIS[1]
    model = DerivedClassifier(random_state=0, learning_rate_init=0.05)
    for k in range(40):
        model.partial_fit(X[k % 3 :: 3], y[k % 3 :: 3], classes=[0, 1, 2])
    assert model.score(X, y) > 0.9
    with pytest.raises(ValueError, match=r"y has the labels \[.*7.*\], which are not among the classes"):
        model.partial_fit(X[:2], [0, 7])
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        DerivedClassifier().partial_fit(X, y)
    with pytest.raises(AttributeError, match="needs the solver adam or sgd"):
        DerivedClassifier(solver="lbfgs").partial_fit(X, y, classes=[0, 1, 2])


def test_warm_start_goes_on():
    cold = DerivedClassifier(max_iter=4, random_state=0, batch_size=150).fit(*IRIS)
    warm = DerivedClassifier(max_iter=2, random_state=0, batch_size=150, warm_start=True).fit(*IRIS).fit(*IRIS)
    assert warm.loss_curve_ == cold.loss_curve_


def test_single_precision_stays():
    model = DerivedClassifier(max_iter=3, random_state=0).fit(IRIS[0].astype("float32"), IRIS[1])
    assert model.coefs_[0].dtype == model.predict_proba(IRIS[0].astype("float32")).dtype == np.float32


def test_names_of_classes_are_kept():
    names = np.array(["setosa", "versicolor", "virginica"])[IRIS[1]]
    model = DerivedClassifier(max_iter=200, random_state=0, learning_rate_init=0.01).fit(IRIS[0], names)
    assert model.score(IRIS[0], names) > 0.9
    assert model.predict_proba(IRIS[0]).sum(axis=1) == pytest.approx(np.ones(150))


WRONG = [
    ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be integers of at least 1"),
    ({"activation": "rleu"}, "unknown activation 'rleu'; expected one of"),
    ({"solver": "sdg"}, "unknown solver 'sdg'; expected one of adam, sgd, lbfgs"),
    ({"learning_rate": "fast"}, "unknown learning_rate 'fast'"),
    ({"batch_size": 0}, "batch_size must be 'auto' or an integer"),
    ({"max_iter": 0}, "max_iter must be an integer"),
    ({"learning_rate_init": -1.0}, "learning_rate_init must be a positive number"),
    ({"alpha": -1.0}, "alpha must be a number of at least 0"),
    ({"validation_fraction": 1.0}, "validation_fraction lies between 0 and 1"),
]


@pytest.mark.parametrize(("options", "words"), WRONG)
def test_wrong_parameters_are_refused(options, words):
    for kind in (DeriveError, ValueError):
        with pytest.raises(kind, match=words):
            DerivedClassifier(**options).fit(*IRIS)


def test_sparse_samples_are_refused():
    from scipy.sparse import csr_matrix

    with pytest.raises(TypeError, match="Sparse data was passed"):
        DerivedClassifier().fit(csr_matrix(IRIS[0]), IRIS[1])


def test_a_loss_that_is_not_finite_is_told():
    model = DerivedRegressor(activation="identity", solver="sgd", learning_rate_init=10.0, random_state=0)
    with pytest.raises(DeriveError, match=r"the loss became .* in epoch \d+: the weights are not finite\n  a smaller"):
        model.fit(IRIS[0] * 1e3, IRIS[1] * 1e3)


def test_it_is_loaded_when_it_is_asked_for(monkeypatch):
    code = "import sys, numeric; print('sklearn' in sys.modules, numeric.DerivedClassifier, 'sklearn' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert found == "False <class 'numeric.estimators.DerivedClassifier'> True\n"
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    monkeypatch.delitem(sys.modules, "numeric.estimators")
    monkeypatch.delattr("numeric.estimators")
    with pytest.raises(MissingExtra, match=r'DerivedClassifier needs scikit-learn.*pip install "backproof\[data\]"'):
        lazily("DerivedClassifier")
    with pytest.raises(AttributeError, match="has no attribute 'Derived'"):
        lazily("Derived")
