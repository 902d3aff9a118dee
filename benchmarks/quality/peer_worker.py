"""Peer worker: one peer, one split. Runs in the environment of the peers; imports nothing of ours.

    python peer_worker.py METHOD SPLIT.npz ANSWER.npz SEED SECONDS

Takes  matrices with gaps (`X`, `X_test`) and without (`scaled`, `scaled_test`), and `y` with -1 where unlabeled.
Gives  `test`, the probabilities of the classes; `unlabeled`, class codes; `seconds`, of learning and predicting.
"""

import logging
import sys
import time
import warnings

import numpy as np

TRI_TREES = 100
"""Of each of the three forests: as many as the base has."""


def fitted_sslearn(name, split, seed):
    """Fit a wrapper of sslearn, which takes -1 for unlabeled as scikit-learn does."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sslearn.wrapper import CoForest, DemocraticCoLearning, TriTraining

    forest = RandomForestClassifier(TRI_TREES, random_state=seed)
    make = {
        "sslearn-tri-training-rf": lambda: TriTraining(base_estimator=forest, random_state=seed),
        "sslearn-co-forest": lambda: CoForest(random_state=seed),
        "sslearn-democratic": lambda: DemocraticCoLearning(
            base_estimator=[forest, LogisticRegression(max_iter=1_000), KNeighborsClassifier(3)], random_state=seed
        ),
    }
    model = make[name]()
    start = time.perf_counter()
    return model.fit(split["scaled"], split["y"]), start


def answer_sslearn(name, split, seed, seconds):
    model, start = fitted_sslearn(name, split, seed)
    n_classes = split["y"].max() + 1
    test, unlabeled = np.zeros((len(split["X_test"]), n_classes)), split["y"] < 0
    test[:, np.asarray(model.classes_, dtype=int)] = model.predict_proba(split["scaled_test"])
    codes = model.predict(split["scaled"][unlabeled])
    return test, codes, time.perf_counter() - start


def answer_autogluon(name, split, seed, seconds):
    """Fit AutoGluon on the labeled rows; with fit_pseudolabel, half of the time goes to each of its two steps."""
    import pandas as pd
    from autogluon.tabular import TabularPredictor

    frames = {key: pd.DataFrame(split[key]).add_prefix("x") for key in ("X", "X_test")}
    given = split["y"] >= 0
    labeled, unlabeled = frames["X"][given].assign(target=split["y"][given]), frames["X"][~given]
    with_pseudo_labels = name == "autogluon-pseudolabel"
    limit = seconds / 2 if with_pseudo_labels else seconds
    np.random.seed(seed)  # AutoGluon sets fixed seeds for its models and draws some of its folds from this one
    start = time.perf_counter()
    predictor = TabularPredictor("target", path="autogluon", verbosity=0)
    presets = "best_quality" if name == "autogluon-best" else "medium_quality"
    predictor.fit(labeled, presets=presets, time_limit=limit, num_cpus=1)
    if with_pseudo_labels:
        predictor.fit_pseudolabel(unlabeled, time_limit=limit, num_cpus=1)
    probabilities = predictor.predict_proba(frames["X_test"])
    test = np.zeros((len(probabilities), split["y"].max() + 1))
    test[:, probabilities.columns.astype(int)] = probabilities.to_numpy()
    return test, predictor.predict(unlabeled).to_numpy(), time.perf_counter() - start


def main():
    name, rows, answer, seed, seconds = sys.argv[1:]
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with np.load(rows) as loaded:
        split = dict(loaded)
    run = answer_sslearn if name.startswith("sslearn-") else answer_autogluon
    test, unlabeled, spent = run(name, split, int(seed), float(seconds))
    np.savez(answer, test=test, unlabeled=unlabeled, seconds=spent)


if __name__ == "__main__":
    main()
