"""The derivative of a maximum: proved where it is attained once; nothing wrong is said where it is attained twice."""

import pytest

from derive import Proved, Refuted, Unknown, check_claims
from derive.kernel import maxima
from derive.kernel.index import Entry
from derive.kernel.walk import nodes

HEAD = "n, m = dims\nx: (n,)\nX: (n, m)\nS: (n, n)\nb: ()\nc: ()\nassume(S == S.T)\n"
CLAIMS = [
    # claim                                                                            never     wanted
    ("grad(max(x), x) == (x >= max(x))",                                               Refuted,  Proved),
    ("grad(sum(max(X, axis=1)), X) == (X >= max(X, axis=1, keepdims=True))",           Refuted,  Proved),
    ("grad(sum(max(X, axis=1)), X) == (X >= max(X, axis=0, keepdims=True))",           Proved,   Refuted),
    ("grad(sum(max(X, axis=1)), X) == 2 * (X >= max(X, axis=1, keepdims=True))",       Proved,   Refuted),
    ("grad(max(X), X) == (X >= max(X))",                                               Refuted,  Proved),
    ("grad(max(X), X) == (X >= max(X, axis=1, keepdims=True))",                        Proved,   Refuted),
    ("grad(max(S @ x), x) == S @ (S @ x >= max(S @ x))",                               Refuted,  None),
    ("(max(X) >= X) == 1",                                                             Refuted,  Proved),
    ("(max(X) >= max(X, axis=1)) == 1",                                                Refuted,  Proved),
    ("(max(X, axis=1) >= X[:, 0]) == 1",                                               Refuted,  Proved),
    ("(max(X, axis=1) > X[:, 0]) == 1",                                                Proved,   Refuted),
    ("(max(x) >= b) == 1",                                                             Proved,   Refuted),
    # attained twice on an open set, or everywhere: the true derivative is 1
    ("grad(max(relu(x) + b), b) == sum(relu(x) >= max(relu(x)))",                      Proved,   None),
    ("grad(max(relu(x) + b), b) == 1",                                                 Refuted,  None),
    ("grad(max(x - x + b), b) == n",                                                   Proved,   None),
    ("grad(max(x - x + b), b) == 1",                                                   Refuted,  None),
    ("grad(max(b * ones((n,))), b) == n",                                              Proved,   None),
    ("grad(max(b * ones((n,))), b) == 1",                                              Refuted,  None),
    ("grad(max(x[:, None] * ones((1, m))), x) == (x >= max(x)) * m",                   Proved,   None),
    ("grad(max(x[:, None] * ones((1, m))), x) == (x >= max(x))",                       Refuted,  None),
    ("grad(max(abs(x[:, None] - x)), x) == (x >= max(x)) - (x <= -max(-x))",           Refuted,  None),
    ("grad(max((x[:, None] - x)**2), x) == grad(max((x - x[:, None])**2), x)",         Refuted,  None),
    ("grad(max(sum((x[:, None] - x)**2, axis=1)), x) == 2 * sum((x[:, None] - x) * "
     "((sum((x[:, None] - x)**2, axis=1) >= max(sum((x[:, None] - x)**2, axis=1)))[:, None] - "
     "(sum((x[:, None] - x)**2, axis=1) >= max(sum((x[:, None] - x)**2, axis=1)))), axis=1)", Proved, None),
    ("grad(sum(max(S, axis=1)), S) == 2 * (S >= max(S, axis=1, keepdims=True))",       Proved,   Refuted),
    # no two elements share an entry, and yet they are equal on an open set, or for some sizes
    ("grad(max(c + sqrt(x**2) + x), c) == sum(sqrt(x**2) + x >= max(sqrt(x**2) + x))",             Proved,   None),
    ("grad(max(c + sqrt(1 + 1/x**2) * x / sqrt(x**2 + 1)), c) == sum(x >= max(x))",                Proved,   None),
    ("grad(max(c + elu(x) - x), c) == sum(elu(x) - x >= max(elu(x) - x))",                         Proved,   None),
    ("grad(max(b + x * (n - 3)), b) == sum(x * (n - 3) >= max(x * (n - 3)))",                      Proved,   None),
    ("grad(max(b + x * (S[0, 0] - sum(S) / n**2)), b) == sum(x * (S[0, 0] - sum(S) / n**2) >= "
     "max(x * (S[0, 0] - sum(S) / n**2)))",                                                      Proved,   None),
    ("grad(sum(max(X - mean(X, axis=1, keepdims=True) + b, axis=0)), b) == sum(X - mean(X, axis=1, keepdims=True) >= "
     "max(X - mean(X, axis=1, keepdims=True), axis=0))",                                         Proved,   None),
    ("grad(sum(max(X * (X[0, :] - X[0, 0]) + b, axis=0)), b) == sum(X * (X[0, :] - X[0, 0]) >= "
     "max(X * (X[0, :] - X[0, 0]), axis=0))",                                                    Proved,   None),
    ("grad(max(tanh(x)), x) == (1 - tanh(x)**2) * (tanh(x) >= max(tanh(x)))",                      Refuted,  Proved),
    ("grad(max(X @ X[0, :] + b), b) == sum(X @ X[0, :] >= max(X @ X[0, :]))",                      Refuted,  None),
    # made of entries, and yet constant
    ("(c > 0) * grad(max(b + x/(1 + x) + 1/(1 + x)), b) == n * (c > 0)",                           Proved,   None),
    ("grad(relu(max(sigmoid(x) + sigmoid(-x) + b)), b) == n * (b > -1)",                           Proved,   None),
    ("(c > 0) * grad(max((x**2 - 1)/(x - 1) - x + b), b) == n * (c > 0)",                          Proved,   None),
    ("(c > 0) * grad(max(b + tanh(x)**2 + 1/cosh(x)**2), b) == n * (c > 0)",                       Proved,   None),
    ("(c > 0) * grad(max(b * exp(sigmoid(x)) * exp(sigmoid(-x))), b) == (c > 0) * sum(exp(sigmoid(x)) * "
     "exp(sigmoid(-x)) * (b * exp(sigmoid(x)) * exp(sigmoid(-x)) >= max(b * exp(sigmoid(x)) * exp(sigmoid(-x)))))",
                                                                                                   Proved,   None),
    # functions of what varies: equal on an open set, where nothing has a derivative
    ("grad(max(relu(x)), x) == (x > 0) * (relu(x) >= max(relu(x)))",                               Refuted,  Proved),
    ("grad(max(relu(x)), x) == (relu(x) >= max(relu(x)))",                                         Proved,   Refuted),
    ("grad(max(relu(X)), X) == (X > 0) * (relu(X) >= max(relu(X)))",                               Refuted,  Proved),
    ("grad(max(max(relu(X), axis=1)), X) == (X > 0) * (relu(X) >= max(relu(X)))",                  Refuted,  Proved),
    ("grad(max(max(relu(X), axis=1)), X) == (X > 0) * (X >= max(X, axis=1, keepdims=True))",       Proved,   Refuted),
    ("grad(max(relu(x + b)), b) == sum((x + b > 0) * (relu(x + b) >= max(relu(x + b))))",          Refuted,  Proved),
    ("grad(max(relu(x + b)), b) == sum(relu(x + b) >= max(relu(x + b)))",                          Proved,   Refuted),
    ("grad(max(relu(c)*ones((n,))), c) == n * (c > 0)",                                            Proved,   None),
    ("grad(max(relu(x - x + c)), c) == n * (c > 0)",                                               Proved,   None),
    ("grad(max(c * relu(x)), c) == sum(relu(x) * (c * relu(x) >= max(c * relu(x))))",              Refuted,  None),
    ("grad(max((1 + relu(x)) * c), c) == sum((1 + relu(x)) * ((1 + relu(x)) * c >= max((1 + relu(x)) * c)))",
                                                                                                   Proved,   None),
    # no element is above what it is at least
    ("(max(relu(x)) >= x) == 1",                                                                   Refuted,  Proved),
    ("(max(relu(-x)) >= -x) == 1",                                                                 Refuted,  Proved),
    ("(max(relu(2*x - 1)) >= 2*x - 1) == 1",                                                       Refuted,  Proved),
    ("(max(relu(x)) >= 0) == 1",                                                                   Refuted,  Proved),
    ("(max(leaky_relu(x)) >= x) == 1",                                                             Refuted,  Proved),
    ("(max(abs(x)) >= x) == 1",                                                                    Refuted,  Proved),
    ("(max(-relu(x)) >= -x) == 1",                                                                 Proved,   Refuted),
    ("(max(-relu(-x)) >= x) == 1",                                                                 Proved,   Refuted),
    ("(max(x * (x > 1)) >= x) == 1",                                                               Proved,   Refuted),
    ("(max(x * (x < 0)) >= x) == 1",                                                               Proved,   Refuted),
    ("(max(relu(x)) >= 2*x) == 1",                                                                 Proved,   Refuted),
    # a maximum inside of a function
    ("(max(max(X, axis=1) - X[:, 0]) >= 0) == 1",                                                  Refuted,  None),
    ("(sqrt(max(X, axis=1) - X[:, 0]) >= 0) == 1",                                                 Refuted,  None),
    # the root of a square that is not seen as one, on two separate half lines
    ("sign(abs(sqrt(c**2 + 2*sqrt(2)*c + 2) + c + sqrt(2))) == 1 + 0*log(c**2 + 2*sqrt(2)*c + 2)", Proved, None),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "never", "wanted"), CLAIMS, ids=str)
def test_maxima(claim, never, wanted):
    (result,) = check_claims(f"{HEAD}assert {claim}\n")
    assert not isinstance(result.verdict, never), result.verdict
    assert isinstance(result.verdict, wanted or (Unknown, Proved, Refuted)), result.verdict


@pytest.mark.parametrize("facts", ["x >= 0, -x >= 0", "x >= c, c >= x", "-(x[0] - x)**2 >= 0", "sum(x) <= 0, x >= 0",
                                   "1 - sign(x)**2 > 0"])  # fmt: skip
def test_facts_that_leave_a_null_set_of_points(facts):
    assumed = "".join(f"assume({fact})\n" for fact in facts.split(", "))
    (result,) = check_claims(f"{HEAD}{assumed}assert (b > 0) * grad(max(x + b), b) == (b > 0) * sum(x >= max(x))\n")
    assert isinstance(result.verdict, Unknown), result.verdict


def _first_entry(e):
    return next((n for n in nodes((e,)) if isinstance(n, Entry)), e)


PLANTED = {
    "ties are rare": (maxima, "rarely_twice", lambda al, claim: True),
    "all is a function of one entry": (maxima, "_argument", _first_entry),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_proves_what_is_wrong(name, monkeypatch):
    monkeypatch.setattr(*PLANTED[name])
    verdicts = (check_claims(f"{HEAD}assert {claim}\n")[0].verdict for claim, never, _ in CLAIMS if never is Proved)
    assert any(isinstance(v, Proved) for v in verdicts)
