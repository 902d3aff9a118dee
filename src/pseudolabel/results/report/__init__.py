"""The report: one HTML file that says what a run did and whether the unlabeled rows helped.

`page.py` draws the page, its first screen read by `headline.py`; `class_page.py` and `target_page.py` know what it says
of classes and of numbers, each with charts that `drawing.py` draws. `displays.py` draws the same on axes of a reader's
own.
"""

from pseudolabel.results.report.page import render_report

__all__ = ["render_report"]
