"""The picture of a code challenge. The digits leave the service only as pixels."""

from __future__ import annotations

import base64
import functools
import hashlib
import io

from PIL import Image, ImageDraw, ImageFont

WIDTH_PX = 480
HEIGHT_PX = 160
"""Twice as fine as a player shows it by default, so that enlarged text (docs/protocol.md) stays sharp."""
_GLYPH_PX = 112


@functools.cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=_GLYPH_PX)


def code_picture(code: str, salt: str) -> str:
    """Return a PNG of the digits as base64.

    Each digit is turned and moved a little, over lines. All of this is drawn from ``salt``, so a repeated order shows
    the
    same picture.

    Args:
        code: The digits.
        salt: A secret of the session; without it the digits can be read only from the picture.
    """
    noise = hashlib.shake_256(f"{salt}|{code}".encode()).digest(64)
    canvas = Image.new("L", (WIDTH_PX, HEIGHT_PX), 255)
    draw = ImageDraw.Draw(canvas)
    for i in range(6):
        x0, y0, x1, y1 = noise[4 * i : 4 * i + 4]
        line = (x0 * WIDTH_PX // 256, y0 * HEIGHT_PX // 256, x1 * WIDTH_PX // 256, y1 * HEIGHT_PX // 256)
        draw.line(line, fill=190, width=4)
    step_px = (WIDTH_PX - 32) // max(1, len(code))
    for i, digit in enumerate(code):
        glyph = Image.new("L", (_GLYPH_PX, HEIGHT_PX), 0)
        ImageDraw.Draw(glyph).text((20, 16), digit, fill=255, font=_font())
        turned = glyph.rotate((noise[32 + i] - 128) / 10, resample=Image.Resampling.BILINEAR)
        canvas.paste(40, (16 + i * step_px, (noise[48 + i] - 128) // 16), turned)
    stream = io.BytesIO()
    canvas.save(stream, "PNG", optimize=True)
    return base64.b64encode(stream.getvalue()).decode("ascii")
