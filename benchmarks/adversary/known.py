"""Ways that a first search found: every search begins with them, and must find them again."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from benchmarks.adversary.ways import Script, Seat, Then, Way, rule
from zaichang.core.enums import Route

_AT_END = rule("end", "come")

KNOWN: Final = MappingProxyType(
    {
        "pauses-every-13-s": Way(
            rules=(
                rule("play", "leave", 0.3),
                rule("play", "pause", 13),
                rule("stop", "come"),
                rule("round", "play", 0.2),
                rule("stop", "play", 12),
                _AT_END,
            )
        ),
        "pauses-every-8-s-to-be-seen": Way(
            rules=(
                rule("play", "leave", 0.3, 30),
                rule("play", "pause", 8.1),
                rule("stop", "come"),
                rule("round", "play", 0.2),
                rule("stop", "play", 12),
            )
        ),
        "leaves-for-10-s-and-pauses-when-a-frame-shows-it": Way(
            rules=(rule("clock", "leave", 100, 10), rule("exposed", "pause", 0, 10), rule("prompt", "come", 1), _AT_END)
        ),
        "leaves-for-10-s-and-hides-when-a-frame-shows-it": Way(
            rules=(rule("clock", "leave", 100, 10), rule("exposed", "hide", 0, 10), rule("prompt", "come", 1), _AT_END)
        ),
        "leaves-for-10-s-and-drops-when-a-frame-shows-it": Way(
            rules=(rule("clock", "leave", 100, 10), rule("exposed", "drop", 0, 2), rule("prompt", "come", 1), _AT_END)
        ),
        "waits-while-nothing-is-at-stake": Way(
            rules=(
                rule("play", "leave", 0.3),
                rule("play", "stand", 13),
                rule("stop", "come"),
                rule("round", "play", 0.2),
                _AT_END,
            )
        ),
        "refuses-after-14-s": Way(
            rules=(
                rule("play", "leave", 1),
                rule("capture", "come", 25),
                rule("prompt", "come"),
                rule("round", "leave", 0.5),
                _AT_END,
            ),
            wait_ms=14_000,
            then=Then.REFUSE,
        ),
        "two-empty-chairs-9-s-late": Way(
            rules=(
                rule("play", "leave", 1),
                rule("capture", "come", 19),
                rule("prompt", "come"),
                rule("round", "leave", 0.5),
                _AT_END,
            ),
            wait_ms=9_000,
        ),
        "movements-with-nobody-there": Way(
            rules=(
                rule("play", "leave", 1),
                rule("joined", "camera", 20),
                rule("capture", "try"),
                rule("capture", "come", 8),
                rule("round", "leave", 0.5),
                _AT_END,
            ),
            react_ms=60_000,
        ),
        "stands-and-jumps": Way(
            rules=(rule("play", "stand", 1), rule("stop", "jump", 11, 11), rule("stop", "play", 11.1))
        ),
        "plays-lost-parts-again": Way(
            rules=(
                rule("play", "leave", 5),
                rule("clock", "come", 25, 10),
                rule("lost", "back", 1),
                rule("lost", "come", 3),
                rule("end", "back", 0.5),
                _AT_END,
            )
        ),
        "alarm-20-s-after-a-round": Way(
            rules=(
                rule("play", "leave", 1, times=1),
                rule("round", "leave", 0.5),
                rule("round", "come", 20),
                rule("prompt", "come", 1),
                _AT_END,
            )
        ),
        "comes-within-the-notice": Way(
            rules=(rule("play", "leave", 1), rule("capture", "come", 3), rule("round", "leave", 0.5), _AT_END),
            wait_ms=3_900,
        ),
        "comes-when-called": Way(
            rules=(rule("play", "leave", 1), rule("prompt", "come", 1), rule("round", "leave", 1), _AT_END)
        ),
        "reports-every-15-s": Way(
            rules=(
                rule("play", "leave", 1),
                rule("capture", "come", 14),
                rule("prompt", "come"),
                rule("round", "leave", 0.5),
                _AT_END,
            ),
            pace_ms=14_900,
            wait_ms=14_500,
        ),
        "hides-at-captures": Way(
            rules=(
                rule("play", "leave", 1),
                rule("capture", "hide", 0.02, 8),
                rule("capture", "come", 6),
                rule("round", "leave", 0.5),
                rule("prompt", "come"),
                _AT_END,
            )
        ),
        "six-short-sessions": Way(
            rules=(
                rule("play", "leave", 1),
                rule("clock", "finish", 100, 1),
                rule("hold", "come"),
                rule("prompt", "come", 1),
                rule("round", "leave", 1),
                rule("joined", "come"),
                _AT_END,
            )
        ),
        "stand-in-in-profile": Way(
            rules=(
                rule("play", "leave", 1),
                rule("prompt", "come", 1),
                rule("round", "leave", 1),
                _AT_END,
            ),
            seat=Seat.BADLY_SEEN,
        ),
        "stand-in-and-learner-in-turns": Way(
            rules=(
                rule("play", "leave", 1),
                rule("capture", "come", 6),
                rule("prompt", "come"),
                rule("round", "leave", 0.5),
                _AT_END,
            ),
            seat=Seat.OTHER,
        ),
        "photograph-and-learner-in-turns": Way(
            rules=(
                rule("play", "leave", 1),
                rule("capture", "come", 6),
                rule("prompt", "come"),
                rule("round", "leave", 0.5),
                _AT_END,
            ),
            seat=Seat.DUMMY,
        ),
        "program-without-faces": Way(
            rules=(rule("joined", "leave"),), route=Route.CHALLENGE, script=Script.CONFIRM, react_ms=2_000
        ),
        "program-that-reads-without-faces": Way(
            rules=(rule("joined", "leave"),), route=Route.CHALLENGE, script=Script.ALL, react_ms=2_000
        ),
        "two-accounts-at-once": Way(accounts=2),
    }
)
"""By name; each is judged under the class of its tools (``classes``)."""
