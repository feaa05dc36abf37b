"""Any endpoint that answers over HTTP, and any Python callable: put under open load, and timed.

client      sends requests on a schedule, whatever the answers do
incoming    what an OpenAI-compatible answer says of tokens
"""
