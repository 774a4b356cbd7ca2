"""One client's camera over the whole scenario: what it shows at a moment, as bytes a client would send."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass

import cv2
import msgspec
import numpy as np

from zaichang_simulation.camera.faces import Image, builtin_face, is_builtin
from zaichang_simulation.camera.flat import masked, turned_by_hand
from zaichang_simulation.camera.footage import Library
from zaichang_simulation.camera.head import Head, Pose, pose_at
from zaichang_simulation.camera.overlays import Overlays, is_overlay
from zaichang_simulation.camera.performed import CANDIDATES, Troupe
from zaichang_simulation.camera.picture import apply, cover, noisy, room, warp
from zaichang_simulation.camera.rig import Act
from zaichang_simulation.camera.shown import present
from zaichang_simulation.camera.texture import is_worn, swap_face, wear
from zaichang_simulation.format import camera as say
from zaichang_simulation.format.types import to_ms

_DRIFT_SEED = 0x5EED
_DRIFT_SLOWER = 2.0
IDLE_MS = 1_000
"""Time between two new pictures in a liveness challenge of a person who does not obey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A picture as the client sends it.

    Attributes:
        picture: JPEG.
        camera: Digest of the device and its settings, 16 hex digits.
        virtual: What the client says of the camera.
    """

    picture: bytes
    camera: str
    virtual: bool


class CameraTimeline:
    """Draws the entries of one client's ``[[camera]]``."""

    def __init__(
        self,
        entries: tuple[say.CameraEntry, ...],
        library: Library,
        seed: int,
        sent: dict[object, bytes] | None = None,
        troupe: Troupe | None = None,
    ) -> None:
        """Nothing is drawn yet; ``sources.check_sources`` has looked whether all of it can be.

        Args:
            entries: In order of time; before the first one, its picture is shown.
            library: Where files are found.
            seed: Of movement and noise.
            sent: Pictures drawn before, by other timelines too; kept here.
            troupe: People who can make movements; without it no movement is made.
        """
        self._overlays = Overlays(tuple(entry for entry in entries if is_overlay(entry)))
        self._entries = tuple(entry for entry in entries if not is_overlay(entry)) or (say.Clip(),)
        self._library = library
        self._seed = seed
        self._sent: dict[object, bytes] = {} if sent is None else sent
        self._troupe = troupe
        self._heads: dict[tuple[object, ...], Head] = {}
        self._upright: dict[str, bool] = {}

    def entry_at(self, time_ms: int) -> say.CameraEntry:
        """Return the entry in force."""
        over = self._overlays.at(time_ms)
        if over is not None:
            return over
        current = self._entries[0]
        for entry in self._entries:
            if to_ms(entry.at_s) <= time_ms:
                current = entry
        return self._held(current)

    def _held(self, entry: say.CameraEntry) -> say.CameraEntry:
        """Return an entry with its camera held as a file's pictures stand: a phone held upright gives upright ones.

        A lying picture cut out of an upright one shows a third of it, and a face without its surroundings.
        """
        if not isinstance(entry, say.Clip) or is_builtin(entry.source) or entry.height_px >= entry.width_px:
            return entry
        if entry.source not in self._upright:
            height_px, width_px = self._library.open(entry.source).picture(0).shape[:2]
            self._upright[entry.source] = height_px > width_px
        if not self._upright[entry.source]:
            return entry
        return msgspec.structs.replace(entry, width_px=entry.height_px, height_px=entry.width_px)

    def happened(self, event: str, now_ms: int) -> None:
        """Record an event that entries may answer."""
        self._overlays.happened(event, now_ms)

    def snapshot(
        self, time_ms: int, asked_ms: int | None, *, width_px: int, quality_pct: int
    ) -> Snapshot | say.Unavailable:
        """Return the picture that the client would send.

        Args:
            time_ms: Since the scenario's start.
            asked_ms: Since when the server asks the learner to face the camera, or None.
            width_px: Width to send, from the order; smaller pictures are not enlarged.
            quality_pct: JPEG quality, from the order.
        """
        entry = self.entry_at(time_ms)
        if isinstance(entry, say.Unavailable):
            return entry
        turned = _turned_to_camera(entry, time_ms, asked_ms)
        whole = isinstance(entry, say.Loop | say.Frozen)
        key = (
            self._entries if whole else entry,
            self._seed,
            int(time_ms * entry.fps / 1000),
            turned,
            width_px,
            quality_pct,
        )
        if key not in self._sent:
            self._sent[key] = self._jpeg(time_ms, asked_ms, width_px, quality_pct)
        return Snapshot(picture=self._sent[key], camera=_digest(entry), virtual=entry.virtual)

    def performed(
        self,
        time_ms: int,
        asked_ms: int | None,
        act: Act,
        *,
        performer: str,
        colour: str = "",
        width_px: int,
        quality_pct: int,
    ) -> Snapshot | say.Unavailable:
        """Return the client's picture while a person makes a movement; without such a person, the usual picture.

        Args:
            time_ms: As in ``snapshot``.
            asked_ms: As in ``snapshot``.
            act: The movement.
            performer: Another face that makes it; empty: the person in front of the camera.
            colour: Colour of the screen's light (``#rrggbb``), or empty.
            width_px: As in ``snapshot``.
            quality_pct: As in ``snapshot``.
        """
        entry = self.entry_at(time_ms)
        variant = int(time_ms * entry.fps / 1000) % 2
        if performer:
            entry = say.Clip(source=performer, width_px=entry.width_px, height_px=entry.height_px, camera=entry.camera)
        if isinstance(entry, say.Unavailable):
            return entry
        key = ("performed", entry, self._seed, act, colour, variant, width_px, quality_pct)
        if key not in self._sent:
            troupe = self._troupe
            image = self._acted(entry, act, colour, time_ms, asked_ms, troupe) if troupe is not None else None
            if image is None:
                idle_ms = time_ms - time_ms % IDLE_MS
                return self.snapshot(idle_ms, asked_ms, width_px=width_px, quality_pct=quality_pct)
            seed = (self._seed, variant, 77)
            kept = tuple(each for each in entry.transforms if not isinstance(each, say.POSTURE))
            image = noisy(self._transformed(image, entry, kept, seed), entry.noise, seed)
            self._sent[key] = _compressed(image, width_px, quality_pct)
        return Snapshot(picture=self._sent[key], camera=_digest(entry), virtual=entry.virtual)

    def _acted(
        self, entry: say.CameraEntry, act: Act, colour: str, time_ms: int, asked_ms: int | None, troupe: Troupe
    ) -> Image | None:
        """Return the picture of a movement; None where what is before the camera cannot make one."""
        size = (entry.width_px, entry.height_px)
        worn = _worn(entry.transforms)
        if isinstance(entry, say.Shown):
            still = self._person(entry.source, size, worn, 0.0, entry.source_at_s, 0.0, "hold")
            return present(still, entry, time_ms // 200 / 5, self._seed, (act.turn, act.nod))
        if isinstance(entry, say.Absent) and _turned_to_camera(entry, time_ms, asked_ms):
            entry = say.Clip(source=entry.source, width_px=entry.width_px, height_px=entry.height_px)
        if isinstance(entry, say.Clip) and entry.hand_turns:
            return turned_by_hand(self._draw(entry, entry.transforms, time_ms / 1000), (act.turn, act.nod))
        if isinstance(entry, say.FlatMask):
            still = self._person(entry.source, size, worn, 0.0, 0.0, 0.0, "hold")
            return masked(still, self._printed(entry, size), Pose(), (act.turn, act.nod))
        if not isinstance(entry, say.Clip | say.FaceSwap | say.Pair):
            return None
        if isinstance(entry, say.Clip) and (not entry.live or entry.when_asked == "stay"):
            return None
        person = (type(entry), entry.source, getattr(entry, "face", ""), getattr(entry, "second", ""), worn, size)
        if not troupe.knows(person):
            troupe.introduce(person, self._resting(entry, worn, size))
        return troupe.draw(person, act, colour)

    def _resting(
        self, entry: say.Clip | say.FaceSwap | say.Pair, worn: tuple[say.Transform, ...], size: tuple[int, int]
    ) -> list[Image]:
        """Return pictures in which the person may rest."""
        if isinstance(entry, say.FaceSwap):
            return [Head(swap_face(builtin_face(entry.source), builtin_face(entry.face)), *size).draw(Pose())]
        if isinstance(entry, say.Pair):
            return [self._pair(entry, size, worn, entry.at_s)]
        if is_builtin(entry.source):
            return [self._person(entry.source, size, worn, 0.0, 0.0, 0.0, "hold")]
        footage = self._library.open(entry.source)
        step = max(1, len(footage.frames) // CANDIDATES)
        return [cover(footage.picture(index), *size) for index in range(0, len(footage.frames), step)]

    def _jpeg(self, time_ms: int, asked_ms: int | None, width_px: int, quality_pct: int) -> bytes:
        return _compressed(self.image(time_ms, asked_ms), width_px, quality_pct)

    def still(self, source: str, *, width_px: int, quality_pct: int) -> Snapshot:
        """Return a stored picture as a cheat would upload it, with the current camera's settings claimed."""
        entry = say.Still(source=source, width_px=width_px, height_px=width_px * 3 // 4)
        image = self._draw(entry, (), 0.0)
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality_pct])
        return Snapshot(picture=data.tobytes(), camera=_digest(self._entries[0]), virtual=False)

    def image(self, time_ms: int, asked_ms: int | None = None) -> Image:
        """Return the camera's picture, before the client scales and compresses it."""
        entry = self.entry_at(time_ms)
        frame = int(time_ms * entry.fps / 1000)
        time_s = frame / entry.fps
        seed = (self._seed, frame)
        if isinstance(entry, say.Loop):
            length_ms = max(1, to_ms(entry.to_s) - to_ms(entry.from_s))
            since_ms = round(time_s * 1000) - to_ms(entry.at_s)
            image = self.image(to_ms(entry.from_s) + since_ms % length_ms)
            return noisy(self._transformed(image, entry, entry.transforms, seed), entry.noise, seed)
        if isinstance(entry, say.Frozen):
            image = self.image(max(0, to_ms(entry.at_s) - 1))
            return self._transformed(image, entry, entry.transforms, seed)
        transforms = entry.transforms
        shown: say.CameraEntry = entry
        if _turned_to_camera(entry, time_ms, asked_ms):
            transforms = tuple(each for each in transforms if not isinstance(each, say.POSTURE))
            if isinstance(entry, say.Absent):
                shown = say.Clip(
                    at_s=entry.at_s, source=entry.source, width_px=entry.width_px, height_px=entry.height_px
                )
        image = self._draw(shown, transforms, time_s)
        return noisy(self._transformed(image, shown, transforms, seed), entry.noise, (*seed, 1))

    def _transformed(
        self, image: Image, entry: say.CameraEntry, transforms: tuple[say.Transform, ...], seed: tuple[int, ...]
    ) -> Image:
        for index, transform in enumerate(transforms):
            image = apply(image, transform, (*seed, 2 + index))
        return image

    def _draw(self, entry: say.CameraEntry, transforms: tuple[say.Transform, ...], time_s: float) -> Image:
        size = (entry.width_px, entry.height_px)
        since_s = time_s - entry.at_s
        match entry:
            case say.Clip(source=source, motion=motion):
                played_s = entry.source_at_s + since_s * entry.speed
                picture = self._person(source, size, transforms, time_s, played_s, motion, entry.repeat)
                return picture if is_builtin(source) else self._drifted(picture, time_s, entry.drift)
            case say.Still(source=source, source_at_s=at_s):
                return self._person(source, size, transforms, 0.0, at_s, 0.0, "hold")
            case say.Shown(source=source, moving=moving):
                motion = 1.0 if moving else 0.0
                played_s = entry.source_at_s + (since_s if moving else 0.0)
                picture = self._person(source, size, transforms, time_s, played_s, motion, "bounce")
                return present(picture, entry, time_s, self._seed)
            case say.Pair():
                return self._pair(entry, size, transforms, time_s)
            case say.FaceSwap(source=source, face=face):
                key = ("swap", source, face, size)
                if key not in self._heads:
                    self._heads[key] = Head(swap_face(builtin_face(source), builtin_face(face)), *size)
                return self._heads[key].draw(_turned(pose_at(self._seed, time_s, 1.0), transforms))
            case say.FlatMask(source=source):
                pose = _turned(pose_at(self._head_seed(source), time_s, 1.0), transforms)
                wearer = self._person(source, size, transforms, time_s, 0.0, 1.0, "hold")
                return masked(wearer, self._printed(entry, size), pose, (0.0, 0.0))
            case say.Black(level=level):
                return np.full((size[1], size[0], 3), level, dtype=np.uint8)
            case _:
                return room(*size)

    def _person(
        self,
        source: str,
        size: tuple[int, int],
        transforms: tuple[say.Transform, ...],
        time_s: float,
        played_s: float,
        motion: float,
        repeat: str,
        nearer: float = 1.0,
    ) -> Image:
        if not is_builtin(source):
            footage = self._library.open(source)
            return cover(footage.picture(footage.index_at(played_s, repeat)), *size)
        worn = _worn(transforms)
        key = (source, worn, size, nearer)
        if key not in self._heads:
            self._heads[key] = Head(wear(builtin_face(source), worn), *size, nearer=nearer)
        return self._heads[key].draw(_turned(pose_at(self._head_seed(source), time_s, motion), transforms))

    def _head_seed(self, source: str) -> int:
        return self._seed ^ zlib.crc32(source.encode()) & 0x7FFFFFFF

    def _printed(self, entry: say.FlatMask, size: tuple[int, int]) -> Image:
        """Return the printed person of a mask, at rest."""
        key = ("printed", entry.face, size)
        if key not in self._heads:
            self._heads[key] = Head(builtin_face(entry.face), *size)
        return self._heads[key].draw(Pose())

    def _drifted(self, picture: Image, time_s: float, drift: float) -> Image:
        """Let a file's picture wander slowly, as a person in front of a camera does: no movement comes twice alike."""
        if not drift:
            return picture
        height, width = picture.shape[:2]
        pose = pose_at(self._seed ^ _DRIFT_SEED, time_s / _DRIFT_SLOWER, drift)
        size = 1.04 + 0.6 * (pose.scale - 1)
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), pose.roll_deg / 2, size)
        matrix[:, 2] += (0.06 * pose.right * width, 0.06 * pose.down * height)
        return warp(picture, matrix)

    def _pair(
        self, entry: say.Pair, size: tuple[int, int], transforms: tuple[say.Transform, ...], time_s: float
    ) -> Image:
        width, height = size
        since_s = time_s - entry.at_s
        if entry.layout == "beside":
            half = (width // 2, height)
            left = self._person(entry.source, half, transforms, time_s, since_s, 1.0, "bounce", 1.5)
            right = self._person(entry.second, half, (), time_s, since_s, 1.0, "bounce", 1.5)
            return np.ascontiguousarray(np.hstack([left, right]))
        frame = self._person(entry.source, size, transforms, time_s, since_s, 1.0, "bounce").copy()
        box_px = max(16, round(entry.second_size * width))
        behind = self._person(entry.second, (box_px, box_px), (), time_s, since_s, 0.5, "bounce", 2.0)
        left_px = round(entry.second_x * width - box_px / 2)
        top_px = round(entry.second_y * height - box_px / 2)
        left_px, top_px = max(0, min(width - box_px, left_px)), max(0, min(height - box_px, top_px))
        high_px = min(box_px, height - top_px)
        frame[top_px : top_px + high_px, left_px : left_px + box_px] = behind[:high_px]
        return frame


def _turned_to_camera(entry: say.CameraEntry, time_ms: int, asked_ms: int | None) -> bool:
    asked = asked_ms is not None and entry.when_asked in ("turn", "called")
    return asked and asked_ms is not None and time_ms >= asked_ms + to_ms(entry.react_s)


def _worn(transforms: tuple[say.Transform, ...]) -> tuple[say.Glasses | say.Occlude, ...]:
    return tuple(each for each in transforms if is_worn(each))


def _compressed(image: Image, width_px: int, quality_pct: int) -> bytes:
    if image.shape[1] > width_px:
        size = (width_px, round(image.shape[0] * width_px / image.shape[1]))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality_pct])
    return data.tobytes()


def _digest(entry: say.CameraEntry) -> str:
    settings = f"{entry.camera}|{entry.label}|{entry.width_px}x{entry.height_px}"
    return hashlib.sha256(settings.encode()).hexdigest()[:16]


def _turned(pose: Pose, transforms: tuple[say.Transform, ...]) -> Pose:
    yaw_deg, pitch_deg = pose.yaw_deg, pose.pitch_deg
    for each in transforms:
        if isinstance(each, say.Turn):
            yaw_deg, pitch_deg = yaw_deg + each.yaw_deg, pitch_deg + each.pitch_deg
    return Pose(
        right=pose.right,
        down=pose.down,
        scale=pose.scale,
        roll_deg=pose.roll_deg,
        yaw_deg=yaw_deg,
        pitch_deg=pitch_deg,
        closed=pose.closed,
        talk=pose.talk,
    )
