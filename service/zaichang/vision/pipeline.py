"""One frame in, one ``FrameAssessment`` out. Each stage runs only where the frame needs it.

decode -> detect -> choose the main face -> mesh -> quality -> align -> embed and compare -> PAD -> reasons
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.alignment import ALIGNED_PX
from zaichang.biometric.comparison import similarity_bp
from zaichang.biometric.frame_geometry import Geometry
from zaichang.biometric.phash import HASH_INPUT_PX, perceptual_hash
from zaichang.biometric.pose import HeadPose, pose_from_five_points, pose_from_mesh
from zaichang.biometric.quality import (
    FaceMeasures,
    Quality,
    QualityLimits,
    assess_quality,
    camera_covered,
    lower_face_covered,
)
from zaichang.biometric.template import Template
from zaichang.biometric.thresholds import DEFAULT_THRESHOLDS, Thresholds
from zaichang.core.assessment import FaceFinding, FrameAssessment
from zaichang.core.errors import ConfigError, UnreadableInput
from zaichang.core.frames import PRESENCE, PhotoResult, Wanted
from zaichang.core.reasons import ReasonCode
from zaichang.core.units import to_bp, to_cdeg
from zaichang.vision.catalog import Role
from zaichang.vision.decode import FILE_LIMITS, SESSION_LIMITS, DecodeLimits, decode, reason_of
from zaichang.vision.detector import Detection, Detector, DetectorConfig
from zaichang.vision.embedder import Embedder, FaceViews, aligned_face, face_views
from zaichang.vision.geometry import room_colour, skin_colour
from zaichang.vision.iris import EyeNetwork
from zaichang.vision.mesh import FaceMesh, MeshNetwork
from zaichang.vision.pad import Pad
from zaichang.vision.runtime import Models, Network
from zaichang.vision.upright import stands

PIPELINE_VERSION: Final = "6"
"""Part of ``FrameAssessment.models``: raised when the same picture would give other numbers."""

MESH_PRESENCE: Final = 0.5
"""Presence below which the mesh network reports that there is no face."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyserConfig:
    """How frames are analysed. None of this can be set by a client.

    Attributes:
        limits: For frames.
        enrol_limits: For enrolment photos.
        detector: How faces are found.
        quality: Limits of a usable face.
        thresholds: The thresholds of the decisions.
        sure_margin_bp: A frame whose first similarity is so far above the threshold is the person; any other is looked
            at a second time, aligned by other points and mirrored, and the mean decides (docs/adr/0027).
    """

    limits: DecodeLimits = SESSION_LIMITS
    enrol_limits: DecodeLimits = FILE_LIMITS
    detector: DetectorConfig = field(default_factory=DetectorConfig)
    quality: QualityLimits = field(default_factory=QualityLimits)
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    sure_margin_bp: int = 1000


class Analyser:
    """Analyses frames. Belongs to one thread; make one per worker from the same ``Models``."""

    def __init__(self, models: Models, config: AnalyserConfig | None = None) -> None:
        """Load the networks.

        Raises:
            ModelError: ``models.not_loadable``.
            ConfigError: ``models.role_needed`` where detector, mesh or embedder is absent.
        """
        self.config = config or AnalyserConfig()
        self._models = models
        self._detector = Detector(_needed(models, Role.DETECTOR), self.config.detector)
        self._mesh = MeshNetwork(_needed(models, Role.MESH))
        self._embedder = Embedder(_needed(models, Role.EMBEDDER))
        eyes, pad = models.network(Role.IRIS), models.network(Role.PAD)
        self._eyes = EyeNetwork(eyes) if eyes is not None else None
        self._pad = Pad(pad) if pad is not None else None
        digest = f"{models.digest} {PIPELINE_VERSION} {self.config!r}"
        self.models_digest = hashlib.sha256(digest.encode()).hexdigest()[:16]

    @property
    def embedder_id(self) -> str:
        """16 hex digits; templates made by another embedder cannot be compared."""
        return self._models.model_id(Role.EMBEDDER)

    def assess(self, frame: bytes, *, want: Wanted = PRESENCE, reference: Template | None = None) -> FrameAssessment:
        """Assess an encoded frame; a frame that cannot be read is an assessment with that reason.

        Args:
            frame: JPEG, PNG or WebP bytes.
            want: Which stages run.
            reference: The learner's template; needed for a similarity.
        """
        try:
            pixels = decode(frame, self.config.limits)
        except UnreadableInput as error:
            return FrameAssessment(width_px=0, height_px=0, models=self.models_digest, reasons=(reason_of(error),))
        return self.assess_pixels(pixels, want=want, reference=reference)

    def assess_pixels(
        self, pixels: NDArray[np.uint8], *, want: Wanted = PRESENCE, reference: Template | None = None
    ) -> FrameAssessment:
        """Assess a decoded frame (``(height, width, 3)`` BGR), e.g. from a video file."""
        return self._assess(pixels, want, reference, keep=False)[0]

    def geometry(self, frame: bytes) -> Geometry:
        """Look at a frame of an active liveness challenge: the only near face's mesh, or the problem.

        Args:
            frame: JPEG, PNG or WebP bytes.
        """
        try:
            pixels = decode(frame, self.config.limits)
        except UnreadableInput as error:
            return Geometry(reasons=(reason_of(error),), models=self.models_digest)
        return self.geometry_of(pixels)

    def geometry_of(self, pixels: NDArray[np.uint8]) -> Geometry:
        """Look at a decoded frame (``(height, width, 3)`` BGR); see ``geometry``."""
        height, width = pixels.shape[:2]
        faces = order_faces(self._detector.detect(pixels), width, height)
        reasons = _frame_reasons(faces, _thumbnail(pixels), self.config.thresholds)
        room = room_colour(pixels)
        if not faces or ReasonCode.MULTIPLE_FACES in reasons:
            return Geometry(reasons=reasons, room_rgb=room, models=self.models_digest)
        mesh = self._mesh.run(pixels, faces[0])
        if mesh.presence < MESH_PRESENCE:
            return Geometry(reasons=(ReasonCode.FACE_OCCLUDED,), room_rgb=room, models=self.models_digest)
        pose = pose_from_mesh(mesh.points_px)
        quality = self._quality(pixels, faces[0], mesh, pose, _align(pixels, faces[0]))
        # Only here: only challenges ask for a blink, and captures do not need the lids.
        points = self._eyes.refined(pixels, mesh.points_px) if self._eyes else mesh.points_px
        return Geometry(
            mesh=points,
            reasons=quality.reasons,
            face_rgb=skin_colour(pixels, mesh.points_px),
            room_rgb=room,
            models=self.models_digest,
        )

    def enrol(self, image: bytes) -> PhotoResult:
        """Make a reference from a photo, if the photo is good enough: one near face, quality above the gate.

        Args:
            image: JPEG, PNG or WebP bytes.

        Raises:
            UnreadableInput: ``frame.unreadable``, ``frame.too_large``.
        """
        pixels = decode(image, self.config.enrol_limits)
        thresholds = self.config.thresholds
        found, embedding, face = self._assess(pixels, Wanted(identity=True), None, keep=True)
        main = found.main
        # A small face behind leaves no doubt whose face it is. An equally near face does, and is refused.
        reasons: list[ReasonCode] = [reason for reason in found.reasons if reason is not ReasonCode.BACKGROUND_FACE]
        if main is not None:
            reasons += main.reasons
            if main.quality_bp < thresholds.enrol_quality_bp and not main.reasons:
                reasons.append(_weakest_reason(main))
        if face is not None and not stands(self._detector, pixels, face):
            reasons.append(ReasonCode.POSE_TOO_FAR)
        template = None
        if embedding is not None and not reasons:
            made = Template(embedder=self.embedder_id, vectors=embedding[None], thresholds=thresholds.version)
            template = made.encode()
        return PhotoResult(
            template=template,
            quality_bp=main.quality_bp if main else 0,
            reasons=tuple(dict.fromkeys(reasons)),
            assessment=found,
            thresholds=thresholds.version,
        )

    def embed_main(self, pixels: NDArray[np.uint8]) -> tuple[FrameAssessment, NDArray[np.float32] | None]:
        """Return the assessment and the main face's embedding (``(128,)``, length 1), or None without a face."""
        return self._assess(pixels, Wanted(identity=True), None, keep=True)[:2]

    def _assess(
        self, pixels: NDArray[np.uint8], want: Wanted, reference: Template | None, *, keep: bool
    ) -> tuple[FrameAssessment, NDArray[np.float32] | None, Detection | None]:
        """Run the stages; with ``keep`` the main face's embedding is made and returned, and where the face is."""
        height, width = pixels.shape[:2]
        # The hashes first, while the decoded picture is still in the processor's cache.
        small, content = _thumbnail(pixels), _content(pixels)
        faces = order_faces(self._detector.detect(pixels, careful=want.identity), width, height)
        embedding: NDArray[np.float32] | None = None
        findings: list[FaceFinding] = []
        if faces:
            main, embedding = self._main_face(pixels, faces[0], want, reference, keep=keep)
            findings = [main, *(_plain(face) for face in faces[1:])]
        assessment = FrameAssessment(
            width_px=width,
            height_px=height,
            faces=tuple(findings),
            phash=perceptual_hash(small),
            content=content,
            luma_bp=to_bp(float(small.mean()) / 255),
            models=self.models_digest,
            reasons=_frame_reasons(faces, small, self.config.thresholds),
        )
        return assessment, embedding, faces[0] if faces else None

    def _main_face(
        self, pixels: NDArray[np.uint8], face: Detection, want: Wanted, reference: Template | None, *, keep: bool
    ) -> tuple[FaceFinding, NDArray[np.float32] | None]:
        mesh = self._mesh.run(pixels, face) if want.mesh else None
        pose = pose_from_mesh(mesh.points_px) if mesh else pose_from_five_points(face.points_px)
        aligned = _align(pixels, face)
        quality = self._quality(pixels, face, mesh, pose, aligned)
        trusted = mesh if mesh is not None and mesh.presence >= MESH_PRESENCE else None
        embedding, similarity, identity_reasons = None, None, tuple[ReasonCode, ...]()
        if keep:
            embedding = self._embedder.reference(face_views(pixels, aligned, trusted))
        if want.identity and reference is not None:
            views = face_views(pixels, aligned, trusted)
            similarity, identity_reasons = self._compare(views, quality, reference)
        if ReasonCode.NOT_SAME_PERSON in identity_reasons and not stands(self._detector, pixels, face):
            # With a camera upside down no face matches; report the pose in place of a mismatch.
            identity_reasons = (ReasonCode.IDENTITY_UNCERTAIN, ReasonCode.POSE_TOO_FAR)
        pad = max(0, to_bp(self._pad.live_probability(pixels, face))) if want.liveness and self._pad else None
        reasons = list(dict.fromkeys((*identity_reasons, *quality.reasons)))
        if pad is not None and pad < self.config.thresholds.pad_bp:
            reasons.insert(0, ReasonCode.PAD_ATTACK)
        finding = FaceFinding(
            box_px=_box(face),
            score_bp=to_bp(face.score),
            yaw_cdeg=to_cdeg(pose.yaw_deg),
            pitch_cdeg=to_cdeg(pose.pitch_deg),
            roll_cdeg=to_cdeg(pose.roll_deg),
            quality_bp=quality.quality_bp,
            quality_parts_bp=quality.parts_bp,
            pad_bp=pad,
            similarity_bp=similarity,
            reasons=tuple(reasons),
        )
        return finding, embedding

    def _compare(
        self, views: FaceViews, quality: Quality, reference: Template
    ) -> tuple[int | None, tuple[ReasonCode, ...]]:
        """Return the similarity, and the reason where it does not say "same"."""
        if reference.embedder != self.embedder_id:
            return None, (ReasonCode.REFERENCE_OUTDATED,)
        thresholds = self.config.thresholds
        first = self._embedder.embed(views.by_mesh)
        similarity = similarity_bp(first, reference.vectors)
        if similarity < thresholds.similarity_bp + self.config.sure_margin_bp:
            similarity = similarity_bp(self._embedder.second_look(views, first), reference.vectors)
        if similarity >= thresholds.similarity_bp:
            return similarity, ()
        usable = quality.quality_bp >= thresholds.quality_bp
        return similarity, (ReasonCode.NOT_SAME_PERSON if usable else ReasonCode.IDENTITY_UNCERTAIN,)

    def _quality(
        self,
        pixels: NDArray[np.uint8],
        face: Detection,
        mesh: FaceMesh | None,
        pose: HeadPose,
        aligned: NDArray[np.uint8],
    ) -> Quality:
        height, width = pixels.shape[:2]
        measures = FaceMeasures(
            eye_distance_px=math.dist(*face.points_px[:2].tolist()),
            pose=pose,
            inside=_inside(face, mesh, width, height),
            mesh_presence=mesh.presence if mesh else 1.0,
            lower_face_covered=lower_face_covered(aligned),
        )
        grey = np.asarray(cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        return assess_quality(measures, grey, self.config.quality)


def _content(pixels: NDArray[np.uint8]) -> str:
    """Return 16 hex digits that only the very same picture has; sensors have noise, so every 32nd row is enough."""
    return hashlib.sha256(pixels[::32].tobytes()).hexdigest()[:16]


def _needed(models: Models, role: Role) -> Network:
    network = models.network(role)
    if network is None:
        raise ConfigError("models.role_needed", f"The pipeline needs a model for the role {role.value}.")
    return network


def order_faces(faces: list[Detection], width: int, height: int) -> list[Detection]:
    """Return the faces, the main one first: the largest, central ones preferred at equal size."""

    def weight(face: Detection) -> float:
        x, y, w, h = _floats(face)
        off = math.hypot((x + w / 2) / width - 0.5, (y + h / 2) / height - 0.5)
        return -w * h * (1 - min(off, 0.7))

    return sorted(faces, key=weight)


def _frame_reasons(faces: list[Detection], small: NDArray[np.uint8], thresholds: Thresholds) -> tuple[ReasonCode, ...]:
    if not faces:
        return (ReasonCode.CAMERA_COVERED,) if camera_covered(small) else (ReasonCode.NO_FACE,)
    if len(faces) == 1:
        return ()
    side = np.sqrt([float(face.box_px[2] * face.box_px[3]) for face in faces])
    near = to_bp(float(side[1:].max() / max(side[0], 1e-6))) >= thresholds.second_face_ratio_bp
    return (ReasonCode.MULTIPLE_FACES,) if near else (ReasonCode.BACKGROUND_FACE,)


def _align(pixels: NDArray[np.uint8], face: Detection) -> NDArray[np.uint8]:
    """Align, or give a black face where the five points coincide: it then fails on quality."""
    try:
        return aligned_face(pixels, face.points_px)
    except ValueError:
        return np.zeros((ALIGNED_PX, ALIGNED_PX, 3), dtype=np.uint8)


def _thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    # 128 samples a side are enough for 32 mean values, at a tenth of the time.
    sparse = cv2.resize(pixels, (4 * HASH_INPUT_PX, 4 * HASH_INPUT_PX), interpolation=cv2.INTER_NEAREST)
    small = cv2.resize(sparse, (HASH_INPUT_PX, HASH_INPUT_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def _inside(face: Detection, mesh: FaceMesh | None, width: int, height: int) -> float:
    """Return which part of the face lies inside the frame, 0..1.

    The detector's box ends near the border even where the face goes on, so the mesh's points are counted too.
    """
    x, y, w, h = _floats(face)
    shown = max(0.0, min(x + w, width) - max(x, 0.0)) * max(0.0, min(y + h, height) - max(y, 0.0))
    across, down = (mesh.points_px if mesh else face.points_px)[:, :2].T
    within = np.count_nonzero((across >= 0) & (across < width) & (down >= 0) & (down < height))
    return min(shown / max(w * h, 1e-6), within / len(across))


def _box(face: Detection) -> tuple[int, int, int, int]:
    x, y, w, h = _floats(face)
    return round(x), round(y), round(w), round(h)


def _floats(face: Detection) -> tuple[float, float, float, float]:
    x, y, w, h = face.box_px.tolist()
    return x, y, w, h


def _plain(face: Detection) -> FaceFinding:
    return FaceFinding(box_px=_box(face), score_bp=to_bp(face.score))


_PART_REASONS: Final = {
    "size": ReasonCode.FACE_TOO_SMALL,
    "pose": ReasonCode.POSE_TOO_FAR,
    "sharpness": ReasonCode.BLURRED,
    "exposure": ReasonCode.TOO_DARK,
    "occlusion": ReasonCode.FACE_OCCLUDED,
    "framing": ReasonCode.FACE_CUT_OFF,
}


def _weakest_reason(face: FaceFinding) -> ReasonCode:
    return _PART_REASONS[min(face.quality_parts_bp, key=lambda part: part[1])[0]]
