"""Opens the platform of a target file, on the institution's side."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, NoReturn

from zaichang.adapters.filing.offline import OfflinePlatform
from zaichang.adapters.filing.sheets import KINDS
from zaichang.adapters.posix.held_file import held
from zaichang.audit.source import read_file
from zaichang.core.errors import ConfigError
from zaichang.hours.filing.targets import Target
from zaichang.ports.hours.filing import Platform

_SECRET_MAX: Final = 10_000


def night_holder(path: Path) -> AbstractContextManager[str]:
    """Return a context that holds a target file's nightly job on this computer, with the word that names it.

    The word lies beside the target file, so a job that was stopped goes on under the same name.
    """
    return held(path.with_suffix(".nightly"), secrets.token_hex(8))


def open_platform(target: Target) -> Platform:
    """Return the platform of a target.

    Raises:
        ConfigError: ``filing.target`` naming the option; ``install.filing_missing``.
    """
    match target.adapter:
        case "offline":
            known(target.options, ("folder", "kind"), ("folder",))
            return OfflinePlatform(
                target.mapping, path_of(target, "folder"), kind_of(target.options), target.capabilities
            )  # fmt: skip
        case "sftp":
            return _sftp(target)
        case "https":
            return _https(target)
        case _:
            return _lrs(target)


def _sftp(target: Target) -> Platform:
    from zaichang.adapters.filing.sftp import SftpAddress, SftpPlatform

    options = target.options
    needed = ("host", "user", "key_file", "known_hosts", "outgoing", "incoming")
    known(options, (*needed, "port", "kind"), needed)
    port = options.get("port", 22)
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65_536:
        fault("port must be a TCP port")
    address = SftpAddress(
        host=_text(options, "host"),
        port=port,
        user=_text(options, "user"),
        key_file=path_of(target, "key_file"),
        known_hosts=path_of(target, "known_hosts"),
        outgoing=_text(options, "outgoing").rstrip("/"),
        incoming=_text(options, "incoming").rstrip("/"),
        kind=kind_of(options),
    )
    return SftpPlatform(target.mapping, address, target.capabilities)


def _https(target: Target) -> Platform:
    from zaichang.adapters.filing.https import HttpsPlatform
    from zaichang.adapters.filing.requests import Access, Requests

    options = target.options
    known(options, ("url", "secret_file", "certificate", "key", "authority"), ("url",))
    if not ("secret_file" in options or ("certificate" in options and "key" in options)):
        fault("needs secret_file (HMAC), or certificate and key (mutual TLS)")
    access = Access(
        url=_text(options, "url"),
        now_s=lambda: int(time.time()),
        nonce=lambda: secrets.token_hex(16),
        secret=_secret(target, "secret_file") if "secret_file" in options else b"",
        certificate=path_of(target, "certificate") if "certificate" in options else None,
        key=path_of(target, "key") if "key" in options else None,
        authority=path_of(target, "authority") if "authority" in options else None,
    )
    return HttpsPlatform(target.mapping, Requests(access), target.capabilities)


def _lrs(target: Target) -> Platform:
    from zaichang.adapters.filing.lrs import LrsPlatform
    from zaichang.adapters.filing.requests import Access, Requests

    options = target.options
    needed = ("url", "user", "password_file", "home")
    known(options, (*needed, "account", "authority"), needed)
    login = f"{_text(options, 'user')}:{_secret(target, 'password_file').decode()}"
    access = Access(
        url=_text(options, "url"),
        now_s=lambda: 0,
        nonce=lambda: "",
        authority=path_of(target, "authority") if "authority" in options else None,
        headers={
            "authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
            "x-experience-api-version": "1.0.3",
        },
    )
    account = _text(options, "account") if "account" in options else "learner"
    return LrsPlatform(target.mapping, Requests(access), _text(options, "home"), account)


def _secret(target: Target, key: str) -> bytes:
    return read_file(path_of(target, key), _SECRET_MAX).strip()


def _text(options: Mapping[str, Any], key: str) -> str:
    value = options[key]
    if not isinstance(value, str) or not value:
        fault(f"{key} must be a text")
    return str(value)


def kind_of(options: Mapping[str, Any]) -> str:
    """Return the kind of sheets."""
    kind = options.get("kind", "xlsx")
    if kind not in KINDS:
        fault(f"kind must be one of {', '.join(KINDS)}")
    return str(kind)


def path_of(target: Target, key: str) -> Path:
    """Return a path of the options, relative to the target file."""
    value = target.options.get(key)
    if not isinstance(value, str) or not value:
        fault(f"{key} must be a path")
    return target.folder / value


def known(options: Mapping[str, Any], keys: tuple[str, ...], needed: tuple[str, ...]) -> None:
    """Refuse an unknown option, and one that lacks."""
    for key in options:
        if key not in keys:
            fault(f"unknown option {key!r}; known: {', '.join(keys)}")
    for key in needed:
        if key not in options:
            fault(f"{key} is missing")


def fault(what: str) -> NoReturn:
    """Refuse the options of an adapter."""
    raise ConfigError("filing.target", f"The adapter's options: {what}.")
