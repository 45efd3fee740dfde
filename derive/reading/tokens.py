r"""LaTeX text -> tokens, each with its offset: layout is passed over, words in \text{...} and line breaks set apart.

A token is (type, text, start, end).  Inside brackets a comma parts a list, outside it ends a statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import LatexError
from .spellings import (
    ALIGNED,
    ARROWS,
    BESIDE,
    FENCE,
    FENCES,
    FUNCTIONS,
    GREEK,
    INDICATOR,
    LETTERS,
    PLAIN_RELATIONS,
    PLAIN_SIGNS,
    PROSE,
    RELATIONS,
    SIGNS,
    SPACES,
    TOKEN,
    VARIANTS,
    WORDS,
)

LONGEST = 10_000  # characters of one formula
EMPTY = (["OPEN", "CLOSE", "UP"], ["OPEN", "CLOSE", "DOWN"])
DEEPEST = 40  # brackets, groups and scripts inside each other


@dataclass(frozen=True)
class Token:
    """A sign of the grammar."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The tokens of a formula.  Raises LatexError for a sign or a command that is not known here."""
    if len(text) > LONGEST:
        raise LatexError(0, f"the formula has {len(text):,} characters; {LONGEST:,} are the limit")
    return list(_nested(_joined(list(_scanned(text)))))


def _scanned(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise LatexError(at, f"{text[at]!r} is not known in a formula")
        kind = found.lastgroup or ""
        kind = next(
            name for name in (kind, *TOKEN.groupindex) if found[name] is not None and name not in ("kind", "word")
        )
        at = found.end()
        if found[0].rstrip("*") in BESIDE:
            at = _after_group(text, at)
            continue
        if found[0] in PROSE and text[at : at + 1] == "{":  # words with formulas in them
            start, at = found.start(), _after_group(text, at)
            yield Token("STOP", text[start:at], start, at)
            continue
        if (new := _token(kind, found)) is not None:
            yield Token(new[0], new[1], found.start(), found.end())


def _after_group(text: str, at: int) -> int:
    """Passes over { ... }, with groups inside: what stands above or below something else."""
    depth, start = 0, at
    while at < len(text):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
        if depth == 0 and not text[at - 1].isspace():
            return at
    raise LatexError(start, "a group is not closed", "expected }")


def _token(kind: str, found: re.Match[str]) -> tuple[str, str] | None:
    """(type, text) of a match; nothing for layout."""
    text = found[0]
    match kind:
        case "comment" | "space" | "mark" | "above":
            return None
        case "environment":
            if found["kind"] in ALIGNED:
                return None
            advice = "write its entries as equations of their own"
            raise LatexError(found.start(), f"the environment {found['kind']} is not read", advice)
        case "newline":
            return "BREAK", text
        case "indicator":
            return "OPERATOR", INDICATOR
        case "ones":
            return "ONES", "1"
        case "words":
            return _word(found["word"].strip(), text)
        case "fraction":
            return "FRAC", text
        case "command":
            return _command(text[1:].rstrip("*"), found.start())
        case "brace":
            return {"{": "LBRACE", "}": "RBRACE", "|": "BAR"}[text[1]], text
        case "plainword":
            return ("OPERATOR", text) if text == "np.sum" else ("WORD", text)
        case "number":
            return "NUMBER", text
        case "letter":
            return "LETTER", LETTERS.get(text, text)
        case "prime":
            return "PRIME", text
        case "relation":
            return "REL", PLAIN_RELATIONS.get(text, text)
        case "sign":
            return "SIGN", "+" if text == "+" else "-"
        case "operation":
            return "OP", PLAIN_SIGNS[text]
        case "fence":
            return FENCE[text], text
        case "script":
            return ("UP" if text == "^" else "DOWN"), text
        case "comma":
            return "COMMA", text
        case "dots":
            return "LETTER", "..."
    return "STOP", text


def _word(word: str, text: str) -> tuple[str, str]:
    """\\mathrm{np.sum} is a function, \\mathsf{T} and \\mathbf{1} are letters, \\text{and so on} sets apart."""
    if word in FUNCTIONS:
        return "OPERATOR", FUNCTIONS[word]
    if word in WORDS:
        return "WORD", word
    if text.startswith((r"\text{", r"\textbf", r"\textrm", r"\mbox")) and len(word) != 1:
        return "STOP", text
    if word.isdigit():
        return ("ONES", word) if word == "1" and not text.startswith(r"\math" + "rm") else ("NUMBER", word)
    if not word.isidentifier():
        return "STOP", text
    return "LETTER", word


def _command(name: str, start: int) -> tuple[str, str] | None:
    name = VARIANTS.get(name, name)
    if name in SPACES:
        return None
    if name == "boxed":
        return "BOXED", name
    if name in FENCES:
        return FENCES[name], name
    if name in GREEK or len(name) == 1:
        return "LETTER", name
    if name in FUNCTIONS and name not in ("sum", "sqrt"):
        return "OPERATOR", FUNCTIONS[name]
    if name in ("sum", "prod"):
        return "BIG", name
    if name == "sqrt":
        return "SQRT", name
    if name in ("hat", "bar", "tilde", "vec", "dot"):
        return "ACCENT", name
    if name in SIGNS:
        return "OP", SIGNS[name]
    if name in RELATIONS:
        return "REL", RELATIONS[name]
    if name in ARROWS:
        return ("SPACE" if name in ("quad", "qquad") else "STOP"), name
    if name == "prime":
        return "PRIMELETTER", name
    if name in ("ldots", "dots", "cdots", "vdots", "ddots"):
        return "LETTER", "..."
    if name in ("lbrace", "rbrace"):
        return ("LBRACE" if name == "lbrace" else "RBRACE"), name
    raise LatexError(start, rf"the command \{name} is not known in a formula")


def _joined(found: list[Token]) -> Iterator[Token]:
    """A line that goes on with + or - after \\\\ \\quad is one formula with the line before; a{}^2 is a^2."""
    k = 0
    while k < len(found):
        kinds = [t.kind for t in found[k : k + 3]]
        if kinds == ["BREAK", "SPACE", "SIGN"]:
            k += 2
            continue
        if kinds in EMPTY and k and found[k - 1].kind in ("LETTER", "NUMBER", "PRIME", "RPAR"):
            k += 2
            continue
        yield found[k]
        k += 1


def _nested(found: Iterator[Token]) -> Iterator[Token]:
    """Settles what depends on the place: commas, single digits after ^, closing bars, primes at the beginning."""
    stack: list[str] = []
    before, closed = "", ""  # kind of the last token; what stood before the group that it closed
    opened: list[str] = []
    for token in found:
        kind, text = token.kind, token.text
        if kind == "BOXED" or (kind == "OPEN" and before == "BOXED") or (kind == "CLOSE" and stack[-1:] == ["BOXED"]):
            if kind == "OPEN":
                stack.append("BOXED")
                opened.append("")
            elif kind == "CLOSE":
                stack.pop()
                opened.pop()
            before = "" if kind == "OPEN" else kind
            continue
        if kind in ("BREAK", "STOP", "SPACE"):
            if stack[-1:] not in ([], ["BOXED"]):
                if kind == "STOP" and text in (";", ":"):
                    kind = "COMMA"
                else:
                    continue
            else:
                kind = "SEP"
        elif kind == "COMMA" and stack[-1:] in ([], ["BOXED"]):
            kind = "SEP"
        elif kind == "NUMBER" and (before in ("UP", "DOWN", "FRAC", "FRACDIGIT") or closed == "FRAC"):
            if closed != "FRAC" and before in ("UP", "DOWN") and len(text) > 1:
                raise LatexError(
                    token.start,
                    f"{text} after {'^' if before == 'UP' else '_'}: only one digit belongs to it",
                    "put it in braces",
                )
            if before == "FRAC" and len(text) > 1:  # \frac12
                yield Token("DIGIT", text[0], token.start, token.start + 1)
                yield Token("DIGIT", text[1], token.start + 1, token.start + 2)
                if len(text) > 2:
                    yield Token("NUMBER", text[2:], token.start + 2, token.end)
                before, closed = "NUMBER", ""
                continue
            kind = "DIGIT"
        elif kind == "PRIME" and before in ("OPEN", ""):
            kind = "PRIMELETTER"
        elif kind == "BAR":
            kind = "RNORM" if stack and stack[-1] == "LNORM" and before not in ("OP", "SIGN") else "LNORM"
        closed = ""
        if kind in ("OPEN", "LPAR", "LSQB", "LBRACE", "LNORM"):
            stack.append(kind)
            opened.append(before)
            if len(stack) > DEEPEST:
                raise LatexError(token.start, f"brackets are nested more than {DEEPEST} deep")
        elif kind in ("CLOSE", "RPAR", "RSQB", "RBRACE", "RNORM") and stack:
            stack.pop()
            closed = opened.pop()
            closed = closed if kind == "CLOSE" else ""
        yield Token(kind, text, token.start, token.end)
        before = "FRACDIGIT" if kind in ("DIGIT", "LETTER") and before == "FRAC" else kind
