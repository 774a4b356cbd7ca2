"""The model catalogue: which file plays which role, where it comes from, which hash it must have.

A model that is not in the catalogue, or whose hash differs, is never run. Unknown keys are refused, so that a
misspelt hash field cannot switch a check off.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from zaichang.core.errors import ConfigError, ModelError

CATALOG_VERSION: Final = 1
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Role(StrEnum):
    """What a model does; one model per role."""

    DETECTOR = "detector"
    EMBEDDER = "embedder"
    MESH = "mesh"
    IRIS = "iris"
    PAD = "pad"


REQUIRED_ROLES: Final = frozenset({Role.DETECTOR, Role.EMBEDDER, Role.MESH})
"""Roles that a service cannot run without. PAD may be absent: then no frame ever has a PAD score."""


class Runtime(StrEnum):
    """The engine that runs a model file."""

    ONNX = "onnx"
    LITERT = "litert"


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelSource:
    """A member of a wheel in the user's package index.

    Attributes:
        package: Distribution name.
        version: Exact version.
        member: Path inside the wheel.
    """

    package: str
    version: str
    member: str

    def __str__(self) -> str:
        """Name the source for people."""
        return f"{self.package} {self.version} from the package index"


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlSource:
    """An upstream address (https only)."""

    url: str

    def __str__(self) -> str:
        """Name the source for people."""
        return self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledSource:
    """A file that comes with Zaichang, relative to the catalogue's folder."""

    path: str

    def __str__(self) -> str:
        """Name the source for people."""
        return f"bundled {self.path}"


Source = WheelSource | UrlSource | BundledSource


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One model.

    Attributes:
        role: Its role.
        name: Name in reports; part of ``FrameAssessment.models``.
        file: File name in the cache.
        runtime: The engine that runs it.
        transform: ``name/version`` (``zaichang.vision.transform``).
        source_sha256: Hash of the member as the source gives it.
        derived_sha256: Hash of the file that is run.
        derived_bytes: Its size.
        licence: SPDX identifier.
        licence_url: Address of the licence text.
        card: Model card, relative to models/.
        input: Input contract, for people.
        output: Output contract, for people.
        sources: Its sources, tried in order.
        figures: Measured figures, for people.
    """

    role: Role
    name: str
    file: str
    runtime: Runtime
    transform: str
    source_sha256: str
    derived_sha256: str
    derived_bytes: int
    licence: str
    licence_url: str
    card: str
    input: str
    output: str
    sources: tuple[Source, ...]
    figures: Mapping[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All models, and the folder that bundled sources are relative to."""

    entries: tuple[ModelEntry, ...]
    folder: Path

    def get(self, role: Role) -> ModelEntry | None:
        """Return the model of a role, or None where the catalogue has none."""
        return next((entry for entry in self.entries if entry.role is role), None)

    def require(self, role: Role) -> ModelEntry:
        """Return the model of a role.

        Raises:
            ModelError: ``models.role_absent``.
        """
        entry = self.get(role)
        if entry is None:
            raise ModelError("models.role_absent", f"The model catalogue has no model for the role {role.value!r}.")
        return entry


def default_catalog_path() -> Path:
    """Return the catalogue that belongs to this code: beside it in a wheel, in models/ in a checkout.

    Raises:
        ConfigError: ``models.catalog_missing``.
    """
    here = Path(__file__).resolve()
    for path in (here.with_name("catalog.toml"), here.parents[3] / "models" / "catalog.toml"):
        if path.is_file():
            return path
    raise ConfigError(
        "models.catalog_missing", "The model catalogue catalog.toml was not found.", "Reinstall Zaichang."
    )


def load_catalog(path: Path | None = None) -> Catalog:
    """Read a catalogue.

    Args:
        path: The file; by default the one that came with this code.

    Raises:
        ConfigError: ``models.catalog_missing``, ``models.catalog_invalid`` (naming the model and key).
    """
    path = path or default_catalog_path()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError("models.catalog_missing", f"The model catalogue {path} does not exist.") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _invalid(f"{path} cannot be read: {error}.") from error
    if raw.keys() - {"version", "model"} or raw.get("version") != CATALOG_VERSION:
        raise _invalid(
            f"it must have version = {CATALOG_VERSION} and [[model]] tables, nothing else (got {sorted(raw)})."
        )
    entries = tuple(_entry(table) for table in _tables(raw.get("model"), "model"))
    for what, values in (("role", [e.role for e in entries]), ("file", [e.file for e in entries])):
        if len(set(values)) != len(values):
            raise _invalid(f"two models have the same {what}.")
    return Catalog(entries=entries, folder=path.parent)


def _invalid(what: str) -> ConfigError:
    return ConfigError("models.catalog_invalid", f"The model catalogue is wrong: {what}")


def _tables(value: Any, key: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        raise _invalid(f"{key} must be one or more [[{key}]] tables.")
    return value


_OPTIONAL: Final = frozenset({"figures"})
_ENTRY_KEYS: Final = frozenset(f.name for f in fields(ModelEntry)) - {"sources"} | {"source"}


def _entry(table: dict[str, Any]) -> ModelEntry:
    name = table.get("name", "without a name")
    unknown, missing = table.keys() - _ENTRY_KEYS, _ENTRY_KEYS - _OPTIONAL - table.keys()
    if unknown or missing:
        raise _invalid(f"model {name}: unknown keys {sorted(unknown)}, missing keys {sorted(missing)}.")
    values = dict(table)
    sources = tuple(_source(source, name) for source in _tables(values.pop("source"), "model.source"))
    for key, value in values.items():
        if key in _OPTIONAL:
            if not isinstance(value, dict) or not all(isinstance(v, int | float | str) for v in value.values()):
                raise _invalid(f"model {name}: {key} must be a table of numbers and strings.")
        elif key == "derived_bytes":
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise _invalid(f"model {name}: derived_bytes must be a positive integer (got {value!r}).")
        elif not isinstance(value, str) or not value:
            raise _invalid(f"model {name}: {key} must be a string that is not empty (got {value!r}).")
    for key in ("source_sha256", "derived_sha256"):
        if _SHA256.fullmatch(values[key]) is None:
            raise _invalid(f"model {name}: {key} must be 64 hex digits in lower case.")
    if _FILE_NAME.fullmatch(values["file"]) is None:
        raise _invalid(f"model {name}: file must be a plain file name (got {values['file']!r}).")
    try:
        role, runtime = Role(values.pop("role")), Runtime(values.pop("runtime"))
    except ValueError as error:
        raise _invalid(f"model {name}: {error}.") from error
    return ModelEntry(role=role, runtime=runtime, sources=sources, **values)


_SOURCES: Final[Mapping[str, type[WheelSource] | type[UrlSource] | type[BundledSource]]] = {
    "wheel": WheelSource,
    "url": UrlSource,
    "bundled": BundledSource,
}


def _source(table: dict[str, Any], name: str) -> Source:
    values = dict(table)
    cls = _SOURCES.get(values.pop("kind", ""))
    if cls is None:
        raise _invalid(
            f"model {name}: a source's kind must be one of {', '.join(_SOURCES)} (got {table.get('kind')!r})."
        )
    expected = {f.name for f in fields(cls)}
    if values.keys() != expected or not all(isinstance(value, str) and value for value in values.values()):
        raise _invalid(f"model {name}: a {table['kind']} source has exactly the keys {sorted(expected)}, all strings.")
    source = cls(**values)
    if isinstance(source, UrlSource) and not source.url.startswith("https://"):
        raise _invalid(f"model {name}: a url source must use https.")
    if isinstance(source, BundledSource) and (source.path.startswith("/") or ".." in source.path.split("/")):
        raise _invalid(f"model {name}: a bundled path must stay inside models/.")
    return source
