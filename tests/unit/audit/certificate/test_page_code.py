"""The QR code is read from the page's own drawing, and must be the certificate's."""

from __future__ import annotations

import re
from dataclasses import replace

from support.certificates import PROOF, drawn
from zaichang.audit.certificate.page_code import code_picture, compare_code
from zaichang.audit.certificate.proof import read_proof
from zaichang.audit.check import Status
from zaichang.vision.qr_reader import read_qr

SQUARES = re.compile(rb"(?:\n[\d.]+ [\d.]+ 2\.\d\d -2\.\d\d re f)+")


def result(data: bytes) -> tuple[str, Status, str | None]:
    [check] = compare_code(data, PROOF, read_qr)
    return check.check, check.status, check.code


def test_the_page_s_code_is_read_as_a_picture_and_is_that_of_the_attached_data() -> None:
    from zaichang.audit.certificate.page import attached

    data = drawn()
    assert read_qr(code_picture(data)) == read_proof(attached(data)).qr_text == PROOF.qr_text
    assert result(data) == ("qr", Status.PASS, None)
    assert [check.check for check in compare_code(data, PROOF, None)] == ["qr not compared"]


def test_the_code_of_another_certificate_is_a_finding_and_none_leaves_it_undecided() -> None:
    data = drawn()
    other = SQUARES.findall(drawn(replace(PROOF, index=PROOF.index + 1)))
    [own] = SQUARES.findall(data)
    assert len(other) == 1 and other[0] != own
    assert result(data.replace(own, other[0])) == ("qr", Status.FAIL, "E_PAGE")
    assert result(data.replace(own, b"")) == ("qr", Status.UNDECIDED, "E_PAGE")
    assert result(data.replace(own, own[: len(own) // 2])) == ("qr", Status.UNDECIDED, "E_PAGE")


def test_hostile_squares_paint_no_large_picture() -> None:
    far = b"\n0.00 9999.00 0.01 -0.01 re f\n9999.00 0.00 0.01 -0.01 re f\n"
    assert code_picture(far) == b"" and code_picture(b"\n1.00 1.00 0.00 -0.00 re f\n") == b""
    assert code_picture(b"\n1.00 1.00 2.00 -2.00 re f\n") == b"", "one square is no code"
    assert len(code_picture(b"\n0.00 1.00 2.00 -2.00 re f\n352.00 1.00 2.00 -2.00 re f\n")) < 10_000
