"""Pictures of a person who makes the movements of a liveness challenge, drawn once and kept.

A try has dozens of frames, a suite thousands of tries: so the movement has few stages, the person rests in one pose,
and each stage of each person is drawn, compressed and analysed once, with two variants of the camera's noise.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from zaichang.biometric.challenge import Mesh, eye_opening, mouth_opening
from zaichang.biometric.pose import pose_from_mesh
from zaichang_simulation.camera.faces import Image
from zaichang_simulation.camera.rig import Act, MeshOf, Rig

STAGES: Final = (0.0, 0.35, 0.7, 1.0)
CANDIDATES: Final = 10
"""Pictures of a video that are looked at for one in which the person rests, facing the camera."""


def act_of(movement: str, extent: float) -> Act:
    """Return how the head is held when a movement has gone this far, to the nearest stage.

    Args:
        movement: As ordered (docs/protocol.md); anything else is rest.
        extent: 0..1.
    """
    far = min(STAGES, key=lambda stage: abs(stage - extent))
    turns = {"turn_left": Act(turn=far), "turn_right": Act(turn=-far), "look_up": Act(nod=far)}
    others = {"look_down": Act(nod=-far), "blink": Act(closed=far), "open_mouth": Act(open=far)}
    return {**turns, **others}.get(movement, Act())


def unrest(mesh: Mesh) -> float:
    """Return how far a face is from resting before the camera: turned, nodding, eyes shut, mouth open."""
    pose = pose_from_mesh(mesh)
    shut, opened = max(0.0, 0.25 - eye_opening(mesh)), max(0.0, mouth_opening(mesh) - 0.1)
    return abs(pose.yaw_deg) + 0.7 * abs(pose.pitch_deg) + 60 * opened + 40 * shut


class Troupe:
    """The people that were drawn moving; shared by the scenarios of a suite."""

    def __init__(self, mesh_of: MeshOf) -> None:
        """``mesh_of`` finds the mesh of a drawn picture."""
        self.mesh_of = mesh_of
        self._rigs: dict[object, Rig | None] = {}
        self._drawn: dict[object, Image] = {}

    def knows(self, key: object) -> bool:
        """Whether a person's resting picture was given already."""
        return key in self._rigs

    def introduce(self, key: object, pictures: list[Image]) -> None:
        """Remember a person by the picture, of these, in which the face rests most; one without a face cannot move."""
        best: tuple[float, Image, Mesh] | None = None
        for picture in pictures:
            mesh = self.mesh_of(picture)
            if mesh is not None and (best is None or unrest(mesh) < best[0]):
                best = (unrest(mesh), picture, mesh)
        self._rigs[key] = Rig(best[1], best[2]) if best is not None else None

    def draw(self, key: object, act: Act, colour: str = "") -> Image | None:
        """Return a person's picture; None for one who cannot move.

        Args:
            key: Who.
            act: The movement.
            colour: Colour of the screen's light, ``#rrggbb``, on a person at rest; empty: none.
        """
        rig = self._rigs[key]
        if rig is None:
            return None
        if colour:
            return rig.lit(colour)
        act = replace(act, turn=float(np.round(act.turn, 2)), nod=float(np.round(act.nod, 2)))
        if (key, act) not in self._drawn:
            self._drawn[key, act] = rig.draw(act)
        return self._drawn[key, act]
