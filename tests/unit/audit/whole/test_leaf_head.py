"""The head of a leaf: only the fields that chains and sums need, and the latest moment of its writing."""

import json

from support.leaf_samples import samples
from zaichang.audit.whole.leaf_head import decode_head, latest_ms


def test_a_session_s_leaf_may_have_been_written_until_its_minute_ended() -> None:
    for data in samples():
        value, head = json.loads(data), decode_head(data)
        dated_to_a_minute = "sid" in value or value["t"] == "policy"
        assert (head.v, latest_ms(head) - value["at"]) == (2, 59_999 if dated_to_a_minute else 0)
        assert latest_ms(decode_head(json.dumps({**value, "v": 1}).encode())) == value["at"]
