"""The report of a sample: each drawn session gets one result; the draw file is held against the seed and the log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from unit.audit.sample.test_produced import DICE, entries_of
from zaichang.audit.bundle import write_bundle
from zaichang.audit.check import Check, Status
from zaichang.audit.replay.replaying import Divergence, ReplayInput
from zaichang.audit.sample.drawing import Announcement, Frame, Sample, draw_sample
from zaichang.audit.sample.projects import Project
from zaichang.audit.sample.report import ItemResult, as_html, as_json, report
from zaichang.core.canonical import canonical_bytes
from zaichang.tlog.merkle import root_hash
from zaichang.tlog.trust import trust_log

SAMPLE = sample_of.sample()
TRUST = trust_log(sample_of.SIGNER.vkey)
FRAME = Frame(sessions={"pharmacy-2026": [SAMPLE.bundle.leaves[0].index]}, hashes=list(SAMPLE.hashes))
ANNOUNCEMENT = Announcement(
    origin=sample_of.ORIGIN,
    size=len(SAMPLE.hashes),
    root=root_hash(list(SAMPLE.hashes)),
    at_ms=sample_of.AT_MS,
    draw_ms=sample_of.AT_MS + 1,
)
DRAW = draw_sample(ANNOUNCEMENT, FRAME, DICE)
FILE = canonical_bytes(DRAW.as_value())
ENTRIES = [entries_of(SAMPLE)]


def reported(*bundles: bytes, file: bytes = FILE) -> tuple[Sample, list[ItemResult], list[Check]]:
    return report(file, FRAME, ENTRIES, bundles, TRUST, None)


def bad(checks: list[Check]) -> set[str | None]:
    return {check.code for check in checks if check.status is not Status.PASS}


def test_a_produced_session_passes() -> None:
    sample, [item], checks = reported(SAMPLE.data)
    assert sample == DRAW and bad(checks) == set()
    assert (item.result, item.sid, item.codes) == ("pass", sample_of.SID, ())


@pytest.mark.parametrize(
    ("bundles", "codes"),
    [
        ((), {"E_NOT_PRODUCED"}),
        ((b"no bundle",), {"E_NOT_PRODUCED", "E_FORMAT"}),
    ],
)
def test_a_session_that_no_readable_bundle_holds_was_not_produced(bundles: tuple[bytes, ...], codes: set[str]) -> None:
    _, [item], checks = reported(*bundles)
    assert (item.result, item.codes) == ("not produced", ("E_NOT_PRODUCED",))
    assert bad(checks) == codes


def test_a_session_without_openings_is_undecided_and_a_changed_one_fails() -> None:
    closed = replace(SAMPLE.bundle, commitments=(), openings=(), fields=())
    _, [item], _ = reported(write_bundle(closed))
    assert (item.result, item.codes) == ("undecided", ("E_EVENTS_ROOT",))
    _, [item], _ = reported(write_bundle(replace(SAMPLE.bundle, leaves=SAMPLE.bundle.leaves[:-1])))
    assert item.result == "fail" and "E_ORPHAN_START" in item.codes, "the regulator's copy holds the end"
    changed = SAMPLE.data.replace(rb"\"verified_ms\":120000", rb"\"verified_ms\":180000")
    assert changed != SAMPLE.data
    _, [item], _ = reported(changed)
    assert item.result == "fail" and "E_INCLUSION" in item.codes


def test_the_replay_counts() -> None:
    def differs(session: ReplayInput) -> Sequence[Divergence]:
        return [Divergence(minute=0, field="verdict", expected="F", got="V")]

    _, [item], _ = report(FILE, FRAME, ENTRIES, [SAMPLE.data], TRUST, differs)
    assert (item.result, item.codes) == ("fail", ("E_MINUTES",))


def test_a_draw_file_with_another_session_is_named() -> None:
    value = json.loads(FILE)
    value["sessions"][0]["index"] += 1
    _, [item], checks = reported(SAMPLE.data, file=canonical_bytes(value))
    assert bad(checks) == {"E_DRAW"}
    assert item.result == "pass", "the session that the seed gives is judged, not the one in the file"


def test_the_report_is_readable_by_machines_and_people() -> None:
    sample, results, checks = reported()
    machine = json.loads(as_json(sample, results, checks))
    assert machine["results"][0]["result"] == "not produced"
    assert [finding["code"] for finding in machine["findings"]] == ["E_NOT_PRODUCED"]
    hostile = replace(results[0], project="<script>")
    page = as_html(sample, [hostile])
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "未提交 / not produced: 1" in page


def test_projects_without_a_session_and_without_publication_are_shown() -> None:
    project = Project(
        course="empty", filing="2026/7", published="2026-01-05", from_day="2026-02-01", to_day="2026-11-30", index=0
    )
    frame = replace(FRAME, projects={f"empty-{n}": replace(project, course=f"empty-{n}") for n in range(40)})
    announcement = replace(ANNOUNCEMENT, published=True, project_rate_bp=1_000)
    drawn = draw_sample(announcement, frame, DICE)
    assert len(drawn.projects) == 5 and any(not each.sessions for each in drawn.projects)
    sample, results, checks = report(canonical_bytes(drawn.as_value()), frame, ENTRIES, (SAMPLE.data,), TRUST, None)
    assert "E_PROJECT" in bad(checks)
    page = as_html(sample, results)
    assert "2026/7, 2026-01-05, 2026-02-01 - 2026-11-30" in page and "无学习记录，查看项目材料" in page
    assert json.loads(as_json(sample, results, checks))["draw"]["unpublished"] == ["pharmacy-2026"]
    named = replace(frame, projects={**frame.projects, "pharmacy-2026": project})
    again = draw_sample(announcement, named, DICE)
    _, _, fine = report(canonical_bytes(again.as_value()), named, ENTRIES, (SAMPLE.data,), TRUST, None)
    assert "E_PROJECT" not in bad(fine)
