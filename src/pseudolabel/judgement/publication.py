"""Publication: the pseudo-labels of a model, and which of them can be promised.

Takes  Evidence, a Summary of the pseudo-labels that would be published, and the terms of the promise.
Gives  an Acceptance.

Level and score must be of one kind: labeled rows are scored by models made as the one that labels was made, without
these rows. A model whose labels are another's (after a veto) is judged by what that one said.

The models of the folds are not asked about unlabeled rows. Their mean is a little less sure than the one model that
labels, and a promise read off it is broken a little less often; but it takes a pass over all rows for every fold, and
with both far fewer promises are broken than is allowed (measured in `docs/explanation/verdict.md`).

Before this: evidence.py, acceptance.py. After this: classifier.py.
"""

import numpy as np

from pseudolabel.data.confidence import confidence_of
from pseudolabel.judgement.acceptance import Acceptance, accept
from pseudolabel.judgement.evidence import LABELS_ONLY, Evidence
from pseudolabel.judgement.levels import HeldOut
from pseudolabel.judgement.summary import Summary


def publish(
    evidence: Evidence | None,
    suggested: Summary,
    *,
    n_unlabeled: int,
    vetoed: bool,
    n_labeled: int,
    precision: float,
    confidence: float,
    per_class: bool,
    shifted: bool,
) -> Acceptance:
    """Accept the pseudo-labels that are right as often as promised.

    Of rows in groups one a group counts: the others add nothing independent.

    Parameters
    ----------
    evidence : Evidence or None
        None with too few labels.
    suggested : Summary
        Of the unlabeled rows that have a pseudo-label: its class, and the confidence it is published with.
    n_unlabeled : int
        All unlabeled rows.
    vetoed : bool
        Whether the pseudo-labels are those of the labels-only model.
    n_labeled : int
        All labeled rows; of `evidence` those that were scored are taken.
    precision, confidence, per_class, shifted
        As `accept` takes them.
    """
    of_held_out, truth = np.empty((0, suggested.n_classes)), np.empty(0, dtype=np.int64)
    if evidence is not None:
        of_held_out = evidence.probabilities[LABELS_ONLY, 0] if vetoed else evidence.suggested
        _, one_of_each = np.unique(evidence.rows.unit, return_index=True)
        of_held_out, truth, n_labeled = of_held_out[one_of_each], evidence.truth[one_of_each], evidence.n_rows
    sure, said = confidence_of(of_held_out), of_held_out.argmax(axis=1)
    return accept(
        HeldOut(sure, said, said == truth),
        suggested,
        n_unlabeled=n_unlabeled,
        n_labeled=n_labeled,
        precision=precision,
        confidence=confidence,
        per_class=per_class,
        shifted=shifted,
    )
