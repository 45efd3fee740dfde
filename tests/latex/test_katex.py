"""Every printed formula renders in KaTeX, strictly, and in TeX: no error, no warning.

KaTeX is Debian's package katex, run by node.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

FOLDERS = (os.environ.get("KATEX", ""), "/usr/share/nodejs/katex", "/usr/lib/nodejs/katex")
SCRIPT = """
const katex = require(process.argv[1]);
const wrong = [];
for (const tex of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  try { katex.renderToString(tex, {displayMode: true, throwOnError: true, strict: "error"}); }
  catch (error) { wrong.push([tex, String(error.message)]); }
}
process.stdout.write(JSON.stringify(wrong));
"""


@pytest.fixture
def katex(needs_program):
    """katex(formulas) -> [[formula, error], ...]"""
    node = needs_program("node")
    folder = next((f for f in FOLDERS if f and Path(f).is_dir()), None)
    if folder is None:
        needs_program("katex")
        pytest.fail("katex is installed, but not where node finds it: set KATEX to its folder")

    def run(formulas):
        done = subprocess.run([node, "-e", SCRIPT, folder], input=json.dumps(formulas), capture_output=True, text=True,
                              timeout=120, check=True)  # fmt: skip
        return json.loads(done.stdout)

    return run


def test_every_printed_formula_renders(katex, emitted):
    texts = list(dict.fromkeys(formula.latex for formula in emitted))
    assert len(texts) > 500
    assert katex(texts) == []


def test_a_wrong_formula_is_found(katex):
    wrong = katex([r"\frac{1}{m}", r"\frac{1}{m", r"\unknown x", "é"])
    assert [tex for tex, _ in wrong] == [r"\frac{1}{m", r"\unknown x", "é"]


HEAD = r"\documentclass{article}\usepackage[a2paper,landscape]{geometry}\usepackage{amsmath,amssymb,bm}\begin{document}"


def test_every_printed_formula_compiles(needs_program, emitted, tmp_path):
    texts = dict.fromkeys(formula.latex for formula in emitted)
    body = "\n".join(rf"\[ {text} \]" for text in texts)
    (tmp_path / "all.tex").write_text(f"{HEAD}\n{body}\n\\end{{document}}\n")
    command = [needs_program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120)
    assert done.returncode == 0, done.stdout[-1500:]
    assert [line for line in done.stdout.splitlines() if "Warning" in line or line.startswith("Overfull")] == []
