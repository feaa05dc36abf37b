"""Phase 5, deployment: can it go out safely, and come back?

documents        what people write down: rollout, monitors, the way back, the announcements
ladder           the steps of a rollout, and what is wrong with them
rollout          one step decided on its verdicts: widen, hold, or go back
"""
