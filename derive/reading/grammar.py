r"""LaTeX text -> a tree (tree.py), by a grammar of what is written in formulas about networks.

    formula     statements, set apart by commas, \\, \quad, arrows or words in \text{...}
    statement   sides joined by =, \equiv, <, >, ...; a side is a sum, a sum has terms, a term has runs of factors
    factor      a letter, number, bracket or fraction with superscripts, subscripts and primes in any order

Nothing is evaluated.  Needs lark, the extra `latex`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from ..errors import DeriveError
from .errors import LatexError
from .tokens import Token, tokens
from .tree import Big, Bracket, Fraction, Letter, Node, Number, Operator, Product, Raised, Relation, Run, Scripted, Sum

GRAMMAR = r"""
start: SEP* (statement (SEP+ statement)* SEP*)?
statement: sum (REL sum)* -> relation
    | (REL sum)+ -> continued
sum: SIGN? term (SIGN term)*
term: run (OP run)*
run: factor+
factor: atom (up | down | PRIME)*
up: UP arg
down: DOWN arg
?arg: DIGIT -> number
    | LETTER -> letter
    | ONES -> letter
    | PRIMELETTER -> letter
    | OPERATOR -> operator
    | OPEN list CLOSE -> group
list: (item (COMMA item)*)?
item: sum (REL sum)* -> item
    | OP sum -> raised
?atom: NUMBER -> number
    | LETTER -> letter
    | WORD -> letter
    | ONES -> letter
    | PRIMELETTER -> letter
    | OPERATOR -> operator
    | BIG -> big
    | FRAC arg arg -> fraction
    | SQRT arg -> root
    | ACCENT arg -> accent
    | OPEN list CLOSE -> group
    | LPAR list RPAR -> bracket
    | LSQB list RSQB -> bracket
    | LBRACE list RBRACE -> bracket
    | LNORM list RNORM -> norm
%declare SEP REL SIGN OP PRIME UP DOWN DIGIT LETTER ONES WORD PRIMELETTER OPERATOR OPEN CLOSE COMMA NUMBER BIG FRAC
%declare SQRT ACCENT LPAR RPAR LSQB RSQB LBRACE RBRACE LNORM RNORM
"""
SPOKEN = {
    "SEP": "the end of the formula", "$END": "the end of the formula", "REL": "=", "SIGN": "+ or -", "OP": "a product",
    "PRIME": "a prime", "UP": "^", "DOWN": "_", "DIGIT": "a digit", "LETTER": "a letter", "OPERATOR": "a function",
    "OPEN": "{", "CLOSE": "}", "COMMA": "a comma", "NUMBER": "a number", "FRAC": "a fraction", "LPAR": "(",
    "RPAR": ")", "LSQB": "[", "RSQB": "]", "RBRACE": r"\}", "RNORM": "the end of the norm",
}  # fmt: skip
FACTOR = {"NUMBER", "LETTER", "OPERATOR", "FRAC", "LPAR", "OPEN"}


def read_tree(text: str) -> tuple[Relation, ...]:
    """The statements of a formula.  Raises LatexError: where, what was found, what was expected."""
    parser, found = _parser(), tokens(text)
    from lark.exceptions import UnexpectedInput

    try:
        return _statements(parser.parse(_Tokens(found, len(text))))
    except UnexpectedInput as error:
        raise _told(error, len(text)) from None


class _Tokens:
    """What the parser reads: tokens, and where the formula ends."""

    def __init__(self, found: list[Token], end: int) -> None:
        self.found, self.end = found, end


def _told(error: Any, end: int) -> LatexError:
    """Expected ..., found ..."""
    token = getattr(error, "token", None)
    kinds = set(getattr(error, "accepts", None) or getattr(error, "expected", None) or ())
    wanted = ["a factor"] if kinds >= FACTOR else []
    wanted += [SPOKEN[k] for k in SPOKEN if k in kinds and k not in ("OP", "PRIME", "UP", "DOWN", "LETTER", "DIGIT")
               and not (wanted and k in FACTOR | {"LSQB"})]  # fmt: skip
    wanted = list(dict.fromkeys(wanted))
    what = "the formula ends here" if token is None or token.type == "$END" else f"{str(token)!r} is not expected here"
    at = end if token is None or token.type == "$END" else token.start_pos
    return LatexError(at, what, f"expected {' or '.join(wanted[:4])}" if wanted else "")


@cache
def _parser() -> Any:
    try:
        from lark import Lark
        from lark import Token as LarkToken
        from lark.lexer import Lexer
    except ImportError:
        raise DeriveError(
            "reading LaTeX needs the package lark, which is not installed\n  install the extra: pip install"
            " 'backproof[latex]'"
        ) from None

    class Feed(Lexer):
        """Hands over the tokens that are made already."""

        def __init__(self, _: Any) -> None:
            pass

        def lex(self, data: Any) -> Iterator[Any]:
            for t in data.found:
                yield LarkToken(t.kind, t.text, start_pos=t.start, end_pos=t.end)

    return Lark(GRAMMAR, parser="lalr", lexer=Feed, propagate_positions=False)


def _statements(tree: Any) -> tuple[Relation, ...]:
    return tuple(_built(child) for child in tree.children if hasattr(child, "data"))


def _built(tree: Any) -> Any:
    """lark's tree -> ours; as deep as brackets go."""
    build = BUILD[tree.data]
    return build([_built(child) if hasattr(child, "data") else child for child in tree.children])


def _span(parts: list[Any]) -> dict[str, int]:
    """Where a node stands, from its parts."""
    known = [p for p in parts if isinstance(p, Node) or hasattr(p, "start_pos")]
    if not known:
        return {"start": 0, "end": 0}
    first, last = known[0], known[-1]
    return {"start": first.start if isinstance(first, Node) else first.start_pos,
            "end": last.end if isinstance(last, Node) else last.end_pos}  # fmt: skip


def _relation(parts: list[Any]) -> Relation:
    return Relation(tuple(parts[::2]), tuple(map(str, parts[1::2])), **_span(parts))


def _continued(parts: list[Any]) -> Relation:
    return Relation((None, *parts[1::2]), tuple(map(str, parts[::2])), **_span(parts))


def _sum(parts: list[Any]) -> Node:
    signed = parts if not isinstance(parts[0], Node) else ["+", *parts]
    if len(signed) == 2 and signed[0] == "+":
        return signed[1]
    return Sum(tuple(signed[1::2]), tuple(map(str, signed[::2])), **_span(parts))


def _term(parts: list[Any]) -> Node:
    return parts[0] if len(parts) == 1 else Product(tuple(parts[::2]), tuple(map(str, parts[1::2])), **_span(parts))


def _run(parts: list[Any]) -> Node:
    return parts[0] if len(parts) == 1 else Run(tuple(parts), **_span(parts))


def _factor(parts: list[Any]) -> Node:
    base, *scripts = parts
    up = tuple(s[1] for s in scripts if isinstance(s, tuple) and s[0] == "up")
    down = tuple(s[1] for s in scripts if isinstance(s, tuple) and s[0] == "down")
    primes = sum(not isinstance(s, tuple) for s in scripts)
    if not scripts:
        return base
    ends = [s[1] if isinstance(s, tuple) else s for s in scripts]
    span = _span([base, *ends])
    if isinstance(base, Scripted) and isinstance(base.base, Letter):  # {g^{[1]}}' is g^{[1]}'
        return Scripted(base.base, base.up + up, base.down + down, base.primes + primes, **span)
    return Scripted(base, up, down, primes, **span)


def _script(kind: str) -> Any:
    return lambda parts: (kind, parts[1])


def _group(parts: list[Any]) -> Node:
    found = parts[1]
    if len(found) == 1 and not isinstance(found[0], Relation):
        return replace(found[0], end=parts[-1].end_pos)
    return Bracket("{", found, **_span(parts))


def _bracket(parts: list[Any]) -> Node:
    return Bracket(str(parts[0]).removeprefix("\\"), parts[1], **_span(parts))


def _item(parts: list[Any]) -> Node:
    return parts[0] if len(parts) == 1 else _relation(parts)


def _statement(parts: list[Any]) -> Relation:
    return _relation(parts)


def _accent(parts: list[Any]) -> Node:
    inner = parts[1]
    if not isinstance(inner, Letter):
        raise LatexError(parts[0].start_pos, f"\\{parts[0]} stands over one letter")
    return Letter(f"{inner.name}{parts[0]}", **_span(parts))


BUILD: dict[str, Any] = {
    "relation": _statement,
    "continued": _continued,
    "sum": _sum,
    "term": _term,
    "run": _run,
    "factor": _factor,
    "up": _script("up"),
    "down": _script("down"),
    "number": lambda parts: Number(str(parts[0]), **_span(parts)),
    "letter": lambda parts: Letter(str(parts[0]), **_span(parts)),
    "operator": lambda parts: Operator(str(parts[0]), **_span(parts)),
    "big": lambda parts: Big(str(parts[0]), **_span(parts)),
    "fraction": lambda parts: Fraction(parts[1], parts[2], **_span(parts)),
    "root": lambda parts: Run((Operator("sqrt", **_span(parts[:1])), Bracket("(", (parts[1],), **_span(parts[1:]))),
                              **_span(parts)),
    "accent": _accent,
    "group": _group,
    "bracket": _bracket,
    "norm": lambda parts: Bracket("|", parts[1], **_span(parts)),
    "list": lambda parts: tuple(p for p in parts if not hasattr(p, "start_pos")),
    "item": _item,
    "raised": lambda parts: Raised(parts[1], **_span(parts)),
}  # fmt: skip
