"""What may be used: facts that a claim assumes, and what its own logarithms and roots need to be defined.

log(E) at an unguarded position says E > 0, sqrt(E) says E >= 0, wherever both sides are defined as whole arrays.
A fact counts for all positions only if its free indices run over whole axes.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from .algebra import Algebra, Poly
from .claim import AreEqual, Claim, Fact, IsNonNegative, IsOneHot, IsPositive, arrays_of, sides
from .elementary import DEFINITIONS, KINKS
from .evident import evident_sign
from .index import Apply, Delta, Entry, Expr, Index, Mul, Number, Positive, Pow, Sum
from .lower import Lowering
from .ratio import factors, normalise
from .signs import fact_id, sign_of
from .tree import children, nodes


def gather(al: Algebra, claim: Claim) -> tuple[Fact, ...]:
    """Record all facts of a claim in the algebra; returns what its own sides need to be defined."""
    needs: list[Fact] = []
    for fact in claim.facts:
        if isinstance(fact, AreEqual) and not _symmetry(al, claim, fact):
            al.constrained |= arrays_of(fact.left, fact.right)
    low = Lowering(al, claim.generic)
    for fact in claim.facts:
        if isinstance(fact, AreEqual):
            _equality(al, claim, low, fact)
        elif isinstance(fact, IsOneHot):
            _one_hot(al, claim, low, fact)
        elif covers_axes(claim, fact.expr):
            _sign(al, low, fact.expr, strict=isinstance(fact, IsPositive))
        if not isinstance(fact, AreEqual) and not isinstance(fact.expr, Entry):
            al.constrained |= arrays_of(fact.expr)
    plain = [fact for fact in claim.facts if all(covers_axes(claim, side) for side in sides(fact))]
    for expr, strict in unguarded(claim.expressions):
        low = Lowering(al, claim.generic)
        p = normalise(al, low.lower(expr))
        shows = evident_sign(expr, plain)[strict]
        if not shows and ((p and sign_of(al, p)[0]) or (strict and p and not sign_of(al, p)[2])):
            needs.append((IsPositive if strict else IsNonNegative)(expr))
            _narrow(al, claim, expr, strict)
        if p and covers_axes(claim, expr):
            _record(al, p, strict)
    return tuple(needs)


def _narrow(al: Algebra, claim: Claim, e: Expr, strict: bool) -> None:
    """What a need leaves: half of the arrays of one name; some open set (e > 0); whatever it is (e >= 0)."""
    if isinstance(e, Entry) and covers_axes(claim, e):
        al.positive_arrays.add(e.array)
    else:
        (al.narrowed if strict else al.constrained).update(arrays_of(e))


def covers_axes(claim: Claim, e: Expr) -> bool:
    """Do the entries of e stand at whole axes only, each index once in an entry?"""
    for node in nodes((e,)):
        if not isinstance(node, Entry):
            continue
        sizes = claim.shapes.get(node.array, ())
        plain = [p for p in node.at if isinstance(p, Index)]
        if len(sizes) != len(node.at) or len(set(plain)) != len(plain):
            return False
        for p, size in zip(node.at, sizes, strict=True):
            if not (isinstance(p, Index) and p.size == size) and not (p == 0 and size == 1):
                return False
    return True


def _sign(al: Algebra, low: Lowering, e: Expr, strict: bool) -> None:
    if isinstance(e, Entry):
        al.positive_arrays.add(e.array)
    p = normalise(al, low.lower(e))
    if p:
        _record(al, p, strict)


def _record(al: Algebra, p: Poly, strict: bool) -> None:
    """p > 0 or p >= 0: true of its one factor of unknown sign, if it has one; in x^2 y >= 0 the x may be 0."""
    c, found = factors(al, p)
    s = 1 if c > 0 else -1
    unknown = []
    for f, k in found:
        low, high, nonzero = sign_of(al, f)
        odd = k == int(k) and int(k) % 2 == 1
        if odd and low and high:
            unknown.append(f)
            continue
        if odd and low:
            s = -s
        if strict and not low and not nonzero and k > 0:
            al.positive.add(fact_id(al, f))
        if not strict and not nonzero and k > 0:
            return
    if len(unknown) == 1:
        f = unknown[0] if s > 0 else al.scale(unknown[0], -1)
        (al.positive if strict else al.nonnegative).add(fact_id(al, f))


def _symmetry(al: Algebra, claim: Claim, fact: AreEqual) -> bool:
    """S_ij = S_ji"""
    a, b = fact.left, fact.right
    if not (isinstance(a, Entry) and isinstance(b, Entry)) or a.array != b.array:
        return False
    if sorted(map(str, a.at)) != sorted(map(str, b.at)) or len(set(a.at)) != len(a.at):
        return False
    if not (covers_axes(claim, a) and covers_axes(claim, b)) or len(set(claim.shapes[a.array])) != 1:
        return False
    perm = tuple(a.at.index(p) for p in b.at)
    tid = al.leaf("entry", a.array, tuple((-2 - k, 0) for k in range(len(perm))))[0]
    al.symmetric(tid, perm)
    return True


def _one_hot(al: Algebra, claim: Claim, low: Lowering, fact: IsOneHot) -> None:
    """Y_ij Y_ik = delta_jk Y_ij and sum_j Y_ij = 1"""
    al.constrained.add(fact.expr.array)
    last = fact.expr.at[-1] if fact.expr.at else 0
    if not covers_axes(claim, fact.expr) or not isinstance(last, Index):
        return
    ((mono, _),) = low.lower(fact.expr).items()
    tid = mono[0][0][0]
    for known in (al.one_hot, al.idempotent, al.special, al.nonnegative):
        known.add(tid)
    _equality(al, claim, low, AreEqual(Sum(last, fact.expr), Number(Fraction(1))))


def _equality(al: Algebra, claim: Claim, low: Lowering, fact: AreEqual) -> None:
    """A sum that stands linearly becomes its value; Y^2 = Y makes Y idempotent."""
    if not (covers_axes(claim, fact.left) and covers_axes(claim, fact.right)):
        return
    p = al.minus(low.lower(fact.left), low.lower(fact.right))
    if _idempotent(al, p):
        return
    for mono, c in sorted(p.items()):
        if len(mono) != 1 or mono[0][1] != 1 or al.kind(mono[0][0]) != "sum":
            continue
        g = mono[0][0]
        rest = {m: v for m, v in p.items() if m != mono}
        labels = {q[0] for m in rest for h, _ in m for q in h[1] if q[0] >= 0}
        moving = [q for q in g[1] if q[0] >= 0]
        plain = len({q[0] for q in moving}) == len(moving) and all(q[1] == 0 for q in g[1])
        again = any(h[0] == g[0] for m in rest for h, _ in m)
        if plain and labels <= {q[0] for q in g[1]} and not again and not al.symmetries.get(g[0]):
            al.sum_facts[g[0]] = (g[1], al.scale(rest, -1 / c))
            return


def _idempotent(al: Algebra, p: Poly) -> bool:
    if len(p) != 2:
        return False
    (m, a), (n, b) = sorted(p.items(), key=lambda item: item[0][0][1] if item[0] else 0)
    if len(m) == 1 and len(n) == 1 and m[0][0] == n[0][0] and (m[0][1], n[0][1]) == (1, 2) and a == -b and al.kind(
            m[0][0]) == "entry":
        al.idempotent.add(m[0][0][0])
        al.special.add(m[0][0][0])
        return True
    return False


def unguarded(es: tuple[Expr, ...]) -> Iterator[tuple[Expr, bool]]:
    """Arguments of logarithms and roots that are evaluated in any case, inner ones first; True: must be positive."""
    open_nodes: set[int] = set()
    stack = list(es)
    while stack:
        e = stack.pop()
        if id(e) in open_nodes:
            continue
        open_nodes.add(id(e))
        if isinstance(e, Mul):
            guards = [k for k, f in enumerate(e.factors) if _is_guard(f)]
            if guards:
                stack.extend(f for k, f in enumerate(e.factors) if guards == [k])
                continue
        if not (isinstance(e, Apply) and e.order and e.function in DEFINITIONS):       # its argument may be forgotten
            stack.extend(children(e))
    for e in nodes(es):
        if id(e) not in open_nodes:
            continue
        if isinstance(e, Apply) and e.order == 0 and e.function in ("log", "sqrt"):
            yield e.arg, e.function == "log"
        elif isinstance(e, Pow) and e.exponent.denominator != 1:
            yield e.base, e.exponent < 0


def _is_guard(e: Expr) -> bool:
    return any(isinstance(n, Positive | Delta) or (isinstance(n, Apply) and n.function in KINKS) for n in nodes((e,)))
