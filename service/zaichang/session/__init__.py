"""The session rules: a pure, deterministic state machine (no I/O, clock, random number or logging)."""
