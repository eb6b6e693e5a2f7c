"""Starts Redis, dispatch-sandbox and dispatchd as a user would, and looks at them from outside.

Python's standard library only, nothing of the product linked: what this package says about the engine it knows from
the provider's ledger, from Redis and from /metrics.
"""
