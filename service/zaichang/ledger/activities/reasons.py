"""Why an activity was refused or taken back: a closed set, each with a sentence in both languages."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Refusal(StrEnum):
    """One reason."""

    NOT_TRUE = "not_true"
    NOT_RELATED = "not_related"
    ORGANISER = "organiser"
    UNREADABLE = "unreadable"
    MISMATCH = "mismatch"
    AMOUNT = "amount"
    DUPLICATE = "duplicate"
    LATE = "late"
    NOT_EMPLOYED = "not_employed"
    FRAUD = "fraud"
    OTHER = "other"


SENTENCES: Final = MappingProxyType(
    {
        Refusal.NOT_TRUE: ("内容与事实不符。", "What is stated did not happen so."),
        Refusal.NOT_RELATED: ("与执业（岗位）工作不相关。", "It is not related to the profession."),
        Refusal.ORGANISER: ("举办单位不在规定范围内。", "The organiser is not one that the rules name."),
        Refusal.UNREADABLE: ("材料不清楚，无法辨认。", "The evidence cannot be read."),
        Refusal.MISMATCH: ("材料与申报内容不一致。", "The evidence says something else."),
        Refusal.AMOUNT: ("申报的学时（学分）数不正确。", "The amount is not right."),
        Refusal.DUPLICATE: ("同一活动已经申报。", "The same activity was handed in before."),
        Refusal.LATE: ("未在规定期限内提交。", "It was handed in too late."),
        Refusal.NOT_EMPLOYED: ("申报人不在本单位工作。", "The person does not work for this employer."),
        Refusal.FRAUD: ("以欺骗等不正当手段取得。", "It was obtained by deceit."),
        Refusal.OTHER: ("其他原因，见说明。", "Another reason: see the explanation."),
    }
)
