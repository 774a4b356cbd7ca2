"""Files that are no bundle, or a damaged one."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import Produced, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.reading import bundle_reader
from zaichang.audit.reading.bundle_reader import MAX_BAD_LINES, BundleFile, read_bundle
from zaichang.audit.verify import verify_bundle
from zaichang.core.errors import EvidenceError
from zaichang.tlog.trust import trust_log

TRUST = trust_log(sample_of.SIGNER.vkey)


SAMPLE = sample_of.sample()


def findings(data: bytes) -> list[Check]:
    checks = verify_bundle(data, TRUST)
    assert exit_code(checks) == 1
    return [check for check in checks if check.status is Status.FAIL]


@pytest.mark.parametrize("keep", [0, 1, 50, 700, -1, -30])
def test_a_cut_off_bundle_is_noticed(keep: int) -> None:
    assert exit_code(verify_bundle(SAMPLE.data[:keep], TRUST)) != 0


@pytest.mark.parametrize("data", [b"", b"\x00" * 1000, b"{}", b"[1]\n", b"{" * 100_000, b"\xff\xfe"])
def test_what_is_no_bundle_is_said_without_a_traceback(data: bytes) -> None:
    checks = verify_bundle(data, TRUST)
    assert exit_code(checks) == 2
    assert checks[0].code == "E_FORMAT"


@pytest.mark.parametrize(
    "line", [b'{"k":"leaf","k":"leaf"}', b'{"k":"x"}', b'{"k":"leaf","index":NaN}', b'{"k":"end"}']
)
def test_a_bad_line_is_named_and_the_rest_is_checked(line: bytes) -> None:
    lines = SAMPLE.data.split(b"\n")
    found = findings(b"\n".join([*lines[:5], line, *lines[5:]]))
    assert "line 6" in {check.field for check in found}


@pytest.mark.parametrize("name", ["sid", "field", "kind", "origin"])
def test_names_have_their_pattern_at_the_door(name: str) -> None:
    sample = sample_of.sample().bundle
    bad = "x\x9b2J\u202e"
    if name == "origin":
        with pytest.raises(EvidenceError):
            read_bundle(write_bundle(replace(sample, origin=bad)))
        return
    _, lines = read_bundle(write_bundle(replace(sample, fields=(replace(sample.fields[0], **{name: bad}),))))
    assert [line.error.code for line in lines] == ["E_FORMAT"]
    assert bad not in lines[0].error.message


def test_a_million_bad_lines_are_not_kept() -> None:
    head = SAMPLE.data.split(b"\n")[0]
    _, bad = read_bundle(head + b"\n" + b'{"k":"leaf"}\n' * (MAX_BAD_LINES + 5_000))
    assert len(bad) == MAX_BAD_LINES + 1
    assert "the rest was not read" in bad[-1].error.message


def test_a_file_gives_each_session_the_parts_that_are_its_own(tmp_path: Path) -> None:
    one = SAMPLE.bundle
    other = replace(one.openings[0], sid="other")
    both = replace(one, openings=(other, *one.openings), produced=(Produced(sid="third", at_ms=5),))
    path = tmp_path / "some.bundle"
    path.write_bytes(write_bundle(both))
    with path.open("rb") as stream:
        file = BundleFile(stream)
        assert file.bad == () and file.whole == replace(both, openings=(), commitments=(), fields=(), produced=())
        assert set(file.sessions()) == {sample_of.SID, "other", "third"}
        own = file.part(sample_of.SID)
        assert (own.openings, own.commitments, own.fields) == (one.openings, one.commitments, one.fields)
        assert (own.checkpoint, own.leaves, own.produced) == (one.checkpoint, (), ())
        assert file.part("other").openings == (other,)
        assert file.part("third").produced == both.produced
        assert file.part("none").openings == ()


def test_a_file_that_is_changed_while_it_is_read_is_no_pass() -> None:
    class Changing(io.BytesIO):
        def seek(self, place: int, whence: int = 0) -> int:
            if whence == 0 and place > 1_000:
                place -= 3
            return super().seek(place, whence)

    checks = verify_bundle(Changing(SAMPLE.data), TRUST)
    assert exit_code(checks) == 1
    assert ("format", sample_of.SID) in [(check.check, check.sid) for check in checks if check.status is Status.FAIL]


def test_a_line_that_is_too_long_is_one_bad_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_reader, "MAX_LINE_BYTES", 3_000)
    lines = SAMPLE.data.splitlines(keepends=True)
    data = b"".join([*lines[:2], b'{"k":"' + b"x" * 20_000 + b'"}\n', *lines[2:-1], lines[-1]])
    _, bad = read_bundle(data)
    assert [each.number for each in bad] == [3, len(lines) + 1]
    assert len(read_bundle(data[:-1])[1]) == 2, "a last line without its newline is a cut"
