"""Phase 4, evaluation: does it do what was promised, for real people?

documents        what people write down: the A/B design, studies, the safety bar, the decision
design           how large a sample the A/B test needs
metrics          shares, means and quantiles out of predictions
slices           which segments do worse
counting         confusion counts and scores, counted where the rows lie
evaluate         every metric that fits a model's answers, overall and by group
regression       the same for numbers
ranking          ranked lists: search results and recommendations
generation       generated texts
rouge            overlap of a text with a reference
units            the same where one unit has several rows
measured         one metric as evidence, for checks
compare          two models on the same cases
fairness         how far groups lie apart
worst            slices that do worse by more than luck, wrong cases, and what they have in common
meanings         what a metric says to somebody who uses the product
evaluate_text    an evaluation as text and as Markdown
lining_up        answers and right answers out of two tables
leakage          test rows that the training data holds too
judge            a language model as judge: calibrated against people before it counts
outside          evaluations that another tool has run
load             latency, errors, tokens and cost of an endpoint under open load
experiment       an A/B test out of one pass over its rows
"""
