"""backproof train: derive, compile, train, with progress on stderr and the result on stdout."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from .options import network, network_options
from .progress import Epochs

DATA = ("flower", "digits", "mnist")
DEFAULTS: dict[str, dict[str, Any]] = {  # what a set is usually trained with
    "flower": {"layers": "2,4,1", "output": "sigmoid", "epochs": 2000, "batch_size": None,
               "learning_rate": 1.2, "init": "0.01"},
    "digits": {"layers": "64,30,10", "output": "softmax", "epochs": 20, "batch_size": 10,
               "learning_rate": 0.3, "init": "xavier"},
    "mnist": {"layers": "784,30,10", "output": "sigmoid", "epochs": 30, "batch_size": 10,
              "learning_rate": 3.0, "init": "normal"},
}  # fmt: skip


@click.command(name="train")
@click.option("--layers", metavar="SIZES", help="Sizes from input to output.  [default: 2,4,1 for the flower]")
@click.option(
    "--data",
    type=click.Choice(DATA),
    default="flower",
    show_default=True,
    help="Points made by a formula; scikit-learn's digits (extra: data); MNIST from --data-dir.",
)
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), help="The folder that holds mnist.npz.")
@network_options
@click.option("--epochs", type=click.IntRange(1), help="[default: 2000 flower, 20 digits, 30 mnist]")
@click.option(
    "--batch-size",
    type=click.IntRange(0),
    help="Samples in one update; 0 is all of them, 1 is stochastic descent.  [default: all, or 10]",
)
@click.option("--learning-rate", type=float, help="[default: 1.2 flower, 0.3 digits, 3.0 mnist]")
@click.option("--init", metavar="HOW", help="normal (all N(0,1)), he, xavier, or a number such as 0.01.")
@click.option("--stop", type=float, metavar="EPSILON", help="Stop when no weight or bias changes by more than this.")
@click.option("--max-iterations", type=click.IntRange(1), help="Stop after so many updates.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float64", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(data: str, data_dir: Path | None, as_json: bool, seed: int, dtype: str, **options: Any) -> None:
    """Train a network with the formulas that were derived for it.

    \b
    Examples:
      backproof train
      backproof train --layers 2,20,1 --epochs 5000 --seed 1
      backproof train --data digits --hidden relu --output softmax
      backproof train --data mnist --data-dir DIR --layers 784,30,10 --hidden sigmoid --loss squared_error
    """
    options = {**options, **{k: v for k, v in DEFAULTS[data].items() if options.get(k) is None}}
    found = run(load(data, data_dir, dtype), options, seed)
    click.echo(json.dumps(found) if as_json else table(found))


def load(data: str, data_dir: Path | None, dtype: str) -> Any:
    """The data set.  Raises DeriveError naming the extra, or the file that is missing."""
    from numeric import datasets

    if data == "mnist":
        if data_dir is None:
            raise click.UsageError("--data mnist needs --data-dir DIR, the folder that holds mnist.npz")
        return datasets.mnist(data_dir, dtype)
    return {"flower": datasets.planar_flower, "digits": datasets.digits}[data](dtype)


def run(dataset: Any, options: dict[str, Any], seed: int, patience: float = 1.0) -> dict[str, Any]:
    """Derive, compile and train; plain figures of what happened.  The bar shows after `patience` seconds."""
    from derive import backprop
    from numeric import accuracy, forward, lambdify, train

    net = network(options["layers"], *(options[k] for k in ("hidden", "output", "loss", "l2", "weights")))
    check_sizes(options["layers"], dataset)
    f, predict = lambdify(backprop(net)), forward(net)
    X_test, Y_test = (dataset.X, dataset.Y) if dataset.X_test is None else (dataset.X_test, dataset.Y_test)
    accuracies: list[float] = []
    every = max(1, options["epochs"] // 100) if dataset.X_test is None else 1  # small sets: not after every epoch

    with Epochs(options["epochs"], patience) as bar:

        def told(progress: Any) -> None:
            if progress.epoch % every == 0 or progress.epoch == options["epochs"]:
                accuracies.append(accuracy(predict(progress.params, X_test), Y_test))
            bar.advance(progress.epoch, cost=progress.cost, accuracy=accuracies[-1] if accuracies else None)

        start = time.perf_counter()
        result = train(f, dataset.X, dataset.Y, learning_rate=options["learning_rate"], epochs=options["epochs"],
                       batch_size=options["batch_size"] or None, scale=_init(options["init"]), seed=seed,
                       stop=options["stop"], max_iterations=options["max_iterations"], callback=told)  # fmt: skip
        seconds = time.perf_counter() - start
    last = accuracy(predict(result.params, X_test), Y_test)
    return {
        "data": dataset.name, "layers": options["layers"], "seed": seed, "epochs": len(result.history),
        "updates": result.iterations, "stopped": result.stopped, "seconds": round(seconds, 3),
        "cost": list(result.history), "accuracy_on": "training" if dataset.X_test is None else "test",
        "accuracy": last, "best_accuracy": max([*accuracies, last]), "accuracies": accuracies,
    }  # fmt: skip


def check_sizes(layers: str, dataset: Any) -> None:
    """First and last size are those of the data."""
    given, expected = layers.split(","), (len(dataset.X), len(dataset.Y))
    if len(given) < 2 or (given[0].strip(), given[-1].strip()) != tuple(map(str, expected)):
        raise click.UsageError(
            f"--layers {layers} does not fit the data set {dataset.name}: it has {expected[0]} inputs and "
            f"{expected[1]} outputs, so write {expected[0]},...,{expected[1]}"
        )


def _init(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def table(found: dict[str, Any]) -> str:
    """What a person wants to know, one line each."""
    costs = found["cost"]
    lines = {
        "data": found["data"], "layers": found["layers"], "seed": found["seed"],
        "epochs": f"{found['epochs']} ({found['updates']} updates, stopped by {found['stopped']})",
        "time": f"{found['seconds']:.1f} s",
        "cost": f"{costs[0]:.6f} in the first epoch, {costs[-1]:.6f} in the last",
        "accuracy": f"{found['accuracy']:.2%} on the {found['accuracy_on']} data (best {found['best_accuracy']:.2%})",
    }  # fmt: skip
    return "\n".join(f"{name:<9} {value}" for name, value in lines.items())
