"""Files that want to hurt the decoder: each gets an answer with a reason, in the memory that a large photo needs."""

from __future__ import annotations

import io
import resource
import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image
from skimage import data

from zaichang.core.reasons import ReasonCode
from zaichang.vision.pipeline import Analyser

PORTRAIT = Image.fromarray(data.astronaut())
MORE_MIB = 500
"""What the largest allowed picture (25 megapixels) may take, several times over."""
UNUSABLE = {ReasonCode.FRAME_UNREADABLE, ReasonCode.FRAME_TOO_LARGE}
FACE, REFUSED, EMPTY = "face", "refused", "empty"


def encoded(kind: str, picture: Image.Image = PORTRAIT, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, pixels: bytes, extra: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


JPEG = encoded("jpeg")
SOF = JPEG.index(b"\xff\xc0")
BLACK = zlib.compress(bytes(64 * 193))


def exif(body: bytes) -> bytes:
    segment = b"Exif\0\0" + body
    return JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + JPEG[2:]


def oriented(value: int) -> bytes:
    tag = Image.Exif()
    tag[0x0112] = value
    return encoded("jpeg", exif=tag)


def sized(width: int, height: int) -> bytes:
    return JPEG[: SOF + 5] + struct.pack(">HH", height, width) + JPEG[SOF + 9 :]


def animated(kind: str) -> bytes:
    more = [PORTRAIT.rotate(90)] * 5
    return encoded(kind, save_all=True, append_images=more, duration=50)


LOOP = b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<I", 8)
HUGE_COUNT = b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 65535, 0x0112, 3, 2**32 - 1, 2**32 - 1)
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "64 bytes that unpack to 200 MB of pixels": (lambda: png(64, 64, zlib.compress(bytes(200_000_000))), EMPTY),
    "a colour profile of 300 MB": (
        lambda: png(64, 64, BLACK, chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(300_000_000)))),
        EMPTY,
    ),
    "a text of 300 MB": (
        lambda: png(64, 64, BLACK, chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(300_000_000)))),
        EMPTY,
    ),
    "65535 x 65535": (lambda: png(65535, 65535, BLACK), REFUSED),
    "as large as can be written": (lambda: png(2**31 - 1, 2**31 - 1, BLACK), REFUSED),
    "50 megapixels": (lambda: encoded("png", Image.new("RGB", (10_000, 5_000))), REFUSED),
    "no width": (lambda: png(0, 10, BLACK), REFUSED),
    "one pixel": (lambda: encoded("png", Image.new("RGB", (1, 1))), REFUSED),
    "a JPEG that calls itself larger": (lambda: sized(3000, 3000), EMPTY),
    "a JPEG that calls itself smaller": (lambda: sized(20, 20), EMPTY),
    "a JPEG without size": (lambda: sized(0, 0), REFUSED),
    "arithmetic coding": (lambda: JPEG[: SOF + 1] + b"\xc9" + JPEG[SOF + 2 :], REFUSED),
    "twelve bits a sample": (lambda: JPEG[: SOF + 4] + b"\x0c" + JPEG[SOF + 5 :], REFUSED),
    "a hundred thousand segments": (lambda: JPEG[:2] + b"\xff\xe2\x00\x04ab" * 100_000 + JPEG[2:], REFUSED),
    "a megabyte of fill bytes": (lambda: JPEG[:2] + b"\xff" * 900_000 + JPEG[2:], FACE),
    "EXIF of noise": (lambda: exif(np.random.default_rng(3).bytes(60_000)), FACE),
    "EXIF that points at itself": (lambda: exif(LOOP), FACE),
    "EXIF of four billion entries": (lambda: exif(HUGE_COUNT), FACE),
    "EXIF that points away": (lambda: exif(b"MM\0*\xff\xff\xff\xff"), FACE),
    "an orientation that is none": (lambda: oriented(65535), FACE),
    "CMYK": (lambda: encoded("jpeg", PORTRAIT.convert("CMYK")), FACE),
    "grey": (lambda: encoded("jpeg", PORTRAIT.convert("L")), FACE),
    "sixteen bits a sample": (
        lambda: encoded("png", Image.fromarray(data.astronaut()[..., 0].astype(np.uint16) * 257)),
        FACE,
    ),
    "a palette": (lambda: encoded("png", PORTRAIT.quantize(64)), FACE),
    "alpha": (lambda: encoded("png", PORTRAIT.convert("RGBA")), FACE),
    "an animated PNG": (lambda: animated("png"), FACE),
    "an animated WebP": (lambda: animated("webp"), FACE),
    "a GIF": (lambda: animated("gif"), REFUSED),
    "nothing": (lambda: b"", REFUSED),
    "text": (lambda: b"hello\n" * 1000, REFUSED),
    "ten megabytes of nothing": (lambda: bytes(10_000_000), REFUSED),
    "noise that begins as a JPEG": (lambda: b"\xff\xd8\xff" + np.random.default_rng(5).bytes(100_000), REFUSED),
}


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Fail where a file makes the process grow far beyond what a picture needs."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MORE_MIB


@pytest.mark.parametrize("name", list(FILES))
def test_a_hostile_file_gets_an_answer(analyser: Analyser, name: str) -> None:
    make, expected = FILES[name]
    found = analyser.assess(make())
    if expected == FACE:
        assert found.main is not None
        assert not UNUSABLE & set(found.reasons)
    elif expected == REFUSED:
        assert UNUSABLE & set(found.reasons)
        assert not found.faces
    else:
        assert found.reasons
        assert not found.faces


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_a_cut_file_is_unreadable_at_every_sixteenth(analyser: Analyser, kind: str) -> None:
    whole = encoded(kind)
    for part in range(16):
        found = analyser.assess(whole[: len(whole) * part // 16])
        assert found.reasons == (ReasonCode.FRAME_UNREADABLE,), part
    assert analyser.assess(whole).main is not None


@pytest.mark.parametrize("value", range(1, 9))
def test_every_orientation_is_applied(analyser: Analyser, value: int) -> None:
    wide = PORTRAIT.crop((0, 0, 512, 400))
    tag = Image.Exif()
    tag[0x0112] = value
    found = analyser.assess(encoded("jpeg", wide, exif=tag))
    assert (found.width_px, found.height_px) == ((400, 512) if value >= 5 else (512, 400))
    assert (found.main is not None) or value >= 5
