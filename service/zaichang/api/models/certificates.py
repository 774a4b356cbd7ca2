"""Certificates of hours."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from zaichang.api.models.common import Answer, Asked, At, InstitutionNames, Names, Reason, like_id, one_of
from zaichang.audit.certificate.document import MAX_NAME_CHARS
from zaichang.audit.changes.rulings import REVOKE_REASONS
from zaichang.core.ids import LearnerId
from zaichang.hours.certificates import NOTE_MAX_CHARS

NUMBER_PATTERN = "^[0-9a-f]{16}$"
_NAME = "The holder's name as it is to be printed; empty: none. It is never stored, and never in the log."


class CertificateRequest(Asked):
    """A certificate to issue from the year's statement as it stands now."""

    refusal: ClassVar[str] = "certificate.invalid"

    learner: LearnerId = like_id("The learner's pseudonym.", "learner-17")
    rules: Annotated[str, Field(max_length=64, description="A shipped pack.", examples=["cq-pharmacist-2025"])]
    year: Annotated[int, Field(ge=2000, le=9999, description="Label of the year in the rules.", examples=[2026])]
    name: Annotated[str, Field(max_length=MAX_NAME_CHARS, description=_NAME, examples=[""])] = ""
    replaces: Annotated[
        str,
        Field(
            pattern=r"^([0-9a-f]{16})?$",
            description="Number of the certificate in whose place it is issued; empty: none.",
            examples=[""],
        ),
    ] = ""


class CertificateCopyRequest(Asked):
    """A copy of a certificate."""

    refusal: ClassVar[str] = "certificate.invalid"

    name: Annotated[
        str,
        Field(max_length=MAX_NAME_CHARS, description="The holder's name as given at issue; empty: not printed."),
    ] = ""


class CertificateEndRequest(Asked):
    """A proposal to revoke a certificate. It stands until a second person confirms."""

    refusal: ClassVar[str] = "certificate.invalid"

    reason: Annotated[str, one_of(tuple(REVOKE_REASONS), "Why.")]
    note: Annotated[str, Field(max_length=NOTE_MAX_CHARS, description="For the institution.")] = ""


class CertificateLine(Answer):
    """A certificate."""

    number: str = Field(description="Its number.", examples=["9f3a01bc77d20e41"])
    learner: str = Field(
        description="The learner's pseudonym; `erased-...` once all is erased.", examples=["learner-17"]
    )
    year: str = Field(description="Label of the year.", examples=["2026"])
    rules: str = Field(description="The hour rules.", examples=["cq-pharmacist-2025"])
    state: str = Field(description="`issued`, `replaced` or `revoked`.", examples=["issued"])
    issued_ms: At
    issued_by: str = Field(description="Who issued it.", examples=["ren"])
    replaces: str = Field(description="Number of the one in whose place it stands, or empty.", examples=[""])
    replaced_by: str = Field(description="Number of the one in its place, or empty.", examples=[""])
    entry: int | None = Field(description="Index of its entry in the log; null until it is logged.", examples=[41])
    reason: str = Field(description="Reason of a proposed or confirmed revocation, or empty.", examples=[""])
    note: str = Field(description="The proposer's note.", examples=[""])
    proposed_by: str = Field(description="Who proposed to revoke it, or empty.", examples=[""])
    decided_by: str = Field(description="Who confirmed it, or empty.", examples=[""])
    decided_ms: int | None = Field(description="Server time of that, or null.", examples=[None])
    revocation_entry: int | None = Field(description="Index of that entry in the log, or null.", examples=[None])


class RulesTitle(Names):
    """A shipped pack of hour rules with its title."""

    name: str = Field(description="Name of the pack.", examples=["cq-pharmacist-2025"])


class CertificatesAnswer(Answer):
    """An institution's newest certificates."""

    institution: InstitutionNames
    reviewer: str = Field(description="Whose key asks; empty for the shared staff key.", examples=["ren"])
    certificates: list[CertificateLine]
    packs: list[RulesTitle] = Field(description="The hour rules that a certificate may follow.")
    reasons: list[Reason] = Field(description="The reasons that a revocation may give.")
