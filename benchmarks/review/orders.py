"""Orders: what the same number of answers is worth, by the order in which rows are asked about.

    python benchmarks/review/orders.py [--answers 30] [--seeds 3]

Each table of scikit-learn is labeled a little, fitted, and some rows are answered rightly in the order of a queue; then
the next round is trained. Printed: the accuracy of the model on rows that were in no run (two fifths of the table),
before, and after each order, paired by table and seed. Limits: small tables, a quick model (logistic, its own teacher),
reviewers without mistakes.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_classification

from pseudolabel import load
from pseudolabel.plan import Plan
from pseudolabel.review.answers import Answer
from pseudolabel.review.intake import open_review
from pseudolabel.review.queue import Query, next_item
from pseudolabel.review.refit import refit
from pseudolabel.run import carry_out

KEPT = 0.4
"""Of the rows, for the end."""

ORDERS = ("random", "doubtful", "useful", "cluster", "surest")


def tables():
    """Give the tables by name, with true classes and how many of each class are labeled."""
    for make, n_each in ((load_breast_cancer, 10), (load_digits, 5), (load_wine, 5), (load_iris, 4)):
        known = make()
        yield make.__name__.removeprefix("load_"), known.data, known.target_names[known.target].astype(str), n_each
    X, y = make_classification(1500, 15, n_informative=8, n_classes=4, n_clusters_per_class=2, random_state=0)
    yield "made_up", X, y.astype(str), 8


def label_some(truth, n_each, seed):
    """Draw rows to keep for the end, and rows of each class to label; two arrays of positions."""
    rng = np.random.default_rng(seed)
    kept = rng.permutation(len(truth))[: int(KEPT * len(truth))]
    there = np.setdiff1d(np.arange(len(truth)), kept)
    labeled = [rng.permutation(there[truth[there] == name])[:n_each] for name in np.unique(truth)]
    return kept, np.concatenate(labeled)


def answer(run, truth, order, n_answers):
    """Answer rows rightly in an order."""
    with open_review(run) as store:
        for _ in range(n_answers):
            view = next_item(store, Query(order))
            right = truth[view.row]
            action = "accept" if view.suggestion.label == right else "correct"
            store.decide(Answer(view.row, action, right, "truth", f"{view.row}", view.newest_seq))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    print(f"{'table':16}{'seed':>5}{'before':>8}{''.join(f'{order:>10}' for order in ORDERS)}")
    gains = []
    for name, X, truth, n_each in tables():
        for seed in range(asked.seeds):
            gain = measure(name, X, truth, label_some(truth, n_each, seed), seed, asked.answers)
            gains += [gain]
    mean, error = np.mean(gains, axis=0), np.std(gains, axis=0, ddof=1) / np.sqrt(len(gains))
    print("gain in points, mean and standard error of", len(gains), "pairs")
    for order, of_order, by in zip(ORDERS, mean, error, strict=True):
        print(f"  {order:10}{of_order:+6.2f} +- {by:.2f}")
    against = np.array(gains) - np.array(gains)[:, [0]]
    worse = (against < -0.5).mean(axis=0)
    for order, of_order, lost in zip(ORDERS[1:], against.mean(axis=0)[1:], worse[1:], strict=True):
        print(f"  {order:10} against random {of_order:+6.2f}, worse by more than half a point in {100 * lost:.0f} %")


def measure(name, X, truth, drawn, seed, n_answers):
    """Give the gain of each order, in points."""
    kept, labeled = drawn
    frame = pd.DataFrame(X, columns=[f"x{at}" for at in range(X.shape[1])])
    there = np.setdiff1d(np.arange(len(truth)), kept)
    of_run = frame.iloc[there].assign(kind=pd.Series(truth).where(np.isin(np.arange(len(truth)), labeled)))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        of_run.to_parquet(folder / "rows.parquet", index=False)
        quick = {"estimator": "logistic", "teacher": "own", "evidence": "none"}
        carry_out(Plan(data=folder / "rows.parquet", label="kind", out=folder / "run", seed=seed, **quick))
        open_review(folder / "run").close()
        right = {"before": accuracy(folder / "run", frame.iloc[kept], truth[kept])}
        for order in ORDERS:
            copied = Path(shutil.copytree(folder / "run", folder / order))
            answer(copied, truth[there], order, n_answers)
            refit(copied)
            right[order] = accuracy(copied, frame.iloc[kept], truth[kept])
    print(f"{name:16}{seed:5}{right['before']:8.1f}{''.join(f'{right[order]:10.1f}' for order in ORDERS)}", flush=True)
    return [right[order] - right["before"] for order in ORDERS]


def accuracy(run, X, truth):
    """Give the accuracy of a run's model, in percent."""
    return 100 * float((load(run / "model.skops").predict(X).astype(str) == truth).mean())


if __name__ == "__main__":
    main()
