"""Identity backends behind one contract: ours, and dlib's (what the package face-recognition runs)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.engines.dlib_faces import DlibFaces
from zaichang.vision.decode import FILE_LIMITS
from zaichang.vision.detector import DetectorConfig
from zaichang.vision.embedder import face_views
from zaichang.vision.pipeline import MESH_PRESENCE, Analyser, AnalyserConfig, _align, order_faces
from zaichang.vision.runtime import Engine, load_models

Floats = npt.NDArray[np.float64]


class IdentityBackend(Protocol):
    """Turns a picture into one embedding of its main face."""

    name: str
    version: str
    euclidean: bool

    def embed(self, picture: npt.NDArray[np.uint8]) -> Floats | None:
        """Return ``(2, d)``, the face as a reference and as a capture holds it, or None where no face was found.

        Vectors are compared by cosine, or by distance where ``euclidean`` is set.

        Args:
            picture: ``(height, width, 3)`` BGR.
        """
        ...


def read_picture(path: Path) -> npt.NDArray[np.uint8]:
    """Read a picture file of the media (PGM too, which the service itself refuses)."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise SystemExit(f"{path.name} cannot be read")
    return np.asarray(pixels, dtype=np.uint8)


class Ours:
    """The service's own pipeline: detector, alignment, embedder."""

    euclidean = False

    def __init__(
        self,
        *,
        second_look: bool = True,
        by_mesh: bool = True,
        long_side_px: int | None = None,
        openvino: bool = False,
    ) -> None:
        """Load the models.

        Args:
            second_look: Take the mean with the other alignment, mirrored, as the pipeline does where it matters.
            by_mesh: Align by the mesh's points too; else by the detector's alone, as before ADR 0027.
            long_side_px: Detector size; by default the pipeline's own.
            openvino: Run the embedder in OpenVINO (the extra of that name).
        """
        detector = DetectorConfig() if long_side_px is None else DetectorConfig(careful_long_side_px=long_side_px)
        config = AnalyserConfig(limits=FILE_LIMITS, detector=detector)
        engine = Engine.OPENVINO if openvino else Engine.ONNXRUNTIME
        self._analyser = Analyser(load_models(engine=engine), config)
        self.threshold_bp = config.thresholds.similarity_bp
        self.name = (
            "zaichang"
            + (" on OpenVINO" if openvino else "")
            + ("" if second_look else " first look")
            + ("" if by_mesh else " detector's points")
            + (f" {long_side_px}px" if long_side_px else "")
        )
        self.version = f"{self._analyser.models_digest} {second_look} {by_mesh} 2"
        self._second_look, self._by_mesh = second_look, by_mesh

    def embed(self, picture: npt.NDArray[np.uint8]) -> Floats | None:
        """Embed the main face."""
        analyser = self._analyser
        faces = order_faces(analyser._detector.detect(picture, careful=True), picture.shape[1], picture.shape[0])
        if not faces:
            return None
        mesh = analyser._mesh.run(picture, faces[0])
        trusted = mesh if self._by_mesh and mesh.presence >= MESH_PRESENCE else None
        views = face_views(picture, _align(picture, faces[0]), trusted)
        embedder = analyser._embedder
        probe = embedder.embed(views.by_mesh)
        if self._second_look:
            probe = embedder.second_look(views, probe)
        return np.stack([embedder.reference(views), probe]).astype(np.float64)


class Dlib:
    """HOG detector, 68 points, ResNet: what face-recognition 1.3.0 does with one jitter."""

    euclidean = True

    def __init__(self) -> None:
        """Load dlib and its models (the extra ``compare``); a picture is enlarged once where HOG finds no face."""
        self._network = DlibFaces(enlarge=(0, 1))
        self.name, self.version = "dlib (face-recognition)", f"{self._network.version} 2"

    def embed(self, picture: npt.NDArray[np.uint8]) -> Floats | None:
        """Embed the largest face."""
        vectors = self._network.run(picture)[0]
        return np.stack([vectors[0], vectors[0]]) if len(vectors) else None


def cached_embeddings(backend: IdentityBackend, paths: list[Path], folder: Path) -> list[Floats | None]:
    """Embed pictures, keeping what was computed (embeddings of real people: only in the ignored artefacts folder)."""
    folder.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(f"{backend.name} {backend.version}".encode()).hexdigest()[:16]
    store = folder / f"embeddings-{key}.npz"
    known: dict[str, Floats] = dict(np.load(store)) if store.is_file() else {}
    names = [hashlib.sha256(str(path).encode()).hexdigest()[:24] for path in paths]
    changed = False
    for name, path in zip(names, paths, strict=True):
        if name not in known:
            vector = backend.embed(read_picture(path))
            known[name] = np.zeros(0) if vector is None else vector
            changed = True
    if changed:
        with store.open("wb") as file:
            np.savez(file, allow_pickle=False, **known)
    return [known[name] if known[name].size else None for name in names]
