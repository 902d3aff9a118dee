"""Evidence of models that are tables: what each says of a row is written down beforehand."""

import numpy as np

from pseudolabel.judgement.evidence import PSEUDO_LABELED, Answer, gather
from pseudolabel.judgement.splits import choose_design, count_scored_rows, deal_splits

CODES = np.tile([0, 1, 2], 20)
RIGHT, WRONG = np.eye(3), np.roll(np.eye(3), 1, axis=1)


def evidence_of(*tables, codes=CODES, weight=None):
    """Give the evidence of models that are tables: what each says of a row of each class, or of each row."""
    design = choose_design(count_scored_rows(codes))
    splits = deal_splits(codes, design, seed=0)
    answers = []
    for split in splits:
        at = split.held_out if len(tables[0]) == len(codes) else codes[split.held_out]
        said = np.stack([table[at] for table in tables])
        answers.append(Answer(said, said[PSEUDO_LABELED]))
    return gather(answers, splits, codes, design, weight=weight)
