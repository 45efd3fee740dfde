"""What stands in the pictures: numbers are read from the artists, not from pixels."""

import re
import subprocess
import sys

import numpy as np
import pytest

from derive import DeriveError, ShapeError, backprop, mlp
from numeric import initialize, plots
from numeric.intermediates import named_values

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(2, 30)), (RNG.random((1, 30)) > 0.5).astype(float)


@pytest.fixture(autouse=True)
def _matplotlib(needs_extra):
    needs_extra("matplotlib")


def texts(figure):
    return [t.get_text() for axes in figure.axes for t in axes.texts]


@pytest.fixture(scope="module")
def network():
    d = backprop(mlp([2, 3, 1], hidden="tanh"))
    return d, initialize(d, 1)


def test_the_gain_of_a_node_is_the_slope_of_its_activation(network):
    d, params = network
    shown = texts(plots.network_diagram(d, params, X, Y, sample=4))
    v = named_values(d)(params, X[:, [4]], Y[:, [4]])
    slopes = [*(1 - np.tanh(v["Z1"][:, 0]) ** 2), *(v["A2"][:, 0] * (1 - v["A2"][:, 0]))]
    assert [t for t in shown if t.startswith("gain")] == [f"gain {s:.2g}" for s in slopes]
    deltas = [*v["dZ1"][:, 0], *v["dZ2"][:, 0]]
    assert [t for t in shown if t.startswith("dz")] == [f"dz {s:.2g}" for s in deltas]


def test_the_diagram_has_the_derived_formulas_and_the_numbers_of_the_sample(network):
    d, params = network
    shown = "\n".join(texts(plots.network_diagram(d, params, X, Y, sample=4)))
    assert r"dZ^{[2]} = A^{[2]} - Y" in shown
    assert r"dZ^{[1]} = W^{[2]T}\,dZ^{[2]} \ast \tanh^{\prime}(Z^{[1]})" in shown
    assert f"{X[0, 4]:.3g}" in shown
    weights = re.findall(r"^-?[\d.e-]+$", shown, flags=re.MULTILINE)
    assert all(f"{w:.2g}" in weights for w in params["W1"].ravel())


def test_wide_layers_say_what_is_left_out():
    d = backprop(mlp([2, 9, 1]))
    shown = texts(plots.network_diagram(d, initialize(d), X, Y))
    assert shown.count("and 3 more") == 2


def gains(figure):
    return [t for t in texts(figure) if t.startswith("gain")]


def test_weights_as_columns_give_the_same_diagram(network):
    d, params = network
    turned = backprop(mlp([2, 3, 1], hidden="tanh", weights="columns"))
    theta = {name: p.T.copy() if name[0] == "W" else p for name, p in params.items()}
    figures = plots.network_diagram(d, params, X, Y, 2), plots.network_diagram(turned, theta, X, Y, 2)
    numbers = [[t for t in texts(figure) if "$" not in t] for figure in figures]
    assert numbers[0] == numbers[1]


def test_softmax_has_no_gain_and_free_numbers_are_passed_on():
    one_hot = np.eye(3)[:, RNG.integers(0, 3, 30)]
    d = backprop(mlp([2, 4, 3], hidden="relu", output="softmax"))
    assert len(gains(plots.network_diagram(d, initialize(d), X, one_hot))) == 4
    d = backprop(mlp([2, 4, 1], l2="lambda"))
    assert len(gains(plots.network_diagram(d, initialize(d), X, Y, **{"lambda": 0.1}))) == 5


def test_a_boundary_lies_where_the_output_crosses_a_half():
    figure = plots.decision_boundary(lambda p: 1 / (1 + np.exp(-4 * p[:1])), X, Y, "x > 0")
    (axes,) = figure.axes
    contour = next(c for c in axes.collections if hasattr(c, "levels"))
    line = np.concatenate([path.vertices for path in contour.get_paths()])
    assert np.abs(line[:, 0]).max() < 0.05
    assert sum(len(c.get_offsets()) for c in axes.collections if len(c.get_offsets()) > 1) == 30


def test_a_boundary_for_three_classes_and_several_networks():
    one_hot = np.eye(3)[:, RNG.integers(0, 3, 30)]
    networks = {"a": lambda p: np.stack([p[0], p[1], -p[0]]), "b": lambda p: np.stack([*p, p[0]])}
    figure = plots.decision_boundaries(networks, X, one_hot)
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]


def test_the_confusion_matrix_counts():
    output, labels = np.eye(3)[:, [0, 1, 2, 1]], np.eye(3)[:, [0, 1, 1, 2]]
    figure = plots.confusion_matrix(output, labels, title="t")
    cells = {(t.get_position()[1], t.get_position()[0]): t.get_text() for t in figure.axes[0].texts}
    assert cells == {(0, 0): "1", (1, 1): "1", (1, 2): "1", (2, 1): "1"}  # (true, predicted)
    assert figure.axes[0].get_title() == "t: 50.00% right"


def test_bars_are_as_high_as_the_numbers_and_zero_is_written():
    figure = plots.gradient_flow({"a": {"dW1": 1e-6, "dW2": 0.0}, "b": {"dW1": 1e-2, "dW2": 1e-1}})
    (axes,) = figure.axes
    assert [bar.get_height() for bar in axes.patches] == [1e-6, 0.0, 1e-2, 1e-1]
    assert "0" in texts(figure)


def test_weights_are_shown_as_they_are():
    W = RNG.normal(size=(3, 16))
    figure = plots.weight_images(W)
    images = [axes.images[0] for axes in figure.axes[:3]]
    assert all((image.get_array() == w.reshape(4, 4)).all() for image, w in zip(images, W, strict=True))
    largest = np.abs(W).max()
    assert {image.get_clim() for image in images} == {(-largest, largest)}


def test_curves_hold_the_numbers():
    figure = plots.curves({"a": [3, 2, 1], "b": ([10, 20], [1, 2])}, log="y", points=("b",))
    a, b = figure.axes[0].lines
    assert (a.get_xdata().tolist(), list(a.get_ydata())) == ([0, 1, 2], [3, 2, 1])
    assert list(b.get_xdata()) == [10, 20]
    assert b.get_linestyle() == "None"
    learning = plots.learning_curves((0.7, 0.5), {"test": [0.5, 0.9]})  # a tuple of two numbers is no pair
    assert [list(axes.lines[0].get_ydata()) for axes in learning.axes] == [[0.7, 0.5], [50, 90]]
    assert learning.axes[0].lines[0].get_xdata().tolist() == [1, 2]


def test_activations_with_their_slopes():
    figure = plots.activation_curves({"square": (lambda z: z**2, lambda z: 2 * z)}, -1, 1)
    g, slope = figure.axes[0].lines
    assert g.get_ydata()[0] == 1
    assert slope.get_ydata()[0] == -2


def test_a_gallery_may_be_empty():
    assert plots.png(plots.image_gallery(np.zeros((0, 8, 8)), [])).startswith(b"\x89PNG")
    figure = plots.image_gallery(np.zeros((2, 8, 8, 3)), ["one", "two"])
    assert [axes.get_title() for axes in figure.axes[:2]] == ["one", "two"]


SCATTERED = (np.zeros((3, 4)), np.zeros((1, 4)))
REFUSED = [
    # call                                                                         error        what it says
    (lambda: plots.decision_boundary(lambda p: p[:1], *SCATTERED),    ShapeError, r"X \(2, m\)"),
    (lambda: plots.confusion_matrix(np.zeros((2, 3)), np.zeros((3, 2))),    ShapeError, r"\(2, 3\) and \(3, 2\)"),
    (lambda: plots.confusion_matrix(np.eye(2), np.eye(2), ["a"]),    ShapeError, "2 classes, but 1 names"),
    (lambda: plots.weight_images(np.zeros((2, 15))),    ShapeError, "give shape="),
    (lambda: plots.image_gallery(np.zeros((2, 8, 8)), ["one"]),    ShapeError, "captions"),
    (lambda: plots.curves({}),    DeriveError, "no line"),
    (lambda: plots.curves({"a": ([1], [1, 2])}),    DeriveError, "1 places for 2 numbers"),
    (lambda: plots.gradient_flow({}),    DeriveError, "no run"),
    (lambda: diagram(sample=30),    ShapeError, "no sample 30"),
]  # fmt: skip


def diagram(sample):
    d = backprop(mlp([2, 3, 1]))
    return plots.network_diagram(d, initialize(d), X, Y, sample)


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_matplotlib_is_loaded_when_something_is_drawn(project):
    code = "import numeric.plots, sys; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_named_values_are_those_of_both_passes(network):
    d, params = network
    v = named_values(d)(params, X, Y)
    assert {"Z1", "A1", "Z2", "A2", "J", "dZ2", "dZ1", "dW1", "db2"} <= v.keys()
    np.testing.assert_allclose(v["dW1"], v["dZ1"] @ X.T / 30, rtol=1e-12)
    assert list(named_values(d, "dZ1")(params, X, Y)) == ["dZ1"]
    with pytest.raises(DeriveError, match="no value Z9"):
        named_values(d, "Z9")
