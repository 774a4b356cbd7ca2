"""Turns decisions into messages to the player. Pure; the open session sends them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from zaichang.core.ids import ChallengeId
from zaichang.core.passkeys import base64url
from zaichang.core.reason_sentences import SENTENCES
from zaichang.core.reasons import ReasonCode
from zaichang.live.challenges.confirm_text import confirm_labels
from zaichang.live.challenges.picture import code_picture
from zaichang.live.challenges.sound import spoken_code
from zaichang.ports.records import StoredMinute
from zaichang.protocol.limits import CAPTURE_QUALITY_PCT, CAPTURE_WIDTH_PX
from zaichang.protocol.messages import (
    Ack,
    CaptureOrder,
    ChallengeOrder,
    ChallengeResult,
    Closed,
    ErrorMessage,
    LivenessHint,
    MinuteSealed,
    Pause,
    Resume,
    Seek,
    ServerMessage,
)
from zaichang.session.decisions import (
    AckHeartbeat,
    ChallengeJudged,
    Decision,
    Final,
    Minute,
    OrderCapture,
    OrderChallenge,
    OrderPause,
    OrderResume,
    OrderSeek,
    RejectCapture,
    RejectHeartbeat,
    RejectReveal,
)
from zaichang.session.playhead import union
from zaichang.session.state import State


def sentence(reason: ReasonCode, locale: str) -> str:
    """Return the learner's sentence for a reason, in Chinese unless the locale is English."""
    return SENTENCES[reason].en if locale.startswith("en") else SENTENCES[reason].zh


def shown_ms(left_ms: int, link_ms: int) -> int:
    """Return the time that the page counts down. An answer given within it reaches the service before the deadline.

    Args:
        left_ms: Time until the deadline.
        link_ms: Longest delay of the order and the answer together on a slow line (``liveness_link_ms``).
    """
    return left_ms - min(link_ms, left_ms // 8)


def counted_parts(state: State) -> tuple[str, ...]:
    """Return the parts of the lesson that the learner need not watch, as the protocol writes them.

    They are counted, wait for a proof or the delivery log, or went to a person who may still grant them.
    """
    parts = union(union(state.taken, state.credit.undecided), state.info.resumable)
    return tuple(f"{start_ms}-{end_ms}" for start_ms, end_ms in parts)


def message_for(
    decision: Decision, *, now_ms: int, anchored_ms: int, locale: str, link_ms: int, counted: tuple[str, ...] = ()
) -> ServerMessage | None:
    """Return the message for a decision; None where it does not concern the player.

    Args:
        decision: From the session core.
        now_ms: Server time, from which the client's time limit is computed.
        anchored_ms: Media time whose records a signed checkpoint covers; only this is shown as verified.
        locale: ``zh-CN`` or ``en``.
        link_ms: Time that each countdown keeps back for a slow line; from the policy.
        counted: ``counted_parts`` of the session, for an acknowledgement.
    """
    match decision:
        case AckHeartbeat():
            return Ack(
                seq=decision.seq,
                nonce=decision.next_nonce,
                counting=decision.counting,
                reason=decision.reason.value if decision.reason else "",
                verified_ms=anchored_ms,
                pending_ms=decision.pending_ms + decision.verified_ms - anchored_ms,
                frontier_ms=decision.frontier_ms,
                counted=counted,
            )
        case RejectHeartbeat():
            return ErrorMessage(
                code=decision.code,
                message=f"Heartbeat {decision.seq} was not used; {decision.expected_seq} is expected.",
                hint="Answer the last acknowledgement, or reconnect with resume.",
                expected_seq=decision.expected_seq,
            )
        case RejectReveal():
            return ErrorMessage(
                code="reveal.mismatch",
                message=sentence(ReasonCode.NONCE_REJECTED, locale),
                hint="Send the nonce that the join committed to; where it is lost, join without resume.",
            )
        case OrderCapture():
            return CaptureOrder(
                capture_id=decision.capture_id,
                nonce=decision.nonce,
                within_ms=max(0, decision.deadline_ms - now_ms),
                width_px=CAPTURE_WIDTH_PX,
                quality_pct=CAPTURE_QUALITY_PCT,
                prompt=decision.prompt.value if decision.prompt else "",
                announce=bool(decision.announce),
                frame=decision.frame or "",
            )
        case RejectCapture():
            return ErrorMessage(
                code=f"capture.{decision.reason.value.lower()}", message=sentence(decision.reason, locale)
            )
        case OrderChallenge():
            return ChallengeOrder(
                challenge_id=decision.challenge_id,
                kind=decision.kind,
                within_ms=shown_ms(max(0, decision.deadline_ms - now_ms), link_ms),
                options=decision.options,
                text=decision.text,
                image=code_picture(decision.code, decision.salt) if decision.code else "",
                audio=spoken_code(decision.code, decision.salt, locale) if decision.code else "",
                variant=decision.variant,
                steps=decision.steps,
                labels=confirm_labels(decision.labels, decision.variant, locale),
                nonce=base64url(bytes.fromhex(decision.nonce or "")),
                rp_id=decision.rp_id or "",
            )
        case ChallengeJudged():
            return ChallengeResult(
                challenge_id=decision.challenge_id,
                accepted=decision.accepted,
                closed=decision.closed,
                reason=decision.reason.value if decision.reason else "",
            )
        case OrderPause():
            return Pause(reason=decision.reason.value, message=sentence(decision.reason, locale))
        case OrderResume():
            return Resume()
        case OrderSeek():
            return Seek(to_ms=decision.to_ms, reason=decision.reason.value, message=sentence(decision.reason, locale))
        case _:
            return None


def hint_message(challenge_id: ChallengeId, reason: ReasonCode | None, locale: str) -> LivenessHint:
    """Return the guidance for a learner in front of the camera; the reason None means that all is well."""
    if reason is None:
        return LivenessHint(challenge_id=challenge_id)
    return LivenessHint(challenge_id=challenge_id, reason=reason.value, message=sentence(reason, locale))


def minute_message(minute: StoredMinute, locale: str) -> MinuteSealed:
    """Return the message for a minute whose record a signed checkpoint covers."""
    record = msgspec.json.decode(minute.body, type=_MinuteView)
    reasons: Sequence[ReasonCode] = record.reasons
    return MinuteSealed(
        index=minute.minute,
        verdict=record.verdict,
        verified_ms=record.verified_ms,
        reasons=tuple(reason.value for reason in reasons),
        messages=tuple(sentence(reason, locale) for reason in reasons),
    )


def closed_message(final: Final, locale: str) -> Closed:
    """Return the message for a session's end."""
    return Closed(
        reason=final.reason.value,
        message=sentence(final.reason, locale),
        verified_ms=final.verified_ms,
        undecided_ms=final.undecided_ms,
    )


def verified_ms_of(minutes: Sequence[StoredMinute | Minute]) -> int:
    """Return the sum of the minutes' verified time."""
    return sum(
        minute.verified_ms
        if isinstance(minute, Minute)
        else msgspec.json.decode(minute.body, type=_MinuteView).verified_ms
        for minute in minutes
    )


class _MinuteView(msgspec.Struct, frozen=True, kw_only=True):
    verdict: str
    verified_ms: int
    reasons: tuple[ReasonCode, ...] = ()
