"""Simulate: the raw material on which rules for the verdict are judged.

Takes  a family of models, a folder of tables, and a time to stop.
Gives  one file for every replicate: the losses of all models on the labeled rows, held out in turn, and on test rows.

    python benchmarks/verdict/simulate.py forests --data FOLDER --out FOLDER --minutes 30

A replicate is a table, a number of labels and an index, which is its seed. One that has a file is not made again, so
that a run goes on where it stopped, and two runs with `--share 0/2` and `--share 1/2` divide the work.

Before this: learners.py. After this: material.py.
"""

import argparse
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import learners
from draws import Draw, draw_rows, read_table, seed_of
from pseudolabel.data.folds import deal_folds

SMALLEST_PROBABILITY = 0.01
"""A uniform guess this large is mixed in before the logarithm."""

PUBLIC = ("letter", "phoneme", "dry_bean", "mammography", "digits", "adult")
VALUES = ("reg_abalone", "reg_cpu_act", "reg_friedman")
SHIPPED = ("shipped_digits", "shipped_cancer", "shipped_rare", "shipped_hard")
GROUPED = ("groups_features", "groups_labels", "groups_both", "groups_twins")
N_UNLABELED = 300


@dataclass(frozen=True)
class Design:
    """How often rows are held out: folds in each repeat, and repeats."""

    n_folds: int
    n_repeats: int


@dataclass(frozen=True)
class Family:
    """Models that are made together, and where.

    Attributes
    ----------
    fit : function of labeled rows, labels, pool, number of classes and seed
    tables : names
    sizes : numbers of labels
    n_test : int
        Most test rows. Many, for the truth of a single replicate is noisy too: where two models disagree on a tenth of
        the rows, 3 000 test rows know the difference to 0.6 points, 12 000 to 0.3.
    design : Design or None
        None for the one that belongs to the number of labels.
    """

    fit: Callable[..., learners.Answers]
    tables: Sequence[str]
    sizes: Sequence[int]
    n_test: int = 12_000
    design: Design | None = None


FAMILIES = {
    "forests": Family(learners.forests, PUBLIC, (50, 100, 300, 20)),
    "ours": Family(learners.ours, PUBLIC, (100, 50, 300)),
    "given": Family(learners.forest_given, PUBLIC, (100, 50)),
    "closed": Family(learners.closed_forms, PUBLIC, (50, 100, 300)),
    "large": Family(learners.closed_forms, PUBLIC, (2_000, 5_000)),
    "large-five": Family(learners.closed_forms, PUBLIC, (2_000, 5_000), design=Design(5, 1)),
    "large-forests": Family(learners.large_forests, PUBLIC, (2_000, 5_000)),
    "values": Family(learners.value_forests, VALUES, (50, 100, 300)),
    "values-ten": Family(learners.value_forests, VALUES, (50, 100), design=Design(10, 2)),
    "closed-values": Family(learners.closed_values, VALUES, (50, 100, 300)),
    "closed-values-ten": Family(learners.closed_values, VALUES, (50, 100), design=Design(10, 2)),
    "groups": Family(learners.closed_forms, GROUPED, (50, 100, 300), n_test=5_000),
    "shipped": Family(learners.closed_forms, SHIPPED, (60, 120)),
}


def choose_design(n_rows: int) -> Design:
    """Choose folds and repeats for a number of labels; more repeats than are used are made for thousands of them."""
    if n_rows < 300:
        return Design(5, 4)
    return Design(10, 2)


def main(words: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("family", choices=FAMILIES)
    options.add_argument("--data", type=Path, help="folder of Parquet files with a column `target`")
    options.add_argument("--out", type=Path, required=True, help="folder of replicates")
    options.add_argument("--minutes", type=float, default=60.0)
    options.add_argument("--replicates", type=int, default=10**6, help="of every table and number of labels")
    options.add_argument("--first", type=int, default=0, help="index of the first replicate")
    options.add_argument("--share", default="0/1", help="0/2: the even replicates")
    arguments = options.parse_args(words)
    stop = time.monotonic() + 60 * arguments.minutes
    family, out = FAMILIES[arguments.family], arguments.out / arguments.family
    out.mkdir(parents=True, exist_ok=True)
    mine, shares = map(int, arguments.share.split("/"))
    with threadpool_limits(1):  # what runs side by side are shares
        for number, (table, n_labeled, index) in enumerate(_replicates(family, arguments)):
            path = out / f"{table}-{n_labeled}-{index:04d}.npz"
            if time.monotonic() > stop:
                break
            if number % shares == mine and not path.exists():
                _save(path, replicate(family, table, n_labeled, index, arguments.data))


def _replicates(family: Family, arguments: argparse.Namespace) -> Iterator[tuple[str, int, int]]:
    """Give every table and number of labels once, then all of them again with the next index."""
    indices = range(arguments.first, arguments.replicates)
    for index, n_labeled, name in itertools.product(indices, family.sizes, family.tables):
        table = read_table(name, arguments.data)
        n_classes = len(np.unique(table.y)) if table.y.dtype.kind in "iu" else 0
        enough_left = len(table.y) - n_labeled - N_UNLABELED >= min(n_labeled, 1_000)
        if n_labeled >= 2 * n_classes and enough_left:
            yield name, n_labeled, index


def replicate(family: Family, name: str, n_labeled: int, index: int, folder: Path | None = None) -> dict[str, Any]:
    """Make one replicate.

    Returns
    -------
    material : dict
        `models` names; `losses` of shape (n_models, n_losses, n_repeats, n_rows) on the labeled rows, each held out;
        `folds` of shape (n_repeats, n_rows); `test_losses` of shape (n_models, n_losses, n_test); the truth.
    """
    seed = seed_of(name, n_labeled, index) % 2**31
    n_unlabeled = N_UNLABELED if n_labeled < 2_000 else 1_000
    draw = draw_rows(read_table(name, folder), n_labeled, n_unlabeled, family.n_test, seed)
    design = family.design or choose_design(n_labeled)
    folds = np.stack([_deal(draw, design.n_folds, seed + repeat) for repeat in range(design.n_repeats)])
    models, losses = _held_out(family, draw, folds, seed)
    said = family.fit(draw.X, draw.y, draw.unlabeled, draw.n_classes, seed % 10**6)(draw.X_test)
    test_losses = np.stack([losses_of(said[model], draw.y_test) for model in models])
    return {
        "models": models,
        "losses": losses.astype(np.float32),
        "folds": folds.astype(np.int8),
        "test_losses": test_losses.astype(np.float32 if draw.n_classes == 0 else np.float16),
        "y": draw.y,
        "group": draw.group,
        "y_test": draw.y_test,
    }


def _deal(draw: Draw, n_folds: int, seed: int) -> NDArray[np.int64]:
    """Deal rows into folds: whole groups where there are groups, class by class where there are classes."""
    if (draw.group >= 0).any():
        groups = np.random.default_rng(seed).permutation(np.unique(draw.group))
        return np.argsort(groups)[np.searchsorted(np.unique(draw.group), draw.group)] % n_folds
    return deal_folds(draw.y if draw.n_classes else np.zeros(len(draw.y), np.int64), n_folds, seed)


def _held_out(family: Family, draw: Draw, folds: NDArray[np.int64], seed: int) -> tuple[list[str], NDArray[np.float64]]:
    models: list[str] = []
    losses = np.empty(0)
    for repeat, fold in enumerate(folds):
        for number in range(fold.max() + 1):
            out = fold == number
            own_seed = seed % 10**6 + 31 * repeat + number + 1
            said = family.fit(draw.X[~out], draw.y[~out], draw.unlabeled, draw.n_classes, own_seed)(draw.X[out])
            if not models:
                models = list(said)
                n_losses = len(losses_of(said[models[0]], draw.y[out]))
                losses = np.full((len(models), n_losses, *folds.shape), np.nan)
            for place, model in enumerate(models):
                losses[place][:, repeat, out] = losses_of(said[model], draw.y[out])
    return models, losses


def losses_of(said: NDArray[Any], truth: NDArray[Any]) -> NDArray[np.float64]:
    """Give the losses of every row: wrong, Brier and logarithmic for probabilities; squared and absolute for values."""
    if said.ndim == 1:
        return np.stack([(said - truth) ** 2, np.abs(said - truth)])
    n_classes = said.shape[1]
    mixed = (1 - SMALLEST_PROBABILITY) * said[np.arange(len(truth)), truth] + SMALLEST_PROBABILITY / n_classes
    brier = ((said - np.eye(n_classes)[truth]) ** 2).sum(axis=1)
    return np.stack([(said.argmax(axis=1) != truth).astype(float), brier, -np.log(mixed)])


def _save(path: Path, material: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(file, **material)
    part.replace(path)


if __name__ == "__main__":
    main()
