"""Small pictures and sounds for challenges."""

from __future__ import annotations

import base64
import io
import wave

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def code_picture(digits: str) -> str:
    """Return a PNG with digits, as base64."""
    canvas = Image.new("L", (240, 80), 255)
    ImageDraw.Draw(canvas).text((30, 8), digits, fill=40, font=ImageFont.load_default(size=56))
    stream = io.BytesIO()
    canvas.save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def spoken() -> str:
    """Return a short WAV, as base64."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8_000)
        out.writeframes((128 + 60 * np.sin(np.arange(4_000) / 5)).astype(np.uint8).tobytes())
    return base64.b64encode(stream.getvalue()).decode()
