"""What a page is told of the time that it has."""

import pytest

from support.desk import POLICY, put
from support.hands import Hands
from zaichang.live.orders import counted_parts, message_for, shown_ms
from zaichang.protocol.messages import ChallengeOrder
from zaichang.session.decisions import OrderChallenge
from zaichang.session.policy import Policy

LINK_MS = Policy().liveness_link_ms


@pytest.mark.parametrize(
    ("left_ms", "shown"),
    [(90_000, 90_000 - LINK_MS), (48_000, 42_000), (47_992, 41_993), (5_000, 4_375), (8, 7), (0, 0)],
)
def test_a_page_counts_down_less_than_the_service_waits(left_ms: int, shown: int) -> None:
    assert shown_ms(left_ms, LINK_MS) == shown


def test_a_challenge_says_the_time_that_its_policy_leaves() -> None:
    order = OrderChallenge(challenge_id="q1", kind="confirm", options=("a", "b"), deadline_ms=91_000)
    for link_ms, within_ms in ((LINK_MS, 84_000), (2_000, 88_000), (0, 90_000)):
        message = message_for(order, now_ms=1_000, anchored_ms=0, locale="en", link_ms=link_ms)
        assert isinstance(message, ChallengeOrder)
        assert message.within_ms == within_ms


def test_the_parts_that_need_no_watching_are_credited_waiting_or_for_a_person() -> None:
    session = Hands(POLICY, credited=((0, 1_000), (5_000, 6_000)), resumable=((1_000, 2_000),))
    put(session.state, credit={"pending_set": ((6_000, 7_000),), "undecided": ((9_000, 9_500),)})
    assert counted_parts(session.state) == ("0-2000", "5000-7000", "9000-9500")
