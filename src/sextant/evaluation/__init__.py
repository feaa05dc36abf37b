"""Phase 4, evaluation: does it do what was promised, for real people?

documents        what people write down: the A/B design, studies, the safety bar, the decision
design           how large a sample the A/B test needs
metrics          shares, means and quantiles out of predictions
slices           which segments do worse
leakage          test rows that the training data holds too
experiment       an A/B test out of one pass over its rows
"""
