"""Checks as JSON lines."""

import json

from support import evidence_bundle as sample_of
from zaichang.audit.verify import verify_bundle
from zaichang.tlog.trust import trust_log

TRUST = trust_log(sample_of.SIGNER.vkey)


SAMPLE = sample_of.sample()


def test_lines_are_json_with_only_what_applies() -> None:
    line = json.loads(verify_bundle(SAMPLE.data, TRUST)[0].line())
    assert line == {"check": "format", "ok": True, "status": "pass", "origin": sample_of.ORIGIN}
