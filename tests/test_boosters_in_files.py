"""What LightGBM and XGBoost keep their trees in is read before they read it: what leads nowhere is refused."""

import re

import numpy as np
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from xgboost import XGBClassifier, XGBRegressor

from pseudolabel.booster_bytes import check_booster_bytes
from pseudolabel.booster_text import check_booster_text

X = np.random.default_rng(0).integers(0, 15, (200, 3)).astype(float)
Y = X[:, 0].astype(int) % 3
FEW = {"n_estimators": 2, "n_jobs": 1, "random_state": 0}


def text_of(model, **more):
    return model.set_params(**FEW, verbosity=-1).fit(X, Y, **more).booster_.model_to_string()


def bytes_of(model):
    return bytes(model.set_params(**FEW).fit(X, Y).get_booster().__getstate__()["handle"])


@pytest.mark.parametrize(
    ("model", "more"),
    [
        (LGBMClassifier(), {}),
        (LGBMClassifier(objective="multiclassova"), {}),
        (LGBMClassifier(max_cat_to_onehot=1), {"categorical_feature": [0]}),
        (LGBMRegressor(linear_tree=True), {}),
        (LGBMRegressor(boosting_type="dart"), {}),
        (LGBMRegressor(boosting_type="rf", subsample=0.5, subsample_freq=1), {}),
        (LGBMRegressor(monotone_constraints=[1, 0, 0]), {}),
        (LGBMRegressor(min_child_samples=500), {}),
        (LGBMRegressor(objective=lambda y, found: (found - y, np.ones_like(y))), {}),
    ],
    ids=["classes", "one by one", "categories", "linear", "dart", "forest", "monotone", "stumps", "own objective"],
)
def test_whatever_lightgbm_writes_is_sound(model, more):
    assert check_booster_text(text_of(model, **more)) is None


@pytest.mark.parametrize(
    "model",
    [
        XGBClassifier(),
        XGBClassifier(num_parallel_tree=2),
        XGBClassifier(enable_categorical=True, feature_types=["c", "q", "q"], max_cat_to_onehot=1),
        XGBRegressor(),
        XGBRegressor(booster="dart"),
        XGBRegressor(booster="gblinear"),
        XGBRegressor(tree_method="exact", gamma=1),
        XGBRegressor(objective="reg:quantileerror", quantile_alpha=[0.1, 0.5]),
        XGBRegressor(grow_policy="lossguide", max_leaves=5),
    ],
    ids=["classes", "forests", "categories", "numbers", "dart", "linear", "exact", "quantiles", "leafwise"],
)
def test_whatever_xgboost_writes_is_sound(model):
    assert check_booster_bytes(bytes_of(model)) is None


@pytest.mark.parametrize(
    ("found", "planted"),
    [
        (r"left_child=-?\d+", "left_child=99999"),
        (r"left_child=-?\d+", "left_child=0"),
        (r"right_child=-?\d+", "right_child=-999"),
        (r"right_child=-?\d+", "right_child=1_0"),
        (r"split_feature=\d+", "split_feature=3"),
        (r"split_feature=\d+", "split_feature=-1"),
        (r"threshold=\S+", "threshold="),
        (r"decision_type=\d+", "decision_type=1"),
        (r"num_leaves=\d+", "num_leaves=1000000"),
        (r"num_cat=\d+", "num_cat=5"),
        (r"num_class=\d+", "num_class=2"),
        (r"num_class:\d+", "num_class:9"),
        (r"num_tree_per_iteration=\d+", "num_tree_per_iteration=0"),
        (r"max_feature_idx=\d+", "max_feature_idx=99"),
        (r"tree_sizes=\d+", "tree_sizes=1"),
        (r"tree_sizes=\d+", "tree_sizes=-5"),
        (r"tree_sizes=\d+", "tree_sizes=999999"),
        (r"label_index=0", "label_index=0\nTree=0"),
        (r"num_leaves=", "num_leaves=3\nnum_leaves="),
    ],
)
def test_a_text_that_leads_lightgbm_nowhere_is_refused(found, planted):
    whole = text_of(LGBMClassifier())
    spoiled = re.sub(found, planted, whole, count=1)
    sizes = re.search(r"tree_sizes=(\d+)", spoiled)
    if "tree_sizes" not in found and spoiled.index(planted) > spoiled.index("Tree=0\n"):
        longer = int(sizes[1]) + len(spoiled) - len(whole)
        spoiled = spoiled.replace(sizes[0], f"tree_sizes={longer}", 1)

    assert spoiled != whole
    with pytest.raises(ValueError, match=r"."):
        check_booster_text(spoiled)


def list_in(content, name, width=4):
    """Give the place of the first number in the first list of a name."""
    mark = re.search(name.encode() + rb"\[\$.#L.{8}", content, re.DOTALL)
    return slice(mark.end(), mark.end() + width)


@pytest.mark.parametrize("value", [-2, 0, 1 << 30])
@pytest.mark.parametrize("name", ["left_children", "right_children", "split_indices"])
def test_bytes_that_lead_xgboost_nowhere_are_refused(name, value):
    content = bytearray(bytes_of(XGBClassifier()))
    content[list_in(content, name)] = (value or 77 * (name == "split_indices")).to_bytes(4, "big", signed=True)

    with pytest.raises(ValueError, match=r"a booster's tree"):
        check_booster_bytes(bytes(content))


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_bytes_cut_short_are_refused(length):
    with pytest.raises((ValueError, KeyError)):
        check_booster_bytes(bytes_of(XGBClassifier())[:length])


def test_lists_within_lists_are_refused():
    with pytest.raises(ValueError, match="nested too deeply"):
        check_booster_bytes(b"[" * 100_000)
