"""What a page is told of the time that it has."""

import pytest

from zaichang.live.orders import message_for, shown_ms
from zaichang.protocol.messages import ChallengeOrder
from zaichang.session.decisions import OrderChallenge
from zaichang.session.judgements.liveness_tries import LINK_MS


@pytest.mark.parametrize(
    ("left_ms", "shown"),
    [(90_000, 90_000 - LINK_MS), (48_000, 42_000), (47_992, 41_993), (5_000, 4_375), (8, 7), (0, 0)],
)
def test_a_page_counts_down_less_than_the_service_waits(left_ms: int, shown: int) -> None:
    assert shown_ms(left_ms) == shown


def test_a_pop_up_says_the_time_that_the_page_shows() -> None:
    order = OrderChallenge(challenge_id="q1", kind="confirm", options=("a", "b"), deadline_ms=91_000)
    message = message_for(order, now_ms=1_000, anchored_ms=0, locale="en")
    assert isinstance(message, ChallengeOrder)
    assert message.within_ms == 84_000
