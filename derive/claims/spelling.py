"""The letters of a claims file: a scan that refuses what is not part of the language, before Python's parser sees it.

It also bounds what the parser gets: the length of the text, of a line, of a statement, and the nesting of brackets.
"""

from __future__ import annotations

import re
from keyword import kwlist

from .errors import Place, Problem

LONGEST_TEXT = 200_000  # characters
LONGEST_LINE = 2_000
LONGEST_STATEMENT = 600  # words and signs
DEEPEST_BRACKETS = 40

WORD = re.compile(
    r"""(?P<space>[ \t]+)
      | (?P<comment>\#[^\n]*)
      | (?P<newline>\n)
      | (?P<name>[^\W\d]\w*)
      | (?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
      | (?P<string>"[^"\\\n]*"|'[^'\\\n]*')
      | (?P<foreign>\.\*|\./|\.\^|\.'|\.{3}|!=|~=|<>|//|:=|->|\*\*=|[-+*/@]=|&&?|\|\|?|[\^%~;\\{}!$?`])
      | (?P<sign>\*\*|==|>=|<=|[-+*/@<>=().,:\[\]])""",
    re.VERBOSE,
)

WRITE = {  # what other languages write, and how it is written here
    ".*": "write * for the element-by-element product (and @ for the matrix product)",
    "./": "write / for the element-by-element quotient",
    ".^": "write ** for the element-by-element power",
    ".'": "write .T for the transpose",
    "^": "write ** for a power",
    "**=": "write a definition with a new name",
    "!=": "write: assert not left == right",
    "~=": "write: assert not left == right",
    "<>": "write: assert not left == right",
    "%": "a comment begins with #",
    ";": "write one statement per line",
    "\\": "a statement goes on in the next line while a bracket is open",
    "&": "write * for the product of two conditions",
    "&&": "write * for the product of two conditions",
    '"': "a string ends on the line where it begins",
    "'": "a string ends on the line where it begins",
}
CONTROL = re.compile(  # letters that nobody sees, some of which make others look out of order, and half ones
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
KEYWORDS = frozenset(kwlist) - {"assert", "not", "None", "True", "False"}
QUOTE = "the transpose is written x.T, the derivative of a function g is diff(g)"
OPENING, CLOSING = frozenset("(["), frozenset(")]")


def check_spelling(text: str) -> None:
    """Raises a Problem at the first word or sign that no claims file may contain."""
    if len(text) > LONGEST_TEXT:
        raise Problem(Place(1, 1), f"the file has {len(text):,} characters; {LONGEST_TEXT:,} are the limit")
    if control := CONTROL.search(text):
        start = text.rfind("\n", 0, control.start()) + 1
        place = Place(text.count("\n", 0, control.start()) + 1, control.start() - start + 1)
        raise Problem(place, f"{control.group()!r} is not part of the claims language", "nobody would see it")
    at, line, start, depth, words, before = 0, 1, 0, 0, 0, ""
    while at < len(text):
        place = Place(line, at - start + 1)
        found = WORD.match(text, at)
        kind, word = (found.lastgroup or "", found.group()) if found else ("", text[at])
        _check_word(place, kind, word, before)
        at += len(word)
        if kind == "newline":
            line, start = line + 1, at
            words = words if depth else 0
        elif kind not in ("space", "comment"):
            words += 1
            depth = max(0, depth + (word in OPENING) - (word in CLOSING))
        if at - start > LONGEST_LINE:
            raise Problem(Place(line, 1), f"the line has more than {LONGEST_LINE:,} characters")
        if words > LONGEST_STATEMENT:
            raise Problem(place, f"the statement has more than {LONGEST_STATEMENT} words and signs")
        if depth > DEEPEST_BRACKETS:
            raise Problem(place, f"brackets are nested more than {DEEPEST_BRACKETS} deep")
        before = kind if kind != "sign" else word


def _check_word(place: Place, kind: str, word: str, before: str) -> None:
    """One word and the kind of the word that touches it on the left (a sign stands for itself)."""
    touches_value = before in ("name", "number", ")", "]")
    if (word[0] == "'" and touches_value) or word == ".'":
        raise Problem(place, "a quote after a value means nothing here", QUOTE)
    if kind == "string" and touches_value:
        raise Problem(place, "a string touches the word before it", 'write the note of a claim as , "plain text"')
    if kind == "name" and before == "number":
        raise Problem(place, f"{word!r} follows a number", "write * for a product: 2 * x")
    if kind == "name" and word in KEYWORDS:
        advice = "write one assert for each equation" if word in ("and", "or") else ""
        raise Problem(place, f"{word!r} is not part of the claims language", advice)
    if kind in ("foreign", ""):
        raise Problem(place, f"{word!r} is not part of the claims language", WRITE.get(word, ""))
