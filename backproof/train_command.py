"""backproof train: gradient descent with formulas that were derived for this network a moment ago."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import click

from .files import check_target, write
from .fitting import check_layers, check_memory
from .parameters import Names, Positive, Sizes
from .settings import SETTINGS, Setting
from .tables import show
from .training import Outcome, run

INIT = ("normal", "he", "xavier")


class Init(Positive):
    """normal, he, xavier, or a number."""

    name = "init"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value in INIT:
            return value
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is none of {', '.join(INIT)}, nor a positive number such as 0.01", param, ctx)


@click.command(short_help="Train a network from its derived formulas.")
@click.option(
    "--data",
    type=click.Choice(list(SETTINGS)),
    default="flower",
    show_default=True,
    help="flower: 400 points made by a formula; digits: 1797 images of 8 x 8 pixels, with scikit-learn; "
    "mnist: 70,000 images, from mnist.npz in --data-dir.",
)
@click.option("--data-dir", type=click.Path(path_type=Path), metavar="DIR", help="The folder that holds mnist.npz.")
@click.option("--layers", type=Sizes(integers=True), metavar="SIZES", help="Sizes of the layers, input first.")
@click.option(
    "--hidden", type=Names(), metavar="NAME[,NAME...]", help="Activation of the hidden layers, one or several."
)
@click.option("--output", metavar="NAME", help="Activation of the output layer.")
@click.option("--loss", metavar="NAME", help="squared_error, cross_entropy or softmax_cross_entropy.")
@click.option("--epochs", type=click.IntRange(min=1), metavar="N", help="How often all samples are seen, at most.")
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    metavar="N",
    help="Samples per update; 1 is stochastic gradient descent.",
)
@click.option("--learning-rate", type=Positive(), metavar="ETA", help="A step is ETA times the gradient.")
@click.option(
    "--init",
    type=Init(),
    metavar="NAME|NUMBER",
    help="Where training starts: normal (weights, biases N(0, 1)), he, xavier, or a number times N(0, 1).",
)
@click.option(
    "--stop",
    type=Positive(),
    metavar="EPSILON",
    help="Stop when one update changes no weight or bias by EPSILON or more.",
)
@click.option("--max-iterations", type=click.IntRange(min=1), metavar="N", help="Stop after N updates.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="The same seed gives the same result.",
)
@click.option(
    "--dtype",
    type=click.Choice(["float64", "float32"]),
    default="float64",
    show_default=True,
    help="Precision of all numbers.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with cost and accuracy of every epoch.")
@click.option(
    "-o",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep the trained weights and biases: a .npz file with W1, b1, ...",
)
def train(
    data: str,
    data_dir: Path | None,
    seed: int,
    stop: float | None,
    max_iterations: int | None,
    dtype: str,
    as_json: bool,
    path: Path | None,
    **given: Any,
) -> None:
    """Train a network from its derived formulas, by gradient descent.

    Each data set has its own network and its own gradient descent unless options say otherwise; images of digits are
    one-hot, so their networks end with 10 units.

    \b
    Examples:
      backproof train
      backproof train --layers 2,8,1 --hidden relu --init he --learning-rate 0.5 --epochs 3000
      backproof train --stop 1e-4 --json
      backproof train --data digits --layers 64,30,10 --hidden sigmoid --epochs 10
      backproof train --data mnist --data-dir data --batch-size 10 --learning-rate 3 -o weights.npz
    """
    if path is not None:
        check_target(path)
    setting = chosen(SETTINGS[data], given)
    samples = load(data, data_dir, dtype)
    check_layers(setting.layers, samples)
    check_memory(setting, samples)
    outcome = descend(setting, samples, seed=seed, stop=stop, max_iterations=max_iterations)
    if path is not None:
        write(path, archive(outcome))
        click.echo(f"wrote {path}", err=True)
    facts = summary(setting, samples, outcome, seed, dtype)
    if as_json:
        more = {"cost": list(outcome.cost), "test_accuracy": list(outcome.test_accuracy) or None}
        click.echo(json.dumps(facts | more, allow_nan=False))
    else:
        rows = [(name.replace("_", " "), spoken(name, value)) for name, value in facts.items()]
        show(f"Trained on {samples.name}", ("", ""), [row for row in rows if row[1]])


def chosen(setting: Setting, given: dict[str, Any]) -> Setting:
    """The setting of the data set with what the options say in its place."""
    options = {name: value for name, value in given.items() if value is not None}
    if options.get("loss") == "softmax_cross_entropy":
        options.setdefault("output", "softmax")
    return Setting(**{**vars(setting), **options})


def load(data: str, folder: Path | None, dtype: str) -> Any:
    """The data set.  Raises DeriveError for what is missing: an extra, a file."""
    context = click.get_current_context()
    if data == "mnist" and folder is None:
        raise click.UsageError("--data mnist needs --data-dir DIR, the folder that holds mnist.npz", context)
    if data != "mnist" and folder is not None:
        raise click.UsageError(f"--data-dir belongs to --data mnist; {data} needs no folder", context)
    from numeric import datasets

    if data == "mnist":
        assert folder is not None
        return datasets.mnist(folder, dtype)
    return {"flower": datasets.planar_flower, "digits": datasets.digits}[data](dtype)


def descend(setting: Setting, data: Any, **options: Any) -> Outcome:
    """Derive the formulas of this network, compile them, train."""
    from derive import backprop, mlp
    from numeric import lambdify

    net = mlp(setting.layers, setting.hidden, setting.output, setting.loss)
    return run(
        lambdify(backprop(net)),
        data,
        setting.epochs,
        batch_size=setting.batch_size,
        learning_rate=setting.learning_rate,
        scale=setting.init,
        **options,
    )


def summary(setting: Setting, data: Any, outcome: Outcome, seed: int, dtype: str) -> dict[str, Any]:
    """What was trained and what came out, by name."""
    best = outcome.best_epoch
    return {
        "data": data.name,
        "samples": data.X.shape[1],
        **vars(setting),
        "layers": list(setting.layers),
        "epochs": len(outcome.cost),
        "seed": seed,
        "dtype": dtype,
        "iterations": outcome.iterations,
        "stopped": outcome.stopped,
        "final_cost": outcome.cost[-1],
        "train_accuracy": outcome.train_accuracy,
        "final_test_accuracy": outcome.test_accuracy[-1] if best else None,
        "best_test_accuracy": outcome.test_accuracy[best - 1] if best else None,
        "best_epoch": best,
        "seconds": round(outcome.seconds, 3),
    }


def spoken(name: str, value: Any) -> str:
    """A value as a person reads it; nothing for what there is not."""
    if value is None:
        return "all samples" if name == "batch_size" else ""
    if name.endswith("accuracy"):
        return f"{value:.2%}"
    if name == "final_cost":
        return f"{value:.6f}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def archive(outcome: Outcome) -> bytes:
    """The parameters as the content of an .npz file."""
    import numpy as np

    stream = io.BytesIO()
    arrays: dict[str, Any] = dict(outcome.params)
    np.savez(stream, **arrays)
    return stream.getvalue()
