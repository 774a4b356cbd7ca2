"""Signed trust: two roots sign it, it does not go back, it ends, and it names the roots that follow."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from zaichang.core.errors import EvidenceError
from zaichang.tlog.keys import Ed25519Cosigner, Ed25519Signer
from zaichang.tlog.note import sign_note
from zaichang.tlog.trust_bundle import Roots, TrustBundle, open_trust_bundle, parse_roots, parse_text

ONE, TWO, THREE = (Ed25519Signer(f"root-{n}.regulator.example", bytes([n]) * 32) for n in (1, 2, 3))
LOG = Ed25519Signer("hours.example.org/inst-1/2026", b"\x09" * 32)
DAY = "2026-11-30"
ROOTS = parse_roots("\n".join(["# pinned", "threshold 2", *(f"root {k.vkey}" for k in (ONE, TWO, THREE))]).encode())


def text_of(serial: int = 7, roots: Roots = ROOTS, lines: str = f"log {LOG.vkey}\nquorum none") -> bytes:
    head = ["zaichang-trust@v1", "name regulator.example", f"serial {serial}", "issued 2026-11-01"]
    head.append("expires 2026-12-31")
    return ("\n".join([*head, *roots.lines(), "", lines]) + "\n").encode()


def code_of(call: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(EvidenceError) as caught:
        call(*arguments)
    return caught.value.code


def test_two_of_three_roots_sign_a_trust_file() -> None:
    bundle = open_trust_bundle(sign_note(text_of(), [ONE, THREE]), ROOTS, DAY, 7)
    assert (bundle.name, bundle.serial, bundle.expires) == ("regulator.example", 7, "2026-12-31")
    assert [key.vkey for key in bundle.trust.logs] == [LOG.vkey]
    assert bundle.trust_file().decode().splitlines()[-1] == "expires 2026-12-31"
    assert bundle.text() == text_of()


def test_one_root_or_a_stranger_is_not_enough() -> None:
    stranger = Ed25519Signer("root-1.regulator.example", b"\x77" * 32)
    assert code_of(open_trust_bundle, sign_note(text_of(), [ONE]), ROOTS, DAY) == "E_QUORUM"
    assert code_of(open_trust_bundle, sign_note(text_of(), [stranger]), ROOTS, DAY) == "E_NOTE_SIG"
    assert code_of(open_trust_bundle, sign_note(text_of(), [LOG]), ROOTS, DAY) == "E_NOTE_SIG", "a log's key names none"


def test_it_neither_goes_back_nor_lasts_for_ever() -> None:
    note = sign_note(text_of(), [ONE, TWO])
    assert code_of(open_trust_bundle, note, ROOTS, DAY, 8) == "E_TRUST"
    assert open_trust_bundle(note, ROOTS, "2026-12-31").serial == 7
    assert code_of(open_trust_bundle, note, ROOTS, "2027-01-01") == "E_EXPIRED"


def test_the_roots_before_sign_the_roots_that_follow() -> None:
    new = Ed25519Signer("root-4.regulator.example", b"\x04" * 32)
    following = parse_roots("\n".join(["threshold 2", f"root {TWO.vkey}", f"root {new.vkey}"]).encode())
    bundle = open_trust_bundle(sign_note(text_of(roots=following), [ONE, TWO]), ROOTS, DAY)
    assert bundle.roots == following
    assert code_of(open_trust_bundle, sign_note(text_of(roots=following), [new]), ROOTS, DAY) == "E_NOTE_SIG"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"zaichang-trust@v1", b"zaichang-trust@v2"),
        (b"name regulator.example", b"title regulator.example"),
        (b"name regulator.example", b"name two words"),
        (b"serial 7", b"serial 07"),
        (b"issued 2026-11-01", b"issued 20261101"),
        (b"issued 2026-11-01", b"issued soon"),
        (b"expires 2026-12-31", b"expires 2026-10-31"),
        (b"quorum none", b"quorum none\nexpires 2030-01-01"),
        (b"quorum none\n", b"quorum none\n\n"),
        (b"threshold 2", b"threshold 1"),
        (b"threshold 2", b"threshold 4"),
        (b"threshold 2", b"threshold two"),
        (b"threshold 2", b"limit 2"),
        (b"root root-2", b"key root-2"),
        (b"\n\nlog", b"\nlog"),
        (b"regulator.example", b"\xff"),
        (ONE.vkey.encode(), TWO.vkey.encode()),
        (ONE.vkey.encode(), Ed25519Cosigner("root-1.regulator.example", b"\x01" * 32).vkey.encode()),
    ],
)
def test_a_text_that_is_not_as_it_must_be_is_refused(old: bytes, new: bytes) -> None:
    changed = text_of().replace(old, new, 1)
    assert changed != text_of()
    assert code_of(parse_text, changed) == "E_TRUST"


def test_root_files_that_are_wrong_are_refused() -> None:
    for data in (b"", b"\xff", b"threshold 2\n", f"threshold 2\nroot {ONE.vkey}\n".encode()):
        assert code_of(parse_roots, data) == "E_TRUST"


def test_a_bundle_is_a_value() -> None:
    bundle = parse_text(text_of())
    assert isinstance(bundle, TrustBundle)
    assert bundle == parse_text(bundle.text())
