"""What is asked: which functions, called how, give the loss and its gradients."""

from __future__ import annotations

import copy
import functools
import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .arguments import Arguments, Leaf, exchanged, leaves_of
from .reaching import reachable
from .refusal import NoLoss, WrongUse
from .wording import listed, several

CACHES = ("cache", "caches", "ctx", "context", "saved", "memory", "tape")
PREFIXES = ("d", "grad_", "g_", "d_")


@dataclass(frozen=True)
class Outputs:
    """What both functions gave: the outputs of the forward function, and one gradient for each part of wrt."""

    values: tuple[Any, ...]
    douts: tuple[Any, ...]  # as many, or none where the value is the loss itself
    gradients: Mapping[str, Any]  # leaf -> its gradient
    call: tuple[tuple[str, str], ...] = ()  # parameters of the backward function, and what they were given
    kept: int = 0  # values that the forward function returns after its outputs
    places: Mapping[str, str] = field(default_factory=dict)  # leaf -> where its gradient is in what was returned
    ignored: tuple[str, ...] = ()  # keys of what was returned that are called like no array


@dataclass(frozen=True)
class Problem:
    """Two functions of the same arguments (a loss), or a forward and a backward function."""

    first: Callable[..., Any]
    second: Callable[..., Any]
    arguments: Arguments
    wrt: tuple[Any, ...] | None  # parts of the structure; None: what the gradients are keyed by, or all
    backward: bool

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", as_method(self.first))
        object.__setattr__(self, "second", as_method(self.second))

    def in_one_order(self) -> Problem | None:
        """The same with products of sizes written in one order; None where they are."""
        return self._with(self.arguments.in_one_order())

    def in_reverse_order(self) -> Problem | None:
        """The same with the factors of sizes the other way round; None without products of sizes."""
        return self._with(self.arguments.in_reverse_order())

    def _with(self, new: Arguments) -> Problem | None:
        if new.leaves == self.arguments.leaves:
            return None
        known = {leaf.name: leaf for leaf in new.leaves}
        parts = None if self.wrt is None else tuple(exchanged(part, known) for part in self.wrt)
        return replace(self, arguments=new, wrt=parts)

    def kept(self) -> tuple[Problem, tuple[Any, ...]] | None:
        """The same with one copy of the objects for all runs, and its methods; None for plain functions."""
        if not any(map(is_method, (self.first, self.second))):
            return None
        methods = detached(self.first, self.second)
        return replace(self, first=_as_function(methods[0]), second=_as_function(methods[1])), tuple(methods)

    def run(
        self,
        values: Callable[[], Mapping[str, Any]],
        freeze: Callable[[Any], Any],
        make_dout: Callable[[int, Any], Any],
        between: Callable[[], None] = lambda: None,
    ) -> Outputs:
        """Both functions, once.

        `values` gives new arguments; `freeze` takes an output as it is now, for the backward function may change it;
        `make_dout` gives the gradient that arrives at a frozen output.
        """
        first, second = detached(self.first, self.second)
        if self.backward:
            return self._both(first, second, values(), freeze, make_dout, between)
        given = values()
        loss = called(first, given)
        if isinstance(loss, tuple):
            raise NoLoss(f"the loss is one number, not {several(len(loss), 'value')}: return the loss alone")
        loss = freeze(loss)
        between()
        found = called(second, self._afterwards(given, values()))
        return Outputs((loss,), (), self._named(found), places=self._places(found), ignored=self._ignored(found))

    def _afterwards(self, given: Mapping[str, Any], again: Mapping[str, Any]) -> dict[str, Any]:
        """New arrays, and what was passed as it is, with all that the loss has put into it."""
        passed = {name: given[name] for name in self.arguments.passed}
        joined = {name: {**passed[name], **_arrays(again[name], self.arguments.structure[name])}
                  for name in passed if name in self.arguments.structure}  # fmt: skip
        return {**again, **passed, **joined}

    def _both(
        self, forward: Any, backward: Any, values: Mapping[str, Any], freeze: Any, make_dout: Any, between: Any
    ) -> Outputs:
        result = called(forward, values)
        outputs, kept = self._parted(result)
        frozen = tuple(map(freeze, outputs))
        between()
        douts = tuple(make_dout(k, out) for k, out in enumerate(frozen))
        call = self._call(values, len(douts), len(kept))
        known = {dout_name(k): d for k, d in enumerate(douts)} | {"cache": kept[0] if len(kept) == 1 else tuple(kept)}
        given = {name: values[source] if source in values else known[source] for name, source in call}
        found = backward(**given)
        named, places = self._named(found), self._places(found)
        return Outputs(frozen, douts, named, call, len(kept), places, self._ignored(found))

    def _free(self) -> list[inspect.Parameter]:
        """The parameters of the backward function that are no arguments of the forward one; those without a default.

        If all have one, the first: backward(self, dout=1).
        """
        own = set(self.arguments.structure) | set(self.arguments.passed)
        forward = {p.name for p in parameters(self.first)}
        every = [p for p in parameters(self.second) if p.name not in own & forward]
        return [p for p in every if p.default is inspect.Parameter.empty] or every[:1]

    def _parted(self, result: Any) -> tuple[list[Any], list[Any]]:
        """(out, cache), (out1, out2, cache) or out -> outputs, what is kept; one output for each gradient to come."""
        if not isinstance(result, tuple):
            return [result], []
        free = self._free()
        douts = len(free) - (1 if _cache_of(free) is not None or len(free) > 1 else 0)
        if not 1 <= douts <= len(result):
            names = ", ".join(p.name for p in free)
            raise WrongUse(
                f"the forward function returns {several(len(result), 'value')}, the backward function takes ({names})\n"
                "  expected forward(...) -> (out, cache) or out, and backward(dout, cache)"
            )
        return list(result[:douts]), list(result[douts:])

    def _call(self, values: Mapping[str, Any], douts: int, kept: int) -> tuple[tuple[str, str], ...]:
        """Parameter -> what it is given: gradients, the cache, and arguments of the forward function by name."""
        free = self._free()
        taking = _cache_of(free) or (free[-1] if kept and len(free) > douts else None)
        gradients = [p.name for p in free if p is not taking]
        if len(gradients) != douts:
            raise WrongUse(
                f"the backward function takes {_gradients(gradients)}, the forward function has"
                f" {several(douts, 'output')}\n  expected backward(dout, cache), one gradient for each output"
            )
        sources = {name: dout_name(k) for k, name in enumerate(gradients)}
        if taking is not None:
            sources[taking.name] = "cache"
        every = [p.name for p in parameters(self.second)]
        return tuple((name, sources.get(name, name)) for name in every if name in sources or name in values)

    def _named(self, found: Any) -> dict[str, Any]:
        """A dict, a tuple in the order of wrt, or one array -> by leaf."""
        parts = self.wrt if self.wrt is not None else self._keyed(found)
        if isinstance(found, Mapping):
            return self._by_key(parts, found)
        given = list(found) if isinstance(found, tuple | list) else [found]
        if len(parts) == 1 and not isinstance(parts[0], Leaf) and len(given) != 1:
            given = [found]
        if len(given) != len(parts):
            names = ", ".join(p.name if isinstance(p, Leaf) else "several" for p in parts)
            raise WrongUse(
                f"{_returned(len(given))} for {several(len(parts), 'array')} ({names}):"
                " name those that they belong to, in order, by wrt"
            )
        out: dict[str, Any] = {}
        for part, gradient in zip(parts, given, strict=True):
            _match(part, gradient, out)
        return out

    def _by_key(self, parts: tuple[Any, ...], found: Mapping[Any, Any]) -> dict[str, Any]:
        """Under the name of each array, or under the name of an argument that holds several."""
        out: dict[str, Any] = {}
        for part in parts:
            name = next((n for n, whole in self.arguments.structure.items() if whole == part), None)
            key = None if name is None or isinstance(part, Leaf) else _key(found, name)
            if key is not None and isinstance(found[key], Mapping | tuple | list):
                _match(part, found[key], out)
            else:
                out |= {leaf.name: look_up(found, leaf.name) for leaf in leaves_of(part)}
        return out

    def _places(self, found: Any) -> dict[str, str]:
        """Leaf -> "[2]", "['dW1']" or "", by which its gradient is found in what was returned."""
        try:
            return self._named(_skeleton(found, ""))
        except (WrongUse, TypeError):
            return {}

    def _ignored(self, found: Any) -> tuple[str, ...]:
        """Without wrt: keys that are called like no array."""
        if self.wrt is not None or not isinstance(found, Mapping):
            return ()
        names = {leaf.name for leaf in self.arguments.leaves} | set(self.arguments.structure)
        used = {_key(found, name) for name in names}
        return tuple(repr(key) for key in found if key not in used)

    def _keyed(self, found: Any) -> tuple[Any, ...]:
        """Without wrt: the keys of a dict, else all arrays that are no labels and no scalars, in order."""
        leaves = [leaf for leaf in self.arguments.leaves if leaf.classes is None]
        if isinstance(found, Mapping):
            keyed = tuple(
                part for name, whole in self.arguments.structure.items() for part in _under(found, name, whole)
            )
            if not keyed:
                names = listed(leaf.name for leaf in leaves)
                there = listed(found) or "none"
                raise WrongUse(f"no gradient is called like an array: there are {there}, the arrays are {names}")
            return keyed
        named = tuple(leaf for leaf in leaves if leaf.sizes)
        if not named:
            raise WrongUse("there is no array to differentiate by: name a scalar by wrt")
        return named


def _under(found: Mapping[Any, Any], name: str, whole: Any) -> Iterator[Any]:
    """The parts of an argument for which there is a gradient: the whole of it, or single arrays."""
    key = None if isinstance(whole, Leaf) else _key(found, name)
    if key is not None and isinstance(found[key], Mapping | tuple | list):
        yield whole
    else:
        yield from (p for p in leaves_of(whole) if p.classes is None and _key(found, p.name) is not None)


def _gradients(names: list[str]) -> str:
    """2 gradients (dout, dh)"""
    return several(len(names), "gradient") + (f" ({', '.join(names)})" if names else "")


def _returned(count: int) -> str:
    return several(count, "gradient") + (" is returned" if count == 1 else " are returned")


def _skeleton(found: Any, place: str) -> Any:
    """The same dicts and lists, with places in them."""
    if isinstance(found, Mapping):
        return {key: _skeleton(part, f"{place}[{key!r}]") for key, part in found.items()}
    if isinstance(found, tuple | list):
        return [_skeleton(part, f"{place}[{k}]") for k, part in enumerate(found)]
    return place


def _arrays(values: Mapping[Any, Any], structure: Mapping[Any, Any]) -> dict[Any, Any]:
    """Those of the values that were given by their shapes."""
    return {key: values[key] for key in structure}


def dout_name(k: int) -> str:
    """dout, dout2, dout3, ..."""
    return "dout" if k == 0 else f"dout{k + 1}"


def _cache_of(free: list[inspect.Parameter]) -> inspect.Parameter | None:
    """The parameter that is called cache, or like one."""
    return next((p for p in free if p.name in CACHES or p.name.endswith("cache")), None)


def _match(part: Any, gradient: Any, out: dict[str, Any]) -> None:
    """A gradient for every leaf of a part; lists for lists, dicts for dicts."""
    if isinstance(part, Leaf):
        out[part.name] = gradient
    elif isinstance(part, Mapping):
        for key, inner in part.items():
            _match(inner, look_up(gradient, key), out)
    else:
        if len(part) != len(gradient):
            raise WrongUse(f"{_returned(len(gradient))} for a list of {several(len(part), 'array')}")
        for inner, one in zip(part, gradient, strict=True):
            _match(inner, one, out)


def _key(found: Mapping[Any, Any], name: str) -> Any:
    return next((key for key in (name, *(f"{p}{name}" for p in PREFIXES)) if key in found), None)


def look_up(found: Mapping[Any, Any], name: Any) -> Any:
    """found["W1"], or found["dW1"]"""
    key = _key(found, name)
    if key is None:
        raise WrongUse(f"no gradient is called {name!r} or 'd{name}'; there are {', '.join(map(str, found))}")
    return found[key]


def parameters(function: Any) -> list[inspect.Parameter]:
    """The parameters of a function."""
    return list(inspect.signature(function).parameters.values())


def takes_no_gradient(forward: Any, backward: Any) -> bool:
    """backward(), backward(dout=1), backward(x, t): of a loss, whose own gradient is 1"""
    known = {p.name for p in parameters(forward)}
    return all(p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) and (p.name in known or p.default is not p.empty)
               for p in parameters(backward))


def called(function: Any, values: Mapping[str, Any]) -> Any:
    """The function with those of the values that it takes."""
    every = parameters(function)
    if any(p.kind is p.VAR_KEYWORD for p in every):
        return function(**values)
    if any(p.kind is p.VAR_POSITIONAL for p in every):
        return function(*values.values())
    missing = [p.name for p in every if p.name not in values and p.default is p.empty]
    if missing:
        raise WrongUse(f"{describe(function)} takes {', '.join(missing)}: give its shape, or its value by given=")
    positional = [values[p.name] for p in every if p.kind is p.POSITIONAL_ONLY and p.name in values]
    named = {p.name: values[p.name] for p in every if p.kind is not p.POSITIONAL_ONLY and p.name in values}
    return function(*positional, **named)


def describe(function: Any) -> str:
    """The name of a function."""
    return str(getattr(function, "__qualname__", None) or getattr(function, "__name__", repr(function)))


def is_method(f: Any) -> bool:
    """Of an object, not of a class."""
    return isinstance(f, types.MethodType) and not isinstance(f.__self__, type)


def _is_object(thing: Any) -> bool:
    """Of a class of the user: what methods keep things in."""
    kinds = types.FunctionType | types.ModuleType | types.MethodType | type
    return hasattr(thing, "__dict__") and not isinstance(thing, kinds)


def _as_function(f: Any) -> Any:
    """A method as a function: its object is not copied any more."""
    return functools.wraps(f)(lambda *given, **options: f(*given, **options)) if is_method(f) else f


def as_method(f: Any) -> Any:
    """layer -> layer.__call__, for an object that is called like a function."""
    plain = isinstance(f, types.FunctionType | types.BuiltinFunctionType | types.MethodType | functools.partial | type)
    own = None if plain or not callable(f) else f.__call__
    return own if isinstance(own, types.MethodType) else f


def detached(*functions: Any) -> list[Any]:
    """Methods on copies of their objects, one copy for all: what they keep in self is no business of the caller.

    An object that a plain function among them reaches as well stays what it is: both must see the same.
    """
    if not any(map(is_method, functions)):
        return list(functions)
    plain = reachable([f for f in functions if not is_method(f)])
    known = {id(thing) for thing in plain.things}
    own = reachable([f.__self__ for f in functions if is_method(f)]).things
    if any(id(thing) in known and _is_object(thing) for thing in own):
        return list(functions)
    memo: dict[int, Any] = {}
    out = []
    for f in functions:
        if is_method(f):
            out.append(types.MethodType(f.__func__, copy.deepcopy(f.__self__, memo)))
        else:
            out.append(f)
    return out
