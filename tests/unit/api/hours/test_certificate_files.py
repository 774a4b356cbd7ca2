"""The files of certificates: a PDF to keep, and a refusal where nothing can draw one."""

from __future__ import annotations

import pytest

from support.certificates import PROOF
from zaichang.api.hours.certificate_files import NotReady, pdf_answer
from zaichang.audit.certificate.page import Drawing


async def test_a_pdf_is_named_after_its_number() -> None:
    answer = await pdf_answer(Drawing(draw=lambda proof: b"%PDF", versions=""), PROOF)
    assert answer.body == b"%PDF" and answer.media_type == "application/pdf"
    assert answer.headers["content-disposition"] == f'attachment; filename="{PROOF.certificate.number}.pdf"'


async def test_without_the_font_none_is_given() -> None:
    with pytest.raises(NotReady, match=r"certificate\.no_font"):
        await pdf_answer(None, PROOF)
