"""backproof predict: what a trained network says about a picture or a table of the user's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from .tables import show


@click.command(short_help="What a trained network says about a picture, a CSV or an NPY file.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="INPUT...")
@click.option(
    "--top", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="The N most likely classes."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with the output of every class.")
def predict(model: Path, inputs: tuple[Path, ...], top: int, as_json: bool) -> None:
    """Say what a network that was kept by backproof train --save MODEL makes of each INPUT.

    INPUT is a picture (brought to the size and colours that the network was trained on), a .csv file with a sample per
    row and no column for the class, or a .npy file with a sample per row.  Numbers are prepared as they were for
    training, which is printed.

    \b
    Examples:
      backproof predict cats.npz my-cat.jpg
      backproof predict flowers.npz measured.csv --top 3
      backproof predict cats.npz pictures/*.png --json
    """
    from numeric import load_model

    network = load_model(model)
    found: list[dict[str, Any]] = []
    for path in inputs:
        for number, row in enumerate(network.probabilities(network.read(path))):
            names = network.classes or tuple(map(str, range(len(row))))
            order = sorted(range(len(row)), key=lambda k: -row[k])
            likely = [{"class": names[k], "output": float(row[k])} for k in order]
            found.append({"input": str(path), "sample": number, "class": names[order[0]], "outputs": likely})
    if as_json:
        about = {"model": str(model), "data": network.data, "preparation": str(network.preparation)}
        click.echo(json.dumps(about | {"predictions": found}, allow_nan=False))
        return
    rows = [
        (
            entry["input"],
            str(entry["sample"]),
            ", ".join(f"{o['class']} {o['output']:.1%}" for o in entry["outputs"][:top]),
        )
        for entry in found
    ]
    show(
        f"Trained on {network.data or 'data without a name'}; {network.preparation}", ("input", "sample", "class"), rows
    )
