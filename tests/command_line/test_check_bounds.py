"""Whatever a claims file says, each claim ends in time and in bounded memory, and the others are still decided."""

import json
import os
import signal
import subprocess
import sys
from time import monotonic, perf_counter, sleep

import pytest

from backproof import guard, process
from backproof.guard import Checked
from backproof.process import Process
from backproof.worker import events

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="limits of the system are those of POSIX")

# A worker that does not look at its text: three claims; what the second one does is filled in.
WORKER = """
import json, os, sys, time
request = json.loads(sys.stdin.readline())
first, say = request["first"], lambda **event: print(json.dumps(event), flush=True)
{before}
say(claims=[dict(line=k, claim=f"claim {{k}}", asserted=True, note="") for k in range(3)])
if not request["alone"]:
    say(together=0.3)
    {together}
for k in range(first, 3):
    say(begin=k)
    known = dict(line=k, verdict="refuted", holds=False, reason="they differ", hint="", kinds=request["kinds"])
    if k == {which}:
        {during}
    say(number=k, result=known)
    if k == {which}:
        {after}
say(end=True)
"""


def check_file(*arguments: object) -> Checked:
    with Process() as worker:
        return guard.check_file(worker, *arguments)


def faults(before="", together="pass", during="pass", after="pass", which=1):
    return WORKER.format(before=before, together=together, during=during, after=after, which=which)


BROKEN = [
    # what the second claim does,                               its verdict and reason
    (faults(during="time.sleep(60)"),                           ("unknown", "stopped after 0.3 s")),
    (faults(during="os.abort()"),                               ("unknown", "it needs more than 2 GiB of memory")),
    (faults(during="sys.exit(7)"),                              ("unknown", "the calculation broke off with status 7")),
    (faults(during="sys.stdout.write('{\"resu'); sys.exit(7)"), ("unknown", "the calculation broke off with status 7")),
    (faults(during="say(crash='T:\\nKeyError: 3'); continue"), ("unknown", "an error of backproof: KeyError: 3")),
    (faults(after="time.sleep(60)"),                            ("refuted", "they differ")),
    (faults(after="os.abort()"),                                ("refuted", "they differ")),
    (faults(after="say(crash='T:\\nKeyError: 3')"),     ("refuted", "they differ")),
]  # fmt: skip


@POSIX
@pytest.mark.parametrize(("worker", "expected"), BROKEN, ids=range(len(BROKEN)))
def test_a_claim_that_breaks_the_process_is_undecided_and_the_others_are_decided(worker, expected, monkeypatch):
    monkeypatch.setattr(process, "START", worker)
    monkeypatch.setattr(guard, "GRACE", 0.2)
    start = perf_counter()
    checked = check_file("x", "", 0.3)
    assert perf_counter() - start < 10
    assert checked.error is None
    assert [(claim["verdict"], claim["reason"]) for claim in checked.claims] == [
        ("refuted", "they differ"),
        expected,
        ("refuted", "they differ"),
    ]


def test_the_next_process_hears_what_is_known(monkeypatch):
    monkeypatch.setattr(process, "START", faults(during="sys.exit(7)"))
    checked = check_file("x", "", 5.0)
    assert checked.claims[2]["kinds"] == ["refuted", "unknown", None]


TOGETHER = ["time.sleep(60)", "os.abort()", "sys.exit(7)", "say(crash='T:\\nKeyError: 3')"]


@POSIX
@pytest.mark.parametrize("fault", TOGETHER)
def test_what_cannot_be_decided_together_is_decided_alone(fault, monkeypatch):
    monkeypatch.setattr(process, "START", faults(together=fault))
    monkeypatch.setattr(guard, "GRACE", 0.2)
    assert [claim["verdict"] for claim in check_file("x", "", 5.0).claims] == ["refuted"] * 3


def test_what_was_decided_together_is_not_lost(monkeypatch):
    known = "say(number=2, result=dict(line=2, verdict='proved', holds=True, reason='together', hint=''))"
    worker = faults(together=known, during="sys.exit(7)").replace("say(number=k", "k == 2 or say(number=k")
    monkeypatch.setattr(process, "START", worker)
    assert [claim["verdict"] for claim in check_file("x", "", 5.0).claims] == ["refuted", "unknown", "proved"]


def test_a_broken_last_claim_ends_the_file(monkeypatch):
    monkeypatch.setattr(process, "START", faults(during="sys.exit(7)", which=2))
    assert [claim["verdict"] for claim in check_file("x", "", 5.0).claims] == ["refuted", "refuted", "unknown"]


UNREAD = [
    (faults(before="sys.exit(7)"), "cannot be read: the calculation broke off with status 7"),
    (faults(before="time.sleep(60)"), "cannot be read: stopped after 1 s"),
    (faults(before="say(crash='T:\\nKeyError: 3')"), "cannot be read: an error of backproof: KeyError: 3"),
    ("this is no Python", "cannot be read: the calculation broke off with status 1"),
]


@pytest.mark.parametrize(("worker", "message"), UNREAD)
def test_a_file_that_breaks_the_process_cannot_be_read(worker, message, monkeypatch):
    monkeypatch.setattr(process, "START", worker)
    monkeypatch.setattr(guard, "READING", 1.0)
    checked = check_file("x", "a" * 1_000_000, 0.3)
    assert (checked.claims, checked.error["message"]) == ([], message)


def kinds_of(text, **more):
    known = {"timeout": 20.0, "first": 0, "kinds": [], "hinted": [], "alone": True} | more
    found = list(events(text, "name", **known))
    assert json.loads(json.dumps(found)) == found
    return [next(word for word in event if word != "number") for event in found]


def test_the_events_of_a_file():
    text = "n = dims\nx: (n,)\nassert x * 2 == x + x\nassert grad(x @ x, x) == x\n"
    every = ["claims", "begin", "result", "begin", "result", "hint", "end"]
    assert kinds_of(text) == every
    assert kinds_of(text, alone=False) == ["claims", "together", *every[1:]]
    assert kinds_of("x") == ["error"]
    later = {"first": 1, "hinted": [False, False]}
    assert kinds_of(text, kinds=["proved", None], **later) == ["claims", "begin", "result", "hint", "end"]
    assert kinds_of(text, kinds=["proved", "refuted"], **later) == ["claims", "begin", "hint", "end"]
    assert kinds_of(text, kinds=["proved", "proved"], **later) == ["claims", "begin", "end"]


HEAD = "n, m = dims\nS: (n, n)\nX: (n, m)\nx: (n, 1)\ns: ()\nt: ()\ng = function\n"


def chain(step, count, first="x"):
    lines = [f"a{k + 1} = {step.replace('_', f'a{k}')}" for k in range(count)]
    return HEAD + "\n".join([f"a0 = {first}", *lines]) + "\n"


HOSTILE = {
    "powers": HEAD + "P: (100, 100)\nassert ((P + 0.5) ** 64) ** 64 == P\nassert (((P + s) ** 64) ** 64) ** 40 == P",
    "derivatives": HEAD + f"assert {'diff(' * 6}tanh{')' * 6}(s) == s",
    "functions": HEAD + f"assert {'g(' * 35}s{')' * 35} == s",
    "indices": "n, m = dims\nX: (n, m)\n" + "".join(f"i{k} = index(n)\n" for k in range(50))
    + f"assert {' + '.join(f'X[i{k}]' for k in range(50))} == X[i1]",
    "factors": HEAD + "q = (s**64 * t**63 + s**61 + t**59*s + 1)**15\nassert 1/(q+s) - 1/(q-s) == -2*s/(q**2-s**2)",
    "exponents": HEAD + "assert 1 / (exp(s * 1e29) + exp(s / 1e29) + 1) == 1 / (1 + exp(s / 1e29) + exp(s * 1e29))",
    "names": HEAD + "T = " + " * ".join(f"S[{','.join(':' if i in (a, b) else 'None' for i in range(8))}]"
    for a in range(8) for b in range(a + 1, 8)) + "\nassert sum(T) == sum(T) + 0",
    "assumptions": "P: (100, 100)\nassume(sum(P, axis=1) == 1)\nassume(P @ P == P)\nassert P == P.T",
    "hints": chain("tanh(S @ _ + x)", 6) + "assert grad(sum(a6 ** 2), a1) == S.T @ a3 * x * (1 - a2 ** 2) / 3",
    "maxima": chain("maximum(_, x * _ - 1)", 12) + "assert sum(max(a6, axis=1)) == s",
}  # fmt: skip


LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
sys.argv[0] = "backproof"
runpy.run_module("backproof", run_name="__main__")
"""


@POSIX
@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_time_and_memory(name, in_process, tmp_path):
    (tmp_path / "a.claims").write_text(HOSTILE[name])
    start = perf_counter()
    done = in_process("-c", LIMITED, "check", "a.claims", "--timeout", "0.5")
    asserts = HOSTILE[name].count("assert ")
    assert done.returncode in (0, 1, 3), done.stderr
    assert f"{asserts} assert" in done.stdout
    assert perf_counter() - start < 4 + 4 * asserts


@POSIX
def test_the_process_has_a_limit_of_memory(in_process):
    code = "from backproof.worker import limit_memory; limit_memory(1 << 29); bytearray(1 << 30)"
    assert "MemoryError" in in_process("-c", code).stderr


@POSIX
def test_no_process_is_left_behind(tmp_path):
    known = {"first": 0, "kinds": [], "hinted": [], "alone": True}
    request = {"text": HOSTILE["names"], "name": "a", "timeout": 60.0, "memory": 2 << 30, **known}
    command = [sys.executable, "-P", "-c", process.START, json.dumps(sys.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        worker.stdin.write(json.dumps(request) + "\n")
        worker.stdin.flush()
        assert "claims" in worker.stdout.readline()
        worker.stdin.close()
        end = monotonic() + 20
        while worker.poll() is None and monotonic() < end:
            sleep(0.05)
        assert worker.poll() == 1
        worker.stdout.close()


@POSIX
def test_ctrl_c_ends_cleanly(tmp_path):
    last = HOSTILE["names"].splitlines()[-1]
    (tmp_path / "a.claims").write_text("\n".join((HOSTILE["names"], *[last] * 20)))      # minutes of work
    command = [sys.executable, "-m", "backproof", "check", "a.claims", "--timeout", "100"]
    running = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    sleep(3)
    os.killpg(running.pid, signal.SIGINT)
    output, errors = running.communicate(timeout=20)
    assert (running.returncode, output) == (130, "")
    assert errors.splitlines()[-1] == "backproof: interrupted"
    assert "Traceback" not in errors


PLANTED = "import pathlib; pathlib.Path('executed').touch()"


def test_nothing_of_the_current_folder_is_executed(in_process, tmp_path):
    for name in ("json", "flint", "sympy", "ast", "derive", "backproof", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(PLANTED)
    (tmp_path / "a.claims").write_text("x: ()\nassert x + x == 2 * x\n")
    done = in_process("-P", "-m", "backproof", "check", "a.claims")
    assert (done.returncode, done.stdout) == (0, "a.claims:2: ok, proved: x + x == 2 * x\n1 assert: 1 ok\n")
    assert not (tmp_path / "executed").exists()


def test_the_command_itself_imports_nothing_slow(in_process, tmp_path):
    (tmp_path / "a.claims").write_text("x: ()\nassert x + x == 2 * x\n")
    slow = ("sympy", "flint", "derive", "numeric", "numpy")
    code = (
        "import sys; from backproof.cli import main\n"
        "try: main(['check', 'a.claims'], prog_name='backproof')\n"
        f"finally: print([name for name in {slow!r} if name in sys.modules], file=sys.stderr)"
    )
    assert in_process("-c", code).stderr.strip() == "[]"
