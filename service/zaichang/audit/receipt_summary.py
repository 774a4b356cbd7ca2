"""The plain sentences of a receipt, as the session's leaves state them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from zaichang.audit.known_leaf import integer_of
from zaichang.core.canonical import CanonicalValue
from zaichang.core.civil import time_text
from zaichang.core.reason_sentences import SENTENCES
from zaichang.core.reasons import ReasonCode
from zaichang.tlog.leaf_dates import latest_ms

Leaf = Mapping[str, CanonicalValue]


def summary(start: Leaf, final: Leaf, *, lesson: str | None = None, voided: bool = False) -> dict[str, str]:
    """Return the plain sentences that the leaves state.

    Args:
        start: The session's first leaf.
        final: Its final leaf.
        lesson: The opened lesson, where the start commits to it; None where it is not opened.
        voided: Whether a later leaf took the whole session back.
    """
    seconds = integer_of(final, "verified_ms") // 1000
    zh_when, en_when = _times(start, final)
    course, named = start.get("course"), start.get("lesson") or lesson
    zh_lesson = f"第 {named} 节，" if named else "课时未公开，"
    en_lesson = f"lesson {named}, " if named else "lesson not opened, "
    counts = [integer_of(final, name) for name in ("n_verified", "n_refused", "n_undecided")]
    reason = str(final.get("reason"))
    sentence = SENTENCES.get(ReasonCode(reason)) if reason in ReasonCode.__members__ else None
    zh_why, en_why = (sentence.zh, sentence.en) if sentence is not None else (reason, reason)
    zh = (
        f"课程 {course} {zh_lesson}{zh_when}：核验通过 {seconds // 60} 分 {seconds % 60} 秒；"
        f"分钟记录：通过 {counts[0]}，不计 {counts[1]}，待人工 {counts[2]}。{zh_why}"
    )
    en = (
        f"Course {course}, {en_lesson}{en_when}: {seconds // 60} min {seconds % 60} s verified; "
        f"minutes: {counts[0]} verified, {counts[1]} not counted, {counts[2]} for a person to decide. {en_why}"
    )
    if voided:
        zh, en = f"已作废，不计学时。{zh}", f"VOIDED: it counts for nothing. {en}"
    return {"zh": zh, "en": en}


def _times(start: Leaf, final: Leaf) -> tuple[str, str]:
    """Return when the session was, in both languages. Since version 3, leaves state rounds, so it lay between these."""
    began, version, ended_ms = time_text(integer_of(start, "at")), integer_of(final, "v"), integer_of(final, "at")
    if version < 3:
        ended = time_text(ended_ms)
        return f"{began} 至 {ended}（北京时间）", f"{began} to {ended} (UTC+8)"
    ended = time_text(latest_ms(version, "session.final", ended_ms) + 1)
    return f"在 {began} 至 {ended} 之间（北京时间，按一刻钟取整）", (
        f"between {began} and {ended} (UTC+8, in whole quarters of an hour)"
    )
