"""Ask why: what every model says of a doubtful row, and the labeled rows it is most like.

Before you accept a suggested label, look at those the models disagree on. `explain` gives for each row what the
labels-only model, the student and the teacher say, how the members of the teacher voted, and which labeled rows lie
nearest in the columns that tell the classes apart. A person who knows the data checks these, not the numbers.
"""

from sklearn.datasets import load_breast_cancer

from pseudolabel import PseudoLabelClassifier

X, truth = load_breast_cancer(return_X_y=True, as_frame=True)
truth = truth.map({0: "malignant", 1: "benign"})
y = truth.where(truth.index.isin(truth.sample(40, random_state=0).index))

model = PseudoLabelClassifier(committee="lean", random_state=0).fit(X, y)

suggested = model.pseudo_labels_.query("source == 'suggested'")
doubtful = suggested.nsmallest(2, "confidence").index
shown = ["mean radius", "mean texture", "worst concavity"]
for row, explanation in zip(doubtful, model.explain(X.loc[doubtful]), strict=True):
    print(f"Row {row}: {explanation}")
    near = explanation.nearest[0].row  # a position, counted from 0
    print(f"This row above the labeled row nearest to it, which is {y.iloc[near]}:")
    print(X.iloc[[row, near]][shown].to_string(), "\n")

# The parts are plain values: here, the rows that labels alone would have called otherwise.
explanations = model.explain(X.loc[suggested.index])
changed = [why for why in explanations if why.labels_only.label != why.teacher.label]
print(f"On {len(changed)} of {len(explanations)} rows the teacher differs from the model of labels only.")
