"""Names of the items of the shipped hour rules, for people, in Chinese and English."""

from __future__ import annotations

from typing import Final

ITEM_NAMES: Final[dict[str, tuple[str, str]]] = {
    "study": ("远程网络学习", "online study"),
    "remote": ("远程项目", "remote project"),
    "face_to_face": ("面授培训", "face-to-face training"),
    "training": ("其他培训", "other training"),
    "practice": ("实践活动", "practice"),
    "self_study": ("自学", "self-study"),
    "further_study": ("进修", "further study"),
    "government_task": ("政府指令性任务", "task of the government"),
    "degree": ("学历（学位）教育", "degree"),
    "competition": ("竞赛获奖", "award"),
    "research": ("课题项目", "research project"),
    "paper": ("论文", "paper"),
    "book": ("著作", "book"),
    "lecture": ("授课、报告", "lecture"),
    "dispatch": ("援派", "dispatch"),
    "emergency": ("应急任务", "emergency service"),
    "transfer": ("转入学时、学分", "transfer from another province"),
    "credit": ("学分项目", "project with credits"),
    "public_hours": ("公需科目学习", "public subjects"),
    "year_certificate": ("年度合格证明", "certificate of the year"),
    "year_total": ("年度合计", "total of a year"),
    "makeup": ("补学", "make-up"),
}


def item_name(item: str) -> tuple[str, str]:
    """Return an item's name; of one that no shipped pack knows, the word itself."""
    return ITEM_NAMES.get(item, (item, item))
