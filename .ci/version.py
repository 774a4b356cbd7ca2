"""The version, in one place: ``service/zaichang/__init__.py``.

The wheels read it from there when they are built. Files that cannot read it are checked by ``make check``;
``python .ci/version.py --write 0.2.0`` sets the version everywhere.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "service/zaichang/__init__.py"
COPIES: dict[str, tuple[str, int]] = {
    "client_sdk/web/package.json": (r'^  "version": "([^"]+)"', 1),
    "client_sdk/web/package-lock.json": (r'^(?:  |      )"version": "([^"]+)"', 2),
    "client_sdk/python/zaichang_client/client.py": (r'sdk: str = "zaichang-client/([^"]+)"', 1),
}
"""Files that repeat the version: a pattern for it, and how many of its first matches are ours."""
PROJECTS = ("pyproject.toml", "service/zaichang_simulation/pyproject.toml", "client_sdk/python/pyproject.toml")
_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
_SHAPE = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")


def current(root: Path = ROOT) -> str:
    """Return the version."""
    found = _VERSION.search((root / SOURCE).read_text())
    if found is None:
        raise SystemExit(f"{SOURCE} has no line __version__ = ...")
    return found[1]


def findings(root: Path = ROOT) -> list[str]:
    """Name every file that says another version, and every project file that says one at all."""
    version = current(root)
    wrong = []
    for name, (pattern, count) in COPIES.items():
        said = re.findall(pattern, (root / name).read_text(), re.MULTILINE)[:count]
        if said != [version] * count:
            wrong.append(f"{name} says {', '.join(said) or 'nothing'}; {SOURCE} says {version}")
    for name in PROJECTS:
        if re.search(r"^version\s*=", (root / name).read_text(), re.MULTILINE):
            wrong.append(f"{name} repeats the version; let the build read {SOURCE}")
    return wrong


def write(version: str, root: Path = ROOT) -> None:
    """Set the version everywhere.

    Args:
        version: Such as ``1.2.3`` or ``1.2.3rc1``.
        root: The checkout.

    Raises:
        ValueError: It has another shape.
    """
    if not _SHAPE.fullmatch(version):
        raise ValueError(f"{version!r} is no version such as 1.2.3 or 1.2.3rc1")
    source = root / SOURCE
    source.write_text(_VERSION.sub(f'__version__ = "{version}"', source.read_text()))
    for name, (pattern, count) in COPIES.items():
        path = root / name
        text = re.sub(
            pattern,
            lambda found: found[0].replace(found[1], version),
            path.read_text(),
            count=count,
            flags=re.MULTILINE,
        )
        path.write_text(text)


def main() -> int:
    """Check, or set with ``--write``; 1 where something differs."""
    parser = argparse.ArgumentParser(description="Check that every file says the same version, or set it.")
    parser.add_argument("--write", metavar="VERSION", help="set it everywhere")
    arguments = parser.parse_args()
    if arguments.write:
        write(arguments.write)
    wrong = findings()
    print("\n".join(wrong) or current())
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
