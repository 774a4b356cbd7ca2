"""The folder of model files that passed their hash check. No half-written file has a final name in it.

Order: write to a temporary name -> fsync -> rename -> fsync the folder. A crash, a full disk or a second process
doing the same leaves either the whole file or no file.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

from zaichang.core.errors import ModelError
from zaichang.vision.catalog import ModelEntry

CACHE_VARIABLE: Final = "ZAICHANG_MODEL_CACHE"


def default_cache_dir(environ: dict[str, str] | None = None) -> Path:
    """Return ``ZAICHANG_MODEL_CACHE``, else ``zaichang/models`` under ``XDG_CACHE_HOME`` or ~/.cache."""
    env = os.environ if environ is None else environ
    if env.get(CACHE_VARIABLE):
        return Path(env[CACHE_VARIABLE]).expanduser()
    base = Path(env["XDG_CACHE_HOME"]) if env.get("XDG_CACHE_HOME") else Path("~/.cache").expanduser()
    return base / "zaichang" / "models"


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of ``data`` as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


class ModelCache:
    """Reads and writes the cache folder."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use ``folder``, by default the one that the environment names. It is made when first written."""
        self.folder = folder or default_cache_dir()

    def path(self, entry: ModelEntry) -> Path:
        """Return where the derived file of ``entry`` lies or will lie. The hash in the name keeps versions apart."""
        stem, dot, suffix = entry.file.rpartition(".")
        return self.folder / f"{stem}-{entry.derived_sha256[:12]}{dot}{suffix}"

    def read(self, entry: ModelEntry) -> bytes | None:
        """Return the derived file, or None where it is not cached.

        Raises:
            ModelError: ``models.wrong_hash`` where the cached file was changed, ``models.cache_unreadable``.
        """
        path = self.path(entry)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ModelError(
                "models.cache_unreadable",
                f"The model file {path} cannot be read: {error.strerror}.",
                f"Make it readable, or set {CACHE_VARIABLE} to another folder.",
            ) from error
        found = sha256_hex(data)
        if found != entry.derived_sha256:
            raise ModelError(
                "models.wrong_hash",
                f"The cached model file {path} has sha256 {found}, the catalogue says {entry.derived_sha256}.",
                "Run `zaichang models fetch`: it replaces the file.",
            )
        return data

    def write(self, entry: ModelEntry, data: bytes) -> Path:
        """Store the derived file, whole or not at all.

        Raises:
            ModelError: ``models.wrong_hash``, ``models.disk_full``, ``models.cache_unwritable``.
        """
        found = sha256_hex(data)
        if found != entry.derived_sha256:
            raise ModelError(
                "models.wrong_hash",
                f"The derived file of {entry.name} has sha256 {found}, the catalogue says {entry.derived_sha256}.",
                "Report this: the transform did not give the pinned result on this machine.",
            )
        path = self.path(entry)
        temporary = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=".part-")
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
            temporary = None
            self._sync_folder()
        except OSError as error:
            raise storage_error(error, self.folder) from error
        finally:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
        return path

    def _sync_folder(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def storage_error(error: OSError, folder: Path) -> ModelError:
    """Return the ``ModelError`` that names the folder and the cause."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelError(
            "models.disk_full",
            f"No space is left for the models in {folder}.",
            f"Free about 200 MB, or set {CACHE_VARIABLE} to another folder.",
        )
    return ModelError(
        "models.cache_unwritable",
        f"The model cache {folder} cannot be written: {error.strerror or error}.",
        f"Make it writable, or set {CACHE_VARIABLE} to another folder.",
    )
