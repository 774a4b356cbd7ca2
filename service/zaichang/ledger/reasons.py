"""Why an hour counts less than it was claimed: a closed set, each with a sentence in both languages."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Why(StrEnum):
    """One reason on a line of a statement."""

    CAP_DAY = "cap_day"
    CAP_ITEM = "cap_item"
    CAP_YEAR = "cap_year"
    SAME_ACTIVITY = "same_activity"
    RANK_TOO_LOW = "rank_too_low"
    LATE = "late"
    EVIDENCE_MISSING = "evidence_missing"
    NOT_APPROVED = "not_approved"
    NOT_PUBLISHED = "not_published"
    OTHER_YEAR = "other_year"
    OVERLAP = "overlap"
    DUPLICATE = "duplicate"
    REVOKED = "revoked"
    PENDING = "pending"
    NOT_PASSED = "not_passed"
    TOO_SHORT = "too_short"
    PAPER_NOT_ACCEPTED = "paper_not_accepted"
    NOT_REGISTERED = "not_registered"
    NO_PROOF = "no_proof"
    TOO_LATE = "too_late"
    USED_FOR_MAKEUP = "used_for_makeup"
    SHOWN_ONLY = "shown_only"


CAPS: Final = frozenset((Why.CAP_DAY, Why.CAP_ITEM, Why.CAP_YEAR, Why.SAME_ACTIVITY))
"""Reasons that take a part of a claim that is otherwise in order."""

SENTENCES: Final[dict[Why, tuple[str, str]]] = {
    Why.CAP_DAY: ("超过每天可计算的学时上限。", "More than one day can count."),
    Why.CAP_ITEM: ("超过该项可折算的上限。", "More than this item can count."),
    Why.CAP_YEAR: ("超过该项每年可折算的上限。", "More than this item can count in one year."),
    Why.SAME_ACTIVITY: ("同一活动不累计计算。", "The same activity counts once."),
    Why.RANK_TOO_LOW: ("获奖等次低于三等奖。", "The award is below the third prize."),
    Why.LATE: ("未在当年（规定期限内）提交材料。", "The material was not handed in within the year."),
    Why.EVIDENCE_MISSING: ("缺少证明材料。", "The evidence is missing."),
    Why.NOT_APPROVED: ("未获审核认定。", "It was not approved."),
    Why.NOT_PUBLISHED: ("机构不在公布名单的有效期内。", "The institution was not published at that time."),
    Why.OTHER_YEAR: ("不属于本年度。", "It belongs to another year."),
    Why.OVERLAP: ("同一时间已在别处计算学时。", "The same time already counts elsewhere."),
    Why.DUPLICATE: ("同一内容已计算过。", "The same content already counts."),
    Why.REVOKED: ("已被撤销。", "It was revoked."),
    Why.PENDING: ("尚待审核。", "It waits for a decision."),
    Why.NOT_PASSED: ("考核未合格。", "The assessment was not passed."),
    Why.TOO_SHORT: ("时间不足最低要求。", "It was shorter than the least duration that counts."),
    Why.PAPER_NOT_ACCEPTED: ("不再接受纸质学分证明。", "Paper certificates are no longer accepted."),
    Why.NOT_REGISTERED: ("未登记或未备案。", "It is not registered or not filed."),
    Why.NO_PROOF: ("缺少须提供的证明。", "The required proof is missing."),
    Why.TOO_LATE: ("已超过期限。", "The deadline had passed."),
    Why.USED_FOR_MAKEUP: ("已用于补学上一年度学时。", "It was used to make up for the year before."),
    Why.SHOWN_ONLY: ("仅供显示，不计入。", "It is shown and does not count."),
}
