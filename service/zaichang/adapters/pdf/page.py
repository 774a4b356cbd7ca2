"""Draws a certificate as one A4 page, with its proof attached. The same proof gives the same bytes.

The attached ``certificate.json`` is not compressed, so it can be found without a PDF library. The bytes depend on the
versions of fpdf2 and fontTools, which the file names.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import segno
from fpdf import FPDF

from zaichang.adapters.pdf.font import BOLD, REGULAR, FontCuts, versions
from zaichang.adapters.pdf.lines import break_lines
from zaichang.audit.certificate.page import ATTACHMENT
from zaichang.audit.certificate.proof import CertificateProof, write_proof
from zaichang.audit.certificate.words import LABELS, AmountRow, Both, Words, printed, words_of

_FAMILY: Final = "noto"
_INK: Final = (33, 37, 41)
_QUIET: Final = (92, 99, 106)
_ACCENT: Final = (22, 78, 99)
_LINE: Final = (176, 190, 197)
_SHADE: Final = (240, 245, 247)
_LEFT_MM: Final = 26.0
_WIDTH_MM: Final = 158.0
_QR_MM: Final = 30.0
_SIGNED_MM: Final = 196.0
"""Where issuer and date stand."""
_BELOW_MM: Final = 218.0
"""Where the lower part begins: fields and QR code."""
_TABLE_MM: Final = 50.0
"""The most that a table takes: its rows become lower where there are many."""
_MM_PER_PT: Final = 25.4 / 72


def draw(proof: CertificateProof, font: FontCuts) -> bytes:
    """Return the PDF of a certificate.

    Args:
        proof: The certificate with its proof.
        font: Cuts the font (``adapters.pdf.font``).

    Raises:
        PeerViolation: ``certificate.character``.
    """
    words = words_of(proof)
    cut = font.cut([*printed(words), "\u3000 "])
    pdf = FPDF(format="A4", unit="mm")
    pdf.set_compression(False)
    pdf.set_auto_page_break(False)
    pdf.set_creation_date(datetime.fromtimestamp(proof.certificate.issued_ms // 1000, UTC))
    pdf.set_title(f"{words.title.zh} {words.number}")
    pdf.set_author(proof.certificate.institution_zh)
    pdf.set_creator("Zaichang")
    pdf.set_producer(versions())
    pdf.set_lang("zh-CN")
    with tempfile.TemporaryDirectory(prefix="zaichang-font-") as folder:
        for style, weight in (("", REGULAR), ("B", BOLD)):
            path = Path(folder) / f"{_FAMILY}{weight}.ttf"
            path.write_bytes(cut[weight])
            pdf.add_font(_FAMILY, style, path)
        pdf.add_page()
        page = _Page(pdf)
        page.frame()
        page.heading(words)
        page.tables(words, page.certify(words) + 3)
        page.sign(words)
        page.below(words, proof.qr_text)
        pdf.embed_file(
            bytes=write_proof(proof), basename=ATTACHMENT, desc=LABELS["attached"].en, mime_type="application/json"
        )
        return bytes(pdf.output())


class _Page:
    """Draws the parts of the page, from the top."""

    def __init__(self, pdf: FPDF) -> None:
        self._pdf = pdf

    def frame(self) -> None:
        pdf = self._pdf
        pdf.set_draw_color(*_ACCENT)
        pdf.set_line_width(0.9)
        pdf.rect(10, 10, 190, 277)
        pdf.set_line_width(0.25)
        pdf.rect(12.4, 12.4, 185.2, 272.2)

    def heading(self, words: Words) -> None:
        self._font(29, bold=True, colour=_ACCENT)
        self._pdf.set_char_spacing(6)
        # The space behind the last character is no part of the heading.
        self._middle(38, words.title.zh, shift_mm=6 * _MM_PER_PT / 2)
        self._pdf.set_char_spacing(0)
        self._font(11.5, colour=_QUIET)
        self._middle(48, words.title.en)
        self._font(10, colour=_INK)
        self._middle(57, f"{LABELS['number'].zh} {words.number}")
        self._pdf.set_draw_color(*_LINE)
        self._pdf.line(_LEFT_MM, 61.5, _LEFT_MM + _WIDTH_MM, 61.5)

    def certify(self, words: Words) -> float:
        """Draw the sentence that certifies; return where it ends."""
        self._font(13.5)
        top = self._paragraph(73, 9.2, f"\u3000\u3000{words.statement.zh}")
        self._font(9, colour=_QUIET)
        return self._paragraph(top + 2.5, 5, words.statement.en)

    def tables(self, words: Words, top: float) -> None:
        half = (_WIDTH_MM - 8) / 2
        low = self._table(_LEFT_MM, top, half, "sums", words.sums, needed=True)
        low = max(low, self._table(_LEFT_MM + half + 8, top, half, "earned", words.earned, needed=False))
        self._font(8.5, colour=_QUIET)
        for remark in words.remarks:
            low = self._paragraph(low + 5.5, 4.5, f"{remark.zh} {remark.en}")

    def sign(self, words: Words) -> None:
        """Draw issuer and date, over which the institution puts its stamp."""
        for y, size_pt, text in (
            (_SIGNED_MM, 12.5, words.issuer.zh),
            (_SIGNED_MM + 8, 12.5, words.date.zh),
            (_SIGNED_MM + 13.5, 8, f"{words.issuer.en}, {words.date.en}"),
        ):
            self._font(size_pt, colour=_INK if size_pt > 10 else _QUIET)
            self._pdf.text(_LEFT_MM + _WIDTH_MM - self._pdf.get_string_width(text), y, text)

    def below(self, words: Words, qr_text: str) -> None:
        pdf, top = self._pdf, _BELOW_MM
        pdf.set_draw_color(*_LINE)
        pdf.line(_LEFT_MM, top, _LEFT_MM + _WIDTH_MM, top)
        low = top + 7
        for label, value in words.fields:
            self._font(8.5, colour=_QUIET)
            pdf.text(_LEFT_MM, low, f"{label.zh} {label.en}")
            self._font(9)
            for line in break_lines(value, 66, pdf.get_string_width):
                pdf.text(_LEFT_MM + 42, low, line)
                low += 5.2
            low += 1.2
        self._qr(qr_text, _LEFT_MM + _WIDTH_MM - _QR_MM, top + 5)
        self._font(7.5, colour=_QUIET)
        pdf.text(_LEFT_MM + _WIDTH_MM - _QR_MM, top + 39.5, LABELS["qr"].zh)
        self._font(8, colour=_QUIET)
        self._paragraph(268.5, 4.4, LABELS["how"].zh)
        self._paragraph(277.8, 4.4, LABELS["how"].en)

    def _table(
        self, left: float, top: float, width: float, name: str, rows: tuple[AmountRow, ...], *, needed: bool
    ) -> float:
        """Draw a table; return where it ends. Rows become lower where there are many."""
        pdf = self._pdf
        height = min(8.6, _TABLE_MM / (len(rows) + 1))
        columns = (width * 0.42, width * 0.29, width * 0.29) if needed else (width * 0.66, width * 0.34)
        heads = [LABELS[name], LABELS["counted"], *([LABELS["needed"]] if needed else [])]
        lines: list[tuple[Both | str, ...]] = [tuple(heads)]
        lines += [(row.name, row.counted, row.needed or "-") for row in rows]
        pdf.set_draw_color(*_LINE)
        pdf.set_fill_color(*_SHADE)
        for number, cells in enumerate(lines):
            y = top + number * height
            if number == 0:
                pdf.rect(left, y, width, height, "F")
            x = left
            for place, column in enumerate(columns):
                cell = cells[place]
                text = cell.zh if isinstance(cell, Both) else cell
                self._font(9.5, bold=number == 0 or place == 1)
                pdf.text(x + 2, y + height / 2 + 1.3, text)
                if isinstance(cell, Both) and place == 0:
                    start = x + 3.2 + pdf.get_string_width(text)
                    self._font(7, colour=_QUIET)
                    if start + pdf.get_string_width(cell.en) < x + column:
                        pdf.text(start, y + height / 2 + 1.1, cell.en)
                x += column
            pdf.line(left, y + height, left + width, y + height)
        return top + len(lines) * height

    def _qr(self, text: str, left: float, top: float) -> None:
        code = segno.make(text, error="m", micro=False)
        side = _QR_MM / len(code.matrix)
        self._pdf.set_fill_color(0, 0, 0)
        for y, row in enumerate(code.matrix):
            for x, dark in enumerate(row):
                if dark:
                    self._pdf.rect(left + x * side, top + y * side, side, side, "F")

    def _font(self, size_pt: float, *, bold: bool = False, colour: tuple[int, int, int] = _INK) -> None:
        self._pdf.set_font(_FAMILY, "B" if bold else "", size_pt)
        self._pdf.set_text_color(*colour)

    def _middle(self, y: float, text: str, shift_mm: float = 0.0) -> None:
        self._pdf.text(105 + shift_mm - self._pdf.get_string_width(text) / 2, y, text)

    def _paragraph(self, top: float, step: float, text: str) -> float:
        """Draw a paragraph; return the base of the line behind it."""
        for line in break_lines(text, _WIDTH_MM, self._pdf.get_string_width):
            self._pdf.text(_LEFT_MM, top, line)
            top += step
        return top
