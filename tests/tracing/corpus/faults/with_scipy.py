"""Code with functions from scipy.special."""

from ..entry import Entry, correct, wrong

ENTRIES = (
    Entry(
        "gelu_erf", "with_scipy", "gelu_forward", "gelu_backward", {"x": ("N", "D")}, ("x",), needs="scipy",
        variants=(
            wrong("second term forgotten", "(cdf + x * pdf)", "cdf"),
            wrong("x forgotten", "x * pdf", "pdf"),
            wrong("root of 2 pi forgotten", " / np.sqrt(2 * np.pi)", ""),
            wrong("half forgotten", "-0.5 * x**2", "-(x**2)"),
            wrong("2 pi rounded", "np.sqrt(2 * np.pi)", "2.5066283", grade="ulps"),
            wrong("slope of the tanh form", "pdf = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)", "pdf = 1.702 * cdf * (1 - cdf)"),
            correct("power", "np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)", "np.exp(-x * x / 2) * (2 * np.pi) ** -0.5"),
            correct("erf again", "(cdf + x * pdf)", "(0.5 + 0.5 * erf(x / 2**0.5) + x * pdf)", grade="constant"),
        ),
    ),
    Entry(
        "logistic_expit", "with_scipy", "logistic_loss", "logistic_gradient",
        {"w": ("D",), "X": ("N", "D"), "y": ("N",), "C": ()}, ("w",), "gradient", needs="scipy", usual={"C": 1.0},
        draw={"y": "binary", "C": "positive"}, analytic=False,
        variants=(
            wrong("C above", "w / C", "w * C", grade="default"),
            wrong("C forgotten", "w / C", "w", grade="default"),
            wrong("sign of the penalty", "+ w", "- w"),
            wrong("2 w", "w / C", "2 * w / C"),
            wrong("sign", "(expit(X.dot(w)) - y)", "(y - expit(X.dot(w)))"),
            wrong("expit of the negative", "expit(X", "expit(-X"),
            correct("1 - expit", "expit(X.dot(w))", "(1 - expit(-X.dot(w)))"),
        ),
    ),
    Entry(
        "softmax_scipy", "with_scipy", "mixture_loss", "mixture_gradient", {"z": ("N", "C"), "Y": ("N", "C")}, ("z",), "gradient",
        needs="scipy", draw={"Y": "one_hot"}, analytic=False,
        variants=(
            wrong("axis", "axis=1", "axis=0"),
            wrong("axis forgotten", "softmax(z, axis=1)", "softmax(z)"),
            wrong("1/N forgotten", " / len(z)", ""),
            wrong("1/(N C)", "len(z)", "z.size"),
            wrong("sign", "- Y", "+ Y"),
            wrong("factor", "(softmax(z, axis=1) - Y)", "(softmax(z, axis=1) - Y) * 1.000000001", grade="ulps"),
            correct("by logsumexp", "softmax(z, axis=1)", "np.exp(z - logsumexp(z, axis=1, keepdims=True))"),
        ),
    ),
)  # fmt: skip
