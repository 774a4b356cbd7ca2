"""Trust files: quorums, and lines that are refused."""

from dataclasses import replace

import pytest

from zaichang.core.errors import EvidenceError, UndecidedEvidence
from zaichang.tlog.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Cosigner, Ed25519Signer, parse_vkey
from zaichang.tlog.merkle import leaf_hash
from zaichang.tlog.note import (
    NoteSignature,
    cosign_note,
    format_note,
    parse_note,
)
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


def cosigned(*witnesses: Ed25519Cosigner, at_s: int = 1_790_000_000) -> bytes:
    note = sign_checkpoint(CHECKPOINT, [LOG])
    for witness in witnesses:
        note = with_line(note, cosign_note(CHECKPOINT.body(), witness, at_s))
    return note


def test_the_quorum_decides_how_many_witnesses_must_have_seen_a_checkpoint() -> None:
    text = f"log {LOG.vkey}\nwitness one {WITNESS.vkey} https://w/\n witness two {SECOND.vkey}\n\n# note\n"
    any_of = parse_trust((text + "group any-of any one two\nquorum any-of\n").encode())
    all_of = parse_trust((text + "group all-of all one two\nquorum all-of\n").encode())
    two_of = parse_trust((text + "group two-of 2 one two\nquorum two-of\n").encode())
    none = parse_trust((text + "quorum none\n").encode())
    assert none.open_checkpoint(cosigned()).checkpoint == CHECKPOINT
    assert code_of(any_of.open_checkpoint, cosigned()) == "E_QUORUM"
    with pytest.raises(UndecidedEvidence) as missing:
        any_of.open_checkpoint(cosigned())
    assert missing.value.exit_code == 2, "a command says that it cannot decide; a finding would be 1"
    assert any_of.open_checkpoint(cosigned(SECOND)).checkpoint == CHECKPOINT
    for policy in (all_of, two_of):
        assert code_of(policy.open_checkpoint, cosigned(SECOND)) == "E_QUORUM"
        assert policy.open_checkpoint(cosigned(WITNESS, SECOND)).checkpoint == CHECKPOINT
    signed = any_of.open_checkpoint(cosigned(WITNESS, at_s=1_790_000_005))
    assert any_of.witness_time_s(signed) == 1_790_000_005
    assert none.witness_time_s(none.open_checkpoint(cosigned())) is None


def test_the_witness_time_is_that_of_the_quorum() -> None:
    """In an ``all`` group the last witness counts, in ``k`` of n the k-th: one false early time changes nothing."""
    third = Ed25519Cosigner("third.example.org", b"\x35" * 32)
    text = f"log {LOG.vkey}\nwitness one {WITNESS.vkey}\nwitness two {SECOND.vkey}\nwitness three {third.vkey}\n"

    def time_s(groups: str, *seen: tuple[Ed25519Cosigner, int]) -> int | None:
        note = sign_checkpoint(CHECKPOINT, [LOG])
        for witness, at_s in seen:
            note = with_line(note, cosign_note(CHECKPOINT.body(), witness, at_s))
        trust = parse_trust((text + groups).encode())
        return trust.witness_time_s(open_checkpoint(note, trust.verifiers()))

    false, honest, later = (WITNESS, 100), (SECOND, 900), (third, 950)
    assert time_s("group g all one two\nquorum g\n", false, honest) == 900
    assert time_s("group g all one two\nquorum g\n", false) is None
    assert time_s("group g any one two\nquorum g\n", false, honest) == 100
    assert time_s("group g 2 one two three\nquorum g\n", false, honest, later) == 900
    assert time_s("group h any two three\ngroup g all one h\nquorum g\n", false, honest, later) == 900
    assert time_s("quorum none\n", false, honest) == 900


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


def test_a_trust_file_ends_on_its_last_day() -> None:
    trust = parse_trust(f"log {LOG.vkey}\nquorum none\nexpires 2026-12-31\n".encode())
    note, end_s = sign_checkpoint(CHECKPOINT, [LOG]), 1_798_732_800
    assert trust.expires_s == end_s
    assert trust.open_checkpoint(note).checkpoint == CHECKPOINT
    assert replace(trust, now_s=end_s - 1).open_checkpoint(note).checkpoint == CHECKPOINT
    assert code_of(replace(trust, now_s=end_s).open_checkpoint, note) == "E_EXPIRED"
    for lines in ("expires soon", "expires 20261231", "expires 2026-12-31\nexpires 2026-12-31"):
        assert code_of(parse_trust, f"log {LOG.vkey}\nquorum none\n{lines}\n".encode()) == "E_TRUST"
