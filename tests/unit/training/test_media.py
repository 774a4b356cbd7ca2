from pathlib import Path

import pytest
from pad_training.media import nuaa_subject, read_shots


@pytest.mark.media
def test_what_is_measured_is_never_trained_on(shared_media: Path) -> None:
    shots = read_shots(shared_media.parent)
    by_use = {use: [s for s in shots if s.use == use] for use in ("labelled", "unlabelled", "measure")}
    assert all(s.path.startswith("pad_train/") for s in by_use["labelled"])
    assert all(s.path.startswith("identity/") for s in by_use["unlabelled"])
    assert all(s.path.startswith(("pad/", "video/")) for s in by_use["measure"])
    names = {
        use: {s.path.partition("/db/")[2] for s in found if s.source == "imironica/liveness"}
        for use, found in by_use.items()
    }
    assert names["labelled"]
    assert names["measure"]
    assert not names["labelled"] & names["measure"], "a NUAA frame lies in both parts"
    assert len({s.path for s in shots}) == len(shots)


@pytest.mark.media
def test_identity_photos_carry_no_label(shared_media: Path) -> None:
    photos = [s for s in read_shots(shared_media.parent) if s.use == "unlabelled"]
    assert len(photos) > 1000
    assert {s.species for s in photos} == {""}


def test_subjects_of_nuaa_are_their_folders() -> None:
    assert nuaa_subject("pad_train/db/ClientRaw/0004/0004_01_00_02_7.jpg") == "nuaa:0004"
