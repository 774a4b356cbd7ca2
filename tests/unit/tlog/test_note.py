"""Signed notes: which signatures open them, and which texts are refused."""

import pytest

from zaichang.core.errors import EvidenceError
from zaichang.tlog.keys import Ed25519Signer, parse_vkey
from zaichang.tlog.note import (
    MAX_NOTE_BYTES,
    NoteSignature,
    format_note,
    open_note,
    parse_note,
    parse_signature_lines,
    sign_note,
)

LOG = Ed25519Signer("hours.example.org/log/2026", b"\x01" * 32)


OTHER = Ed25519Signer("hours.example.net/log/2026", b"\x02" * 32)


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
