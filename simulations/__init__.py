"""Error rates and coverage of every statistic that Sextant offers, measured on made data.

Each `sim_*.py` offers a `SIMULATION`; adding one is adding such a file. Run them by `make simulate`.
"""
