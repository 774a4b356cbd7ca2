"""The sessions and the checkpoint of a file that is held against a newer log; damaged files have none."""

from __future__ import annotations

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import write_bundle
from zaichang.audit.taken_back import Sessions, bundle_sessions, receipt_sessions, taken_back_since
from zaichang.tlog.trust import trust_log


def test_a_bundle_names_its_sessions_and_its_checkpoint() -> None:
    bundle = sample_of.sample().bundle
    found = bundle_sessions(write_bundle(bundle))
    assert sample_of.SID in found.sids
    assert found.checkpoint == bundle.checkpoint


def test_a_damaged_file_has_no_sessions_and_is_not_compared() -> None:
    nothing = Sessions(frozenset(), b"")
    assert bundle_sessions(b"{") == receipt_sessions(b"{") == nothing
    assert taken_back_since(nothing, lambda _: None, trust_log(sample_of.SIGNER.vkey)) == []
