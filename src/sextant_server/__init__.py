"""The site and the API: stores, shows, serves. All judgement is the library's; only `actions.py` writes."""
