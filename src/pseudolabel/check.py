"""Check: what a run would notice in a table, before anything is trained.

Takes  a plan.
Gives  a Record: rows, labels, columns and findings. Nothing is written.

The same reading, the same refusals and the same words as those of a run: whatever needs no model.

Before this: reading.py. After this: terminal.py, cli.py.
"""

from pseudolabel.data.features import learn_features
from pseudolabel.data.labels import Labels
from pseudolabel.plan import Plan
from pseudolabel.reading import read
from pseudolabel.results.record import Record, record_of_columns, record_of_findings


def check_table(plan: Plan) -> Record:
    """Read the tables of a plan and say what was noticed.

    Returns
    -------
    record : mapping
        `task`, `counts` of rows and labels, `classes` with the labels of each (for classes) or `range` (for numbers),
        `columns` and `findings`, as in the record of a run.

    Raises
    ------
    InputError, ParameterError
        As a run would.
    """
    plan.check_numbers()
    reading = read(plan)
    dataset = reading.dataset
    features, _ = learn_features(dataset.X)
    reading = reading.without_repeats(features)
    labels, n_labeled = dataset.labels, int(dataset.labels.given.sum())
    record: Record = {
        "task": {"name": dataset.task.name, "reason": dataset.task.reason},
        "counts": {"rows": dataset.rows.n_rows, "labeled": n_labeled, "unlabeled": dataset.rows.n_rows - n_labeled},
    }
    if isinstance(labels, Labels):
        names = map(str, labels.classes.tolist())
        record["classes"] = dict(zip(names, labels.counts().tolist(), strict=True))
    else:
        numbers = labels.values[labels.given]
        record["range"] = [float(numbers.min()), float(numbers.max())]
    findings = reading.findings(plan, features)
    return record | {
        "columns": record_of_columns(features, label=plan.label, id=plan.id),
        "findings": record_of_findings(findings),
    }
