"""Passkeys in the simulation: in software, with the learner who opens them and the institution that registers them."""
