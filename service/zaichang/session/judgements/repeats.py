"""Detection of recordings: exact repeats, near repeats and stillness over a session's captures.

A sensor has noise and a living head moves. A picture that equals an earlier one pixel for pixel, a head that returns
to the very same place and turn again and again, or a head that does not move for a minute indicates a recording. The
bounds were measured on clips of genuine people (docs/redteam.md): no near repeat in 2,634 pairs, and never less than
9 px or 2.7 degrees of movement over eight captures.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from zaichang.core.assessment import FrameAssessment
from zaichang.session.values import Shot, Sighting

SIGHTINGS_KEPT: Final = 64
NEAR_AFTER_MS: Final = 10_000
NEAR_PX: Final = 1
NEAR_CDEG: Final = 60
NEAR_HASH_BITS: Final = 4
STILL_SIGHTINGS: Final = 8
STILL_SPAN_MS: Final = 60_000
STILL_PX: Final = 3
STILL_CDEG: Final = 120


class Comparison(NamedTuple):
    """A comparison of a capture with the earlier ones of its session.

    Attributes:
        contents: The content hashes that are kept, this one included.
        sightings: The sightings that are kept, this one included.
        exact: Whether an earlier picture was the very same.
        near: Whether an earlier one showed the head in the very same place and turn.
        frozen: Whether the last picture was the very same, or the head has not moved for a minute.
    """

    contents: tuple[str, ...]
    sightings: tuple[Sighting, ...]
    exact: bool
    near: bool
    frozen: bool


def compare(
    contents: tuple[str, ...], sightings: tuple[Sighting, ...], assessment: FrameAssessment, at_ms: int
) -> Comparison:
    """Compare a capture with the earlier ones of its session.

    Args:
        contents: Their content hashes, newest last.
        sightings: Where the face was in them.
        assessment: Of the new capture.
        at_ms: Server time.
    """
    content = assessment.content
    exact = bool(content) and content in contents
    frozen = bool(content) and content == next(reversed(contents), "")
    if content:
        contents = (*contents, content)[-SIGHTINGS_KEPT:]
    sighting = _sighting(assessment, at_ms)
    near = sighting is not None and _near_any(sightings, sighting)
    if sighting is not None:
        sightings = (*sightings, sighting)[-SIGHTINGS_KEPT:]
    still = sighting is not None and _still(sightings[-STILL_SIGHTINGS:])
    return Comparison(contents=contents, sightings=sightings, exact=exact, near=near, frozen=frozen or still)


def is_cameras_own(shots: tuple[Shot, ...], now: Shot, within_ms: int) -> bool:
    """Return whether a picture repeats another of the same moment, because a slow camera had given no newer one.

    A page pledges a frame and takes an ordered picture within seconds: they may be one frame of its camera. Two frames
    or two ordered pictures may not: the player pledges no frame twice, and the next picture is ordered later (rules 8).

    Args:
        shots: The captures before.
        now: The new one.
        within_ms: How far apart the two may have been taken.
    """
    same = [shot for shot in shots if shot[1] == now[1]]
    return bool(same) and all(shot[2] is not now[2] and abs(shot[0] - now[0]) <= within_ms for shot in same)


def _sighting(assessment: FrameAssessment, at_ms: int) -> Sighting | None:
    face = assessment.main
    if face is None or not assessment.phash:
        return None
    return (at_ms, *face.box_px, face.yaw_cdeg, face.pitch_cdeg, face.roll_cdeg, int(assessment.phash, 16))


def _near_any(sightings: tuple[Sighting, ...], now: Sighting) -> bool:
    """Return whether one of the sightings is near; few pictures have so like a hash, so that is asked first."""
    for earlier in sightings:
        if (now[8] ^ earlier[8]).bit_count() <= NEAR_HASH_BITS and _near(earlier, now):
            return True
    return False


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
