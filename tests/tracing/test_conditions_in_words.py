"""Side conditions speak in letters and in the code's own words; the work at kinks does not grow with the square."""

import numpy as np

from numeric import prove_backward, prove_gradient
from numeric.tracing import kinks


def test_indices_are_letters():
    report = prove_gradient(
        lambda x, y: np.sum(np.log(x @ y)),
        lambda x, y: ((1 / (x @ y)) @ y.T, x.T @ (1 / (x @ y))),
        shapes={"x": ("N", "M"), "y": ("M", "N")},
    )
    assert report.holds
    assert report.conditions == ("where sum_i(x[j,i] * y[i,k]) > 0 for every j, k",)


def test_a_name_of_the_code_is_no_index():
    def forward(i):
        return np.sum(np.log(i))

    assert prove_gradient(forward, lambda i: 1 / i, shapes={"i": ("N",)}).conditions == ("where i[j] > 0 for every j",)


def test_results_on_the_way_have_no_index():
    def forward(x, w):
        z = x @ w
        a = 1 / (1 + np.exp(-z))
        b = a @ w.T
        return np.sum(np.log(a)) + np.sum(b)

    def backward(x, w):
        z = x @ w
        a = 1 / (1 + np.exp(-z))
        da = 1 / a + np.ones_like(x) @ w
        dz = da * a * (1 - a)
        return dz @ w.T, x.T @ dz + np.ones_like(x).T @ a

    report = prove_gradient(forward, backward, shapes={"x": ("N", "D"), "w": ("D", "M")})
    assert report.holds
    assert all("for every" not in c or "[" in c for c in report.conditions), report.conditions
    assert not any("k1." in c or "k2." in c for c in report.conditions)


def test_kinks_of_deep_code_are_looked_at_within_bounds(monkeypatch):
    drawn, found = [], kinks.points
    monkeypatch.setattr(kinks, "points", lambda *a: (drawn.append(p) or p for p in found(*a)))

    def forward(x):
        for _ in range(3):
            x = np.abs(x) - 1
        return x

    def backward(dout, x):
        y = np.abs(x) - 1
        return dout * np.sign(x) * np.sign(y) * np.sign(np.abs(y) - 1)

    first = prove_backward(forward, backward, shapes={"x": ("N",)})
    assert first.holds
    assert "at the kink: " in str(first)
    everything = len(drawn)
    monkeypatch.setattr(kinks, "WORK", 1)
    drawn.clear()
    assert "at the kink: " in str(prove_backward(forward, backward, shapes={"x": ("N",)}))
    assert len(drawn) < everything
