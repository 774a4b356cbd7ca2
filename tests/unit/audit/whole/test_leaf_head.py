"""The head of a leaf: only the fields that chains and sums need, and the latest moment of its writing."""

import json

from support.leaf_samples import samples
from zaichang.audit.whole.leaf_head import decode_head, earliest_ms, latest_ms
from zaichang.core.units import ROUND_MS


def test_a_session_s_leaf_may_have_been_written_in_two_rounds_and_its_start_in_one() -> None:
    for data in samples():
        value, head = json.loads(data), decode_head(data)
        dated_to_a_round = "sid" in value or value["t"] == "policy"
        assert (head.v, latest_ms(head) - value["at"]) == (3, ROUND_MS - 1 if dated_to_a_round else 0)
        moved = "sid" in value and value["t"] != "session.start"
        assert value["at"] - earliest_ms(head) == (ROUND_MS if moved else 0)
        for version, after_ms in ((1, 0), (2, 59_999 if dated_to_a_round else 0)):
            older = decode_head(json.dumps({**value, "v": version}).encode())
            assert (earliest_ms(older), latest_ms(older)) == (value["at"], value["at"] + after_ms)
