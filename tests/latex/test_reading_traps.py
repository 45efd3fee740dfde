"""What a mathematician would read: ranges of indices, samples under a sum, and what is not plain is refused."""

import pytest

from derive.claims import check_claims
from derive.reading import read_notes

ONE = "mlp 2 layers samples=1"
BATCH = "mlp 2 layers"
EARLY = "mlp 2 layers mean=early"
NEURON = "mlp n,1"
LAYER = "mlp 1 layer samples=1"
ALGEBRA = "notation=ng\nn, m = dims\na: ()\nb: ()\nx: (n, 1)\ny: (n, 1)\nS: (n, n)\nR: (n, n)\nA: (n, m)\nB: (m, n)\n"


@pytest.fixture
def read(needs_extra):
    """read(header, formula) -> (its equation, the claims of its section)"""
    needs_extra("lark")

    def run(header, formula):
        notes = read_notes(f"<!-- backproof: {header} -->\n$${formula}$$\n", "notes.md", False)
        return notes.equations, notes.sections[0].claims

    return run


def verdicts(claims):
    return {type(result.verdict).__name__ for result in check_claims(claims)}


TRUE = [
    # the range of a delta, whatever the order of factors and sides
    (ONE, r"\frac{\partial J}{\partial w_{jq}^{[1]}} = \sum_{k} dz_{k}^{[1]}\,\delta_{kj}\,x_{q}"),
    (ONE, r"\frac{\partial z_{k}^{[2]}}{\partial w_{jq}^{[2]}} = \sum_{p} \delta_{kj}\,\delta_{pq}\,a_{p}^{[1]}"),
    (ONE, r"\frac{\partial z_{k}^{[2]}}{\partial w_{jq}^{[2]}} = \sum_p \delta_{kj} \delta_{pq} a_p^{[1]} \\"
          r"&= \delta_{kj} a_q^{[1]} \\ &= \sum_p \delta_{pq} \delta_{jk} a_p^{[1]}"),
    (ONE, r"\sum_k \delta_{kj} \sum_p \delta_{pk} a_p^{[1]} = a_j^{[1]}"),
    ("mlp 2,2,2 samples=1", r"\sum_k \delta_{kj} a_k^{[1]} + \sum_p \delta_{pq} x_p = a_j^{[1]} + x_q"),
    # columns of samples under a sum
    (BATCH, r"dZ^{[2]}\,A^{[1]T} = \sum_{i=1}^{m} dz^{[2](i)}\,a^{[1](i)T}"),
    ("mlp 3,2,1", r"dZ^{[2]}\,A^{[1]T} = \sum_{i=1}^{m} dz^{[2](i)}\,a^{[1](i)T}"),
    ("mlp 2 layers notation=nielsen", r"\Delta^{3}\,(A^{2})^{T} = \sum_{i=1}^{m} \delta^{3,(i)}\,(a^{2,(i)})^{T}"),
    (BATCH, r"dW^{[1]} = \frac1m \sum_{i=1}^m \left((W^{[2]T} (a^{[2](i)} - y^{(i)})) * (1 - (a^{[1](i)})^{\circ 2})"
            r"\right) x^{(i)T}"),
    (BATCH, r"db^{[1]} = \frac1m \sum_i W^{[2]T} dz^{[2](i)} * (1 - a^{[1](i)} * a^{[1](i)})"),
    (BATCH, r"J = -\frac1m \sum_{i=1}^m (y^{(i)T} \log a^{[2](i)} + (1-y^{(i)})^T \log (1-a^{[2](i)}))"),
    (BATCH, r"\sum_{i=1}^m \|a^{[2](i)} - y^{(i)}\|^2 = \|A^{[2]} - Y\|_F^2"),
    ("mlp 1,1", r"dZ^{[1]}\,X^{T} = \sum_{i = 1}^{m} dz^{[1](i)}\,x^{(i)T}"),
    ("mlp 1,2", r"dZ^{[1]}\,X^{T} = \sum_{i = 1}^{m} dz^{[1](i)}\,(x^{(i)})^T"),
    ("mlp 3,1 notation=nielsen", r"\Delta^{2}\,X^{T} = \sum_{i = 1}^{m} \delta^{2,(i)}\,(x^{(i)})^{T}"),
    (NEURON, r"dw = \frac1m \sum_i dz^{(i)} x^{(i)T}"),
    (NEURON, r"dw_j = \frac1m \sum_i x_j^{(i)} dz^{(i)}"),
    (NEURON, r"db = \frac1m \sum_{i=1}^m (a^{(i)} - y^{(i)})"),
    (NEURON, r"z^{(i)} = \sum_k w_k x_k^{(i)} + b"),
    # derivatives in one sample
    (EARLY, r"\nabla_{z^{[2](i)}} J = \frac1m (a^{[2](i)} - y^{(i)})"),
    (EARLY, r"\frac{\partial J}{\partial W^{[2]}} = \sum_i \frac{\partial J}{\partial z^{[2](i)}} a^{[1](i)T}"),
    (BATCH, r"\frac{\partial z_k^{[2](i)}}{\partial a_j^{[1](r)}} = w_{kj}^{[2]} \delta_{ir}"),
    # indicators
    *(("mlp 2 layers hidden=relu", rf"dZ^{{[1]}} = dA^{{[1]}} * {one}") for one in (
        r"[Z^{[1]} > 0]", r"\mathbb{1}(Z^{[1]} > 0)", r"\mathbb{1}\left[Z^{[1]} > 0\right]",
        r"\mathbf{1}\{Z^{[1]} > 0\}", r"\mathbb{I}(A^{[1]} > 0)", r"\mathbb{1}_{Z^{[1]} > 0}",
        r"\mathbb{1}_{Z^{[1]}>0}^2",
    )),
    # a bare z: any number in what is said of functions, else that of the one layer
    (LAYER, r"z = W x + b"),
    (LAYER, r"\frac{dL}{dz} = a - y"),
    (LAYER, r"\sigma'(z) = \sigma(z)(1 - \sigma(z))"),
    (ONE, r"\tanh'(z) = 1 - \tanh^2(z)"),
    (ONE, r"\hat{y} = a^{[2]}"),
    (ONE, r"[W^{[2]T}]_{jk} = w_{kj}^{[2]}"),
    ("mlp 2,1 samples=1", r"z = w_1 x_1 + w_2 x_2 + b"),
    ("mlp 2 layers samples=5", r"dW^{[2]} = \frac15 dZ^{[2]} A^{[1]T}"),
    ("mlp 1 layer l2=1/100", r"dW^{[1]} = \frac1m dZ^{[1]} X^T + \frac{1}{100 m} W^{[1]}"),
    # delta without a layer is the gradient in z, of the one layer
    (LAYER, r"\delta = a - y"),
    (LAYER, r"\delta_j = a_j - y_j"),
    (LAYER, r"dW = \delta x^T"),
    ("mlp 1 layer", r"\Delta = A - Y"),
    (ONE, r"x_j{}^2 = x_j x_j"),
    # what nabla is taken of
    (ALGEBRA, r"\nabla_x \|S x - y\|^2 = 2 S^T (S x - y)"),
    (ALGEBRA, r"\nabla_x (x^T S x) = (S + S^T) x"),
    (ALGEBRA, r"\nabla_x \frac{x^T x}{2} = x"),
    (ALGEBRA, r"\nabla_S \log\det S = S^{-T}"),
    (ALGEBRA, r"\nabla_a a^2 = 2a"),
    # inverses, and powers with indices
    (ALGEBRA, r"(S R)^{-1} S = R^{-1}"),
    (ALGEBRA, r"S^{-T} = (S^T)^{-1}"),
    (ALGEBRA, r"\frac{\partial \log\det S}{\partial S} = S^{-T}"),
    (ALGEBRA, r"\frac{\partial \operatorname{tr}(S^{-1} R)}{\partial S} = -S^{-T} R^T S^{-T}"),
    (ALGEBRA, r"\sum_{k} [S^{-1}]_{ik} S_{kj} = \delta_{ij}"),
    (ALGEBRA, r"(SR)^{-1}_{jk} = [R^{-1} S^{-1}]_{jk}"),
    (ALGEBRA, r"(AB)^T_{jk} = [AB]_{kj}"),
    (ALGEBRA, r"S_{jk}^2 = S_{jk} S_{jk}"),
    (ALGEBRA, r"A^2_{jk} = A_{jk} A_{jk}"),
    (ALGEBRA, r"e^{2ab} = e^{ab} e^{ab}"),
    (ALGEBRA, r"e^{-x^T y} e^{x^T y} = 1"),
    (ALGEBRA, r"\frac{e^{-a^2/2}}{\sqrt{2\pi}} = (2\pi)^{-1/2} \exp(-\frac{1}{2} a^2)"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "formula"), TRUE)
def test_what_is_true_is_proved(read, header, formula):
    equations, claims = read(header, formula)
    assert [e.message for e in equations] == [""] * len(equations)
    assert verdicts(claims) == {"Proved"}


FALSE = [
    ("mlp 2 layers hidden=relu", r"dZ^{[1]} = dA^{[1]} * \mathbb{1}(Z^{[1]} < 0)"),
    ("mlp 2 layers hidden=relu", r"dZ^{[1]} = dA^{[1]} * \mathbb{1}_{Z^{[1]} > 0}^T"),
    ("mlp 2 layers hidden=relu", r"dZ^{[1]} = dA^{[1]} * \mathbf{1}_{n_1 \times m}"),
    (ONE, r"\frac{\partial J}{\partial w_{jq}^{[1]}} = \sum_{k} dz_{k}^{[1]}\,\delta_{kq}\,x_{j}"),
    ("mlp 2,2,2 samples=1", r"\frac{\partial J}{\partial w_{jq}^{[1]}} = \sum_{k} dz_{k}^{[1]}\,\delta_{kq}\,x_{j}"),
    ("mlp 2,2,2 samples=1", r"\sum_k \delta_{kj} a_k^{[1]} = \sum_k \delta_{kj} x_k"),
    (BATCH, r"dW^{[2]} = \sum_{i=1}^m dz^{[2](i)} a^{[1](i)T}"),
    (BATCH, r"db^{[1]} = \frac1m \sum_i W^{[2]T} dz^{[2](i)}"),
    (BATCH, r"dW^{[1]} = \frac1m \sum_{i=1}^m dz^{[1](i)} x^{(i)}"),
    ("mlp 2,2,2", r"db^{[1]} = \frac1m \sum_i W^{[2]} dz^{[2](i)} * (1 - a^{[1](i)} * a^{[1](i)})"),
    (BATCH, r"\sum_{i=1}^m \|a^{[2](i)} - y^{(i)}\| = \|A^{[2]} - Y\|"),
    (NEURON, r"db = \sum_{i=1}^m (a^{(i)} - y^{(i)})"),
    (EARLY, r"\nabla_{z^{[2](i)}} J = a^{[2](i)} - y^{(i)}"),
    (BATCH, r"\frac{\partial z_k^{[2](i)}}{\partial a_j^{[1](r)}} = w_{kj}^{[2]}"),
    (ONE, r"\hat{y} = y"),
    ("mlp 2,1 samples=1", r"z = w_1 x_2 + w_2 x_1 + b"),
    (ALGEBRA, r"(S R)^{-1} = S^{-1} R^{-1}"),
    (ALGEBRA, r"S^{-T} = S^{-1}"),
    (ALGEBRA, r"e^{ab} = e^a e^b"),
    (ALGEBRA, r"\pi = \frac{22}{7}"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "formula"), FALSE)
def test_what_is_false_is_refuted(read, header, formula):
    equations, claims = read(header, formula)
    assert [e.message for e in equations] == [""] * len(equations)
    assert "Refuted" in verdicts(claims)


REFUSED = [
    (BATCH, r"dZ^{[1]} = dA^{[1]} * \mathbb{1}(Z^{[1]})", "an indicator has one condition"),
    (BATCH, r"dZ^{[1]} = dA^{[1]} * \mathbb{1}", "ones have a size"),
    # an entry of one sample is not one of a batch
    (BATCH, r"z_k^{[1]} = \sum_j w_{kj}^{[1]} x_j + b_k^{[1]}", "Z1 has 2 indices, 1 index is written"),
    ("mlp 3,2,1", r"\frac{\partial J}{\partial w_{jq}^{[1]}} = \sum_k dz_k^{[1]} \delta_{kj} x_q", "has 2 indices, 1"),
    (BATCH, r"z^{[1]} = W^{[1]} x + b^{[1]}", "unknown name z1"),
    (BATCH, r"\frac{\partial z^{[2](i)}}{\partial a^{[1](i)}} = W^{[2]}", "of a column of one sample is not read"),
    (BATCH, r"J = \frac1m \sum_i L(a^{[2](i)}, y^{(i)})", "L is a function of whole arrays here"),
    (BATCH, r"\sum_i \sum_k y_k^{(i)} x^{(i)} = X Y^T \mathbf{1}_{n_2}", "entries and the columns"),
    (ONE, r"\delta_{jk} = \delta_{kj}", "the range of the indices is not known"),
    (ONE, r"z = W^{[1]} x + b^{[1]}", "z of which layer?"),
    (ONE, r"\frac{dL}{dz} = a^{[2]} - y", "z of which layer?"),
    (ONE, r"\delta = 0", r"\delta of which layer?"),
    (ONE, r"\Delta = 0", r"\Delta of which layer?"),
    (ONE, r"dZ = 0", "Z of which layer?"),
    (BATCH, r"\delta = 0", r"\delta of which layer?"),
    # no value
    (ONE, r"\delta^{[1]} {} = 0", "nothing stands in the brackets"),
    (ONE, r"a^{[1]} () = a^{[1]}", "nothing stands in the brackets"),
    (ALGEBRA, r"a (x, y) = a", "expected a dimension or a positive integer"),
    # nothing is dropped
    (ONE, r"\nabla^2_{a^{[2]}} J = da^{[2]}", "of nabla, the gradient is read"),
    (ONE, r"\mathbf{1}_{n_2}^2 = \mathbf{1}_{n_2}", "of ones, the transpose is read"),
    (ONE, r"J = L(z^{[1]}, y)", "it is not plain that L is a function of this"),
    (ONE, r"W^{[2]T}_{jk} = w_{kj}^{[2]}", "an entry has no transpose"),
    # what may be read in two ways, or is another function
    (ONE, r"\|W^{[1]}\|_2^2 = \sum_j \sum_k (w_{jk}^{[1]})^2", "largest singular value"),
    (ONE, r"\tanh^{-1}(z) = \frac{1}{\tanh(z)}", "may be the inverse function"),
    (ONE, r"\log a_k^{[2]} y_k = y_k \log a_k^{[2]}", "it is not plain whether log reaches so far"),
    ("mlp 1 layer output=tanh loss=squared_error samples=1", r"\max a^{[1]} = \tanh(a^{[1]})", "max of this is not"),
    ("mlp 2 layers samples=1 hidden=sigmoid", r"f(x) = \sigma(x)", "f of the input is no activation"),
    (ALGEBRA, r"\nabla_x x^T S x = (S + S^T) x", "not plain what the gradient is taken of"),
    (ALGEBRA, r"\nabla_x y = 0", "not plain what the gradient is taken of"),
    (ONE, r"\nabla_{a^{[2]}} J^T a^{[2]} = 0", "not plain what the gradient is taken of"),
    (ALGEBRA, r"S^{-1}_{jk} = [S^{-1}]_{jk}", "a power of the entry or an entry of the power"),
    (ALGEBRA, r"S_{jk}^{-1} = [S^{-1}]_{jk}", "a power of the entry or an entry of the power"),
    (ALGEBRA, r"S^2_{jk} = \sum_i S_{ji} S_{ik}", "a power of the entry or an entry of the power"),
    (ALGEBRA, r"S^{-2} = S^{-1} S^{-1}", "a power of a square matrix"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "formula", "message"), REFUSED)
def test_what_is_not_plain_is_refused(read, header, formula, message):
    (equation,), _ = read(header, formula)
    assert equation.kind == "cannot be read"
    assert message in equation.message


@pytest.mark.parametrize(("header", "formula"), [
    (ONE, "z = 0"), (ONE, "z = -1"), ("mlp 2 layers hidden=relu", "z = 0"), (ONE, "z > 0"), (ONE, "l = 2"),
])  # fmt: skip
def test_a_condition_claims_nothing(read, header, formula):
    (equation,), _ = read(header, formula)
    assert (equation.kind, equation.lines) == ("not a claim", [])


def test_a_number_is_a_claim_of_what_is_computed(read):
    (equation,), claims = read(ONE, "J = 0")
    assert (equation.kind, verdicts(claims)) == ("claim", {"Refuted"})
