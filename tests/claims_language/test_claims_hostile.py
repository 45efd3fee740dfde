"""Texts that want to run code, to fill the memory or to take for ever: refused, or undecided, and quickly."""

from __future__ import annotations

from time import process_time

import pytest

from derive.claims import ClaimsError, check_claims, checking, read
from derive.kernel.verdict import Unknown

HEAD = "n, m = dims\nS: (n, n)\nx: (n, 1)\ns: ()\ng = function\n"
REFUSED = {
    "dunder import": "v = __import__('os').system('true')",
    "eval": "v = eval(s)",
    "dunder attribute": "v = s.__class__.__bases__",
    "subclasses": "v = ().__class__",
    "lambda": "v = (lambda: s)()",
    "comprehension": "v = sum(s for s in S)",
    "f-string": "v = f'{s}'",
    "format": "v = '{0}'.format(s)",
    "string": "v = 'a' * 1000000000",
    "bytes": "v = b'a'",
    "walrus": "v = (u := s)",
    "star": "v = g(*x)",
    "double star": "v = g(**x)",
    "del": "del s",
    "global": "global s",
    "while": "while True: pass",
    "def": "def v(): pass",
    "class": "class v: pass",
    "decorator": "@g\ndef v(): pass",
    "await": "v = await s",
    "yield": "v = yield s",
    "exec": "exec('import os')",
    "assert message": "assert s == s, __import__('os')",
    "attribute target": "s.T = x",
    "item target": "S[0] = x",
    "backslash": "v = s \\\n + s",
    "null": "v = s\x00",
    "control letter": "v = s\x1b[2J",
    "text turned around": "v = s  # \u202e",
    "text isolated": "assert s == s, '\u2066'",
    "zero width": "s\u200b = x",
    "soft hyphen": "v\xad = x",
    "tag": "v = s  # \U000e0041",
    "lone surrogate": "v = '\ud800'",
    "full width": "v = ｅｖａｌ(s)",
    "huge power": "v = 9 ** 9 ** 9",
    "huge exponent": "v = s ** 999999999",
    "tiny root": "v = s ** (1 / 999999999)",
    "huge number": "v = 1" + "0" * 1000,
    "huge float": "v = 1e999999999",
    "tiny float": "v = 1e-999999999",
    "complex": "v = 1j",
    "hexadecimal": "v = 0xFFFFFFFFFF",
    "huge size": "v = eye(10 ** 9)",
    "many axes": "v = S[None, None, None, None, None, None, None, None, None]",
    "more and more axes": "a = S[None, None, None]\nb = a[None, None, None]\nc = b[None, None, None]",
    "brackets": "v = " + "(" * 100 + "s" + ")" * 100,
    "open brackets": "v = " + "(" * 30 + "[" * 100_000,
    "minus": "v = " + "-" * 500 + "s",
    "transposes": "v = S" + ".T" * 250,
    "plus": "v = " + "+".join(["s"] * 200),
    "long statement": "v = (" + "s +\n" * 1000 + "s)",
    "long line": "v = " + "+".join(["s"] * 5000),
    "long name": "v" * 10_000 + " = s",
    "long file": "# comment\n" * 30_000,
    "gradients of gradients": "a0 = x\n"
    + "".join(f"a{k + 1} = {' + '.join([f'a{k} * x'] * 15)}\n" for k in range(300))
    + "J0 = sum(a300)\n"
    + "".join(f"J{k + 1} = sum(grad(J{k}, a{k}))\n" for k in range(200)),
    "many gradients": "a0 = x\n"
    + "".join(f"a{k + 1} = {' + '.join([f'a{k}'] * 30)}\n" for k in range(700))
    + "J = sum(a700)\n"
    + "".join(f"assert grad(J, a{k}) == 0\n" for k in range(700)),
    "many statements": "assert s == s\n" * 3_000,
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    start = process_time()
    with pytest.raises(ClaimsError) as caught:
        read(HEAD + REFUSED[name])
    assert process_time() - start < (15 if "gradients" in name else 5)
    assert all(letter.isprintable() or letter in "\t\n" for letter in str(caught.value))


def chain(step: str, count: int, first: str = "s") -> str:
    """a0 = first, a1 = step with a0 for _, ..."""
    lines = [f"a{k + 1} = {step.replace('_', f'a{k}')}" for k in range(count)]
    return HEAD + "\n".join([f"a0 = {first}", *lines]) + "\n"


EXPLOSIVE = {
    "doubled": chain("_ + _", 60) + "assert a60 == 0",
    "squared": chain("_ * _", 60) + "assert a60 == 0",
    "differentiated": chain("_ * _", 60) + "assert grad(a60 + 0, s) == 0",
    "matrix squares": chain("_ @ _", 40, "S") + "assert trace(a40) == 0",
    "powers": chain("_ ** 64", 20) + "assert a20 == 0",
    "maxima": chain("maximum(_, s - _)", 40) + "assert a40 == 0",
    "softmax": chain("softmax(_, axis=0) * _", 40, "S") + "assert a40 == 0",
}


@pytest.mark.parametrize("name", EXPLOSIVE)
def test_what_explodes_is_undecided(name):
    start = process_time()
    (result,) = check_claims(EXPLOSIVE[name], timeout=2)
    assert isinstance(result.verdict, Unknown)
    assert "parts" in result.verdict.reason or "elements" in result.verdict.reason
    assert process_time() - start < 2


@pytest.mark.parametrize(("error", "said"), [("min() of nothing", "please report it"),
                                             ("Exceeds the limit for integer string conversion", "too large")])
def test_an_error_of_ours_is_not_taken_for_a_limit(error, said, monkeypatch):
    def fails(*given):
        raise ValueError(error)

    monkeypatch.setattr(checking, "decide_at_any_size", fails)
    (result,) = check_claims(HEAD + "assert s + 0 == s")
    assert isinstance(result.verdict, Unknown)
    assert said in result.verdict.reason


def test_definition_by_definition_nothing_explodes():
    """s^(2^60) has the derivative 2^60 s^(2^60 - 1)"""
    (result,) = check_claims(chain("_ * _", 60) + "assert grad(a60, s) == 0", timeout=2)
    assert (result.verdict.at, result.verdict.left, result.verdict.right) == ({"s": 1}, str(2**60), "0")


HEAVY = {
    "huge arrays": "P: (1000000, 1000000)\nQ: (1000000, 1000000)\nassert P @ Q == Q @ P",
    "huge array": "P: (1000000, 999999)\nassert sum(P) == sum(P.T)",
    "huge slice": "P: (1000000, 999999)\nassert sum(P[1:]) == sum(P[:-1])",
    "huge tensors": "P: (1000, 1000, 1000, 1000)\nassert sum(P) ** 2 == sum(P ** 2)",
    "long chain": chain("_ + 1", 900) + "assert a900 == s + 900",
    "deep functions": chain("tanh(_)", 300) + "assert a300 == 0",
    "large number": HEAD + "assert (10.5 ** 64) ** 64 == s",
    "large exponential": HEAD + "assert exp(exp(exp(10 ** 30))) == s",
    "large unit matrix": HEAD + "assert inv(eye(1000000)) == eye(1000000)",
    "large sum": HEAD + "assert sum(ones((4096, 4096, 4096))) == 4096 ** 3",
    "large determinant": HEAD + "assert det(eye(64) + ones((64, 64))) == 65",
    "eighth power": HEAD + "assert trace(S @ S @ S @ S @ S @ S @ S @ S) == s",
    "division by zero": HEAD + "assert 1 / 0 == 1 / 0",
}


@pytest.mark.parametrize("name", HEAVY)
def test_what_is_heavy_comes_to_an_end(name):
    start = process_time()
    check_claims(HEAVY[name], timeout=2)
    assert process_time() - start < 12
