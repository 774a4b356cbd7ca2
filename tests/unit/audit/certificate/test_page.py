"""A PDF is accepted only as it was issued: each alteration of its page, structure or data is found."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from support.certificates import CERTIFICATE, PROOF, drawing, drawn, ended, issued, newer, proved
from support.evidence_bundle import SIGNER
from zaichang.audit.certificate.page import MAX_PDF_BYTES, Drawing, attached, compare_page
from zaichang.audit.certificate.proof import write_proof
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.source import verify_path
from zaichang.core.errors import EvidenceError, PeerViolation
from zaichang.ledger.rules import Measure
from zaichang.tlog.trust import trust_log

TRUST = trust_log(SIGNER.vkey)
TAIL = b"\n%%EOF"


def checked(tmp_path: Path, data: bytes, by: Drawing | None, newest: Path | None = None) -> list[Check]:
    path = tmp_path / "certificate.pdf"
    path.write_bytes(data)
    return verify_path(path, TRUST, drawing=by, newer=newest)


def code_of(checks: list[Check], name: str) -> tuple[Status, str | None]:
    return next((check.status, check.code) for check in checks if check.check == name)


def test_a_pdf_passes_as_it_was_issued_and_says_that_its_page_was_compared(tmp_path: Path) -> None:
    checks = checked(tmp_path, drawn(), drawing())
    assert exit_code(checks) == 0
    said = {check.check: check.message for check in checks}
    assert "欧阳㛃" in said["certificate"] and "byte for byte" in said["page"] and "--log" in said["later not checked"]


def test_a_newer_log_says_that_it_was_revoked(tmp_path: Path) -> None:
    for name, data in newer(ended()).items():
        (tmp_path / "log" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "log" / name).write_bytes(data)
    checks = checked(tmp_path, drawn(), drawing(), newest=tmp_path / "log")
    assert code_of(checks, "later") == (Status.FAIL, "E_CERTIFICATE") and code_of(checks, "page")[0] is Status.PASS


def swapped(data: bytes, pattern: bytes, change: Callable[[bytes], bytes], which: int = 0) -> bytes:
    """Return the bytes with one match of a pattern changed."""
    found = list(re.finditer(pattern, data, re.DOTALL))[which]
    changed = change(found.group())
    assert changed != found.group()
    return data[: found.start()] + changed + data[found.end() :]


def flip_digit(part: bytes) -> bytes:
    return part.replace(b".", b"9", 1)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]


def with_objects(data: bytes, more: bytes) -> bytes:
    """Return a PDF with an incremental update, as an editor appends it."""
    start = re.findall(rb"startxref\n(\d+)", data)[-1]
    return data + b"\n" + more + b"\nxref\n0 0\ntrailer\n<< /Prev " + start + b" >>\nstartxref\n1" + TAIL


BT = rb"BT .*? ET"
OTHER = replace(CERTIFICATE, sums=((Measure.TOTAL, Fraction(999)),), number="ff" * 8)
ALTERED: dict[str, Callable[[bytes], bytes]] = {
    "a line of the page is drawn elsewhere": lambda pdf: swapped(pdf, BT, lambda part: part.replace(b".", b"1", 1), 3),
    "a digit of the page is another": lambda pdf: swapped(pdf, BT, lambda part: part[:-8] + b"0" + part[-7:], 5),
    "two lines of the page are exchanged": lambda pdf: swapped(pdf, BT + b"\n" + BT, lambda part: part[::-1]),
    "a line of the page is missing": lambda pdf: swapped(pdf, BT, lambda part: b" " * len(part), 4),
    "a white square covers the hours": lambda pdf: swapped(
        pdf, rb"\nendstream", lambda part: b"\n1 g 0 0 99 99 re f" + part
    ),
    "a square of the QR code is elsewhere": lambda pdf: swapped(
        pdf, rb"\d+\.\d+ \d+\.\d+ \d\.\d+ -?\d\.\d+ re f", flip_digit, 40
    ),
    "a font draws another digit": lambda pdf: flipped(pdf, pdf.index(b"/Length1") + 700),
    "the characters of a font are named otherwise": lambda pdf: swapped(
        pdf, rb"/Length \d+\n>>\nstream", lambda part: part.replace(b"Length", b"length"), -1
    ),
    "another title": lambda pdf: pdf.replace(b"/Title", b"/Titel", 1),
    "another author": lambda pdf: pdf.replace(b"/Author", b"/Autor ", 1),
    "a script that runs on opening": lambda pdf: pdf.replace(b"/Type /Catalog", b"/Type /Catalog /OpenAction 1 0 R", 1),
    "an annotation over the page": lambda pdf: with_objects(
        pdf, b"99 0 obj\n<< /Type /Annot /Subtype /FreeText >>\nendobj"
    ),
    "a second page": lambda pdf: pdf.replace(b"/Count 1", b"/Count 2", 1),
    "bytes behind the end": lambda pdf: pdf + b"\n% more",
    "bytes missing at the end": lambda pdf: pdf[:-3],
    "the data of another certificate": lambda pdf: pdf.replace(
        write_proof(PROOF), write_proof(proved(issued(OTHER), OTHER))
    ),
    "more hours in the data": lambda pdf: pdf.replace(b'"total":"185/2"', b'"total":"999/2"'),
    "another name in the data": lambda pdf: pdf.replace("欧阳㛃".encode(), "欧阳修".encode()),
    "another name in data and page": lambda pdf: drawn(replace(PROOF, name="李四")),
    "the name taken away": lambda pdf: pdf.replace(
        write_proof(PROOF), write_proof(replace(PROOF, name="", name_salt=b""))
    ),
    "data without a certificate": lambda pdf: pdf.replace(b'{"checkpoint":', b'{"chequepoint":'),
    "the data packed": lambda pdf: pdf.replace(write_proof(PROOF), zlib.compress(write_proof(PROOF))),
    "the data twice": lambda pdf: pdf + b"\nstream\n" + write_proof(PROOF) + b"\nendstream",
    "a page of another version's libraries": lambda pdf: pdf.replace(b"/Producer (fpdf2 2", b"/Producer (fpdf2 9"),
    "a library's name with a line end": lambda pdf: pdf.replace(b"/Producer (fpdf2 2", b"/Producer (fpdf2\\0332"),
    "a bomb of packed bytes": lambda pdf: pdf + b"\nstream\n" + zlib.compress(bytes(50_000_000), 9) + b"\nendstream",
    "a flood of objects": lambda pdf: pdf + b"".join(b"%d 0 obj null endobj\n" % n for n in range(30_000)),
    "a file that is too long": lambda pdf: pdf + b" " * MAX_PDF_BYTES,
}


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_pdf_is_never_accepted(name: str, tmp_path: Path) -> None:
    data = ALTERED[name](drawn())
    assert data != drawn(), "the alteration changed nothing"
    checks = checked(tmp_path, data, drawing())
    assert exit_code(checks) != 0
    assert "page" not in {check.check for check in checks if check.status is Status.PASS}


def test_the_finding_names_the_part_that_was_changed(tmp_path: Path) -> None:
    for name, part in (
        ("a line of the page is missing", "the printed page"),
        ("bytes behind the end", "behind the end"),
        ("another title", "the file's structure"),
        ("a font draws another digit", "a font"),
    ):
        page = next(check for check in checked(tmp_path, ALTERED[name](drawn()), drawing()) if check.check == "page")
        assert (page.status, page.code) == (Status.FAIL, "E_PAGE") and part in page.message, (name, page.message)


def test_a_page_that_cannot_be_drawn_here_is_undecided_and_the_data_still_said(tmp_path: Path) -> None:
    def refuse(_: object) -> bytes:
        raise PeerViolation("certificate.character", "The font has no character U+1F600.")

    other = ALTERED["a page of another version's libraries"](drawn())
    for data, by in ((drawn(), None), (drawn(), Drawing(draw=refuse, versions="")), (other, drawing())):
        checks = checked(tmp_path, data, by)
        assert code_of(checks, "page") == (Status.UNDECIDED, "E_PAGE") and exit_code(checks) == 2
        assert "92.5 学时" in next(check.message for check in checks if check.check == "certificate")


def test_a_library_s_name_is_not_shown_where_it_cannot_be() -> None:
    hostile = drawn().replace(b"/Producer (fpdf2 2", b"/Producer (\x1b[2J  2")
    [page] = compare_page(hostile, PROOF, drawing())
    assert "\x1b" not in page.message and "unknown libraries" in page.message


def test_the_attachment_is_found_once_or_not_at_all() -> None:
    assert attached(drawn()) == write_proof(PROOF)
    for data in (b"%PDF-1.7\n", drawn() + drawn(), b"%PDF-" + bytes(MAX_PDF_BYTES)):
        with pytest.raises(EvidenceError, match="E_FORMAT"):
            attached(data)
