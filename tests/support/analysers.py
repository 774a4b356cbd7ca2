"""The whole pipeline with the shipped models, for tests that look at real pictures."""

from __future__ import annotations

from zaichang.vision.cache import ModelCache
from zaichang.vision.catalog import load_catalog
from zaichang.vision.decode import FILE_LIMITS
from zaichang.vision.fetch import fetch_all
from zaichang.vision.pipeline import Analyser, AnalyserConfig
from zaichang.vision.runtime import load_models


def file_analyser() -> Analyser:
    """Fetch what is not there yet, and analyse files (the larger limits)."""
    fetch_all(load_catalog(), ModelCache())
    return Analyser(load_models(), AnalyserConfig(limits=FILE_LIMITS))
