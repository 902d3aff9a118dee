"""Reading: what a run learns from, and what was noticed before anything is learnt.

Takes  a plan.
Gives  a Reading: the rows and labels, the rows kept for the comparison, how the task is gone about; and the findings.

Before this: tasks/. After this: check.py and run.py, which say the same of the same table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pseudolabel.data.dataset import Aside, Dataset, TestRows, read_dataset, read_test_rows, take_cells
from pseudolabel.data.features import Features
from pseudolabel.data.labels import Labels
from pseudolabel.data.rows import Source
from pseudolabel.judgement.findings import (
    Finding,
    of_answers,
    of_columns,
    of_ignored_labels,
    of_notes,
    of_unseen_classes,
)
from pseudolabel.judgement.oddities import of_repeated_test_rows, repeated_in
from pseudolabel.judgement.unseen import count_unseen, require_shared_class
from pseudolabel.plan import Plan
from pseudolabel.tasks.classification import Classification
from pseudolabel.tasks.procedure import Procedure
from pseudolabel.tasks.regression import Regression

PROCEDURES: dict[str, Procedure] = {"classification": Classification(), "regression": Regression()}
"""By the name of the task: what a run does differently for it."""


@dataclass(frozen=True)
class Reading:
    """What was read.

    Attributes
    ----------
    dataset : Dataset
    tested : TestRows or None
        Rows kept for the comparison, without those that are learnt from.
    n_repeated : int
        How many of them were left out.
    """

    dataset: Dataset
    tested: TestRows | None
    n_repeated: int = 0

    @property
    def procedure(self) -> Procedure:
        """What is done differently for this task."""
        return PROCEDURES[self.dataset.task.name]

    @property
    def sources(self) -> dict[str, Sequence[Source]]:
        """The sources by their role."""
        sources: dict[str, Sequence[Source]] = {"data": [self.dataset.data], "unlabeled": self.dataset.unlabeled}
        return sources if self.tested is None else sources | {"test": [self.tested.source]}

    def without_repeats(self, features: Features) -> "Reading":
        """Leave out test rows that are equal, in the columns that are used, to labeled rows that are learnt from."""
        if self.tested is None:
            return self
        used, given = list(features.kinds), self.dataset.labels.given
        repeated = repeated_in(self.dataset.X.loc[given, used], self.tested.X[used])
        tested = replace(self.tested, X=self.tested.X[~repeated].reset_index(drop=True), y=self.tested.y[~repeated])
        return replace(self, tested=tested, n_repeated=int(repeated.sum()))

    def findings(self, plan: Plan, features: Features) -> list[Finding]:
        """Say what was noticed, in the order of the stages."""
        dataset, n_test = self.dataset, self.n_repeated + (0 if self.tested is None else len(self.tested.y))
        # Features names the nested columns too, with every other column that was left out.
        notes = [note for note in dataset.rows.notes if note.code != "nested-column"]
        return [
            *of_notes([*notes, *dataset.notes]),
            *self.procedure.noticed(dataset, list(features.kinds), self._name_of_rows(plan, features)),
            *of_repeated_test_rows(self.n_repeated, n_test),
            *of_unseen_classes(self._unseen_classes()),
            *of_ignored_labels(dataset.n_ignored, plan.label),
            *of_answers(len(dataset.reviewed.answered), len(dataset.reviewed.ruled_out)),
            *of_columns(features.left_out, features.infinite),
        ]

    def _unseen_classes(self) -> dict[str, int]:
        """Count the test rows whose class no labeled row has."""
        if self.tested is None or not isinstance(self.dataset.labels, Labels):
            return {}
        return count_unseen(self.dataset.labels.classes, self.tested.y)

    def _name_of_rows(self, plan: Plan, features: Features) -> Callable[[int], str]:
        """Give what names the labeled rows, counted from 0: by place, and by identifier where there is one."""
        dataset = self.dataset
        positions = dataset.positions[dataset.labels.given]
        seeming = (name for name, reason in features.left_out.items() if reason.startswith("identifier"))
        column = plan.id or next(seeming, None)

        def name(row: int) -> str:
            place = dataset.rows.place(int(positions[row]))
            if column is None:
                return place
            cell = take_cells(dataset.rows, positions[row : row + 1], [column])[column][0].as_py()
            return f"{cell!r} ({place})"

        return name


def read(plan: Plan) -> Reading:
    """Read the tables of a plan.

    Raises
    ------
    InputError, ParameterError
        If a table, a column, the labels or an option cannot be used as they are.
    """
    dataset = read_dataset(
        plan.data,
        Aside(plan.label, plan.id, plan.groups, plan.time, plan.remarks),
        task=plan.task,
        unlabeled=plan.unlabeled,
        markers=plan.markers,
        encoding=plan.encoding,
        sample_rows=plan.n_sampled,
        seed=plan.seed,
    )
    PROCEDURES[dataset.task.name].check(plan)
    if plan.test is None:
        return Reading(dataset, None)
    tested = read_test_rows(plan.test, plan.label, dataset.X, markers=plan.markers, encoding=plan.encoding)
    if isinstance(dataset.labels, Labels):
        require_shared_class(dataset.labels.classes, tested.y)
    return Reading(dataset, tested)
