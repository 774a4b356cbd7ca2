"""Leaves are checked against their schemas, here or in other processes, with the same result."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor

import pytest

from support.evidence_bundle import SIGNER
from support.leaf_samples import samples
from support.log_sessions import SmallLog
from support.small_logs import files_of
from zaichang.audit.check import Check
from zaichang.audit.log_scan import ScanOptions, scan_log
from zaichang.audit.reading import leaf_forms
from zaichang.audit.reading.leaf_forms import FormChecks, Forms, form_checks, forms_of
from zaichang.tlog.trust import trust_log


def test_wrong_leaves_and_named_checkpoints_are_told_by_their_places() -> None:
    found = forms_of([b"{}", *samples()])
    assert set(found.wrong) == {0} and found.wrong[0][0] == "E_SCHEMA"
    assert found.anchors and all(size >= 0 and len(root) == 64 for size, root in found.anchors.values())


class Dying(ProcessPoolExecutor):
    """A pool whose processes die: at once, or while they work."""

    def __init__(self, *, at_once: bool) -> None:
        self.at_once = at_once

    def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[Forms]:  # type: ignore[override]
        if self.at_once:
            raise BrokenExecutor
        future: Future[Forms] = Future()
        future.set_exception(BrokenExecutor())
        return future


@pytest.mark.parametrize("at_once", [True, False])
def test_a_process_that_dies_is_made_up_for(at_once: bool) -> None:
    checks = FormChecks(Dying(at_once=at_once))
    assert checks.ahead > 0
    assert checks.end(checks.begin([b"{}"]), [b"{}"]) == forms_of([b"{}"])


def test_a_small_log_starts_no_process() -> None:
    with form_checks(8, leaf_forms.PARALLEL_FROM - 1) as checks:
        assert (checks.ahead, checks.begin([b"{}"])) == (0, None)


def test_several_processes_find_the_same_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaf_forms, "PARALLEL_FROM", 0)
    log = SmallLog()
    for n in range(500):
        log.whole(f"s{n}")
    for place in (3, 700, 1_400):
        log.leaves[place] = log.leaves[place].replace(b'"v":3', b'"v":4')
    files = files_of(log.leaves)

    def scanned(jobs: int) -> Sequence[Check]:
        return scan_log(files.get, trust_log(SIGNER.vkey), ScanOptions(jobs=jobs))

    one = scanned(1)
    assert {check.index for check in one if check.check == "leaf" and check.code} == {3, 700, 1_400}
    assert scanned(2) == one
