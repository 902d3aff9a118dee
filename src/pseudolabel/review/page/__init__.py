"""Page: the review as a local web page.

guard.py           what a request must be before the page sees it
pictures.py        images, drawn anew by a process that may use little memory
picture_worker.py  that process
shown.py           how cells, classes and counts are shown
forms.py           what the page sends, read with care
audit_page.py      rows drawn at random, answered blind
training.py        the next round, trained beside the page
desk.py            what every page needs
row_pages.py       one row after the other
group_pages.py     clusters, and disagreements
front_pages.py     the first page, keys, audit, rounds, exports
app.py             every address
"""
