"""Each reason of a refusal has a sentence in both languages."""

from zaichang.ledger.activities.reasons import SENTENCES, Refusal


def test_each_reason_has_two_sentences() -> None:
    assert set(SENTENCES) == set(Refusal)
    assert all(zh and en for zh, en in SENTENCES.values())
