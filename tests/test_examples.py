"""What is shown runs: every script, the notebook, and the Python code of the README and of the how-to pages."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from sklearn.datasets import load_breast_cancer

REPOSITORY = Path(__file__).parents[1]
SCRIPTS = sorted((REPOSITORY / "examples").glob("*.py"))
NOTEBOOK = REPOSITORY / "examples" / "quickstart.ipynb"
NEEDS_THE_DEMO = {"predict-new-rows"}
"""How-to pages that read what `pseudolabel demo` leaves."""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_an_example_runs_without_a_warning(script, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert list(tmp_path.iterdir()) == [], "an example leaves nothing behind"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_an_example_is_numbered_and_short(script):
    assert re.match(r"\d\d_[a-z_]+\.py$", script.name)
    assert len(script.read_text(encoding="utf-8").splitlines()) < 60


def test_the_notebook_runs_and_each_cell_gives_what_it_gave_when_it_was_stored(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    stored = nbformat.read(NOTEBOOK, as_version=4)
    book = nbformat.read(NOTEBOOK, as_version=4)

    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()

    assert [shapes_of_output(cell) for cell in book.cells] == [shapes_of_output(cell) for cell in stored.cells]


def test_the_notebook_is_stored_with_small_outputs_and_no_path_of_a_machine():
    text = NOTEBOOK.read_text(encoding="utf-8")

    assert len(text) < 20_000
    assert not re.search(r"/(home|root|tmp|Users)\b", text)


def test_the_python_example_of_the_readme_runs(tmp_path):
    """In a folder that has what `make demo` leaves."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    table = X.assign(diagnosis=y.map({0: "M", 1: "B"}).where(y.index % 3 == 0))
    (tmp_path / "demo-run").mkdir()
    table.rename_axis("id").to_csv(tmp_path / "demo-run" / "breast_cancer.csv")
    (code,) = python_code(REPOSITORY / "README.md")

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:3] == ["pseudo_label", "confidence", "source"]


def python_code(page):
    """The blocks of Python code on a page."""
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def how_to_pages():
    """Those with Python code."""
    pages = sorted((REPOSITORY / "docs" / "how-to").glob("*.md"))
    return [page for page in pages if page.stem not in NEEDS_THE_DEMO and python_code(page)]


@pytest.mark.parametrize("page", how_to_pages(), ids=lambda page: page.stem)
def test_the_python_code_of_a_how_to_page_runs_from_top_to_bottom(page, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(python_code(page))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def shapes_of_output(cell):
    """The kind and number of lines of every output: the digits may differ a little between machines."""
    outputs = cell.get("outputs", [])
    printed = "".join(output["text"] for output in outputs if output["output_type"] == "stream")
    shown = [output["data"]["text/plain"] for output in outputs if output["output_type"] == "execute_result"]
    return [len(text.splitlines()) for text in [printed, *shown]]
