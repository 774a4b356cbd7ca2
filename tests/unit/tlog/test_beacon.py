"""Beacons: one signature for each checkpoint, from the key that the reader trusts, and nothing else."""

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zaichang.core.errors import EvidenceError
from zaichang.tlog.beacon import TYPE_NAME, BeaconSigner, beacon_message, find_beacon, parse_beacon_key
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Signer, SignatureType, format_vkey, parse_vkey
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.note import NoteSignature, format_note, open_note, parse_note
from zaichang.tlog.trust import parse_trust

LOG = Ed25519Signer("hours.example.org/log/2026", b"\x01" * 32)
CHECKPOINT = Checkpoint(origin=LOG.name, size=7, root=leaf_hash(b"x"))
RSA = generate_private_key(65537, 2048)
SIGNER = BeaconSigner("witness.example.org", RSA)
OTHER = BeaconSigner("witness.example.org", generate_private_key(65537, 2048))


def der(key: RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def with_lines(*lines: NoteSignature, checkpoint: Checkpoint = CHECKPOINT) -> bytes:
    parsed = parse_note(sign_checkpoint(checkpoint, [LOG]))
    return format_note(parsed.text, (*parsed.signatures, *lines))


def test_a_checkpoint_has_one_beacon_and_another_checkpoint_another() -> None:
    line = SIGNER.sign(CHECKPOINT)
    assert line == SIGNER.sign(CHECKPOINT)
    found = find_beacon(with_lines(line), [SIGNER.public])
    assert found == (CHECKPOINT, hashlib.sha256(line.signature).digest())
    for other in (
        replace(CHECKPOINT, size=8), replace(CHECKPOINT, root=leaf_hash(b"y")), replace(CHECKPOINT, origin="other.org"),
    ):  # fmt: skip
        assert SIGNER.sign(other).signature != line.signature
        assert SIGNER.public.beacon(other, line.signature) is None


def test_extension_lines_are_no_way_to_draw_again() -> None:
    longer = replace(CHECKPOINT, extensions=("try 2",))
    assert SIGNER.sign(longer) == SIGNER.sign(CHECKPOINT)
    assert beacon_message(CHECKPOINT) == b"vm/beacon/v1\n" + CHECKPOINT.body()


def test_only_the_one_valid_signature_is_taken() -> None:
    message = beacon_message(CHECKPOINT)
    good = SIGNER.sign(CHECKPOINT).signature
    others = [
        RSA.sign(message, PKCS1v15(), SHA1()),  # noqa: S303  (must be refused)
        RSA.sign(message, PSS(mgf=MGF1(SHA256()), salt_length=32), SHA256()),
        RSA.sign(CHECKPOINT.body(), PKCS1v15(), SHA256()),
        b"\x00" + good,
        good[1:],
        (int.from_bytes(good, "big") + RSA.public_key().public_numbers().n).to_bytes(257, "big"),
        b"",
    ]
    assert SIGNER.public.beacon(CHECKPOINT, good) is not None
    for signature in others:
        assert SIGNER.public.beacon(CHECKPOINT, signature) is None


def test_an_unknown_key_s_line_is_no_beacon_and_a_known_key_s_bad_one_is_refused() -> None:
    assert find_beacon(with_lines(OTHER.sign(CHECKPOINT)), [SIGNER.public]) is None
    assert find_beacon(with_lines(), [SIGNER.public]) is None
    forged = replace(OTHER.sign(CHECKPOINT), key_id=SIGNER.public.key_id)
    with pytest.raises(EvidenceError, match="does not check") as caught:
        find_beacon(with_lines(forged), [SIGNER.public])
    assert caught.value.code == "E_NOTE_SIG"


def test_readers_that_do_not_know_the_line_ignore_it() -> None:
    opened = open_note(with_lines(SIGNER.sign(CHECKPOINT)), [parse_vkey(LOG.vkey)])
    assert opened.names() == (LOG.name,) and len(opened.unknown) == 1
    with pytest.raises(EvidenceError):
        parse_vkey(SIGNER.public.vkey)


def test_a_key_line_comes_back_the_same() -> None:
    assert parse_beacon_key(SIGNER.public.vkey) == SIGNER.public


@pytest.mark.parametrize(
    "line",
    [
        "",
        "name",
        LOG.vkey,
        SIGNER.public.vkey.replace("witness", "Witness"),
        SIGNER.public.vkey[:-8] + "AAAAAAA=",
        format_vkey("w", SignatureType.OTHER, TYPE_NAME + der(generate_private_key(65537, 1024))),  # noqa: S505
        format_vkey("w", SignatureType.OTHER, TYPE_NAME + der(generate_private_key(3, 2048))),
        format_vkey("w", SignatureType.OTHER, b"other/type" + der(RSA)),
        format_vkey("w", SignatureType.OTHER, TYPE_NAME),
    ],
    ids=range(9),
)
def test_what_is_no_beacon_key_is_refused(line: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        parse_beacon_key(line)
    assert caught.value.code == "E_VKEY"


def test_a_trust_file_names_beacon_keys_once_each() -> None:
    lines = f"log {LOG.vkey}\nbeacon {SIGNER.public.vkey}\n"
    assert parse_trust(f"{lines}quorum none\n".encode()).beacons == (SIGNER.public,)
    with pytest.raises(EvidenceError, match="the same beacon key twice"):
        parse_trust(f"{lines}beacon {SIGNER.public.vkey}\nquorum none\n".encode())


def test_a_key_that_is_no_rsa_key_gives_no_beacon() -> None:
    line = SIGNER.sign(CHECKPOINT)
    assert SIGNER.public.beacon(CHECKPOINT, line.signature) is not None
    assert replace(SIGNER.public, public_key=b"not DER").beacon(CHECKPOINT, line.signature) is None
