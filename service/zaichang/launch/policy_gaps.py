"""What a policy's choices leave open to a cheat, each with its bound: printed where a policy is checked or explained.

A weak pack is its institution's choice. It should be made knowingly.
"""

from __future__ import annotations

from typing import Final

from zaichang.core.enums import PasskeyUse, Proof
from zaichang.session.explain import absence_bp
from zaichang.session.policy import Policy
from zaichang.session.policy_fields import PASSKEYS_SINCE_SCHEMA

ABSENCE_MAX_BP: Final = 2_000
"""A policy under which an absent learner may earn more than this part of the time says so."""


def gaps(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Return ``(Chinese, English)`` for each kind of cheat that this policy hardly bounds, or not at all."""
    found = [*_absence(policy), *_pictures(policy), *_movements(policy), *_without_faces(policy)]
    return tuple(found)


def _absence(policy: Policy) -> list[tuple[str, str]]:
    if not policy.proofs or policy.rules == 1:
        return []
    share_bp, gap_bp, _ = absence_bp(policy)
    if share_bp + gap_bp <= ABSENCE_MAX_BP:
        return []
    percent = (min(10_000, share_bp + gap_bp) + 50) // 100
    mean_s, least_s = policy.capture_mean_ms / 1_000, policy.capture_min_gap_ms / 1_000
    return [
        (
            f"抓拍平均每 {mean_s:g} 秒一次，每次之后 {least_s:g} 秒内没有下一次：离开者最多可得约 {percent}%。",
            f"Captures come every {mean_s:g} s on average and none within {least_s:g} s of the last: an absent learner "
            f"may earn up to about {percent} % of the time.",
        )
    ]


def _pictures(policy: Policy) -> list[tuple[str, str]]:
    if not policy.proofs or Proof.PAD in policy.proofs:
        return []
    return [
        (
            "不做活体检测：照片或屏幕上的画面可得全部时间。",
            "No attack detection (pad): a photograph or a screen earns all of the time.",
        )
    ]


def _movements(policy: Policy) -> list[tuple[str, str]]:
    if not policy.proofs or policy.liveness_bracket:
        return []
    return [
        (
            "不要求动作核验（liveness_bracket）：学员本人的录像、睡着的学员，可得全部时间。",
            "No movement checks (liveness_bracket): a recording of the learner, or a learner who sleeps, earns all of "
            "the time.",
        )
    ]


def _without_faces(policy: Policy) -> list[tuple[str, str]]:
    if policy.proofs and not policy.non_face_route:
        return []
    if policy.schema < PASSKEYS_SINCE_SCHEMA or policy.passkey_challenge != PasskeyUse.REQUIRED:
        return [
            (
                "非人脸方式不要求通行密钥：能读页面的程序可得全部时间。",
                "The route without faces asks for no passkey: a program that reads the page earns all of the time.",
            )
        ]
    if policy.passkey_supervised:
        return []
    return [
        (
            "通行密钥可以无人监督登记：多个账号的密钥可在同一台设备上，一人可同时为几个账号确认。",
            "Passkeys may be registered unseen (passkey_supervised is off): those of several accounts may lie on one "
            "machine, where one person confirms for all.",
        )
    ]
