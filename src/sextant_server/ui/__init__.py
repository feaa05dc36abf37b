"""The visual language: what every page of the site is made of.

    format.py            numbers, ranges and ages as text
    drawing.py           where the lines of gauges and charts run
    icons.py             small drawings: the shapes of the verdicts, and what buttons carry
    templatetags/ui.py   the components, as template tags
    views.py urls.py     the style guide, which shows every component in every state (with DEBUG only)

Nothing here knows of projects, and nothing here reads or writes the database.
"""
