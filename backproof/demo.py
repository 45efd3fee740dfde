"""The main job: a two-layer network derived, checked, written, compiled, compared, trained; a row for every check."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from .comparison import by_hand_error, numerical_error
from .curve import learning_curve
from .files import write
from .progress import progress
from .tables import show
from .training import Outcome, run

NETWORK = {"hidden": "tanh", "output": "sigmoid", "loss": "cross_entropy"}
TRAINING: dict[str, dict[str, Any]] = {
    "digits": {"units": 30, "epochs": 60, "batch_size": 10, "learning_rate": 0.3, "scale": "xavier", "expected": 0.9},
    "planar flower": {
        "units": 4,
        "epochs": 9000,
        "batch_size": None,
        "learning_rate": 1.2,
        "scale": 0.01,
        "expected": 0.8,
    },
}
FILES = {
    "backprop.html": "the derivation, for a browser",
    "backprop.txt": "the derivation as text",
    "backprop.json": "the derivation as a tree, for programs",
    "backprop.tex": "the derivation as LaTeX",
    "backprop.pdf": "the same, typeset",
    "backprop-elements.tex": "the proof entry by entry, in the other notation",
    "backprop-elements.pdf": "the same, typeset",
    "loss_and_gradients.py": "the formulas as NumPy code",
    "learning-curve.png": "cost and accuracy while training",
}


class Demo:
    """What the steps hand on: the derivation, its compiled form, and the rows of the table."""

    def __init__(self, folder: str, seed: int) -> None:
        self.folder, self.seed = Path(folder), seed
        self.rows: list[tuple[str, str, bool]] = []
        self.written: list[str] = []

    def run(self) -> bool:
        """All steps; True if every check holds."""
        start = time.perf_counter()
        make_folder(self.folder)
        self.derive()
        if self.check():
            for step in (self.write_documents, self.compile, self.compare, self.train):
                step()
        rows = [(what, figures, "yes" if holds else "NO") for what, figures, holds in self.rows]
        show("What was checked", ("check", "figures", "holds"), rows)
        click.echo(f"Written to {self.folder}/:")
        for name in self.written:
            click.echo(f"    {name:<24}{FILES[name]}")
        click.echo(f"{time.perf_counter() - start:.1f} seconds")
        return all(holds for _, _, holds in self.rows)

    def derive(self) -> None:
        with told("Deriving the gradients of a two-layer network, sizes n0, n1, n2 open"):
            from derive import backprop, mlp

            self.d = backprop(mlp(["n0", "n1", "n2"], **NETWORK))

    def check(self) -> bool:
        from derive import CheckError

        with told("Proving every step and every gradient"):
            try:
                checked = self.d.check()
            except CheckError as error:
                self.row("the derivation", str(error), False)
                return False
        self.row("every step, replayed against the table of rules and proved", f"{checked.steps} steps", True)
        self.row("every gradient, proved for all shapes", f"{len(checked.gradients)} gradients", True)
        return True

    def write_documents(self) -> None:
        with told("Writing the derivation as LaTeX, HTML, text and JSON"):
            text = self.d.to_text()
            self.write("backprop.txt", text)
            for kind, suffix in (("latex", "tex"), ("html", "html"), ("json", "json")):
                self.write(f"backprop.{suffix}", getattr(self.d, f"to_{kind}")())
            self.write("backprop-elements.tex", self.d.to_latex(notation="nielsen", form="element"))
        click.echo(summary(text))
        self.write_pdf("backprop")
        self.write_pdf("backprop-elements")

    def write_pdf(self, name: str) -> None:
        if shutil.which("pdflatex") is None:
            click.echo(f"  no {name}.pdf: pdflatex is not installed")
            return
        pdf = typeset(self.folder / f"{name}.tex")
        if pdf is not None:
            self.write(f"{name}.pdf", pdf)
        self.row(f"{name}.tex compiles", f"{len(pdf) // 1024} KiB" if pdf else "pdflatex failed", pdf is not None)

    def compile(self) -> None:
        with told("Compiling the formulas to NumPy"):
            from numeric import lambdify

            self.f = lambdify(self.d)
            self.write("loss_and_gradients.py", self.f.source)

    def compare(self) -> None:
        with told("Comparing with backpropagation by hand and with numerical derivatives"):
            for dtype, bound in (("float64", 1e-12), ("float32", 1e-3)):
                error, cases = by_hand_error(self.f, NETWORK, dtype, self.seed)
                figures = f"{cases} comparisons, largest relative error {error:.1e}"
                self.row(f"NumPy code against code by hand, {dtype}", figures, error < bound)
            error, method, entries = numerical_error(self.f, self.seed)
            figures = f"{entries} entries, largest relative error {error:.1e}"
            self.row(f"NumPy code against {method}", figures, error < 1e-6)

    def train(self) -> None:
        data = real_data()
        options = dict(TRAINING[data.name])
        units, expected, epochs = options.pop("units"), options.pop("expected"), options.pop("epochs")
        sizes = {"n0": len(data.X), "n1": units, "n2": len(data.Y)}
        shown = ", ".join(f"{name} = {size}" for name, size in sizes.items())
        click.echo(f"Training from the same formulas on {data.name}, {shown}")
        from numeric import initialize

        params = initialize(self.d, self.seed, options.pop("scale"), sizes=sizes)
        outcome = run(self.f, data, epochs, delay=0, params=params, seed=self.seed, **options)
        first, last = outcome.cost[0], outcome.cost[-1]
        self.row("training: the cost falls", f"{first:.4f} to {last:.4f} in {epochs} epochs", last < first)
        reached = outcome.test_accuracy[-1] if outcome.test_accuracy else outcome.train_accuracy
        where = f"{data.X_test.shape[1]} test" if outcome.test_accuracy else f"{data.X.shape[1]} training"
        figures = f"{reached:.1%} of {where} samples, {outcome.seconds:.1f} s"
        self.row(f"training: at least {expected:.0%} are right", figures, reached >= expected)
        self.draw(outcome, data.name)

    def draw(self, outcome: Outcome, name: str) -> None:
        with told("Drawing the learning curve"):
            try:
                picture = learning_curve(outcome, f"Derived formulas, trained on {name}")
            except ImportError:
                click.echo('  no learning-curve.png: matplotlib is not installed; pip install "backproof[plots]"')
                return
            self.write("learning-curve.png", picture)

    def row(self, what: str, figures: str, holds: bool) -> None:
        self.rows.append((what, figures, holds))

    def write(self, name: str, content: str | bytes) -> None:
        write(self.folder / name, content)
        self.written.append(name)


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say what is done, and show that something moves if it takes longer than a second."""
    click.echo(what)
    with progress(what):
        yield


def summary(text: str) -> str:
    """The section of a text document that sums up; nothing if there is none."""
    _, _, after = text.partition("\nSummary\n")
    return after.partition("\n\n")[2].partition("\n\n")[0]


def make_folder(folder: Path) -> None:
    """Raises ClickException where it cannot be made."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"cannot make the folder {folder}: {error.strerror}") from error


def real_data() -> Any:
    """Handwritten digits where scikit-learn is installed, else the planar flower."""
    from numeric import datasets

    try:
        return datasets.digits()
    except datasets.MissingExtra as error:
        click.echo(f"  {error}; using the planar flower instead")
        return datasets.planar_flower()


def typeset(source: Path) -> bytes | None:
    """The PDF of a LaTeX file, made in a temporary folder; None if pdflatex fails."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape",
                   f"-output-directory={folder}", str(source.resolve())]  # fmt: skip
        try:
            for _ in range(2):  # the second run knows the references
                done = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return None
        pdf = Path(folder, source.with_suffix(".pdf").name)
        return pdf.read_bytes() if done.returncode == 0 and pdf.exists() else None
