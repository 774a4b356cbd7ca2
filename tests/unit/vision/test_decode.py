from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from zaichang.core.errors import UnreadableInput
from zaichang.core.reasons import ReasonCode
from zaichang.vision.decode import FILE_LIMITS, SESSION_LIMITS, DecodeLimits, decode, reason_of
from zaichang.vision.header import read_header

WIDE = np.zeros((40, 64, 3), np.uint8)
WIDE[:20, :32] = (0, 0, 255)  # top left quarter red (BGR)


def encoded(kind: str, pixels: NDArray[np.uint8] = WIDE, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels[:, :, ::-1]).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "options"),
    [("jpeg", {}), ("jpeg", {"progressive": True}), ("png", {}), ("webp", {}), ("webp", {"lossless": True})],
)
def test_the_three_formats_decode_and_their_headers_agree(kind: str, options: dict[str, object]) -> None:
    data = encoded(kind, **options)
    header = read_header(data)
    assert header is not None
    assert (header.kind, header.width_px, header.height_px, header.complete) == (kind, 64, 40, True)
    pixels = decode(data, SESSION_LIMITS)
    assert pixels.shape == (40, 64, 3)
    assert pixels[5, 5, 2] > 200
    assert pixels[30, 50, 2] < 50


@pytest.mark.parametrize(("orientation", "corner"), [(6, (5, 35)), (3, (35, 60)), (8, (60, 5))])
def test_exif_rotation_is_applied(orientation: int, corner: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decode(encoded("jpeg", exif=exif), SESSION_LIMITS)
    assert pixels.shape[:2] == ((64, 40) if orientation in (6, 8) else (40, 64))
    assert pixels[corner][2] > 200


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.6, 0.97])
def test_truncated_pictures_are_unreadable(kind: str, part: float) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    data = encoded(kind, noise)
    with pytest.raises(UnreadableInput) as caught:
        decode(data[: int(len(data) * part)], SESSION_LIMITS)
    assert caught.value.code == "frame.unreadable"
    assert reason_of(caught.value) is ReasonCode.FRAME_UNREADABLE


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of one colour: a few kilobytes that decompress to gigabytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "data",
    [
        png_bomb(8000, 6250),
        png_bomb(2**31 - 1, 2**31 - 1),
        png_bomb(9000, 100),
        encoded("jpeg").replace(struct.pack(">HH", 40, 64), struct.pack(">HH", 7000, 7000), 1),
    ],
    ids=["50 megapixels", "largest header", "too long", "jpeg header"],
)
def test_too_many_pixels_are_refused_from_the_header(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decompressed"))
    with pytest.raises(UnreadableInput) as caught:
        decode(data, FILE_LIMITS)
    assert caught.value.code == "frame.too_large"
    assert reason_of(caught.value) is ReasonCode.FRAME_TOO_LARGE


def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(UnreadableInput) as caught:
        decode(b"x" * 11, DecodeLimits(max_bytes=10, max_pixels=10**6, max_side_px=1000))
    assert caught.value.code == "frame.too_large"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff",
        b"GIF89a" + b"\0" * 50,
        b"\xff\xd8\xff\xe0\x00\x01" + b"\0" * 50,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        b"RIFF\x30\0\0\0WEBPVP9 " + b"\0" * 40,
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * 600 + b"\xff\xd9",
        png_bomb(100, 100),
        encoded("png", WIDE[:8, :8]),
    ],
    ids=["empty", "start only", "gif", "bad length", "no IHDR", "unknown webp", "600 segments", "missing rows", "tiny"],
)
def test_what_is_no_picture_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableInput) as caught:
        decode(data, FILE_LIMITS)
    assert caught.value.code == "frame.unreadable"


def progressive_with_scans(times: int) -> bytes:
    """A progressive JPEG whose last pass comes so many times more."""
    options = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    data = cv2.imencode(".jpg", np.full((64, 80, 3), 128, np.uint8), options)[1].tobytes()
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * times + b"\xff\xd9"


def test_a_jpeg_of_thousands_of_passes_is_refused_undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decode(progressive_with_scans(0), FILE_LIMITS).shape == (64, 80, 3)
    bomb = progressive_with_scans(20_000)
    assert len(bomb) < SESSION_LIMITS.max_bytes
    monkeypatch.setattr("zaichang.vision.decode._imdecode", lambda _: pytest.fail("the decoder ran"))
    with pytest.raises(UnreadableInput, match="passes") as caught:
        decode(bomb, SESSION_LIMITS)
    assert caught.value.code == "frame.unreadable"


def test_passes_count_only_where_the_decoder_makes_them() -> None:
    data = encoded("jpeg")
    start = data.index(b"\xff\xda")
    scan = data[start:-2]
    more = data[:-2] + scan * 50 + b"\xff\xd9"
    header, alone = read_header(more), read_header(data)
    assert header is not None
    assert alone is not None
    # The first scan holds all components, so libjpeg is done after it ...
    assert (header.scans, alone.scans) == (1, 1)
    assert np.array_equal(decode(more, FILE_LIMITS), decode(data, FILE_LIMITS))
    # ... but where it holds one of three, the decoder waits for more.
    one = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x00"
    parts = read_header(data[:start] + one * 50 + b"\xff\xd9")
    assert parts is not None
    assert parts.scans == 50


def pillow_bytes(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["CMYK", "L", "RGB"])
def test_jpegs_of_other_colour_spaces_decode_to_three_channels(mode: str) -> None:
    pixels = decode(pillow_bytes(Image.new("RGB", (40, 30), (200, 40, 40)).convert(mode), "JPEG"), FILE_LIMITS)
    assert pixels.shape == (30, 40, 3)
    b, g, r = (int(value) for value in pixels[15, 20])
    assert (r > 150 and b < 90 and g < 90) if mode != "L" else r == g == b


def test_pngs_of_16_bits_of_a_palette_and_of_grey_with_alpha_decode_to_8_bits() -> None:
    deep = cv2.imencode(".png", np.full((30, 40, 3), 40_000, np.uint16))[1].tobytes()
    assert np.array_equal(decode(deep, FILE_LIMITS), np.full((30, 40, 3), 40_000 >> 8, np.uint8))
    for mode in ("P", "LA", "1", "RGBA"):
        data = pillow_bytes(Image.new("RGB", (40, 30), (255, 255, 255)).convert(mode), "PNG")
        assert decode(data, FILE_LIMITS).shape == (30, 40, 3)


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (48, 32), (shade, 0, 0)) for shade in (250, 120, 10)]
    data = pillow_bytes(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert b"ANIM" in data
    pixels = decode(data, FILE_LIMITS)
    assert pixels.shape == (32, 48, 3)
    assert pixels[16, 24, 2] > 230
