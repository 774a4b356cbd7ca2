"""The geometry of a try as its event keeps it, and the verdict recomputed from it."""

from __future__ import annotations

from collections.abc import Sequence

from zaichang.biometric.movement import Face
from zaichang.core.reasons import ReasonCode
from zaichang.liveness.messages import Compared, Deadline, FrameSeen, Verdict
from zaichang.liveness.state import Phase
from zaichang.liveness.trial import begin, step
from zaichang.session.decisions import OrderLiveness
from zaichang.session.events import LivenessAssessed, LivenessGeometry
from zaichang.session.policy import Policy

Row = FrameSeen | Deadline
CLOCK = -1
"""The order of a row that is no frame."""
_NO_FACE = Face(yaw_cdeg=0, pitch_cdeg=0, eye_bp=0, mouth_bp=0, shape_bp=0)


def geometry_of(pick: int, rows: Sequence[Row]) -> LivenessGeometry:
    """Return the events that a try was given, as columns."""
    frames = [row if isinstance(row, FrameSeen) else _clock(row) for row in rows]
    faces = [frame.face or _NO_FACE for frame in frames]
    return LivenessGeometry(
        pick=pick,
        order=tuple(frame.order for frame in frames),
        at_ms=tuple(frame.at_ms for frame in frames),
        done_ms=tuple(frame.done_ms for frame in frames),
        yaw_cdeg=tuple(face.yaw_cdeg for face in faces),
        pitch_cdeg=tuple(face.pitch_cdeg for face in faces),
        eye_bp=tuple(face.eye_bp for face in faces),
        mouth_bp=tuple(face.mouth_bp for face in faces),
        shape_bp=tuple(face.shape_bp for face in faces),
        sideways_bp=tuple(face.sideways_bp for face in faces),
        down_bp=tuple(face.down_bp for face in faces),
        hindered=tuple((row, frame.reason) for row, frame in enumerate(frames) if frame.reason is not None),
        lit=tuple((row, *frame.lit[0], *frame.lit[1]) for row, frame in enumerate(frames) if frame.lit is not None),
    )


def _clock(row: Deadline) -> FrameSeen:
    return FrameSeen(at_ms=row.done_ms, done_ms=row.done_ms, order=CLOCK)


def rows_of(geometry: LivenessGeometry) -> list[Row]:
    """Return the events that ``geometry_of`` put into columns."""
    reasons = dict(geometry.hindered)
    lit = {row: ((a, b, c), (x, y, z)) for row, a, b, c, x, y, z in geometry.lit}
    rows: list[Row] = []
    for number, order in enumerate(geometry.order):
        if order == CLOCK:
            rows.append(Deadline(done_ms=geometry.done_ms[number]))
            continue
        rows.append(
            FrameSeen(
                at_ms=geometry.at_ms[number],
                done_ms=geometry.done_ms[number],
                order=order,
                face=_face(geometry, number) if geometry.shape_bp[number] > 0 else None,
                reason=reasons.get(number),
                lit=lit.get(number),
            )
        )
    return rows


def _face(geometry: LivenessGeometry, number: int) -> Face:
    return Face(
        yaw_cdeg=geometry.yaw_cdeg[number],
        pitch_cdeg=geometry.pitch_cdeg[number],
        eye_bp=geometry.eye_bp[number],
        mouth_bp=geometry.mouth_bp[number],
        shape_bp=geometry.shape_bp[number],
        sideways_bp=geometry.sideways_bp[number],
        down_bp=geometry.down_bp[number],
    )


def recompute(order: OrderLiveness, policy: Policy, geometry: LivenessGeometry, compared: Compared) -> Verdict | None:
    """Return the verdict that a try's geometry gives; None where it never comes to one.

    Args:
        order: From the core.
        policy: The session's.
        geometry: As recorded.
        compared: How alike the compared frames were to the reference, as recorded; used only if the try comes so far.
    """
    state, _ = begin(order, policy, geometry.pick)
    for row in rows_of(geometry):
        state, _ = step(state, row)
    if state.phase is Phase.COMPARE:
        state, _ = step(state, compared)
    return state.verdict


def recorded_comparison(event: LivenessAssessed) -> Compared:
    """Return the comparison that an event tells of."""
    return Compared(
        similarities_bp=(event.similarity_bp,),
        pads_bp=(event.pad_bp,),
        analysed=ReasonCode.NOT_ANALYSED not in event.reasons,
    )


def recorded_verdict(event: LivenessAssessed) -> Verdict:
    """Return the verdict that an event tells of."""
    return Verdict(steps=event.steps, similarity_bp=event.similarity_bp, pad_bp=event.pad_bp, reasons=event.reasons)
