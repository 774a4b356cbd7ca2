"""Recognises a file as a receipt, a certificate or a bundle, or a folder as a log, and reads it within size limits."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from zaichang.audit.bundle import FORMAT as BUNDLE_FORMAT
from zaichang.audit.bundle import MAX_BUNDLE_BYTES
from zaichang.audit.certificate.badge_check import (
    JWT_BEGIN,
    MAX_BADGE_BYTES,
    BadgeFiles,
    certificate_data,
    verify_badge,
)
from zaichang.audit.certificate.check import changed_since, verify_certificate
from zaichang.audit.certificate.page import MAX_PDF_BYTES, PDF_BEGIN, Drawing, attached, compare_page
from zaichang.audit.certificate.page_code import compare_code
from zaichang.audit.certificate.proof import FORMAT as CERTIFICATE_FORMAT
from zaichang.audit.certificate.proof import MAX_PROOF_BYTES, read_proof
from zaichang.audit.check import Check
from zaichang.audit.findings import About, Findings
from zaichang.audit.history import FIRST_SIGHT, HISTORY, MAX_HISTORY_BYTES
from zaichang.audit.log_scan import ScanOptions, scan_log
from zaichang.audit.reading.bundle_reader import BundleFile, Source
from zaichang.audit.receipt import FORMAT as RECEIPT_FORMAT
from zaichang.audit.receipt import MAX_RECEIPT_BYTES, ReadQr, verify_receipt
from zaichang.audit.replay.replaying import Replayer
from zaichang.audit.taken_back import bundle_sessions, receipt_sessions, taken_back_since
from zaichang.audit.verify import verify_bundle
from zaichang.audit.whole.fork import FORMAT as FORK_FORMAT
from zaichang.audit.whole.fork import MAX_FORK_BYTES, verify_fork
from zaichang.audit.whole.stamps import TIMESTAMPS
from zaichang.core.errors import EvidenceError, UnreadableInput
from zaichang.tlog.tiles import CHECKPOINT_PATH, MAX_ENTRY_BYTES, WIDTH
from zaichang.tlog.trust import Trust, parse_trust, trust_log

_SMALLER: Final = "Where it is a bundle, have it exported in parts: by day, or session by session."
Read: TypeAlias = Callable[[str], bytes | None]
"""Reads the files of a log by their names; None for one that is not there."""
MAX_TRUST_BYTES: Final = 1_000_000
_MAX_TILE_FILE: Final = WIDTH * (MAX_ENTRY_BYTES + 2)


def load_trust(path: Path) -> Trust:
    """Read a trust file: a tlog-policy, or a single verifier key line.

    Raises:
        EvidenceError: ``E_TRUST``, ``E_VKEY``.
        UnreadableInput: ``verify.unreadable``.
    """
    data = read_file(path, MAX_TRUST_BYTES)
    words = data.split()
    if len(words) == 1 and data.count(b"+") >= 2:
        return trust_log(words[0].decode("utf-8", "replace"))
    return parse_trust(data)


def read_file(path: Path, limit: int) -> bytes:
    """Return a file's bytes.

    Raises:
        UnreadableInput: ``verify.unreadable``, ``verify.too_large``.
    """
    try:
        if not path.is_file():
            raise UnreadableInput("verify.unreadable", f"{path} is not a file that can be read.")
        with path.open("rb") as file:
            data = file.read(limit + 1) if path.stat().st_size <= limit else b""
    except OSError as error:
        raise UnreadableInput("verify.unreadable", f"{path} cannot be read ({error.strerror}).") from error
    if len(data) > limit or (not data and path.stat().st_size):
        raise UnreadableInput("verify.too_large", f"{path} is longer than the {limit} bytes that are read.", _SMALLER)
    return data


@contextmanager
def open_files(paths: Sequence[Path], limit: int) -> Iterator[list[BinaryIO]]:
    """Open some files that together have at most ``limit`` bytes; they are closed at the end.

    Raises:
        UnreadableInput: ``verify.unreadable``, ``verify.too_large``.
    """
    with ExitStack() as stack:
        found: list[BinaryIO] = []
        for path in paths:
            most = min(limit, MAX_BUNDLE_BYTES)
            try:
                if not path.is_file():
                    raise UnreadableInput("verify.unreadable", f"{path} is not a file that can be read.")
                file = stack.enter_context(path.open("rb"))
                size = file.seek(0, io.SEEK_END)
            except OSError as error:
                raise UnreadableInput("verify.unreadable", f"{path} cannot be read ({error.strerror}).") from error
            if size > most:
                message = f"{path} is longer than the {most} bytes that are read."
                raise UnreadableInput("verify.too_large", message, _SMALLER)
            limit -= size
            file.seek(0)
            found.append(file)
        yield found


def verify_path(
    path: Path,
    trust: Trust,
    *,
    replay: Replayer | None = None,
    options: ScanOptions | None = None,
    older: Sequence[bytes] = (),
    progress: Callable[[int, int], None] | None = None,
    own_copy: bool = False,
    read_qr: ReadQr | None = None,
    max_bytes: int = MAX_BUNDLE_BYTES,
    newer: Path | None = None,
    drawing: Drawing | None = None,
    badge_files: BadgeFiles | None = None,
) -> list[Check]:
    """Check the bundle, certificate, receipt or log at ``path``.

    Args:
        path: A bundle, a receipt, or a log's folder.
        trust: The trusted keys.
        replay: For a bundle: recomputes its verdicts.
        options: For a folder: the optional checks.
        older: For a folder: signed checkpoints seen before.
        own_copy: For a folder: whether it is the reader's own mirror, whose times of first sight are believed.
        read_qr: For a receipt or certificate: reads its QR code's picture; None where no reader is installed.
        progress: For a folder: called with the entries read and the total.
        max_bytes: For a file: a longer one is refused before it is read.
        newer: For a file: the log's folder now, to find what was taken back since.
        drawing: For a certificate's PDF: draws it anew; None where the installation cannot.
        badge_files: For a badge: its certificate and status list.

    Raises:
        UnreadableInput: ``verify.unreadable``, ``verify.too_large``, ``verify.unknown_format``, ``verify.older``.
        EvidenceError: ``E_FORMAT`` for a folder that holds no log.
    """
    if path.is_dir():
        sights = path / FIRST_SIGHT
        first_sights = read_file(sights, MAX_HISTORY_BYTES) if own_copy and sights.is_file() else b""
        return scan_log(tile_reader(path), trust, options, older, progress, first_sights)
    with open_files([path], max_bytes) as (file,):
        if newer is not None and not newer.is_dir():
            raise UnreadableInput("verify.unreadable", f"{newer} is not the folder of a log.")
        if older:
            # Silence would look like a passed check.
            raise UnreadableInput(
                "verify.older", f"{path.name} is no log's folder: older checkpoints are held against a whole log only."
            )
        read_newer = None if newer is None else tile_reader(newer)
        return verify_file(
            file,
            path.name,
            trust,
            replay=replay,
            read_qr=read_qr,
            read_newer=read_newer,
            drawing=drawing,
            badge_files=badge_files,
        )


def verify_file(
    file: BinaryIO,
    name: str,
    trust: Trust,
    *,
    replay: Replayer | None = None,
    read_qr: ReadQr | None = None,
    read_newer: Read | None = None,
    drawing: Drawing | None = None,
    badge_files: BadgeFiles | None = None,
) -> list[Check]:
    """Check an open bundle, certificate, receipt or proof of a fork, whose length the caller has limited.

    Args:
        file: The file.
        name: Its name, for messages.
        trust: The trusted keys.
        replay: For a bundle: recomputes its verdicts.
        read_qr: For a receipt or certificate: reads its QR code's picture; None where no reader is installed.
        read_newer: Reads the files of the log now, to find what was taken back since.
        drawing: For a certificate's PDF: draws it anew; None where the installation cannot.
        badge_files: For a badge: its certificate and status list.

    Raises:
        UnreadableInput: ``verify.unknown_format``; ``verify.not_a_badge`` where a badge's files come
            with another file.
    """
    if badge_files not in (None, BadgeFiles()) and begin_of(file, len(JWT_BEGIN)) != JWT_BEGIN:
        # Silence would look like a passed check.
        raise UnreadableInput("verify.not_a_badge", f"{name} is no badge: it is checked without a status list.")
    begin = b'{"format":"' + BUNDLE_FORMAT.encode()
    if begin_of(file, len(begin)) == begin:
        bundle: Source = file
        with suppress(EvidenceError):  # the check of the bundle names it
            bundle = BundleFile(file)
        checks = verify_bundle(bundle, trust, replay)
        return checks + ([] if read_newer is None else taken_back_since(bundle_sessions(bundle), read_newer, trust))
    if begin_of(file, len(PDF_BEGIN)) == PDF_BEGIN:
        return _verify_pdf(file.read(MAX_PDF_BYTES + 1), trust, read_newer, drawing, read_qr)
    if begin_of(file, len(JWT_BEGIN)) == JWT_BEGIN:
        return _verify_badge(file.read(MAX_BADGE_BYTES + 1), trust, read_newer, badge_files or BadgeFiles())
    data = file.read(max(MAX_RECEIPT_BYTES, MAX_FORK_BYTES, MAX_PROOF_BYTES) + 1)
    if b'"format":"' + RECEIPT_FORMAT.encode() + b'"' in data[:MAX_RECEIPT_BYTES]:
        checks = verify_receipt(data, trust, read_qr)
        return checks + ([] if read_newer is None else taken_back_since(receipt_sessions(data), read_newer, trust))
    if b'"format":"' + CERTIFICATE_FORMAT.encode() + b'"' in data[:MAX_PROOF_BYTES]:
        return verify_certificate(data, trust) + changed_since(data, read_newer, trust)
    if b'"format":"' + FORK_FORMAT.encode() + b'"' in data[:MAX_FORK_BYTES]:
        return verify_fork(data, trust)
    raise UnreadableInput(
        "verify.unknown_format",
        f"{name} is neither a receipt, a certificate nor a bundle (archives are not opened: unpack them first).",
        "Ask for the file that zaichang export wrote.",
    )


def begin_of(file: BinaryIO, count: int) -> bytes:
    """Return a file's first bytes; it is read from its beginning afterwards."""
    file.seek(0)
    found = file.read(count)
    file.seek(0)
    return found


def _verify_pdf(
    data: bytes, trust: Trust, read_newer: Read | None, drawing: Drawing | None, read_qr: ReadQr | None
) -> list[Check]:
    try:
        proof = attached(data)
    except EvidenceError as error:
        findings = Findings()
        findings.undecided("format", error.code, error.message, About())
        return findings.checks
    checks = verify_certificate(proof, trust)
    if not any(check.code for check in checks):
        # Only what the trusted log holds is drawn: no stranger's text reaches the libraries.
        checks += compare_page(data, read_proof(proof), drawing) + compare_code(data, read_proof(proof), read_qr)
    return checks + changed_since(proof, read_newer, trust)


def _verify_badge(data: bytes, trust: Trust, read_newer: Read | None, files: BadgeFiles) -> list[Check]:
    checks = verify_badge(data, files, trust)
    whole = files.certificate and not any(check.code == "E_FORMAT" for check in checks)
    return checks + (changed_since(certificate_data(files), read_newer, trust) if whole and read_newer else [])


def tile_reader(folder: Path) -> Callable[[str], bytes | None]:
    """Return a reader of the files of the log in ``folder`` or in its ``public`` folder.

    Raises:
        EvidenceError: ``E_FORMAT`` if there is no checkpoint. The reader raises ``UnreadableInput``,
            ``verify.symlink``, for a file that is, or lies behind, a symbolic link below the folder.
    """
    root = next((place for place in (folder, folder / "public") if (place / CHECKPOINT_PATH).is_file()), None)
    if root is None:
        raise EvidenceError("E_FORMAT", f"{folder} holds no checkpoint: it is not a log's folder.")

    def read(name: str) -> bytes | None:
        place = root / name
        steps = (place, *list(place.parents)[: name.count("/")])
        if any(step.is_symlink() for step in steps):
            # A few links can make a small folder read like a huge one, and read files from outside it.
            raise UnreadableInput("verify.symlink", f"{place} is, or lies behind, a symbolic link.", "Copy the files.")
        limit = MAX_HISTORY_BYTES if name in (HISTORY, TIMESTAMPS) else _MAX_TILE_FILE
        return read_file(place, limit) if place.is_file() else None

    return read
