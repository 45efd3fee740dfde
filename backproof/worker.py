"""The process in which claims are decided, so that it can be ended: a file per line of stdin, events on stdout.

    stdin    {"text", "name", "first", "kinds": [kind of verdict or null, ...], "hinted": [...], "alone", "timeout",
             "memory"}
    stdout   {"error"},  or  {"claims"};  {"together"} and {"number", "result"} for some claims, unless `alone`;
             from the claim number `first` on {"begin"}, {"number", "result"} if there is none yet, {"number", "hint"};
             {"end"}

It ends by itself where the system can see to it: when it wants too much memory, when a claim takes far too long, and
when nobody listens any more.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from queue import SimpleQueue
from time import monotonic
from typing import Any

TOGETHER = 5  # times the time of a claim, for all claims that are decided together
READING = 90.0  # seconds for a file, and
FAR_TOO_LONG = 10.0  # seconds after the deadline of a claim: nobody else has ended the process


def main() -> None:
    """Answer one request after the other."""
    requests: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=listen, args=(requests,), daemon=True).start()
    while True:
        request = json.loads(requests.get())
        limit_memory(request.pop("memory"))
        end_in(READING)
        try:
            for event in events(**request):
                if "begin" in event or "together" in event:
                    end_in(event.get("together", request["timeout"]) + FAR_TOO_LONG)
                print(json.dumps(event), flush=True)
        except Exception:
            print(json.dumps({"crash": traceback.format_exc()}), flush=True)
        end_in(0.0)


def listen(requests: SimpleQueue[str]) -> None:
    """When the other end of stdin is closed nobody wants to know any more."""
    for line in sys.stdin:
        requests.put(line)
    os._exit(1)


def events(
    text: str, name: str, timeout: float, first: int, kinds: list[str | None], hinted: list[bool], alone: bool
) -> Iterator[dict[str, Any]]:
    """What happens, in order."""
    from derive import claims

    try:
        script = claims.read(text, name)
    except claims.ClaimsError as error:
        yield {"error": claims.of_error(error)}
        return
    yield {"claims": [claims.of_assertion(assertion) for assertion in script.assertions]}
    kinds, hinted = kinds or [None] * len(script.assertions), hinted or [False] * len(script.assertions)
    if not alone:
        seconds = timeout * min(len(script.assertions), TOGETHER)
        yield {"together": seconds}
        try:
            together = claims.decide_all_together(script, monotonic() + seconds)
        except Exception:
            yield {"crash": traceback.format_exc()}
            together = {}
        for number, result in together.items():
            kinds[number] = claims.kind(result.verdict)
            yield {"number": number, "result": claims.of_result(result)}
    for number in range(first, len(script.assertions)):
        yield {"begin": number}
        end = monotonic() + timeout
        try:
            if kinds[number] is None:
                result = claims.check(script, number, end)
                kinds[number] = claims.kind(result.verdict)
                yield {"number": number, "result": claims.of_result(result)}
            if kinds[number] == "refuted" and (hint := claims.explain(script, number, end)):
                hinted[number] = True
                yield {"number": number, "hint": hint}
        except Exception:
            yield {"crash": traceback.format_exc()}
    for number, hint in claims.known_beside(script, kinds, hinted).items():
        yield {"number": number, "hint": hint}
    yield {"end": True}


def limit_memory(most: int) -> None:
    """Bytes of address space, where the system has such a limit."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def end_in(seconds: float) -> None:
    """Let the system end this process, even inside of a long calculation, where the system can; 0.0 takes it back."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
