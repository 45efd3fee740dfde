"""backproof demo: the main job, end to end."""

from __future__ import annotations

import click


@click.command(short_help="The main job, end to end: derive, check, write, compile, train.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="The same seed gives the same result.",
)
def demo(seed: int) -> None:
    """Derive, check, write, compile and train a two-layer network, in the folder backproof-demo.

    Derives the formulas for sizes that stay open; checks every step and every gradient; writes the derivation as LaTeX
    (and PDF, if pdflatex is there), HTML, text and JSON; compiles it to NumPy and compares that with backpropagation
    written by hand and with numerical derivatives; trains on real data (handwritten digits, if scikit-learn is there);
    draws the learning curve (if matplotlib is there); and prints what was checked.

    \b
    Examples:
      backproof demo
      backproof demo --seed 1

    The exit status is 0 if every check holds, else 1.
    """
    from .demo import Demo

    if not Demo("backproof-demo", seed).run():
        click.get_current_context().exit(1)
