"""Level 2 of a schedule: a witness's beacon."""

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
from zaichang.tlog.beacon import BeaconSigner
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.merkle import consistency_proof, root_hash
from zaichang.tlog.note import format_note, parse_note
from zaichang.tlog.trust import parse_trust

TRUST = parse_trust(f"log {sample_of.SIGNER.vkey}\nquorum none\n".encode())


BOTH = {"s": SECRET.hex(), "r": NONCE, "level": 1}


def about_schedule(**parts: Any) -> list[Check]:
    checks = verify_bundle(sample_of.sample(**parts).data, TRUST)
    return [check for check in checks if check.check == "schedule"]


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
