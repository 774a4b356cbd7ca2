"""The SM3 tree beside a log: follows it, continues after a restart, and is checked with it."""

import pytest

from support.log_faults import ORIGIN, SIGNER, grow
from support.log_media import LogMedium
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.log_scan import scan_log
from zaichang.core.errors import EvidenceError
from zaichang.log.sm3_tree import StoredSm3Tree
from zaichang.ports.log.side_files import SideFile
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.sm import SUFFIX
from zaichang.tlog.trust import parse_trust


def tree_of(log: LogMedium) -> StoredSm3Tree:
    return StoredSm3Tree(log.place.published, log.place.side_files, log.place.keys.sm2_signer(ORIGIN + SUFFIX))


def scan(log: LogMedium) -> list[Check]:
    sm2 = log.place.keys.sm2_signer(ORIGIN + SUFFIX)
    trust = parse_trust(f"log {SIGNER.vkey}\nlog {sm2.vkey}\nquorum none\n".encode())
    return scan_log(log.place.published.get, trust)


def test_it_follows_the_log_and_is_checked_with_it(medium: LogMedium) -> None:
    grow(medium, 4)
    tree = tree_of(medium)
    assert not tree.update() and tree.size == 4
    grow(medium, 5)
    again = tree_of(medium)
    again.update()
    assert (again.size, tree.size) == (5, 4), "a restart goes on from the stored state"
    checks = scan(medium)
    assert exit_code(checks) == 0 and "second-tree" in {check.check for check in checks}


def test_a_wrong_checkpoint_of_it_is_found(medium: LogMedium) -> None:
    grow(medium, 5)
    tree_of(medium).update()
    signer = medium.place.keys.sm2_signer(ORIGIN + SUFFIX)
    good = medium.place.side_files.read(SideFile.SM3_CHECKPOINT) or b""
    wrong = Checkpoint(origin=signer.name, size=5, root=b"\x01" * 32)
    for note, code in (
        (sign_checkpoint(wrong, [signer]), "E_CONSISTENCY"),
        (sign_checkpoint(Checkpoint(origin=signer.name, size=6, root=b"\x01" * 32), [signer]), "E_CONSISTENCY"),
        (good.replace(b"\n5\n", b"\n4\n"), "E_NOTE_SIG"),
    ):
        medium.place.side_files.replace(SideFile.SM3_CHECKPOINT, note)
        assert {check.code for check in scan(medium) if check.status is not Status.PASS} == {code}
    medium.place.side_files.replace(SideFile.SM3_STATE, b"damaged")
    tree_of(medium).update()
    assert exit_code(scan(medium)) == 0, "made anew from the entries"


def test_it_does_not_follow_a_log_that_shrank(medium: LogMedium) -> None:
    grow(medium, 300)
    older = medium.place.published.get("checkpoint") or b""
    grow(medium, 400)
    tree = tree_of(medium)
    tree.update()
    medium.write("checkpoint", older)
    with pytest.raises(EvidenceError, match="E_CONSISTENCY"):
        tree.update()
