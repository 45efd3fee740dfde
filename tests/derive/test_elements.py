"""The element form and the diagonal form: every line of a proof is evaluated exactly, and proofs read as published."""

from itertools import product as every

import pytest
from exact import Dual, element, flat, forward, random_values, slopes, value
from sympy import Derivative, Function, HadamardProduct, Lambda, MatrixSymbol, Symbol, symbols
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix

from derive import DeriveError, LogSumExp, Program, backprop, diagonal_form, elementwise, mlp, neuron, ones, total
from derive.diagonal_form import before_reduction, diagonal, read_off
from derive.element import Lowering
from derive.element_form import ElementProof
from derive.kernel import index as ix

n, k, m = symbols("n k m", integer=True, positive=True)
J, s, W, X, Z = Symbol("J"), Symbol("s"), MatrixSymbol("W", k, n), MatrixSymbol("X", n, m), MatrixSymbol("Z", k, m)
Y, b = MatrixSymbol("Y", k, m), MatrixSymbol("b", k, 1)

OPTIONS = {
    "sigmoid + cross-entropy": {},
    "softmax + cross-entropy": {"hidden": "relu", "output": "softmax"},
    "sigmoid + squared error": {"hidden": "softplus", "loss": "squared_error"},
    "generic": {"hidden": "g1", "output": "g2", "loss": "generic"},
    "w^T x": {"hidden": "leaky_relu", "weights": "columns", "output": "identity", "loss": "squared_error"},
    "sign": {"hidden": "sign", "output": "tanh", "loss": "squared_error"},
}
DERIVATIONS = {name: backprop(mlp(["n0", "n1", "n2"], samples=1, **options)) for name, options in OPTIONS.items()}
BASE, STEP = backprop(mlp("L")).cases()
DERIVATIONS |= {
    "symbolic depth, base": BASE,
    "symbolic depth, step": STEP,
    "m samples, no mean": backprop(Program([(Z, W * X + b * ones(1, m)),
                                            (J, total(LogSumExp(Z)) - total(HadamardProduct(Y, Z)))], [W, b])),
    "nested": backprop(Program([(Z, elementwise("tanh", W * X)), (J, total(HadamardProduct(Z, Z)))], [W])),
    "through a number": backprop(Program([(s, total(W)), (J, s / (1 + s**2))], [W])),
    "neuron": backprop(neuron()),
    "neuron, not output": backprop(neuron(False)),
}  # fmt: skip


def variables_of(d):
    """Variables with one user and hence an element proof."""
    users = {}
    for e in d.program.equations:
        for s in d.program.symbols.values():
            if e.rhs.has(s):
                users.setdefault(s, []).append(e.lhs)
    return [v for e in d.equations if len(users[v := d.program.symbols[str(e.lhs)[1:]]]) == 1]


PROOFS = [(name, v) for name, d in DERIVATIONS.items() for v in variables_of(d)]


def values_of(d, seed=0):
    """Everything that a formula can name: data, intermediates, gradients, sizes."""
    env = forward(d.program, random_values(d.program, seed))
    for equation in d.equations:
        env[str(equation.lhs)] = value(equation.rhs, env)
    return env


def places(at, env):
    """All values of the indices of some positions."""
    indices = list(dict.fromkeys(p for p in at if isinstance(p, ix.Index)))
    sizes = [range(i.size if isinstance(i.size, int) else env[i.size]) for i in indices]
    return [dict(zip(indices, found, strict=True)) for found in every(*sizes)]


def entry(env, name, at, where):
    """The entry of a variable at positions, as a number."""
    if not at:
        return env[name].value
    i, j = (where[p] if isinstance(p, ix.Index) else p for p in at)
    return env[name][i][j].value


@pytest.mark.parametrize(("name", "v"), PROOFS, ids=str)
def test_the_definition_of_a_proof_is_the_forward_model(name, v):
    d = DERIVATIONS[name]
    proof, env = ElementProof(d, v), values_of(d)
    for where in places(proof.k, env):
        assert element(proof.definition, env, where).value == entry(env, str(proof.through), proof.k, where)


@pytest.mark.parametrize(("name", "v"), PROOFS, ids=str)
def test_the_derivative_of_a_proof_is_that_of_its_definition(name, v):
    """With deltas, after the collapse, and by a dual number in v_j: three ways to du_k/dv_j."""
    d = DERIVATIONS[name]
    proof, env = ElementProof(d, v), values_of(d)
    raw, collapsed = proof.derivative()
    for where in places((*proof.at, *proof.k), env):
        moved = dict(env)
        if proof.at:
            i, j = (where[p] if isinstance(p, ix.Index) else p for p in proof.at)
            rows = enumerate(env[str(v)])
            moved[str(v)] = [[Dual(x.value, (a, c) == (i, j)) for c, x in enumerate(row)] for a, row in rows]
        else:
            moved[str(v)] = Dual(env[str(v)].value, 1)
        expected = element(proof.definition, moved, where).slope
        assert element(raw, env, where).value == expected
        assert element(collapsed, env, where).value == expected


@pytest.mark.parametrize(("name", "v"), PROOFS, ids=str)
def test_the_result_of_a_proof_is_the_entry_of_the_matrix_formula(name, v):
    """sum_k du_k (du_k/dv_j) == its collapse == the entry of d[...] == the entry by the kernel == dual numbers."""
    d = DERIVATIONS[name]
    proof, env = ElementProof(d, v), values_of(d)
    before, after = proof.result()
    gradient = d[f"d{v}"].rhs
    lowering = Lowering("abcdefgh")
    lowered = lowering.entry(gradient, proof.at) if proof.at else lowering.number(gradient)
    exact = slopes(d.program, random_values(d.program), str(v))
    for where, expected in zip(places(proof.at, env), exact, strict=True):
        assert element(before, env, where).value == expected
        assert element(after, env, where).value == expected
        assert element(lowered, env, where).value == expected
    assert flat(value(gradient, env)) == exact


@pytest.mark.parametrize("name", ["sigmoid + cross-entropy", "generic", "w^T x", "symbolic depth, step"])
def test_a_wrong_result_is_seen(name):
    """The evaluator of this file says no: twice the result, or its entries in another order, is not the gradient."""
    d = DERIVATIONS[name]
    biases = d.program.parameters[1]
    proof, env = ElementProof(d, biases), values_of(d)
    _, after = proof.result()
    exact = slopes(d.program, random_values(d.program), str(biases))
    found = [element(after, env, where).value for where in places(proof.at, env)]
    assert found == exact
    assert [2 * v for v in found] != exact
    assert found[::-1] != exact


# ---------------------------------------------------------------- the diagonal form


def columns(d):
    return [d.program.symbols[str(e.lhs)[1:]] for e in d.equations if e.lhs.shape[1] == 1]


NETWORKS = [name for name in [*OPTIONS, "symbolic depth, base", "symbolic depth, step"] if name not in ("sign",)]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_diagonal_form_equals_the_hadamard_form(name):
    """diag(f'(z)) u and u * f'(z) have the same entries, before and after the named simplification."""
    d = DERIVATIONS[name]
    env, found = values_of(d), 0
    for v in columns(d):
        formula = before_reduction(d, f"d{v}")
        with_matrix = diagonal(formula, diagonal_form.slopes(d.program))
        found += with_matrix.has(DiagMatrix)
        assert flat(value(with_matrix, env)) == flat(value(formula, env)) == flat(env[f"d{v}"])
    assert found >= 1


@pytest.mark.parametrize("hidden", ["softplus", "exp", "log", "silu", "erf"])
def test_a_derivative_of_whatever_name_is_a_diagonal_matrix(hidden):
    d = backprop(mlp(["n0", "n1", "n2"], hidden, samples=1))
    assert diagonal(d["dz1"].rhs, diagonal_form.slopes(d.program)).has(DiagMatrix)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_jacobian_read_off_is_the_jacobian(name):
    """(du/dv)_jk == du_k/dv_j, entry by entry, and du/dv times du is the gradient."""
    d, found = DERIVATIONS[name], 0
    env = values_of(d)
    for v in columns(d):
        if not isinstance(v, MatrixSymbol) or v not in variables_of(d):
            continue
        proof = ElementProof(d, v)
        if not proof.k:
            continue
        _, inner = proof.derivative()
        try:
            jacobian = read_off(inner, proof)
        except DeriveError:
            continue
        found += 1
        table = value(jacobian, env)
        for where in places((*proof.at, *proof.k), env):
            j, i = where[proof.at[0]], where[proof.k[0]]
            assert table[j][i].value == element(inner, env, where).value
        gradient = value(jacobian * MatrixSymbol(f"d{proof.through}", proof.through.shape[0], 1), env)
        assert flat(gradient) == flat(env[f"d{v}"])
    assert found >= 2


def lines_of(text, section, until=None):
    start = text.index(f"\n{section}\n")
    return [" ".join(line.split()) for line in text[start : text.index(until, start) if until else None].split("\n")]


def test_the_full_product_over_given_layers():
    d = backprop(mlp(["n0", "n1", "n2", "n3"], "g", "g", "generic", samples=1))
    text = d.to_text(form="diagonal", notation="nielsen")
    lines = lines_of(text, "The full product over layers", "Summary")
    assert lines[6:9] == [
        "δ^4 = Σ'(z^4) ∇_{a^4}C",
        "δ^3 = Σ'(z^3) (W^4)^T Σ'(z^4) ∇_{a^4}C",
        "δ^2 = Σ'(z^2) (W^3)^T Σ'(z^3) (W^4)^T Σ'(z^4) ∇_{a^4}C",
    ]


PRODUCTS = [
    ({}, "δ^l = prod_{k = l}^{L - 1} (Σ'(z^k) (W^{k+1})^T) Σ'(z^L) ∇_{a^L}C"),
    ({"weights": "columns"}, "δ^l = prod_{k = l}^{L - 1} (Σ'(z^k) W^{k+1}) Σ'(z^L) ∇_{a^L}C"),
]


@pytest.mark.parametrize(("options", "line"), PRODUCTS)
def test_the_full_product_over_all_layers(options, line):
    assert line in backprop(mlp("L", **options)).to_text(form="diagonal", notation="nielsen")


z = Symbol("z", real=True)
G_PRIME = Lambda(z, Derivative(Function("g")(z), z))


@pytest.mark.parametrize("options", [{}, {"weights": "columns"}])
def test_the_full_product_has_the_value_of_the_gradient(options):
    """The product for three layers, multiplied out by hand, is dz1."""
    d = backprop(mlp([2, 3, 2, 2], "g", "g", "generic", samples=1, **options))
    env = values_of(d)
    s = d.program.symbols
    sigma = [DiagMatrix(ElementwiseApplyFunction(G_PRIME, s[f"z{i}"])) for i in (1, 2, 3)]
    W2, W3 = (s[w] if options else s[w].T for w in ("W2", "W3"))
    assert flat(value(sigma[0] * W2 * sigma[1] * W3 * sigma[2] * d["da3"].rhs, env)) == flat(env["dz1"])


REFUSED = [
    (backprop(neuron()), "the diagonal form speaks of columns, one for each layer, but z has shape ()"),
    (DERIVATIONS["nested"], "the diagonal form speaks of columns, one for each layer, but Z has shape (k, m)"),
]


@pytest.mark.parametrize(("d", "message"), REFUSED)
def test_where_there_is_no_diagonal_form(d, message):
    with pytest.raises(DeriveError) as found:
        d.to_text(form="diagonal")
    assert str(found.value) == message


# ---------------------------------------------------------------- golden text: the proofs of the second seed


def proof_text(d, variable):
    """The printed proof of one gradient in nielsen notation, spaces joined, without the heading."""
    text = d.to_text(form="element", notation="nielsen")
    start = text.index(f"\nGradient in {variable}\n")
    ends = [text.find(stop, start + 5) for stop in ("\nGradient in", "\nSummary\n", "\nInduction step")]
    end = min(e for e in ends if e > 0)
    return [" ".join(line.split()) for line in text[start:end].split("\n")[3:] if line.strip()]


DEEP, SQUARED = mlp("L"), mlp(["n0", "n1", "n2"], "g", "g", "squared_error")
GOLDEN = {
    "BP1": (DEEP, "z^L", [
        "∂J/∂z_j^L = sum_{k} ∂J/∂a_k^L ∂a_k^L/∂z_j^L chain rule: z_j^L reaches the loss through every a_k^L",
        "a_k^L = g(z_k^L) definition",
        "∂a_k^L/∂z_j^L = g'(z_k^L) δ_{kj} sum and chain rule, entry by entry",
        "∂J/∂z_j^L = sum_{k} ∂J/∂a_k^L g'(z_k^L) δ_{kj} insert the derivative",
        "= ∂J/∂a_j^L g'(z_j^L) all other terms vanish",
        "= ∂C/∂a_j^L g'(z_j^L) insert ∂J/∂a_k^L",
        "In matrix form: δ^L = ∇_{a^L}C ⊙ g'(z^L).",
    ]),
    "BP1, the loss": (DEEP, "a^L", [
        "J = C(a^L,y) definition",
        "∂J/∂a_j^L = sum_{p} ∂C/∂a_p^L δ_{pj} sum and chain rule, entry by entry",
        "= ∂C/∂a_j^L all other terms vanish",
        "In matrix form: ∇_{a^L}J = ∇_{a^L}C.",
    ]),
    "BP1 with squared error, the loss": (SQUARED, "a^3", [
        "J = 1/2 sum_{p} (a_p^3 - y_p)^2 definition",
        "∂J/∂a_j^3 = 1/2 sum_{p} 2 (a_p^3 - y_p) δ_{pj} sum and chain rule, entry by entry",
        "= a_j^3 - y_j all other terms vanish",
        "In matrix form: ∇_{a^3}J = a^3 - y.",
    ]),
    "BP1 with squared error": (SQUARED, "z^3", [
        "∂J/∂z_j^3 = sum_{k} ∂J/∂a_k^3 ∂a_k^3/∂z_j^3 chain rule: z_j^3 reaches the loss through every a_k^3",
        "a_k^3 = g(z_k^3) definition",
        "∂a_k^3/∂z_j^3 = g'(z_k^3) δ_{kj} sum and chain rule, entry by entry",
        "∂J/∂z_j^3 = sum_{k} ∂J/∂a_k^3 g'(z_k^3) δ_{kj} insert the derivative",
        "= ∂J/∂a_j^3 g'(z_j^3) all other terms vanish",
        "= (a_j^3 - y_j) g'(z_j^3) insert ∂J/∂a_k^3",
        "In matrix form: δ^3 = (a^3 - y) ⊙ g'(z^3).",
    ]),
    "BP2": (DEEP, "z^l", [
        "∂J/∂z_j^l = sum_{k} ∂J/∂z_k^{l+1} ∂z_k^{l+1}/∂z_j^l "
        "chain rule: z_j^l reaches the loss through every z_k^{l+1}",
        "z_k^{l+1} = sum_{p} w_{kp}^{l+1} g(z_p^l) + b_k^{l+1} definition",
        "∂z_k^{l+1}/∂z_j^l = sum_{p} w_{kp}^{l+1} g'(z_p^l) δ_{pj} sum and chain rule, entry by entry",
        "= w_{kj}^{l+1} g'(z_j^l) all other terms vanish",
        "∂J/∂z_j^l = sum_{k} δ_k^{l+1} w_{kj}^{l+1} g'(z_j^l) write δ_k^{l+1} for ∂J/∂z_k^{l+1}",
        "In matrix form: δ^l = (W^{l+1})^T δ^{l+1} ⊙ g'(z^l).",
    ]),
    "BP3": (DEEP, "b^l", [
        "∂J/∂b_j^l = sum_{k} ∂J/∂z_k^l ∂z_k^l/∂b_j^l chain rule: b_j^l reaches the loss through every z_k^l",
        "z_k^l = sum_{p} w_{kp}^l a_p^{l-1} + b_k^l definition",
        "∂z_k^l/∂b_j^l = δ_{kj} sum and chain rule, entry by entry",
        "∂J/∂b_j^l = sum_{k} δ_k^l δ_{kj} write δ_k^l for ∂J/∂z_k^l",
        "= δ_j^l all other terms vanish",
        "In matrix form: ∂J/∂b^l = δ^l.",
    ]),
    "BP4": (DEEP, "W^l", [
        "∂J/∂w_{jq}^l = sum_{k} ∂J/∂z_k^l ∂z_k^l/∂w_{jq}^l chain rule: w_{jq}^l reaches the loss through every z_k^l",
        "z_k^l = sum_{p} w_{kp}^l a_p^{l-1} + b_k^l definition",
        "∂z_k^l/∂w_{jq}^l = sum_{p} δ_{kj} δ_{pq} a_p^{l-1} sum and chain rule, entry by entry",
        "= δ_{kj} a_q^{l-1} all other terms vanish",
        "∂J/∂w_{jq}^l = sum_{k} δ_k^l δ_{kj} a_q^{l-1} write δ_k^l for ∂J/∂z_k^l",
        "= δ_j^l a_q^{l-1} all other terms vanish",
        "In matrix form: ∂J/∂W^l = δ^l (a^{l-1})^T.",
    ]),
    "through a number": (DERIVATIONS["through a number"].program, "W", [
        "∂J/∂w_{jq} = ∂J/∂s ∂s/∂w_{jq} chain rule: w_{jq} reaches the loss through every s",
        "s = sum_{p} sum_{r} w_{pr} definition",
        "∂s/∂w_{jq} = sum_{p} sum_{r} δ_{pj} δ_{rq} sum and chain rule, entry by entry",
        "= 1 all other terms vanish",
        "∂J/∂w_{jq} = ∂J/∂s insert the derivative",
        "In matrix form: ∂J/∂W = ∂J/∂s 1_{k × n}.",
    ]),
    "the neuron, next layer is the output": (neuron(True), "z'", [
        "∂C/∂z' = ∂C/∂y_1 ∂y_1/∂z' chain rule: z' reaches the loss through y_1",
        "∂y_1/∂z' = σ'(z') from y_1 = σ(z')",
        "∂C/∂z' = σ'(z') C_1'(y_1) insert the derivative",
    ]),
    "the neuron, it is not": (neuron(False), "z'", ["∂C/∂z' = C_1'(z') from C = C_1(z') + C_2(z'')"]),
    "the neuron, the reversed network": (neuron(False), "a", [
        "∂C/∂a = ∂C/∂z' ∂z'/∂a + ∂C/∂z'' ∂z''/∂a chain rule: a reaches the loss through z', z''",
        "∂z'/∂a = w_3 from z' = a w_3 + b_1",
        "∂z''/∂a = w_4 from z'' = a w_4 + b_2",
        "∂C/∂a = ∂C/∂z' w_3 + ∂C/∂z'' w_4 insert the derivative",
    ]),
    "the neuron, its amplifier": (neuron(False), "z", [
        "∂C/∂z = ∂C/∂a ∂a/∂z chain rule: z reaches the loss through a",
        "∂a/∂z = σ'(z) from a = σ(z)",
        "∂C/∂z = σ'(z) (∂C/∂z' w_3 + ∂C/∂z'' w_4) insert the derivative",
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", GOLDEN)
def test_the_proofs_read_as_in_the_second_seed(name):
    net, variable, expected = GOLDEN[name]
    assert proof_text(backprop(net), variable) == expected


JACOBIANS = {
    "BP1aa": ["(∂a^L/∂z^L)_{jk} = ∂a_k^L/∂z_j^L = g'(z_k^L) δ_{kj}", "∂a^L/∂z^L = Σ'(z^L)", "δ^L = ∂a^L/∂z^L ∇_{a^L}",
              "= Σ'(z^L) ∇_{a^L}C", "= ∇_{a^L}C ⊙ g'(z^L)"],
    "BP2a": ["(∂z^{l+1}/∂z^l)_{jk} = ∂z_k^{l+1}/∂z_j^l = w_{kj}^{l+1} g'(z_j^l)", "∂z^{l+1}/∂z^l = Σ'(z^l) (W^{l+1})^T",
             "δ^l = ∂z^{l+1}/∂z^l δ^{l+1}", "= Σ'(z^l) (W^{l+1})^T δ^{l+1}", "= (W^{l+1})^T δ^{l+1} ⊙ g'(z^l)"],
    "BP3a": ["(∂z^l/∂b^l)_{jk} = ∂z_k^l/∂b_j^l = δ_{kj}", "∂z^l/∂b^l = I_{n_l}", "∂J/∂b^l = ∂z^l/∂b^l δ^l", "= δ^l"],
    "BP4a": ["∂z_k^l/∂w_{jq}^l = sum_{p} δ_{kj} δ_{pq} a_p^{l-1}", "= δ_{kj} a_q^{l-1}", "∂J/∂W^l = δ^l (a^{l-1})^T"],
}  # fmt: skip


@pytest.mark.parametrize("name", JACOBIANS)
def test_the_jacobian_proofs_in_denominator_layout(name):
    text = backprop(mlp("L")).to_text(form="diagonal", notation="nielsen")
    lines = [line for line in lines_of(text, "Proofs with Jacobian matrices", "\nDiagonal form\n") if line]
    expected = JACOBIANS[name]
    starts = [i for i, line in enumerate(lines) if line.startswith(expected[0])]
    assert any(all(a.startswith(e) for a, e in zip(lines[i:], expected, strict=False)) for i in starts)


def test_every_step_of_a_proof_has_its_reason():
    text = backprop(mlp(["n0", "n1", "n2"])).to_text(form="element")
    body = text[text.index("\nGradient in") : text.index("\nFrom one sample")]
    lines = [line for line in body.split("\n") if " = " in line and not line.startswith("In matrix form")]
    assert len(lines) > 20
    assert all("    " in line.strip() for line in lines), [line for line in lines if "    " not in line.strip()]


def test_documents_do_not_depend_on_what_was_printed_before():
    texts = [backprop(mlp("L")).to_text(form="element") for _ in range(3)]
    assert texts[0] == texts[1] == texts[2]
    assert "~" not in texts[0]
