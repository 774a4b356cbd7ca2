"""``zaichang assess``: analyse pictures and clips, and print one JSON line for each."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zaichang.cli.out import say
from zaichang.cli.vision_support import analyser_for_files, file_bytes, read_template
from zaichang.core.errors import UnreadableInput, ZaichangError
from zaichang.core.reason_table import UNREADABLE
from zaichang.core.reasons import ReasonCode

if TYPE_CHECKING:
    from zaichang.biometric.template import Template
    from zaichang.core.assessment import FaceFinding, FrameAssessment
    from zaichang.vision.pipeline import Analyser


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"must be a whole number from 1 (got {text!r})")
    return int(text)


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Register the command."""
    text = "assess pictures (JPEG, PNG, WebP), clips or folders of them"
    parser = subparsers.add_parser("assess", help=text, description=text)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument(
        "--reference", type=Path, metavar="IMAGE", help="compare the main face of each picture with this one"
    )
    parser.add_argument(
        "--every", type=_positive, default=10, metavar="N", help="every Nth frame of a clip (default 10)"
    )
    parser.add_argument("--json", action="store_true", help="a JSON line per picture or frame")
    parser.set_defaults(func=run)


def run(args: Namespace) -> int:
    """Print a line per picture or sampled frame.

    Exit code 0 every frame is usable, 1 some have reasons, 2 some could not be read, 3 usage.
    """
    analyser = analyser_for_files()
    template = read_template(analyser, args.reference) if args.reference else None
    worst = 0
    for path in args.paths:
        for line in _lines(path, analyser, template, args.every):
            say(json.dumps(line, ensure_ascii=False) if args.json else _text(line), whole=True)
            worst = max(worst, _exit_code(line))
    return worst


def _lines(path: Path, analyser: Analyser, template: Template | None, every: int) -> Iterator[dict[str, Any]]:
    from zaichang.core.frames import Wanted
    from zaichang.vision.decode import FILE_LIMITS
    from zaichang.vision.video import PICTURE_SUFFIXES, VIDEO_SUFFIXES, sampled_frames

    want = Wanted(identity=template is not None, liveness=True)
    try:
        if path.is_dir():
            known = PICTURE_SUFFIXES | VIDEO_SUFFIXES
            files = [child for child in sorted(path.rglob("*")) if child.suffix.lower() in known and child.is_file()]
            if not files:
                raise UnreadableInput("file.none_found", f"{path} holds no picture or clip.")
            for child in files:
                yield from _lines(child, analyser, template, every)
            return
        if path.suffix.lower() in VIDEO_SUFFIXES:
            for index, pixels in sampled_frames(path, every):
                found = analyser.assess_pixels(pixels, want=want, reference=template)
                yield _line(path, found) | {"frame": index}
        else:
            yield _line(path, analyser.assess(file_bytes(path, FILE_LIMITS.max_bytes), want=want, reference=template))
    except ZaichangError as error:
        say(f"{path}: {error}", err=True)
        yield {"path": str(path), "faces": [], "reasons": [ReasonCode.FRAME_UNREADABLE.value], **error.as_dict()}


def _line(path: Path, found: FrameAssessment) -> dict[str, Any]:
    return {
        "path": str(path),
        "width_px": found.width_px,
        "height_px": found.height_px,
        "faces": [_face(face) for face in found.faces],
        "reasons": [reason.value for reason in found.reasons],
        "phash": found.phash,
        "luma_bp": found.luma_bp,
        "models": found.models,
    }


def _face(face: FaceFinding) -> dict[str, Any]:
    values = asdict(face)
    values["box_px"] = list(face.box_px)
    values["quality_parts_bp"] = dict(face.quality_parts_bp)
    values["reasons"] = [reason.value for reason in face.reasons]
    return values


def _exit_code(line: dict[str, Any]) -> int:
    if UNREADABLE & set(line["reasons"]):
        return 2
    faces = line["faces"]
    harmless = {ReasonCode.BACKGROUND_FACE.value}
    return 1 if set(line["reasons"]) - harmless or (faces and faces[0]["reasons"]) else 0


def _text(line: dict[str, Any]) -> str:
    frame = f" frame {line['frame']}" if "frame" in line else ""
    reasons = [*line["reasons"]]
    # A name with control characters could draw a line of its own.
    name = line["path"] if line["path"].isprintable() else ascii(line["path"])
    words = [f"{name}{frame}: {len(line['faces'])} face(s)"]
    if line["faces"]:
        main = line["faces"][0]
        reasons += main["reasons"]
        words.append(
            f"quality {main['quality_bp'] / 100:.0f} %, "
            f"yaw {main['yaw_cdeg'] / 100:+.0f}, pitch {main['pitch_cdeg'] / 100:+.0f}"
        )
        if main["pad_bp"] is not None:
            words.append(f"live {main['pad_bp'] / 100:.0f} %")
        if main["similarity_bp"] is not None:
            words.append(f"similarity {main['similarity_bp'] / 10000:.3f}")
    return ", ".join(words) + (f" [{' '.join(reasons)}]" if reasons else "")
