"""Phase 6, maintenance: does it still hold?

documents        what people write down: reviews, drift checks, retraining, improvements, upkeep
freshness        how long ago the newest row of a table came
"""
