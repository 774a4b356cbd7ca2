"""The result of the public check of a file."""

from __future__ import annotations

from pydantic import Field

from zaichang.api.models.common import Answer


class CheckLine(Answer):
    """One check: a finding, or a passed check that says something."""

    check: str = Field(description="Which check.", examples=["certificate"])
    status: str = Field(description="`pass`, `fail` or `undecided`.", examples=["pass"])
    code: str = Field(description="Code of a finding; empty where it passed.", examples=[""])
    message: str = Field(description="The result in a sentence.", examples=["It stands."])
    zh: str = Field(description="Meaning of the code in Chinese, or empty.", examples=[""])
    en: str = Field(description="Meaning of the code in English, or empty.", examples=[""])


class VerifyAnswer(Answer):
    """The result for a file. It was checked by this service with its own log's key; nothing of it is kept."""

    exit: int = Field(description="0: all passed, 1: a finding, 2: undecided, as `zaichang verify`.", examples=[0])
    origin: str = Field(description="The log.", examples=["hours.example.org/college/2026"])
    log: str = Field(description="Institution and year of the log, as in its address.", examples=["college/2026"])
    passed: int = Field(description="How many checks passed.", examples=[9])
    checks: list[CheckLine]
