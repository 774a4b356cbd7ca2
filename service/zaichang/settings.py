"""Settings, read once in ``main``; rooms receive their own small frozen configuration.

A setting comes from a TOML file (``--config`` or ``ZAICHANG_CONFIG``), then from the environment (``ZAICHANG_PORT``),
then from the command line; the later wins. A key that nobody knows is refused, in the file and in the environment:
a misspelt setting must not silently keep its default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from zaichang.core.errors import ConfigError

PREFIX: Final = "ZAICHANG_"
OTHER_VARIABLES: Final = frozenset({"CONFIG", "MODEL_CACHE", "MODEL_MIRROR", "SHARED"})
"""Variables with our prefix that are read elsewhere (docs/operations.md)."""


class Settings(BaseModel):
    """All settings of the service, each with its unit and bounds. docs/settings.md lists them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: Path = Field(Path("zaichang-data"), description="The data folder; created where absent.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="TCP port; 0 takes a free one.")
    public_url: str = Field(
        "", max_length=200, description="How browsers reach the service; empty: from host and port."
    )
    log_domain: str = Field(
        "zaichang.local", pattern=r"^[A-Za-z0-9.-]{1,100}$", description="First part of every log's origin."
    )
    allowed_origins: tuple[str, ...] = Field(
        (), description="Origins (https://lms.example) whose pages may embed the player, beside our own."
    )
    master_key: SecretStr = Field(SecretStr(""), description="Base64 of the 32-byte master key; wins over the rest.")
    master_key_command: str = Field("", description="A command that prints the master key as base64.")
    vision_workers: int = Field(2, ge=1, le=64, description="Threads that analyse pictures.")
    vision_queue: int = Field(64, ge=1, le=4096, description="Pictures that may wait; more are not analysed.")
    vision_engine: Literal["onnxruntime", "openvino"] = Field(
        "onnxruntime", description="What runs the face embedder; `openvino` needs the extra of that name (ADR 0024)."
    )
    connections_max: int = Field(5_000, ge=1, le=100_000, description="Websockets served at once.")
    keep_captures: bool = Field(True, description="Whether pictures are kept (encrypted) for review.")
    capture_days: int = Field(180, ge=1, le=3650, description="Days after which kept pictures are deleted.")
    review_days: int = Field(7, ge=1, le=90, description="Days within which a person should look at a case.")
    appeal_days: int = Field(3, ge=1, le=30, description="Working days within which an appeal should be answered.")
    device_accounts: int = Field(
        3, ge=0, le=1_000, description="Accounts on one device from which on a person looks; 0: never."
    )
    address_accounts: int = Field(
        50,
        ge=0,
        le=100_000,
        description="Accounts behind one address within a day from which on a person looks; 0: never.",
    )
    account_devices: int = Field(
        4, ge=0, le=1_000, description="Devices of one account within a day from which on a person looks; 0: never."
    )
    account_parallel: int = Field(
        5, ge=0, le=1_000, description="Lessons left for another one while running, within a day, likewise; 0: never."
    )
    device_days: int = Field(30, ge=1, le=180, description="Days for which digests of devices and addresses are kept.")
    face_search: bool = Field(
        True,
        description="Whether one face behind several accounts of an institution is searched for (docs/privacy.md).",
    )
    rate_address: int = Field(3_000, ge=0, description="API requests a minute from one address; 0: no limit.")
    rate_key: int = Field(3_000, ge=0, description="API requests a minute with one key or token; 0: no limit.")
    rate_joins: int = Field(3_000, ge=0, description="Connections a minute from one address; 0: no limit.")
    rate_token: int = Field(30, ge=0, description="Connections a minute with one launch token; 0: no limit.")
    rate_photos: int = Field(6, ge=0, description="Enrolment photos a minute with one launch token; 0: no limit.")
    rate_appeals: int = Field(6, ge=0, description="Appeals a minute of one learner; 0: no limit.")
    token_minutes: int = Field(240, ge=1, le=1440, description="Life of a launch token, in minutes.")
    log_flush_ms: int = Field(250, ge=10, le=5_000, description="How long leaves wait for a common checkpoint.")
    log_witnesses: tuple[str, ...] = Field(
        (),
        description="Witnesses that cosign the logs, each as `URL VKEY`, or `URL VKEY BEACONKEY` (docs/evidence.md).",
    )
    log_witness_start: Literal["warn", "require"] = Field(
        "warn", description="If no witness answers at start: `warn` signs on, `require` does not open the log."
    )
    log_signer_command: str = Field(
        "", max_length=1_000, description="A command that signs the logs in place of key files (docs/evidence.md)."
    )
    log_ml_dsa: bool = Field(
        False, description="Adds an ML-DSA-44 line to every checkpoint, against quantum computers."
    )
    log_sm2: bool = Field(
        False,
        description="Adds an SM2 line to every checkpoint and keeps a second tree with SM3; needs `zaichang[sm]`.",
    )
    sdk: Path | None = Field(None, description="Folder of the player bundle; empty: client_sdk/web/dist beside us.")


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
        values[key] = tuple(text.split(",")) if key in ("allowed_origins", "log_witnesses") and text else text
    return values


def _unknown(key: str, where: str) -> ConfigError:
    return ConfigError(
        "config.unknown_key", f"{where} sets {key!r}, which is no setting.", "See docs/settings.md for the settings."
    )


def _explain(error: ValidationError) -> str:
    # Never the input itself: it may be a key.
    return "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
