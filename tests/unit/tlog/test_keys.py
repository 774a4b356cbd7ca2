"""Keys: names, cosignatures, and the ML-DSA-44 line."""

import sys

import pytest

from zaichang.core.errors import ConfigError, EvidenceError
from zaichang.tlog import keys as tlog_keys
from zaichang.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Cosigner, Ed25519Signer, MlDsa44Signer, SignatureType, format_vkey, parse_vkey
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.note import (
    NoteSignature,
    cosign_note,
    format_note,
    open_note,
)
from zaichang.tlog.sm import KEY_BYTES
from zaichang.tlog.trust import parse_trust

LOG = Ed25519Signer("hours.example.org/log/2026", b"\x01" * 32)


WITNESS = Ed25519Cosigner("witness.example.org", b"\x03" * 32)


CHECKPOINT = Checkpoint(origin=LOG.name, size=1, root=leaf_hash(b"x"))


def code_of(call: object, *arguments: object) -> str:
    with pytest.raises(EvidenceError) as caught:
        call(*arguments)  # type: ignore[operator]  # every caller passes a function
    return caught.value.code


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\u2003b", "a\nb"])
def test_key_names_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        Ed25519Signer(name, b"\x01" * 32)


def test_a_cosignature_covers_its_time() -> None:
    verifier = parse_vkey(WITNESS.vkey)
    line = cosign_note(CHECKPOINT.body(), WITNESS, 1_790_000_000)
    result = verifier.verify(CHECKPOINT.body(), line.signature)
    assert result is not None
    assert result.timestamp_s == 1_790_000_000
    later = (1_790_000_001).to_bytes(8, "big") + line.signature[8:]
    assert verifier.verify(CHECKPOINT.body(), later) is None
    assert verifier.verify(CHECKPOINT.body(), line.signature[:8]) is None
    assert verifier.verify(CHECKPOINT.body(), (2**63).to_bytes(8, "big") + line.signature[8:]) is None


def test_a_second_line_of_ml_dsa_44_checks_by_itself_and_beside_ed25519() -> None:
    signer = MlDsa44Signer(LOG.name, b"\x05" * 32)
    assert parse_vkey(signer.vkey).vkey == signer.vkey
    note = sign_checkpoint(CHECKPOINT, [LOG, signer])
    for keys in ([LOG.vkey], [signer.vkey], [LOG.vkey, signer.vkey]):
        opened = open_checkpoint(note, [parse_vkey(key) for key in keys], LOG.name)
        assert len(opened.opened.verified) == len(keys)
    trust = parse_trust(f"log {signer.vkey}\nquorum none\n".encode())
    assert trust.open_checkpoint(note).checkpoint == CHECKPOINT
    verifier, text = parse_vkey(signer.vkey), CHECKPOINT.body()
    signature = signer.sign(text)
    assert verifier.verify(text, signature) is not None
    other = Checkpoint(origin=LOG.name, size=2, root=CHECKPOINT.root).body()
    assert verifier.verify(other, signature) is None
    assert verifier.verify(text + b"extension\n", signature) is None
    assert verifier.verify(text, signature[:-1] + bytes([signature[-1] ^ 1])) is None
    assert verifier.verify(text, bytes(7) + b"\x01" + signature[8:]) is None
    assert parse_vkey(MlDsa44Signer("other.example", b"\x05" * 32).vkey).verify(text, signature) is None
    assert code_of(signer.sign, text + b"extension\n") == "E_CHECKPOINT"
    with pytest.raises(ConfigError):
        MlDsa44Signer("two words", b"\x05" * 32)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "na me+00000000+AA==",
        "name+0000000g+AA==",
        "name+00000000+?",
        "name+00000000+",
        "name+00000000+AQ==",
    ],
)
def test_a_line_that_is_no_key_is_refused(text: str) -> None:
    assert code_of(parse_vkey, text) == "E_VKEY"


def test_an_id_belongs_to_its_key() -> None:
    name, identifier, key = LOG.vkey.split("+", 2)
    other = f"{int(identifier, 16) ^ 1:08x}"
    assert code_of(parse_vkey, f"{name}+{other}+{key}") == "E_VKEY"


def test_a_key_line_whose_other_type_is_not_ours_is_refused() -> None:
    for key in (b"some other algorithm", bytes(KEY_BYTES)):
        assert code_of(parse_vkey, format_vkey("name", SignatureType.OTHER, key)) == "E_VKEY"


@pytest.mark.parametrize("name", ["", "two words", "a+b"])
def test_a_signer_needs_a_proper_name(name: str) -> None:
    with pytest.raises(ConfigError, match=r"log\.key_name"):
        Ed25519Signer(name, b"\x01" * 32)


def test_without_ml_dsa_nothing_is_signed_and_nothing_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    signer = MlDsa44Signer(LOG.name, b"\x05" * 32)
    note = sign_checkpoint(CHECKPOINT, [LOG, signer])
    assert open_note(note, [parse_vkey(signer.vkey)]).names() == (LOG.name,)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    assert code_of(open_note, note, [parse_vkey(signer.vkey)]) == "E_NOTE_SIG"
    with pytest.raises(ConfigError, match=r"log\.no_ml_dsa"):
        MlDsa44Signer(LOG.name, b"\x05" * 32)


@pytest.mark.parametrize("text", [b"one line\n", b"o\nx\nr\n", b"o\n1\n?\n", b"o\n1\nAA==\n"])
def test_a_text_that_is_no_checkpoint_is_never_cosigned_by_ml_dsa(text: bytes) -> None:
    signer = MlDsa44Signer(LOG.name, b"\x05" * 32)
    line = NoteSignature(name=signer.name, key_id=signer.key_id, signature=bytes(8) + bytes(2420))
    assert code_of(open_note, format_note(text, [line]), [parse_vkey(signer.vkey)]) == "E_NOTE_SIG"


FIELD = 2**255 - 19
ORDER_8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"


def weak_keys() -> list[bytes]:
    """Return the encodings of the eight points of small order, and spellings of a y beyond the field."""
    eighth = int.from_bytes(bytes.fromhex(ORDER_8), "little")
    ys = [0, 1, FIELD - 1, eighth, FIELD - eighth, FIELD, FIELD + 1, FIELD + 5, 2**255 - 1]
    return [(y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1)]


def test_the_point_of_order_8_is_one() -> None:
    y = int.from_bytes(bytes.fromhex(ORDER_8), "little")
    d = -121665 * pow(121666, -1, FIELD) % FIELD
    # Doubling twice gives y = 0, order 4: y2 = (y^2 + x^2) / (1 - d x^2 y^2), and it is 0 for x^2 = -y^2.
    assert (y * y - 1) * pow(d * y * y + 1, -1, FIELD) % FIELD == -y * y % FIELD


@pytest.mark.parametrize("kind", [tlog_keys.SignatureType.ED25519, tlog_keys.SignatureType.COSIGNATURE_ED25519])
@pytest.mark.parametrize("weak", weak_keys(), ids=bytes.hex)
def test_a_weak_ed25519_key_is_refused(weak: bytes, kind: tlog_keys.SignatureType) -> None:
    with pytest.raises(EvidenceError) as caught:
        tlog_keys.parse_vkey(tlog_keys.format_vkey("log.example", kind, weak))
    assert caught.value.code == "E_VKEY"


def test_a_signature_that_anyone_can_make_does_not_check_under_the_identity_key() -> None:
    identity = (1).to_bytes(32, "little")
    # R = identity, S = 0 satisfies S B = R + k A for every text.
    verifier = tlog_keys.KeyVerifier(
        name="log.example",
        key_id=tlog_keys.key_id("log.example", tlog_keys.SignatureType.ED25519, identity),
        signature_type=tlog_keys.SignatureType.ED25519,
        public_key=identity,
    )
    assert verifier.verify(b"log.example\n1\n", identity + bytes(32)) is None
