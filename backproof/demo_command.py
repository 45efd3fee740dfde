"""backproof demo: the main job, end to end, in the current folder's backproof-demo/."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import click

from .options import write_file
from .train_command import DEFAULTS, load, run

FOLDER = "backproof-demo"
TIMES = 2  # pdflatex runs: the second one knows the references


@click.command(name="demo")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def command(seed: int) -> None:
    """Derive a two-layer network, check it, write the documents, compile it to NumPy, train it on real data, and
    say what was checked.  Everything goes into the folder backproof-demo/ here.

    \b
    Examples:
      backproof demo
      backproof demo --seed 1
    """
    from rich.console import Console
    from rich.table import Table

    start = time.perf_counter()
    folder = Path(FOLDER)
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"{FOLDER} is a file; the demo needs a folder of this name")
    folder.mkdir(exist_ok=True)
    table = Table("what", "result", title="What was checked", title_justify="left")
    for what, result in (*derive_and_check(folder), *compile_and_compare(folder), *learn(folder, seed)):
        table.add_row(what, result)
    console = Console()
    console.print(table)
    console.print(f"all of it in {folder}/: {', '.join(sorted(p.name for p in folder.iterdir()))}", highlight=False)
    console.print(f"{time.perf_counter() - start:.1f} seconds", highlight=False)


def derive_and_check(folder: Path) -> list[tuple[str, str]]:
    """A two-layer network with symbolic sizes, and any network by induction; documents in every format."""
    from derive import backprop, mlp

    d = backprop(mlp(["n0", "n1", "n2"], hidden="tanh", output="sigmoid", loss="cross_entropy"))
    write_file(folder / "two-layers.tex", d.to_latex())
    write_file(folder / "two-layers.html", d.to_html())
    write_file(folder / "two-layers.txt", d.to_text())
    write_file(folder / "two-layers.json", d.to_json())
    induction = backprop(mlp("L"))
    write_file(folder / "any-depth.tex", induction.to_latex(form="element", notation="nielsen"))
    rows = [("derived", ", ".join(f"{e.lhs} = {e.rhs}" for e in d if str(e.lhs) in ("dZ2", "dW2"))),
            ("two layers", str(d.check())), ("any depth: BP1 to BP4", str(induction.check()))]  # fmt: skip
    return [*rows, ("documents", pdf(folder, ["two-layers", "any-depth"]))]


def pdf(folder: Path, names: list[str]) -> str:
    """PDF files, where pdflatex is installed."""
    if shutil.which("pdflatex") is None:
        return "LaTeX, HTML, text and JSON; no PDF, since pdflatex is not installed"
    for name in names:
        arguments = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"]
        for _ in range(TIMES):
            done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, errors="replace")
        if done.returncode:
            error = next((line for line in done.stdout.splitlines() if line.startswith("!")), "see the log")
            return f"LaTeX, HTML, text and JSON; pdflatex failed on {name}.tex: {error}"
        for ending in (".aux", ".log", ".out"):
            (folder / f"{name}{ending}").unlink(missing_ok=True)
    return "LaTeX, PDF, HTML, text and JSON"


def compile_and_compare(folder: Path) -> list[tuple[str, str]]:
    """The generated code against backprop by hand, in two styles, and against complex steps."""
    import numpy as np

    from derive import backprop, mlp
    from numeric import check_gradient, initialize, lambdify
    from numeric.by_hand import caches, per_sample

    sizes = [5, 4, 3]
    net = mlp(sizes, hidden="tanh", output="sigmoid", loss="cross_entropy")
    f = lambdify(backprop(net))
    write_file(folder / "two_layers.py", f.source)
    rng = np.random.default_rng(0)
    params, X = initialize(net, seed=0), rng.standard_normal((5, 7))
    Y = (rng.random((3, 7)) > 0.5).astype(float)
    _, ours = f(params, X, Y)
    rows = []
    for name, by_hand in (("with caches", caches), ("sample by sample", per_sample)):
        _, theirs = by_hand.loss_and_gradients(params, X, Y, hidden="tanh", output="sigmoid", loss="cross_entropy")
        largest = max(float(np.abs(ours[k] - theirs[k]).max()) for k in ours)
        rows.append((f"against backprop by hand, {name}", f"largest difference {largest:.1e} in {len(ours)} gradients"))
    found = check_gradient(f, params, X, Y)
    rows.append((f"against {found.method}", f"largest relative error {found.error:.1e} in {found.compared} entries"))
    return rows


def learn(folder: Path, seed: int) -> list[tuple[str, str]]:
    """Training on handwritten digits, or on the planar flower where scikit-learn is missing; the learning curve."""
    from numeric.datasets import MissingExtra

    try:
        data, note = "digits", ""
        dataset = load(data, None, "float64")
    except MissingExtra as missing:
        data, note = "flower", f" ({missing})"
        dataset = load(data, None, "float64")
    options: dict[str, Any] = {"hidden": "tanh", "loss": None, "l2": None, "weights": "rows", "stop": None,
                               "max_iterations": None, **DEFAULTS[data]}  # fmt: skip
    found = run(dataset, options, seed, patience=0)
    rows = [
        (
            f"trained on {found['data']}{note}",
            f"{found['epochs']} epochs, {found['updates']} updates in {found['seconds']:.1f} s",
        ),
        ("cost", f"{found['cost'][0]:.4f} in the first epoch, {found['cost'][-1]:.4f} in the last"),
        (
            f"accuracy on the {found['accuracy_on']} data",
            f"{found['accuracy']:.2%} (best {found['best_accuracy']:.2%})",
        ),
    ]
    return [*rows, ("learning curve", curve(folder / "learning-curve.png", found))]


def curve(path: Path, found: dict[str, Any]) -> str:
    """Cost and accuracy over the epochs, as a picture."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return 'not drawn: it needs matplotlib, pip install "backproof[plots]"'
    epochs = range(1, len(found["cost"]) + 1)
    figure = Figure(figsize=(7, 4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    left = figure.add_subplot()
    left.plot(epochs, found["cost"], color="tab:blue")
    left.set_xlabel("epoch")
    left.xaxis.get_major_locator().set_params(integer=True)
    left.set_ylabel("cost", color="tab:blue")
    left.set_ylim(bottom=0)
    right = left.twinx()
    stride = max(1, len(epochs) // len(found["accuracies"]))
    right.plot(
        [stride * (k + 1) for k in range(len(found["accuracies"]))],
        [100 * a for a in found["accuracies"]],
        color="tab:orange",
    )
    right.set_ylabel(f"accuracy on the {found['accuracy_on']} data, %", color="tab:orange")
    left.set_title(f"{found['data']}, layers {found['layers']}, seed {found['seed']}")
    figure.savefig(path)
    return path.name
