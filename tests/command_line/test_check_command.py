"""backproof check: exit statuses, what is printed, and files that cannot be read."""

import io
import json

import pytest
from click.testing import CliRunner
from rich.console import Console

from backproof import claims_report
from backproof.cli import main

HEAD = """\
n, m = dims
w: (n, 1)
X: (n, m)
Y: (1, m)
A = sigmoid(w.T @ X)
J = -sum(Y * log(A) + (1 - Y) * log(1 - A)) / m
"""
TRUE = HEAD + 'assert grad(J, w) == X @ (A - Y).T / m, "dw"\nassert not grad(J, w) == X @ (A - Y).T / 2\n'
FALSE = HEAD + 'assert grad(J, w) == X @ (A - Y).T, "1/m forgotten"\n'
OPEN = "n = dims\nP: (2000, 2000)\nassert P @ P == P @ P.T\n"
UNREADABLE = "x: ()\ny = x'\n"


@pytest.fixture
def check(tmp_path, monkeypatch):
    """check({"a.claims": text}, ...) in a folder that holds these files"""
    monkeypatch.chdir(tmp_path)

    def run(files, *arguments, given=None):
        for name, content in files.items():
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return CliRunner().invoke(main, ["check", *(arguments or files)], input=given, prog_name="backproof")

    return run


STATUSES = [
    # contents of the files            exit status
    ([TRUE],                           0),
    ([FALSE],                          1),
    ([OPEN],                           3),
    ([UNREADABLE],                     2),
    ([TRUE, FALSE, OPEN],              1),
    ([TRUE, OPEN],                     3),
    ([TRUE, FALSE, OPEN, UNREADABLE],  2),
    ([TRUE, ""],                       2),
]  # fmt: skip


@pytest.mark.parametrize(("contents", "status"), STATUSES)
def test_exit_status(contents, status, check):
    assert check({f"{k}.claims": content for k, content in enumerate(contents)}).exit_code == status


def test_lines_for_a_pipe(check):
    result = check({"a.claims": TRUE, "b.claims": FALSE, "c.claims": OPEN})
    assert result.stderr == ""
    assert (
        result.stdout
        == """\
a.claims:7: ok, proved: grad(J, w) == X @ (A - Y).T / m  # dw
a.claims:8: ok, refuted: not grad(J, w) == X @ (A - Y).T / 2
b.claims:7: FAILED, refuted: grad(J, w) == X @ (A - Y).T  # 1/m forgotten
    the sides differ at i = 0: left 1/4, right 1/2
    at n = 1, m = 2, all elements of w and Y are 0
    X = [ 0  1 ]
    it holds with X @ (A - Y).T / m (a missing factor 1/m)
c.claims:3: undecided, unknown: P @ P == P @ P.T
    no verdict: false for other sizes, and not tried with arrays of 4,000,000 elements: write names of dimensions
4 asserts: 2 ok, 1 failed, 1 undecided
"""
    )


def test_verbose_shows_counterexamples_of_what_is_refuted_as_asserted(check):
    assert "left 1/" in check({"a.claims": TRUE}, "-v", "a.claims").stdout
    assert "left 1/" not in check({"a.claims": TRUE}).stdout


CONDITIONS = [
    # text, line below the claim
    (
        "m, k = dims\nX: (m, k)\nY: (m, k)\nassume(sum(Y, axis=1) == 1)\n"
        "assert grad(-sum(Y * log(softmax(X, axis=1))), X) == softmax(X, axis=1) - Y",
        "assumed: sum(Y, axis=1) == 1",
    ),
    ("n = dims\nx: (n,)\nassert log(x ** 2) == 2 * log(x)", "where x[i] > 0"),
    ("n = dims\nx: (n,)\nassert grad(sum(relu(x)), x) == (x >= 0)", "except on "),
]


@pytest.mark.parametrize(("text", "line"), CONDITIONS)
def test_conditions_of_a_proof_are_printed(text, line, check):
    result = check({"a.claims": text})
    assert result.exit_code == 0
    assert f"\n    {line}" in result.stdout


def test_the_same_input_gives_the_same_output(check):
    first, second = (check({"a.claims": TRUE + FALSE[len(HEAD) :]}, "a.claims", "--json").stdout for _ in range(2))
    assert first == second


def test_json(check):
    result = check(
        {"a.claims": TRUE, "b.claims": FALSE, "bad.claims": UNREADABLE}, "a.claims", "b.claims", "bad.claims", "--json"
    )
    found = json.loads(result.stdout)
    assert (result.exit_code, found["exit_status"]) == (2, 2)
    a, b, bad = found["files"]
    assert [(claim["line"], claim["verdict"], claim["asserted"], claim["holds"]) for claim in a["claims"]] == [
        (7, "proved", True, True),
        (8, "refuted", False, True),
    ]
    (claim,) = b["claims"]
    assert claim == {
        "line": 7,
        "claim": "grad(J, w) == X @ (A - Y).T",
        "asserted": True,
        "note": "1/m forgotten",
        "verdict": "refuted",
        "holds": False,
        "reason": "the sides differ at i = 0",
        "conditions": [],
        "except_on": None,
        "laws": None,
        "counterexample": {
            "dimensions": {"n": 1, "m": 2},
            "arrays": {"w": [[0]], "X": [[0, 1]], "Y": [[0, 0]]},
            "functions": {},
            "element": [0],
            "left": "1/4",
            "right": "1/2",
        },
        "agreed": None,
        "hint": "it holds with X @ (A - Y).T / m (a missing factor 1/m)",
    }
    assert bad["claims"] == []
    assert (bad["error"]["line"], bad["error"]["column"]) == (2, 6)


def test_stdin(check):
    result = check({}, "-", given=FALSE)
    assert result.exit_code == 1
    assert result.stdout.startswith("<stdin>:7: FAILED, refuted: ")


def test_a_parse_error_shows_file_line_column_and_caret(check):
    result = check({"a.claims": TRUE, "bad.claims": UNREADABLE, "b.claims": TRUE}, "a.claims", "bad.claims", "b.claims")
    assert result.exit_code == 2
    assert (
        result.stderr
        == """\
bad.claims:2:6: a quote after a value means nothing here
    y = x'
         ^
  the transpose is written x.T, the derivative of a function g is diff(g)
"""
    )
    assert result.stdout.splitlines()[-1] == "4 asserts: 4 ok; 1 file cannot be read"


NOT_CLAIMS = [
    # name, content, the line on stderr
    ("empty.claims", b"", "backproof: empty.claims is empty"),
    ("blank.claims", b"\xef\xbb\xbf \n\n", "backproof: blank.claims is empty"),
    (
        "quiet.claims",
        b"n = dims\n",
        "backproof: quiet.claims asserts nothing; a claim is written: assert left == right",
    ),
    ("latin.claims", b"n = dims\n# caf\xe9\n", "backproof: latin.claims is not UTF-8 text: line 2 has the byte 0xe9"),
    ("large.claims", b"#" * 2_000_000, "backproof: large.claims has more than 1,000,000 bytes; is it a claims file?"),
    ("missing.claims", None, "backproof: missing.claims: there is no such file"),
    (".", None, "backproof: . is a folder; name the files in it, such as ./*.claims"),
    ("a\x1b[2J\nb", None, "backproof: a?[2J?b: there is no such file"),
    ("no/such/a", None, "backproof: no/such/a: there is no such file"),
    ("x" * 300, None, f"backproof: {'x' * 300}: File name too long"),
]


@pytest.mark.parametrize(("name", "content", "line"), NOT_CLAIMS, ids=[repr(row[0][:20]) for row in NOT_CLAIMS])
def test_what_is_no_claims_file_is_told_in_one_line_and_others_are_reported(name, content, line, check):
    result = check({"good.claims": TRUE} | ({} if content is None else {name: content}), name, "good.claims")
    assert (result.exit_code, result.stderr) == (2, f"{line}\n")
    assert "good.claims:7: ok, proved" in result.stdout


USAGE = [
    ((), "Missing argument 'FILE...'"),
    (("a.claims", "--timeout", "0"), "'0' is not a positive number"),
    (("a.claims", "--timeout", "soon"), "'soon' is not a positive number"),
    (("a.claims", "--nosuch"), "No such option '--nosuch'"),
]


@pytest.mark.parametrize(("arguments", "part"), USAGE)
def test_usage(arguments, part, check):
    result = CliRunner().invoke(main, ["check", *arguments], prog_name="backproof")
    assert (result.exit_code, result.stdout) == (2, "")
    assert part in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_with_windows_lines_and_a_mark_in_front(check):
    assert check({"a.claims": b"\xef\xbb\xbf" + TRUE.replace("\n", "\r\n").encode()}).exit_code == 0


TABLE = """\
a.claims
┏━━━━━━┳━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
┃ line ┃ outcome ┃ verdict ┃ claim                              ┃
┡━━━━━━╇━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┩
│    7 │ ok      │ proved  │ grad(J, w) == X @ (A - Y).T / m    │
│      │         │         │ # dw                               │
│    8 │ ok      │ refuted │ not grad(J, w) == X @ (A - Y).T /  │
│      │         │         │ 2                                  │
│    9 │ FAILED  │ refuted │ grad(J, w) == X @ (A - Y).T        │
│      │         │         │ # 1/m forgotten                    │
└──────┴─────────┴─────────┴────────────────────────────────────┘

line 9: FAILED, refuted: grad(J, w) == X @ (A - Y).T
    the sides differ at i = 0: left 1/4, right 1/2
    at n = 1, m = 2, all elements of w and Y are 0
    X = [ 0  1 ]
    it holds with X @ (A - Y).T / m (a missing factor 1/m)
"""


@pytest.fixture
def screen(monkeypatch):
    """screen(width, ...) stands for the terminal"""

    def terminal(width, **more):
        found = Console(file=io.StringIO(), force_terminal=True, width=width, **more)
        monkeypatch.setattr(claims_report, "console", lambda: found)
        return found

    return terminal


def test_a_table_on_a_terminal(check, screen):
    terminal = screen(65, color_system=None)
    check({"a.claims": TRUE + FALSE[len(HEAD) :]})
    assert [line.rstrip() for line in terminal.file.getvalue().splitlines()] == TABLE.splitlines()


@pytest.mark.parametrize("width", [50, 80, 120])
def test_the_table_is_as_wide_as_the_terminal_and_no_word_is_lost(width, check, screen):
    terminal = screen(width, color_system=None)
    check({"a.claims": HEAD + f"assert 20 * X @ Y.T == {' + '.join(['X @ Y.T'] * 20)}, '{'long note ' * 20}'\n"})
    printed = terminal.file.getvalue()
    assert max(map(len, printed.splitlines())) <= width
    assert printed.count("Y.T") == 21
    assert printed.count("note") == 20


def test_outcomes_have_colours(check, screen):
    terminal = screen(80, color_system="standard")
    check({"a.claims": TRUE + FALSE[len(HEAD) :], "b.claims": OPEN})
    printed = terminal.file.getvalue()
    assert all(word in printed for word in ("\x1b[32mok", "\x1b[1;31mFAILED", "\x1b[33mundecided"))


def test_markup_in_a_claim_is_text(check, screen):
    terminal = screen(80)
    check({"a[b].claims": 'n = dims\nx: (n,)\nassert x == x, "[red]x[/red] [link=http://e]l[/link]"\n'})
    assert "# [red]x[/red] [link=http://e]l[/link]" in terminal.file.getvalue()
    assert "a[b].claims" in terminal.file.getvalue()
