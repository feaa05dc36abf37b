"""Above the phases: what a project's state says about its gates, its plan and its health.

phases          the six phases and what is usual in them
rigor           light, standard, regulated: what blocks
state           everything a check may read, as one value
staleness       what rests on what, and what has changed under it
reruns          what must be run again, and what it takes
records         typed reports out of the state
exposure        when the first real use began
parts           parts of an item that can be excused alone
goals           what stakeholders sign before results exist
checklist       the 32 gate items
checks/         what decides each item, a file per phase
gates           the items of a phase together, and what a decision needs
waits           what the project waits for, and whom
standing        where it stands, in words, by rules
timeline        planned, actual, forecast
failure_modes   the eight, as detectors
measures        checks that compute evidence from tables
help            one panel a phase: goals, the product manager's part, what to ask
steps           the same for each step of a phase
around          and for the work around the phases: choosing, planning, meeting
"""
