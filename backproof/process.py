"""A worker process: a request goes in, events come out; it can be ended at any moment, and another one started."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

MEMORY = 2 << 30  # bytes
START = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from backproof.worker import main; main()"


class Ended(Exception):
    """The process was ended, or has ended by itself; the text says why."""


class Process:
    """with Process() as worker: worker.ask({...}); worker.hear(20.0, "too late")"""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.inbox: SimpleQueue[Any] = SimpleQueue()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def ask(self, request: dict[str, Any]) -> None:
        """Send a request, to a new process if there is none.

        With -P no module comes from the current folder, unless it does so in this process too.
        """
        if self.process is None:
            command = [sys.executable, "-P", "-c", START, json.dumps(sys.path)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self.inbox = SimpleQueue()
            self.process = subprocess.Popen(command, text=True, encoding="utf-8", **pipes)  # type: ignore[call-overload]
            self.listener = Thread(target=_listen, args=(self.process, self.inbox), daemon=True)
            self.listener.start()
        with suppress(BrokenPipeError):  # it has ended already, and the listener says how
            print(json.dumps({**request, "memory": MEMORY}), file=self.process.stdin, flush=True)

    def hear(self, seconds: float, late: str) -> dict[str, Any]:
        """The next event.  Raises Ended if there is none in time (`late` says so), or none any more."""
        try:
            event = self.inbox.get(timeout=max(0.0, seconds))
        except Empty:
            raise Ended(late) from None
        if isinstance(event, dict):
            return event
        raise Ended(_told(event))

    def end(self) -> None:
        """Whatever it is doing."""
        if self.process is None:
            return
        process, self.process = self.process, None
        process.kill()
        self.listener.join()
        for stream in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):
                stream.close()  # type: ignore[union-attr]


def _listen(process: subprocess.Popen[str], inbox: SimpleQueue[Any]) -> None:
    """Events, and at last the exit status."""
    for line in process.stdout or ():
        if line.endswith("\n"):  # else it was ended in the middle of a line
            inbox.put(json.loads(line))
    inbox.put(process.wait())


def _told(status: int) -> str:
    """Why a process has ended by itself."""
    if status in (-signal.SIGABRT, -signal.SIGSEGV):
        return f"it needs more than {MEMORY >> 30} GiB of memory"
    return f"the calculation broke off with status {status}"
