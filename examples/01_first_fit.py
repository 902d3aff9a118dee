"""The first fit: label the rest of a table, and look at the doubtful rows.

Scikit-learn's breast-cancer table with 40 of its 569 labels: the others are blanked. The rows and their labels go in
together, gaps and all; what comes out is a label, its confidence and its source for every row, in the same order.
"""

from sklearn.datasets import load_breast_cancer

from pseudolabel import PseudoLabelClassifier

X, truth = load_breast_cancer(return_X_y=True, as_frame=True)
truth = truth.map({0: "malignant", 1: "benign"})
y = truth.where(truth.index.isin(truth.sample(40, random_state=0).index))

model = PseudoLabelClassifier(random_state=0).fit(X, y)

labeled = model.pseudo_labels_
print(labeled["source"].value_counts().to_string(), "\n")

suggested = labeled[labeled["source"] == "suggested"]
print("The five most doubtful suggestions; look at such rows yourself:")
print(suggested.nsmallest(5, "confidence").round(2).to_string(), "\n")

# Only because the truth is known here: with real data nobody can print this line.
right = (suggested["pseudo_label"] == truth[suggested.index]).mean()
print(f"{right:.1%} of the {len(suggested)} suggested labels are right.")

for seat in model.teacher_.seats:
    print(f"{seat.name} has {seat.weight:.0%} of the teacher's vote.")
