"""Small programs for who works on Sextant itself; none is installed with it."""
