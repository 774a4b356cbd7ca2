"""The font of certificates: fetched by its hash, and cut to a page's characters."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from zaichang.adapters.pdf import font
from zaichang.core.errors import ModelError, PeerViolation


def silent(done: int, total: int | None) -> None:
    return None


def test_the_cut_font_has_the_texts_characters_in_two_weights_and_no_more() -> None:
    from fontTools.ttLib import TTFont

    cut = font.cut_font(font.read_font(), ["欧阳㛃 92.5", "学时"])
    for data in cut.values():
        assert len(data) < 20_000
        assert set(TTFont(io.BytesIO(data)).getBestCmap()) == set(map(ord, "欧阳㛃 92.5学时"))
    assert cut[font.REGULAR] != cut[font.BOLD]


def test_a_character_that_the_font_lacks_is_named() -> None:
    with pytest.raises(PeerViolation, match=r"certificate\.character.*U\+1F600"):
        font.cut_font(font.read_font(), ["😀"])


def test_pages_after_the_first_are_cut_from_less_with_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(font._common_characters()) > 3_755 and font._common_characters() >= set("欧阳《》，。90")
    monkeypatch.setattr(font, "_common_characters", lambda: frozenset("欧阳芳"))
    whole, sizes, subset = font.read_font(), [], font._subset

    def counted(data: bytes, characters: frozenset[str], **how: bool) -> bytes:
        sizes.append(len(data) == len(whole))
        return subset(data, characters, **how)

    monkeypatch.setattr(font, "_subset", counted)
    cuts = font.FontCuts(whole, kept=2)
    cuts.cut(["王 92.5"])
    assert sizes == [True] and cuts._building is None, "a process that draws one page needs no more"
    cuts.cut(["王 6"])
    assert cuts._building is not None
    cuts._building.join()
    assert sizes == [True] * 3, "the common characters are cut once, beside the second page"
    sizes.clear()
    again = cuts.cut(["欧阳 92.5"])
    assert sizes == [False]
    sizes.clear()
    assert again is cuts.cut(["92.5 阳欧"]) and not sizes, "kept"
    assert again == font.cut_font(whole, ["欧阳 92.5"])
    with pytest.raises(PeerViolation, match=r"certificate\.character"):
        cuts.cut(["😀"])
    for text, seen in (("㛃", [True]), ("芳", [False]), ("欧阳 92.5", [False])):
        sizes.clear()
        cuts.cut([text])
        assert sizes == seen, "only the newest are kept"


def test_a_missing_or_changed_font_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"models\.not_cached"):
        font.read_font(tmp_path)
    font.font_path(tmp_path).write_bytes(b"another font")
    with pytest.raises(ModelError, match=r"models\.wrong_hash"):
        font.read_font(tmp_path)


def test_the_font_comes_from_a_mirror_and_another_file_is_refused(tmp_path: Path) -> None:
    mirror, cache = tmp_path / "mirror", tmp_path / "cache"
    mirror.mkdir()
    wheel = mirror / "justmytype_intl_cjk-0.1.0-py3-none-any.whl"
    for member, fine in ((b"not it", False), (font.read_font(), True)):
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(font.SOURCE.member, member)
        if fine:
            assert font.fetch_font(silent, cache, mirror) == font.font_path(cache)
        else:
            with pytest.raises(ModelError, match=r"models\.wrong_hash"):
                font.fetch_font(silent, cache, mirror)
            assert not cache.exists()
    wheel.unlink()
    assert font.fetch_font(silent, cache, mirror) == font.font_path(cache), "it is here: nothing is fetched"
    assert font.read_font(cache) == font.read_font()


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    with zipfile.ZipFile(mirror / "justmytype_intl_cjk-0.1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(font.SOURCE.member, font.read_font())
    with pytest.raises(ModelError, match=r"models\.cache_unwritable"):
        font.fetch_font(silent, tmp_path / "cache", mirror)
