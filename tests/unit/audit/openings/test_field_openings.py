"""One commitment opens in one way: the field fixes the kind, the payload has its shape, lengths are part of it."""

from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import Bundle, write_bundle
from zaichang.audit.check import Status, exit_code
from zaichang.audit.openings.field_openings import NO_SALT, field_hash, opened_field
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.tlog.commit import commitment
from zaichang.tlog.trust import trust_log

TRUST = trust_log(sample_of.SIGNER.vkey)
SUBJECT = canonical_bytes({"institution": "log", "learner": "learner-7"})
SALT = b"\x05" * 32


def test_each_field_opens_with_its_kind_and_shape() -> None:
    assert opened_field("subj_c", "subject", SUBJECT)["learner"] == "learner-7"
    assert opened_field("codes_c", "codes", canonical_bytes({"codes": {"NO_FACE": 2}}))["codes"] == {"NO_FACE": 2}
    ruling = canonical_bytes({"session": "ab", "granted": []})
    assert opened_field("request", "ruling", ruling)["granted"] == []


@pytest.mark.parametrize(
    ("field", "kind", "payload", "code"),
    [
        ("subj_c", "record", SUBJECT, "E_OPENING"),
        ("subj_c", "subject\x00x", SUBJECT, "E_OPENING"),
        ("sched_c", "subject", SUBJECT, "E_OPENING"),
        ("subj_c", "subject", canonical_bytes("learner-7"), "E_CANON"),
        ("subj_c", "subject", SUBJECT + b" ", "E_CANON"),
        ("subj_c", "subject", SUBJECT[:-1] + b',"x":1}', "E_OPENING"),
        ("subj_c", "subject", canonical_bytes({"institution": "i", "learner": "two words"}), "E_OPENING"),
        ("subj_c", "subject", canonical_bytes({"institution": "i", "learner": 7}), "E_OPENING"),
        ("codes_c", "codes", canonical_bytes({"codes": {"no": 1}}), "E_OPENING"),
        ("codes_c", "codes", canonical_bytes({"codes": {}, "more": 1}), "E_OPENING"),
        ("request", "ruling", canonical_bytes({"session": "ab"}), "E_OPENING"),
        ("request", "ruling", canonical_bytes({"granted": []}), "E_OPENING"),
    ],
)
def test_what_has_another_kind_or_shape_is_refused(field: str, kind: str, payload: bytes, code: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        opened_field(field, kind, payload)
    assert caught.value.code == code


def test_a_commitment_of_the_second_version_cannot_be_cut_elsewhere() -> None:
    """In the first version, kind and salt could take bytes from each other."""
    longer, salt = b"\x00" * 32, b"\x01" * 32
    payload = b'{"a":1}'
    shifted = "subject\x00" + longer.decode()
    for version in (1, 2):
        with pytest.raises(EvidenceError):
            commitment(shifted, salt, payload, version)
    assert commitment("a", salt, b"bc", 2) != commitment("a", salt, b"b", 2)
    assert commitment("a", salt, payload, 1) != commitment("a", salt, payload, 2)


def test_a_request_of_the_first_version_is_a_plain_digest() -> None:
    assert len(field_hash(1, "request", "ruling", NO_SALT, b"{}")) == 64
    assert field_hash(2, "request", "ruling", SALT, b"{}") == commitment("ruling", SALT, b"{}").hex()
    with pytest.raises(EvidenceError, match="no salt"):
        field_hash(1, "request", "ruling", SALT, b"{}")


SAMPLE = sample_of.sample().bundle
FIELD = SAMPLE.fields[0]


@pytest.mark.parametrize(
    "altered",
    [
        replace(FIELD, kind="record"),
        replace(FIELD, field="sched_c"),
        replace(FIELD, field="policy"),
        replace(FIELD, salt=bytes(32)),
        replace(FIELD, payload=FIELD.payload.replace(b"learner-7", b"learner-8")),
        replace(FIELD, seq=1),
        replace(FIELD, seq=99),
    ],
)
def test_an_altered_opening_of_a_field_is_found(altered: object) -> None:
    bundle: Bundle = replace(SAMPLE, fields=(altered, SAMPLE.fields[1]))  # type: ignore[arg-type]  # a field's opening
    checks = verify_bundle(write_bundle(bundle), TRUST)
    assert [(c.check, c.code) for c in checks if c.status is Status.FAIL] == [("opening", "E_OPENING")]


def test_one_leaf_has_one_owner() -> None:
    twice = replace(SAMPLE, fields=(*SAMPLE.fields, FIELD))
    checks = verify_bundle(write_bundle(twice), TRUST)
    assert [(c.code, c.message) for c in checks if c.status is Status.FAIL] == [
        ("E_OPENING", "The field is opened twice.")
    ]
    assert exit_code(verify_bundle(write_bundle(SAMPLE), TRUST)) == 0
