"""Publication: the pseudo-labels of a model, and which of them can be promised.

Takes  Evidence, the pseudo-labels that would be published, and the terms of the promise.
Gives  an Acceptance.

Level and score must belong together: labeled rows are scored by models that had not seen them, so unlabeled rows are by
the same models, averaged. A model whose labels are another's (after a veto) is judged by what that one said.

Before this: evidence.py, acceptance.py. After this: classifier.py.
"""

import numpy as np
from numpy.typing import NDArray

from pseudolabel.judgement.acceptance import Acceptance, Candidates, accept
from pseudolabel.judgement.evidence import LABELS_ONLY, Evidence
from pseudolabel.judgement.levels import HeldOut


def publish(
    evidence: Evidence | None,
    published: NDArray[np.int64],
    distributions: NDArray[np.float64],
    *,
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
    published : ndarray of shape (n_unlabeled,)
        The pseudo-labels, as positions among the classes; -1 where there is none.
    distributions : ndarray of shape (n_unlabeled, n_classes)
        The probabilities behind them.
    vetoed : bool
        Whether they are those of the labels-only model.
    n_labeled : int
        All labeled rows; of `evidence` those that were scored are taken.
    precision, confidence, per_class, shifted
        As `accept` takes them.
    """
    of_held_out, of_unlabeled = np.empty((0, distributions.shape[1])), np.zeros_like(distributions)
    truth = np.empty(0, dtype=np.int64)
    if evidence is not None and evidence.unlabeled is not None:
        of_held_out, of_unlabeled = evidence.suggested, evidence.unlabeled
        if vetoed:
            of_held_out, of_unlabeled = evidence.probabilities[LABELS_ONLY, 0], distributions
        _, one_of_each = np.unique(evidence.rows.unit, return_index=True)
        of_held_out, truth, n_labeled = of_held_out[one_of_each], evidence.truth[one_of_each], evidence.n_rows
    sure, said = of_held_out.max(axis=1, initial=0.0), of_held_out.argmax(axis=1)
    return accept(
        HeldOut(sure, said, said == truth),
        Candidates(of_unlabeled.max(axis=1, initial=0.0), of_unlabeled.argmax(axis=1), published),
        n_labeled=n_labeled,
        n_classes=distributions.shape[1],
        precision=precision,
        confidence=confidence,
        per_class=per_class,
        shifted=shifted,
    )
