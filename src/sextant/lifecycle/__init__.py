"""Above the phases: what a project's state says about its gates, its plan and its health.

    phases          the six phases and what is usual in them
    rigor           light, standard, regulated: what blocks
    state           everything a check may read, as one value
    staleness       what rests on what, and what has changed under it
    checklist       the 32 gate items
    checks/         what decides each item, a file per phase
    gates           the items of a phase together, and what a decision needs
    timeline        planned, actual, forecast
    failure_modes   the eight, as detectors
    measures        checks that compute evidence from tables
"""
