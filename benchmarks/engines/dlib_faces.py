"""What the package face-recognition 1.3.0 runs, behind the ``Network`` contract: HOG, 68 points, ResNet.

dlib and the model files come with the extra ``compare``. The package itself is not imported: its 2017 code needs
pkg_resources, which new interpreters lack.
"""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zaichang.core.errors import ModelError

Array = npt.NDArray[Any]
_INSTALL = "Install the extra: pip install 'zaichang[compare]'."


class DlibFaces:
    """A ``Network``: a picture in, the embedding of its largest face out."""

    def __init__(self, enlarge: tuple[int, ...] = (1,)) -> None:
        """Load dlib and its models.

        Args:
            enlarge: How often the picture is doubled for HOG, which needs 80 px; the next is tried where no face was
                found. face-recognition doubles once.

        Raises:
            ModelError: ``models.not_loadable``: the extra is not installed.
        """
        spec = importlib.util.find_spec("face_recognition_models")
        if spec is None or spec.origin is None:
            raise ModelError("models.not_loadable", "face-recognition-models is not installed.", _INSTALL)
        try:
            dlib: Any = importlib.import_module("dlib")
        except ImportError as error:
            raise ModelError("models.not_loadable", f"dlib cannot be loaded: {error}.", _INSTALL) from error
        folder = Path(spec.origin).parent / "models"
        self.version = str(dlib.__version__)
        self._enlarge = enlarge
        self._detector = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(folder / "shape_predictor_68_face_landmarks.dat"))
        self._network = dlib.face_recognition_model_v1(str(folder / "dlib_face_recognition_resnet_model_v1.dat"))

    def run(self, value: Array) -> list[Array]:
        """Return ``[embeddings]``, ``(n, 128)`` float64, n 0 or 1; compared by distance.

        Args:
            value: ``(height, width, 3)`` uint8 BGR.
        """
        rgb = np.ascontiguousarray(value[:, :, ::-1])
        for times in self._enlarge:
            boxes = list(self._detector(rgb, times))
            if boxes:
                box = max(boxes, key=lambda each: each.area())
                # One jitter, face-recognition's default.
                vector = self._network.compute_face_descriptor(rgb, self._points(rgb, box), 1)
                return [np.asarray(vector, dtype=np.float64)[None]]
        return [np.zeros((0, 128))]
