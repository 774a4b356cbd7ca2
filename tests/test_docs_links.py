"""Links of the pages lead somewhere, and every decision record is in the list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from test_docs import _LINK, PAGES, ROOT, without_blocks


def test_every_decision_record_is_in_the_list() -> None:
    folder = ROOT / "docs" / "adr"
    listed = re.findall(r"^\| \[(\d{4})\]\((\1-[\w-]+\.md)\)", (folder / "README.md").read_text(), re.MULTILINE)
    assert sorted(name for _, name in listed) == sorted(path.name for path in folder.glob("[0-9]*.md"))
    for path in folder.glob("[0-9]*.md"):
        assert re.match(rf"# {path.name[:4]}: \S", path.read_text()), path.name


def anchors_of(text: str) -> set[str]:
    """Return the anchors that headings make, as code hosts do."""
    headings = re.findall(r"^#+ +(.+)$", without_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path, text: str) -> list[str]:
    """Return the relative links of a page that lead nowhere."""
    found = []
    for match in _LINK.finditer(without_blocks(text)):
        target = match["target"].strip("<>")
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        if not there.exists():
            found.append(f"{page.name}: {target}")
        elif anchor and there.suffix == ".md" and anchor not in anchors_of(there.read_text() if name else text):
            found.append(f"{page.name}: {target} (no such heading)")
    return found


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_links_resolve(page: Path) -> None:
    assert broken_links(page, page.read_text()) == []


def test_broken_links_are_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    text = "# One two\n[a](#one-two) [b](a.md) [c](https://x.y) [d](none.md) [e](#three)\n"
    page.write_text(text)
    assert broken_links(page, text) == ["a.md: none.md", "a.md: #three (no such heading)"]
