"""The words that a worked case may use, and the keys that each kind of entry needs.

A word that the ledger does not know would count as nothing or as something else; a case with one is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from zaichang.core.errors import ConfigError
from zaichang.ledger.amounts import ROLES

_LOW_RANKS: Final = (
    "excellen", "merit", "honour", "honor", "encourage", "consolation", "particip", "nominat", "finalist", "fourth",
    "fifth", "sixth", "other", "none", "no_", "below", "lower", "4", "5", "6", "优秀", "优胜", "鼓励", "参与", "入围",
    "提名", "纪念", "四等", "五等",
)  # fmt: skip
_HIGH_RANKS: Final = (
    "1", "2", "3", "first", "second", "third", "special", "grand", "gold", "silver", "bronze", "equivalent", "equal",
    "特等", "一等", "二等", "三等", "金", "银", "铜", "相当",
)  # fmt: skip
_BASE_ROLES: Final = frozenset("any sole first joint host participant speaker attendee learner".split())
_WORDS: Final[dict[str, frozenset[str]]] = {
    "category": frozenset(("", "professional", "public")),
    "related": frozenset("post profession other none general public unrelated no neither".split()),
}
_MAKEUP_REASONS: Final = frozenset(
    "illness sickness sick injury pregnancy pregnant maternity birth childbirth special special_reason other"
    " force_majeure disaster accident work_abroad abroad disability family 伤 病 孕 特殊原因".split()
)
_NEEDS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "study": (("from", "runs"), ("minutes", "hours", "runs")),
    "undecided": (("from", "within", "runs"), ("minutes", "hours", "runs")),
    "study_sum": (("minutes", "hours"),),
    "grant": (("of",),),
    "revoke": (("entries",),),
    "activity": (("item",),),
    "makeup": (("for_year",), ("professional", "public", "credits", "hours", "minutes", "amounts")),
    "transfer": (("professional", "public", "credits", "hours", "minutes", "amounts"),),
    "credit": (("credits", "hours"),),
    "public_hours": (("hours",),),
    "year_certificate": (("year",),),
    "fraud": (("entries", "institution", "year"),),
    "institution_fraud": (("institution", "entries"),),
    "move": (("to_unit",), ("date",)),
    "project": (("form",), ("minutes", "hours")),
    "practice": (("hours", "minutes"),),
    "self_study": (("claimed", "credits"),),
    "further_study": (("from",), ("hours", "minutes", "to")),
    "government_task": (("from",), ("hours", "minutes", "to")),
    "year_total": (("year",), ("professional", "public", "credits", "hours", "amounts")),
}
_ITEM_NEEDS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "face_to_face": (("days",),),
    "training": (("days",),),
    "dispatch": (("from",),),
    "emergency": (("days_count", "from"),),
    "competition": (("rank",),),
    "lecture": (("actual", "actual_hours", "hours"),),
}


def check_words(entry: Mapping[str, Any]) -> None:
    """Refuse an entry with an unknown word, or without a key that its kind needs.

    Raises:
        ConfigError: ``hours.unknown_word`` or ``hours.invalid``.
    """
    kind = str(entry.get("kind"))
    for key, known in _WORDS.items():
        if key in entry and str(entry[key]).lower() not in known:
            _unknown(entry, key)
    if "role" in entry and str(entry["role"]).lower() not in ROLES.keys() | _BASE_ROLES:
        _unknown(entry, "role")
    if "rank" in entry and not str(entry["rank"]).lower().startswith(_HIGH_RANKS + _LOW_RANKS):
        _unknown(entry, "rank")
    reason = str(entry.get("reason", "")).lower()
    if kind == "makeup" and "reason" in entry and not any(word in reason for word in _MAKEUP_REASONS):
        _unknown(entry, "reason")
    for names in (*_NEEDS.get(kind, ()), *_ITEM_NEEDS.get(str(entry.get("item")), ())):
        if not any(name in entry for name in names):
            raise ConfigError("hours.invalid", f"Entry {entry['id']!r} has no {' or '.join(names)}.")
    if kind in ("study", "study_sum", "undecided") and "minutes" in entry and "hours" in entry:
        raise ConfigError("hours.invalid", f"Entry {entry['id']!r} names both minutes and hours.")


def _unknown(entry: Mapping[str, Any], key: str) -> None:
    raise ConfigError("hours.unknown_word", f"Entry {entry['id']!r}: {key} is the unknown word {entry[key]!r}.")
