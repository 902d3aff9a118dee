"""Answers: what models said of held-out rows, kept split by split until a comparison is done.

Takes  a folder, and the answers as they come.
Gives  each of them back to a run that goes on, the same numbers to the last digit.

A file that cannot be read counts as none: its split is done again. So nothing waits here until the disk has written.

Before this: judgement/. After this: run.py.
"""

import os
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pseudolabel.judgement.evidence import Answer
from pseudolabel.judgement.target_evidence import TargetAnswer

AnyAnswer = Answer | TargetAnswer

KINDS: dict[frozenset[str], type[AnyAnswer]] = {
    frozenset(kind.__dataclass_fields__): kind for kind in (Answer, TargetAnswer)
}


@dataclass(frozen=True)
class Answers:
    """Answers in a folder, a file for each split.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     answers = Answers(Path(folder))
    ...     answers.keep(3, TargetAnswer(np.zeros((3, 1)), np.ones((1, 2))))
    ...     answers.answer(2), answers.answer(3).interval
    (None, array([[1., 1.]]))
    """

    folder: Path

    def keep(self, number: int, answer: AnyAnswer) -> None:
        """Keep the answer of a split."""
        path = self._path(number)
        made = path.with_name(f".{path.name}")
        with made.open("wb") as file:
            np.savez(file, allow_pickle=False, **asdict(answer))
        os.replace(made, path)

    def answer(self, number: int) -> AnyAnswer | None:
        """Give the answer of a split; None if there is none that can be read."""
        try:
            with np.load(self._path(number), allow_pickle=False) as file:
                arrays = dict(file)
            return KINDS[frozenset(arrays)](**arrays)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def _path(self, number: int) -> Path:
        return self.folder / f"answer-{number:04d}.npz"
