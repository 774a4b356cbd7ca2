"""The wheels are complete, and a command without its part names the package to install."""

from __future__ import annotations

import email
import subprocess
import sys
import sysconfig
import zipfile
from email.message import Message
from pathlib import Path

import pytest
import repository

from zaichang import __version__

SERVICE = repository.ROOT / "service"
SIMULATION = SERVICE / "zaichang_simulation"
NOT_IN_THE_WHEEL = {"pyproject.toml", "build_metadata.py"}


def build(project: Path, folder: Path) -> Path:
    """Build a project's wheel offline, with the build tool of this environment."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=project, capture_output=True, check=True,
    )  # fmt: skip
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def service_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(repository.ROOT, tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def simulation_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(SIMULATION, tmp_path_factory.mktemp("simulation"))


def names_in(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def metadata_of(wheel: Path) -> Message:
    [name] = [name for name in names_in(wheel) if name.endswith(".dist-info/METADATA")]
    return email.message_from_bytes(zipfile.ZipFile(wheel).read(name))


def tracked_in(folder: Path) -> set[str]:
    return {str(path.relative_to(SERVICE)) for path in repository.tracked() if path.is_relative_to(folder)}


def test_the_services_wheel_holds_the_service_and_no_simulation(service_wheel: Path) -> None:
    names = names_in(service_wheel)
    assert {"zaichang/py.typed", "zaichang/vision/catalog.toml", "zaichang/cli/__init__.py"} <= names
    assert tracked_in(SERVICE / "zaichang") <= names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"zaichang", "zaichang_client", f"zaichang-{__version__}.dist-info"}
    assert not [name for name in names if name.endswith((".webm", ".mp4"))]
    assert "zaichang-simulation; extra == 'simulation'" in metadata_of(service_wheel).get_all("Requires-Dist", [])


def test_the_simulations_wheel_holds_all_of_it_and_needs_the_same_version(simulation_wheel: Path) -> None:
    names = names_in(simulation_wheel)
    tops = {name.split("/")[0] for name in names}
    assert tops == {"zaichang_simulation", f"zaichang_simulation-{__version__}.dist-info"}
    expected = {name for name in tracked_in(SIMULATION) if Path(name).name not in NOT_IN_THE_WHEEL}
    assert len(expected) > 40 and expected <= names
    assert not names & {f"zaichang_simulation/{name}" for name in NOT_IN_THE_WHEEL}
    metadata = metadata_of(simulation_wheel)
    assert metadata["Version"] == __version__
    assert metadata.get_all("Requires-Dist") == [f"zaichang[service]=={__version__}"]


@pytest.mark.parametrize("command", [["demo"], ["simulate", "any.toml"]])
def test_without_the_simulation_its_commands_say_what_to_install(
    service_wheel: Path, tmp_path: Path, command: list[str]
) -> None:
    zipfile.ZipFile(service_wheel).extractall(tmp_path)
    # -S: no editable checkout on the path, only what is installed beside the wheel's own files.
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {sysconfig.get_path('purelib')!r}]; "
        f"from zaichang.cli import main; sys.exit(main({command!r}))"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "pip install ./service/zaichang_simulation" in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) <= 2
