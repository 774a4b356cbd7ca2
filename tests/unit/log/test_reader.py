"""A reader gives the entries and proofs of one checkpoint, on every medium."""

import pytest

from support.log_faults import SIGNER, grow
from support.log_media import LogMedium
from zaichang.core.errors import EvidenceError, NotFound
from zaichang.log.reader import LogReader
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.merkle import leaf_hash, verify_inclusion


def test_entries_and_proofs_are_those_of_the_checkpoint(medium: LogMedium) -> None:
    grow(medium, 300)
    reader = LogReader(medium.place.published)
    assert reader.size == 300
    for index in (0, 255, 256, 299):
        assert reader.entry(index) == b"leaf %d" % index
        proof = reader.prove(index)
        verify_inclusion(leaf_hash(b"leaf %d" % index), index, 300, proof, reader.checkpoint.checkpoint.root)
    with pytest.raises(EvidenceError, match="E_TILE"):
        reader.entry(300)


def test_an_older_checkpoint_is_read_from_the_full_tiles_that_took_the_place_of_partial_ones(medium: LogMedium) -> None:
    grow(medium, 200)
    note = medium.place.published.get("checkpoint")
    grow(medium, 600)
    assert medium.place.published.get("tile/entries/000.p/200") is None, "the partial tile is gone"
    reader = LogReader(medium.place.published, note)
    assert (reader.size, reader.entry(199)) == (200, b"leaf 199")
    verify_inclusion(leaf_hash(b"leaf 7"), 7, 200, reader.prove(7), reader.checkpoint.checkpoint.root)
    with pytest.raises(EvidenceError, match="E_TILE"):
        reader.entry(200)


def test_no_log_and_a_log_of_another_key_are_refused(medium: LogMedium) -> None:
    with pytest.raises(NotFound, match=r"log\.none"):
        LogReader(medium.place.published)
    grow(medium, 3)
    medium.delete("tile/entries/000.p/3")
    with pytest.raises(EvidenceError, match="E_TILE"):
        LogReader(medium.place.published).entry(0)
    medium.place.keys.publish(Ed25519Signer(SIGNER.name, b"\x09" * 32).vkey)
    with pytest.raises(EvidenceError, match="E_NOTE_SIG"):
        LogReader(medium.place.published)
