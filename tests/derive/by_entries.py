"""The second route of a check: the chain rule with explicit entries at small sizes, compared exactly.

    dV_ij = sum over the users U of V, over k, l, of  dU_kl  d(U_kl) / d(V_ij)

Every U_kl is written out in the entries of what it is computed from, and differentiated by SymPy's own `diff`.  A
gradient that the formula names stays a symbol; one that it does not name is replaced by its own formula, which was
confirmed before.  So the route is linear in depth, and shares no code with the rules.
"""

from __future__ import annotations

from typing import Any

from explicit_entries import Entries, Table, inserted, is_zero
from sympy import Add, Derivative, Dummy, Integer, MatrixSymbol, Symbol, cancel

from derive.backward_pass import BackwardPass
from derive.errors import CheckError
from derive.program import Fact, Program, variables
from derive.shapes import shape_of


def small_sizes(program: Program) -> dict[Any, int]:
    """A small number for every size, so that a transpose shows: 4 samples, layers of 3, 2, 3, ...; 1 stays 1."""
    found: dict[Any, int] = {} if program.samples is None else {program.samples: 4}
    for equation in program.equations:
        for variable in (*variables(equation.rhs), equation.lhs):
            for size in shape_of(variable) or ():
                if size != 1:
                    found.setdefault(size, 2 + len(found) % 2)
    return found


class Confirmation:
    """Explicit entries of one derivation."""

    def __init__(self, derivation: BackwardPass) -> None:
        self.d, program = derivation, derivation.program
        self.entries = Entries(small_sizes(program))
        for variable in program.symbols.values():
            self.entries.symbols(variable)
        for fact in program.facts:
            assume(self.entries, fact)
        self.definitions: dict[Any, Table] = {e.lhs: self.entries(e.rhs) for e in program.equations}
        self.users: dict[Any, list[Any]] = {}
        for equation in program.equations:
            for variable in variables(equation.rhs):
                self.users.setdefault(variable, []).append(equation.lhs)
        named = {name: v for name, v in program.symbols.items() if f"d{name}" in derivation.by_name}
        self.variables = tuple(named[str(e.lhs)[1:]] for e in derivation.equations)
        self.last = program.equations[-1].lhs
        self.reaching = {self.last}
        for equation in reversed(program.equations):
            if equation.lhs in self.reaching:
                self.reaching.update(variables(equation.rhs))

    def compare(self, variable: Any) -> int:
        """Compare all entries of one gradient; how many there were.  Raises CheckError."""
        equation = self.d[f"d{variable}"]
        claimed = self.entries(equation.rhs)
        named = set(variables(equation.rhs))
        masks: dict[Any, Any] = {}
        unfold = {s: self.definitions[u][k] for u in self.users[variable] if u != self.last
                  for k, s in self.entries.values[u].items()}  # fmt: skip
        late = variable in self.d.program.parameters and self.d.factor != 1
        for position, symbol in self.entries.values[variable].items():
            reference = self.derivative(variable, symbol, named)
            difference = claimed[position] - (reference / self.d.factor if late else reference)
            difference = _mask(difference, masks)
            if not (is_zero(difference) or is_zero(inserted(difference, unfold))):
                raise CheckError(
                    f"{equation.lhs} = {equation.rhs} is not the derivative: at {self.sizes} entry {position} is\n"
                    f"  {cancel(claimed[position])}, expected {reference}"
                )
        return len(claimed)

    @property
    def sizes(self) -> str:
        return ", ".join(f"{name} = {size}" for name, size in self.entries.sizes.items())

    def derivative(self, variable: Any, symbol: Any, named: set[Any]) -> Any:
        """The entry of the gradient that belongs to `symbol`, by the chain rule."""
        terms = []
        for user in self.users[variable]:
            arriving = self.arriving(user, named)
            terms += [arriving[k] * value.diff(symbol) for k, value in self.definitions[user].items()
                      if symbol in value.free_symbols]  # fmt: skip
        return Add(*terms)

    def arriving(self, user: Any, named: set[Any]) -> Table:
        """dU: a symbol where the formula names it, else its own formula."""
        if user == self.last:
            return {(0, 0): self.d.factor}
        if user not in self.reaching:
            return dict.fromkeys(self.definitions[user], Integer(0))
        if f"d{user}" not in self.d.by_name:
            raise CheckError(f"no gradient for {user}, through which the loss is reached")
        symbol, formula = self.d[f"d{user}"].args
        if isinstance(symbol, MatrixSymbol | Symbol) and symbol in named:
            return self.entries.symbols(symbol)
        return self.entries(formula)


def assume(entries: Entries, fact: Fact) -> None:
    """Solve a linear fact for the last entry that each line of it names: 1^T Y = 1^T gives y_kt = 1 - the others."""
    left, right = entries(fact.left), entries(fact.right)
    solved: dict[Any, Any] = {}
    for position, value in left.items():
        last = max(value.free_symbols, key=lambda s: [int(p) for p in str(s).rsplit("_", 1)[1]])
        solved[last] = right[position] - value + last
    for table in entries.values.values():
        for k, symbol in table.items():
            table[k] = solved.get(symbol, symbol)


def _mask(expr: Any, masks: dict[Any, Any]) -> Any:
    """Partial derivatives of a generic loss stay what they are when its arguments are written out."""
    for partial in expr.atoms(Derivative):
        if len(partial.expr.args) > 1:
            masks.setdefault(partial, Dummy())
    return expr.xreplace(masks)


def compare_entries(derivation: BackwardPass) -> int:
    """Every entry of every gradient, against the chain rule; how many there were.  Raises CheckError."""
    second = Confirmation(derivation)
    return sum(second.compare(variable) for variable in second.variables)
