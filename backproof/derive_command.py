"""backproof derive: from the sizes of a network to its formulas, as a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .cross_checks import cross_checks
from .files import check_target, write
from .parameters import Names, NumberOrName, Size, Sizes
from .progress import progress
from .typesetting import check_pdflatex, pdf

FORMATS = ("text", "latex", "pdf", "html", "json")
SUFFIXES = {
    "": "text",
    ".txt": "text",
    ".text": "text",
    ".tex": "latex",
    ".pdf": "pdf",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
}


@click.command(short_help="Derive the formulas of a network, as a document.")
@click.argument("sizes", type=Sizes())
@click.option(
    "--hidden",
    type=Names(),
    metavar="NAME[,NAME...]",
    help="Activation of the hidden layers: sigmoid, tanh, relu, leaky_relu, softplus, silu, gelu, identity, sign, or g "
    "for a generic function; one for all, or one per layer.  [default: tanh; for L: g]",
)
@click.option(
    "--output",
    metavar="NAME",
    help="Activation of the output layer: as above, or softmax.  [default: sigmoid, or what the loss needs; for L: g]",
)
@click.option(
    "--loss",
    metavar="NAME",
    help="squared_error, cross_entropy, softmax_cross_entropy or generic.  [default: cross_entropy; for L: generic]",
)
@click.option(
    "--samples",
    type=Size(),
    metavar="SIZE",
    help="Number of samples: a name, an integer, or 1 for one sample.  [default: m; for L: 1]",
)
@click.option(
    "--l2",
    type=NumberOrName(),
    metavar="NUMBER",
    help="Add NUMBER/(2m) times the sum of squared weights: a number, or a name such as lambda.",
)
@click.option(
    "--weights", type=click.Choice(["rows", "columns"]), default="rows", show_default=True, help="W x, or w^T x."
)
@click.option(
    "--mean",
    type=click.Choice(["late", "early"]),
    default="late",
    show_default=True,
    help="Where the 1/m of the mean stands: in the gradients of the parameters, or in dZ.",
)
@click.option(
    "--notation",
    type=click.Choice(["ng", "nielsen"]),
    default="ng",
    show_default=True,
    help="Z^[l] and dZ, the input is layer 0; or z^l and delta^l, the input is layer 1.",
)
@click.option(
    "--form",
    type=click.Choice(["matrix", "element", "diagonal", "all"]),
    default="matrix",
    show_default=True,
    help="Matrices; sums over indices, entry by entry; Jacobians and diagonal matrices; or all of them. What speaks of "
    "one sample is followed by the formulas for the batch.",
)
@click.option(
    "--detail",
    type=click.Choice(["key", "all"]),
    default="all",
    show_default=True,
    help="The key formulas on a page or two; or everything, with every step.",
)
@click.option("--format", "kind", type=click.Choice(FORMATS), help="[default: by the suffix of FILE, else text]")
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@click.option("--language", default="en", show_default=True, metavar="CODE", help="Language of the document: en or zh.")
@click.option(
    "--cross-check/--no-cross-check",
    default=True,
    show_default=True,
    help="Compare the gradients with numerical derivatives at random points, and print the errors.",
)
@click.option(
    "-o",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to FILE, whole or not at all.  [default: stdout]",
)
def derive(
    sizes: Any,
    path: Path | None,
    kind: str | None,
    as_json: bool,
    mean: str,
    notation: str,
    form: str,
    detail: str,
    language: str,
    cross_check: bool,
    **network: Any,
) -> None:
    """Derive the backpropagation formulas of a network, one named rule per step.

    SIZES are the sizes of the layers, input first, with commas between them: integers, or names for sizes that stay
    open.  A letter alone, such as L, stands for a network of any depth: BP1 to BP4, by induction.

    \b
    Examples:
      backproof derive n0,n1,n2
      backproof derive 2,8,4,1 --hidden relu,tanh --loss squared_error
      backproof derive 784,30,10 --hidden sigmoid --notation nielsen --form element -o bp.tex
      backproof derive n,h,c --loss softmax_cross_entropy --samples 1 --form diagonal
      backproof derive L --notation nielsen -o depth.html
      backproof derive n0,n1,n2 --form all --language zh -o bp.pdf
      backproof derive 3,2,1 --json | python -m json.tool
    """
    kind = document_format(kind, as_json, path)
    check_names(sizes, network)
    to_file = path is not None and str(path) != "-"
    if to_file:
        check_target(path)  # type: ignore[arg-type]
    if kind == "pdf":
        if not to_file:
            raise click.UsageError("a PDF goes to a file; say -o FILE.pdf", click.get_current_context())
        check_pdflatex()
    style = {"notation": notation, "form": form, "detail": detail, "language": language}
    with progress("deriving"):
        text = document(sizes, network, mean, "latex" if kind == "pdf" else kind, style, cross_check)
    if kind == "pdf":
        with progress("typesetting"):
            pages = pdf(text)
    if path is None or not to_file:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        write(path, pages if kind == "pdf" else text if text.endswith("\n") else f"{text}\n")
        click.echo(f"wrote {path}", err=True)


def document(
    sizes: Any, network: dict[str, Any], mean: str, kind: str, style: dict[str, str], cross_check: bool = True
) -> str:
    """The document of a network, in one of the formats."""
    from sympy import Rational

    from derive import backprop, mlp

    given = {name: value for name, value in network.items() if value is not None}
    if "l2" in given and not given["l2"][0].isalpha():
        given["l2"] = Rational(given["l2"])
    derivation = backprop(mlp(sizes, **given), mean)
    options: dict[str, Any] = {**style, "cross_checks": cross_checks(derivation) if cross_check else ()}
    if kind == "html":
        options["numpy"] = numpy_source(derivation)
    return getattr(derivation, f"to_{kind}")(**options)


def numpy_source(derivation: Any) -> str:
    """The NumPy function of a derivation; nothing where a generic function or depth leaves none."""
    from derive import DeriveError
    from numeric import lambdify

    try:
        return str(lambdify(derivation).source)
    except DeriveError:
        return ""


def document_format(kind: str | None, as_json: bool, path: Path | None) -> str:
    """What the options say, else what the suffix of the file says; text on stdout."""
    if as_json and kind not in (None, "json"):
        raise click.UsageError(f"--json and --format {kind} contradict each other", click.get_current_context())
    suffix = path.suffix.lower() if path else ""
    if kind is None and not as_json and suffix not in SUFFIXES:
        known = ", ".join(s for s in SUFFIXES if s)
        message = f"{path}: no format is known by the suffix {suffix}; it ends in one of {known}, or say --format"
        raise click.UsageError(message, click.get_current_context())
    return "json" if as_json else kind or SUFFIXES[suffix]


def check_names(sizes: Any, network: dict[str, Any]) -> None:
    """One name, one meaning: samples, the factor of L2, and sizes."""
    context = click.get_current_context()
    if isinstance(sizes, str):
        if network["l2"] is not None:
            raise click.UsageError(f"--l2 needs a list of sizes; {sizes} stands for any depth", context)
        return
    samples, l2 = network["samples"] or "m", network["l2"]
    if samples in sizes and isinstance(samples, str):
        raise click.UsageError(f"{samples} is the number of samples and a size; name one of them otherwise", context)
    if l2 is not None and l2 in (*sizes, samples):
        raise click.UsageError(f"{l2} is the factor of the L2 term and a size; name one of them otherwise", context)
