"""Every word of an entry: known or refused, with its entry."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.core.civil import DAY_MS, parse_moment
from zaichang.core.errors import ConfigError
from zaichang.ledger.entries.kinds import KINDS, fact_of, facts_of, learner, publications
from zaichang.ledger.facts import Claim, MakeUp, Publication, Qualified, Run, Study


def claim(**entry: Any) -> Claim:
    fact = fact_of({"id": "a", **entry})
    assert isinstance(fact, Claim)
    return fact


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "a", "kind": "moon"},
        {"id": "a", "kind": "study", "phase": "full"},
        {"id": "a"},
        {"id": "a", "kind": "activity", "item": "moon"},
        {"id": "a", "kind": "project", "form": "moon"},
        {"id": "a", "kind": "transfer", "amounts": {"moons": "1"}},
    ],
)
def test_unknown_words_are_refused_with_their_entry(entry: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="'a'") as caught:
        fact_of(entry)
    assert caught.value.code == "hours.unknown_word"


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "study"},
        {"id": 5, "kind": "credit"},
        {"id": "a", "kind": "study", "from": "2026-01-01", "minutes": "1/2"},
        {"id": "a", "kind": "study", "from": "2026-01-01", "minutes": 0},
        {"id": "a", "kind": "activity", "item": "lecture"},
    ],
)
def test_wrong_values_are_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        fact_of(entry)
    assert caught.value.code == "hours.invalid"


def test_all_kinds_of_the_format_are_known() -> None:
    assert len(KINDS) == 20


def test_study_by_hours_and_without_a_lesson() -> None:
    study = fact_of(
        {"id": "a", "kind": "study", "from": "2026-01-01", "hours": "1.5", "session": "s1", "once_only": True}
    )
    assert isinstance(study, Study)
    assert (study.runs[0].minutes, study.lesson, study.once_only) == (90, "//s1", True)


def test_study_by_its_runs() -> None:
    study = fact_of({"id": "a", "kind": "study", "lesson": "l", "runs": [[1, 60_000, 0, 60_000, 5], [9, 1, 2, 3, 4]]})
    assert isinstance(study, Study)
    assert study.runs == (Run(1, 60_000, 0, 60_000, 5), Run(9, 1, 2, 3, 4))


def test_bulk_study_by_hours_and_by_date() -> None:
    bulk = claim(kind="study_sum", hours="1.5", date="2026-05-01")
    assert (bulk.amounts, bulk.at_ms) == ((("professional", 90),), parse_moment("2026-05-01").ms)


def test_delivered_again_any_number_of_times() -> None:
    entry = {"id": "a", "kind": "credit", "credits": "1"}
    assert len(facts_of([entry, {**entry, "delivered_again": True}, {**entry, "delivered_again": 3}])) == 7


def test_publications_open_ended_and_several() -> None:
    open_end, first, second = publications({"i1": ["2026-03-01"], "i2": [["2026-01-01", "2026-01-31"], ["2026-03-01"]]})
    assert isinstance(open_end, Publication) and isinstance(first, Publication) and isinstance(second, Publication)
    assert open_end.to_ms > 10**14
    assert first.to_ms - first.from_ms == 31 * DAY_MS
    assert {open_end.key, first.key, second.key} == {"published/i1/0", "published/i2/0", "published/i2/1"}


def test_the_learner_s_own_dates() -> None:
    assert learner({}) == []
    [fact] = learner({"qualified": "2026-01-01"})
    assert isinstance(fact, Qualified)
    with pytest.raises(ConfigError, match="title_class"):
        learner({"title_class": "senior"})


def test_a_lecture_s_hours_under_each_name() -> None:
    for key in ("actual", "actual_hours", "hours"):
        assert claim(kind="activity", item="lecture", **{key: "2"}).amounts == (("", 2),)


def test_days_of_an_emergency() -> None:
    emergency = {"kind": "activity", "item": "emergency"}
    assert claim(**emergency, days_count=3).count == 3
    assert claim(**emergency, **{"from": "2026-05-01", "to": "2026-05-03"}).count == 3
    assert claim(**emergency).count == 0
    assert claim(**emergency, **{"from": "2026-05-01"}).count == 0


def test_a_degree_that_was_not_awarded() -> None:
    assert claim(kind="activity", item="degree").passed is False
    assert claim(kind="activity", item="degree", awarded=True).passed is None


def test_amounts_in_all_their_shapes() -> None:
    transfer = {"kind": "transfer", "registered_nationally": True}
    assert claim(**transfer, amounts="7", category="public").amounts == (("public", 7),)
    assert claim(**transfer, amounts={"professional": "7", "public": "1"}).amounts == (
        ("professional", 7),
        ("public", 1),
    )
    assert claim(**transfer, credits="7", hours="20", category="public").amounts == (("public", 7),)
    assert claim(**transfer, credits="7", hours="20").hours == 20
    assert claim(**transfer, hours="20").amounts == (("", 20),)
    assert claim(**transfer, minutes="20", at="2026-05-01").amounts == (("", 20),)
    assert claim(**transfer).amounts == ()
    assert claim(**transfer, at="2026-05-01").at_ms == parse_moment("2026-05-01").ms


def test_a_transfer_must_say_that_it_is_registered() -> None:
    assert claim(kind="transfer", amounts="7").registered is False


def test_a_make_up_is_decided_when_it_is_approved() -> None:
    made = fact_of({"id": "m", "kind": "makeup", "for_year": "2025", "approved": "2026-05-01", "credits": "5"})
    assert isinstance(made, MakeUp)
    assert (made.decided_ms, made.approved, made.has_evidence) == (parse_moment("2026-05-01").ms, True, None)


def test_practice_and_projects_without_a_duration_have_none() -> None:
    assert claim(kind="practice").amounts == (("", 0),)
    assert claim(kind="project", form="remote", hours="2").amounts == (("", 120),)
    assert claim(kind="self_study", credits="3").amounts == (("", 3),)


def test_spans_with_and_without_an_end() -> None:
    assert claim(kind="further_study", **{"from": "2026-05-01"}).to_ms is None
    assert claim(kind="activity", item="dispatch", **{"from": "2026-05-01"}).to_ms is None


def test_the_city_alone_does_not_confirm() -> None:
    project = {"kind": "project", "form": "remote"}
    assert claim(**project, city_audited=True).confirmed is False
    assert claim(**project, province_confirmed=True).confirmed is True
    assert claim(**project, city_audited=True, province_confirmed=True).confirmed is True
    assert claim(**project).confirmed is None


def test_entered_never() -> None:
    assert claim(kind="credit", entered=False).entered_ms == 253_402_300_800_000


def test_decisions_without_a_date_were_always_known() -> None:
    fact: Any = fact_of({"id": "x", "kind": "revoke", "entries": "a", "reason": "proxy"})
    assert (fact.decided_ms, fact.entries) == (0, ("a",))


def test_an_emergency_over_new_year_has_its_days_one_by_one() -> None:
    span = claim(kind="activity", item="emergency", days_count=9, **{"from": "2026-12-28", "to": "2027-01-05"})
    assert [at_ms for at_ms, _ in span.days][:2] == [parse_moment(f"2026-12-{day}").ms for day in (28, 29)]
    assert len(span.days) == 9
    fewer = claim(kind="activity", item="emergency", days_count=5, **{"from": "2026-12-28", "to": "2027-01-05"})
    assert (fewer.days, fewer.count) == ((), 5)
