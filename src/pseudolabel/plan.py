"""Plan: what a run shall do; the command line's options, one for one.

Takes  paths and settings.
Gives  a Plan, and the settings among it that decide the result, as plain data.

Before this: nothing. After this: tasks/, run.py.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pseudolabel.data.sample import SAMPLE_ROWS
from pseudolabel.data.task import Asked
from pseudolabel.errors import ParameterError
from pseudolabel.judgement.levels import CONFIDENCE, PRECISION

Columns = Literal["all", "id", "none"]

ALL_ROWS = 2**62
"""More rows than any table has."""

LARGEST_SEED = 2**32 - 1
"""Of numpy, which the learners draw with."""

_AFTER_EVIDENCE = ("single_look", "precision", "confidence", "per_class", "columns", "probabilities")
"""Settings of what is concluded and written."""


@dataclass(frozen=True)
class Plan:
    """What to do.

    Attributes
    ----------
    data : Path
        The table with some labels.
    label : str
        The column that holds them.
    out : Path
        The run folder to make.
    unlabeled : tuple of Path
        More tables, all of whose rows are unlabeled.
    id : str or None
        A column that names the rows; never learnt from.
    task : {"auto", "classification", "regression"}
    estimator : {"auto", "forest", "boosting", "logistic", "linear", "lightgbm", "xgboost"}
    method : {"auto", "one-shot", "self-training", "curriculum"}
    teacher : {"committee", "own"}
        Who labels under "auto".
    committee : {"lean", "full"} or None
        None leaves it to the estimator: full for classes, lean for numbers.
    mixture : {"safe", "balanced", "bold"} or None
        None leaves it to the estimator: safe with one given, balanced without.
    class_prior : str or None
        "estimate", or the shares as "name=share,name=share".
    seed : int
    markers : tuple of str
        Values of the label column that mean "unlabeled", besides an empty cell.
    columns : {"all", "id", "none"}
        Which input columns the labeled table keeps.
    probabilities : bool
        Whether it gets a column for the probability of each class.
    table : Path or None
        A CSV or Parquet file to write the labeled table to as well.
    raw : bool
        Whether cells that a spreadsheet would run are left as they are in that file.
    encoding : str
        Of text files.
    evidence : {"standard", "thorough", "none"}
        How often models are compared on held-out rows.
    remarks : str or None
        The column in which a review says which labels are answers, and which classes are ruled out.
    groups : str or None
        A column whose values say which rows belong together; never learnt from.
    time : str or None
        A column of numbers or dates that says when rows came about; never learnt from.
    test : Path or None
        A table with labels that were kept for the comparison.
    precision, confidence : float
        What shall be promised of the accepted pseudo-labels: the share that is right, and how surely; 0 to 1.
    per_class : bool
        Whether it shall be promised of every class by itself.
    sample_rows : int or None
        Unlabeled rows that take part in training under "auto"; None is 50 000. Other methods take all of them.
    single_look : bool
        Whether the user declares that the labels will not be looked at again when there are more.
    engine : str
        Where rows are scored: "local" chooses between "threads" and "processes"; "dask", or the address of a scheduler.
    jobs : int
        Workers at a time, as in scikit-learn: -1 is one a processor.
    memory : int or None
        Bytes to stay within; None is no limit.
    overwrite : bool
        Whether a former run in `out` may be replaced.
    """

    data: Path
    label: str
    out: Path
    unlabeled: tuple[Path, ...] = ()
    id: str | None = None
    task: Asked = "auto"
    estimator: str = "auto"
    method: str = "auto"
    teacher: str = "committee"
    committee: str | None = None
    mixture: str | None = None
    class_prior: str | None = None
    seed: int = 0
    markers: tuple[str, ...] = ()
    columns: Columns = "all"
    probabilities: bool = False
    table: Path | None = None
    raw: bool = False
    encoding: str = "utf-8"
    evidence: Literal["standard", "thorough", "none"] = "standard"
    remarks: str | None = None
    groups: str | None = None
    time: str | None = None
    test: Path | None = None
    precision: float = PRECISION
    confidence: float = CONFIDENCE
    per_class: bool = False
    single_look: bool = False
    sample_rows: int | None = None
    engine: str = "local"
    jobs: int = -1
    memory: int | None = None
    overwrite: bool = False

    def check_numbers(self) -> None:
        """Refuse numbers out of range, before any work.

        Raises
        ------
        ParameterError
            By the name of the option.
        """
        rows = SAMPLE_ROWS if self.sample_rows is None else self.sample_rows
        for name, value, is_fit, allowed in (
            ("precision", self.precision, 0 < self.precision < 1, "a number above 0 and below 1"),
            ("confidence", self.confidence, 0 < self.confidence < 1, "a number above 0 and below 1"),
            ("seed", self.seed, 0 <= self.seed <= LARGEST_SEED, f"a whole number from 0 to {LARGEST_SEED}"),
            ("sample-rows", rows, rows >= 1, "a whole number of at least 1"),
            ("jobs", self.jobs, self.jobs != 0, "a number of workers, or -1 for one a processor"),
        ):
            if not is_fit:
                raise ParameterError(f"--{name} must be {allowed}, got {value}.")

    @property
    def n_sampled(self) -> int:
        """How many unlabeled rows take part in training, at the most."""
        if self.method != "auto":
            return ALL_ROWS
        return SAMPLE_ROWS if self.sample_rows is None else self.sample_rows

    def settings(self) -> dict[str, Any]:
        """Give what decides the result, without paths."""
        return {
            "label": self.label,
            "id": self.id,
            "task": self.task,
            "estimator": self.estimator,
            "method": self.method,
            "teacher": self.teacher,
            "sample_rows": self.n_sampled if self.method == "auto" else None,
            "committee": self.committee,
            "mixture": self.mixture,
            "class_prior": self.class_prior,
            "evidence": self.evidence,
            "groups": self.groups,
            "time": self.time,
            "test": self.test is not None,
            "single_look": self.single_look,
            "precision": self.precision,
            "confidence": self.confidence,
            "per_class": self.per_class,
            "seed": self.seed,
            "unlabeled_markers": list(self.markers),
            "encoding": self.encoding,
            "columns": self.columns,
            "probabilities": self.probabilities,
        }

    def evidence_settings(self) -> dict[str, Any]:
        """Give those of the settings that decide what is said of held-out rows."""
        return {name: value for name, value in self.settings().items() if name not in _AFTER_EVIDENCE}

    def beyond_defaults(self) -> dict[str, Any]:
        """Give the settings of the committee that are not left to the estimators.

        Examples
        --------
        >>> Plan(Path("data.csv"), "label", Path("run"), committee="full").beyond_defaults()
        {'committee': 'full'}
        """
        given = {"committee": self.committee, "mixture": self.mixture}
        return {name: value for name, value in given.items() if value is not None}
