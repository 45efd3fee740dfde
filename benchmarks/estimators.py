"""DerivedClassifier beside scikit-learn's MLPClassifier: accuracy and seconds of fit, over data sets and seeds.

    python benchmarks/estimators.py               one table (Markdown)
    python benchmarks/estimators.py --seeds 3     quicker
    python benchmarks/estimators.py --json        one JSON object

Both have the default parameters, the same standardised samples, the same split and seed; they take turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import warnings
from typing import Any

from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from numeric import DerivedClassifier

SETS = ("digits", "breast_cancer", "iris", "wine")
CLASSES = {"ours": DerivedClassifier, "theirs": MLPClassifier}


def measure(name: str, seeds: int, **options: Any) -> dict[str, Any]:
    """Accuracies and seconds of both, one per seed; a first fit of each is thrown away."""
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    found: dict[str, Any] = {who: {"accuracy": [], "seconds": [], "epochs": []} for who in CLASSES}
    for seed in range(-1, seeds):
        X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, stratify=y, random_state=abs(seed))
        scaler = StandardScaler().fit(X_train)
        X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)
        for who, kind in CLASSES.items():
            model = kind(random_state=abs(seed), **options)
            begin = time.perf_counter()
            model.fit(X_train, y_train)
            seconds = time.perf_counter() - begin
            if seed >= 0:
                found[who]["accuracy"].append(model.score(X_test, y_test))
                found[who]["seconds"].append(seconds)
                found[who]["epochs"].append(model.n_iter_)
    return {"data": name, **found}


def row(found: dict[str, Any]) -> str:
    cells = [found["data"]]
    for who in CLASSES:
        accuracy = found[who]["accuracy"]
        spread = statistics.stdev(accuracy) if len(accuracy) > 1 else 0.0
        cells.append(f"{100 * statistics.mean(accuracy):.2f} ± {100 * spread:.2f}")
    seconds = {who: statistics.median(found[who]["seconds"]) for who in CLASSES}
    cells += [f"{seconds[who]:.3f}" for who in CLASSES]
    return "| " + " | ".join([*cells, f"{seconds['theirs'] / seconds['ours']:.2f}"]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description="DerivedClassifier beside MLPClassifier")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    found = [measure(name, given.seeds) for name in SETS]
    if given.json:
        print(json.dumps(found))
        return
    print("| data | derived, % right | MLPClassifier, % right | derived, s | MLPClassifier, s | times |")
    print("|---|---|---|---|---|---|")
    print("\n".join(map(row, found)))


if __name__ == "__main__":
    main()
