"""The analysis of each picture of a session, read from its stored events.

A reviewer decides about the pictures that caused a reason. So each picture carries its own reasons, and the similarity
and quality that were measured, and the review page can put those pictures first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zaichang.core.canonical import parse_canonical_object
from zaichang.core.reasons import ReasonCode
from zaichang.session.codec import decode_event
from zaichang.session.events import CaptureAssessed


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFinding:
    """The analysis of one picture.

    Attributes:
        reasons: Problems of the frame, then of its main face, worst first; empty for a usable picture.
        faces: Faces that were found.
        similarity_bp: Cosine similarity of the main face to the reference, -10000..10000; None where none was compared.
        quality_bp: Quality of the main face, 0..10000; None without a face.
    """

    reasons: tuple[ReasonCode, ...]
    faces: int
    similarity_bp: int | None
    quality_bp: int | None


def picture_findings(events: Iterable[bytes]) -> dict[str, PictureFinding]:
    """Return the finding of each analysed picture by its capture's id.

    Args:
        events: The stored events of one session, in order.

    Raises:
        EvidenceError: An event cannot be read.
    """
    found: dict[str, PictureFinding] = {}
    for body in events:
        event = decode_event(parse_canonical_object(body))
        if not isinstance(event, CaptureAssessed):
            continue
        assessment, main = event.assessment, event.assessment.main
        seen_before = (ReasonCode.DUPLICATE_FRAME,) if event.seen_before else ()
        reasons = (*seen_before, *assessment.reasons, *(main.reasons if main else ()))
        found[event.capture_id] = PictureFinding(
            reasons=tuple(dict.fromkeys(reasons)),
            faces=len(assessment.faces),
            similarity_bp=main.similarity_bp if main else None,
            quality_bp=main.quality_bp if main else None,
        )
    return found
