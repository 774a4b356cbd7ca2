"""Policies: every bound, every type, every relation; the digest binds every field."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from zaichang.core.errors import ConfigError
from zaichang.session.policy import SCHEMA, Policy, policy_digest, policy_from_mapping, policy_to_mapping

NEWEST = Policy(schema=SCHEMA)
NUMBERS = [spec for spec in fields(Policy) if "low" in spec.metadata]


def refused(**values: object) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        policy_from_mapping(values)
    return caught.value


def test_the_default_is_valid_and_comes_back_the_same() -> None:
    assert policy_from_mapping(policy_to_mapping(NEWEST)) == NEWEST
    assert policy_from_mapping({"schema": SCHEMA}) == NEWEST


@pytest.mark.parametrize("spec", NUMBERS, ids=lambda spec: spec.name)
def test_each_number_keeps_its_bounds(spec: object) -> None:
    name, meta = spec.name, spec.metadata  # type: ignore[attr-defined]  # a dataclass field
    for bad in (meta["low"] - 1, meta["high"] + 1):
        error = refused(**{name: bad})
        assert error.code == "policy.invalid"
        assert name in error.message and str(meta["high"]) in error.message and repr(bad) in error.message
    for bad in (True, 1.5, "5", None):
        assert refused(**{name: bad}).code == "policy.invalid"
    assert meta["doc"].strip()


@pytest.mark.parametrize("spec", NUMBERS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("bound", ["low", "high"])
def test_each_bound_itself_is_allowed(spec: object, bound: str) -> None:
    name, value = spec.name, spec.metadata[bound]  # type: ignore[attr-defined]  # a dataclass field
    try:
        policy = replace(NEWEST, **{name: value})
    except ConfigError as error:
        assert "above" in error.message or "below" in error.message, "only another field stands against it"
    else:
        assert getattr(policy, name) == value


@pytest.mark.parametrize("name", ["proofs", "challenge_kinds"])
def test_choices_are_distinct_and_known(name: str) -> None:
    known = getattr(NEWEST, name)[0]
    for bad in ([known, known], ["other"], [known, 5], [[known]], [{}]):
        error = refused(**{name: bad})
        assert error.code == "policy.invalid" and name in error.message
    assert getattr(policy_from_mapping({name: []}), name) == ()
    assert getattr(policy_from_mapping({name: [known]}), name) == (known,)
    with pytest.raises(ConfigError, match="distinct values"):
        replace(NEWEST, **{name: [known]})


def test_names_have_a_length() -> None:
    for bad in ("", "x" * 65):
        assert refused(name=bad).code == "policy.invalid"
    assert policy_from_mapping({"name": "x" * 64}).name == "x" * 64
    assert policy_from_mapping({"name": "x"}).name == "x"


def test_switches_are_switches() -> None:
    assert "bool" in refused(skip_allowed=1).message
    assert policy_from_mapping({"skip_allowed": True}).skip_allowed is True


def test_a_word_is_one_of_its_own() -> None:
    error = refused(passkey_face="sometimes", schema=SCHEMA)
    assert error.code == "policy.invalid" and "off, allowed, required" in error.message
    assert policy_from_mapping({"passkey_face": "required", "schema": SCHEMA}).passkey_face == "required"
    assert "schema" in refused(passkey_face="required", schema=3).message
    assert "passkey" not in get_choices("challenge_kinds"), "passkeys have fields of their own"


def get_choices(name: str) -> tuple[str, ...]:
    return next(tuple(spec.metadata["choices"]) for spec in fields(Policy) if spec.name == name)


def test_what_is_unknown_is_named() -> None:
    error = refused(captures_per_hour=3)
    assert error.code == "policy.unknown_key"
    assert "captures_per_hour" in error.message and "docs/policy.md" in error.hint


@pytest.mark.parametrize(
    ("low", "high", "value"),
    [
        ("capture_min_gap_ms", "capture_max_gap_ms", 20_000),
        ("challenge_min_gap_ms", "challenge_max_gap_ms", 20_000),
        ("round_passes", "round_captures", 3),
        ("gap_ms", "abandon_ms", 60_000),
    ],
)
def test_what_must_not_be_above_what(low: str, high: str, value: int) -> None:
    assert getattr(replace(NEWEST, **{low: value, high: value}), low) == value
    error = refused(**{low: value + 1, high: value})
    assert error.code == "policy.invalid" and low in error.message and high in error.message


def test_reports_come_more_often_than_silence_counts_as_a_gap() -> None:
    error = refused(heartbeat_ms=16_000, gap_ms=16_000)
    assert error.code == "policy.invalid" and error.message.startswith("heartbeat_ms must be below gap_ms")
    assert policy_from_mapping({"heartbeat_ms": 15_999, "gap_ms": 16_000}).gap_ms == 16_000


def test_the_digest_binds_every_field() -> None:
    digests = {policy_digest(NEWEST)}
    for spec in fields(Policy):
        value = getattr(NEWEST, spec.name)
        if spec.name == "schema":
            other: object = 1
        elif isinstance(value, bool):
            other = not value
        elif isinstance(value, int):
            other = value + (1 if value < spec.metadata["high"] else -1)
        elif isinstance(value, tuple):
            other = value[1:]
        elif "words" in spec.metadata:
            other = next(word for word in spec.metadata["words"] if word != value)
        else:
            other = value + "x"
        digests.add(policy_digest(replace(NEWEST, **{spec.name: other})))
    assert len(digests) == 1 + len(fields(Policy))
    assert all(len(digest) == 64 for digest in digests)


def test_plain_values_keep_field_order_and_make_lists() -> None:
    plain = policy_to_mapping(NEWEST)
    assert list(plain) == [spec.name for spec in fields(Policy)]
    assert plain["proofs"] == ["presence", "identity", "pad"]
    assert policy_digest(policy_from_mapping(plain)) == policy_digest(NEWEST)


def old_document() -> dict[str, object]:
    """Return a complete policy document from before schema 2, as the store holds it."""
    newest = policy_to_mapping(NEWEST)
    return {spec.name: newest[spec.name] for spec in fields(Policy) if spec.metadata.get("since", 1) == 1}


def test_a_document_without_the_newer_fields_keeps_the_digest_it_had() -> None:
    old = policy_from_mapping(old_document())
    assert old == replace(NEWEST, schema=1)
    assert policy_to_mapping(old) == old_document()
    assert policy_digest(old) == "dca7478c743e7472e08faccf7b7c57bfcdbe705f167207fd4361adc1a321c7bf", "as before"
    assert policy_digest(policy_from_mapping({})) == policy_digest(old)
    assert policy_digest(NEWEST) != policy_digest(old)


@pytest.mark.parametrize("spec", [spec for spec in NUMBERS if spec.metadata["since"] >= 2], ids=lambda spec: spec.name)
def test_a_limit_that_the_digest_would_not_hold_is_refused(spec: object) -> None:
    name, value = spec.name, spec.default  # type: ignore[attr-defined]  # a dataclass field
    if name == "schema":
        return
    other = value + 1 if value < spec.metadata["high"] else value - 1  # type: ignore[attr-defined]  # as above
    error = refused(**{name: other})
    assert error.code == "policy.invalid" and name in error.message and f"schema = {SCHEMA}" in error.hint
    assert policy_digest(policy_from_mapping({name: other, "schema": SCHEMA})) != policy_digest(NEWEST)


def test_fewer_colour_changes_are_judged_than_colours_are_shown() -> None:
    error = refused(liveness_light_changes=17, liveness_light_colours=17, schema=2)
    assert error.code == "policy.invalid" and "below liveness_light_colours" in error.message
