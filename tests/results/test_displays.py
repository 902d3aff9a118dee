"""Displays are scikit-learn's in manner: made from an estimator or a record, drawn on axes of one's own."""

import html

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from records import letters_record, numbers_record, small_record, unproven_record
from strategies import flowers, hidden_rows

from pseudolabel import PseudoLabelClassifier
from pseudolabel.errors import ParameterError
from pseudolabel.results.report.displays import PrecisionCoverageDisplay, ReliabilityDisplay, VerdictDisplay

DISPLAYS = (VerdictDisplay, ReliabilityDisplay, PrecisionCoverageDisplay)


@pytest.fixture(autouse=True)
def _no_window():
    before = matplotlib.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


@pytest.fixture(scope="module")
def fitted():
    X, codes = flowers(75)
    y = np.where(hidden_rows(75, 0.4), -1, codes)
    return PseudoLabelClassifier("logistic", teacher="own", evidence="standard", random_state=0).fit(X, y)


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("display", DISPLAYS)
def test_plot_makes_a_figure_of_its_own_and_gives_the_display_back(display):
    made = display.from_record(small_record())

    drawn = made.plot()

    assert drawn is made
    assert made.figure_ is made.ax_.figure
    assert made.ax_.lines


@pytest.mark.parametrize("display", DISPLAYS)
def test_plot_draws_on_the_axes_it_is_given_and_nowhere_else(display):
    axes = Figure().add_subplot()

    made = display.from_record(small_record()).plot(axes)

    assert made.ax_ is axes
    assert made.figure_ is axes.figure
    assert plt.get_fignums() == []


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_fitted_estimator_is_drawn(display, fitted):
    assert display.from_estimator(fitted).plot().ax_.lines


def test_a_notebook_shows_the_verdict_below_the_diagram(fitted):
    page = fitted._repr_html_()

    assert page.index("sk-top-container") < page.index(html.escape(fitted.verdict_.sentence))
    assert "Against" not in PseudoLabelClassifier()._repr_html_()


def test_the_verdict_shows_both_comparisons_with_sign_word_and_numbers():
    axes = VerdictDisplay.from_record(small_record()).plot().ax_

    said = [text.replace("\N{MINUS SIGN}", "-") for text in texts(axes)]
    assert said == [
        "▲ Helps: +2.8 (-0.2 to +5.8)",
        "Against your model on the labels alone",
        "≈ Cannot tell: +0.6 (-1.4 to +2.6)",
        "What the unlabeled rows themselves add",
    ]
    drawn = [line.get_xdata() for line in axes.lines]
    assert any(list(line) == pytest.approx([-0.2, 5.8]) for line in drawn)


def test_a_verdict_without_evidence_draws_no_interval_and_says_so():
    axes = VerdictDisplay.from_record(unproven_record()).plot().ax_

    assert texts(axes)[0] == "≈ Cannot tell: no comparison was made"
    assert all(set(line.get_xdata()) == {0} for line in axes.lines)


def test_a_verdict_on_numbers_is_in_their_unit():
    axes = VerdictDisplay.from_record(numbers_record()).plot().ax_

    assert axes.get_xlabel() == "difference in error (left is better)"
    assert any(list(line.get_xdata()) == [-2.5, 0.5] for line in axes.lines)


def test_reliability_draws_the_bins_that_have_rows():
    axes = ReliabilityDisplay.from_record(small_record()).plot().ax_

    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert len(dots) == 5
    sizes = [dot.get_markersize() for dot in dots]
    assert sizes == sorted(sizes)


def test_the_accepted_level_is_marked_where_there_is_one():
    promised, refused = (
        PrecisionCoverageDisplay.from_record(make()).plot(Figure().add_subplot()).ax_
        for make in (small_record, letters_record)
    )

    marks = [line.get_xdata()[0] for line in promised.lines if line.get_marker() == "o"]
    assert marks == [0.7398]
    assert not any(line.get_marker() == "o" for line in refused.lines)


@pytest.mark.parametrize("display", DISPLAYS)
@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_a_display_takes_the_colours_of_the_style(display, style):
    with plt.style.context(style):
        made = display.from_record(small_record()).plot()

        inks = {line.get_color() for line in made.ax_.lines}

    assert inks & {"black", "white"} <= {"black" if style == "default" else "white"}


@pytest.mark.parametrize("display", DISPLAYS)
def test_an_estimator_without_evidence_is_refused_with_a_hint(display):
    with pytest.raises(ParameterError, match=r"^object: there is nothing to draw\. Fit it with evidence="):
        display.from_estimator(object())


@pytest.mark.parametrize(
    ("display", "record", "lacks"),
    [
        (VerdictDisplay, {}, "verdict"),
        (ReliabilityDisplay, unproven_record(), "metrics"),
        (ReliabilityDisplay, numbers_record(), "reliability"),
        (PrecisionCoverageDisplay, numbers_record(), "acceptance"),
        (PrecisionCoverageDisplay, unproven_record(), "curve"),
    ],
)
def test_a_record_without_what_is_drawn_is_refused_by_name(display, record, lacks):
    with pytest.raises(ParameterError, match=f"^{display.__name__}: the record has no '{lacks}' to draw"):
        display.from_record(record)
