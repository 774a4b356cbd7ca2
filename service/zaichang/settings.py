"""Settings, read once in ``main``; rooms receive their own small frozen configuration.

A setting comes from a TOML file (``--config`` or ``ZAICHANG_CONFIG``), then from the environment (``ZAICHANG_PORT``),
then from the command line; the later wins. An unknown key is refused, in the file and in the environment: otherwise a
misspelt setting would silently keep its default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from zaichang.core.errors import ConfigError

_LISTS: Final = ("allowed_origins", "certificate_after", "log_witnesses", "passkey_domains")
PREFIX: Final = "ZAICHANG_"
OTHER_VARIABLES: Final = frozenset({"CONFIG", "MODEL_CACHE", "MODEL_MIRROR", "SHARED"})
"""Variables with our prefix that are read elsewhere (docs/operations.md)."""


class Settings(BaseModel):
    """All settings of the service, each with its unit and bounds. docs/settings.md lists them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: Path = Field(Path("zaichang-data"), description="Data folder. Created if it does not exist.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="TCP port (0 = any free port).")
    public_url: str = Field(
        "",
        max_length=200,
        description="Address under which browsers reach the service. Empty: built from host and port.",
    )
    log_domain: str = Field(
        "zaichang.local",
        pattern=r"^[A-Za-z0-9.-]{1,100}$",
        description="First part of the name (origin) of every log. Choose it once: it is in every checkpoint.",
    )
    allowed_origins: tuple[str, ...] = Field(
        (),
        description="Sites that may embed the player and register passkeys, such as https://lms.example. The"
        " service's own pages always may.",
    )
    certificate_after: tuple[str, ...] = Field(
        (),
        description="Packs of hour rules whose certificates need a platform's acceptance first: PACK=TARGET, such as"
        " cq-pharmacist-2025=cq-platform. Empty: no platform is asked.",
    )
    passkey_domains: tuple[str, ...] = Field(
        (),
        description="Domains whose pages share passkeys: example.org for learn.example.org and hours.example.org. A"
        " page of another domain has passkeys of its own host.",
    )
    master_key: SecretStr = Field(
        SecretStr(""),
        description="Master key: 32 bytes as base64. Takes precedence over `master_key_command` and the key file.",
    )
    master_key_command: str = Field(
        "", description="Command that prints the master key as base64, such as a key vault's client."
    )
    vision_workers: int = Field(2, ge=1, le=64, description="Number of threads that analyse captures.")
    vision_queue: int = Field(
        64, ge=1, le=4096, description="Captures that may wait for analysis. Further ones are dropped and taken again."
    )
    vision_engine: Literal["onnxruntime", "openvino"] = Field(
        "onnxruntime",
        description="Engine that runs the face embedder. `openvino` needs `zaichang[openvino]` (ADR 0024).",
    )
    connections_max: int = Field(5_000, ge=1, le=100_000, description="Maximum number of open websockets.")
    keep_captures: bool = Field(True, description="Keep captures, encrypted, for review.")
    capture_days: int = Field(180, ge=1, le=3650, description="Days for which a new session keeps its captures.")
    review_days: int = Field(7, ge=1, le=90, description="Days until a review case is due.")
    appeal_days: int = Field(3, ge=1, le=30, description="Working days until an appeal is due.")
    device_accounts: int = Field(
        3, ge=0, le=1_000, description="Open a review case when this many accounts use one device (0 = off)."
    )
    address_accounts: int = Field(
        50,
        ge=0,
        le=100_000,
        description="Open a review case when this many accounts use one network address within a day (0 = off).",
    )
    account_devices: int = Field(
        4,
        ge=0,
        le=1_000,
        description="Open a review case when one account uses this many devices within a day (0 = off).",
    )
    account_parallel: int = Field(
        5,
        ge=0,
        le=1_000,
        description="Open a review case when one account leaves this many running lessons within a day (0 = off).",
    )
    device_days: int = Field(
        30, ge=1, le=180, description="Days for which digests of devices and network addresses are kept."
    )
    face_search: bool = Field(
        True,
        description="Search each institution for one face behind several accounts (docs/privacy.md).",
    )
    face_search_across: bool = Field(
        False,
        description="Compare references across the institutions of this service, so that one person does not earn in "
        "two at once; near_copies compares captures likewise. Needs face_search and a legal basis that all of them "
        "share (docs/privacy.md).",
    )
    near_copies: bool = Field(
        True,
        description="Compare the pixels of captures with those of the last day, for copies that were encoded again,"
        " cropped or resized (docs/privacy.md). Needs keep_captures.",
    )
    rate_address: int = Field(3_000, ge=0, description="API requests per minute from one address (0 = no limit).")
    rate_key: int = Field(3_000, ge=0, description="API requests per minute with one key or token (0 = no limit).")
    rate_joins: int = Field(
        3_000, ge=0, description="Websocket connections per minute from one address (0 = no limit)."
    )
    rate_token: int = Field(
        30, ge=0, description="Websocket connections per minute with one launch token (0 = no limit)."
    )
    rate_photos: int = Field(6, ge=0, description="Enrolment photos per minute with one launch token (0 = no limit).")
    rate_appeals: int = Field(6, ge=0, description="Appeals per minute of one learner (0 = no limit).")
    token_minutes: int = Field(240, ge=1, le=1440, description="Minutes for which a launch token is valid.")
    log_flush_ms: int = Field(
        250, ge=10, le=5_000, description="Milliseconds that records wait, so that one checkpoint covers several."
    )
    log_hold_back: bool = Field(
        True,
        description="Hold records of sessions, and later decisions about them, back to the end of their quarter of an "
        "hour, so that a public log joins no learner's sessions (docs/privacy.md). False: they enter at once.",
    )
    log_witnesses: tuple[str, ...] = Field(
        (),
        description="Witnesses that cosign the logs: `URL VKEY`, or `URL VKEY BEACONKEY` (docs/evidence.md).",
    )
    log_witness_start: Literal["warn", "require"] = Field(
        "warn", description="If no witness answers at start: `warn` signs anyway, `require` does not open the log."
    )
    log_tsa: str = Field(
        "",
        max_length=1_000,
        description="Address of a time-stamping authority (RFC 3161) that stamps each log every hour. Empty: none.",
    )
    log_tsa_certificates: Path | None = Field(
        None,
        description="PEM file with that authority's root certificates; an answer that they do not prove is refused.",
    )
    log_signer_command: str = Field(
        "", max_length=1_000, description="Command that signs the logs, instead of key files (docs/evidence.md)."
    )
    log_ml_dsa: bool = Field(
        False, description="Add an ML-DSA-44 signature, safe against quantum computers, to every checkpoint."
    )
    log_sm2: bool = Field(
        False,
        description="Add an SM2 signature to every checkpoint and keep an SM3 tree. Needs `zaichang[sm]`.",
    )
    sdk: Path | None = Field(
        None, description="Folder of the built player. Empty: client_sdk/web/dist of the checkout."
    )


def load_settings(
    config: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings.

    Args:
        config: TOML file; None takes ``ZAICHANG_CONFIG`` where it is set.
        overrides: From the command line; None values are left out.
        environ: Environment; None takes the process's.

    Raises:
        ConfigError: ``config.unknown_key``, ``config.invalid``, ``config.unreadable``, naming the key.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    path = config or (Path(environ[PREFIX + "CONFIG"]) if environ.get(PREFIX + "CONFIG") else None)
    if path is not None:
        values |= _from_file(path)
    values |= _from_environment(environ)
    values |= {key: value for key, value in (overrides or {}).items() if value is not None}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise ConfigError(
            "config.invalid", f"A setting is wrong: {_explain(error)}.", "See docs/settings.md for the settings."
        ) from None


def _from_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("config.unreadable", f"The configuration {path} cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("config.unreadable", f"The configuration {path} is not TOML: {error}.") from None
    for key in values:
        if key not in Settings.model_fields:
            raise _unknown(key, str(path))
    return values


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name.removeprefix(PREFIX) in OTHER_VARIABLES:
            continue
        key = name.removeprefix(PREFIX).lower()
        if key not in Settings.model_fields:
            raise _unknown(name, "the environment")
        values[key] = tuple(text.split(",")) if key in _LISTS and text else text
    return values


def _unknown(key: str, where: str) -> ConfigError:
    return ConfigError(
        "config.unknown_key", f"{where} sets {key!r}, which is no setting.", "See docs/settings.md for the settings."
    )


def _explain(error: ValidationError) -> str:
    # Never the input itself: it may be a key.
    return "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
