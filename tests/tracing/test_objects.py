"""Layers that keep things in themselves: called through their object, by functions around it, twice in a row."""

import pytest

from numeric import prove_backward

SHAPES = {"x": ("N", "D")}


class Square:
    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dout):
        return 2 * self.x * dout

    def wrong(self, dout):
        return 3 * self.x * dout


class Twice:
    def __init__(self):
        self.first, self.second = Square(), Square()

    def forward(self, x):
        return self.second(self.first(x))


layer, net = Square(), Twice()
WAYS = {
    "called": (layer, layer.backward),
    "method and function": (layer.forward, lambda dout: layer.backward(dout)),
    "function and method": (lambda x: layer.forward(x), layer.backward),
    "functions": (lambda x: layer(x), lambda dout: layer.backward(dout)),
    "through its layers": (net.forward, lambda dout: net.first.backward(net.second.backward(dout))),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_object_is_the_same_in_both_functions(way):
    assert prove_backward(*WAYS[way], shapes=SHAPES).holds


@pytest.mark.parametrize("second", [layer.wrong, lambda dout: layer.wrong(dout)], ids=["method", "function"])
def test_a_fault_is_seen_through_an_object(second):
    assert "refuted" in str(prove_backward(layer, second, shapes=SHAPES))


class Stale:
    """Each of these is right in the first call and wrong in the second, but for `popped` and `last`."""

    def __init__(self):
        self.kept, self.x, self.sum = [], None, 0

    def appends(self, x):
        self.kept.append(x)
        return x * x

    def keeps(self, x):
        if self.x is None:
            self.x = x
        return x * x

    def first(self, dout):
        return 2 * self.kept[0] * dout

    def last(self, dout):
        return 2 * self.kept[-1] * dout

    def popped(self, dout):
        return 2 * self.kept.pop() * dout

    def known(self, dout):
        return 2 * self.x * dout

    def adds(self, dout):
        self.sum = self.sum + 2 * self.kept[-1] * dout
        return self.sum


@pytest.mark.parametrize(("forward", "backward"), [("appends", "first"), ("keeps", "known"), ("appends", "adds")])
def test_what_is_left_of_an_earlier_call_is_seen(forward, backward):
    stale = Stale()
    report = prove_backward(getattr(stale, forward), getattr(stale, backward), shapes=SHAPES)
    assert "holds something of the first" in report["x"].reason
    assert not report.holds
    assert stale.kept == []


@pytest.mark.parametrize("backward", ["last", "popped"])
def test_what_a_call_keeps_for_itself_is_no_harm(backward):
    stale = Stale()
    assert prove_backward(stale.appends, getattr(stale, backward), shapes=SHAPES).holds


def test_an_array_without_a_gradient_is_spoken_of():
    def backward(dout, x, w):
        return {"dx": dout @ w.T}

    report = prove_backward(lambda x, w: x @ w, backward, shapes={"x": ("N", "D"), "w": ("D", "M")})
    assert "no gradient is returned for w" in str(report)
