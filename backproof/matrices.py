"""Arrays of exact numbers as blocks of text, side by side as far as the width allows.

X = [ 0   1 ]   v = ( 1, 1/2 )
    [ 2  -3 ]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, localcontext
from itertools import zip_longest
from typing import Any

MOST = 8  # rows, columns or slices that are shown
LONGEST = 14  # letters of one number
DIGITS = 130  # of a number that is not exact
GAP = "   "

Block = list[str]


def number(value: int | str) -> str:
    """An integer or a fraction; a long one by its first digits, as 8.1000001e-13."""
    text = str(value)
    return text if len(text) <= LONGEST else f"{Decimal(decimal(text)):.8g}"


def decimal(text: str) -> str:
    """An integer or a fraction in digits, as many as may be asked for."""
    top, _, bottom = text.partition("/")
    with localcontext(prec=DIGITS):
        return str(Decimal(top) / Decimal(bottom or 1)).lower()


def elements(value: Any) -> list[Any]:
    """All elements of an array, in a row."""
    return [part for item in value for part in elements(item)] if isinstance(value, list) else [value]


def blocks(arrays: Mapping[str, Any], width: int) -> Block:
    """Lines that show all arrays."""
    return list(_beside([block for name, value in arrays.items() for block in _blocks(name, value)], width))


def _blocks(name: str, value: Any) -> Iterator[Block]:
    """One block for a number, a vector or a matrix; one for each matrix of an array of more axes."""
    if not isinstance(value, list):
        yield [f"{name} = {number(value)}"]
    elif not isinstance(value[0], list):
        yield [f"{name} = ( {', '.join(_clipped(map(number, value)))} )"]
    elif not isinstance(value[0][0], list):
        yield _matrix(name, value)
    else:
        for k, part in enumerate(value[:MOST]):
            yield from _blocks(f"{name}[{k}]", part)
        if len(value) > MOST:
            yield ["..."]


def _matrix(name: str, rows: list[list[Any]]) -> Block:
    cells = [_clipped(map(number, row)) for row in rows[:MOST]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [f"[ {'  '.join(cell.rjust(w) for cell, w in zip(row, widths, strict=True))} ]" for row in cells]
    lines += ["..."] if len(rows) > MOST else []
    return [f"{name} = {lines[0]}", *(" " * (len(name) + 3) + line for line in lines[1:])]


def _clipped(cells: Iterable[str]) -> list[str]:
    found = list(cells)
    return found if len(found) <= MOST else [*found[:MOST], "..."]


def _beside(blocks: list[Block], width: int) -> Iterator[str]:
    """Blocks in rows, each row as wide as it may be."""
    row: list[Block] = []
    for block in blocks:
        if row and sum(max(map(len, b)) + len(GAP) for b in row) + max(map(len, block)) > width:
            yield from _joined(row)
            row = []
        row.append(block)
    yield from _joined(row)


def _joined(row: list[Block]) -> Iterator[str]:
    padded = [[line.ljust(max(map(len, block))) for line in block] for block in row]
    blank = [" " * len(block[0]) for block in padded]
    for lines in zip_longest(*padded):
        yield GAP.join(space if line is None else line for line, space in zip(lines, blank, strict=True)).rstrip()
