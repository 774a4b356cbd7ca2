"""A policy in plain words, for learners and inspectors, in both languages."""

from __future__ import annotations

from zaichang.core.enums import PasskeyUse
from zaichang.session.judgements import pledged_frames
from zaichang.session.policy import Policy
from zaichang.session.policy_fields import PASSKEYS_SINCE_SCHEMA

_KINDS_ZH = {
    "confirm": "点击确认",
    "code": "输入验证码",
    "question": "回答课程问题",
    "liveness": "按提示做动作",
    "light": "屏幕颜色核验",
}
_KINDS_EN = {
    "confirm": "a click",
    "code": "a code to type",
    "question": "a question on the course",
    "liveness": "movements of the head",
    "light": "coloured light",
}


def _span_zh(ms: int) -> str:
    return f"{ms // 60_000} 分钟" if ms % 60_000 == 0 else f"{ms / 1_000:g} 秒"


def _span_en(ms: int) -> str:
    return f"{ms // 60_000} min" if ms % 60_000 == 0 else f"{ms / 1_000:g} s"


def _liveness_zh(policy: Policy) -> list[str]:
    if not policy.proofs or not (policy.liveness_start or policy.liveness_bracket):
        return []
    lines = [
        f"动作核验：按屏幕提示转头、抬头、低头、闭眼或张嘴，每次 {policy.liveness_actions} 个动作，"
        f"每个动作 {_span_zh(policy.liveness_step_ms)}内完成；做不了的动作可以申请免除。"
    ]
    if policy.liveness_start:
        lines.append("开始学习前须通过一次动作核验。")
    if policy.liveness_bracket:
        lines.append(
            f"学习中至少每 {_span_zh(policy.liveness_max_gap_ms)}一次、结束时一次；通过后，之前抓拍已核验的时间才计入，"
            "未通过的由人工审核，不会直接扣掉。"
        )
    return lines


def _liveness_en(policy: Policy) -> list[str]:
    if not policy.proofs or not (policy.liveness_start or policy.liveness_bracket):
        return []
    lines = [
        "Movement checks: turn, raise or lower the head, close the eyes or open the mouth as the screen says, "
        f"{policy.liveness_actions} in each check, each within {_span_en(policy.liveness_step_ms)}; "
        "actions that a learner cannot do can be left out on request."
    ]
    if policy.liveness_start:
        lines.append("One must be passed before the first minute counts.")
    if policy.liveness_bracket:
        lines.append(
            f"Further ones come at least every {_span_en(policy.liveness_max_gap_ms)} and at the end; passing one "
            "counts the time that captures proved before it; where none is passed, that time goes to review."
        )
    return lines


def _passkeys(policy: Policy) -> list[tuple[bool, PasskeyUse]]:
    """Return each route that uses passkeys, and how: whether it is the one with faces, and the use."""
    if policy.schema < PASSKEYS_SINCE_SCHEMA:
        return []
    uses = [(False, PasskeyUse(policy.passkey_challenge))] if policy.non_face_route or not policy.proofs else []
    uses = [(True, PasskeyUse(policy.passkey_face)), *uses] if policy.proofs else uses
    return [(faces, use) for faces, use in uses if use is not PasskeyUse.OFF]


def _passkeys_zh(policy: Policy) -> list[str]:
    lines = []
    for faces, use in _passkeys(policy):
        route = "人脸核验时" if faces else "不用人脸核验时"
        without = "，这段时间由人工审核" if use is PasskeyUse.REQUIRED else ""
        lines.append(
            f"{route}，随机时刻会请您用自己设备的指纹、面容或密码（通行密钥）确认本人；"
            f"没有或不能使用的，改用其他弹窗{without}。"
        )
    if lines and policy.passkey_supervised:
        lines.append("只有在机构监督下登记的通行密钥有效。")
    return lines


def _passkeys_en(policy: Policy) -> list[str]:
    lines = []
    for faces, use in _passkeys(policy):
        route = "With face recognition" if faces else "Without face recognition"
        without = ", and that time goes to review" if use is PasskeyUse.REQUIRED else ""
        lines.append(
            f"{route}, the learner's own device confirms its owner at drawn moments, by fingerprint, face or PIN "
            f"(passkey); without one another challenge comes{without}."
        )
    if lines and policy.passkey_supervised:
        lines.append("Only passkeys that were registered under the institution's eyes count.")
    return lines


def _without_faces_zh(policy: Policy) -> list[str]:
    """Return how often challenges come where they are the checks: as often as captures would."""
    if policy.proofs and not policy.non_face_route:
        return []
    return [
        f"不用人脸核验时，弹窗就是核验：随机时刻出现，平均约每 {_span_zh(policy.capture_mean_ms)}，"
        f"最长间隔 {_span_zh(policy.capture_max_gap_ms)}，请在 {_span_zh(policy.challenge_deadline_ms)}内回应。"
    ]


def _without_faces_en(policy: Policy) -> list[str]:
    if policy.proofs and not policy.non_face_route:
        return []
    return [
        f"Without face recognition challenges are the checks: at random, every {_span_en(policy.capture_mean_ms)} on "
        f"average, at the latest after {_span_en(policy.capture_max_gap_ms)}; "
        f"answer within {_span_en(policy.challenge_deadline_ms)}."
    ]


def absence_bp(policy: Policy) -> tuple[int, int, int]:
    """Return the bound on the time that an absent learner can earn where captures are drawn samples (rules 2).

    Returns:
        Basis points for absences that the draw may meet (one mean gap for each miss that proved media makes up for),
        basis points for the least gap after each check, and the milliseconds of the free misses: once in a lesson, and
        under rules 7 once in the time for which counts are kept. Under those, absences of ten seconds or more.
    """
    spread_ms = max(0, policy.capture_mean_ms - policy.capture_min_gap_ms)
    stretch_ms = pledged_frames.looked_over_ms(policy)
    if stretch_ms:
        # A frame of each such stretch is asked for, and an absence that is found weighs more than one missed sample.
        spread_ms = min(spread_ms, stretch_ms * 100 // pledged_frames.ABSENT_PCT)
    free_ms = max(0, policy.misses_max_pct - policy.misses_start_pct) * spread_ms // 100
    share_bp = 10_000 * spread_ms // policy.miss_worth_ms
    return share_bp, 10_000 * policy.capture_min_gap_ms // policy.capture_mean_ms, free_ms


def explain_zh(policy: Policy) -> tuple[str, ...]:
    """Return the rules as sentences in Chinese; nothing here helps to predict a single capture."""
    lines = [
        f"按服务器时间计时，最高按 {policy.rate_max_bp / 10_000:.2f} 倍速计入（含时钟误差）；每一秒内容只计一次。",
        "首次学习可以跳到后面。" if policy.skip_allowed else "首次学习不能快进，回看随时可以。",
    ]
    if policy.proofs:
        lines += [
            f"学习中会随机抓拍，平均约每 {_span_zh(policy.capture_mean_ms)}，"
            f"最长间隔 {_span_zh(policy.capture_max_gap_ms)}。",
            f"每次核验最多 {policy.round_captures} 张，其中 {policy.round_passes} 张通过即可；一张没拍好不会扣时。",
            "核验内容："
            + "、".join({"presence": "在场", "identity": "本人", "pad": "活体"}[p] for p in policy.proofs)
            + "。",
            "前后两次核验都通过，之间的时间才计入；未通过只影响上一次通过之后的时间。",
        ]
        if policy.rules > 1:
            share_bp, gap_bp, free_ms = absence_bp(policy)
            lines += [
                "只有随机抽到的时刻才算核验；暂停、返回或结束时的核验只说明当时在场，之前的时间等下一次随机抽到的核验。",
                f"随机核验时不在画面中的次数按已核验内容计，每 {_span_zh(policy.miss_worth_ms)}可抵一次；"
                "超出的时间暂缓计入，结束时仍超出的由人工核对。",
                f"因此离开者最多可得：随机离开约 {share_bp / 100:.1f}%，每次核验后立即离开另约 {gap_bp / 100:.1f}%，"
                f"{'一次性' if policy.rules > 6 else '每课一次性'}约 {_span_zh(free_ms)}。",
            ]
        if "pad" not in policy.proofs:
            lines.append("注意：本规则不做活体检测。")
    if policy.challenge_kinds:
        kinds = "、".join(_KINDS_ZH[kind] for kind in policy.challenge_kinds)
        often = f"平均约每 {_span_zh(policy.challenge_mean_ms)}，" if policy.proofs else ""
        lines.append(f"验证弹窗（{kinds}）{often}请在 {_span_zh(policy.challenge_deadline_ms)}内回应。")
        lines.append("验证弹窗没有回应就离开的，下一次学习一开始须先回应一次，回应之前不计时。")
    lines += _without_faces_zh(policy) + _passkeys_zh(policy) + _liveness_zh(policy)
    if policy.pause_when_hidden:
        lines.append("页面切到后台时暂停计时，不另扣时。")
    if policy.pause_when_unfocused:
        lines.append("学习窗口失去焦点时暂停计时，不另扣时。")
    if policy.pause_when_floating:
        lines.append("视频以小窗（画中画）播放时暂停计时，不另扣时。")
    if policy.pause_on_second_screen:
        lines.append("连接第二块屏幕时暂停计时，不另扣时。")
    if policy.delivery_required:
        lines.append(
            f"只有确实传输给您的视频内容才计入；传输记录 {_span_zh(policy.delivery_wait_ms)}内未到的，"
            "由人工审核，不会直接扣掉。"
        )
    lines.append(f"网络中断超过 {_span_zh(policy.gap_ms)} 时，只有中断的时间不计。")
    if policy.strikes_max:
        lines.append(f"累计 {policy.strikes_max} 次未通过，本次学习结束；之前已核验的时间保留。")
    if policy.non_face_route:
        lines.append("不愿或不能使用人脸识别的，可以选择非人脸核验方式，记录中会注明。")
    return tuple(lines)


def explain_en(policy: Policy) -> tuple[str, ...]:
    """Return the same in English."""
    lines = [
        f"Time is the server's; playback counts up to {policy.rate_max_bp / 10_000:.2f}x (clock drift included); "
        "each second of a lesson counts once.",
        "A first viewing may skip ahead."
        if policy.skip_allowed
        else "A first viewing cannot skip ahead; going back is free.",
    ]
    if policy.proofs:
        lines += [
            f"Captures come at random, every {_span_en(policy.capture_mean_ms)} on average, "
            f"at the latest after {_span_en(policy.capture_max_gap_ms)}.",
            f"A check takes up to {policy.round_captures} pictures of which {policy.round_passes} must pass; "
            "one bad picture costs nothing.",
            "Checked are: " + ", ".join(policy.proofs) + ".",
            "Time counts when the checks before and after it both passed; a failed one costs the time since the last.",
        ]
        if policy.rules > 1:
            share_bp, gap_bp, free_ms = absence_bp(policy)
            once = "once" if policy.rules > 6 else "once in a lesson"
            lines += [
                "Only checks at drawn moments prove time. A check at a pause, a return or the end says that the "
                "learner is there; the time before it waits for the next drawn one.",
                f"A drawn check that misses the learner is made up for by {_span_en(policy.miss_worth_ms)} of proved "
                "media. Time beyond that waits, and goes to review where it still waits at the end.",
                f"So an absent learner earns at most about {share_bp / 100:.1f} % for absences at any moment, "
                f"{gap_bp / 100:.1f} % for leaving right after each check, and {_span_en(free_ms)} {once}.",
            ]
        if "pad" not in policy.proofs:
            lines.append("Note: these rules make no liveness check (PAD).")
    if policy.challenge_kinds:
        kinds = ", ".join(_KINDS_EN[kind] for kind in policy.challenge_kinds)
        often = f" come every {_span_en(policy.challenge_mean_ms)} on average; " if policy.proofs else ": "
        lines.append(f"Challenges ({kinds}){often}answer within {_span_en(policy.challenge_deadline_ms)}.")
        lines.append(
            "A learner who leaves one unanswered begins the next session with one; nothing counts before its answer."
        )
    lines += _without_faces_en(policy) + _passkeys_en(policy) + _liveness_en(policy)
    if policy.pause_when_hidden:
        lines.append("While the page is hidden nothing counts, and nothing else is lost.")
    if policy.pause_when_unfocused:
        lines.append("While another window has the focus nothing counts, and nothing else is lost.")
    if policy.pause_when_floating:
        lines.append("While the video floats in a small window nothing counts, and nothing else is lost.")
    if policy.pause_on_second_screen:
        lines.append("While a second screen is connected nothing counts, and nothing else is lost.")
    if policy.delivery_required:
        lines.append(
            "Only media that was really sent to you counts; where no record of it comes within "
            f"{_span_en(policy.delivery_wait_ms)}, that time goes to review."
        )
    lines.append(f"When the network is silent for {_span_en(policy.gap_ms)}, only that gap does not count.")
    if policy.strikes_max:
        lines.append(f"{policy.strikes_max} failed checks end the session; the time verified before stays.")
    if policy.non_face_route:
        lines.append("There is a route without face recognition; the record says when it was used.")
    return tuple(lines)
