"""backproof derive: from a network to a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import network, network_options, write_file

FORMATS = ("text", "latex", "html", "json")


@click.command(name="derive")
@click.argument("layers", metavar="LAYERS")
@network_options
@click.option(
    "--samples", metavar="M", help="Number of columns: a name, an integer, or 1 for one sample.  [default: m]"
)
@click.option(
    "--mean",
    type=click.Choice(["late", "early"]),
    default="late",
    show_default=True,
    help="Where 1/m stands: in the gradients of the parameters, or already in dZ.",
)
@click.option(
    "--notation",
    type=click.Choice(["ng", "nielsen"]),
    default="ng",
    show_default=True,
    help="Z^[l] and dZ with the input as layer 0, or z^l and delta^l with the input as layer 1.",
)
@click.option(
    "--form",
    type=click.Choice(["matrix", "element", "diagonal"]),
    default="matrix",
    show_default=True,
    help="Matrix formulas; partial derivatives entry by entry; Sigma' matrices and Jacobians.",
)
@click.option("--language", default="en", show_default=True, help="Language of the running text.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="[default: by the ending of FILE, else text]")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output-file", "file", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE.")
def command(layers: str, samples: str | None, mean: str, notation: str, form: str, language: str, kind: str | None,
            as_json: bool, file: Path | None, **options: Any) -> None:  # fmt: skip
    """Derive the backpropagation formulas of a network with these LAYERS: sizes from input to output, numbers or names
    with commas between them, or L for any number of layers.

    \b
    Examples:
      backproof derive n0,n1,n2
      backproof derive 784,30,10 --hidden sigmoid --loss squared_error --notation nielsen
      backproof derive 4,5,3 --hidden relu --output softmax --form element -o bp.tex
      backproof derive L --form diagonal --notation nielsen
    """
    from derive import backprop

    derivation = backprop(network(layers, samples=samples, **options), mean=mean)
    kind = "json" if as_json else kind or _by_ending(file)
    document = getattr(derivation, f"to_{kind}")(notation=notation, form=form, language=language)
    if file is None:
        click.echo(document.rstrip("\n"))
    else:
        write_file(file, document)
        click.echo(f"wrote {file}", err=True)


def _by_ending(file: Path | None) -> str:
    """bp.tex is LaTeX, bp.html HTML, bp.json JSON; anything else is text."""
    endings = {".tex": "latex", ".html": "html", ".htm": "html", ".json": "json"}
    return endings.get(file.suffix.lower(), "text") if file else "text"
