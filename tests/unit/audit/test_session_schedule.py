"""The schedule's two halves: committed to at the start, revealed at the end, and what the session ran on."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from support import evidence_bundle as sample_of
from support.evidence_bundle import NONCE, SECRET
from zaichang.audit.bundle import Seen, write_bundle
from zaichang.audit.check import Check, Status
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes
from zaichang.session.schedule import client_commitment
from zaichang.tlog.beacon import BeaconSigner
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.merkle import consistency_proof, root_hash
from zaichang.tlog.note import format_note, parse_note
from zaichang.tlog.trust import parse_trust

TRUST = parse_trust(f"log {sample_of.SIGNER.vkey}\nquorum none\n".encode())
BOTH = {"s": SECRET.hex(), "r": NONCE, "level": 1}
OTHER = "07" * 16


def about_schedule(**parts: Any) -> list[Check]:
    checks = verify_bundle(sample_of.sample(**parts).data, TRUST)
    return [check for check in checks if check.check == "schedule"]


def wrong(**parts: Any) -> set[tuple[str | None, str | None]]:
    found = about_schedule(**parts)
    assert all(check.status is Status.FAIL for check in found)
    return {(check.code, check.field) for check in found}


def test_both_halves_as_committed_to_are_level_1() -> None:
    (check,) = about_schedule()
    assert (check.status, check.message) == (Status.PASS, "Level 1.")


def test_without_a_client_s_commitment_it_is_level_0() -> None:
    (check,) = about_schedule(committed="", sched={"s": SECRET.hex(), "level": 0})
    assert (check.status, check.message) == (Status.PASS, "Level 0.")


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        ({"sched": {**BOTH, "s": "06" * 32}}, {"sched"}),
        ({"sched": {**BOTH, "r": OTHER}}, {"client_nonce_c"}),
        ({"committed": OTHER}, {"client_nonce_c"}),
        ({"committed": ""}, {"client_nonce_c", "level"}),
        ({"sched": {"s": SECRET.hex(), "level": 0}}, {"client_nonce_c"}),
        ({"sched": {"s": SECRET.hex(), "level": 1}}, {"client_nonce_c", "level"}),
        ({"sched": {**BOTH, "level": 0}}, {"level"}),
        ({"sched": {**BOTH, "level": 2}}, {"level"}),
        ({"sched": {**BOTH, "level": 1, "b": "08" * 32}}, {"level"}),
        ({"sched": {}}, {"sched"}),
    ],
)
def test_what_was_not_committed_to_is_a_finding(parts: dict[str, Any], fields: set[str]) -> None:
    assert wrong(**parts) == {("E_SCHED", field) for field in fields}


def test_a_nonce_that_never_came_is_no_finding_where_nothing_counted() -> None:
    nothing = {"segments": ((12, "FFU"),), "sched": {"s": SECRET.hex(), "level": 0}}
    (check,) = about_schedule(**nothing)
    assert (check.status, check.message) == (Status.PASS, "Level 0.")


@pytest.mark.parametrize(
    ("changed", "field"), [({}, None), ({"seed": "06" * 32}, "seed"), ({"client_nonce_c": "06" * 32}, "client_nonce_c")]
)
def test_the_session_must_have_run_on_what_its_leaves_say(changed: dict[str, str], field: str | None) -> None:
    start = {"e": "SessionStarted", "seed": SECRET.hex(), "client_nonce_c": client_commitment(NONCE), **changed}
    (check,) = about_schedule(opened={0: canonical_bytes(start)})
    assert (check.code, check.field, check.event) == (("E_SCHED", field, 0) if field else (None, None, None))


# Level 2


BEACONS = BeaconSigner("witness.example.org", generate_private_key(65537, 2048))
STRANGER = BeaconSigner("witness.example.org", generate_private_key(65537, 2048))
HASHES = sample_of.sample().hashes
START = sample_of.sample().bundle.leaves[0].index


def at_size(size: int, signer: BeaconSigner = BEACONS) -> tuple[bytes, str]:
    """Return the log's checkpoint of that size with a beacon, and the beacon."""
    checkpoint = Checkpoint(origin=sample_of.ORIGIN, size=size, root=root_hash(HASHES[:size]))
    parsed = parse_note(sign_checkpoint(checkpoint, [sample_of.SIGNER]))
    line = signer.sign(checkpoint)
    return format_note(parsed.text, (*parsed.signatures, line)), hashlib.sha256(line.signature).hexdigest()


def with_beacon(
    size: int = START + 1, signer: BeaconSigner = BEACONS, claimed: str = "", shown: bool = True, told: bool = True
) -> Check:
    note, value = at_size(size, signer)
    value = claimed or value
    event = canonical_bytes({"e": "BeaconArrived", "beacon": value, "note": note.decode()})
    made = sample_of.sample(sched={**BOTH, "b": value, "level": 2}, opened={3: event} if told else {})
    seen = (Seen(note=note, proof=tuple(consistency_proof(made.hashes, size))),) if shown else ()
    trust = replace(TRUST, beacons=(BEACONS.public,))
    checks = verify_bundle(write_bundle(replace(made.bundle, seen=seen)), trust)
    (check,) = [check for check in checks if check.check == "schedule"]
    return check


def test_a_witness_s_beacon_over_a_checkpoint_that_holds_the_start_is_level_2() -> None:
    check = with_beacon()
    assert (check.status, check.message) == (Status.PASS, "Level 2.")


@pytest.mark.parametrize(
    ("parts", "status", "message"),
    [
        ({"claimed": "08" * 32}, Status.FAIL, "The beacon is not the one"),
        ({"size": START}, Status.FAIL, "does not hold the start"),
        ({"signer": STRANGER}, Status.UNDECIDED, "No beacon key of the trust file"),
        ({"shown": False}, Status.UNDECIDED, "not shown to be of this log"),
        ({"told": False}, Status.UNDECIDED, "is not opened"),
    ],
)
def test_a_beacon_that_is_none_or_cannot_be_checked(parts: dict[str, Any], status: Status, message: str) -> None:
    check = with_beacon(**parts)
    assert (check.status, check.code, check.field) == (status, "E_SCHED", "b")
    assert message in (check.message or "")


def test_without_a_beacon_key_nothing_is_decided() -> None:
    note, value = at_size(START + 1)
    event = canonical_bytes({"e": "BeaconArrived", "beacon": value, "note": note.decode()})
    (check,) = about_schedule(sched={**BOTH, "b": value, "level": 2}, opened={3: event})
    assert check.status is Status.UNDECIDED and "names no beacon key" in (check.message or "")
