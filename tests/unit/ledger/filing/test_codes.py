"""Codes of refusals: ours are apart from a platform's, and none can hold a sentence or a person's number."""

from __future__ import annotations

import pytest

from zaichang.ledger.filing.codes import HALF, TWICE, is_told_code, platform_code


@pytest.mark.parametrize("text", ["", "E7", "x" * 64, "x" * 999, "half." + "x" * 59, "local.x", "platform.E7", "证号"])
def test_a_platform_s_code_fits_the_service_and_is_never_ours(text: str) -> None:
    code = platform_code(text)
    assert not code.startswith((HALF, TWICE, "local."))
    for ours in ("", HALF, TWICE, "local.match:"):
        assert is_told_code(ours + code)


def test_two_codes_stay_two() -> None:
    assert platform_code("half.x") != platform_code("platform.half.x")


@pytest.mark.parametrize("text", ["李明", "a b", "11010519491231002X", "13800138000", "x" * 97, "x\n"])
def test_codes_that_the_service_refuses(text: str) -> None:
    assert not is_told_code(text)
