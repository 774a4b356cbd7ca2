"""Is the camera live, or does a recording run? Exact repeats, near repeats and stillness over a session's captures.

A sensor has noise and a living head moves: a picture that equals an earlier one pixel for pixel, a head that comes back
to the very same place and turn again and again, or one that does not move for a minute was not seen live. The bounds
were measured on clips of genuine people (docs/redteam.md): no near repeat in 2,634 pairs, and never less than 9 px or
2.7 degrees of movement over eight captures.
"""

from __future__ import annotations

from typing import Final

from zaichang.core.assessment import FrameAssessment
from zaichang.core.reasons import ReasonCode
from zaichang.session.state import Sighting, State

SIGHTINGS_KEPT: Final = 64
NEAR_AFTER_MS: Final = 10_000
NEAR_PX: Final = 1
NEAR_CDEG: Final = 60
NEAR_HASH_BITS: Final = 4
STILL_SIGHTINGS: Final = 8
STILL_SPAN_MS: Final = 60_000
STILL_PX: Final = 3
STILL_CDEG: Final = 120


def look(
    state: State, assessment: FrameAssessment, at_ms: int, *, seen_before: bool, repeats_max: int
) -> ReasonCode | None:
    """Remember a capture; return CAMERA_FROZEN or DUPLICATE_FRAME where it does not look live, else None.

    Args:
        state: Its ``contents``, ``sightings`` and ``repeats`` are brought up to date; a repeat asks for liveness.
        assessment: Of the capture.
        at_ms: Server time.
        seen_before: Whether the very same picture is known from another session.
        repeats_max: Repeats, exact or near, after which every capture counts as one of a recording.
    """
    content = assessment.content
    exact = seen_before or (bool(content) and content in state.contents)
    frozen = bool(content) and content == next(reversed(state.contents), "")
    if content:
        state.contents = (*state.contents, content)[-SIGHTINGS_KEPT:]
    sighting = _sighting(assessment, at_ms)
    near = sighting is not None and any(_near(earlier, sighting) for earlier in state.sightings)
    if sighting is not None:
        state.sightings = (*state.sightings, sighting)[-SIGHTINGS_KEPT:]
    if exact or near:
        state.repeats += 1
        state.live_wanted = True
    if frozen or (sighting is not None and _still(state.sightings[-STILL_SIGHTINGS:])):
        return ReasonCode.CAMERA_FROZEN
    if exact or state.repeats > repeats_max:
        return ReasonCode.DUPLICATE_FRAME
    return None


def _sighting(assessment: FrameAssessment, at_ms: int) -> Sighting | None:
    face = assessment.main
    if face is None or not assessment.phash:
        return None
    return (at_ms, *face.box_px, face.yaw_cdeg, face.pitch_cdeg, face.roll_cdeg, int(assessment.phash, 16))


def _near(earlier: Sighting, now: Sighting) -> bool:
    hash_bits: int = (now[8] ^ earlier[8]).bit_count()
    return (
        now[0] - earlier[0] >= NEAR_AFTER_MS
        and hash_bits <= NEAR_HASH_BITS
        and all(abs(now[i] - earlier[i]) <= NEAR_PX for i in range(1, 5))
        and all(abs(now[i] - earlier[i]) <= NEAR_CDEG for i in range(5, 8))
    )


def _still(recent: tuple[Sighting, ...]) -> bool:
    if len(recent) < STILL_SIGHTINGS or recent[-1][0] - recent[0][0] < STILL_SPAN_MS:
        return False
    spans: list[int] = [max(values) - min(values) for values in zip(*recent, strict=True)]
    return max(spans[1:5]) <= STILL_PX and max(spans[5:8]) <= STILL_CDEG
