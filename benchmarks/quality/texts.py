"""Texts: two figures we hold ourselves to, SMS spam with labels drawn per class, and digits with 50 labels.

Takes  a folder with `sms_spam.parquet` (columns `text` and `target`); the digits ship with scikit-learn.
Gives  one line of a CSV file for every task, seed and method; and the mean accuracy of each method, losses included.

SMS spam: 25 ham and 25 spam have a label, 2 000 messages as they come (13 % spam) are unlabeled, 1 500 others are the
test. The columns are 64 dimensions of TF-IDF, learnt on labeled and unlabeled messages together. Digits: 50 labels,
drawn at random, 30 % of the images are the test; the base is
the library's logistic regression on standardised pixels.

    python benchmarks/quality/texts.py --data FOLDER --seeds 5 --first-seed 200 --out results.csv
"""

import argparse
import csv
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

from pseudolabel import PseudoLabelClassifier
from pseudolabel.learning.prior import prior_factors, with_prior
from pseudolabel.learning.shares import estimate_shares

LABELS_OF_A_CLASS = 25
UNLABELED_MESSAGES = 2_000
TEST_MESSAGES = 1_500
DIMENSIONS = 64
LABELED_DIGITS = 50
FIELDS = ("task", "seed", "method", "labeled", "unlabeled", "test", "accuracy")

Split = dict[str, np.ndarray]
"""X, y (-1 where unlabeled), truth, X_test, y_test."""


def spam_split(messages: pd.DataFrame, seed: int) -> Split:
    """Draw 25 labels of each class and unlabeled messages as they come; words become 64 numbers."""
    text, truth = messages["text"].to_numpy(), (messages["target"] == "spam").to_numpy().astype(int)
    order = np.random.default_rng(seed).permutation(len(truth))
    test, rest = order[:TEST_MESSAGES], order[TEST_MESSAGES:]
    labeled = np.concatenate([rest[truth[rest] == code][:LABELS_OF_A_CLASS] for code in (0, 1)])
    unlabeled = rest[~np.isin(rest, labeled)][:UNLABELED_MESSAGES]
    train = np.concatenate([labeled, unlabeled])
    words = TfidfVectorizer(sublinear_tf=True, min_df=2)
    reduced = TruncatedSVD(DIMENSIONS, random_state=0)
    X = reduced.fit_transform(words.fit_transform(text[train]))
    X_test = reduced.transform(words.transform(text[test]))
    y = np.where(np.arange(len(train)) < len(labeled), truth[train], -1)
    return {"X": X, "y": y, "truth": truth[train], "X_test": X_test, "y_test": truth[test]}


def digits_split(seed: int) -> Split:
    """Draw 50 labels from 70 % of the images."""
    X, codes = load_digits(return_X_y=True)
    train, test = train_test_split(np.arange(len(codes)), test_size=0.3, stratify=codes, random_state=seed)
    truth = codes[train]
    y = np.where(np.random.default_rng(seed).permutation(len(train)) < LABELED_DIGITS, truth, -1)
    return {"X": X[train], "y": y, "truth": truth, "X_test": X[test], "y_test": codes[test]}


def spam_methods(split: Split, seed: int) -> Iterator[tuple[str, np.ndarray]]:
    """Give every method's classes of the test messages."""
    X, y, X_test = split["X"], split["y"], split["X_test"]
    given = y >= 0
    counts = np.bincount(y[given])
    model = PseudoLabelClassifier(random_state=seed).fit(X, y)
    auto, forest = model.predict_proba(X_test), model.predict_proba_labels_only(X_test)
    yield "labels-only forest", forest.argmax(axis=1)
    yield "labels-only logistic regression", LogisticRegression(max_iter=2000).fit(X[given], y[given]).predict(X_test)
    yield "auto", auto.argmax(axis=1)
    true = np.bincount(split["truth"][~given]) / (~given).sum()
    estimated = estimate_shares(X[given], y[given], X[~given], len(counts))
    for name, known, asked in (("true shares", true, true), ("estimated shares", estimated, "estimate")):
        for kind in ("balanced", "bold"):
            told = PseudoLabelClassifier(class_prior=asked, mixture=kind, random_state=seed).fit(X, y)
            yield f"auto, {kind}, {name}", told.predict(X_test)
        moved = with_prior(forest, prior_factors(known, np.arange(len(counts)), counts))
        yield f"labels-only forest, {name}", moved.argmax(axis=1)


def digits_methods(split: Split, seed: int) -> Iterator[tuple[str, np.ndarray]]:
    """Give every method's classes of the test images; the base is our logistic regression."""
    X, y, X_test = split["X"], split["y"], split["X_test"]
    ways: dict[str, dict[str, Any]] = {
        "one-shot": {"method": "one-shot"},
        "self-training 0.75": {"method": "self-training", "max_iter": None},
        "self-training 0.9": {"method": "self-training", "threshold": 0.9, "max_iter": None},
        "curriculum": {"method": "curriculum"},
        "auto, base given": {},
        "auto, base given, bold": {"mixture": "bold"},
        "auto (of a forest)": {"estimator": None},
    }
    base = PseudoLabelClassifier("logistic", method="one-shot", random_state=seed).fit(X, y)
    yield "labels-only logistic regression", base.classes_[base.predict_proba_labels_only(X_test).argmax(axis=1)]
    for name, parameters in ways.items():
        model = PseudoLabelClassifier(**({"estimator": "logistic"} | parameters), random_state=seed).fit(X, y)
        yield name, model.predict(X_test)


def measure(task: str, split: Split, methods: Iterator[tuple[str, np.ndarray]], seed: int) -> list[dict[str, Any]]:
    """Score every method on one split."""
    n_labeled = int((split["y"] >= 0).sum())
    sizes = {"labeled": n_labeled, "unlabeled": len(split["y"]) - n_labeled, "test": len(split["y_test"])}
    return [
        {"task": task, "seed": seed, "method": method} | sizes | {"accuracy": accuracy_score(split["y_test"], told)}
        for method, told in methods
    ]


def summarise(results: pd.DataFrame) -> pd.DataFrame:
    """Give one line a method: its accuracy, its gain over the first method of the task, and the worst seed's."""
    table = 100 * results.pivot_table(index=["task", "method"], columns="seed", values="accuracy", sort=False)
    gains = table - table.groupby("task").transform("first")
    return pd.DataFrame(
        {
            "accuracy": table.mean(axis=1).map("{:.1f}".format),
            "gain": gains.mean(axis=1).map("{:+.1f}".format),
            "standard error": (gains.std(axis=1) / np.sqrt(gains.shape[1])).map("{:.1f}".format),
            "worst seed": gains.min(axis=1).map("{:+.1f}".format),
            "seeds better": (gains > 0).mean(axis=1).map("{:.0%}".format),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with sms_spam.parquet")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("results.csv"))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")

    messages = pd.read_parquet(arguments.data / "sms_spam.parquet")
    lines: list[dict[str, Any]] = []
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
            spam, digits = spam_split(messages, seed), digits_split(seed)
            measured = measure("sms spam", spam, spam_methods(spam, seed), seed)
            measured += measure("digits", digits, digits_methods(digits, seed), seed)
            writer.writerows(measured)
            file.flush()
            lines += measured
    print(f"{arguments.seeds} seeds; gain in points of accuracy over the first line of each task.\n")
    print(summarise(pd.DataFrame(lines)).to_string())


if __name__ == "__main__":
    main()
