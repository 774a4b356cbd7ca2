"""A learner's reference: one or more embeddings, bound to the embedder that made them and to the rules of its gate.

Two embedders' vectors must never meet: the comparison would give a number that means nothing. So the bytes carry the
embedder's id, and decoding for another embedder gives None (re-enrol, or upgrade from the kept photo).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from zaichang.core.errors import UnreadableInput

_MAGIC: Final = b"ZCT2"
_HEADER: Final = struct.Struct("<4s8s16sHH")
_VERSION_MAX: Final = 16
MAX_VECTORS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Template:
    """Reference embeddings.

    Attributes:
        embedder: The embedder's id: 16 hex digits of its file's sha256.
        vectors: ``(n, d)`` float32, n in 1..16, each row of length 1.
        thresholds: Version of the thresholds that the photos had to pass (``zaichang.biometric.thresholds``).
    """

    embedder: str
    vectors: NDArray[np.float32] = field(repr=False)
    thresholds: str = ""

    def __post_init__(self) -> None:
        """Check shapes, so that a broken template is never stored."""
        if len(self.embedder) != 16 or self.vectors.ndim != 2 or not 1 <= len(self.vectors) <= MAX_VECTORS:
            raise ValueError(f"a template needs 16 hex digits and 1..{MAX_VECTORS} rows, got {self.vectors.shape}")
        if not np.allclose(np.linalg.norm(self.vectors, axis=1), 1.0, atol=1e-3):
            raise ValueError("a template's rows must have length 1")
        if not (self.thresholds.isascii() and len(self.thresholds) <= _VERSION_MAX) or "\0" in self.thresholds:
            raise ValueError(f"a thresholds version has at most {_VERSION_MAX} ASCII characters")

    def encode(self) -> bytes:
        """Return the stored form: magic, embedder id, thresholds version, n, d, rows as little-endian float32."""
        rows, size = self.vectors.shape
        head = _HEADER.pack(_MAGIC, bytes.fromhex(self.embedder), self.thresholds.encode("ascii"), rows, size)
        return head + self.vectors.astype("<f4").tobytes()


def decode_template(data: bytes) -> Template:
    """Read a stored template.

    Raises:
        UnreadableInput: ``template.invalid``.
    """
    if len(data) < _HEADER.size:
        raise UnreadableInput("template.invalid", f"A template has at least {_HEADER.size} bytes, got {len(data)}.")
    magic, embedder, version, rows, size = _HEADER.unpack_from(data)
    if magic != _MAGIC or len(data) != _HEADER.size + rows * size * 4:
        raise UnreadableInput("template.invalid", "The bytes are not a template of this version.", "Enrol again.")
    vectors = np.frombuffer(data, dtype="<f4", offset=_HEADER.size).reshape(rows, size).astype(np.float32)
    try:
        thresholds = version.rstrip(b"\0").decode("ascii")
        return Template(embedder=embedder.hex(), vectors=vectors, thresholds=thresholds)
    except ValueError as error:
        raise UnreadableInput("template.invalid", f"The template is damaged: {error}.", "Enrol again.") from error


def merge_templates(templates: Sequence[Template]) -> Template:
    """Join several photos of one person into one template.

    Raises:
        ValueError: Where the embedders or the thresholds' versions differ, or there are none.
    """
    if not templates or len({(each.embedder, each.thresholds) for each in templates}) != 1:
        raise ValueError("templates to merge must come from one embedder and one gate")
    vectors = np.concatenate([template.vectors for template in templates])[:MAX_VECTORS]
    return replace(templates[0], vectors=vectors)
