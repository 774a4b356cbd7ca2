"""The pages of situations say the numbers of the code, name only codes that exist, and can be searched by line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
import repository

from zaichang.adapters.posix.clock_mark import SILENT_MAX_MS
from zaichang.adapters.posix.clock_mark import TOLERANCE_MS as CLOCK_MS
from zaichang.adapters.sql.media_deliveries import LAUNCH_MAX
from zaichang.audit.bundle import MAX_BUNDLE_BYTES
from zaichang.audit.time_checks import LATE_MS, TOO_LATE_MS
from zaichang.core.reason_table import INDICATORS
from zaichang.core.reasons import ReasonCode
from zaichang.launch.camera_enrolment import STEP_MS as STEP_MS_OF_POSE
from zaichang.launch.passkeys import KEPT_MAX, REGISTER_MS, TICKET_MS
from zaichang.launch.policy_packs import DEFAULT, load_pack
from zaichang.launch.question_bank import DRAWN_MAX
from zaichang.ledger.reasons import Why
from zaichang.log.witness_clock import AHEAD_MS
from zaichang.review.desk import APPEALS_MAX
from zaichang.review.media_delivery import RECORDS_MAX
from zaichang.session.judgements.delivery import STEP_MS
from zaichang.session.owners.challenges import (
    FAILURE_DELAY_MAX_MS,
    FAILURE_DELAY_MS,
    PICKS_KEPT,
    REACTIONS_KEPT,
    REGULAR_SPREAD_MS,
)
from zaichang.session.owners.page import STOP_PROOF_MS
from zaichang.session.owners.playback import SKIPPED_MAX_MS
from zaichang.session.policy import PLEDGED_SINCE_SCHEMA, Policy
from zaichang.settings import Settings

DOCS: Final = repository.ROOT / "docs"
INDEX: Final = DOCS / "situations.md"
PAGES: Final = sorted(DOCS.glob("situations-*.md"))
TEXT: Final = " ".join(" ".join(page.read_text(encoding="utf-8").split()) for page in PAGES)
WORDS_MAX: Final = 2_700
ENTRY_WORDS_MAX: Final = 95
PACK: Final = load_pack(DEFAULT)
RULES: Final = PACK.policy
SET: Final = Settings()
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000

SENTENCES: Final = (
    f"After {RULES.abandon_ms // MINUTE_MS} minutes (`abandon_ms`) the session ends",
    f"Back within {RULES.session_max_ms // HOUR_MS} hours of that session's start, in whatever lesson.",
    f"Pictures are taken {RULES.end_lead_ms // 1000} s before (`end_lead_ms`), so all of it is checked. Movements"
    f" follow where the last ones passed more than"
    f" {RULES.liveness_max_gap_ms * RULES.liveness_tail_pct // 100_000} s before (`liveness_tail_pct`)",
    f"From the {SET.account_parallel}th lesson left so in a day a case opens",
    f"After `session_max_ms` ({RULES.session_max_ms // HOUR_MS} h after the start, pauses included)",
    f"`rate_max_bp` allows {RULES.rate_max_bp / 10_000}",
    f"{RULES.round_passes} of up to {RULES.round_captures} pictures must pass",
    f"{RULES.miss_worth_ms // MINUTE_MS} minutes of proved media make up for one miss",
    f"about {RULES.cure_ms // 1000} s later (`cure_ms`)",
    f"a new check comes about every {RULES.cure_ms // 1000} s until one passes",
    f"if {RULES.round_passes} of the check's up to {RULES.round_captures} pictures pass. A picture with two near faces"
    f" is only unusable; after {RULES.round_silent + 1} unusable ones the page asks.",
    f"from {SET.address_accounts} accounts a day one `SHARED_ADDRESS` case opens",
    f"whose token ({SET.token_minutes} minutes) ran out meanwhile",
    f"or closed {RULES.abandon_ms // MINUTE_MS} minutes after the last report",
    f"counts are forgotten after {RULES.leniency_ms // 86_400_000} days",
    f"{RULES.called_max}st time in a lesson credited (`called_max`), every later one to review.",
    f"from {INDICATORS[ReasonCode.MULTIPLE_FACES]} failed checks a case opens",
    f"After {RULES.opening_failed_max} such first checks (`opening_failed_max`)",
    f"A challenge is not answered within {RULES.challenge_deadline_ms // 1000} s.",
    f"Nothing, up to {RULES.challenge_attempts - 1}; the {RULES.challenge_attempts}rd fails the challenge",
    f"**An answer faster than {RULES.reaction_min_ms / 1000} s** (`reaction_min_ms`) is refused",
    f'A movement check fails** ({RULES.challenge_attempts} tries, or no "ready" within'
    f" {RULES.challenge_deadline_ms // 1000} s).",
    f"After {RULES.liveness_failed_max} failures (`liveness_failed_max`)",
    f"({RULES.capture_min_gap_ms // 1000} to {RULES.capture_max_gap_ms // 1000} s apart)",
    f"a `confirm` (`confirm_attempts` {RULES.confirm_attempts})",
    f"A code has {RULES.challenge_attempts} attempts.",
    f"{APPEALS_MAX} in all for a session",
    f"`capture_days` is lowered from {SET.capture_days} to 30.",
    f"`rate_address` and `rate_joins` ({SET.rate_address:,} a minute)",
    f"launch tokens stay good for up to {SET.token_minutes} minutes",
    f"was set by more than {CLOCK_MS // MINUTE_MS} minutes.",
    f"was last there more than {SILENT_MAX_MS // MINUTE_MS} minutes ago by it.",
    f"/v1/enrol/LEARNER/passkey`, {TICKET_MS // MINUTE_MS} minutes)",
    f"More than {AHEAD_MS // MINUTE_MS} minutes beyond the witnesses' time",
    f"Time waits {RULES.delivery_wait_ms // MINUTE_MS} minutes (`delivery_wait_ms`)",
    f"by the end of its minute ({STEP_MS // 1000} s are allowed)",
    f"with a challenge open ({RULES.challenge_deadline_ms // 1000} s)",
    f"after {RULES.gap_ms // 1000} s its time stops. Shown again on the return with the full"
    f" {RULES.challenge_deadline_ms // 1000} s: one of {RULES.excuses} `excuses`",
    f"later one of {RULES.challenge_attempts} tries",
    f"Up to {RULES.gap_ms // 1000} s (`gap_ms`) are no gap, and up to {RULES.unlinked_ms // 1000} s of playing without"
    f" a connection count (`unlinked_ms`; {RULES.unlinked_pct} % of the time online",
    f"the measured line plus {RULES.notice_ms // 1000} s (`notice_ms`; the line counts for"
    f" {RULES.line_max_ms // 1000} s",
    f"since the last movement check (at most {RULES.liveness_max_gap_ms // MINUTE_MS} minutes) is undecided",
    f"With {STOP_PROOF_MS // 1000} s or more unproved, a check comes at the pause. If it passes, up to"
    f" {RULES.capture_max_gap_ms // 1000} s (`capture_max_gap_ms`)",
    f"counts as stalled after {RULES.still_ms // 1000} s (`still_ms`)",
    f"Skips of at most {RULES.seek_tolerance_ms / 1000} s (`seek_tolerance_ms`), up to"
    f" {SKIPPED_MAX_MS // 1000} s in all",
    f"fails after {RULES.round_refusals} such pictures (`round_refusals`",
    f"The next one comes after {FAILURE_DELAY_MS // 1000} s, after each further failure twice as late, up to"
    f" {FAILURE_DELAY_MAX_MS // MINUTE_MS} minutes",
    f"After {PICKS_KEPT} answers in one place with a wrong one among them, or {REACTIONS_KEPT} within"
    f" {REGULAR_SPREAD_MS / 1000} s of each other",
    f"at least every {RULES.liveness_max_gap_ms // MINUTE_MS} minutes (`liveness_max_gap_ms`)",
    f"From {INDICATORS[ReasonCode.CAMERA_CHANGED]} changes a case opens.",
    f"(launch with `enrol`); {KEPT_MAX} at most",
    f"Each pose has {STEP_MS_OF_POSE // 1000} s, else it begins anew",
    f"{REGISTER_MS // MINUTE_MS} minutes from its options (`passkey.not_begun`)",
    f"Each limit is a bucket of {SET.rate_key:,} that fills again by {SET.rate_key // 60} a second",
    f"More than {SET.rate_token} joins a minute with one token (`rate_token`)",
    f"(`rate_photos`) and appeals (`rate_appeals`): {SET.rate_photos} a minute",
    f"More connections than `connections_max` ({SET.connections_max:,}).",
    f"wait in a queue (`vision_queue`, {SET.vision_queue})",
    f"kept pictures still go after `capture_days` ({SET.capture_days}), digests, hints and delivery records after"
    f" `device_days` ({SET.device_days})",
    f"{SET.review_days} days (`review_days`), for an appeal the pack's `answer_working_days`"
    f" ({PACK.answer_working_days} in `default`, to the end of the day in China), without it `appeal_days`"
    f" ({SET.appeal_days})",
    f"the `appeal_hours` of the rules ({PACK.appeal_hours} in `default`",
    f"The launch token runs out ({SET.token_minutes} minutes).",
    f"each takes {DRAWN_MAX} questions at its start",
    f"Time for a challenge ({RULES.challenge_deadline_ms // 1000} s: with 50 %"
    f" {RULES.challenge_deadline_ms * 150 // 100_000} s, with 100 % {RULES.challenge_deadline_ms * 2 // 1000} s), for a"
    f" picture ({RULES.capture_deadline_ms // 1000} s), between prompted pictures, and for each movement"
    f" ({RULES.liveness_step_ms // 1000} s).",
    f"{RECORDS_MAX:,} in a request, {LAUNCH_MAX:,} for a launch",
    f"larger than {MAX_BUNDLE_BYTES // 1_000_000} MB",
    f"Records seen up to {LATE_MS // MINUTE_MS} minutes late pass, up to {TOO_LATE_MS // HOUR_MS} hours are undecided",
)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_page_says_the_numbers_of_the_code(sentence: str) -> None:
    assert sentence in TEXT


def test_switches_are_as_the_page_says() -> None:
    off = (RULES.pause_when_unfocused, RULES.pause_on_second_screen, RULES.skip_allowed, RULES.delivery_required)
    on = (RULES.pause_when_hidden, RULES.pause_when_floating, RULES.liveness_bracket, RULES.non_face_route)
    assert not any(off) and all(on)
    assert SET.rate_joins == SET.rate_address
    assert (RULES.passkey_face, RULES.passkey_challenge) == ("off", "required")
    assert RULES.failed_max == 5, "the fifth failed check"
    assert RULES.schema >= PLEDGED_SINCE_SCHEMA, "calls take no time away"
    assert RULES.strikes_max == 0, "3 instead of 0"
    assert SET.rate_photos == SET.rate_appeals


def test_the_table_of_numbers_has_the_values_of_the_rules() -> None:
    table = (DOCS / "situations-rules.md").read_text(encoding="utf-8").partition("## Each number")[2]
    found = re.findall(r"`(\w+)` \(([\d.]+)(?: (s|min|days)(?: each)?)?\)", table)
    units = {"s": 1_000, "min": MINUTE_MS, "days": 24 * HOUR_MS, "": 1}
    assert len(found) > 30
    for name, number, unit in found:
        share = 100 if name.startswith("misses_") else units[unit]
        assert getattr(RULES, name) == float(number) * share, name
    assert RULES.notice_ms == RULES.line_max_ms, "4 s each"


def test_every_code_and_field_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`([^`\s]+)`", TEXT))
    known = {code.value for code in ReasonCode} | set(_first_cells("evidence-reference.md"))
    upper = {word for word in named if re.fullmatch(r"[A-Z][A-Z_]+[A-Z]", word)}
    assert upper and upper <= known | _CONSTANTS, upper - known - _CONSTANTS
    shown_by_page = set(re.findall(r"`([a-z]+\.[a-z_]+)`", (DOCS / "integrate.md").read_text(encoding="utf-8")))
    leaves = set(re.findall(r"^### (\S+)$", (DOCS / "evidence-reference.md").read_text(encoding="utf-8"), re.MULTILINE))
    errors = set(_first_cells("errors.md")) | shown_by_page | leaves | {"area.what", "qr.text"}
    files = (".py", ".json", ".toml")
    codes = {word for word in named if re.fullmatch(r"[a-z]+\.[a-z_]+", word) and not word.endswith(files)}
    assert codes and codes <= errors, codes - errors
    requests = (repository.ROOT / "service/zaichang/api/openapi.json").read_text(encoding="utf-8")
    fields = set(Policy.__dataclass_fields__) | set(Settings.model_fields) | set(re.findall(r'"([a-z_]+)":', requests))
    fields |= {why.value for why in Why}
    snake = {word for word in named if re.fullmatch(r"[a-z]+_[a-z_]+", word)}
    assert snake and snake <= fields | _OTHER_FIELDS, snake - fields - _OTHER_FIELDS


def entries(page: Path) -> list[str]:
    """Return the entries of a page, each one line."""
    return [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("- ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_search_by_line_finds_a_whole_entry(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.startswith(" ")], "an entry is one line"
    found = entries(page)
    assert found
    for entry in found:
        assert re.match(r"- \*\*.+?\*\*.*\]\([^)]+\)", entry), f"no bold head, or no link: {entry}"
        assert len(entry.split()) <= ENTRY_WORDS_MAX, entry
    heads = [entry.split("**")[1] for entry in found]
    assert len(heads) == len(set(heads))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_short_and_its_sections_are_in_both_contents(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text.split()) <= WORDS_MAX
    index = INDEX.read_text(encoding="utf-8")
    assert f"({page.name})" in index
    for heading in re.findall(r"^## (.+)$", text, re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        assert f"](#{anchor})" in text, heading
        assert f"]({page.name}#{anchor})" in index, heading


_CONSTANTS: Final = {
    "E_AGE",
    "OLDEST",
    "RELEASES",
    "SCHEMA",
    "MIGRATIONS",
    "PUT",
    "DAY",
    "LEARNER",
    "FORWARDED_ALLOW_IPS",
}
_OTHER_FIELDS: Final = {
    "delta_ms",
    "appeal_hours",
    "answer_working_days",
    "no_pad",
    "assert_never",
    "lesson_c",
    "test_no_other_room_keeps_a_list_of_codes",
}


def _first_cells(name: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", (DOCS / name).read_text(encoding="utf-8"), re.MULTILINE)
