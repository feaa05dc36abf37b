"""Phase 3, the model: which approach is good, fast and cheap enough?

documents        what people write down: requirements, resources, check-ins, options, the choice, blockers
options          options weighed against each other, what would change the winner, and where costs break even
runs             what a training run says of itself, and what its numbers prove
fronts           which of many candidates nobody beats in everything at once
blockers         how old each blocker is, and how long resolving one takes
"""
