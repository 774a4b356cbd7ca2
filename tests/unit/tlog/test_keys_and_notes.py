import sys
from dataclasses import replace

import pytest

from zaichang.core.errors import ConfigError, EvidenceError
from zaichang.tlog.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Cosigner, Ed25519Signer, MlDsa44Signer, SignatureType, format_vkey, parse_vkey
from zaichang.tlog.merkle import EMPTY_ROOT, leaf_hash
from zaichang.tlog.note import (
    MAX_NOTE_BYTES,
    NoteSignature,
    cosign_note,
    format_note,
    open_note,
    parse_note,
    parse_signature_lines,
    sign_note,
)
from zaichang.tlog.sm import KEY_BYTES
from zaichang.tlog.trust import MAX_LINES, parse_trust, trust_log

LOG = Ed25519Signer("hours.example.org/log/2026", b"\x01" * 32)
OTHER = Ed25519Signer("hours.example.net/log/2026", b"\x02" * 32)
WITNESS = Ed25519Cosigner("witness.example.org", b"\x03" * 32)
SECOND = Ed25519Cosigner("witness.example.net", b"\x04" * 32)
CHECKPOINT = Checkpoint(origin=LOG.name, size=1, root=leaf_hash(b"x"))


def code_of(call: object, *arguments: object) -> str:
    with pytest.raises(EvidenceError) as caught:
        call(*arguments)  # type: ignore[operator]  # every caller passes a function
    return caught.value.code


def with_line(note: bytes, line: NoteSignature) -> bytes:
    parsed = parse_note(note)
    return format_note(parsed.text, [*parsed.signatures, line])


def test_a_note_signed_by_several_keys_opens_with_any_of_them() -> None:
    note = sign_note(b"text\n", [LOG, OTHER])
    assert open_note(note, [parse_vkey(OTHER.vkey)]).names() == (OTHER.name,)
    both = open_note(note, [parse_vkey(OTHER.vkey), parse_vkey(LOG.vkey)])
    assert both.names() == (LOG.name, OTHER.name)
    assert both.text == b"text\n"


def test_a_known_key_s_bad_signature_refuses_the_note_and_an_unknown_key_s_is_ignored() -> None:
    note = sign_note(b"text\n", [LOG, OTHER])
    changed = note.replace(b"text", b"Text")
    assert code_of(open_note, changed, [parse_vkey(LOG.vkey)]) == "E_NOTE_SIG"
    forged = NoteSignature(name=OTHER.name, key_id=OTHER.key_id, signature=bytes(64))
    mixed = with_line(sign_note(b"text\n", [LOG]), forged)
    assert len(open_note(mixed, [parse_vkey(LOG.vkey)]).unknown) == 1
    assert code_of(open_note, mixed, [parse_vkey(LOG.vkey), parse_vkey(OTHER.vkey)]) == "E_NOTE_SIG"


@pytest.mark.parametrize("strange", [None, "text", 7, [], memoryview(b"x")], ids=lambda value: type(value).__name__)
def test_what_is_no_bytes_is_no_note(strange: object) -> None:
    assert code_of(open_note, strange, []) == "E_NOTE_FORMAT"


def test_a_log_whose_key_has_another_name_is_opened_as_a_note() -> None:
    """The Go checksum database and Rekor v1 name their keys otherwise than their origins, which may hold spaces."""
    body = Checkpoint(origin="go.sum database tree", size=1, root=leaf_hash(b"x"), extensions=("Timestamp: 1",)).body()
    note = sign_note(body, [OTHER])
    assert parse_checkpoint(open_note(note, [parse_vkey(OTHER.vkey)]).text).origin == "go.sum database tree"
    assert code_of(open_checkpoint, note, [parse_vkey(OTHER.vkey)]) == "E_NOTE_SIG"


def test_a_line_that_shares_only_name_or_only_id_is_unknown() -> None:
    same_name = NoteSignature(name=LOG.name, key_id=LOG.key_id ^ 1, signature=bytes(64))
    same_id = NoteSignature(name="someone.else", key_id=LOG.key_id, signature=bytes(64))
    for line in (same_name, same_id):
        note = format_note(b"text\n", [line])
        assert code_of(open_note, note, [parse_vkey(LOG.vkey)]) == "E_NOTE_SIG"
        assert open_note(with_line(sign_note(b"text\n", [LOG]), line), [parse_vkey(LOG.vkey)]).names() == (LOG.name,)


def test_text_may_hold_empty_lines_and_the_last_one_separates() -> None:
    text = b"one\n\ntwo\n"
    assert open_note(sign_note(text, [LOG]), [parse_vkey(LOG.vkey)]).text == text


@pytest.mark.parametrize("text", [b"no newline", b"tab\tin it\n", b"\xff\n", b""])
def test_texts_that_cannot_be_notes_are_refused(text: bytes) -> None:
    assert code_of(sign_note, text, [LOG]) == "E_NOTE_FORMAT"


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\u2003b", "a\nb"])
def test_key_names_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        Ed25519Signer(name, b"\x01" * 32)


def test_a_note_has_one_spelling_of_each_signature() -> None:
    note = sign_note(b"text\n", [LOG]).decode()
    for changed in (note[:-2] + "\n", note.replace("— ", "—  "), note.replace("— ", "- "), note + "\n"):
        assert code_of(parse_note, changed.encode()) == "E_NOTE_FORMAT"


def test_sixteen_signatures_are_read_and_a_hundred_and_one_are_not() -> None:
    def line(i: int) -> NoteSignature:
        return NoteSignature(name=f"w{i}", key_id=i, signature=bytes(72))

    note = sign_note(b"text\n", [LOG])
    lines = "".join(line(i).line() for i in range(100)).encode()
    sixteen = note + "".join(line(i).line() for i in range(15)).encode()
    assert len(open_note(sixteen, [parse_vkey(LOG.vkey)]).unknown) == 15
    assert code_of(parse_note, note + lines) == "E_NOTE_FORMAT"


def test_a_checkpoint_must_be_signed_by_the_log_it_names() -> None:
    keys = [parse_vkey(LOG.vkey), parse_vkey(OTHER.vkey)]
    assert open_checkpoint(sign_checkpoint(CHECKPOINT, [LOG]), keys, LOG.name).checkpoint == CHECKPOINT
    assert code_of(open_checkpoint, sign_checkpoint(CHECKPOINT, [OTHER]), keys) == "E_NOTE_SIG"
    assert code_of(open_checkpoint, sign_checkpoint(CHECKPOINT, [LOG]), keys, OTHER.name) == "E_ORIGIN"


@pytest.mark.parametrize(
    "body",
    [
        b"log\n1\n",
        b"\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        b"log\n01\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        b"log\n+1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n\u0661\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".encode(),
        b"log\n9223372036854775808\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        b"log\n1\nAAAA\n",
        b"log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
        b"log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        b"log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n",
        b"log\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        b"\xff\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
    ],
)
def test_malformed_checkpoints_are_refused(body: bytes) -> None:
    assert code_of(parse_checkpoint, body) == "E_CHECKPOINT"


def test_extension_lines_are_kept_and_an_empty_log_has_the_empty_root() -> None:
    body = b"log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\n"
    assert parse_checkpoint(body) == Checkpoint(origin="log", size=0, root=EMPTY_ROOT, extensions=("more",))
    assert parse_checkpoint(body).body() == body


def cosigned(*witnesses: Ed25519Cosigner, at_s: int = 1_790_000_000) -> bytes:
    note = sign_checkpoint(CHECKPOINT, [LOG])
    for witness in witnesses:
        note = with_line(note, cosign_note(CHECKPOINT.body(), witness, at_s))
    return note


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


def test_the_quorum_decides_how_many_witnesses_must_have_seen_a_checkpoint() -> None:
    text = f"log {LOG.vkey}\nwitness one {WITNESS.vkey} https://w/\n witness two {SECOND.vkey}\n\n# note\n"
    any_of = parse_trust((text + "group any-of any one two\nquorum any-of\n").encode())
    all_of = parse_trust((text + "group all-of all one two\nquorum all-of\n").encode())
    two_of = parse_trust((text + "group two-of 2 one two\nquorum two-of\n").encode())
    none = parse_trust((text + "quorum none\n").encode())
    assert none.open_checkpoint(cosigned()).checkpoint == CHECKPOINT
    assert code_of(any_of.open_checkpoint, cosigned()) == "E_QUORUM"
    assert any_of.open_checkpoint(cosigned(SECOND)).checkpoint == CHECKPOINT
    for policy in (all_of, two_of):
        assert code_of(policy.open_checkpoint, cosigned(SECOND)) == "E_QUORUM"
        assert policy.open_checkpoint(cosigned(WITNESS, SECOND)).checkpoint == CHECKPOINT
    signed = any_of.open_checkpoint(cosigned(WITNESS, at_s=1_790_000_005))
    assert any_of.witness_time_s(signed) == 1_790_000_005
    assert none.witness_time_s(none.open_checkpoint(cosigned())) is None


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "quorum one",
        "quorum none\nquorum none",
        "log nonsense\nquorum none",
        f"log {LOG.vkey}\nlog {LOG.vkey}\nquorum none",
        f"log {WITNESS.vkey}\nquorum none",
        f"witness one {LOG.vkey}\nquorum none",
        f"witness none {WITNESS.vkey}\nquorum none",
        f"witness one {WITNESS.vkey}\nwitness one {SECOND.vkey}\nquorum none",
        f"witness one {WITNESS.vkey}\nwitness two {WITNESS.vkey}\nquorum none",
        "group g any\nquorum none",
        f"group g any one\nwitness one {WITNESS.vkey}\nquorum none",
        f"witness one {WITNESS.vkey}\ngroup g 2 one\nquorum g",
        f"witness one {WITNESS.vkey}\ngroup g 0 one\nquorum g",
        f"witness one {WITNESS.vkey}\ngroup g any one\ngroup h any one\nquorum g",
        "something else\nquorum none",
        "quorum none\x00",
    ],
)
def test_trust_files_that_are_wrong_are_refused(lines: str) -> None:
    assert code_of(parse_trust, lines.encode()) in ("E_TRUST", "E_VKEY")


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


def test_a_signature_of_another_length_is_a_failure() -> None:
    line = NoteSignature(name=LOG.name, key_id=LOG.key_id, signature=bytes(63))
    assert code_of(open_note, format_note(b"text\n", [line]), [parse_vkey(LOG.vkey)]) == "E_NOTE_SIG"


def test_notes_have_bounds_and_one_shape() -> None:
    line = sign_note(b"text\n", [LOG]).split(b"\n\n", 1)[1]
    assert code_of(parse_note, "text") == "E_NOTE_FORMAT"
    assert code_of(parse_note, b"x" * (MAX_NOTE_BYTES + 1)) == "E_NOTE_FORMAT"
    assert code_of(parse_note, b"text\n\n" + line * 101) == "E_NOTE_FORMAT"
    assert code_of(parse_note, b"text\n\nno signature\n") == "E_NOTE_FORMAT"
    assert code_of(parse_note, "text\n\n\u2014 name AAAA\n".encode()) == "E_NOTE_FORMAT"
    [signature] = parse_signature_lines(line)
    assert parse_note(b"text\n\n" + line).signatures == (signature,)
    assert code_of(format_note, b"text\n\n" + line[:-1], [signature]) == "E_NOTE_FORMAT"
    assert code_of(format_note, b"text", parse_note(b"text\n\n" + line).signatures) == "E_NOTE_FORMAT"


def test_a_checkpoint_that_cannot_be_read_back_is_not_signed() -> None:
    assert code_of(sign_checkpoint, replace(CHECKPOINT, origin="two\nlines"), [LOG]) == "E_CHECKPOINT"
    assert code_of(sign_checkpoint, replace(CHECKPOINT, extensions=("two\nlines",)), [LOG]) == "E_CHECKPOINT"


def test_trust_in_one_log_asks_for_no_witness() -> None:
    trust = trust_log(LOG.vkey)
    assert trust.open_checkpoint(sign_checkpoint(CHECKPOINT, [LOG])).checkpoint == CHECKPOINT


def test_a_cosignature_of_the_future_is_refused() -> None:
    trust = replace(parse_trust(f"log {LOG.vkey}\nwitness w {WITNESS.vkey}\nquorum w\n".encode()), now_s=1_000_000)
    note = sign_checkpoint(CHECKPOINT, [LOG])
    early = with_line(note, cosign_note(parse_note(note).text, WITNESS, 1_000_000))
    late = with_line(note, cosign_note(parse_note(note).text, WITNESS, 2_000_000))
    assert trust.open_checkpoint(early).checkpoint == CHECKPOINT
    assert code_of(trust.open_checkpoint, late) == "E_FUTURE"


def test_a_trust_file_of_too_many_lines_is_refused() -> None:
    assert code_of(parse_trust, b"\n" * (MAX_LINES + 1)) == "E_TRUST"


def test_a_checkpoint_without_the_logs_own_key_passes_the_key_check_alone() -> None:
    note = sign_checkpoint(CHECKPOINT, [LOG])
    signed = open_checkpoint(note, [parse_vkey(LOG.vkey)])
    trust_log(OTHER.vkey).check_key(replace(signed, opened=replace(signed.opened, verified=())))
