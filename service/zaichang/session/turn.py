"""One event's working copy: the state being changed, the rules, the time, and the decisions so far.

Every function that changes a session takes one ``Turn``. The player's core has the same shape
(``client_sdk/web/src/core/turn.ts``).
"""

from __future__ import annotations

from zaichang.session.decisions import Decision
from zaichang.session.policy import DRAWN_SINCE_SCHEMA, ENDS_SINCE_SCHEMA, PLEDGED_SINCE_SCHEMA, Policy
from zaichang.session.state import State


class Turn:
    """The work on one event.

    Attributes:
        state: The copy that this turn changes; each part is changed by the module of its name.
        policy: The session's rules.
        now_ms: Server time of the event. The deadlines of orders count from it, because they leave now, also those
            that are given while ``state.playback.reached_ms`` is still catching up.
        out: The decisions so far, in order.
        uses_captures: Whether captures are this session's proofs; else challenges are.
        drawn: Whether only drawn moments prove (rules 2); before, every passed proof did.
        sampled: Whether captures are such samples.
        pledged: Whether reports pledge frames for them (rules 4).
        ends: Whether they prove the lesson's end before it comes (rules 5).
    """

    __slots__ = ("drawn", "ends", "now_ms", "out", "pledged", "policy", "sampled", "state", "uses_captures")

    def __init__(self, state: State, policy: Policy, now_ms: int) -> None:
        """Begin a turn on ``state``, which must be the caller's own copy."""
        self.state = state
        self.policy = policy
        self.now_ms = now_ms
        self.out: list[Decision] = []
        self.uses_captures = state.uses_captures(policy)
        self.drawn = policy.schema >= DRAWN_SINCE_SCHEMA
        self.sampled = self.drawn and self.uses_captures
        self.pledged = self.sampled and policy.schema >= PLEDGED_SINCE_SCHEMA
        self.ends = self.sampled and policy.schema >= ENDS_SINCE_SCHEMA

    def add(self, decision: Decision) -> None:
        """Add a decision; the shell carries all of them out in this order."""
        self.out.append(decision)
