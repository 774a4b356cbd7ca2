"""Fixtures: every test that asks for ``medium`` or ``new_log`` runs on each medium that a log can be kept on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.log_media import LogMedium, open_media


@pytest.fixture(params=["posix", "memory"])
def new_log(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], LogMedium]:
    """Return a function that makes a new, empty log on the medium under test."""
    return open_media(tmp_path)[str(request.param)]


@pytest.fixture
def medium(new_log: Callable[[str], LogMedium]) -> LogMedium:
    """Return a new, empty log on the medium under test."""
    return new_log("log")
