"""Mutate the session core and list what its unit tests do not notice: ``make mutants`` (docs/mutants.md).

mutmut takes a module's name from its path, and the package lies in ``service/``; so the run happens in a scratch folder
in which the package lies at the top. It uses one core at the lowest priority.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = """
[tool.mutmut]
source_paths = ["zaichang"]
only_mutate = [{files}]
also_copy = ["tests", "zaichang", "pyproject.toml"]
pytest_add_cli_args_test_selection = ["tests/unit/session", "--ignore=tests/unit/session/test_branch_coverage.py"]
pytest_add_cli_args = ["-x", "-p", "no:cacheprovider"]
use_setproctitle = false

[tool.pytest.ini_options]
pythonpath = [".", "tests"]
addopts = ["--import-mode=importlib"]
asyncio_mode = "auto"
"""


def prepare(folder: Path, names: list[str]) -> None:
    """Lay out the package, the tests and mutmut's settings."""
    shutil.copytree(ROOT / "service" / "zaichang", folder / "zaichang")
    for part in ("unit/session", "support"):
        shutil.copytree(ROOT / "tests" / part, folder / "tests" / part)
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    files = ", ".join(f'"zaichang/session/{name}.py"' for name in names)
    (folder / "pyproject.toml").write_text(CONFIG.format(files=files))


def main() -> int:
    """Run, and print the survivors with their differences; 1 if there are any."""
    every = sorted(path.stem for path in (ROOT / "service/zaichang/session").glob("*.py") if path.stem != "__init__")
    parser = argparse.ArgumentParser(description="Mutation test of the session core.")
    parser.add_argument("modules", nargs="*", default=every, help=f"which of {', '.join(every)}; all otherwise")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it; a second run goes on from there")
    chosen = parser.parse_args()
    os.nice(15)
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="zaichang-mutants-"))
    try:
        if not (folder / "zaichang").exists():
            prepare(folder, chosen.modules)
        mutmut = [sys.executable, "-m", "mutmut"]
        subprocess.run([*mutmut, "run", "--max-children", "1"], cwd=folder, check=True)
        results = subprocess.run([*mutmut, "results"], cwd=folder, check=True, capture_output=True, text=True).stdout
        survivors = [line.split(":")[0].strip() for line in results.splitlines() if ": survived" in line]
        for name in survivors:
            print(subprocess.run([*mutmut, "show", name], cwd=folder, capture_output=True, text=True).stdout)
        print(f"{len(survivors)} mutants survived; docs/mutants.md explains those that are known.")
        return 1 if survivors else 0
    finally:
        if not chosen.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
