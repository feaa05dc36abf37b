"""The demo: one real project through six phases, by the same doors that users have.

The map, in reading order:

    main          `run`: the steps in order, taking up where a run stopped, and the table of gates
    story         what every step works with: the project, its folder, checks, signatures, the calendar
    targets       what must hold, written before any data
    project_file  the project's sextant.yaml
    images        the data: handwritten digits, how they are split, and what happens to them on paper
    readers       the ways to read a digit: rules, and models that are really trained
    people        simulated labelers, clerks and beta users, each with a stated error
    flag          a flag in a file, the process that obeys it, and a listener for alerts
    problem ... maintenance      the six phases, one file each

The images, the models and what is measured on them are real. The people and the traffic are simulated, and
every record that rests on them says so.
"""

from __future__ import annotations
