"""Phase 6, maintenance: does it still hold?

documents        what people write down: reviews, drift checks, retraining, improvements, upkeep
"""
