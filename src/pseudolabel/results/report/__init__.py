"""The report: one HTML file that says what a run did and whether the unlabeled rows helped.

`page.py` draws the page, `charts.py` its two charts, `wording.py` writes numbers and names for both.
"""

from pseudolabel.results.report.page import render_report

__all__ = ["render_report"]
