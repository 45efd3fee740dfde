"""When each statement runs: an update as soon as nobody needs the old value, what is not needed not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .statements import Group, Statement


def in_order(singles: Iterable[Statement], updates: Iterable[Group], results: Iterable[str]) -> tuple[Statement, ...]:
    """All statements that the updates and the results need.

    An update writes to a parameter, so it runs after the last statement that reads the old value; and early, since
    what it reads can then be forgotten.
    """
    updates = list(updates)
    needed = set(results).union(*(group.reads for group in updates)) if updates else set(results)
    chosen: list[Statement] = []
    for statement in reversed(list(singles)):
        if statement.output in needed:
            needed |= statement.reads
            chosen.append(statement)
    groups = [Group((statement,)) for statement in _with_comments(list(singles), chosen[::-1])]
    for update in updates:
        groups.insert(_earliest(update, groups), update)
    return tuple(statement for group in groups for statement in group.statements)


def _with_comments(all_of_them: list[Statement], chosen: list[Statement]) -> list[Statement]:
    """A comment stays above the first statement of its line that is left."""
    found: list[Statement] = []
    waiting, kept = "", {id(s) for s in chosen}
    for statement in all_of_them:
        waiting = statement.comment or waiting
        if id(statement) in kept:
            found.append(replace(statement, comment=waiting))
            waiting = ""
    return found


def _earliest(update: Group, groups: list[Group]) -> int:
    """After what it reads is written, and after the last that reads what it writes."""
    position = 0
    for k, group in enumerate(groups, start=1):
        outputs = {s.output for s in group.statements}
        reads = {name for s in group.statements for name in s.reads}
        if outputs & update.reads or reads & update.writes:
            position = k
    return position
