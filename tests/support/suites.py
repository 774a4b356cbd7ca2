"""Runs the scenarios of the honest and red-team suites, with one analysis for all of them."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from support.kept_analysis import KeptGallery, kept_file
from zaichang.vision.cache import ModelCache
from zaichang.vision.catalog import load_catalog
from zaichang.vision.fetch import fetch_all
from zaichang.vision.pipeline import Analyser
from zaichang.vision.runtime import load_models
from zaichang_simulation.analysis import Gallery
from zaichang_simulation.suite import Case, run_suite, scenarios, shared_media


@functools.cache
def gallery() -> Gallery:
    """Return the shared analysis with the real models."""
    fetch_all(load_catalog(), ModelCache())
    analyser = Analyser(load_models())
    return KeptGallery(analyser, analyser.models_digest, kept_file(analyser.models_digest))


def scenario_files(folder: Path) -> list[Path]:
    """Return the folder's scenarios."""
    return scenarios(folder)


def run(path: Path) -> Case:
    """Run one scenario; skip it where it names development media that are absent."""
    (case,) = run_suite([path], gallery(), shared_media())
    if case.result is None:
        pytest.skip("the development media are absent: no media folder in the shared folder")
    return case
