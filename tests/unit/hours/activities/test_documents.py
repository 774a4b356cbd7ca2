"""The document of a step is canonical, and its entry commits to it with a salt of the learner's."""

from __future__ import annotations

import json
from pathlib import Path

from support.activities import REN, degree, office
from zaichang.hours.activities.documents import committed_document, digest, taken
from zaichang.ledger.activities.stages import Party, Stage, Taken
from zaichang.tlog.leaf import parse_leaf


async def test_the_entry_opens_with_the_learner_s_key_alone(tmp_path: Path) -> None:
    async with office(tmp_path) as page:
        name = await page.hand_in(degree(), "diploma", "chsi")
        await page.parts.desk.take(REN, name, Stage.REFUSE, reason="other", words="见附件")
        activity, steps = await page.store.activity(name), await page.store.steps(name)
        key = page.vault.unlock(await page.store.learner("inst", "person")).subject_key()
        for step in steps:
            opened = committed_document(activity, step.seq, key, step.body)
            assert parse_leaf(step.leaf)["document_c"] == opened.hex()
            assert committed_document(activity, step.seq, b"x" * 32, step.body) != opened
        first, second = (json.loads(step.body) for step in steps)
        assert first["entry"]["awarded"] == "2026-06-20" and first["signed"] == ""
        assert {each["document"] for each in first["files"]} == {"diploma", "chsi"}
        assert (second["actor"], second["reason"]) == ("ren", "other") and "entry" not in second
        assert taken(steps)[1] == Taken(Stage.REFUSE, Party.OFFICE, "ren", page.clock.at_ms)


def test_a_digest_is_the_file_s_sha_256() -> None:
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
