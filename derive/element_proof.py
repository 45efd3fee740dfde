"""The proof of one gradient in entries: through which variable, its definition, its derivative, the result."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from .element import Lowering, size, times
from .kernel import index as ix
from .kernel.partial import collapse, partial
from .kernel.tree import children
from .nodes import Softmax
from .program import variables
from .shapes import shape_of


class ElementProof:
    """The proof of one gradient: dJ/dv through the variable u that v enters."""

    def __init__(self, derivation: Any, variable: Any, user: Any = None) -> None:
        self.d, self.v = derivation, variable
        program = derivation.program
        self.definitions = {e.lhs: e.rhs for e in program.equations}
        self.loss = program.equations[-1].lhs
        user = self._users(variable)[0] if user is None else user
        self.through = self._through(user)
        self.inserted = None if variable in variables(self.definitions[self.through]) else user
        self.lowering = Lowering()
        self.at = positions(variable, "jq")
        self.k = positions(self.through, "ki") if shape_of(self.through) else ()

    @property
    def users(self) -> list[Any]:
        """The variables that v enters."""
        return self._users(self.v)

    def _users(self, variable: Any) -> list[Any]:
        return [u for u, e in self.definitions.items() if variable in variables(e)]

    def _through(self, user: Any) -> Any:
        """The next named variable: z_l reaches J through z_{l+1}, z_L through a_L, a_L through J itself."""
        if user == self.loss:
            return user
        further = self._users(user)
        elementwise = variables(self.definitions[user]) == [self.v]
        return further[0] if elementwise and len(further) == 1 and further[0] != self.loss else user

    @cached_property
    def definition(self) -> ix.Expr:
        """u_k in entries, with the activation between v and u written out."""
        expr = self.definitions[self.through]
        found = self.lowering.entry(expr, self.k) if self.k else self.lowering.number(expr)
        if self.inserted is None:
            return found
        return insert_entries(
            found, str(self.inserted), lambda at: self.lowering.entry(self.definitions[self.inserted], at)
        )

    @property
    def direct(self) -> ix.Expr:
        """The terms of the definition in which v itself stands."""
        whole = self.definition
        terms = [t for t in whole.terms if _stands(str(self.v), t)] if isinstance(whole, ix.Add) else [whole]
        return ix.Add(tuple(terms)) if len(terms) > 1 else terms[0]

    def derivative(self) -> tuple[ix.Expr, ix.Expr]:
        """du_k / dv_j, with deltas and after they are collapsed."""
        raw = lettered(readable(partial(self.definition, str(self.v), self.at)))
        return raw, collapse(raw)

    def lowered(self, expr: Any) -> ix.Expr:
        """The entry j of a formula of the derivation; letters begin anew with each formula."""
        return plain(Lowering("kprstuvw").entry(expr, self.at))

    def by_output(self) -> ix.Expr:
        """The derivative with a_k written for exp(z_k) / sum_p exp(z_p), where u = softmax(v)."""
        _, inner = self.derivative()
        if not isinstance(self.definitions[self.through], Softmax):
            return inner
        return outputs_for_exponentials(inner, str(self.v), str(self.through))

    def result(self) -> tuple[ix.Expr, ix.Expr]:
        """dJ/dv_j = sum_k du_k (du_k/dv_j), before and after the collapse over k."""
        inner = self.by_output()
        if self.through == self.loss:
            return inner, inner
        raw: ix.Expr = times(ix.Entry(f"d{self.through}", self.k), inner)
        for k in reversed([p for p in self.k if isinstance(p, ix.Index)]):
            raw = ix.Sum(k, raw)
        return raw, collapse(raw)


def _stands(name: str, expr: ix.Expr) -> bool:
    """An entry of an array stands in an expression."""
    return (isinstance(expr, ix.Entry) and expr.array == name) or any(_stands(name, e) for e in children(expr))


def positions(variable: Any, letters: str) -> tuple[ix.Position, ...]:
    """(j, 0) of a column, (j, q) of a matrix."""
    if shape_of(variable) is None:
        return ()
    return tuple(0 if n == 1 else ix.Index(name, size(n)) for n, name in zip(variable.shape, letters, strict=True))


def readable(expr: ix.Expr) -> ix.Expr:
    """delta_00 of a column's only position is 1 and is not written; log' u is 1/u, exp' u is exp u."""
    match expr:
        case ix.Add(parts):
            return ix.Add(tuple(map(readable, parts)))
        case ix.Mul(parts):
            return times(*(readable(p) for p in parts if not (isinstance(p, ix.Delta) and p.left == p.right)))
        case ix.Sum(index, body):
            return ix.Sum(index, readable(body))
        case ix.Apply("log", 1, arg):
            return ix.Pow(arg, Fraction(-1))
        case ix.Apply("exp", 1, arg):
            return ix.Apply("exp", 0, arg)
    return expr


def plain(expr: ix.Expr) -> ix.Expr:
    """A factor 1 is not written."""
    match expr:
        case ix.Add(parts):
            return ix.Add(tuple(map(plain, parts)))
        case ix.Mul(parts):
            kept = [plain(p) for p in parts if p != ix.Number(Fraction(1))]
            return times(*kept) if kept else ix.Number(Fraction(1))
        case ix.Sum(index, body):
            return ix.Sum(index, plain(body))
    return expr


def outputs_for_exponentials(expr: ix.Expr, z: str, a: str) -> ix.Expr:
    """exp(z_k) / sum_p exp(z_p)  ->  a_k, in every term: as often as the sum stands below."""
    if isinstance(expr, ix.Add):
        return ix.Add(tuple(outputs_for_exponentials(t, z, a) for t in expr.terms))
    if not isinstance(expr, ix.Mul):
        return expr
    below = [f for f in expr.factors if isinstance(f, ix.Pow) and isinstance(f.base, ix.Sum) and f.exponent < 0]
    if len(below) != 1:
        return expr
    left = -below[0].exponent
    found: list[ix.Expr] = []
    for factor in expr.factors:
        match factor:
            case ix.Apply("exp", 0, ix.Entry(name, at)) if name == z and left > 0:
                found.append(ix.Entry(a, at))
                left -= 1
            case _ if factor is not below[0]:
                found.append(factor)
    return times(*found) if left == 0 else expr


def lettered(expr: ix.Expr) -> ix.Expr:
    """Indices that the kernel made up ("p~4") get letters that are free."""
    used = {i.name for i in indices_of(expr)}
    names: dict[ix.Index, ix.Index] = {}
    for index in indices_of(expr):
        if "~" in index.name and index not in names:
            name = next(c for c in "prstuvwxyzabcdefgh" if c not in used)
            used.add(name)
            names[index] = ix.Index(name, index.size)
    return renamed(expr, names) if names else expr


def parts_of(part: Any) -> list[Any]:
    """What a node holds."""
    if isinstance(part, tuple):
        return list(part)
    return [getattr(part, f.name) for f in fields(part)] if is_dataclass(part) else []


def indices_of(part: Any) -> list[ix.Index]:
    """Every index that stands somewhere in an expression."""
    return [part] if isinstance(part, ix.Index) else [i for p in parts_of(part) for i in indices_of(p)]


def renamed(part: Any, names: dict[ix.Index, ix.Index]) -> Any:
    """The same with other indices, bound ones too."""
    if isinstance(part, ix.Index):
        return names.get(part, part)
    if isinstance(part, tuple):
        return tuple(renamed(p, names) for p in part)
    build: Any = type(part)
    return build(*(renamed(p, names) for p in parts_of(part))) if is_dataclass(part) else part


def insert_entries(expr: ix.Expr, array: str, entry: Any) -> ix.Expr:
    """array[at] -> entry(at), everywhere."""
    match expr:
        case ix.Entry(name, at) if name == array:
            return entry(at)
        case ix.Add(parts):
            return ix.Add(tuple(insert_entries(p, array, entry) for p in parts))
        case ix.Mul(parts):
            return times(*(insert_entries(p, array, entry) for p in parts))
        case ix.Sum(index, body):
            return ix.Sum(index, insert_entries(body, array, entry))
        case ix.Apply(f, order, arg):
            return ix.Apply(f, order, insert_entries(arg, array, entry))
        case ix.Pow(base, exponent):
            return ix.Pow(insert_entries(base, array, entry), exponent)
    return expr
