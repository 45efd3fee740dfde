"""Claims decided in a process of their own, which is ended when it takes too long or wants too much memory.

Python's clock cannot look into one long multiplication, and nobody can catch a library that aborts; but a process can
be ended, and the next one goes on with the next claim.  Nothing that is slow to import is imported here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from .process import Ended, Process

READING = 60.0  # seconds for the start of a process, and for reading a file
GRACE = 1.0  # seconds after the deadline in which the process may still say what it found
NO_VERDICT: dict[str, Any] = {
    "verdict": "unknown",
    "holds": None,
    "reason": "",
    "conditions": [],
    "except_on": None,
    "counterexample": None,
    "agreed": 0,
    "hint": "",
}

Data = dict[str, Any]
Advance = Callable[[int, int], None]


@dataclass
class Checked:
    """One file: its claims with their verdicts, or what is wrong with it."""

    name: str
    claims: list[Data] = field(default_factory=list)
    error: Data | None = None
    crashes: list[str] = field(default_factory=list)  # tracebacks: errors of our own
    others: list[Data] = field(default_factory=list)  # formulas of a text that are no claims, or cannot be read


def check_file(
    worker: Process, name: str, text: str, timeout: float, advance: Advance = lambda done, total: None
) -> Checked:
    """The verdicts on all claims of a text, each after `timeout` seconds at most; `advance` hears of progress."""
    checked, first, alone = Checked(name), 0, False
    while True:
        session = _Session(worker, checked, first, timeout, advance)
        try:
            session.run(text, alone)
            return checked
        except Ended as reason:
            worker.end()
            if session.number is None and not session.together:
                checked.error = {"message": f"cannot be read: {reason}", "text": f"{name}: cannot be read: {reason}"}
                return checked
            alone = True
            if session.number is not None:
                claim = checked.claims[session.number]
                claim["reason"] = claim["reason"] or str(reason)
                first = session.number + 1
            if first == len(checked.claims):
                return checked


class _Session:
    """One request: the claims of a file, from the number `first` on."""

    number: int | None

    def __init__(self, worker: Process, checked: Checked, first: int, timeout: float, advance: Advance) -> None:
        self.worker, self.checked, self.first, self.timeout, self.advance = worker, checked, first, timeout, advance
        self.together, self.number = False, None
        self.allow(READING, 0.0)

    def allow(self, seconds: float, grace: float = GRACE) -> None:
        """Time until the next event."""
        self.allowed, self.end = seconds, monotonic() + seconds + grace

    def run(self, text: str, alone: bool) -> None:
        """Until the process has nothing more to say.  Raises Ended."""
        claims = self.checked.claims
        known = {
            "first": self.first,
            "kinds": [claim["verdict"] if claim["reason"] else None for claim in claims],
            "hinted": [bool(claim["hint"]) for claim in claims],
        }
        request = {"text": text, "name": self.checked.name, "timeout": self.timeout, "alone": alone, **known}
        self.worker.ask(request)
        while True:
            event = self.worker.hear(self.end - monotonic(), f"stopped after {self.allowed:g} s")
            if "end" in event or "error" in event:
                self.checked.error = event.get("error")
                return
            self.note(event)

    def note(self, event: Data) -> None:
        """One event."""
        claims = self.checked.claims
        match event:
            case {"claims": found} if not claims:
                claims += [{**claim, **NO_VERDICT} for claim in found]
            case {"together": seconds}:
                self.together = True
                self.allow(seconds)
            case {"begin": number}:
                self.together, self.number = False, number
                self.allow(self.timeout)
                self.advance(number, len(claims))
            case {"number": number, "result": result}:
                claims[number] = result
            case {"number": number, "hint": hint}:
                claims[number]["hint"] = hint
            case {"crash": traceback}:
                self.checked.crashes.append(traceback)
                reason = f"an error of backproof: {traceback.strip().splitlines()[-1]}"
                if self.number is not None:
                    claims[self.number]["reason"] = claims[self.number]["reason"] or reason
                elif not self.together:
                    raise Ended(reason)
