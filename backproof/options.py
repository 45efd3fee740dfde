"""Options that commands share, and how a network is read from them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

NETWORK = (
    click.option("--hidden", default="tanh", show_default=True, metavar="NAME[,NAME...]",
                 help="Activation of the hidden layers, one for all or one for each: sigmoid, tanh, relu, leaky_relu, "
                      "softplus, identity, sign, or g (generic; g1,g2,... one per layer)."),
    click.option("--output", metavar="NAME", help="Activation of the last layer; softmax too.  [default: sigmoid]"),
    click.option("--loss", metavar="NAME",
                 help="squared_error, cross_entropy (over classes after softmax), generic.  [default: cross_entropy]"),
    click.option("--l2", metavar="LAMBDA",
                 help="Add LAMBDA/(2m) times the sum of squared weights; a number or a name."),
    click.option("--weights", type=click.Choice(["rows", "columns"]), default="rows", show_default=True,
                 help="W x, or the w^T x of the first chapters."),
)  # fmt: skip


def network_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--hidden, --output, --loss, --l2, --weights."""
    for option in reversed(NETWORK):
        function = option(function)
    return function


def network(layers: str, hidden: str, output: str | None, loss: str | None, l2: str | None, weights: str,
            samples: str | None = None) -> Any:  # fmt: skip
    """The program that the options describe.  Raises DeriveError for what is not known."""
    from derive import mlp

    sizes = (
        layers if layers.isalpha() and len(layers) == 1 and layers.isupper() else [size(s) for s in layers.split(",")]
    )
    names = hidden.split(",")
    functions = names[0] if len(names) == 1 else names
    return mlp(sizes, functions, output, loss, samples=None if samples is None else size(samples),
               l2=None if l2 is None else strength(l2), weights=weights)  # fmt: skip


def size(text: str) -> int | str:
    """784 or n0: an integer, or the name of a dimension."""
    text = text.strip()
    if text.lstrip("-").isdigit():
        return int(text)
    if not text.isidentifier():
        raise click.UsageError(f"a layer size is an integer or a name such as n0, not {text!r}; write 784,30,10")
    return text


def strength(text: str) -> Any:
    """A number, exactly as its decimal says, or a name."""
    from sympy import Rational

    if text.isidentifier():
        return text
    try:
        return Rational(text)
    except (TypeError, ValueError, ZeroDivisionError):
        raise click.UsageError(f"--l2 is a number or a name, not {text!r}") from None


def write_file(path: Path, content: str | bytes) -> None:
    """Write all of it or nothing: to a new file beside it, then into place."""
    if path.is_dir():
        raise click.UsageError(f"{path} is a folder; name a file")
    if not path.parent.is_dir():
        raise click.UsageError(f"there is no folder {path.parent}")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
