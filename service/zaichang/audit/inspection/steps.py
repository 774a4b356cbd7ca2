"""The next step after a finding, in both languages, and how many days the institution has for it."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A next step.

    Attributes:
        zh: In Chinese.
        en: In English.
        at_once: Whether it is to be done on the day of the report; otherwise within the days that the inspector sets.
    """

    zh: str
    en: str
    at_once: bool = False


_MISSING = Step(
    zh="机构补交缺少的记录；逾期不交，按缺失处理，不计学时。",
    en="The institution produces the missing records; without them the time does not count.",
)
_CHANGED = Step(
    zh="机构用原文件重新导出并书面说明；仍不符的，封存文件作为改动的证据。",
    en="The institution exports anew from the original files and explains; if it stays, the files are evidence.",
)
_FORK = Step(
    zh="立即封存两份检查点文件，通知见证方；这份日志在查清前不能采信。",
    en="Keep both checkpoint files and tell the witnesses; the log is not to be believed until this is settled.",
    at_once=True,
)
_TIME = Step(
    zh="机构和见证方书面说明延迟原因；不能说明的，按补录处理。",
    en="Institution and witness explain the delay in writing; without a reason it counts as written afterwards.",
)
_WAIT = Step(
    zh="等待下一轮见证后重新检查。", en="Wait for the next round of the witnesses and inspect again.", at_once=True
)
_REPEAT = Step(
    zh="用写明的程序版本或补全的文件重新检查。", en="Inspect again with the release or the files that are named."
)
_REVIEW = Step(
    zh="由审核人员审核这次学习；审核结束前不计入学时。",
    en="A person reviews the session; until then it does not count.",
)
_OTHER = Step(zh="机构书面说明。", en="The institution explains in writing.")

_BY_CODE: Final = MappingProxyType(
    {
        **dict.fromkeys(("E_INCOMPLETE", "E_NOT_PRODUCED", "E_SEQ_GAP", "E_ORPHAN_START"), _MISSING),
        **dict.fromkeys(
            ("E_INCLUSION", "E_LEAF_HASH", "E_TILE", "E_OPENING", "E_CHAIN", "E_EVENTS_ROOT", "E_CANON", "E_SCHEMA"),
            _CHANGED,
        ),
        **dict.fromkeys(("E_FORK", "E_CONSISTENCY", "E_NOTE_SIG", "E_KEY", "E_ORIGIN"), _FORK),
        **dict.fromkeys(("E_TIME_LATE", "E_TIME_LOW"), _TIME),
        "E_QUORUM": _WAIT,
        **dict.fromkeys(("E_RULES", "E_POLICY", "E_FORMAT"), _REPEAT),
        **dict.fromkeys(
            ("E_DOUBLE", "E_AMEND", "E_MINUTES", "E_LIVENESS", "E_PASSKEY"),
            _REVIEW,
        ),
        **dict.fromkeys(("E_CAPTURE", "E_CAPTURE_GONE", "E_CAPTURE_MISSED"), _REVIEW),
    }
)


def step_for(code: str) -> Step:
    """Return the next step after a finding with this code."""
    return _BY_CODE.get(code, _OTHER)
