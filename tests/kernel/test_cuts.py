"""Cut points: long computations decided piece by piece, and never wrongly for what free arrays forget."""

from dataclasses import replace
from fractions import Fraction

import pytest

from derive.errors import DeriveError
from derive.kernel.chain import Definition
from derive.kernel.claim import AreEqual, Claim
from derive.kernel.cuts import decide_network
from derive.kernel.elementary import ZERO, add, divide, minus, mul, number
from derive.kernel.index import Apply, Dim, Entry, Index, Positive, Pow, Sum
from derive.kernel.network import Goal, Network
from derive.kernel.signature import signature
from derive.kernel.verdict import Proved, Refuted

i, j, k, t = Index("i", "n"), Index("j", "n"), Index("k", "n"), Index("t", "m")


def e(name, *at):
    return Entry(name, at)


def relu(u):
    return Apply("relu", 0, u)


def layers(count, activation="tanh", bias=True):
    """z = W a + b, a = g(z), the loss sum a^2 / m, and its backward pass in the names dA, dZ, dW, db."""
    forward, backward, arrays, goals = [], [], {"A0": ("n", "m")}, []
    for n in range(1, count + 1):
        Z = Sum(k, mul(e(f"W{n}", i, k), e(f"A{n - 1}", k, t)))
        forward.append(Definition(f"Z{n}", (i, t), add(Z, e(f"b{n}", i, 0)) if bias else Z))
        forward.append(Definition(f"A{n}", (i, t), Apply(activation, 0, e(f"Z{n}", i, t))))
        arrays |= {f"W{n}": ("n", "n")} | ({f"b{n}": ("n", 1)} if bias else {})
    forward.append(Definition("J", (), divide(Sum(i, Sum(t, Pow(e(f"A{count}", i, t), Fraction(2)))), Dim("m"))))
    for n in range(count, 0, -1):
        top = mul(number(2), e(f"A{n}", i, t))
        dA = top if n == count else Sum(k, mul(e(f"W{n + 1}", k, i), e(f"dZ{n + 1}", k, t)))
        backward.append(Definition(f"dA{n}", (i, t), dA))
        backward.append(Definition(f"dZ{n}", (i, t), mul(e(f"dA{n}", i, t), Apply(activation, 1, e(f"Z{n}", i, t)))))
        dW = divide(Sum(t, mul(e(f"dZ{n}", i, t), e(f"A{n - 1}", j, t))), Dim("m"))
        backward.append(Definition(f"dW{n}", (i, j), dW))
        goals += [Goal(f"dA{n}", f"A{n}", scale=Dim("m")), Goal(f"dZ{n}", f"Z{n}", scale=Dim("m")),
                  Goal(f"dW{n}", f"W{n}")]  # fmt: skip
        if bias:
            backward.append(Definition(f"db{n}", (i, 0), divide(Sum(t, e(f"dZ{n}", i, t)), Dim("m"))))
            goals.append(Goal(f"db{n}", f"b{n}"))
    return Network(tuple(forward), tuple(backward), tuple(goals), arrays)


def altered(network, name, change):
    """The network with one claimed definition changed."""
    claimed = tuple(replace(d, body=change(d)) if d.name == name else d for d in network.claimed)
    return replace(network, claimed=claimed)


def outcomes(network):
    return {name: type(verdict).__name__ for name, verdict in decide_network(network).items()}


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "g"])
@pytest.mark.parametrize("count", [1, 2, 12])
def test_every_gradient_is_proved(count, activation):
    network = replace(layers(count, activation), generic=("g",))
    assert set(outcomes(network).values()) == {"Proved"}


FAULTS = {
    "sign": lambda d: mul(number(-1), d.body),
    "factor": lambda d: mul(number(Fraction(1000000001, 1000000000)), d.body),
    "square": lambda d: mul(d.body, d.body),
    "more": lambda d: add(d.body, number(Fraction(1, 10**9))),
    "1/m": lambda d: divide(d.body, Dim("m")),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["dA2", "dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"])
def test_a_planted_fault_is_refuted_where_it_is_and_below(name, fault):
    found = outcomes(altered(layers(2), name, FAULTS[fault]))
    assert found[name] == "Refuted"
    below = {"dA2": {"dZ2", "dW2", "db2", "dZ1", "dW1", "db1"}, "dZ2": {"dW2", "dA1", "dW1"}}.get(name, set())
    assert all(found[other] == "Refuted" for other in below)
    assert "Unknown" not in found.values()


def test_without_a_budget_nothing_is_proved_and_a_fault_is_refuted():
    right = decide_network(layers(2), budget=0)
    assert {(type(v).__name__, v.reason) for v in right.values()} == {("Unknown", "no proof was asked for")}
    wrong = decide_network(altered(layers(2), "dZ1", FAULTS["sign"]), budget=0)
    assert type(wrong["dW1"]).__name__ == "Refuted"


def test_a_counterexample_shows_the_inputs_alone():
    verdict = decide_network(altered(layers(2), "dZ1", FAULTS["sign"]))["dW1"]
    assert isinstance(verdict, Refuted)
    assert set(verdict.at) == {"n", "m", "A0", "W1", "b1", "W2", "b2"}
    assert verdict.left != verdict.right


def test_free_arrays_forget_that_a_value_vanishes_on_an_open_set():
    """[A >= 0] for [A > 0] with A = relu(z) differs wherever z < 0: as a free array A = 0 would be a null set."""
    jump = minus(number(1), Positive(mul(number(-1), e("A1", i, t))))
    network = altered(layers(2, "relu"), "dZ1", lambda d: mul(e("dA1", i, t), jump))
    assert outcomes(network)["dZ1"] == "Refuted"
    good = altered(layers(2, "relu"), "dZ1", lambda d: mul(e("dA1", i, t), Positive(e("A1", i, t))))
    assert set(outcomes(good).values()) == {"Proved"}


def test_a_kink_of_the_inputs_is_left_out_and_named():
    """relu'(x) with >= : another value on x = 0 alone."""
    forward = (Definition("y", (i,), relu(e("x", i))), Definition("J", (), Sum(i, mul(e("c", i), e("y", i)))))
    jump = minus(number(1), Positive(mul(number(-1), e("x", i))))
    claimed = (Definition("dx", (i,), mul(e("c", i), jump)),)
    verdict = decide_network(Network(forward, claimed, (Goal("dx", "x"),), {"x": ("n",), "c": ("n",)}))["dx"]
    assert isinstance(verdict, Proved)
    assert "x" in verdict.except_on


def test_cut_arrays_do_not_refute():
    """a = tanh(z) as a free array would make 1 - a^2 differ from tanh'(z); the whole computation decides."""
    slope = minus(number(1), Pow(e("A1", i, t), Fraction(2)))
    network = altered(layers(1), "dZ1", lambda d: mul(e("dA1", i, t), slope))
    assert set(outcomes(network).values()) == {"Proved"}


def test_a_computation_that_is_defined_nowhere_is_not_proved():
    forward = (Definition("y", (i,), Apply("log", 0, mul(number(-1), Pow(e("x", i), Fraction(2))))),
               Definition("J", (), Sum(i, e("y", i))))  # fmt: skip
    claimed = (Definition("dx", (i,), divide(number(2), e("x", i))),)
    verdict = decide_network(Network(forward, claimed, (Goal("dx", "x"),), {"x": ("n",)}))["dx"]
    assert not isinstance(verdict, Proved)


def test_values_by_another_route():
    """u = v without a gradient: tanh z = 2 sigmoid(2 z) - 1, and a use of it."""
    other = minus(mul(number(2), Apply("sigmoid", 0, mul(number(2), e("z", i)))), number(1))
    network = Network((Definition("a", (i,), Apply("tanh", 0, e("z", i))),), (Definition("u", (i,), other),),
                      (Goal("u", "a", gradient=False),), {"z": ("n",)})  # fmt: skip
    assert outcomes(network) == {"u": "Proved"}
    wrong = altered(network, "u", lambda d: Apply("sigmoid", 0, e("z", i)))
    assert outcomes(wrong) == {"u": "Refuted"}


def test_a_scale_that_may_vanish_and_a_name_used_twice_are_errors():
    with pytest.raises(DeriveError, match="made of numbers and dimensions"):
        Goal("u", "v", scale=e("x"))
    network = layers(1)
    with pytest.raises(DeriveError, match="defined twice"):
        decide_network(replace(network, claimed=(*network.claimed, network.claimed[0])))


SIGNATURES = [
    # one claim                                     another                                             the same?
    (e("a", i),                                     e("b", j),                                          True),
    (Sum(i, mul(e("a", i), e("b", i))),             Sum(j, mul(e("x", j), e("y", j))),                  True),
    (mul(e("a", i), e("b", i)),                     mul(e("a", i), e("a", i)),                          False),
    (Sum(i, mul(e("a", i), e("b", i))),             Sum(i, mul(e("a", i), e("a", i))),                  False),
    (mul(e("a", i), Dim("n")),                      mul(e("a", i), Dim("m")),                           False),
    (Apply("tanh", 0, e("a", i)),                   Apply("tanh", 1, e("a", i)),                        False),
    (Apply("tanh", 0, e("a", i)),                   Apply("sigmoid", 0, e("a", i)),                     False),
    (e("a", i, k),                                  e("a", k, i),                                       False),
    (Pow(e("a", i), Fraction(2)),                   Pow(e("a", i), Fraction(-2)),                       False),
    (number(2),                                     number(3),                                          False),
    (e("a", i, 0),                                  e("a", i, 1),                                       False),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "same"), SIGNATURES, ids=str)
def test_signatures_forget_names_and_nothing_else(one, other, same):
    def claim(expr):
        free = tuple(x for x in (i, j, k) if f"name='{x.name}'" in repr(expr) and not isinstance(expr, Sum))
        return Claim(expr, ZERO, free=free)

    assert (signature(claim(one)) == signature(claim(other))) is same


def test_signatures_keep_facts():
    claim = Claim(e("a", i), e("b", i), free=(i,))
    assert signature(claim) != signature(replace(claim, facts=(AreEqual(e("a", i), e("b", i)),)))
    assert signature(claim) != signature(replace(claim, computed=frozenset({"a"})))


def test_the_function_is_defined_where_its_derivative_is_claimed():
    """log x has the derivative 1/|x|, since x > 0 wherever log x is defined; for log |x| it is wrong."""
    loss = Definition("J", (), Sum(i, mul(e("c", i), e("y", i))))
    forward = (Definition("y", (i,), Apply("log", 0, e("x", i))), loss)
    claimed = (Definition("dx", (i,), divide(e("c", i), Apply("abs", 0, e("x", i)))),)
    network = Network(forward, claimed, (Goal("dx", "x"),), {"x": ("n",), "c": ("n",)})
    verdict = decide_network(network)["dx"]
    assert isinstance(verdict, Proved)
    assert any("x" in c and "> 0" in c for c in verdict.conditions)
    other = Definition("y", (i,), Apply("log", 0, Apply("abs", 0, e("x", i))))
    assert outcomes(replace(network, forward=(other, forward[1]))) == {"dx": "Refuted"}
