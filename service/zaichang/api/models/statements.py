"""Statements of hours: the link for one learner, and the year with its lines, waits, appeals and answers."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from zaichang.api.models.common import Answer, Asked, At, InstitutionNames, Ms, Names, Reason, like_id

Amount = Annotated[str, Field(description="An amount as people read it, to a tenth.", examples=["12.5"])]


class StatementRequest(Asked):
    """The hour rules under which the institution counts this learner."""

    refusal: ClassVar[str] = "statement.invalid"

    rules: str = like_id("Name of a shipped pack of hour rules.", "cq-pharmacist-2025")


class StatementLink(Answer):
    """A token that opens one learner's statement, and nothing else."""

    token: str = Field(description="Opens the statement.", examples=["eyJhbGciOiJFZERTQSJ9.e30.c2ln"])
    until_ms: At
    page_path: str = Field(description="Path of the learner's page.", examples=["/statement#statement=eyJhbGci"])


class Coded(Names):
    """A word of a closed set with its sentence in both languages."""

    code: str = Field(description="The word.", examples=["not_met"])


class WhyLine(Coded):
    """Why less counts, and the one thing that would give it."""

    cure: Names


class SumLine(Coded):
    """One sum of the year. `zh` and `en` name it."""

    unit: Names
    have: Amount
    required: str | None = Field(description="The least that the rules ask for, or null.", examples=["90"])
    missing: Amount


class StatementLine(Answer):
    """One fact in the year: the amount asked for, the part that counts, the reasons, and the place of its record."""

    what: Names
    item: str = Field(description="The item in the hour rules.", examples=["study"])
    category: Literal["", "professional", "public"] = Field(description="Its kind; empty: none.")
    at_ms: int | None = Field(description="When it began, server time; null where no record says.", examples=[1])
    session: str | None = Field(description="The session, or null.", examples=["5f0c" * 8])
    unit: Names
    claimed: Amount
    counted: Amount
    counted_ms: int | None = Field(description="Of study: the time that counts, exactly; else null.", examples=[60_000])
    pending: Amount
    stage: Literal["counted", "reported", "recognised", "waits", "none"] = Field(
        description="How far it is: studied and counted, reported, recognised; it waits; or nothing of it counts."
    )
    why: list[WhyLine] = Field(examples=[[]])
    log: str = Field(description="First and last entry in the log, or empty.", examples=["12-19"])


class WaitLine(Answer):
    """One waiting matter: its name, on whom it waits, since when, and its due date."""

    what: Names
    on: Coded
    since_ms: int | None = Field(description="Since when, server time, or null.", examples=[1_767_225_600_000])
    due_ms: int | None = Field(description="When it is due, or null: no date was promised.", examples=[None])


class LessMinutes(Coded):
    """Why minutes of a session do not count, and how many."""

    minutes: int = Field(description="How many minutes name this reason.", examples=[2])


class StudySession(Answer):
    """A session of the year of which not all counts, or that may be appealed."""

    session: str = Field(description="The session's id.", examples=["5f0c" * 8])
    what: Names
    opened_ms: At
    verified_ms: Ms
    revoked_ms: int = Field(description="How much people took back.", examples=[0])
    refused: int = Field(description="How many minutes do not count.", examples=[2])
    reasons: list[LessMinutes] = Field(examples=[[]])
    appeal_until_ms: int | None = Field(description="Last moment of an appeal; null: none was promised.", examples=[1])
    may_appeal: bool = Field(description="Whether an appeal would be taken now.", examples=[True])
    appealed: bool = Field(description="Whether an appeal waits for its answer.", examples=[False])


class Rules(Names):
    """The hour rules. `zh` and `en` are their title."""

    name: str = Field(description="Name of the pack.", examples=["cq-pharmacist-2025"])
    version: str = Field(description="Its version.", examples=["2026.1"])
    basis: str = Field(description="The regulation.", examples=["渝药监〔2025〕10号"])
    example: bool = Field(description="Whether it is no regulation.", examples=[False])
    said_zh: list[str] = Field(description="Each number with its clause.", examples=[[]])
    said_en: list[str] = Field(description="Each number with its clause.", examples=[[]])


class QuestionLine(Answer):
    """A question that people ask, answered for this learner and year."""

    code: str = Field(description="Names the question.", examples=["paper"])
    asked: Names
    answer: Names


class OwnCertificate(Answer):
    """A certificate of hours that was issued to the learner. A proposal to revoke it is not shown."""

    number: str = Field(description="Its number.", examples=["9f3a01bc77d20e41"])
    year: str = Field(description="Label of the year.", examples=["2026"])
    rules: Names
    state: Literal["issued", "replaced", "revoked"] = Field(description="Whether it stands.")
    issued_ms: At
    ended_ms: int | None = Field(description="When it was revoked, server time, or null.", examples=[None])
    reason: Reason | None = Field(description="Why it was revoked, or null.", examples=[None])
    replaced_by: str = Field(description="Number of the one in its place, or empty.", examples=[""])
    named: bool = Field(
        description="Whether a name was given at its issue: the same name is printed, none else.", examples=[True]
    )
    ready: bool = Field(description="Whether a PDF can be had now.", examples=[True])


class StatementAnswer(Answer):
    """The statement of one learner and year."""

    institution: InstitutionNames
    learner: str = Field(description="The learner's pseudonym.", examples=["learner-17"])
    now_ms: At
    rules: Rules
    year: int = Field(description="Its label.", examples=[2026])
    years: list[int] = Field(description="Years that can be asked for, the latest first.", examples=[[2026]])
    from_ms: At
    to_ms: At
    days_left: int = Field(description="Days of the year that are left, today included.", examples=[32])
    status: Coded
    sums: list[SumLine]
    next: Names = Field(description="The one step that would complete the year.")
    remarks: list[Names] = Field(description="Remarks and advice.", examples=[[]])
    lines: list[StatementLine]
    waits: list[WaitLine]
    sessions: list[StudySession]
    more_sessions: bool = Field(description="Whether the year has more sessions than were looked at.", examples=[False])
    certificates: list[OwnCertificate] = Field(description="The newest certificates of all years.", examples=[[]])
    questions: list[QuestionLine]
    facts_digest: str = Field(description="SHA-256 of the facts, as `zaichang hours statement` names it.")
    rules_digest: str = Field(description="SHA-256 of the hour rules.")
