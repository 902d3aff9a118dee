"""Your own estimator: frames reach it as frames, and it keeps half of the vote.

A pipeline that picks columns by name is fitted on the rows as they are, gaps and texts included. It is cloned, never
changed; it sits on the committee that labels the rows, and is refitted on what the committee says. `predict` gives half
of the vote to the pipeline fitted on the labels alone and half to the refitted one. Sample weights keep their rows.
"""

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from pseudolabel import LabeledKFold, PseudoLabelClassifier

random = np.random.default_rng(0)
table = pd.DataFrame(
    {
        "age": random.integers(18, 80, 400).astype(float),
        "plan": random.choice(["basic", "plus", "pro"], 400),
        "visits": random.poisson(6, 400).astype(float),
    }
)
table.loc[::17, "age"] = np.nan
stays = table["visits"] + 3 * (table["plan"] == "pro") + random.normal(0, 2, 400) > 7
y = stays.map({True: "stays", False: "leaves"}).where(table.index < 60)  # 60 labels, 340 gaps

columns = make_column_transformer(
    (make_pipeline(SimpleImputer(), StandardScaler()), ["age", "visits"]),
    (OneHotEncoder(handle_unknown="ignore"), ["plan"]),
)
pipeline = make_pipeline(columns, LogisticRegression())

weights = np.where(table["plan"] == "pro", 2.0, 1.0)  # customers of this plan count twice
model = PseudoLabelClassifier(pipeline, random_state=0).fit(table, y, sample_weight=weights)

print("Share of the vote:", {part.name: part.share for part in model.mixture_.parts})
print("On the committee: ", {seat.name: round(seat.weight, 2) for seat in model.teacher_.seats})

# Held-out rows must have a label to be right about: LabeledKFold leaves the others in training.
scores = cross_val_score(PseudoLabelClassifier(pipeline, random_state=0), table, y, cv=LabeledKFold(2))
print("Accuracy on labeled rows held out, two folds:", scores.round(2))
