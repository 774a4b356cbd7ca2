"""Recomputing decisions from recorded events: the session rules, the captures, the liveness verdicts."""
