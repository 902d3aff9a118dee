"""Learn from few labels: label the rest, train on both, and say with evidence whether that helped.

Rows flow one way, and each stage lives in the module of its name:

    data        files and frames -> labels, features
    learning    labels -> teacher -> pseudo-labels -> student -> mixture
    judgement   two ways to make a model -> evidence
    results     the record of a run -> table, report, card

`PseudoLabelClassifier` and `PseudoLabelRegressor` are the scikit-learn faces of it; `pseudolabel fit` the one for
files.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pseudolabel.errors import InputError, ParameterError, PseudolabelError, PseudolabelWarning

if TYPE_CHECKING:
    from pseudolabel.classifier import PseudoLabelClassifier, load
    from pseudolabel.comparison import compare
    from pseudolabel.data.folds import LabeledKFold
    from pseudolabel.judgement.verdict import judge
    from pseudolabel.learning.scores import Scores
    from pseudolabel.learning.selection.curriculum import Curriculum
    from pseudolabel.learning.selection.soft import Soft
    from pseudolabel.learning.selection.threshold import Threshold
    from pseudolabel.learning.selection.top import Top
    from pseudolabel.regressor import PseudoLabelRegressor
    from pseudolabel.results.report.displays import PrecisionCoverageDisplay, ReliabilityDisplay, VerdictDisplay

__version__ = "0.1.0"

# Imported when first asked for: `pseudolabel --help` must not wait for scikit-learn.
_LAZY = {
    "Curriculum": "pseudolabel.learning.selection.curriculum",
    "LabeledKFold": "pseudolabel.data.folds",
    "PrecisionCoverageDisplay": "pseudolabel.results.report.displays",
    "PseudoLabelClassifier": "pseudolabel.classifier",
    "ReliabilityDisplay": "pseudolabel.results.report.displays",
    "Scores": "pseudolabel.learning.scores",
    "Soft": "pseudolabel.learning.selection.soft",
    "Threshold": "pseudolabel.learning.selection.threshold",
    "Top": "pseudolabel.learning.selection.top",
    "PseudoLabelRegressor": "pseudolabel.regressor",
    "VerdictDisplay": "pseudolabel.results.report.displays",
    "compare": "pseudolabel.comparison",
    "judge": "pseudolabel.judgement.verdict",
    "load": "pseudolabel.classifier",
}

__all__ = [
    "Curriculum",
    "InputError",
    "LabeledKFold",
    "ParameterError",
    "PrecisionCoverageDisplay",
    "PseudoLabelClassifier",
    "PseudoLabelRegressor",
    "PseudolabelError",
    "PseudolabelWarning",
    "ReliabilityDisplay",
    "Scores",
    "Soft",
    "Threshold",
    "Top",
    "VerdictDisplay",
    "compare",
    "judge",
    "load",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
