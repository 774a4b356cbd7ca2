"""Active challenge: genuine clips that pass, genuine clips that do something else, flat pictures that are moved.

Run: ``.venv/bin/python -m benchmarks.accuracy.challenge``

No clip was recorded in answer to an order: the orders are laid over what the people happen to do. Flat attacks are
made from stills: turned, nodded, tilted, bent and shifted in front of a grey room by a pinhole camera.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from skimage import data

from benchmarks import report
from benchmarks.accuracy.cohorts import media_folder
from zaichang.biometric.challenge import eye_opening, eyes_open, judge, mouth_opening
from zaichang.biometric.movement import Action, MovementLimits, Outcome
from zaichang.biometric.pose import pose_from_mesh
from zaichang.vision.catalog import Role
from zaichang.vision.detector import Detector
from zaichang.vision.iris import EyeNetwork
from zaichang.vision.mesh import MeshNetwork
from zaichang.vision.pipeline import order_faces
from zaichang.vision.runtime import load_models
from zaichang.vision.video import VIDEO_SUFFIXES, sampled_frames

Picture = npt.NDArray[np.uint8]
Mesh = npt.NDArray[np.float64]
WINDOW = 6
NOTES = (
    "Genuine orders are laid over clips that were not made for them; blinks are judged on 8-10 frames per second.",
    "Flat attacks are simulated from stills of the clips and scikit-image's astronaut; no real paper was bent.",
    "A replayed clip of the right movement passes this part by design: order, timing and PAD must stop it.",
)


class Eyes:
    """Detector and mesh, and the lids from the eye network as in a session, or from the mesh alone."""

    def __init__(self, *, refine: bool = True) -> None:
        """Load the models."""
        models = load_models(roles=frozenset({Role.DETECTOR, Role.MESH, Role.IRIS, Role.EMBEDDER}))
        detector, mesh, eyes = (models.network(role) for role in (Role.DETECTOR, Role.MESH, Role.IRIS))
        if detector is None or mesh is None or eyes is None:
            raise SystemExit("detector, mesh and iris are needed")
        self._detector, self._mesh = Detector(detector), MeshNetwork(mesh)
        self._eyes = EyeNetwork(eyes) if refine else None

    def mesh(self, frame: Picture) -> Mesh | None:
        """Return the main face's mesh, or None."""
        faces = order_faces(self._detector.detect(frame), frame.shape[1], frame.shape[0])
        if not faces:
            return None
        found = self._mesh.run(frame, faces[0])
        if found.presence <= 0.5:
            return None
        return self._eyes.refined(frame, found.points_px) if self._eyes else found.points_px


def clips(eyes: Eyes) -> Iterator[tuple[str, list[Mesh], Picture]]:
    """Yield (name, meshes at 8-10 frames per second, first frame) of every genuine clip."""
    media = media_folder()
    paths = [path for path in sorted((media / "video").rglob("*")) if path.suffix in VIDEO_SUFFIXES]
    paths += [path for path in sorted((media / "pad").rglob("real*")) if path.suffix in VIDEO_SUFFIXES]
    for path in paths:
        meshes, first = [], None
        for _, frame in sampled_frames(path, 3):
            if max(frame.shape) > 800:
                frame = np.asarray(
                    cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.uint8
                )
            first = frame if first is None else first
            mesh = eyes.mesh(frame)
            if mesh is not None:
                meshes.append(mesh)
        if first is not None and len(meshes) > 4 * WINDOW:
            yield path.name, meshes, first


def extents(meshes: list[Mesh], limits: MovementLimits) -> tuple[dict[Action, npt.NDArray[np.float64]], list[int]]:
    """Return how far each frame is from rest per action (1 is the limit), and the three frames nearest to rest."""
    poses = [pose_from_mesh(mesh) for mesh in meshes]
    yaw, pitch = np.array([pose.yaw_deg for pose in poses]), np.array([pose.pitch_deg for pose in poses])
    mouth = np.array([mouth_opening(mesh) for mesh in meshes])
    away = np.abs(yaw - np.median(yaw)) + np.abs(pitch - np.median(pitch)) + 100 * mouth
    rest = [int(index) for index in np.argsort(away)[:3]]
    dy, dp = (
        100 * (yaw - np.median(yaw[rest])) / limits.yaw_cdeg,
        100 * (pitch - np.median(pitch[rest])) / limits.pitch_cdeg,
    )
    open_eye = float(np.median([eye_opening(meshes[index]) for index in rest]))
    eye = np.array([eyes_open(meshes[rest[0]], open_eye, mesh) for mesh in meshes])
    closed = (1 - eye) / (1 - limits.eye_closed_bp / 10_000)
    by_action = (dy, -dy, dp, -dp, closed, mouth / (limits.mouth_open_bp / 10_000))
    return dict(zip(Action, by_action, strict=True)), rest


def genuine_rows(all_clips: list[tuple[str, list[Mesh], Picture]]) -> list[dict[str, report.Cell]]:
    """Judge every movement as ordered, and as if something else had been ordered."""
    limits = MovementLimits()
    right, wrong = Counter[tuple[Action, Outcome]](), Counter[tuple[Action, Outcome]]()
    people: dict[Action, set[str]] = {}
    for name, meshes, _ in all_clips:
        extent, rest = extents(meshes, limits)
        before = [meshes[index] for index in rest]
        for action, values in extent.items():
            index = 0
            while index < len(values) - 1:
                # A movement that clearly happened: two frames a fifth beyond the limit (one for a blink).
                high = values[index : index + 2] >= 1.2
                if not (high.all() or (action is Action.BLINK and high[0])):
                    index += 1
                    continue
                after = meshes[max(0, index - 2) : index + WINDOW]
                right[action, judge(action, before, after).outcome] += 1
                people.setdefault(action, set()).add(name)
                for asked in Action:
                    if extent[asked][max(0, index - 2) : index + WINDOW].max() < 0.9:
                        wrong[asked, judge(asked, before, after).outcome] += 1
                index += WINDOW
    rows: list[dict[str, report.Cell]] = []
    for action in Action:
        done = sum(count for (a, _), count in right.items() if a is action)
        other = sum(count for (a, _), count in wrong.items() if a is action)
        rows.append(
            {
                "ordered": action.value,
                "clips": len(people.get(action, ())),
                "done": done,
                "passed": right[action, Outcome.PASSED],
                "called_flat": right[action, Outcome.FLAT],
                "something_else": other,
                "rejected": other - wrong[action, Outcome.PASSED],
            }
        )
    return rows


def moved(still: Picture, yaw: float, pitch: float, roll: float, bend: float, shift: float) -> Picture:
    """Photograph a flat or bent still: angles in degrees, bend as 1/radius in picture widths, shift in pixels."""
    height, width = still.shape[:2]
    scale, strips = 360 / max(height, width), 24 if bend else 1
    edges = np.linspace(0, width - 1, strips + 1)
    flat = (edges - width / 2) * scale
    if bend:
        radius = width * scale / bend
        x, z = radius * np.sin(flat / radius), radius * (1 - np.cos(flat / radius))
    else:
        x, z = flat, np.zeros_like(flat)
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), np.sin(r), 0], [-np.sin(r), np.cos(r), 0], [0, 0, 1]])
    corners = np.stack([np.stack([x, np.full_like(x, side * height * scale / 2), z], axis=1) for side in (-1, 1)])
    turned = corners @ (about_z @ about_y @ about_x).T
    seen = 600 * turned[..., :2] / (turned[..., 2:] + 600) + (320 + shift, 240)
    frame = np.full((480, 640, 3), 110, np.uint8)
    for strip in range(strips):
        a, b = edges[strip], edges[strip + 1]
        source = np.array([[a, 0], [b, 0], [a, height - 1], [b, height - 1]], np.float32)
        target = seen[:, strip : strip + 2].reshape(4, 2).astype(np.float32)
        part = cv2.warpPerspective(still, cv2.getPerspectiveTransform(source, target), (640, 480))
        mask = np.zeros((480, 640), np.uint8)
        cv2.fillConvexPoly(mask, np.round(target[[0, 1, 3, 2]]).astype(np.int32), 255)
        frame[mask > 0] = part[mask > 0]
    return frame


MOVES: dict[str, list[tuple[float, float, float, float]]] = {
    "turned": [(angle, 0.0, 0.0, 0.0) for angle in (20, 30, 40, 50, 60)],
    "nodded": [(0.0, angle, 0.0, 0.0) for angle in (15, 25, 35, 45, 50)],
    "turned and tilted": [(angle, 10.0, 15.0, 0.0) for angle in (20, 30, 40, 50, 60)],
    "bent and turned": [(angle, 0.0, 0.0, 1.2) for angle in (20, 30, 40, 50, 60)],
    "bent and nodded": [(0.0, angle, 0.0, 1.2) for angle in (15, 25, 35, 45, 50)],
    "shifted": [(0.0, 0.0, 0.0, 0.0)] * 5,
}


# A nod narrows the eyes of a picture, and coming back from a turn makes the face wider, which looks alike.
BLINK_MOVES: dict[str, list[tuple[float, float, float, float]]] = {
    **MOVES,
    "nodded further": [(0.0, angle, 0.0, 0.0) for angle in (40, 50, 55, 60, 65)],
    "bent and nodded further": [(0.0, angle, 0.0, 1.2) for angle in (40, 50, 55, 60, 65)],
    "back from a turn": [(0.0, 0.0, 0.0, 0.0)] * 5,
}
RESTS_TURNED = {"back from a turn": 50.0}
HEAD_ORDERS = (Action.TURN_LEFT, Action.TURN_RIGHT, Action.LOOK_UP, Action.LOOK_DOWN)


def flat_rows(
    eyes: Eyes,
    stills: list[Picture],
    moves: dict[str, list[tuple[float, float, float, float]]],
    orders: tuple[Action, ...],
) -> list[dict[str, report.Cell]]:
    """Judge moved stills against orders, both directions."""
    rows: list[dict[str, report.Cell]] = []
    for name, steps in moves.items():
        turned = RESTS_TURNED.get(name, 0.0)
        outcomes = Counter[Outcome]()
        for still in stills:
            for sign in (1, -1):
                resting = [eyes.mesh(moved(still, sign * turned, 0, 0, steps[0][3], shift)) for shift in (0, 1, 2)]
                shifts = (
                    [40.0 * index * sign for index in range(len(steps))] if name == "shifted" else [0.0] * len(steps)
                )
                # Each step is held for two frames, as an attacker would.
                answer = [
                    eyes.mesh(moved(still, sign * yaw, sign * pitch, sign * roll, bend, shift + jitter))
                    for (yaw, pitch, roll, bend), shift in zip(steps, shifts, strict=True)
                    for jitter in (0, 1)
                ]
                before = [mesh for mesh in resting if mesh is not None]
                after = [mesh for mesh in answer if mesh is not None]
                for order in orders:
                    outcomes[judge(order, before, after).outcome] += 1
        tried = sum(outcomes.values())
        rows.append(
            {
                "attack": name,
                "stills": len(stills),
                "tried": tried,
                "passed": outcomes[Outcome.PASSED],
                "rejected_pct": round(100 * (1 - outcomes[Outcome.PASSED] / tried), 2),
                "called_flat": outcomes[Outcome.FLAT],
                "no_response": outcomes[Outcome.NO_RESPONSE],
                "wrong_action": outcomes[Outcome.WRONG_ACTION],
                "unusable": outcomes[Outcome.UNUSABLE],
            }
        )
    return rows


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None, help="folder for the JSON files")
    arguments = parser.parse_args()
    eyes = Eyes()
    all_clips = list(clips(eyes))
    place = arguments.json
    report.publish(
        "accuracy.challenge_genuine",
        genuine_rows(all_clips),
        notes=NOTES[:1],
        destination=place / "accuracy.challenge_genuine.json" if place else None,
    )
    portrait = data.astronaut()  # type: ignore[no-untyped-call]  # scikit-image types only part of itself
    stills = [first for _, _, first in all_clips] + [np.ascontiguousarray(portrait[:300, 80:380, ::-1])]
    report.publish(
        "accuracy.challenge_flat",
        flat_rows(eyes, stills, MOVES, HEAD_ORDERS),
        notes=NOTES[1:],
        destination=place / "accuracy.challenge_flat.json" if place else None,
    )
    report.publish(
        "accuracy.challenge_flat_blink",
        flat_rows(eyes, stills, BLINK_MOVES, (Action.BLINK,)),
        notes=NOTES[1:],
        destination=place / "accuracy.challenge_flat_blink.json" if place else None,
    )


if __name__ == "__main__":
    main()
