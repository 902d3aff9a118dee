"""A run folder becomes a review: every row once, with what the table says of it and what a person needs to judge it."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

from pseudolabel.audit import Wish, begin_audit
from pseudolabel.errors import InputError
from pseudolabel.plan import Plan
from pseudolabel.published import read_published
from pseudolabel.review import intake
from pseudolabel.review.intake import open_review
from pseudolabel.review.page.audit_page import AuditDesk
from pseudolabel.review.queue import Query, rows
from pseudolabel.run import carry_out


def views(run):
    with open_review(run) as store:
        return [store.item(row) for row in sorted([*store.rows(given=True), *store.rows(given=False)])]


def test_every_row_is_an_item_with_its_id_and_its_cells_and_without_its_label(run):
    table = pd.read_csv(run.parent / "table.csv", dtype=str, keep_default_na=False)
    found = views(run)

    assert [view.item.key for view in found] == table.patient.tolist()
    for view, (_, row) in zip(found[:20], table.iterrows(), strict=False):
        shown = json.loads(view.item.shown)
        assert "kind" not in shown
        assert float(shown["mean radius"]) == float(row["mean radius"])
        assert view.item.given == (row.kind or None)


def test_a_suggestion_is_what_the_table_says_with_the_other_classes_behind_it(run):
    table = pd.read_parquet(run / "labeled.parquet")
    for view in views(run):
        if view.suggestion is None:
            assert table.source[view.row] == "given"
            continue
        said = view.suggestion
        assert said.label == table.pseudo_label[view.row]
        assert said.confidence == pytest.approx(table.confidence[view.row])
        assert said.accepted == (table.source[view.row] == "accepted")
        shares = [share for _, share in said.ranked]
        assert sum(shares) == pytest.approx(1)
        assert shares[1:] == sorted(shares[1:], reverse=True)
        assert said.margin == pytest.approx(max(0, shares[0] - shares[1]))


def test_the_nearest_rows_are_labeled_ones_the_nearest_first(run):
    found = {view.row: view for view in views(run)}
    for view in found.values():
        if view.suggestion is not None:
            near = view.suggestion.nearest
            assert [found[row].item.given for row, _, _ in near] == [label for _, label, _ in near]
            assert [far for _, _, far in near] == sorted(far for _, _, far in near)


@pytest.mark.parametrize(("kind", "column"), [("cells", None), ("texts", "message"), ("images", "path")])
def test_texts_are_read_images_are_seen_and_all_else_is_a_row_of_cells(run_of, kind, column):
    item = views(run_of(kind))[3].item

    assert item.kind == {"cells": "row", "texts": "text", "images": "image"}[kind]
    assert column not in json.loads(item.shown)
    assert column is None or item.kind in json.loads(item.shown)


def test_useful_rows_come_from_everywhere_and_not_ten_of_a_kind(run):
    with open_review(run) as store:
        of_order = {
            order: [store.item(row).suggestion.cluster for row in rows(store, Query(order), 5)]
            for order in ("useful", "cluster")
        }

    assert len(set(of_order["useful"])) >= 3 > len(set(of_order["cluster"])) == 1


def test_of_too_many_rows_the_doubtful_are_asked_about_and_as_many_at_random(run, monkeypatch):
    (run / "review.sqlite").unlink()
    monkeypatch.setattr(intake, "MOST_ASKED", 40)
    table = pd.read_parquet(run / "labeled.parquet").query("source != 'given'")
    with open_review(run) as store:
        asked = store.rows(given=False)

    assert len(asked) == 40
    assert set(table.confidence.nsmallest(20).index) <= set(asked)
    assert table.confidence[asked].max() > table.confidence.median()


def test_a_row_that_an_audit_draws_can_be_answered_though_it_was_not_chosen(run, monkeypatch):
    (run / "review.sqlite").unlink()
    monkeypatch.setattr(intake, "MOST_ASKED", 10)
    with open_review(run) as store:
        chosen = store.rows(given=False)
        state = begin_audit(run, read_published(run), Wish(source="both", precision=0.7))
        assert state.draw[0] not in chosen
        asked = AuditDesk(run, store).ask()
        assert asked.view.row == state.draw[0]
        assert asked.view.suggestion is None


def test_a_run_that_predicts_numbers_is_refused(tmp_path):
    known = load_diabetes(as_frame=True)
    frame = known.data.iloc[:80].assign(target=np.where(np.arange(80) < 30, known.target[:80] + 0.5, np.nan))
    frame.to_csv(tmp_path / "rows.csv", index=False)
    quick = {"estimator": "linear", "committee": "lean", "evidence": "none"}
    carry_out(Plan(data=tmp_path / "rows.csv", label="target", out=tmp_path / "run", jobs=1, **quick))

    with pytest.raises(InputError, match="predicts numbers, and a review is about classes"):
        open_review(tmp_path / "run")


def test_a_table_without_the_columns_that_were_learnt_from_is_refused(run):
    plan = Plan(
        data=run.parent / "table.csv",
        label="kind",
        id="patient",
        out=run.parent / "lean",
        columns="id",
        estimator="logistic",
        teacher="own",
        evidence="none",
        jobs=1,
    )
    carry_out(plan)

    with pytest.raises(InputError, match="Fit again with --columns all"):
        open_review(plan.out)
