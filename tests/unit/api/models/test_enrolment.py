"""Photos in JSON: base64 becomes bytes, anything else is refused with the code of the photos or of the request."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.api.contract import value_as
from zaichang.api.models.enrolment import Photos
from zaichang.core.errors import PeerViolation


def test_base64_becomes_the_file() -> None:
    assert value_as(Photos, {"photos": ["cGhvdG8="]}).photos == [b"photo"]


@pytest.mark.parametrize(
    ("photo", "code"),
    [
        ("not base64!", "enrol.not_base64"),
        ("aa", "enrol.not_base64"),
        ("\u4e00", "enrol.not_base64"),
        (5, "http.invalid"),
    ],
)
def test_a_photo_that_is_no_base64_is_refused(photo: Any, code: str) -> None:
    with pytest.raises(PeerViolation) as refused:
        value_as(Photos, {"photos": [photo]})
    assert refused.value.code == code
