"""A bundle is written line by line, and taken apart by session in one pass."""

from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import Capture, Produced, write_bundle
from zaichang.audit.reading.bundle_reader import BundleFile, read_bundle
from zaichang.core.errors import EvidenceError

SAMPLE = sample_of.sample().bundle


def test_each_session_gets_its_own_parts() -> None:
    second = "cd" * 16
    both = replace(
        SAMPLE,
        openings=(*SAMPLE.openings, replace(SAMPLE.openings[0], sid=second)),
        produced=(Produced(sid=second, at_ms=5),),
        captures=(Capture(sid=second, capture_id="c1-0", picture=b"\xff"),),
    )
    file = BundleFile(write_bundle(both))
    assert file.sessions() == {sample_of.SID, second}
    own, other = file.part(sample_of.SID), file.part(second)
    assert (own.openings, own.commitments, own.fields) == (SAMPLE.openings, SAMPLE.commitments, SAMPLE.fields)
    assert (len(other.openings), other.commitments, other.captures) == (1, (), both.captures)
    assert (own.leaves, own.policies, own.captures) == ((), (), ())
    assert read_bundle(write_bundle(both)) == (both, ())


def test_only_text_goes_into_a_bundle() -> None:
    with pytest.raises(EvidenceError) as caught:
        write_bundle(replace(SAMPLE, policies=(b"\xff",)))
    assert caught.value.code == "E_CANON"
