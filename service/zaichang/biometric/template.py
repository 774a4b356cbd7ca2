"""A learner's reference: one or more embeddings, bound to the embedder that made them.

Two embedders' vectors must never meet: the comparison would give a number that means nothing. So the bytes carry the
embedder's id, and decoding for another embedder gives None (re-enrol, or upgrade from the kept photo).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from zaichang.core.errors import UnreadableInput

_MAGIC: Final = b"ZCT1"
_HEADER: Final = struct.Struct("<4s8sHH")
MAX_VECTORS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Template:
    """Reference embeddings.

    Attributes:
        embedder: The embedder's id: 16 hex digits of its file's sha256.
        vectors: ``(n, d)`` float32, n in 1..16, each row of length 1.
    """

    embedder: str
    vectors: NDArray[np.float32] = field(repr=False)

    def __post_init__(self) -> None:
        """Check shapes, so that a broken template is never stored."""
        if len(self.embedder) != 16 or self.vectors.ndim != 2 or not 1 <= len(self.vectors) <= MAX_VECTORS:
            raise ValueError(f"a template needs 16 hex digits and 1..{MAX_VECTORS} rows, got {self.vectors.shape}")
        if not np.allclose(np.linalg.norm(self.vectors, axis=1), 1.0, atol=1e-3):
            raise ValueError("a template's rows must have length 1")

    def encode(self) -> bytes:
        """Return the stored form: magic, embedder id, n, d, rows as little-endian float32."""
        rows, size = self.vectors.shape
        head = _HEADER.pack(_MAGIC, bytes.fromhex(self.embedder), rows, size)
        return head + self.vectors.astype("<f4").tobytes()


def decode_template(data: bytes) -> Template:
    """Read a stored template.

    Raises:
        UnreadableInput: ``template.invalid``.
    """
    if len(data) < _HEADER.size:
        raise UnreadableInput("template.invalid", f"A template has at least {_HEADER.size} bytes, got {len(data)}.")
    magic, embedder, rows, size = _HEADER.unpack_from(data)
    if magic != _MAGIC or len(data) != _HEADER.size + rows * size * 4:
        raise UnreadableInput("template.invalid", "The bytes are not a template of this version.", "Enrol again.")
    vectors = np.frombuffer(data, dtype="<f4", offset=_HEADER.size).reshape(rows, size).astype(np.float32)
    try:
        return Template(embedder=embedder.hex(), vectors=vectors)
    except ValueError as error:
        raise UnreadableInput("template.invalid", f"The template is damaged: {error}.", "Enrol again.") from error


def merge_templates(templates: list[Template]) -> Template:
    """Join several poses of one person into one template.

    Raises:
        ValueError: Where the embedders differ or there are none.
    """
    if not templates or len({template.embedder for template in templates}) != 1:
        raise ValueError("templates to merge must come from one embedder")
    vectors = np.concatenate([template.vectors for template in templates])[:MAX_VECTORS]
    return Template(embedder=templates[0].embedder, vectors=vectors)
