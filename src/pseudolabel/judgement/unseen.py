"""Unseen: classes that only rows kept for the comparison have.

Takes  the classes of the training rows, and the labels of test rows.
Gives  how many test rows are of which other class.

Such rows are mistakes of every model, and they stay: whoever leaves them out praises a model for what it cannot do.
A table none of whose rows is of a known class is another matter: it is refused.

Before this: nothing. After this: comparison.py, reading.py.
"""

from collections import Counter
from typing import Any

from numpy.typing import NDArray

from pseudolabel.errors import InputError
from pseudolabel.validation import listed


def count_unseen(classes: NDArray[Any], y: NDArray[Any]) -> dict[str, int]:
    """Count the test rows of classes that no training row has.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Of the training rows.
    y : ndarray of shape (n_rows,)
        Labels of test rows. They are compared as they are written; 1 and 1.0 are one class.

    Returns
    -------
    counts : dict of str to int
        By the name of the class, in alphabetical order.

    Examples
    --------
    >>> import numpy as np
    >>> count_unseen(np.array([1, 2]), np.array([1.0, 3.0, 3.0]))
    {'3': 2}
    """
    known, counts = {written(name) for name in classes.tolist()}, Counter(map(written, y.tolist()))
    return {name: counts[name] for name in sorted(counts) if name not in known}


def require_shared_class(classes: NDArray[Any], y: NDArray[Any]) -> None:
    """Refuse test rows none of which is of a class that training rows have: they are of another table.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
    y : ndarray of shape (n_rows,)
        Labels of test rows.
    """
    unseen = count_unseen(classes, y)
    if len(y) == sum(unseen.values()) > 0:
        raise InputError(
            f"No test row has a label of a class that training rows have: {listed(list(unseen), most=5)} instead of "
            f"{listed(classes.tolist(), most=5)}. Give the classes the same names in both."
        )


def written(name: Any) -> str:
    """Give the name of a class as it is compared.

    Examples
    --------
    >>> written(1.0), written("1.0")
    ('1', '1.0')
    """
    return str(int(name)) if isinstance(name, float) and name.is_integer() else str(name)
