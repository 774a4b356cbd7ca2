"""The states of a row, and the effect of a platform's answer."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from zaichang.ledger.filing.rows import RowState

_NEXT: Final = {
    RowState.PREPARED: frozenset(
        (RowState.SENT, RowState.ACKNOWLEDGED, RowState.ACCEPTED, RowState.REGISTERED, RowState.REFUSED)
    ),
    RowState.SENT: frozenset((RowState.ACKNOWLEDGED, RowState.ACCEPTED, RowState.REGISTERED, RowState.REFUSED)),
    RowState.ACKNOWLEDGED: frozenset((RowState.ACCEPTED, RowState.REGISTERED, RowState.REFUSED)),
    RowState.ACCEPTED: frozenset((RowState.REGISTERED, RowState.REFUSED)),
    RowState.REGISTERED: frozenset[RowState](),
    RowState.REFUSED: frozenset[RowState](),
}
_ORDER: Final = tuple(_NEXT)
STANDING: Final = frozenset((RowState.ACCEPTED, RowState.REGISTERED))
"""The platform has the row."""
IN_FLIGHT: Final = frozenset((RowState.PREPARED, RowState.SENT, RowState.ACKNOWLEDGED))
"""Its end is not known yet."""


class Told(Enum):
    """The effect of an answer on a row."""

    CHANGES = auto()
    STALE = auto()
    """It says nothing that is not known: a repeated or late answer."""
    CONTRADICTS = auto()
    """It cannot be true together with the earlier answer; people look at it."""


def told(state: RowState, answer: RowState) -> Told:
    """Return the effect of an answer on a row in a state."""
    if answer in _NEXT[state]:
        return Told.CHANGES
    if answer is state or RowState.REFUSED not in (state, answer):
        return Told.STALE
    if _ORDER.index(answer) < _ORDER.index(RowState.ACCEPTED):
        return Told.STALE
    return Told.CONTRADICTS
