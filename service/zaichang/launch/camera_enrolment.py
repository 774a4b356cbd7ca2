"""Enrolment before the camera: the learner looks ahead, then left, right and up in an order that the server draws.

The next pose is told only when the last one has passed, so a prepared set of pictures does not fit; each turn must show
the parallax that a flat picture lacks (``zaichang.biometric.enrolment``), and all frames must show one person. A
running enrolment is kept in memory alone: a restart begins anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import permutations
from typing import Final

from zaichang.biometric.challenge import Mesh
from zaichang.biometric.enrolment import FRAMES_EACH, Pose, pose_held
from zaichang.biometric.pose import pose_from_mesh
from zaichang.core.errors import PeerViolation
from zaichang.core.ids import InstitutionId, LearnerId, TokenId
from zaichang.core.reasons import ReasonCode
from zaichang.launch.enrolment import Enrolled, Enrolling
from zaichang.ports.launch import LaunchPorts

STEP_MS: Final = 60_000
"""Time for one pose; then it begins anew."""
FRAMES_MAX: Final = 4
UNDER_WAY_MAX: Final = 1_000
LOOK_MS: Final = 15_000
_ORDERS: Final = tuple(permutations((Pose.LEFT, Pose.RIGHT, Pose.UP)))


@dataclass(slots=True, kw_only=True)
class _UnderWay:
    """One learner's enrolment."""

    poses: tuple[Pose, ...]
    due_ms: int
    alive: bool
    done: int = 0
    mirrored: bool = False
    front: list[Mesh] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)

    @property
    def next_pose(self) -> Pose:
        return self.poses[self.done]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The next step: a pose, or the finished reference.

    Attributes:
        pose: How to hold the head; None when all is done.
        number: Of this pose, from 1.
        of: How many poses there are.
        frames: How many pictures of it are wanted, a third of a second apart.
        due_ms: Deadline (server time).
        reasons: Why the pose that was shown did not count; empty where it did.
        made: The reference.
    """

    pose: Pose | None
    number: int
    of: int
    frames: int = FRAMES_EACH
    due_ms: int = 0
    reasons: tuple[ReasonCode, ...] = ()
    made: Enrolled | None = None


class LiveEnrolment:
    """Leads learners through the poses; one at a time per launch token."""

    def __init__(self, ports: LaunchPorts, enrolling: Enrolling) -> None:
        """Use the ports; ``enrolling`` makes the reference."""
        self._ports = ports
        self._enrolling = enrolling
        self._under_way: OrderedDict[str, _UnderWay] = OrderedDict()

    async def begin(
        self, token_id: TokenId, institution_id: InstitutionId, learner_id: LearnerId, *, alive: bool
    ) -> Step:
        """Start (or start again) and say the first pose.

        Args:
            token_id: Of the launch token.
            institution_id: Whose learner.
            learner_id: Pseudonym.
            alive: Whether each picture must pass attack detection, as the lesson's policy asks of captures.

        Raises:
            NotAllowed: ``enrol.exists``, ``learner.erased``.
        """
        await self._enrolling.check_open(institution_id, learner_id, replace=False)
        drawn = _ORDERS[int(self._ports.token_hex(4), 16) % len(_ORDERS)]
        due_ms = self._ports.clock.now_ms() + STEP_MS
        self._under_way.pop(token_id, None)
        self._under_way[token_id] = _UnderWay(poses=(Pose.FRONT, *drawn), due_ms=due_ms, alive=alive)
        if len(self._under_way) > UNDER_WAY_MAX:
            self._under_way.popitem(last=False)
        return _step(self._under_way[token_id])

    async def show(
        self,
        token_id: TokenId,
        institution_id: InstitutionId,
        learner_id: LearnerId,
        pose: str,
        pictures: Sequence[bytes],
    ) -> Step:
        """Judge the pictures of the ordered pose; return the next pose, the reason to repeat it, or the reference.

        Raises:
            PeerViolation: ``enrol.not_begun``, ``enrol.other_pose``, ``enrol.count``.
            UnreadableInput: ``enrol.unfit`` or ``enrol.several_people`` where the poses together make no reference:
                begin again; or the decoder's error.
        """
        under_way = self._under_way.get(token_id)
        if under_way is None or self._ports.clock.now_ms() > under_way.due_ms:
            self._under_way.pop(token_id, None)
            raise PeerViolation("enrol.not_begun", "No live enrolment is under way, or its time is up.", "Begin again.")
        if pose != under_way.next_pose:
            raise PeerViolation("enrol.other_pose", f"The pose asked for is {under_way.next_pose}.", "Show that one.")
        if not FRAMES_EACH <= len(pictures) <= FRAMES_MAX:
            raise PeerViolation("enrol.count", f"A pose takes {FRAMES_EACH} to {FRAMES_MAX} pictures.")
        meshes, reasons = await self._looked_at(under_way, pictures)
        if self._under_way.get(token_id) is not under_way or under_way.next_pose != pose:
            raise PeerViolation("enrol.other_pose", "The pose was sent twice.", "Wait for the answer.")
        if reasons:
            return _step(under_way, reasons)
        if under_way.next_pose is Pose.FRONT:
            under_way.front = meshes
        under_way.pictures.append(pictures[-1])
        under_way.done += 1
        under_way.due_ms = self._ports.clock.now_ms() + STEP_MS
        if under_way.done < len(under_way.poses):
            return _step(under_way)
        del self._under_way[token_id]
        made = await self._enrolling.from_photos(
            institution_id,
            learner_id,
            under_way.pictures,
            replace=False,
            names=under_way.poses,
            alive=under_way.alive,
        )
        return Step(pose=None, number=len(under_way.poses), of=len(under_way.poses), made=made)

    async def _looked_at(
        self, under_way: _UnderWay, pictures: Sequence[bytes]
    ) -> tuple[list[Mesh], tuple[ReasonCode, ...]]:
        """Return the meshes of the pictures, and the problems: quality, pose, parallax, attack detection."""
        vision, meshes = self._ports.vision, list[Mesh]()
        for picture in pictures:
            look = await vision.geometry(picture, LOOK_MS)
            if look.mesh is None or look.reasons:
                return meshes, look.reasons or (ReasonCode.NO_FACE,)
            meshes.append(look.mesh)
        heads = [pose_from_mesh(mesh) for mesh in meshes]
        off_deg = [max(abs(head.yaw_deg), abs(head.pitch_deg)) for head in heads]
        held = partial(pose_held, under_way.next_pose, under_way.front, meshes, off_deg)
        problem = held(mirrored=under_way.mirrored)
        if problem is not None:
            if held(mirrored=not under_way.mirrored) is None:
                under_way.mirrored = not under_way.mirrored  # the next try of this pose is judged so
            return meshes, (problem,)
        # The last picture goes into the reference, so its gate is checked now rather than at the end.
        kept = await vision.enrol(pictures[-1])
        if kept.template is None:
            return meshes, kept.reasons
        lifeless = await self._enrolling.lifeless(pictures[-1]) if under_way.alive else None
        return meshes, () if lifeless is None else (lifeless,)


def _step(under_way: _UnderWay, reasons: tuple[ReasonCode, ...] = ()) -> Step:
    return Step(
        pose=under_way.next_pose,
        number=under_way.done + 1,
        of=len(under_way.poses),
        due_ms=under_way.due_ms,
        reasons=reasons,
    )
