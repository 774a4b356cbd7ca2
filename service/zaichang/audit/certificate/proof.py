"""The file that proves a certificate offline: its document, its entry in the log, and the signed checkpoint.

It is attached to the PDF as ``certificate.json``, and can be checked without the PDF.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from zaichang.audit.certificate.document import Certificate, document_value, name_ok, read_document
from zaichang.core.canonical import CanonicalValue, canonical_bytes, parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.tlog.keys import decode_base64, encode_base64
from zaichang.tlog.merkle import HASH_BYTES, leaf_hash
from zaichang.tlog.schema import HASH

FORMAT: Final = "zaichang-certificate@v1"
MAX_PROOF_BYTES: Final = 32_768
_FIELDS: Final = frozenset(("format", "document", "salt", "checkpoint", "index", "leaf", "proof", "name", "name_salt"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateProof:
    """A certificate with all that proves it.

    Attributes:
        certificate: Its document.
        salt: 32 bytes: opens the entry's commitment to the document.
        checkpoint: Signed checkpoint note that covers the entry.
        index: The entry's index in the log.
        leaf: The entry.
        proof: Its inclusion proof.
        name: The holder's name; empty where none is printed.
        name_salt: 32 bytes: opens the document's commitment to the name; empty without one.
    """

    certificate: Certificate
    salt: bytes
    checkpoint: bytes
    index: int
    leaf: bytes
    proof: tuple[bytes, ...]
    name: str = ""
    name_salt: bytes = b""

    @property
    def qr_text(self) -> str:
        """The QR code's text: log, index and the first 16 hex digits of the leaf hash, as receipts have it."""
        return f"zaichang:{self.certificate.origin}#{self.index}:{leaf_hash(self.leaf).hex()[:16]}"


def write_proof(proof: CertificateProof) -> bytes:
    """Return the file's bytes.

    Raises:
        EvidenceError: ``E_CANON`` if it would be too long.
    """
    value: dict[str, object] = {
        "format": FORMAT,
        "document": document_value(proof.certificate),
        "salt": proof.salt.hex(),
        "checkpoint": proof.checkpoint.decode(),
        "index": proof.index,
        "leaf": proof.leaf.decode(),
        "proof": [encode_base64(each) for each in proof.proof],
    }
    if proof.name:
        value |= {"name": proof.name, "name_salt": proof.name_salt.hex()}
    return canonical_bytes(value, MAX_PROOF_BYTES)


def read_proof(data: bytes) -> CertificateProof:
    """Return the proof in a file, which may come from a stranger; nothing in it is checked yet.

    Raises:
        EvidenceError: ``E_CANON``, ``E_FORMAT``.
    """
    value = parse_canonical_object(data, MAX_PROOF_BYTES)
    if value.get("format") != FORMAT:
        raise EvidenceError("E_FORMAT", f"The format must be {FORMAT}.")
    if value.keys() - _FIELDS:
        raise EvidenceError("E_FORMAT", "The certificate has a field too many.")
    document, index, path = value.get("document"), value.get("index"), value.get("proof")
    if not isinstance(document, dict):
        raise _wrong("document")
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise _wrong("index")
    if not isinstance(path, list):
        raise _wrong("proof")
    hashes = tuple(decode_base64(each) for each in path if isinstance(each, str))
    if len(hashes) != len(path) or any(len(each) != HASH_BYTES for each in hashes):
        raise _wrong("proof")
    name = _text(value, "name") if "name" in value else ""
    if ("name" in value) != ("name_salt" in value) or ("name" in value and not name_ok(name)):
        raise _wrong("name")
    return CertificateProof(
        certificate=read_document(document),
        salt=_hash(value, "salt"),
        checkpoint=_text(value, "checkpoint").encode(),
        index=index,
        leaf=_text(value, "leaf").encode(),
        proof=hashes,
        name=name,
        name_salt=_hash(value, "name_salt") if name else b"",
    )


def _text(value: Mapping[str, CanonicalValue], name: str) -> str:
    part = value.get(name)
    if not isinstance(part, str):
        raise _wrong(name)
    return part


def _hash(value: Mapping[str, CanonicalValue], name: str) -> bytes:
    text = _text(value, name)
    if not HASH.ok(text):
        raise _wrong(name)
    return bytes.fromhex(text)


def _wrong(name: str) -> EvidenceError:
    return EvidenceError("E_FORMAT", f"{name} of the certificate is missing or has another form.")
