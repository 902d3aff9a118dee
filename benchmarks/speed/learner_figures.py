"""Learner figures: ours beside scikit-learn and beside the least there is, on rows in memory and one thread.

Takes  a Setting.
Gives  rows of the table.

Speed is worth nothing without what it was paid with, so test accuracy, rows labeled and their precision stand beside
every ratio. Where ours uses fewer bins than the library, the peer is measured with exactly these as well.

Before this: figure.py, pairs.py. After this: figures.py.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from figure import Row, Setting, million
from pairs import Run, in_rounds, median, ratio, spread

EQUAL_ACCURACY = 0.003
"""Ours may be this much less accurate on test rows, and still count as equal."""

Rounds = Sequence[dict[str, Run]]


def against_scikit_learn(setting: Setting) -> Iterator[Row]:
    """Measure `SelfTrainingClassifier`, with few and with its default number of rounds, beside ours."""
    base = {"base": "xgb", "trees": setting.trees(100)}
    most = setting.rows(1_000_000)
    for n_full, reach in setting.sizes((200_000, 4.0), (1_000_000, 12.0)):
        n_unlabeled = setting.rows(n_full)
        contend = partial(_contend, setting, n_unlabeled, most)
        measurements = {
            "ours": contend("ours", **base),
            "3 rounds": contend("scikit_learn", **base, max_iter=3),
            "10 rounds": contend("scikit_learn", **base, max_iter=10),
        }
        bins = _our_bins(measurements["ours"])
        if bins is not None:
            measurements[f"3 rounds, {bins} bins"] = contend("scikit_learn", **base, max_iter=3, bins=bins)
        rounds = in_rounds(measurements, setting.n_pairs)
        for peer in list(measurements)[1:]:
            times = ratio(rounds, peer, "ours")
            equal = median(rounds, "ours", "accuracy") >= median(rounds, peer, "accuracy") - EQUAL_ACCURACY
            yield Row(
                f"CPU of `SelfTrainingClassifier` ({peer}) / ours, xgb, L = {million(setting.labeled())}, "
                f"U = {million(n_unlabeled)}",
                f">= {reach:g}, accuracy not {EQUAL_ACCURACY} lower",
                str(times),
                times.median >= reach and equal,
                f"{_costs(rounds, peer)}; ours {_costs(rounds, 'ours')}. {_quality(rounds, peer)}; "
                f"ours {_quality(rounds, 'ours')}. Wall {ratio(rounds, peer, 'ours', 'wall')}.",
                rounds,
            )


def over_the_lower_bound(setting: Setting) -> Iterator[Row]:
    """Measure ours beside one fit, one scoring, one fit."""
    base = {"base": "xgb", "trees": setting.trees(100)}
    most = setting.rows(1_000_000)
    for n_full, reach in setting.sizes((50_000, 1.5), (1_000_000, 1.15)):
        n_unlabeled = setting.rows(n_full)
        contend = partial(_contend, setting, n_unlabeled, most)
        measurements = {"ours": contend("ours", **base), "bound": contend("lower_bound", **base)}
        bins = _our_bins(measurements["ours"])
        if bins is not None:
            measurements[f"bound, {bins} bins"] = contend("lower_bound", **base, bins=bins)
        rounds = in_rounds(measurements, setting.n_pairs)
        for bound in list(measurements)[1:]:
            times = ratio(rounds, "ours", bound)
            yield Row(
                f"CPU of ours / lower {bound}, xgb, U = {million(n_unlabeled)}",
                f"<= {reach:g}",
                str(times),
                times.median <= reach,
                f"{_costs(rounds, bound)}; ours {_costs(rounds, 'ours')}. {_quality(rounds, bound)}; "
                f"ours {_quality(rounds, 'ours')}.",
                rounds,
            )


def per_further_row(setting: Setting) -> Iterator[Row]:
    """Measure what a further unlabeled row costs, beside its raw `predict_proba`, in memory."""
    fewer, more = setting.rows(100_000), setting.rows(2_000_000)
    bases: tuple[tuple[dict[str, Any], str, float], ...] = (
        ({"base": "xgb", "trees": setting.trees(300)}, f"xgb, {setting.trees(300)} trees", 1.05),
        ({"base": "logistic"}, "logistic regression", 2.5),
    )
    for base, name, reach in bases:
        rounds = in_rounds(
            {
                "fewer rows": _contend(setting, fewer, more, "ours", **base),
                "more rows": _contend(setting, more, more, "ours", **base),
                "raw": _contend(setting, more, more, "raw_scores", **base, skip=fewer),
            },
            setting.n_pairs,
        )
        further = [one["more rows"]["cpu"] - one["fewer rows"]["cpu"] for one in rounds]
        times = spread(cpu / one["raw"]["cpu"] for cpu, one in zip(further, rounds, strict=True))
        micros = 1e6 / (more - fewer)
        yield Row(
            f"CPU per further unlabeled row / raw `predict_proba`, in memory, {name}",
            f"<= {reach:g}",
            str(times),
            times.median <= reach,
            f"{spread(further).median * micros:.2f} µs a row from {million(fewer)} to {million(more)} rows, "
            f"raw {median(rounds, 'raw', 'cpu') * micros:.2f} µs.",
            rounds,
        )


def same_rule(setting: Setting) -> Iterator[Row]:
    """Measure scikit-learn's rule in ours beside scikit-learn, label for label."""
    base = {"base": "logistic", "max_iter": 10}
    n_unlabeled = setting.rows(1_000_000)
    contend = partial(_contend, setting, n_unlabeled, n_unlabeled)
    rounds = in_rounds(
        {"scikit-learn": contend("scikit_learn", **base), "ours": contend("our_self_training", **base)}, setting.n_pairs
    )
    times = ratio(rounds, "scikit-learn", "ours")
    identical = all(one["scikit-learn"]["digest"] == one["ours"]["digest"] for one in rounds)
    yield Row(
        f'CPU of `SelfTrainingClassifier` / `method="self-training"`, logistic, U = {million(n_unlabeled)}',
        ">= 1, labels identical",
        f"{times}, labels {'identical' if identical else 'DIFFER'}",
        times.median >= 1 and identical,
        f"{_costs(rounds, 'scikit-learn')}; ours {_costs(rounds, 'ours')}. {_quality(rounds, 'ours')}.",
        rounds,
    )


def _contend(setting: Setting, n_unlabeled: int, most: int, name: str, **options: Any) -> Callable[[int], Run]:
    """Give the measurement of a contender, for any round."""
    return lambda number: setting.contend(name, number, n_unlabeled, most, **options)


def _our_bins(ours: Callable[[int], Run]) -> int | None:
    """Let ours run once, to see how many bins it gives the booster; the files are in the cache from then on."""
    bins: int | None = ours(0)["bins"]
    return bins


def _costs(rounds: Rounds, name: str) -> str:
    return f"{median(rounds, name, 'cpu'):.1f} CPU s, {median(rounds, name, 'peak'):.0f} MiB"


def _quality(rounds: Rounds, name: str) -> str:
    """Write accuracy, and rows labeled with their precision."""
    labeled = f"{median(rounds, name, 'n_labeled'):,.0f}".replace(",", " ")
    precision = [one[name]["precision"] for one in rounds if one[name]["precision"] is not None]
    right = f" ({spread(precision).median:.3f} right)" if precision else ""
    return f"accuracy {median(rounds, name, 'accuracy'):.4f}, {labeled} labeled{right}"
