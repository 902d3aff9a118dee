"""Displays: drawings of a verdict in scikit-learn's manner, on axes of your own.

Takes  a record, or a fitted estimator that can give what a record holds of it.
Gives  a display: `plot` draws it and keeps what was drawn in `ax_` and `figure_`.

Before this: plots.py. After this: the reader's notebook.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pseudolabel.errors import ParameterError
from pseudolabel.results.class_record import record_of_acceptance, record_of_evidence
from pseudolabel.results.report.plots import Palette, plot_coverage, plot_reliability, plot_verdict
from pseudolabel.results.target_record import record_of_target_evidence


class Display(ABC):
    """What every display does: be made from a record or an estimator, and draw itself.

    Attributes
    ----------
    ax_ : Axes
        What was drawn on. Only after `plot`.
    figure_ : Figure
        The figure of `ax_`. Only after `plot`.
    """

    ax_: Axes
    figure_: Figure

    @classmethod
    @abstractmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Make a display of a record, or of the part of one that it draws."""

    @classmethod
    def from_estimator(cls, estimator: Any) -> Self:
        """Make a display of a fitted estimator.

        Parameters
        ----------
        estimator : PseudoLabelClassifier or PseudoLabelRegressor
            Fitted with `evidence`.

        Returns
        -------
        display : this display

        Raises
        ------
        ParameterError
            If it was fitted without evidence, or has nothing of what is drawn.
        """
        return cls.from_record(findings_of(estimator))

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw.

        Parameters
        ----------
        ax : Axes or None, default=None
            Axes to draw on; None makes a figure of its own.

        Returns
        -------
        display : this display
        """
        self.ax_ = plt.subplots()[1] if ax is None else ax
        figure = self.ax_.get_figure(root=True)
        if figure is None:
            raise ParameterError(f"{type(self).__name__}: `ax` must belong to a figure, got {ax!r}.")
        self.figure_ = figure
        self._draw(self.ax_, Palette.of_style())
        return self

    @abstractmethod
    def _draw(self, axes: Axes, palette: Palette) -> None:
        """Draw on these axes."""


class VerdictDisplay(Display):
    """Both comparisons of a verdict, each a dot and its interval beside the line of no difference.

    Parameters
    ----------
    verdict : mapping
        The record's `verdict`.

    See Also
    --------
    ReliabilityDisplay, PrecisionCoverageDisplay

    Examples
    --------
    >>> display = VerdictDisplay.from_record(json.loads(Path("run/record.json").read_text()))  # doctest: +SKIP
    >>> display.plot().figure_.savefig("verdict.png")  # doctest: +SKIP
    """

    def __init__(self, verdict: Mapping[str, Any]) -> None:
        self.verdict = verdict

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Make a display of the record's `verdict`."""
        return cls(_part(cls, record, "verdict"))

    def _draw(self, axes: Axes, palette: Palette) -> None:
        plot_verdict(axes, self.verdict, palette)


class ReliabilityDisplay(Display):
    """How often labels of a confidence are right, on labeled rows the model had not seen.

    Parameters
    ----------
    reliability : mapping
        The record's `metrics.reliability`: `edges`, `rows`, `confidence` and `right`.

    See Also
    --------
    VerdictDisplay, PrecisionCoverageDisplay
    """

    def __init__(self, reliability: Mapping[str, Any]) -> None:
        self.reliability = reliability

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Make a display of the record's `metrics.reliability`."""
        return cls(_part(cls, _part(cls, record, "metrics"), "reliability"))

    def _draw(self, axes: Axes, palette: Palette) -> None:
        plot_reliability(axes, self.reliability, palette)


class PrecisionCoverageDisplay(Display):
    """How precise labels are by how many of the unlabeled rows they cover, and where the promise stands.

    Parameters
    ----------
    acceptance : mapping
        The record's `acceptance`, with its `curve`.

    See Also
    --------
    VerdictDisplay, ReliabilityDisplay
    """

    def __init__(self, acceptance: Mapping[str, Any]) -> None:
        self.acceptance = acceptance

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Make a display of the record's `acceptance`."""
        acceptance = _part(cls, record, "acceptance")
        _part(cls, acceptance, "curve")
        return cls(acceptance)

    def _draw(self, axes: Axes, palette: Palette) -> None:
        plot_coverage(axes, self.acceptance, palette)


def findings_of(estimator: Any) -> Mapping[str, Any]:
    """Give `verdict`, `metrics` and `acceptance` of a fitted estimator, as a record holds them.

    Raises
    ------
    ParameterError
        If it was fitted without evidence.
    """
    verdict, evidence = getattr(estimator, "verdict_", None), getattr(estimator, "evidence_", None)
    if verdict is None:
        raise ParameterError(
            f"{type(estimator).__name__}: there is nothing to draw. Fit it with evidence='standard' first."
        )
    if not hasattr(estimator, "classes_"):
        return {"verdict": verdict.record(), "metrics": evidence and record_of_target_evidence(evidence)}
    classes = [str(name) for name in estimator.classes_.tolist()]
    acceptance = getattr(estimator, "acceptance_", None)
    return {
        "verdict": verdict.record(classes),
        "metrics": evidence and record_of_evidence(evidence, classes),
        "acceptance": acceptance and record_of_acceptance(acceptance, classes),
    }


def _part(display: type[Display], record: Mapping[str, Any], name: str) -> Any:
    """Give a part of a record, or say whose it is that lacks it."""
    part = record.get(name)
    if not part:
        raise ParameterError(
            f"{display.__name__}: the record has no {name!r} to draw. Fit with evidence and labels enough."
        )
    return part
