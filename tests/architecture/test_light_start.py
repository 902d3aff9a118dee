"""A command answers at once because nothing heavy is loaded before it is needed.

The test watches what is loaded, not the clock.
"""

import json
import subprocess
import sys

import pytest

HEAVY = {"jinja2", "joblib", "matplotlib", "numpy", "pandas", "pyarrow", "scipy", "skops", "skrub", "sklearn"}

START = """
import json, sys
{start}
print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
"""

HELP = """
from pseudolabel.cli import main
try:
    main({arguments!r})
except SystemExit as end:
    assert not end.code, end.code
"""


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("import pseudolabel", id="import"),
        pytest.param("import pseudolabel; dir(pseudolabel); pseudolabel.PseudolabelError", id="errors"),
        pytest.param(HELP.format(arguments=["--help"]), id="help"),
        pytest.param(HELP.format(arguments=["fit", "--help"]), id="help of fit"),
        pytest.param(HELP.format(arguments=["audit", "--help"]), id="help of audit"),
        pytest.param(HELP.format(arguments=["--version"]), id="version"),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(start):
    assert loaded_by(start) & HEAVY == set()


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_a_booster_is_loaded_only_when_it_is_asked_for(name):
    fit = (
        "import pseudolabel as p; p.PseudoLabelClassifier({}, method='one-shot').fit([[0], [1]] * 9, [0, 1, None] * 6)"
    )

    assert not {"lightgbm", "xgboost"} & loaded_by(fit.format("'boosting'"))
    assert {"lightgbm", "xgboost"} & loaded_by(fit.format(repr(name))) == {name}


def loaded_by(start):
    """Top-level modules a fresh interpreter has loaded after `start`."""
    command = [sys.executable, "-W", "error", "-c", START.format(start=start)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))
