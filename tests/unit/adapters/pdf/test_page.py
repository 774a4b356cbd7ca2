"""The drawn page: the same proof gives the same bytes, with the proof attached and the fonts embedded."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from support.certificates import CERTIFICATE, PROOF, drawn, fonts
from zaichang.adapters.pdf.font import FontCuts, read_font
from zaichang.audit.certificate.document import MAX_ITEMS, Earned
from zaichang.audit.certificate.page import MAX_PDF_BYTES, attached
from zaichang.audit.certificate.proof import write_proof


def test_the_page_is_one_of_a4_with_embedded_fonts_and_the_proof() -> None:
    data = drawn()
    assert data.startswith(b"%PDF-") and data.count(b"/Type /Page\n") == 1
    assert b"[0 0 595.28 841.89]" in data and data.count(b"/FontFile2") == 2
    assert attached(data) == write_proof(PROOF)
    assert len(data) < 100_000


def test_the_same_proof_gives_the_same_bytes() -> None:
    from zaichang.adapters.pdf.page import draw

    assert draw(PROOF, FontCuts(read_font())) == drawn()


def test_the_squares_of_the_qr_code_are_those_of_its_text() -> None:
    import segno

    dark = sum(map(sum, segno.make(PROOF.qr_text, error="m", micro=False).matrix))
    page = drawn()
    black = page.index(b"\n0 g\n")
    assert len(re.findall(rb" re f\n", page[black : page.index(b"BT", black)])) == dark


def test_many_items_and_no_name_fit_too() -> None:
    from zaichang.adapters.pdf.page import draw

    earned = tuple(Earned(item=f"item{n}", unit="hour", counted=Fraction(1)) for n in range(MAX_ITEMS))
    other = replace(CERTIFICATE, earned=earned, name_c="", institution_zh="某" * 100)
    data = draw(replace(PROOF, certificate=other, name="", name_salt=b""), fonts())
    assert len(data) < MAX_PDF_BYTES
