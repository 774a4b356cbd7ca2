"""What ``assess`` and ``compare`` share. The vision stack is imported only here, inside functions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zaichang.core.errors import ConfigError, UnreadableInput
from zaichang.core.reasons import ReasonCode

if TYPE_CHECKING:
    from zaichang.biometric.template import Template
    from zaichang.vision.pipeline import Analyser


def analyser_for_files() -> Analyser:
    """Return an analyser with the limits for files.

    Raises:
        ConfigError: ``install.service_missing`` in a base installation.
        ModelError: ``models.not_fetched``.
    """
    try:
        from zaichang.vision.decode import FILE_LIMITS
        from zaichang.vision.pipeline import Analyser, AnalyserConfig
        from zaichang.vision.runtime import load_models
    except ImportError as error:
        raise ConfigError(
            "install.service_missing",
            f"This command needs the vision parts, which are not installed ({error.name}).",
            "Install them: pip install 'zaichang[service]'.",
        ) from error
    return Analyser(load_models(), AnalyserConfig(limits=FILE_LIMITS))


def file_bytes(path: Path, most: int) -> bytes:
    """Return a file's bytes, at most ``most`` and one more, so that the caller sees a larger file.

    Raises:
        UnreadableInput: ``file.unreadable``; also for pipes and devices, which could block the command for ever.
    """
    try:
        if not path.is_dir() and path.exists() and not path.is_file():
            raise UnreadableInput("file.unreadable", f"{path} is a pipe or a device, not a file.")
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise UnreadableInput("file.unreadable", f"{path} cannot be read: {error.strerror}.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedFile:
    """The main face of a picture file: embedding or None, quality, and every reason."""

    embedding: Any
    quality_bp: int
    reasons: tuple[ReasonCode, ...]


def embed_file(analyser: Analyser, path: Path) -> EmbeddedFile:
    """Embed the main face of a picture file; several faces or none give no embedding.

    Raises:
        UnreadableInput: ``file.unreadable``, ``frame.unreadable``, ``frame.too_large``, each naming the file.
    """
    from zaichang.vision.decode import FILE_LIMITS, decode

    try:
        pixels = decode(file_bytes(path, FILE_LIMITS.max_bytes), FILE_LIMITS)
    except UnreadableInput as error:
        if error.code == "file.unreadable":
            raise
        raise UnreadableInput(
            "frame.too_large" if error.code == "frame.too_large" else "frame.unreadable",
            f"{path}: {error.message}",
            error.hint,
        ) from error
    found, embedding = analyser.embed_main(pixels)
    main = found.main
    several = ReasonCode.MULTIPLE_FACES in found.reasons
    return EmbeddedFile(
        embedding=None if several else embedding,
        quality_bp=main.quality_bp if main else 0,
        reasons=(*found.reasons, *(main.reasons if main else ())),
    )


def read_template(analyser: Analyser, path: Path) -> Template:
    """Return a template of the one face in a picture file.

    Raises:
        UnreadableInput: ``reference.unusable`` and those of ``embed_file``.
    """
    from zaichang.biometric.template import Template

    found = embed_file(analyser, path)
    if found.embedding is None:
        why = " ".join(reason.value for reason in found.reasons)
        raise UnreadableInput("reference.unusable", f"{path} does not show one face to compare with ({why}).")
    return Template(embedder=analyser.embedder_id, vectors=found.embedding[None])
