"""Entries to facts: the words in which a history is written (``zaichang-ledger-cases@1``), each known or refused.

A gate that an entry does not name is not at issue, except where the clause turns on it: a transfer that does not say it
is registered nationally is not, a research project that does not say it was concluded was not, and a credit that the
city audited and that does not name the province waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, Final

from zaichang.core.civil import DAY_MS
from zaichang.core.errors import ConfigError
from zaichang.core.units import MINUTE_MS
from zaichang.ledger.entries.decisions import fraud, grant, institution_fraud, move, revoke
from zaichang.ledger.entries.values import (
    Entry,
    amount,
    answer,
    as_moment,
    exact,
    moment,
    refuse,
    since,
    text,
    whole,
    year,
)
from zaichang.ledger.facts import (
    Amount,
    Claim,
    Fact,
    MakeUp,
    Publication,
    Qualified,
    Run,
    Study,
)
from zaichang.ledger.window import FAR_MS

KEYS: Final = frozenset(
    "id kind title clause note institution course lesson session category from to minutes hours media_from_ms"
    " media_ms_per_minute delivered_again within reported recognised of decided entries reason item days awarded"
    " claimed"
    " activity rank role concluded published count given actual actual_hours days_count evidence submitted approved"
    " for_year professional public credits registered_nationally amounts date at related level held_in paper audited"
    " filed unit entered recognised_by year issued from_unit to_unit form project passed city_audited"
    " province_confirmed times approved_by_unit once_only runs route mode course_version overlap".split()
)
ITEMS: Final = frozenset(
    "face_to_face training degree competition research paper book lecture dispatch emergency".split()
)
MINUTES_MAX: Final = 366 * 24 * 60
"""The minutes of one entry are counted one by one: at most those of a year."""
SPAN_DAYS_MAX: Final = 3_660
"""Days up to which a span is placed day by day."""
_AT: Final = ("at", "date", "awarded", "published", "concluded", "given", "issued", "from")
_SPANS: Final = frozenset(("dispatch", "further_study", "government_task"))
_AMOUNTS: Final = {"professional": "professional", "public": "public", "credits": "", "hours": ""}


def facts_of(entries: Iterable[Entry]) -> list[Fact]:
    """Return the facts of all entries; one that says it was delivered again stands twice.

    Raises:
        ConfigError: ``hours.unknown_word`` for an unknown kind, key or item, ``hours.invalid`` for a wrong value.
    """
    facts: list[Fact] = []
    for entry in entries:
        fact = fact_of(entry)
        facts += [fact] * (1 + int(entry.get("delivered_again") or 0))
    return facts


def fact_of(entry: Entry) -> Fact:
    """Return the fact of one entry.

    Raises:
        ConfigError: ``hours.unknown_word`` or ``hours.invalid``.
    """
    for key in entry:
        if key not in KEYS:
            raise ConfigError("hours.unknown_word", f"Entry {entry.get('id')!r} has the unknown key {key!r}.")
    reader = KINDS.get(str(entry.get("kind")))
    if reader is None:
        raise ConfigError(
            "hours.unknown_word", f"Entry {entry.get('id')!r} has the unknown kind {entry.get('kind')!r}."
        )
    for key in ("id", "kind"):
        if not isinstance(entry.get(key), str):
            refuse(entry, key, entry.get(key), "a text")
    return reader(entry)


def publications(published: Mapping[str, Any]) -> list[Fact]:
    """Return the publications of institutions, given as ``institution -> [from, to]``, one or several."""
    facts: list[Fact] = []
    for institution, spans in published.items():
        for number, span in enumerate(spans if spans and isinstance(spans[0], list) else [spans]):
            low, high = (
                as_moment(span[0], institution, {}),
                as_moment(span[-1], institution, {}) if len(span) > 1 else None,
            )
            key = f"published/{institution}/{number}"
            facts.append(
                Publication(key=key, institution=institution, from_ms=low.ms, to_ms=high.end_ms if high else FAR_MS)
            )
    return facts


def learner(values: Mapping[str, Any]) -> list[Fact]:
    """Return the facts of the learner's own dates.

    Raises:
        ConfigError: ``hours.unknown_word`` or ``hours.invalid``.
    """
    for key in values:
        if key != "qualified":
            raise ConfigError("hours.unknown_word", f"The learner has the unknown key {key!r}.")
    return [Qualified(key="qualified", at_ms=moment(values, "qualified").ms)] if values else []


def _study(entry: Entry) -> Fact:
    if "runs" in entry:
        return _study_of(entry, tuple(Run(*(int(part) for part in run)) for run in entry["runs"]))
    if "from" not in entry:
        return _study_sum(entry)
    minutes = Fraction(amount(entry, "hours") * 60) if "hours" in entry else amount(entry, "minutes")
    if minutes.denominator != 1 or not 1 <= minutes <= MINUTES_MAX:
        refuse(entry, "minutes", minutes, "a whole number of minutes, at most a year's")
    run = Run(
        moment(entry, "from").ms,
        MINUTE_MS,
        whole(entry, "media_from_ms", 0),
        whole(entry, "media_ms_per_minute", MINUTE_MS),
        minutes.numerator,
    )
    return _study_of(entry, (run,))


def _study_of(entry: Entry, runs: tuple[Run, ...]) -> Fact:
    place = (
        text(entry, "institution"),
        text(entry, "course"),
        text(entry, "lesson", text(entry, "session", entry["id"])),
    )
    return Study(
        key=entry["id"],
        institution=place[0],
        lesson="/".join(place),
        category=text(entry, "category", "professional"),
        runs=runs,
        undecided=entry["kind"] == "undecided",
        once_only=entry.get("once_only") is True,
        reported_ms=since(entry, "reported"),
        recognised_ms=since(entry, "recognised"),
        route=text(entry, "route", ""),
        overlap_unchecked=entry.get("overlap") == "unchecked",
    )


def _study_sum(entry: Entry) -> Fact:
    minutes = amount(entry, "hours") * 60 if "hours" in entry else amount(entry, "minutes")
    within = entry.get("within")
    return _claim(
        entry, item="study", amounts=((text(entry, "category", "professional"), minutes),), hours=0,
        at_ms=as_moment(within[0], "within", entry).ms if within else _at(entry),
        undecided=entry["kind"] == "undecided",
    )  # fmt: skip


def _at(entry: Entry) -> int | None:
    for key in _AT:
        if key in entry and not isinstance(entry[key], bool):
            return moment(entry, key).ms
    return None


def _claim(entry: Entry, **more: Any) -> Claim:
    """Return a claim with all that any kind may name; ``more`` has what the kind says."""
    approved, approved_ms = answer(entry, "approved", "approved_by_unit")
    confirmed, confirmed_ms = answer(entry, "city_audited", "province_confirmed")
    if "city_audited" in entry and "province_confirmed" not in entry:
        confirmed = False
    audited, audited_ms = answer(entry, "audited")
    recognised, recognised_ms = answer(entry, "recognised")
    entered, entered_ms = answer(entry, "entered")
    values: dict[str, Any] = {
        "at_ms": _at(entry),
        "category": entry.get("category"),
        "hours": amount(entry, "hours") if "hours" in entry else 0,
        "count": whole(entry, "count", 1),
        "role": text(entry, "role"),
        "activity": text(entry, "activity"),
        "rank": text(entry, "rank"),
        "institution": entry.get("institution"),
        "unit": text(entry, "unit"),
        "related": entry.get("related"),
        "has_evidence": bool(entry["evidence"]) if "evidence" in entry else None,
        "submitted_ms": moment(entry, "submitted").ms if "submitted" in entry else None,
        "approved": approved,
        "approved_ms": approved_ms,
        "passed": answer(entry, "passed")[0],
        "filed": bool(entry["filed"]) if "filed" in entry else None,
        "paper": entry.get("paper") is True,
        "held_in": text(entry, "held_in"),
        "level": text(entry, "level"),
        "confirmed": confirmed,
        "confirmed_ms": confirmed_ms,
        "audited": audited,
        "audited_ms": audited_ms,
        "entered_ms": FAR_MS if entered is False else entered_ms,
        "recognised_by": _recognised_by(entry),
        "reported_ms": since(entry, "reported"),
        "recognised": recognised,
        "recognised_ms": recognised_ms,
    }
    return Claim(key=entry["id"], **(values | more))


def _recognised_by(entry: Entry) -> str | None:
    """Public hours that name no authority wait for it."""
    return text(entry, "recognised_by") if "recognised_by" in entry or entry["kind"] == "public_hours" else None


def _activity(entry: Entry) -> Fact:
    item = text(entry, "item")
    if item not in ITEMS:
        raise ConfigError("hours.unknown_word", f"Entry {entry['id']!r} has the unknown item {item!r}.")
    more: dict[str, Any] = {"item": item, "hours": 0}
    if "claimed" in entry:
        more["claimed"] = amount(entry, "claimed")
    if "days" in entry:
        days = [(as_moment(day[0], "days", entry).ms, exact(day[1], "days", entry)) for day in entry["days"]]
        more["days"] = tuple(days)
    if item == "lecture":
        key = next((key for key in ("actual", "actual_hours", "hours") if key in entry), "actual")
        more["amounts"] = (("", amount(entry, key) if key in entry else refuse(entry, key, None, "the hours given")),)
    if item == "emergency":
        days_in = _days_in(entry)
        more["count"] = whole(entry, "days_count", 0) or days_in
        if 0 < days_in == more["count"] <= SPAN_DAYS_MAX:
            # Each day belongs to its own year.
            from_ms = moment(entry, "from").ms
            more["days"] = tuple((from_ms + number * DAY_MS, 0) for number in range(days_in))
            more["to_ms"] = moment(entry, "to").end_ms
    if item in _SPANS and "to" in entry:
        more["to_ms"] = moment(entry, "to").end_ms
    for of, done in (("research", "concluded"), ("degree", "awarded")):
        if item == of and not entry.get(done):
            more["passed"] = False
    return _claim(entry, **more)


def _days_in(entry: Entry) -> int:
    if "from" not in entry or "to" not in entry:
        return 0
    return -(-(moment(entry, "to").end_ms - moment(entry, "from").ms) // DAY_MS)


def _amounts(entry: Entry) -> tuple[tuple[str, Amount], ...]:
    table = entry.get("amounts", entry)
    if not isinstance(table, Mapping):
        return ((text(entry, "category"), exact(table, "amounts", entry)),)
    names = [key for key in _AMOUNTS if key in table]
    if "amounts" in entry and (unknown := set(table) - set(_AMOUNTS)):
        raise ConfigError("hours.unknown_word", f"Entry {entry['id']!r} has the unknown amount {sorted(unknown)[0]!r}.")
    # Hours beside credits are not a second amount.
    names = [key for key in names if key != "hours" or "credits" not in names]
    found = [(_AMOUNTS[key] or text(entry, "category"), exact(table[key], key, entry)) for key in names]
    if not found and "minutes" in entry:
        return ((text(entry, "category"), amount(entry, "minutes")),)
    return tuple(found)


def _makeup(entry: Entry) -> Fact:
    approved, approved_ms = answer(entry, "approved")
    decided = moment(entry, "decided").ms if "decided" in entry else approved_ms
    return MakeUp(
        key=entry["id"],
        for_year=year(entry, "for_year"),
        amounts=_amounts(entry),
        has_evidence=bool(entry["evidence"]) if "evidence" in entry else None,
        approved=approved,
        decided_ms=decided,
    )


def _transfer(entry: Entry) -> Fact:
    at_ms = moment(entry, "date").ms if "date" in entry else (year_at(entry) if "at" in entry else None)
    hours = amount(entry, "hours") if "hours" in entry and "credits" in entry else 0
    registered = answer(entry, "registered_nationally")[0] is True
    plain = {key: value for key, value in entry.items() if key not in ("from", "hours")}
    return _claim(plain, item="transfer", at_ms=at_ms, hours=hours, amounts=_amounts(entry), registered=registered)


def year_at(entry: Entry) -> int:
    """Return the moment that ``at`` names."""
    return moment(entry, "at").ms


def _credit(entry: Entry) -> Fact:
    credits = amount(entry, "credits") if "credits" in entry else Fraction(0)
    return _claim(entry, item="credit", amounts=((text(entry, "category"), credits),))


def _public_hours(entry: Entry) -> Fact:
    return _claim(entry, item="public_hours", amounts=(("public", amount(entry, "hours")),), hours=0)


def _year_certificate(entry: Entry) -> Fact:
    at_ms = moment(entry, "issued").ms if "issued" in entry else None
    return _claim(entry, item="year_certificate", year=year(entry, "year"), at_ms=at_ms)


def _year_total(entry: Entry) -> Fact:
    return _claim(entry, item="year_total", year=year(entry, "year"), amounts=_amounts(entry))


def _project(entry: Entry) -> Fact:
    form = text(entry, "form")
    if form not in ("remote", "face_to_face"):
        raise ConfigError("hours.unknown_word", f"Entry {entry['id']!r} has the unknown form {form!r}.")
    activity = text(entry, "project", entry["id"])
    return _claim(entry, item=form, amounts=(("", _minutes(entry)),), hours=0, activity=activity)


def _minutes(entry: Entry) -> Fraction:
    return (
        amount(entry, "minutes")
        if "minutes" in entry
        else amount(entry, "hours") * 60
        if "hours" in entry
        else Fraction(0)
    )


def _practice(entry: Entry) -> Fact:
    return _claim(entry, item="practice", amounts=(("", _minutes(entry)),), hours=0, count=whole(entry, "times", 1))


def _self_study(entry: Entry) -> Fact:
    key = next((key for key in ("claimed", "credits") if key in entry), "claimed")
    return _claim(entry, item="self_study", amounts=(("", amount(entry, key)),), hours=0)


def _span(entry: Entry) -> Fact:
    to_ms = moment(entry, "to").end_ms if "to" in entry else None
    return _claim(entry, item=entry["kind"], to_ms=to_ms, amounts=(("", _minutes(entry)),), hours=0)


KINDS: Final[dict[str, Callable[[Entry], Fact]]] = {
    "study": _study,
    "study_sum": _study_sum,
    "undecided": _study,
    "grant": grant,
    "revoke": revoke,
    "activity": _activity,
    "makeup": _makeup,
    "transfer": _transfer,
    "credit": _credit,
    "public_hours": _public_hours,
    "year_certificate": _year_certificate,
    "fraud": fraud,
    "institution_fraud": institution_fraud,
    "move": move,
    "project": _project,
    "practice": _practice,
    "self_study": _self_study,
    "further_study": _span,
    "government_task": _span,
    "year_total": _year_total,
}
