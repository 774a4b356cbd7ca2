"""Which device holds the passkey at a moment."""

from __future__ import annotations

import pytest

from zaichang_simulation.format.passkeys import PasskeyTable, device_at


@pytest.mark.parametrize(("at_s", "device"), [(0, "own"), (9.9, "own"), (10, "lost"), (200, "new")])
def test_the_last_entry_that_has_begun_counts_and_before_any_it_is_the_own_device(at_s: float, device: str) -> None:
    entries = (PasskeyTable(from_s=100, device="new"), PasskeyTable(from_s=10, device="lost"))
    assert device_at(entries, at_s).device == device
