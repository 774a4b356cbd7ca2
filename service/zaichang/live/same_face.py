"""One face in two running sessions: whether another account with this face studies at this moment (I3).

Both the likeness and the running session are read from the store, so it does not matter which process serves the other
session. Face search has noted which accounts may share a face; most learners have none, and then nothing is opened. The
references themselves decide: an account whose learner was once in another's picture has another face.
"""

from __future__ import annotations

from typing import Final

from zaichang.biometric.duplicates import SEARCH_SIMILARITY_BP
from zaichang.biometric.template import Template, decode_template
from zaichang.core.errors import ZaichangError
from zaichang.core.ids import InstitutionId, LearnerId, SessionId
from zaichang.core.units import BP_ONE
from zaichang.ports.purposes import Purpose
from zaichang.ports.session import SessionPorts

RUNNING_MS: Final = 60_000
"""A session whose last event is older than this is not running, although it has not ended."""


async def studies_elsewhere(ports: SessionPorts, session_id: SessionId, template: bytes | None, now_ms: int) -> bool:
    """Return whether another account with the same face has a running session.

    Args:
        ports: The ports of open sessions.
        session_id: The session.
        template: The reference of its learner, decrypted; None without one.
        now_ms: Server time.

    Raises:
        StorageError: The store cannot be read.
    """
    if template is None:
        return False
    for institution_id, learner_id in await ports.captures.running_alike(session_id, now_ms - RUNNING_MS):
        other = await _reference(ports, institution_id, learner_id)
        if other is not None and alike(decode_template(template), other):
            return True
    return False


def alike(first: Template, second: Template) -> bool:
    """Return whether two references show the same face, at the threshold of face search."""
    if first.embedder != second.embedder:
        return False
    return float((first.vectors @ second.vectors.T).max()) * BP_ONE >= SEARCH_SIMILARITY_BP


async def _reference(ports: SessionPorts, institution_id: InstitutionId, learner_id: LearnerId) -> Template | None:
    enrolment = await ports.learners.enrolment(institution_id, learner_id)
    if enrolment is None:
        return None
    try:
        key = ports.vault.unlock(await ports.learners.learner(institution_id, learner_id))
        return decode_template(key.decrypt(Purpose.TEMPLATE, str(enrolment.version), enrolment.encrypted))
    except ZaichangError:
        return None  # erased meanwhile, or damaged: no evidence of the same face
