"""The page of situations says the numbers of the code, and names only codes that exist."""

from __future__ import annotations

import re
from typing import Final

import pytest
import repository

from zaichang.adapters.posix.clock_mark import TOLERANCE_MS as CLOCK_MS
from zaichang.audit.time_checks import LATE_MS, TOO_LATE_MS
from zaichang.core.reason_table import INDICATORS
from zaichang.core.reasons import ReasonCode
from zaichang.launch.passkeys import TICKET_MS
from zaichang.launch.policy_packs import DEFAULT, load_pack
from zaichang.log.witness_clock import AHEAD_MS
from zaichang.review.desk import APPEALS_MAX
from zaichang.session.judgements.delivery import STEP_MS
from zaichang.session.policy import PLEDGED_SINCE_SCHEMA, Policy
from zaichang.settings import Settings

PAGE: Final = repository.ROOT / "docs" / "situations.md"
TEXT: Final = " ".join(PAGE.read_text(encoding="utf-8").split())
RULES: Final = load_pack(DEFAULT).policy
SET: Final = Settings()
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000

SENTENCES: Final = (
    f"After {RULES.abandon_ms // MINUTE_MS} minutes (`abandon_ms`) the session ends",
    f"Back within {RULES.session_max_ms // HOUR_MS} hours of that session's start.",
    f"From the {SET.account_parallel}th lesson left so in a day a case opens",
    f"After `session_max_ms` ({RULES.session_max_ms // HOUR_MS} h after the start)",
    f"{RULES.rate_max_bp / 10_000} (`rate_max_bp`) counts at most",
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
    f"{RULES.called_max}st time in a lesson credited, every later one to review.",
    f"from {INDICATORS[ReasonCode.MULTIPLE_FACES]} failed checks a case opens",
    f"After {RULES.opening_failed_max} such first checks (`opening_failed_max`)",
    f"A challenge is not answered within {RULES.challenge_deadline_ms // 1000} s.",
    f"Nothing, up to {RULES.challenge_attempts - 1}; the {RULES.challenge_attempts}rd fails the challenge",
    f"An answer faster than {RULES.reaction_min_ms / 1000} s is refused",
    f"A movement check fails** ({RULES.challenge_attempts} tries)",
    f"After {RULES.liveness_failed_max} failures (`liveness_failed_max`)",
    f"({RULES.capture_min_gap_ms // 1000} to {RULES.capture_max_gap_ms // 1000} s apart)",
    f"a `confirm` (`confirm_attempts` {RULES.confirm_attempts})",
    f"A code has {RULES.challenge_attempts} attempts.",
    f"{APPEALS_MAX} in all for a session",
    f"`capture_days` is lowered from {SET.capture_days} to 30.",
    f"`rate_address` and `rate_joins` ({SET.rate_address:,} a minute)",
    f"launch tokens stay good for up to {SET.token_minutes} minutes",
    f"was set by more than {CLOCK_MS // MINUTE_MS} minutes.",
    f"/v1/enrol/LEARNER/passkey`, {TICKET_MS // MINUTE_MS} minutes)",
    f"More than {AHEAD_MS // MINUTE_MS} minutes beyond the witnesses' time",
    f"Time waits {RULES.delivery_wait_ms // MINUTE_MS} minutes (`delivery_wait_ms`)",
    f"by the end of its minute ({STEP_MS // 1000} s are allowed)",
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


def test_every_code_and_field_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`([^`\s]+)`", TEXT))
    known = {code.value for code in ReasonCode} | set(_first_cells("evidence-reference.md"))
    upper = {word for word in named if re.fullmatch(r"[A-Z][A-Z_]+[A-Z]", word)}
    assert upper and upper <= known | _CONSTANTS, upper - known - _CONSTANTS
    errors = set(_first_cells("errors.md"))
    codes = {word for word in named if re.fullmatch(r"[a-z]+\.[a-z_]+", word) and not word.endswith((".py", ".json"))}
    assert codes and codes <= errors, codes - errors
    fields = set(Policy.__dataclass_fields__) | set(Settings.model_fields)
    snake = {word for word in named if re.fullmatch(r"[a-z]+_[a-z_]+", word)}
    assert snake and snake <= fields | _OTHER_FIELDS, snake - fields - _OTHER_FIELDS


_CONSTANTS: Final = {"SCHEMA", "MIGRATIONS", "PUT", "DAY", "LEARNER", "FORWARDED_ALLOW_IPS"}
_OTHER_FIELDS: Final = {"timeline_kept", "counts_again", "delta_ms", "appeal_hours", "no_pad"}


def _first_cells(name: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", (PAGE.parent / name).read_text(encoding="utf-8"), re.MULTILINE)
