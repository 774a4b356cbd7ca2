"""Fixtures that every test folder may use. A test skips only for want of the development media or a browser."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

from support.branches import leave_to_branch_coverage

ELSEWHERE: pytest.StashKey[Counter[str]] = pytest.StashKey()
"""How many tests of each room are left to its branch coverage, which runs them all."""

# The same examples in every run and no verdict by speed; ZAICHANG_EFFORT=20 draws anew (tests/support/effort.py).
settings.register_profile("zaichang", deadline=None, derandomize=os.environ.get("ZAICHANG_EFFORT", "1") == "1")
settings.load_profile("zaichang")

ROOT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a run of everything, leave the tests of a room to its branch coverage, which runs each of them once."""
    whole = [Path(each).name for each in config.args] == config.getini("testpaths")
    config.stash[ELSEWHERE] = leave_to_branch_coverage(items) if whole else Counter()


@pytest.fixture
def tests_elsewhere(request: pytest.FixtureRequest) -> Counter[str]:
    """Return how many tests of each room this run leaves to the room's branch coverage."""
    return request.config.stash[ELSEWHERE]


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the checkout's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the development folder beside the checkout (or ZAICHANG_SHARED); skip where it is absent."""
    folder = Path(os.environ.get("ZAICHANG_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"the development media are absent: no folder {folder.name} beside the checkout")
    return folder


@pytest.fixture(scope="session")
def shared_media(shared: Path) -> Path:
    """Return the folder of development clips and portraits."""
    return _part(shared, "media")


@pytest.fixture(scope="session")
def shared_vectors(shared: Path) -> Path:
    """Return the folder of published test vectors."""
    return _part(shared, "vectors")


@pytest.fixture(scope="session")
def shared_regulations(shared: Path) -> Path:
    """Return the folder of legal texts."""
    return _part(shared, "regulations")


def _part(shared: Path, name: str) -> Path:
    folder = shared / name
    if not folder.is_dir():
        pytest.skip(f"the development media are absent: no {name} in the shared folder")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Return the browser for end-to-end tests; skip where none is installed."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    pytest.skip("no Chromium here; on Debian: apt-get install chromium")
