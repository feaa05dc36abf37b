"""Logs of inspect-ai, `.eval` and `.json`, as its versions 0.3 write them (log format 2).

incoming    a log as an evaluation that was run outside
"""
