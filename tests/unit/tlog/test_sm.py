"""SM2 lines and the SM3 tree, against the published examples of the standards."""

import sys

import pytest

from zaichang.adapters.keys.sm2_signer import Sm2Signer
from zaichang.core.errors import ConfigError, EvidenceError
from zaichang.tlog.keys import encode_base64, format_vkey, parse_vkey
from zaichang.tlog.note import open_note, sign_note
from zaichang.tlog.sm import Sm3Tree, encode_public, public_point, sm3, verify_sm2

# GB/T 32918.5-2017 (GM/T 0003.5), Annex A.2: key, message and signature of the standard's example.
SECRET = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
POINT = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
MESSAGE = b"message digest"
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)


def test_the_standards_own_example_checks() -> None:
    assert verify_sm2(encode_public(POINT), MESSAGE, SIGNATURE)
    assert not verify_sm2(encode_public(POINT), MESSAGE + b"!", SIGNATURE)
    for position in (0, 31, 32, 63):
        changed = bytearray(SIGNATURE)
        changed[position] ^= 1
        assert not verify_sm2(encode_public(POINT), MESSAGE, bytes(changed))
    assert not verify_sm2(encode_public(POINT), MESSAGE, SIGNATURE[:-1])
    assert not verify_sm2(encode_public(POINT), MESSAGE, bytes(64))
    off_curve = POINT[:-1] + bytes([POINT[-1] ^ 1])
    assert not verify_sm2(encode_public(off_curve), MESSAGE, SIGNATURE)


def test_a_signed_note_with_an_sm2_line() -> None:
    signer = Sm2Signer("hours.example.org/1", SECRET)
    verifier = parse_vkey(signer.vkey)
    assert public_point(verifier.public_key) == POINT
    note = sign_note(b"text\n", [signer])
    assert open_note(note, [verifier]).names() == ("hours.example.org/1",)
    with pytest.raises(EvidenceError, match="E_NOTE_SIG"):
        open_note(note.replace(b"text", b"test"), [verifier])
    with pytest.raises(EvidenceError, match="E_VKEY"):
        parse_vkey(format_vkey("a", 0xFF, b"another-type" + bytes(89)))
    assert encode_base64(b"\xff")[:2] == "/w"


# GB/T 32905-2016, Annex A.
@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_of_the_standards_examples(data: bytes, digest: str) -> None:
    assert sm3(data).hex() == digest


def reference(entries: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word, with SM3."""
    if not entries:
        return sm3()
    if len(entries) == 1:
        return sm3(b"\x00" + entries[0])
    k = 1
    while 2 * k < len(entries):
        k *= 2
    return sm3(b"\x01" + reference(entries[:k]) + reference(entries[k:]))


def test_the_growing_tree_is_the_recursive_one_at_every_size_and_from_every_state() -> None:
    entries = [bytes([n]) * (n % 5) for n in range(70)]
    tree = Sm3Tree()
    for n, entry in enumerate(entries):
        assert tree.root() == reference(entries[:n])
        tree.append(entry)
        tree = Sm3Tree(tree.size, tree.perfect)
    assert tree.root() == reference(entries)
    with pytest.raises(ValueError, match="state"):
        Sm3Tree(3, (bytes(32),))


def test_without_the_library_sm2_cannot_be_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gmalg", None)
    with pytest.raises(ConfigError, match=r"verify\.no_sm"):
        verify_sm2(encode_public(POINT), MESSAGE, SIGNATURE)


def test_a_point_off_the_curve_verifies_nothing() -> None:
    off = encode_public(b"\x04" + b"\x01" * 64)
    assert not verify_sm2(off, MESSAGE, SIGNATURE)
    assert not verify_sm2(b"no key", MESSAGE, SIGNATURE)
    assert not verify_sm2(encode_public(POINT), MESSAGE, SIGNATURE[:-1])


def test_a_library_that_gives_up_is_a_failed_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(**_: object) -> None:
        raise ValueError("no point")

    monkeypatch.setattr("gmalg.SM2", give_up)
    assert not verify_sm2(encode_public(POINT), MESSAGE, SIGNATURE)
