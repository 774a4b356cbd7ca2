"""What an institution's policy tells learners: complete, in both languages, and nothing that predicts a capture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zaichang.session.explain import absence_bp, explain_en, explain_zh
from zaichang.session.policy import Policy

BASE = Policy()


def both(policy: Policy) -> tuple[str, str]:
    zh, en = explain_zh(policy), explain_en(policy)
    assert len(zh) == len(en), "both languages say the same number of things"
    assert all(line.strip() for line in zh + en)
    return "\n".join(zh), "\n".join(en)


def test_without_passkeys_nothing_is_said_of_them() -> None:
    silent = {"schema": 4, "passkey_supervised": True}
    for change in ({}, {**silent, "passkey_challenge": "off"}, {**silent, "non_face_route": False}):
        assert "passkey" not in both(replace(BASE, **change))[1]
    assert "Without face" in both(replace(BASE, schema=4, proofs=(), non_face_route=False))[1]


@pytest.mark.parametrize(
    ("change", "zh", "en"),
    [
        ({}, "首次学习不能快进", "cannot skip ahead"),
        ({"skip_allowed": True}, "可以跳到后面", "may skip ahead"),
        ({}, "活体", "pad"),
        ({"proofs": ("presence",)}, "不做活体检测", "no liveness check"),
        ({"rate_max_bp": 15_000}, "1.50 倍速", "1.50x"),
        ({"capture_mean_ms": 45_500}, "45.5 秒", "45.5 s"),
        ({"capture_max_gap_ms": 120_000}, "2 分钟", "2 min"),
        ({"round_captures": 6}, "最多 6 张", "up to 6 pictures"),
        ({"challenge_kinds": ("question",)}, "回答课程问题", "a question on the course"),
        ({"challenge_kinds": ("confirm", "code")}, "点击确认、输入验证码", "a click, a code to type"),
        (
            {"challenge_kinds": ("liveness", "light")},
            "按提示做动作、屏幕颜色核验",
            "movements of the head, coloured light",
        ),
        ({"challenge_deadline_ms": 30_000}, "30 秒", "30 s"),
        ({}, "切到后台", "page is hidden"),
        ({"pause_when_unfocused": True}, "失去焦点", "another window has the focus"),
        ({}, "画中画", "floats in a small window"),
        ({"pause_on_second_screen": True}, "第二块屏幕", "a second screen is connected"),
        ({"gap_ms": 20_000}, "超过 20 秒", "silent for 20 s"),
        ({"strikes_max": 3}, "累计 3 次", "3 failed checks"),
        ({"liveness_start": True}, "须通过一次动作核验", "before the first minute counts"),
        ({"liveness_start": True, "liveness_actions": 3}, "每次 3 个动作", "3 in each check"),
        ({"liveness_bracket": True}, "至少每 15 分钟一次", "every 15 min and at the end"),
        ({"liveness_bracket": True, "liveness_step_ms": 9_000}, "每个动作 9 秒内", "each within 9 s"),
        ({"delivery_required": True}, "5 分钟内未到的，由人工审核", "within 5 min, that time goes to review"),
        ({}, "非人脸核验方式", "without face recognition"),
        (
            {"capture_mean_ms": 45_500, "capture_max_gap_ms": 120_000, "challenge_deadline_ms": 30_000},
            "不用人脸核验时，弹窗就是核验：随机时刻出现，平均约每 45.5 秒，最长间隔 2 分钟，请在 30 秒内回应。",
            "Without face recognition challenges are the checks: at random, every 45.5 s on average, "
            "at the latest after 2 min; answer within 30 s.",
        ),
        ({"proofs": (), "capture_mean_ms": 45_500}, "弹窗就是核验：随机时刻出现，平均约每 45.5 秒", "every 45.5 s on"),
        ({"schema": 4}, "不用人脸核验时，随机时刻", "Without face recognition, the learner's own device"),
        (
            {"schema": 4, "passkey_face": "required"},
            "人脸核验时，随机时刻",
            "With face recognition, the learner's own device",
        ),
        (
            {"schema": 4},
            "改用其他弹窗，这段时间由人工审核",
            "without one another challenge comes, and that time goes to review",
        ),
        (
            {"schema": 4, "passkey_challenge": "allowed"},
            "没有或不能使用的，改用其他弹窗。",
            "without one another challenge comes.",
        ),
        ({"schema": 4, "passkey_supervised": True}, "监督下登记", "under the institution's eyes"),
    ],
)
def test_what_is_said(change: dict[str, object], zh: str, en: str) -> None:
    said_zh, said_en = both(replace(BASE, **change))
    assert zh in said_zh
    assert en in said_en


@pytest.mark.parametrize(
    ("change", "zh", "en"),
    [
        ({"proofs": ()}, "抓拍", "Captures"),
        ({}, "传输", "really sent"),
        ({}, "不做活体检测", "no liveness check"),
        ({"challenge_kinds": ()}, "验证弹窗（", "Challenges ("),
        ({"pause_when_hidden": False}, "切到后台", "page is hidden"),
        ({}, "失去焦点", "another window has the focus"),
        ({"pause_when_floating": False}, "画中画", "floats in a small window"),
        ({}, "第二块屏幕", "a second screen is connected"),
        ({}, "动作核验", "Movement checks"),
        ({"liveness_start": True, "proofs": ()}, "动作核验", "Movement checks"),
        ({"liveness_start": True}, "至少每", "Further ones"),
        ({"liveness_bracket": True}, "须通过一次", "before the first minute"),
        ({}, "累计", "failed checks"),
        ({"non_face_route": False}, "非人脸核验方式", "without face recognition"),
        ({"non_face_route": False}, "弹窗就是核验", "are the checks"),
        ({"proofs": ()}, "平均约每 10 分钟", "every 10 min"),
    ],
)
def test_what_does_not_apply_is_not_said(change: dict[str, object], zh: str, en: str) -> None:
    said_zh, said_en = both(replace(BASE, **change))
    assert zh not in said_zh
    assert en not in said_en


def test_the_bound_on_an_absent_learner_is_printed() -> None:
    policy = Policy(schema=3, capture_min_gap_ms=3_000)
    assert absence_bp(policy) == (616, 750, 55_500)
    text = "\n".join(explain_en(policy))
    assert "6.2 %" in text and "7.5 %" in text and "55.5 s once" in text
    assert "6.2%" in "\n".join(explain_zh(policy))
    assert "at most about" not in "\n".join(explain_en(Policy()))


def test_samples_that_look_over_all_the_time_bound_an_absence_of_ten_seconds_more() -> None:
    policy = Policy(schema=8, capture_min_gap_ms=3_000)
    assert absence_bp(policy) == (222, 750, 19_999)
    assert "19.999 s once." in "\n".join(explain_en(policy)) and "每课" not in "\n".join(explain_zh(policy))
    without = replace(policy, frames_each_ms=0)
    rare = replace(policy, capture_mean_ms=150_000, capture_max_gap_ms=300_000)
    assert absence_bp(without)[0] == 616 and absence_bp(rare)[0] == 2_450
