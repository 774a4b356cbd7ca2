"""The format's page, docs/simulation.md, is written from the format and can be loaded."""

from pathlib import Path

from zaichang_simulation.format import loader, reference

PAGE = Path(__file__).parents[4] / "docs" / "simulation.md"


def test_the_page_shows_the_format_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert reference.render(page) == page


def test_every_field_of_the_page_has_a_meaning() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert len(rows) > 60
    assert [row for row in rows if row.rstrip().endswith("|  |") and "=" in row] == []


def test_every_toml_block_of_the_page_loads() -> None:
    blocks = [part.split("```")[0] for part in PAGE.read_text(encoding="utf-8").split("```toml\n")[1:]]
    assert len(blocks) >= 4
    for block in blocks:
        loader.parse(block, Path.cwd())
