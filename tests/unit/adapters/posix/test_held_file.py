"""A file that one process holds keeps its word."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.adapters.posix.held_file import held
from zaichang.core.errors import ConfigError, NotAllowed, ZaichangError


def test_the_word_stays_and_a_second_holder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "target.nightly"
    with held(path, "first") as word:
        assert word == "first"
        with pytest.raises(NotAllowed, match=r"filing\.run_held"), held(path, "second"):
            pass
    with held(path, "second") as word:
        assert word == "first"
    path.write_text("no word\n" * 20)
    with pytest.raises(ZaichangError, match=r"id\.invalid"), held(path, "third"):
        pass
    with pytest.raises(ConfigError, match=r"filing\.not_writable"), held(tmp_path / "none" / "x", "y"):
        pass
