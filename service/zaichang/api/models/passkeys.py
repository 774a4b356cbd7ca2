"""Passkeys: tickets, options, registrations, and the list of a learner's passkeys."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from zaichang.api.models.common import Answer, Asked, At


class PasskeyTicketAnswer(Answer):
    """A ticket for one registration under the institution's eyes."""

    ticket: str = Field(description="Takes the place of a launch token.", examples=["eyJhbGciOiJFZERTQSJ9.e30.c2ln"])
    until_ms: At
    page_path: str = Field(
        description="Path of the page on which the learner registers with it.", examples=["/passkey#ticket=eyJhbGci"]
    )


class PasskeyOptions(Answer):
    """The page hands the options to `navigator.credentials.create`."""

    options: dict[str, Any] = Field(
        description="`PublicKeyCredentialCreationOptionsJSON`.", examples=[{"challenge": "AAE"}]
    )


class PasskeyMade(Asked):
    """The device's answer."""

    max_bytes: ClassVar[int] = 65_536

    credential: Annotated[
        dict[str, Any],
        Field(description="`RegistrationResponseJSON`, from the browser.", examples=[{"id": "AAE"}]),
    ]


class PasskeyAnswer(Answer):
    """A registered passkey. Its private key never leaves the learner's devices."""

    credential: str = Field(description="Its name, base64url.", examples=["AAE"])
    domain: str = Field(description="The domain whose pages can use it.", examples=["learn.example"])
    at_ms: At
    supervised: bool = Field(description="Whether it was registered under the institution's eyes.", examples=[True])
    synced: bool = Field(description="Whether it may be copied to the owner's other devices.", examples=[False])
