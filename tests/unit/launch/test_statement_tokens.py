"""Statement tokens: their own audience, a short life, the key's id, and nothing that another token could stand for."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from zaichang.core.errors import NotAllowed
from zaichang.launch.statement_tokens import STATEMENT_MS, StatementTicket, StatementTokens
from zaichang.launch.tokens import LaunchTokens, PasskeyTicket

SEED = bytes(32)
NOW_MS = 1_790_000_000_000
TICKET = StatementTicket(ticket_id="ab" * 16, institution_id="i1", learner_id="p1", rules="cq-pharmacist-2025")
TOKENS = StatementTokens(SEED)


def code(token: str, now_ms: int = NOW_MS) -> str:
    with pytest.raises(NotAllowed) as caught:
        TOKENS.verify(token, now_ms)
    return caught.value.code


def signed(kid: str | None = TOKENS.key_id, **changed: Any) -> str:
    payload = {
        "jti": "ab" * 16, "iss": "zaichang", "aud": "zaichang-statement", "exp": NOW_MS // 1000 + 60, "sub": "p1",
        "inst": "i1", "rules": "r", **changed,
    }  # fmt: skip
    headers = {"kid": kid} if kid is not None else None
    return jwt.encode(payload, Ed25519PrivateKey.from_private_bytes(SEED), algorithm="EdDSA", headers=headers)


def test_a_token_says_who_and_under_which_rules_for_a_quarter_of_an_hour() -> None:
    token = TOKENS.issue(TICKET, NOW_MS + STATEMENT_MS)
    assert TOKENS.verify(token, NOW_MS) == TICKET
    assert TOKENS.verify(token, NOW_MS + STATEMENT_MS - 1) == TICKET
    assert code(token, NOW_MS + STATEMENT_MS) == "token.expired"
    assert STATEMENT_MS == 15 * 60_000


def test_the_header_names_the_key_and_another_name_is_refused() -> None:
    assert jwt.get_unverified_header(TOKENS.issue(TICKET, NOW_MS + 1_000))["kid"] == TOKENS.key_id
    assert StatementTokens(bytes([1] * 32)).key_id != TOKENS.key_id
    assert TOKENS.verify(signed(), NOW_MS).rules == "r"
    assert code(signed(kid=None)) == "token.forged"
    assert code(signed(kid="0" * 16)) == "token.forged"


def test_tokens_of_other_keys_and_kinds_are_refused() -> None:
    assert code(StatementTokens(bytes([1] * 32)).issue(TICKET, NOW_MS + 1_000)) == "token.forged"
    assert code(signed(aud="zaichang-session")) == "token.audience"
    assert code(signed(iss="other")) == "token.audience"
    ticket = LaunchTokens(SEED).passkey_ticket(
        PasskeyTicket(ticket_id="t" * 16, institution_id="i1", learner_id="p1"), NOW_MS + 1_000
    )
    assert code(ticket) == "token.audience"
    for broken in ("", "a.b.c", signed(rules=""), signed(sub="no spaces"), signed(inst="/"), signed(more="x")):
        assert code(broken) == "token.malformed"
    with pytest.raises(NotAllowed) as caught:
        LaunchTokens(SEED).verify(TOKENS.issue(TICKET, NOW_MS + 1_000), NOW_MS)
    assert caught.value.code == "token.audience"
