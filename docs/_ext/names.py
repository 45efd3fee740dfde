"""The public names of a package, for the page of the API: what its `__all__` says, each with its docstring."""

import importlib
import inspect
from types import ModuleType
from typing import Any


def public(module: ModuleType) -> list[str]:
    """__all__, or the functions and classes that a module without one defines."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return [name for name in listed if ours(getattr(module, name), module)]
    own = (name for name, thing in vars(module).items() if getattr(thing, "__module__", None) == module.__name__)
    return [name for name in own if not name.startswith("_") and callable(getattr(module, name))]


def ours(thing: Any, module: ModuleType) -> bool:
    """Not another name for a type of NumPy."""
    home = getattr(thing, "__module__", None) or module.__name__
    return home.partition(".")[0] == module.__name__.partition(".")[0]


def kind(thing: Any) -> str:
    """The directive that shows it."""
    if isinstance(thing, ModuleType):
        return "module"
    if inspect.isclass(thing):
        return "class"
    return "function" if callable(thing) else "data"


def directive(package: str, name: str, thing: Any) -> list[str]:
    """autofunction, autoclass, ...; a class of ours shows its members, one that is SymPy's function its law only."""
    found = kind(thing)
    if found == "module":
        text = (inspect.getdoc(thing) or "").split("\n")[0]
        return [f".. py:module:: {package}.{name}", "   :no-index:", "", f"``{package}.{name}``: {text}", ""]
    lines = [f".. auto{found}:: {package}.{name}"]
    sympy_node = any(base.__module__.startswith("sympy.") for base in getattr(thing, "__mro__", ()))
    if found == "class" and not sympy_node and not issubclass(thing, BaseException):
        lines += ["   :members:", "   :inherited-members: object, dict, tuple, Mapping"]
    return [*lines, ""]


def directives(package: str) -> str:
    """Markdown with one directive for each public name, in alphabetical order."""
    module = importlib.import_module(package)
    lines = [
        line
        for name in sorted(public(module), key=str.lower)
        for line in directive(package, name, getattr(module, name))
    ]
    return "\n".join(["```{eval-rst}", *lines, "```"])
