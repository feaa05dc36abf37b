"""Labeling: guidelines, rounds of labeling, who labels what next, and what came of it.

models              rounds, items, raters, what was dealt to whom with the answer, experts' rulings
items               a table's rows, or pictures, as items to label
answers             what a rater sent, checked against the guideline; when two answers are the same
guideline_actions   a new text of a guideline, with the version that its meaning asks for
round_actions       opening a round, bringing items in, inviting raters, pausing, closing
dealing_actions     the next item for a rater, and what they answered
ruling_actions      an expert's word on items that labelers do not settle; proof into the log
queries             a round's state, a rater's queue
results             agreement, gold, consensus, cost: worked out of the answers
export              the labels as a table
"""
