"""Two languages from one catalogue each: the same keys, the same places for formulas, and nothing left in English."""

import re
import subprocess
from functools import cache

import pytest

from derive import DeriveError, backprop, mlp, neuron
from derive.document import Equations, Items, Paragraph, Reference, Section, Table
from derive.latex_document import latex_document
from derive.rewrites import REWRITES
from derive.rules import RULES
from derive.words import CATALOGUES

ENGLISH = CATALOGUES["en"]
PLACE = re.compile(r"\{\d\}")


def differences(one, other):
    """Keys that one side lacks, and keys whose texts have other places."""
    lacking = sorted(one.keys() ^ other.keys())
    return lacking + [k for k in sorted(one.keys() & other.keys())
                      if set(PLACE.findall(one[k])) != set(PLACE.findall(other[k]))]  # fmt: skip


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_catalogue_has_the_keys_and_places_of_the_english_one(language):
    assert differences(ENGLISH, CATALOGUES[language]) == []


@pytest.mark.parametrize("key", ["layout", "late"])
def test_a_fault_in_a_catalogue_is_seen(key):
    assert differences(ENGLISH, {k: v for k, v in ENGLISH.items() if k != key}) == [key]
    assert differences(ENGLISH, {**ENGLISH, "late": "no places"}) == ["late"]


def test_no_text_says_less_in_chinese():
    chinese = CATALOGUES["zh"]
    latin = [k for k, v in chinese.items() if not re.search("[⺀-\uffff]", v) and len(PLACE.sub("", v)) > 1]
    assert latin == ["source softmax"]  # Bridle (1990)


def test_rules_and_rewrites_have_their_names_and_sources():
    for name, rule in RULES.items():
        assert ENGLISH[f"rule {name}"] == name
        assert ENGLISH[f"source {name}"] == rule.source
    assert {f"rewrite {name}" for name in REWRITES} <= ENGLISH.keys()


# ---------------------------------------------------------------- Chinese documents

LATIN = {"sigmoid", "tanh", "softmax", "Hadamard", "Giles", "Bridle", "BP"}  # names
NETWORKS = {
    "two layers": mlp(["n0", "n1", "n2"]),
    "softmax, l2, relu": mlp(["n0", "n1", "n2"], "relu", "softmax", l2="lambda"),
    "numbers": mlp([3, 2, 1], "sign", "identity", "squared_error", samples=4),
    "generic": mlp(["n0", "n1", "n2"], "g1", "g2", "generic", samples=1),
    "depth": mlp("L", samples="m"),
    "neuron": neuron(),
}
SHOWN = [(name, form, detail) for name in NETWORKS for form, detail in (("all", "all"), ("matrix", "key"))]


@cache
def chinese(name, form, detail):
    return backprop(NETWORKS[name]).document(form=form, detail=detail, language="zh", notation="nielsen")


def texts(block):
    """All running text of a block, without formulas and without numbers of equations."""
    match block:
        case Section(title, blocks):
            parts = [title, *(texts(b) for b in blocks)]
        case Paragraph(inlines):
            parts = [inlines]
        case Items(items):
            parts = items
        case Table(head, rows):
            parts = [head, *(c for r in rows for c in r)]
        case Equations(lines):
            parts = [line.reason for line in lines]
    return [i for p in parts for i in p if isinstance(i, str) and not isinstance(i, Reference)]


@pytest.mark.parametrize(("name", "form", "detail"), SHOWN)
def test_no_english_in_a_chinese_document(name, form, detail):
    document = chinese(name, form, detail)
    found = [document.title, *(t for b in document.blocks for t in texts(b))]
    words = {w for t in found for w in re.findall(r"[A-Za-z]{2,}", t)}
    assert words <= LATIN
    assert sum(bool(re.search("[⺀-\uffff]", t)) for t in found) > len(found) / 2


def test_english_would_be_seen():
    found = [t for b in backprop(NETWORKS["two layers"]).document().blocks for t in texts(b)]
    assert "gradient" in {w for t in found for w in re.findall(r"[A-Za-z]{2,}", t)}


TERMS = ("反向传播 前向传播 激活函数 损失函数 权重 偏置 误差 加权输入 激活值 样本 维度 分母布局 链式法则 交叉熵 "
         "逐元素乘积 核对矩阵维数")  # fmt: skip


def test_chinese_says_what_the_lectures_say():
    found = "".join(backprop(NETWORKS["two layers"]).to_text(language="zh", form="all", notation="nielsen"))
    assert [t for t in TERMS.split() if t not in found] == []
    assert "数学归纳法" in backprop(NETWORKS["depth"]).to_text(language="zh")


@pytest.mark.parametrize("language", ["xx", "EN", "", None])
def test_an_unknown_language_is_refused(language):
    with pytest.raises(DeriveError) as found:
        backprop(NETWORKS["two layers"]).to_text(language=language)
    assert str(found.value) == f"there is no catalogue for language {language!r}; expected one of en, zh"


@pytest.mark.parametrize(("name", "form", "detail"), [SHOWN[0], SHOWN[2], SHOWN[8]])
def test_chinese_latex_compiles_without_a_warning(name, form, detail, tmp_path, needs_program, needs_tex):
    needs_tex("CJKutf8.sty")
    needs_tex("gbsnu4e.pfb")
    (tmp_path / "document.tex").write_text(latex_document(chinese(name, form, detail)), encoding="utf-8")
    command = [needs_program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    for _ in range(2):
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False).returncode == 0
    log = (tmp_path / "document.log").read_text(errors="replace")
    said = r"^(?:Overfull|LaTeX Warning|LaTeX Font Warning|Package \w+ Warning|!).*"
    assert re.findall(said, log, re.MULTILINE) == []
