"""Committee: who gives the unlabeled rows their targets.

Takes  members, labeled rows, and how many members may be fitted at the same time.
Gives  a Committee: the members fitted on all labels, one weight each; and the Evidence behind the weights.

A member that fails, on rows it cannot take or by a fault of its own, is left out with a note: a committee of four is
no reason to have none.

Before this: weights.py. After this: intervals.py, student.py.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.parallel import Parallel, delayed

from pseudolabel.data.block import Block
from pseudolabel.data.folds import deal_folds
from pseudolabel.learning.model import Model
from pseudolabel.learning.regression.member import Member
from pseudolabel.learning.regression.weights import weigh_members

N_FOLDS = 5

LAST_RESORT = Member("mean", DummyRegressor())
"""Who predicts when every member failed."""


@dataclass(frozen=True)
class Seat:
    """A member's place on the committee.

    Attributes
    ----------
    name : str
    model : Model
        Fitted on all labeled rows.
    error : float
        Root mean squared error of its out-of-fold predictions, in units of the target.
    weight : float, 0 to 1
        Its share of the prediction; all shares sum to 1.
    """

    name: str
    model: Model
    error: float
    weight: float


@dataclass(frozen=True)
class Committee:
    """A weighted mean of models.

    Attributes
    ----------
    seats : tuple of Seat
    lowest, highest : float
        The range of the given targets; no member is followed beyond it.
    left_out : dict of str to str
        Members that failed, each with the reason.
    """

    seats: tuple[Seat, ...]
    lowest: float
    highest: float
    left_out: dict[str, str] = field(default_factory=dict)

    def predict(self, block: Block) -> NDArray[np.float64]:
        """Give the committee's prediction of every row: ndarray of shape (n_rows,)."""
        return self.votes(block).predictions()

    def votes(self, block: Block) -> "Votes":
        """Give the prediction of every member for every row."""
        columns = [np.clip(seat.model.predict(block), self.lowest, self.highest) for seat in self.seats]
        return Votes(np.column_stack(columns), tuple((seat.name, seat.weight) for seat in self.seats))

    def model_of(self, name: str) -> Model | None:
        """Give the model of a member, fitted on all labeled rows; None if it was left out."""
        return next((seat.model for seat in self.seats if seat.name == name), None)


@dataclass(frozen=True)
class Votes:
    """What each member says of some rows.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_members)
    members : tuple of (name, weight)
    """

    values: NDArray[np.float64]
    members: tuple[tuple[str, float], ...]

    def predictions(self) -> NDArray[np.float64]:
        """Give the weighted mean of the votes: ndarray of shape (n_rows,)."""
        return self.values @ self._weights()

    def disagreement(self) -> NDArray[np.float64]:
        """Give the weighted standard deviation of the votes: ndarray of shape (n_rows,)."""
        off = self.values - self.predictions()[:, np.newaxis]
        return np.asarray(np.sqrt(off**2 @ self._weights()))

    def blend(self, name: str, share: float) -> NDArray[np.float64]:
        """Give the mean of one member, with this share, and the committee; of the latter alone if it is not on it."""
        names = [member for member, _ in self.members]
        if name not in names:
            return self.predictions()
        return share * self.values[:, names.index(name)] + (1 - share) * self.predictions()

    def _weights(self) -> NDArray[np.float64]:
        return np.array([weight for _, weight in self.members])


def fit_committee(
    members: Sequence[Member], block: Block, targets: NDArray[np.float64], *, seed: int, n_jobs: int | None
) -> tuple[Committee, Votes]:
    """Fit every member and weigh it by its out-of-fold predictions.

    Parameters
    ----------
    members : sequence of Member
    block : Block of n_labeled rows
    targets : ndarray of shape (n_labeled,)
    seed : int
        Of the folds.
    n_jobs : int or None
        Members fitted at the same time.

    Returns
    -------
    committee : Committee
    evidence : Votes
        Of the labeled rows, each by models that did not see its target.
    """
    fold = deal_folds(np.zeros(len(targets), dtype=np.int64), min(N_FOLDS, len(targets)), seed)
    tried = _try_all(members, block, targets, fold, n_jobs)
    left_out = {member.name: result for member, result in tried if isinstance(result, str)}
    fitted = [(member.name, result) for member, result in tried if not isinstance(result, str)]
    if not fitted:
        fitted = [(LAST_RESORT.name, LAST_RESORT.fit(block, targets, fold))]
    lowest, highest = float(targets.min()), float(targets.max())
    votes = np.clip(np.column_stack([out_of_fold for _, (_, out_of_fold) in fitted]), lowest, highest)
    weights = weigh_members(votes, targets)
    errors = np.sqrt(np.mean((votes - targets[:, np.newaxis]) ** 2, axis=0))
    seats = tuple(
        Seat(name, model, float(error), float(weight))
        for (name, (model, _)), error, weight in zip(fitted, errors, weights, strict=True)
    )
    evidence = Votes(votes, tuple((seat.name, seat.weight) for seat in seats))
    return Committee(seats, lowest, highest, left_out), evidence


Tried = tuple[Model, NDArray[np.float64]] | str
"""A fitted model with its out-of-fold predictions, or why there is none."""


def _try_all(
    members: Sequence[Member],
    block: Block,
    targets: NDArray[np.float64],
    fold: NDArray[np.int64],
    n_jobs: int | None,
) -> list[tuple[Member, Tried]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # its out-of-fold error shows what it is worth
        # Threads: nothing is copied, and trees and linear algebra leave the interpreter free for each other.
        results = Parallel(n_jobs=n_jobs, backend="threading")(
            delayed(_try_to_fit)(member, block, targets, fold) for member in members
        )
    return list(zip(members, results, strict=True))


def _try_to_fit(member: Member, block: Block, targets: NDArray[np.float64], fold: NDArray[np.int64]) -> Tried:
    try:
        model, out_of_fold = member.fit(block, targets, fold)
    except Exception as error:  # whatever fails inside one learner, the others go on
        return f"{type(error).__name__}: {error}"
    return (model, out_of_fold) if np.isfinite(out_of_fold).all() else "It predicts numbers that are not finite."
