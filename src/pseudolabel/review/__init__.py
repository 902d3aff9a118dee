"""Review: a person settles the doubtful pseudo-labels of a run, and the answers train the next round.

answers.py    what is asked of a person, and what the person says
schema.py     the tables they are kept in
database.py   the file: made whole, opened with care
classes.py    their names, and which mean the same
consensus.py  what the answers to a row come to
checksum.py   whether a row of the file is as it was stored
log.py        decisions, which are only ever added
rounds.py     what each round of learning suggests
search.py     the rows that hold a text
store.py      all of this as one Store
queue.py      which row is asked next

finished_run.py  what a review needs of a run folder
grounds.py    what speaks for a suggestion: neighbors, clusters, novelty, what an answer would change
intake.py     a run folder becomes a review, or its next round
refit.py      answers become labels, and a new round

label_studio.py  rows as tasks of Label Studio, and what people answered there
exporting.py  labels for other programs
importing.py  answers from one of them

page/         the local page: who may come in, what it shows and takes
serving.py    its server, until it is interrupted

Everything about the review of a run lies in one file, `review.sqlite` in its folder.
"""
