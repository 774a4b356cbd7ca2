"""Each difference between our rows and a platform's list has a name."""

from __future__ import annotations

from fractions import Fraction

from support.filed_rows import filed
from zaichang.ledger.filing.reconcile import Listed, reconcile, told_listed
from zaichang.ledger.filing.rows import Filed
from zaichang.ledger.statement import shown


def found(rows: list[Filed], *listed: tuple[str, str]) -> list[tuple[str, str]]:
    return [(str(one.kind), one.key) for one in reconcile(rows, [Listed(*each) for each in listed], shown)]


def test_equal_lists_have_no_difference() -> None:
    assert found([filed(1, amount="7/3")], ("li/law/2026/1", "2.30")) == []


def test_missing_on_one_side() -> None:
    assert found([filed(1)]) == [("missing_there", "li/law/2026/1")]
    assert found([], ("li/law/2026/1", "2")) == [("missing_here", "li/law/2026/1")]
    refused = filed(1, "refused", case="open")
    assert found([refused], ("li/law/2026/1", "2")) == [("missing_here", "li/law/2026/1")]


def test_another_amount_and_a_row_twice() -> None:
    one = found([filed(1)], ("li/law/2026/1", "3"), ("li/law/2026/1", "3"))
    assert one == [("other_amount", "li/law/2026/1"), ("twice_there", "li/law/2026/1")]
    assert found([filed(1)], ("li/law/2026/1", "two")) == [("other_amount", "li/law/2026/1")]
    assert found([], ("x", "1"), ("x", "1")) == [("missing_here", "x"), ("twice_there", "x")]


def test_withdrawn_or_replaced_here_and_still_there() -> None:
    gone = filed(2, operation="withdraw", amount=0, replaces=1)
    assert found([filed(1), gone], ("li/law/2026/1", "2")) == [("revoked_here", "li/law/2026/1")]
    assert found([filed(1), gone]) == []
    newer = filed(2, operation="replace", amount=3, replaces=1)
    both = found([filed(1), newer], ("li/law/2026/1", "2"), ("li/law/2026/2", "3"))
    assert both == [("revoked_here", "li/law/2026/1")]


def test_of_two_rows_that_stand_the_earlier_is_named_until_its_withdrawal_is_under_way() -> None:
    twice = filed(2, "refused", operation="replace", amount=3, replaces=1, case="open", code="twice.e7")
    both = ("li/law/2026/1", "2"), ("li/law/2026/2", "3")
    assert found([filed(1), twice], *both) == [("revoked_here", "li/law/2026/1")]
    assert found([filed(1), twice], both[0]) == [
        ("revoked_here", "li/law/2026/1"), ("missing_there", "li/law/2026/2"),
    ]  # fmt: skip
    moving = filed(3, "sent", operation="withdraw", amount=0, replaces=1)
    assert found([filed(1), twice, moving], *both) == found([filed(1), twice, moving], both[1]) == []


def test_a_row_under_way_makes_no_difference_on_either_side() -> None:
    moving = filed(2, "sent", operation="replace", amount=3, replaces=1)
    assert found([filed(1), moving], ("li/law/2026/2", "3")) == []
    assert found([filed(1), moving], ("li/law/2026/1", "2")) == []


def test_amounts_are_compared_as_the_platform_writes_them() -> None:
    [one] = reconcile([filed(1, amount="7/3")], [Listed("li/law/2026/1", "2.4")], shown)
    assert (one.here, one.there) == ("2.3", "2.4")
    assert reconcile([filed(1, amount=Fraction(1, 3))], [Listed("li/law/2026/1", "1/3")]) == []


def test_words_in_a_list_stay_on_the_institution_s_side() -> None:
    listed = [Listed("li/law/2026/1", "2.30"), Listed("李明/law", "两学时"), Listed("x", "8/3"), Listed("", "李明")]
    assert [tuple(row) for row in told_listed(listed)] == [
        ("li/law/2026/1", "2.30"), ("other/2", ""), ("x", "8/3"), ("other/4", ""),
    ]  # fmt: skip
