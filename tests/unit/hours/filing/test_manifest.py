"""Manifests: signed by a log's key that had not ended, and nothing else is one."""

from __future__ import annotations

import pytest

from support.filing_views import SIGNER, prepared, view
from zaichang.core.errors import EvidenceError
from zaichang.hours.filing.manifest import HEADLINE, open_manifest, read_manifest
from zaichang.tlog.note import sign_note
from zaichang.tlog.trust import parse_trust

NOTE = view(prepared(1, amount="8/3")).manifest


def test_a_manifest_counts_and_sums(request: pytest.FixtureRequest) -> None:
    values = read_manifest(NOTE)
    assert (values["rows"], values["sums"], values["operations"]) == (1, {"hour": "8/3"}, {"new": 1})
    assert values["logs"] == [{"from": 1, "origin": SIGNER.name, "size": 9, "to": 8}]
    assert b"li" not in NOTE.replace(b"filing", b"").replace(b"public", b""), "no pseudonym is in it"


def test_a_key_that_had_ended_by_then_does_not_count() -> None:
    key = SIGNER.vkey
    named = open_manifest(NOTE, parse_trust(f"log {key}\nquorum none\n".encode()))
    assert named.names() == (SIGNER.name,)
    open_manifest(NOTE, parse_trust(f"log {key}\nretired {key} 9\nquorum none\n".encode()))
    with pytest.raises(EvidenceError) as refused:
        open_manifest(NOTE, parse_trust(f"log {key}\nrevoked {key} 8\nquorum none\n".encode()))
    assert refused.value.code == "E_KEY"


OTHER = ("zaichang.local/inst/2026\n9\nAAAA\n", f"{HEADLINE}\nnot json\n", f"{HEADLINE}\n[1]\n")


@pytest.mark.parametrize("text", OTHER)
def test_other_notes_are_no_manifests(text: str) -> None:
    with pytest.raises(EvidenceError, match="no manifest"):
        read_manifest(sign_note(text.encode(), [SIGNER]))
