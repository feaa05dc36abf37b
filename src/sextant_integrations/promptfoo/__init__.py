"""Results of promptfoo, as `promptfoo eval -o results.json` writes them (format 3).

incoming    results as evaluations that were run outside, one for each prompt and provider
"""
