"""A whole scenario: the session, its participants, and the expected result."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from zaichang.core.ids import CourseId, LearnerId, LessonId
from zaichang_simulation.format.actions import ChallengeRule, Movement, PlayerAction, ServerEntry
from zaichang_simulation.format.camera import CameraEntry, Transform
from zaichang_simulation.format.cheats import CheatEntry
from zaichang_simulation.format.network import Address, ClockEntry, NetworkEntry
from zaichang_simulation.format.passkeys import PasskeyTable
from zaichang_simulation.format.types import (
    CourseName,
    LearnerName,
    LessonName,
    LongSpan,
    Moment,
    Name,
    Percent,
    Seed,
    Source,
    Span,
    Table,
    Text,
)

FORMAT = 1


class SessionTable(Table, frozen=True, kw_only=True):
    """``[session]``: the lesson and its rules.

    Attributes:
        lesson_s: Length of the lesson.
        policy: Name of a policy pack, or the path of a policy file.
        route: ``face``, or ``challenge`` (without face recognition).
        extra_time_pct: The learner's recorded allowance.
        liveness_excluded: Movements that this learner is never asked for, a recorded allowance.
        reference: Picture that the learner was enrolled with, or ``none``.
        reference_at_s: Which moment of it, where it is a video; other moments are tried where the service refuses it.
        reference_transforms: Changes to that picture, as in ``[[camera]]`` (the learner was enrolled with glasses).
        credited: Intervals of this lesson that were credited before, ``[[start_s, end_s], ...]``.
        delivery_log: Where the policy asks for delivery: whether the media servers' log ever reaches the service.
        delivery_late_s: How late it does.
        live_for_s: The lesson is a live broadcast, which began so long before the scenario; 0: it is not live.
        near_copies: Whether captures are compared with those of the last day also where one client plays alone; a
            builtin head is one photograph that is moved, so show a file.
        finish: The learner's action at the lesson's end: ``finish`` or ``stay``.
        limit_s: The scenario ends at this time at the latest; 0: twice the lesson and ten minutes.
        starts_at: Server time at the start (RFC 3339, UTC).
        seed: Of everything random.
    """

    lesson_s: LongSpan = 1800.0
    policy: Annotated[str, Meta(min_length=1, max_length=400)] = "default"
    route: Literal["face", "challenge"] = "face"
    extra_time_pct: Percent = 0
    liveness_excluded: tuple[Movement, ...] = ()
    reference: Source = "builtin:astronaut"
    reference_at_s: Moment = 0.0
    reference_transforms: tuple[Transform, ...] = ()
    credited: tuple[tuple[Moment, Moment], ...] = ()
    delivery_log: Literal["kept", "lost"] = "kept"
    delivery_late_s: Moment = 0.0
    live_for_s: Moment = 0.0
    near_copies: bool = False
    finish: Literal["finish", "stay"] = "finish"
    limit_s: Moment = 0.0
    starts_at: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")] = "2026-03-02T01:00:00Z"
    seed: Seed = 1


def extra_time_pct(scenario: Scenario, client: ClientTable) -> int:
    """Return the allowance of a client's learner."""
    return scenario.session.extra_time_pct if client.extra_time_pct is None else client.extra_time_pct


class QuestionTable(Table, frozen=True, kw_only=True):
    """``[[question]]``: one of the course's questions.

    Attributes:
        text: The wording.
        options: The answers to choose from, 2 to 6.
        correct: Which of them is right, counted from 0.
    """

    text: Annotated[str, Meta(min_length=1, max_length=500)]
    options: Annotated[tuple[Text, ...], Meta(min_length=2, max_length=6)]
    correct: Annotated[int, Meta(ge=0, le=5)]


class ClientTable(Table, frozen=True, kw_only=True):
    """``[[client]]``: one page, tab, device or script that takes part.

    Attributes:
        name: Its name in other tables.
        start_s: When it joins.
        learner: Whose account.
        course: Which course.
        lesson: Which lesson.
        lesson_s: Its length, where it differs from ``[session]``; 0: the same.
        device: Which machine: the random name that the browser keeps (for indicators across sessions).
        address: Its network address, likewise; empty: unknown.
        reference: This learner's enrolled picture, where it differs from ``[session]``; empty: the same.
        reference_transforms: As in ``[session]``, where ``reference`` is given here.
        finish: As in ``[session]``; empty: the same.
        token_of: Opens the page with this client's launch token (a duplicated tab, a link passed on); empty: its own.
        lesson_version: Version of the lesson that is registered when it opens the page.
        timeline_kept: Whether that version has the time line of the one before: positions mean the same.
        counts_again: The day of each year from which the lesson counts again, ``MM-DD``, or ``once``.
        fetches: Whether its player fetches the media that it says it plays; a script need not.
        policy: As in ``[session]``; empty: the same. Clients of one lesson share its rules.
        route: As in ``[session]``; empty: the same.
        extra_time_pct: This learner's allowance, where it differs from ``[session]``.
        liveness_excluded: Likewise.
        honest_s: The seconds of this client that a fair observer would have credited; by default those it played.
    """

    name: Name = "main"
    start_s: Moment = 0.0
    learner: LearnerName = LearnerId("learner-1")
    course: CourseName = CourseId("course-1")
    lesson: LessonName = LessonId("lesson-1")
    lesson_s: Annotated[float, Meta(ge=0, le=14_400)] = 0.0
    device: Name = "device-1"
    address: Address = ""
    reference: Annotated[str, Meta(max_length=400)] = ""
    reference_transforms: tuple[Transform, ...] = ()
    finish: Literal["", "finish", "stay"] = ""
    token_of: Annotated[str, Meta(max_length=64)] = ""
    lesson_version: Name = "1"
    timeline_kept: bool = False
    counts_again: Annotated[str, Meta(pattern=r"^(once|\d\d-\d\d)$")] = "01-01"
    fetches: bool = True
    policy: Annotated[str, Meta(max_length=400)] = ""
    route: Literal["", "face", "challenge"] = ""
    extra_time_pct: Percent | None = None
    liveness_excluded: tuple[Movement, ...] | None = None
    honest_s: Span | None = None


class ExpectTable(Table, frozen=True, kw_only=True):
    """``[expect]``: over all sessions of the scenario.

    Attributes:
        verified_s_min: Least verified seconds.
        verified_s_max: Most.
        honest_s: Honest time by a fair observer, for the suite's figures.
        honest_until_s: The same, as the time really played until this moment of the scenario.
        gain_s_max: Most verified seconds beyond the honest time.
        loss_s_max: Most honest seconds that are neither verified nor in review.
        undecided_s_max: Most seconds in review.
        claimed_s_min: Least media seconds that the clients reported as played, so that a cheat really tried.
        reasons: Codes that must appear in a minute, an acknowledgement or a final record.
        reasons_absent: Codes that must not.
        final: Reason of the last session's final record.
        indicators: Codes that must be among the final indicators.
        cases: Codes of the review cases that must be open, about an account, a device or an address.
        cases_absent: Codes of which there must be none.
        refusals: Codes with which the service must have sent a client away.
        sessions: Number of sessions.
        closed: Whether every session must be closed at the end.
    """

    verified_s_min: Span | None = None
    verified_s_max: Span | None = None
    honest_s: Span | None = None
    honest_until_s: Moment | None = None
    gain_s_max: Span | None = None
    loss_s_max: Span | None = None
    undecided_s_max: Span | None = None
    claimed_s_min: Span | None = None
    reasons: tuple[str, ...] = ()
    reasons_absent: tuple[str, ...] = ()
    final: str | None = None
    indicators: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    cases_absent: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    sessions: Annotated[int, Meta(ge=0, le=1000)] | None = None
    closed: bool | None = None


class ExpectSession(Table, frozen=True, kw_only=True):
    """``[[expect_session]]``: over the sessions of one client."""

    client: Name = "main"
    verified_s_min: Span | None = None
    verified_s_max: Span | None = None
    reasons: tuple[str, ...] = ()
    reasons_absent: tuple[str, ...] = ()
    final: str | None = None


class ExpectPeriod(Table, frozen=True, kw_only=True):
    """``[[expect_period]]``: over the minutes that began in a period of server time since the start."""

    client: Name = "main"
    from_s: Moment
    until_s: Moment
    verified_s_min: Span | None = None
    verified_s_max: Span | None = None
    verdicts: tuple[Literal["VERIFIED", "REFUSED", "INDETERMINATE"], ...] = ()
    reasons: tuple[str, ...] = ()
    reasons_absent: tuple[str, ...] = ()


class Scenario(Table, frozen=True, kw_only=True):
    """One file.

    Attributes:
        format: 1.
        name: Short name.
        title: One sentence.
        kind: ``honest`` or ``cheat``: which suite it belongs to; empty: none.
        technique: For cheats: which one (docs/redteam.md).
        accepted: For cheats that cannot be stopped: the residual risk in one sentence.
        explained: For cheats that are stopped and still earn some seconds: why, in one sentence.
        policy: Policy fields that differ from the pack.
    """

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)]
    name: Name
    title: Text = ""
    kind: Literal["", "honest", "cheat"] = ""
    technique: Annotated[str, Meta(max_length=16)] = ""
    accepted: Annotated[str, Meta(max_length=500)] = ""
    explained: Annotated[str, Meta(max_length=500)] = ""
    session: SessionTable = SessionTable()
    policy: dict[str, int | str | bool | list[str]] = field(default_factory=dict)
    client: tuple[ClientTable, ...] = (ClientTable(),)
    camera: tuple[CameraEntry, ...] = ()
    player: tuple[PlayerAction, ...] = ()
    challenge: tuple[ChallengeRule, ...] = ()
    passkey: tuple[PasskeyTable, ...] = ()
    question: tuple[QuestionTable, ...] = ()
    network: tuple[NetworkEntry, ...] = ()
    clock: tuple[ClockEntry, ...] = ()
    cheat: tuple[CheatEntry, ...] = ()
    server: tuple[ServerEntry, ...] = ()
    expect: ExpectTable = ExpectTable()
    expect_session: tuple[ExpectSession, ...] = ()
    expect_period: tuple[ExpectPeriod, ...] = ()
