"""The door to the simulation: it runs what is there, and says what to install where it is not."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from argparse import Namespace
from types import ModuleType
from typing import Any

import pytest

from zaichang.cli import simulation_door
from zaichang.cli.simulation_door import PACKAGE, run_there
from zaichang.core.errors import ConfigError


def test_a_command_of_the_simulation_runs_with_its_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Namespace] = []
    module: Any = ModuleType(f"{PACKAGE}.made_up")
    module.run = lambda args: told.append(args) or 3
    monkeypatch.setitem(sys.modules, module.__name__, module)
    args = Namespace(seed=7)
    assert run_there("made_up", args) == 3 and told == [args]


def test_without_the_simulation_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"install\.simulation_missing.*Install it"):
        run_there("command", Namespace())


def test_without_the_service_parts_the_message_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> ModuleType:
        raise ImportError("no module", name="onnxruntime")

    monkeypatch.setattr(simulation_door.importlib, "import_module", missing)
    with pytest.raises(ConfigError, match=r"install\.service_missing.*onnxruntime"):
        run_there("command", Namespace())
