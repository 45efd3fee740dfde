"""The floors of the house as a picture, from the table that tests/test_floors.py checks: SVG, in the page's colours."""

import ast
from html import escape
from itertools import groupby
from pathlib import Path

WIDTH, LINE, PAD, CHAR = 720, 20, 10, 7.3  # pixels; CHAR is the width of a letter of the monospaced font
ROLES = {
    "backproof": "the command line",
    "numeric": "NumPy: code generation, training, tracing",
    "derive": "the mathematics; never NumPy",
}
Floor = tuple[str, ...]


def table(root: Path) -> dict[str, list[Floor]]:
    """Package -> floors, lowest first, read from the test without running it."""
    tree = ast.parse((root / "tests" / "test_floors.py").read_text(encoding="utf-8"))
    house = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "HOUSE"
    )
    assert isinstance(house, ast.Call)
    floors = next(ast.literal_eval(keyword.value) for keyword in house.keywords if keyword.arg == "floors")
    return {package: [tuple(line.split()) for line in text.strip().splitlines()] for package, text in floors.items()}


def folder(name: str) -> str:
    """kernel/algebra -> kernel;  errors -> "" """
    return name.partition("/")[0] if "/" in name else ""


def bands(floors: list[Floor]) -> list[tuple[str, list[Floor]]]:
    """Neighbouring floors of one folder together: the kernel is one band, with its files inside."""
    folders = {folder(name) for floor in floors for name in floor} - {""}

    def home(floor: Floor) -> str:
        first = folder(floor[0])
        return first or (floor[0] if floor[0] in folders and len(floor) == 1 else "")

    return [(name, list(group)) for name, group in groupby(floors, key=home)]


def wrapped(words: list[str], width: float) -> list[str]:
    """Words -> lines that are no wider."""
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} · {word}" if lines[-1] else word
        if lines[-1] and len(longer) * CHAR > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def band(name: str, floors: list[Floor], top: float) -> tuple[str, float]:
    """One box: a folder with the number of its files and floors, or loose files by name.  -> SVG, its height"""
    files = [file for floor in floors for file in floor]
    if name:
        what = f"{len(files)} file{'s' * (len(files) > 1)}, {len(floors)} floor{'s' * (len(floors) > 1)}"
        lines = [f"{name}/ : {what}"]
    else:
        lines = [line for floor in reversed(floors) for line in reversed(wrapped(list(floor), WIDTH - 6 * PAD))]
    height = len(lines) * LINE + PAD
    texts = "".join(
        f'<text x="{3 * PAD}" y="{top + 17 + k * LINE:g}">{escape(line)}</text>' for k, line in enumerate(lines)
    )
    style = "folder" if name else "files"
    box = f'<rect class="{style}" x="{2 * PAD}" y="{top:g}" width="{WIDTH - 4 * PAD}" height="{height}" rx="4"/>'
    return box + texts, height + 4


def picture(house: dict[str, list[Floor]]) -> str:
    """The packages one above the other, in each its bands; an arrow down the side says which way imports go."""
    parts, y = [], 4.0
    for package, floors in reversed(house.items()):
        start, inside = y, ""
        y += 30
        for name, group in reversed(bands(floors)):
            drawn, height = band(name, group, y)
            inside, y = inside + drawn, y + height
        y += PAD
        role = f"<tspan>{ROLES.get(package, '')}</tspan>"
        head = f'<text class="package" x="{2 * PAD}" y="{start + 21:g}">{package}/ {role}</text>'
        parts.append(
            f'<rect class="house" x="1" y="{start:g}" width="{WIDTH - 2}" height="{y - start:g}" rx="8"/>{head}{inside}'
        )
        y += 14
    label = "Three packages, one above the other, with their floors; imports go down only"
    return (
        f'<div class="floors"><svg viewBox="0 0 {WIDTH} {y:g}" role="img" aria-label="{label}">{"".join(parts)}'
        "</svg></div>\n"
    )
