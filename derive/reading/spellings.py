r"""How the signs of formulas are spelled in LaTeX: tables of commands, letters, words, and the pattern of a token."""

from __future__ import annotations

import re


def _words(text: str) -> list[str]:
    """A table of words."""
    return text.split()


GREEK = frozenset(
    _words("""
    alpha beta gamma delta epsilon varepsilon zeta eta theta lambda mu nu xi pi rho sigma tau phi varphi chi psi
    omega Delta Sigma Phi Psi Omega Theta Lambda Gamma partial nabla infty
""")
)
LETTERS = {"∂": "partial", "∇": "nabla", "σ": "sigma", "δ": "delta", "θ": "theta", "λ": "lambda", "α": "alpha",
           "η": "eta", "Δ": "Delta", "Σ": "Sigma", "φ": "phi", "μ": "mu", "ε": "epsilon"}  # fmt: skip
VARIANTS = {"varepsilon": "epsilon", "varphi": "phi", "ell": "l", "top": "T", "intercal": "T", "imath": "i"}
FUNCTIONS = {"log": "log", "ln": "log", "exp": "exp", "tanh": "tanh", "max": "max", "min": "min", "det": "det",
             "softmax": "softmax", "relu": "relu", "ReLU": "relu", "lrelu": "leaky_relu", "sigmoid": "sigmoid",
             "softplus": "softplus", "sign": "sign", "sgn": "sign", "step": "step", "sqrt": "sqrt", "erf": "erf",
             "silu": "silu", "swish": "silu", "gelu": "gelu", "GELU": "gelu", "SiLU": "silu",
             "tr": "trace", "diag": "diag", "lse": "lse", "np.sum": "np.sum", "sum": "np.sum"}  # fmt: skip
WORDS = ("np.sum", "keepdims", "axis", "True", "False")
SPACES = frozenset(
    _words("""
    left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr middle limits nolimits displaystyle
    textstyle small mathbf boldsymbol bm mathrm mathsf mathit mathcal mathbb mathtt rm bf it text nonumber notag
    phantom hfill allowdisplaybreaks vphantom hphantom
""")
)
SIGNS = {"odot": "*", "circ": "circ", "ast": "*", "star": "*", "cdot": "cdot", "times": "cdot", "bullet": "cdot",
         "otimes": "otimes"}  # fmt: skip
RELATIONS = {"equiv": "=", "triangleq": "=", "coloneqq": "=", "le": "<=", "leq": "<=", "ge": ">=", "geq": ">=",
             "ne": "!=", "neq": "!=", "approx": "~", "sim": "~", "propto": "~", "in": "in", "ll": "<", "gg": ">",
             "gets": "<-", "leftarrow": "<-"}  # fmt: skip
ARROWS = frozenset(
    _words("""
    to rightarrow Rightarrow Longrightarrow implies iff Leftarrow Leftrightarrow longrightarrow quad qquad
    because therefore colon mid
""")
)
FENCES = {"lVert": "LNORM", "rVert": "RNORM", "lvert": "LNORM", "rvert": "RNORM"}

TOKEN = re.compile(
    r"""(?P<comment>(?<!\\)%[^\n]*)
      | (?P<space>\s+|~|&|\\[,;:!>\s]|\\(?=\n))
      | (?P<mark>\\(?:label|tag|ref|eqref)\*?\s*\{[^{}]*\})
      | (?P<newline>\\\\\*?(?:\[[^\[\]]*\])?|\\newline\b|\\cr\b)
      | (?P<environment>\\(?:begin|end)\s*\{(?P<kind>[A-Za-z]+\*?)\}(?:\{[lcr]*\})?)
      | (?P<indicator>\\(?:(?:mathbf|mathbb|mathbbm|mathds|boldsymbol|bm)\s*(?:\{\s*1\s*\}|1(?!\d))
          |mathbb\s*(?:\{\s*I\s*\}|I\b))
          (?=\s*(?:\\[a-zA-Z]*(?:left|big)l?)?\s*(?:[\[(]|\\\{)|\s*_\s*\{(?:[^{}]|\{[^{}]*\})*(?:[<>]|\\[gl]e)))
      | (?P<ones>\\(?:mathbf|mathbb|boldsymbol|bm)\s*(?:\{\s*1\s*\}|1(?!\d))
          (?!\s*(?:\\[a-zA-Z]*(?:left|big)l?)?\s*(?:[\[(]|\\\{)))
      | (?P<words>\\(?:text|mathrm|operatorname\*?|mathit|mathsf|mathtt|mathbf|textbf|textrm|mbox|boldsymbol|bm)\s*
          \{(?P<word>[^{}$\\]*)\})
      | (?P<above>\\(?:overbrace|underbrace|overline|underline)(?=\s*\{))
      | (?P<fraction>\\[dtc]?frac(?![A-Za-z]))
      | (?P<brace>\\[{}|])
      | (?P<command>\\[A-Za-z]+\*?)
      | (?P<plainword>np\.sum|keepdims|axis|True|False)
      | (?P<number>\d+(?:\.\d+)?|\.\d+)
      | (?P<letter>[A-Za-zα-ωΔΣΦΨΩΘΛ∂∇])
      | (?P<prime>['’‘′])
      | (?P<relation>:=|==|<=|>=|[=<>≡≈≤≥≠])
      | (?P<sign>[-+−])
      | (?P<operation>[*/·×⊙∘∗])
      | (?P<fence>\|\||[()\[\]{}|])
      | (?P<script>[\^_])
      | (?P<comma>,)
      | (?P<stop>[.;:。，、；：!?]|[\u2e80-\u9fff\uf900-\ufaff]+)
      | (?P<dots>…)
    """,
    re.VERBOSE,
)
PLAIN_SIGNS = {"·": "cdot", "×": "cdot", "⊙": "*", "∗": "*", "*": "*", "∘": "circ", "/": "/"}
PLAIN_RELATIONS = {":=": "=", "==": "=", "≡": "=", "≈": "~", "≤": "<=", "≥": ">=", "≠": "!="}
ALIGNED = frozenset(
    _words("""
    align aligned alignedat align* equation equation* split gather gather* gathered multline multline* eqnarray
    eqnarray* flalign flalign* alignat alignat* math displaymath
""")
)
PROSE = (r"\text", r"\mbox", r"\textrm", r"\textbf", r"\intertext")
BESIDE = frozenset((r"\underset", r"\overset", r"\stackrel"))
INDICATOR = "indicator"  # \mathbb{1}(...)
FENCE = {"(": "LPAR", ")": "RPAR", "[": "LSQB", "]": "RSQB", "{": "OPEN", "}": "CLOSE", "|": "BAR", "||": "BAR"}
