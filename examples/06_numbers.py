"""Numbers instead of classes: label the rest of a table, with an interval for every number.

Scikit-learn's diabetes table: 442 patients, and how far the disease had gone a year later. 100 of the numbers are
known. A committee of different learners gives the other rows theirs, with intervals that hold nine of ten true numbers
as far as the labeled rows tell. `predict_labels_only` is what there would be without all that.
"""

from sklearn.datasets import load_diabetes
from sklearn.metrics import root_mean_squared_error

from pseudolabel import PseudoLabelRegressor

X, truth = load_diabetes(return_X_y=True, as_frame=True)
y = truth.where(truth.index.isin(truth.sample(100, random_state=0).index))

model = PseudoLabelRegressor(random_state=0).fit(X, y)

labeled = model.pseudo_labels_
suggested = labeled[labeled["source"] == "suggested"]
print(suggested.head().round(0).to_string(), "\n")

for seat in model.teacher_.seats:
    print(f"{seat.name:18}{seat.weight:4.0%} of the committee, typical error {seat.error:.1f} on rows it had not seen")

# Only because the truth is known here: with real data nobody can print these lines.
unknown = truth[suggested.index]
inside = unknown.between(suggested["lower"], suggested["upper"]).mean()
print(f"\n{inside:.0%} of {len(unknown)} unknown numbers lie within their intervals.")
for name, predict in {"labels only": model.predict_labels_only, "with pseudo-labels": model.predict}.items():
    print(f"{name:18}  typical error {root_mean_squared_error(unknown, predict(X.loc[unknown.index])):.1f}")
