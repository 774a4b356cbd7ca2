"""Published vectors of other projects, read from the development folder; never copied into this repository."""

import base64
import json
from pathlib import Path

import pytest
import rfc8785

from zaichang.core.canonical import canonical_bytes, parse_canonical
from zaichang.core.errors import EvidenceError
from zaichang.tlog import merkle
from zaichang.tlog.checkpoint import parse_checkpoint
from zaichang.tlog.keys import parse_vkey
from zaichang.tlog.note import open_note
from zaichang.tlog.proof_text import TlogProof, format_proof, parse_proof

# Upstream accepts 12-byte "roots" here; a strict verifier refuses whatever is not 32 bytes.
NOT_A_HASH = "sizes-are-equal-one-and-proof-is-empty.json"


def load(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def b64(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def accepted(call: object, *arguments: object) -> bool:
    try:
        call(*arguments)  # type: ignore[operator]  # every caller passes a function
    except EvidenceError:
        return False
    return True


@pytest.mark.parametrize(
    ("folder", "count"),
    [("inclusion", 98), ("consistency", 98), ("subtreeinclusion", 204), ("subtreeconsistency", 118)],
)
def test_merkle_proofs(shared_vectors: Path, folder: str, count: int) -> None:
    seen = 0
    for path in sorted((shared_vectors / "transparency-dev-merkle/testdata" / folder).rglob("*.json")):
        case = load(path)
        proof = [b64(value) for value in case["proof"] or []]
        if folder == "inclusion":
            arguments = (b64(case["leafHash"]), case["leafIdx"], case["treeSize"], proof, b64(case["root"]))
            good = accepted(merkle.verify_inclusion, *arguments)
        elif folder == "consistency":
            arguments = (case["size1"], case["size2"], proof, b64(case["root1"]), b64(case["root2"]))
            good = accepted(merkle.verify_consistency, *arguments)
        elif folder == "subtreeinclusion":
            place = (case["leafIdx"], case["start"], case["end"])
            good = accepted(merkle.verify_subtree_inclusion, b64(case["leafHash"]), *place, proof, b64(case["root"]))
        else:
            place = (case["start"], case["end"], case["size"])
            roots = (b64(case["root1"]), b64(case["root2"]))
            good = accepted(merkle.verify_subtree_consistency, *place, proof, *roots)
        expected = not case["wantErr"] and path.name != NOT_A_HASH
        assert good is expected, path
        seen += 1
    assert seen == count


def test_known_roots(shared_vectors: Path) -> None:
    case = load(shared_vectors / "rfc6962_known_roots.json")
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in case["leaf_inputs_hex"]]
    assert [leaf.hex() for leaf in leaves] == case["node_hashes_hex"][0]
    for size, root in enumerate(case["root_by_size_hex"]):
        assert merkle.root_hash(leaves[:size]).hex() == root
    for level, hashes in enumerate(case["node_hashes_hex"]):
        width = 1 << level
        assert [merkle.root_hash(leaves[i * width : (i + 1) * width]).hex() for i in range(len(hashes))] == hashes


def test_signed_notes(shared_vectors: Path) -> None:
    cases = load(shared_vectors / "signed_note_vectors.json")["notes"]
    for case in cases:
        note = case["note"].encode() if "note" in case else b64(case["note_b64"])
        keys = [parse_vkey(text) for text in case["vkeys"]]
        if not case["ok"]:
            assert not accepted(open_note, note, keys), case["name"]
            continue
        opened = open_note(note, keys)
        assert list(opened.names()) == case["verified"], case["name"]
        if case["name"].startswith(("tessera", "real")):
            assert parse_checkpoint(opened.text).body() == opened.text
    assert len(cases) == 31


def test_verifier_keys(shared_vectors: Path) -> None:
    case = load(shared_vectors / "signed_note_vectors.json")
    for text in case["good_vkeys"]:
        assert parse_vkey(text).vkey == text
    good = case["good_vkeys"][0]
    parts = {good[i:j] for i in range(len(good)) for j in range(i, len(good) + 1)} - {good}
    grown = {good[:i] + chr(ord(good[i]) + 1) + good[i + 1 :] for i in range(len(good))}
    for text in (*case["bad_vkeys"], *parts, *grown):
        assert not accepted(parse_vkey, text), text
    assert len(parts) + len(grown) > 2_200


def test_checkpoint_bodies_that_must_be_refused(shared_vectors: Path) -> None:
    cases = [c for c in load(shared_vectors / "checkpoint_body_vectors.json")["cases"] if c["want_error"]]
    assert len(cases) == 7
    for case in cases:
        assert not accepted(parse_checkpoint, case["body"].encode()), case["name"]


def test_proof_texts(shared_vectors: Path) -> None:
    cases = load(shared_vectors / "tlog_proof_format_vectors.json")
    for case in cases["marshal"]:
        proof = TlogProof(
            index=case["index"],
            hashes=tuple(b64(text) for text in case["hashes_b64"]),
            checkpoint=case["checkpoint"].encode(),
            extra=None if case["extra_b64"] is None else b64(case["extra_b64"]),
        )
        assert format_proof(proof) == case["want"].encode()
        assert parse_proof(case["want"].encode()) == proof
    assert len(cases["must_reject"]) == 7
    for case in cases["must_reject"]:
        assert not accepted(parse_proof, case["text"].encode()), case["name"]


def test_canonical_json(shared_vectors: Path) -> None:
    """The full scheme is the library's; the narrow profile equals it where it applies and refuses the rest."""
    folder = shared_vectors / "jcs-cyberphone/testdata"
    narrow = 0
    for source in sorted((folder / "input").iterdir()):
        value = json.loads(source.read_bytes())
        expected = (folder / "output" / source.name).read_bytes()
        hexed = bytes.fromhex((folder / "outhex" / source.with_suffix(".txt").name).read_text())
        assert rfc8785.dumps(value) == hexed
        assert expected.rstrip(b"\n") == hexed
        if accepted(parse_canonical, hexed):
            narrow += 1
            assert parse_canonical(hexed) == value
            assert canonical_bytes(parse_canonical(hexed)) == hexed
        else:
            assert not accepted(canonical_bytes, value)
    assert narrow >= 1
