"""Launches: a token holds a keyed digest of the person, never the reference that the platform sent."""

from __future__ import annotations

import base64
from pathlib import Path

from support.study import ManualClock, service, token
from zaichang.ports.purposes import MarkKind

REF = "ab" * 32


async def test_the_token_holds_a_digest_of_the_person_alone(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, enrol_first=False) as services:
        named, plain = await token(services, person_ref=REF), await token(services)
        vault = services.ports.vault
        assert services.tokens.verify(named, clock.at_ms).person == vault.mark(MarkKind.PERSON, REF)
        assert services.tokens.verify(plain, clock.at_ms).person == ""
        body = named.split(".")[1]
        assert REF.encode() not in base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
