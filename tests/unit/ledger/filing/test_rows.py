"""Digests of rows, and sums."""

from __future__ import annotations

from fractions import Fraction

from support.filed_rows import filed
from zaichang.ledger.filing.rows import Operation, RowKey, row_digest, row_values, rows_digest, sums


def values(amount: str = "2") -> dict[str, object]:
    return row_values(
        RowKey("li", "law", 2026, 1), Operation.NEW, "public", Fraction(amount), "hour", 0, "ab" * 32
    )  # fmt: skip


def test_a_digest_covers_the_row_and_its_salt() -> None:
    digest = row_digest(values(), "00" * 16)
    assert digest == row_digest(values(), "00" * 16)
    assert len({digest, row_digest(values("3/2"), "00" * 16), row_digest(values(), "01" * 16)}) == 3
    assert values()["key"] == "li/law/2026/1"


def test_a_batch_s_digest_depends_on_the_order() -> None:
    assert rows_digest(["aa" * 32, "bb" * 32]) != rows_digest(["bb" * 32, "aa" * 32])


def test_sums_are_exact_by_unit_and_leave_withdrawals_out() -> None:
    rows = [filed(1, amount="1/3"), filed(2, amount="1/3"), filed(3, operation="withdraw", amount=9)]
    assert sums([*rows, filed(4, unit="credit", amount=1)]) == {"credit": "1", "hour": "2/3"}
