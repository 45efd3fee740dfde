"""backproof train: gradient descent with formulas that were derived for this network a moment ago."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import click

from .commands import INTERRUPTED
from .files import check_target, write
from .fitting import check_layers, check_memory
from .settings import FROM_FOLDER, SETTINGS, Setting, setting_for
from .tables import show
from .train_options import DESCENT, FILES, NETWORK, PictureSize, add, rate_of
from .training import Outcome, run


@click.command(short_help="Train a network from its derived formulas.")
@click.option(
    "--data",
    default="flower",
    show_default=True,
    metavar="NAME|PATH",
    help=f"One of {', '.join(SETTINGS)}; or your own: a folder with a subfolder of pictures for each class, a .csv or "
    ".npy file with the class in the last column, or an .npz file with X and y.",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder with the files of mnist, fashion_mnist or cats; mnist and fashion_mnist are downloaded without.",
)
@click.option("--label", metavar="COLUMN", help="The column of a CSV file that holds the class.")
@click.option("--picture-size", type=PictureSize(), metavar="HxW", help="Brings your own pictures to one size.")
@add(NETWORK, DESCENT)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="The same seed gives the same result, bit for bit.",
)
@click.option(
    "--dtype",
    type=click.Choice(["float64", "float32"]),
    default="float64",
    show_default=True,
    help="Precision of all numbers.",
)
@add(FILES)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with cost and accuracy of every epoch.")
@click.option("--json-lines", is_flag=True, help="One JSON object per epoch, as it ends, and one that sums up.")
def train(
    data: str,
    data_dir: Path | None,
    label: str | None,
    picture_size: tuple[int, int] | None,
    seed: int,
    dtype: str,
    as_json: bool,
    json_lines: bool,
    path: Path | None,
    save: Path | None,
    resume: bool,
    save_every: float,
    **given: Any,
) -> None:
    """Train a network from its derived formulas, by gradient descent.

    Each data set has its own network and its own gradient descent unless options say otherwise; more than two classes
    are one-hot, so that the network ends with one unit for each.  Ctrl-C ends with what was reached (exit status 130).

    \b
    Examples:
      backproof train
      backproof train --layers 2,8,1 --hidden relu --init he --learning-rate 0.5 --epochs 3000
      backproof train --stop 1e-4 --json
      backproof train --data digits --layers 64,30,10 --hidden sigmoid --epochs 10
      backproof train --data iris --optimizer adam --l2 0.1 --validation 0.2 --patience 20
      backproof train --data mnist --data-dir data --batch-size 10 --learning-rate 3 -o weights.npz
      backproof train --data cats --data-dir data --save cats.npz --resume
    """
    for target in (path, save):
        if target is not None:
            check_target(target)
    check_files(save, resume, given)
    samples = load(data, data_dir, dtype, label, picture_size)
    more = {name: given.pop(name) for name in ("stop", "max_iterations", "validation", "patience", "clip_norm",
                                               "momentum", "weight_decay", "schedule")}  # fmt: skip
    setting = chosen(SETTINGS[data] if data in SETTINGS else setting_for(samples), given)
    check_layers(setting.layers, samples)
    check_memory(setting, samples)
    check_numbers(setting, more)
    if save is not None:
        about = {"data": samples.name, "classes": list(samples.classes), "preparation": samples.preparation.as_json()}
        more |= {"checkpoint": save, "resume": resume, "checkpoint_every": save_every, "about": about}
    tell = (lambda line: click.echo(json.dumps(line, allow_nan=False))) if json_lines else None
    outcome = descend(setting, samples, seed=seed, tell=tell, **more)
    if path is not None:
        write(path, archive(outcome))
        click.echo(f"wrote {path}", err=True)
    if save is not None:
        click.echo(f"wrote {save}", err=True)
    facts = summary(setting, samples, outcome, seed, dtype)
    report(facts, samples, outcome, as_json, json_lines)
    if outcome.stopped == "interrupted":
        click.get_current_context().exit(INTERRUPTED)


def report(facts: dict[str, Any], samples: Any, outcome: Outcome, as_json: bool, json_lines: bool) -> None:
    """What came out, as a table, as one object, or as the last of many lines."""
    if as_json and not json_lines:
        facts |= {"cost": list(outcome.cost), "test_accuracy": list(outcome.test_accuracy) or None}
        facts |= {"validation_cost": list(outcome.validation)} if outcome.validation else {}
    if as_json or json_lines:
        click.echo(json.dumps(facts, allow_nan=False))
        return
    rows = [(name.replace("_", " "), spoken(name, value)) for name, value in facts.items()]
    show(f"Trained on {samples.name}", ("", ""), [row for row in rows if row[1]])


def check_files(save: Path | None, resume: bool, given: dict[str, Any]) -> None:
    """What cannot be meant is refused before anything is computed."""
    context = click.get_current_context()
    if resume and save is None:
        raise click.UsageError("--resume goes on from the file of --save FILE; name it", context)
    if save is not None and save.suffix not in (".npz", ".safetensors"):
        raise click.UsageError(f"--save {save}: the name ends with .npz or .safetensors", context)
    if save is not None and save.exists() and not resume:
        raise click.UsageError(f"{save} is there already; --resume goes on from it, or remove it", context)
    if given["patience"] is not None and given["validation"] is None:
        raise click.UsageError("--patience watches the validation samples; give --validation SHARE too", context)


def check_numbers(setting: Setting, more: dict[str, Any]) -> None:
    """A number of an optimizer that is not chosen is refused."""
    if more["momentum"] is not None and setting.optimizer not in ("momentum", "nesterov"):
        context = click.get_current_context()
        raise click.UsageError(
            f"--momentum belongs to --optimizer momentum or nesterov, not {setting.optimizer}", context
        )


def chosen(setting: Setting, given: dict[str, Any]) -> Setting:
    """The setting of the data set with what the options say in its place."""
    options = {name: value for name, value in given.items() if value is not None}
    if options.get("loss") == "softmax_cross_entropy":
        options.setdefault("output", "softmax")
    return Setting(**{**vars(setting), **options})


def load(data: str, folder: Path | None, dtype: str, label: str | None, size: tuple[int, int] | None) -> Any:
    """The data set.  Raises DeriveError for what is missing: an extra, a file."""
    context = click.get_current_context()
    if data not in SETTINGS and not Path(data).exists():
        known = ", ".join(SETTINGS)
        raise click.UsageError(f"--data {data}: no such file or folder, and none of {known}", context)
    if data in SETTINGS and (label or size):
        raise click.UsageError(f"--label and --picture-size belong to your own data, not to {data}", context)
    if FROM_FOLDER.get(data) and folder is None:
        raise click.UsageError(f"--data {data} needs --data-dir DIR, the folder that holds its file", context)
    if data not in FROM_FOLDER and folder is not None:
        raise click.UsageError(f"--data-dir belongs to {', '.join(FROM_FOLDER)}; {data} needs no folder", context)
    from numeric import datasets

    if data not in SETTINGS:
        return datasets.own_data(data, label, size, dtype)
    if data in FROM_FOLDER:
        return getattr(datasets, {"cats": "cat_noncat"}.get(data, data))(folder, dtype)
    return getattr(datasets, {"flower": "planar_flower"}.get(data, data))(dtype)


def descend(setting: Setting, data: Any, **options: Any) -> Outcome:
    """Derive the formulas of this network, compile them, train."""
    from derive import backprop, mlp
    from numeric import lambdify

    net = mlp(setting.layers, setting.hidden, setting.output, setting.loss, l2=None if setting.l2 is None else "l2")
    count = round(data.X.shape[1] * (1 - (options["validation"] or 0)))
    updates = setting.epochs * -(-count // min(setting.batch_size or count, count))
    rate = rate_of(options.pop("schedule"), setting.learning_rate, updates)
    numbers: dict[str, Any] = {
        name: value for name in ("momentum", "weight_decay") if (value := options.pop(name)) is not None
    }
    if setting.l2 is not None:
        numbers["l2"] = setting.l2
    return run(
        lambdify(backprop(net)),
        data,
        setting.epochs,
        batch_size=setting.batch_size,
        learning_rate=rate,
        scale=setting.init,
        optimizer=setting.optimizer,
        **numbers,
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
        "final_cost": outcome.cost[-1] if outcome.cost else None,
        "train_accuracy": outcome.train_accuracy,
        "final_test_accuracy": outcome.kept_accuracy,
        "best_test_accuracy": max(outcome.test_accuracy) if best else None,
        "best_epoch": best,
        **_resumed(outcome),
        **_validated(outcome),
        "seconds": round(outcome.seconds, 3),
    }


def _resumed(outcome: Outcome) -> dict[str, Any]:
    """After --resume: the epochs among which the best one is, those of this process."""
    first = len(outcome.cost) - len(outcome.test_accuracy) + 1
    return {"tested_epochs": f"{first} to {len(outcome.cost)}"} if outcome.test_accuracy and first > 1 else {}


def _validated(outcome: Outcome) -> dict[str, Any]:
    """With validation samples: the best epoch by them, whose parameters are kept."""
    if outcome.validation_epoch is None:
        return {}
    at = outcome.validation_epoch
    return {"validation_epoch": at, "best_validation_cost": outcome.validation[at - 1]}


def spoken(name: str, value: Any) -> str:
    """A value as a person reads it; nothing for what there is not."""
    if value is None:
        return "all samples" if name == "batch_size" else ""
    if name.endswith("accuracy"):
        return f"{value:.2%}"
    if name in ("final_cost", "best_validation_cost"):
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
