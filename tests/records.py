"""Records of runs that never ran: what the report, the card, the terminal and the displays are drawn from in tests.

Each is whole, has the shape of a real `record.json`, and gives the same numbers every time.
"""

from copy import deepcopy
from string import ascii_uppercase
from typing import Any

import numpy as np

Record = dict[str, Any]

LETTERS = tuple(ascii_uppercase)
COMMITTEE = {"boosting": 0.08, "forest": 0.17, "graph": 0.2, "kernel": 0.31, "linear": 0.24}
UNITS = {"accuracy": 1.0, "balanced_accuracy": 1.0, "brier": 1.0, "log_loss": 1.0}


def small_record(**changes: Any) -> Record:
    """Give the record of a run on two classes that says "helps"; `changes` replace its entries."""
    record = frame(("B", "M"), given=(100, 59), suggested=(7600, 4579), label="diagnosis", file="cells.csv") | {
        "verdict": verdict_of(
            "helps",
            "probabilities",
            difference=0.028,
            interval=[-0.002, 0.058],
            unlabeled=comparison_of("cannot_tell", "undecided", difference=0.006, interval=[-0.014, 0.026]),
        ),
        "metrics": metrics_of(
            [class_row("B", 100, 0.961, 0.972), class_row("M", 59, 0.85, 0.92)],
            labels_only={"accuracy": 0.929, "balanced_accuracy": 0.906, "brier": 0.097, "log_loss": 0.182},
            without_unlabeled={"accuracy": 0.951, "balanced_accuracy": 0.941, "brier": 0.071, "log_loss": 0.139},
            pseudo_labeled={"accuracy": 0.957, "balanced_accuracy": 0.946, "brier": 0.066, "log_loss": 0.128},
        ),
        "acceptance": promised(),
    }
    return record | changes


def letters_record(**changes: Any) -> Record:
    """Give the record of a run on 26 classes with few labels each: alarms, classes too small to speak of, a shift."""
    random = np.random.default_rng(0)
    given = tuple(random.integers(1, 40, 26).tolist())
    suggested = tuple(random.integers(250, 900, 26).tolist())
    rows = []
    for name, counted in zip(LETTERS, given, strict=True):
        if counted > 1:
            before = random.uniform(0.45, 0.9)
            rows.append(class_row(name, counted, before, min(0.99, before + random.normal(0.04, 0.06))))
    rows[3] |= {"recall_pseudo_labeled": rows[3]["recall_labels_only"] - 0.18, "alarm": True}
    alarm = {"class": rows[3]["class"], "difference": -0.18, "rows": rows[3]["rows"]}
    record = frame(LETTERS, given, suggested, label="letter", file="letter-recognition.csv") | {
        "verdict": verdict_of(
            "helps",
            "accuracy",
            sentence="Pseudo-labels help here: accuracy rises by about 4.6 points (90 % interval +1.6 to +7.6).",
            difference=0.046,
            interval=[0.016, 0.076],
            n_labeled=sum(given),
            alarms=[alarm],
            look=3,
            level=0.0042,
            history=[
                {"look": 1, "n_labeled": 120, "code": "cannot_tell"},
                {"look": 2, "n_labeled": 260, "code": "cannot_tell"},
            ],
            unlabeled=comparison_of(
                "helps", "probabilities", difference=0.017, interval=[-0.003, 0.037], n_labeled=sum(given)
            ),
        ),
        "metrics": metrics_of(
            rows,
            labels_only={"accuracy": 0.691, "balanced_accuracy": 0.672, "brier": 0.451, "log_loss": 1.214},
            without_unlabeled={"accuracy": 0.72, "balanced_accuracy": 0.703, "brier": 0.402, "log_loss": 1.043},
            pseudo_labeled={"accuracy": 0.737, "balanced_accuracy": 0.716, "brier": 0.381, "log_loss": 0.982},
            not_scored={"rows": given.count(1), "classes": [n for n, c in zip(LETTERS, given, strict=True) if c == 1]},
            folds=10,
            scored_rows=sum(given) - given.count(1),
        ),
        "acceptance": unpromised(sum(given), sum(suggested)),
        "shift": shift_of(),
        "novelty": novelty_of(sum(suggested)),
    }
    return record | changes


def vetoed_record(**changes: Any) -> Record:
    """Give the record of a run whose pseudo-labels harmed, so that the labels-only model was kept."""
    record = small_record()
    sentence = (
        "Pseudo-labels harm here: accuracy falls by about 2.8 points (90 % interval -5.8 to +0.2) and the Brier "
        "score rises by 0.031, on 159 labeled rows neither model had seen."
    )
    verdict = verdict_of("harms", "probabilities", difference=-0.028, interval=[-0.058, 0.002], vetoed=True) | {
        "sentence": sentence,
        "advice": "The suggestions in the table are those of the labels alone.",
        "unlabeled": comparison_of("harms", "accuracy", difference=-0.022, interval=[-0.042, -0.002]),
        "alarms": [{"class": "M", "difference": -0.12, "rows": 59}],
    }
    better, worse = record["metrics"]["pseudo_labeled"], record["metrics"]["labels_only"]
    metrics = metrics_of(
        [class_row("B", 100, 0.972, 0.961), class_row("M", 59, 0.92, 0.80, alarm=True)],
        labels_only=better,
        without_unlabeled=record["metrics"]["without_unlabeled"],
        pseudo_labeled=worse,
    )
    return record | {"verdict": verdict, "metrics": metrics} | changes


def unproven_record(**changes: Any) -> Record:
    """Give the record of a run with too few labels for any comparison."""
    record = frame(("B", "M"), given=(6, 5), suggested=(80, 60), label="diagnosis", file="cells.csv")
    nothing = {"difference": None, "interval": None, "detectable": None, "n_labeled": 11}
    verdict = verdict_of("cannot_tell", "too_few_labels", **nothing) | {
        "sentence": "Nobody can tell from 11 labeled rows whether pseudo-labels helped.",
        "advice": "Label at least 9 more rows.",
        "unlabeled": comparison_of("cannot_tell", "too_few_labels", **nothing),
    }
    record["acceptance"] = unpromised(11, 140) | {
        "reason": "too_few_labels",
        "curve": [],
        "sentence": "Cannot promise 95 %: 11 labeled rows are fewer than the 45 right ones that are needed.",
    }
    for name in ("shift", "novelty"):
        record[name] |= {"code": "does_not_apply", "reason": "11 labeled rows are too few to compare with."}
    record["shift"] |= {"auc": None, "auc_interval": None, "p_value": None, "columns": []}
    return record | {"verdict": verdict, "metrics": None} | changes


def numbers_record(**changes: Any) -> Record:
    """Give the record of a run that predicts numbers and cannot tell."""
    record = frame(("x",), given=(111,), suggested=(331,), label="price", file="houses.csv")
    for of_classes in ("classes", "confidence", "shares", "doubtful"):
        del record[of_classes]
    described = {"mean": 161.2, "standard_deviation": 83.4, "minimum": -25.0, "median": 148.0, "maximum": 1346.0}
    record["verdict"] = verdict_of(
        "cannot_tell",
        "undecided",
        measure="rmse",
        sentence="These labels cannot tell: the typical error falls by 2.0 % (90 % interval -5.0 to +1.0).",
        advice="With 111 labels only a difference of about 4 % or more would show.",
        difference=-1.0,
        interval=[-2.5, 0.5],
        n_labeled=111,
        detectable=2.2,
        unlabeled=comparison_of(
            "cannot_tell", "undecided", measure="rmse", difference=0.2, interval=[-0.9, 1.3], n_labeled=111
        ),
    )
    record["learning"] = {
        "task": "regression",
        "method": "auto",
        "n_rounds": 1,
        "termination_condition": "all_labeled",
        "members": [{"name": "forest", "weight": 0.4, "rmse": 51.0}, {"name": "linear", "weight": 0.6, "rmse": 48.75}],
        "left_out": [],
        "mixture": [{"name": "student", "share": 0.5}, {"name": "committee", "share": 0.5}],
    }
    edges = np.linspace(-25, 1346, 21).round(2).tolist()
    middles = np.linspace(0, 1, 20)
    record |= {
        "task": {"name": "regression", "reason": "'price' holds 93 different numbers, with decimals."},
        "counts": {"rows": 442, "given": 111, "suggested": 331, "none": 0},
        "target": {
            "given": {"count": 111} | described,
            "suggested": {"count": 331} | described | {"standard_deviation": 49.7},
            "histogram": {
                "edges": edges,
                "given": (30 * np.exp(-(((middles - 0.15) / 0.15) ** 2))).astype(int).tolist(),
                "suggested": (120 * np.exp(-(((middles - 0.15) / 0.09) ** 2))).astype(int).tolist(),
            },
        },
        "interval_width": {
            "level": 0.9,
            "median": 211.0,
            "edges": [0.0, 100.0, 200.0, 300.0],
            "counts": [31, 120, 180],
        },
        "metrics": {
            **design_of(scored_rows=111),
            "labels_only": {"rmse": 50.0, "mae": 40.0},
            "without_unlabeled": {"rmse": 48.8, "mae": 39.0},
            "pseudo_labeled": {"rmse": 49.0, "mae": 41.0},
            "difference": {"rmse": -1.0, "mae": 1.0},
            "interval": {"rmse": [-2.5, 0.5], "mae": [-2.0, 4.0]},
            "unlabeled": {
                "difference": {"rmse": 0.2, "mae": 2.0},
                "interval": {"rmse": [-0.9, 1.3], "mae": [-0.5, 4.5]},
            },
            "coverage": {"level": 0.9, "share": 0.883, "mean_width": 212.5},
        },
        "acceptance": None,
        "table": {
            "file": "labeled.parquet",
            "columns": {"pseudo_label": "pseudo_label", "lower": "lower", "upper": "their_upper", "source": "source"},
        },
    }
    return record | changes


def frame(
    classes: tuple[str, ...], given: tuple[int, ...], suggested: tuple[int, ...], label: str, file: str
) -> Record:
    """Give what a record holds beside verdict, metrics and acceptance."""
    n_given, n_suggested = sum(given), sum(suggested)
    bins = (n_suggested * np.linspace(0, 1, 20) ** 3 / 5.3).astype(int)
    bins[-1] += n_suggested - bins.sum()
    labeled, pseudo = np.array(given) / n_given, np.array(suggested) / n_suggested
    estimated = (0.3 * labeled + 0.7 * pseudo).round(4)
    return {
        "pseudolabel": "0.1.0",
        "format": 2,
        "settings": {
            "label": label,
            "id": "id",
            "method": "auto",
            "evidence": "standard",
            "precision": 0.95,
            "seed": 0,
            "unlabeled_markers": ["?"],
            "probabilities": False,
        },
        "versions": {"python": "3.11.7", "scikit-learn": "1.9.1"},
        "inputs": [
            {"name": file, "role": "data", "rows": n_given + n_suggested, "bytes": 84321, "sha256": "c0ffee" * 10}
        ],
        "columns": {
            "label": label,
            "id": "id",
            "features": [{"name": f"{kind} {part}", "kind": "number"} for kind in ("mean", "worst") for part in PARTS],
            "left_out": [
                {"name": "id", "reason": "identifier: named by --id"},
                {"name": "unit", "reason": "constant: every cell is 'mm'"},
            ],
        },
        "task": {"name": "classification", "reason": f"'{label}' holds text."},
        "classes": list(classes),
        "counts": {
            "rows": n_given + n_suggested + 7,
            "given": n_given,
            "suggested": n_suggested,
            "none": 7,
            "given_per_class": dict(zip(classes, given, strict=True)),
            "suggested_per_class": dict(zip(classes, suggested, strict=True)),
        },
        "shares": {
            "labeled": dict(zip(classes, labeled.tolist(), strict=True)),
            "estimated": dict(zip(classes, estimated.tolist(), strict=True)),
            "used": None,
        },
        "confidence": {
            "edges": np.linspace(1 / max(len(classes), 2), 1, 21).round(4).tolist(),
            "counts": bins.tolist(),
        },
        "learning": learning_of(classes),
        "doubtful": [doubtful_row(classes, number, file) for number in range(5)],
        "shift": shift_of("no_shift", auc=0.52, columns=[]),
        "novelty": novelty_of(n_suggested, "none"),
        "findings": [
            {
                "code": "constant-column",
                "title": "Columns with a single value were left out",
                "detail": "'unit' (every cell is 'mm')",
            }
        ],
        "table": {
            "file": "labeled.csv",
            "columns": {"pseudo_label": "pseudo_label", "confidence": "confidence", "source": "source"},
        },
    }


PARTS = ("radius", "texture", "perimeter", "area", "smoothness")


def learning_of(classes: tuple[str, ...]) -> Record:
    per_class = [{"class": name, "rows": 300, "share": 0.25 if name in ("M", "Q") else 0.0} for name in classes]
    return {
        "task": "classification",
        "method": "auto",
        "n_rounds": 1,
        "termination_condition": "all_labeled",
        "members": [
            {"name": name, "weight": weight, "temperature": 1.5, "brier": 0.3 - weight / 2}
            for name, weight in COMMITTEE.items()
        ],
        "left_out": [{"name": "naive bayes", "reason": "it was not asked for"}],
        "mixture": [{"name": "labels only", "share": 0.5}, {"name": "student", "share": 0.5}],
        "disagreement": {"rows": 10000, "share": 0.1, "per_class": per_class},
    }


def doubtful_row(classes: tuple[str, ...], number: int, file: str) -> Record:
    label, other = classes[-1 - number % len(classes)], classes[number % len(classes)]
    return {
        "row": 5 + number,
        "place": f"{file}, line {7 + number}",
        "label": label,
        "probability": 0.52,
        "runner_up": other,
        "runner_up_probability": 0.47,
        "labels_only": {"label": other, "probability": 0.6},
        "members": [
            {"name": name, "label": label if name in ("kernel", "graph") else other, "probability": 0.6}
            for name in COMMITTEE
        ],
        "nearest": [
            {"row": 11, "place": f"{file}, line 13", "label": other, "distance": 0.4},
            {"row": 12, "place": f"{file}, line 14", "label": label, "distance": 0.5},
        ],
    }


def comparison_of(code: str, reason: str, **changes: Any) -> Record:
    """Give the fields that both comparisons of a verdict have."""
    words = {"helps": "The unlabeled rows help", "harms": "The unlabeled rows harm", "cannot_tell": "Nobody can tell"}
    comparison = {
        "code": code,
        "reason": reason,
        "sentence": f"{words[code]}: the same procedure was made without them and scored on the same labeled rows.",
        "advice": "With this many labels only a difference of about 3.2 points or more would show.",
        "measure": "accuracy",
        "difference": 0.0,
        "interval": [0.0, 0.0],
        "n_labeled": 159,
        "detectable": 0.032,
    }
    return comparison | changes


def verdict_of(code: str, reason: str, **changes: Any) -> Record:
    """Give a verdict at its first look; "helps" with the sentence such a verdict has."""
    sentence = (
        "Pseudo-labels help here: accuracy rises by about 2.8 points (90 % interval -0.2 to +5.8) and the Brier "
        "score falls by 0.031, on labeled rows neither model had seen. Decided by the probabilities."
    )
    verdict = comparison_of(code, reason) | {"level": 0.025, "look": 1, "history": [], "vetoed": False, "alarms": []}
    if code == "helps":
        verdict |= {"sentence": sentence, "advice": "A rule like this is wrong in at most 5 of 100 cases."}
    return verdict | {"unlabeled": comparison_of("cannot_tell", "undecided")} | changes


def design_of(**changes: Any) -> Record:
    return {"design": "folds", "scored_rows": 159, "folds": 5, "repeats": 4, "level": 0.9} | changes


def class_row(name: str, rows: int, before: float, after: float, **changes: Any) -> Record:
    row = {
        "class": name,
        "rows": rows,
        "recall_labels_only": round(before, 4),
        "recall_pseudo_labeled": round(after, 4),
        "precision_labels_only": round(max(0.0, before - 0.02), 4),
        "precision_pseudo_labeled": round(min(1.0, after + 0.01), 4),
        "detectable": round(0.6 / rows**0.5, 4) if rows >= 5 else None,
        "alarm": False,
    }
    return row | changes


def metrics_of(per_class: list[Record], **changes: Any) -> Record:
    """Give metrics whose differences follow from the measures of the three models."""
    metrics = {**design_of(), "per_class": per_class, "not_scored": {"rows": 0, "classes": []}} | changes
    after = metrics["pseudo_labeled"]
    metrics |= differences(after, metrics["labels_only"], 0.03)
    metrics["unlabeled"] = differences(after, metrics["without_unlabeled"], 0.02)
    metrics["reliability"] = reliability()
    return metrics | {key: changes[key] for key in ("difference", "interval", "reliability") if key in changes}


def differences(after: Record, before: Record, half_width: float) -> Record:
    difference = {name: round(after[name] - before[name], 4) for name in UNITS}
    return {
        "difference": difference,
        "interval": {
            name: [round(value - half_width, 4), round(value + half_width, 4)] for name, value in difference.items()
        },
    }


def reliability() -> Record:
    return {
        "edges": [round(0.1 * edge, 1) for edge in range(11)],
        "rows": [0, 0, 0, 0, 0, 21, 34, 52, 96, 433],
        "confidence": [None] * 5 + [0.55, 0.66, 0.76, 0.86, 0.975],
        "right": [None] * 5 + [0.571, 0.618, 0.788, 0.896, 0.993],
    }


def curve() -> list[Record]:
    """Give a curve from strict to loose whose last levels keep no promise."""
    coverage = np.linspace(0.1, 1, 24)
    precision = 1 - 0.062 * coverage**3.2
    lower = precision - 0.012 - 0.03 * (1 - coverage)
    return [
        {
            "level": round(1 - 0.45 * share**2.5, 4),
            "rows": round(159 * share),
            "coverage": round(share, 4),
            "precision": round(exact, 4),
            "lower": round(low, 4),
        }
        for share, exact, low in zip(coverage.tolist(), precision.tolist(), lower.tolist(), strict=True)
    ]


def promised() -> Record:
    return {
        "reason": "promised",
        "sentence": (
            "Accepted 9,010 of 12,179 rows at level 0.83: at least 95 % right with 90 % confidence, if these rows come "
            "from where the labels came from. Holds for all classes together, not for each."
        ),
        "precision": 0.95,
        "confidence": 0.9,
        "per_class": False,
        "level": 0.83,
        "accepted": 9010,
        "unlabeled": 12179,
        "coverage": 0.7398,
        "coverage_interval": [0.733, 0.7463],
        "observed": {"rows": 121, "right": 119, "precision": 0.9835, "interval": [0.956, 0.996]},
        "needed": 77,
        "curve": curve(),
        "classes": None,
    }


def unpromised(n_labeled: int, n_unlabeled: int) -> Record:
    worse = [point | {"precision": point["precision"] - 0.08, "lower": point["lower"] - 0.09} for point in curve()]
    return promised() | {
        "reason": "not_met",
        "sentence": (
            f"Cannot promise 95 %: of {n_labeled} labeled rows too few are right at any level. 45 accepted rows, all "
            "right, are needed (77 with one error); nothing was accepted."
        ),
        "level": None,
        "accepted": 0,
        "unlabeled": n_unlabeled,
        "coverage": 0.0,
        "coverage_interval": [0.0, 0.0003],
        "observed": None,
        "needed": 45,
        "curve": worse,
    }


def per_class_promise(classes: tuple[str, ...]) -> Record:
    """Give an acceptance that promises class by class, to the first of them only."""
    return promised() | {
        "per_class": True,
        "level": None,
        "classes": [
            {"class": name, "level": None, "accepted": 0, "needed": 67}
            if number
            else {"class": name, "level": 0.91, "accepted": 310, "needed": 67}
            for number, name in enumerate(classes)
        ],
    }


def shift_of(code: str = "shift", auc: float = 0.71, columns: list[Record] | None = None) -> Record:
    differing = [
        {"name": "worst area", "statistic": 0.41, "p_value": 0.0001},
        {"name": "mean texture", "statistic": 0.22, "p_value": 0.0031},
    ]
    return {
        "code": code,
        "reason": "a forest tells labeled from unlabeled rows apart" if code == "shift" else "nothing tells them apart",
        "auc": auc,
        "auc_interval": [round(auc - 0.04, 4), round(auc + 0.04, 4)],
        "p_value": 0.001 if code == "shift" else 0.31,
        "level": 0.01,
        "n_labeled": 159,
        "n_unlabeled": 4000,
        "columns": differing if columns is None else columns,
    }


def novelty_of(checked: int, code: str = "novel") -> Record:
    novel = code == "novel"
    examples = [{"row": 40 + number, "place": f"letters.csv, line {42 + number}"} for number in range(4)]
    return {
        "code": code,
        "reason": "more rows than chance allows are far from every labeled row" if novel else "as many as by chance",
        "rows": round(0.031 * checked) if novel else 3,
        "share": 0.031 if novel else 0.0004,
        "checked": checked,
        "level": 0.01,
        "examples": examples if novel else [],
    }


ALL = {
    "small": small_record,
    "letters": letters_record,
    "vetoed": vetoed_record,
    "unproven": unproven_record,
    "numbers": numbers_record,
}
"""Every kind of record, by name."""


def without(record: Record, *path: str) -> Record:
    """Give a copy of a record that lacks one entry."""
    copy = deepcopy(record)
    *above, last = path
    holder = copy
    for key in above:
        holder = holder[key]
    del holder[last]
    return copy
