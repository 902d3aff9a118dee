"""Measure: one row of the comparison of both models, in words.

Takes  nothing: this is what the pages of either task fill in.
Gives  Measure.

Before this: nothing. After this: class_page.py, target_page.py.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One row of the comparison, in words.

    Attributes
    ----------
    name, hint : str
        What was measured, and which direction is good.
    labels_only, pseudo_labeled, difference, interval : str
        `interval` is of the difference.
    """

    name: str
    hint: str
    labels_only: str
    pseudo_labeled: str
    difference: str
    interval: str
