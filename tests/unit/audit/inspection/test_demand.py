"""The demanded policy: a known digest decides. A copied name is a finding; an unknown version is undecided."""

from __future__ import annotations

from pathlib import Path

import pytest

from zaichang.audit.findings import About, Findings
from zaichang.audit.inspection.demand import Demand
from zaichang.cli.evidence.audit import demand_of
from zaichang.core.errors import ConfigError
from zaichang.launch.policy_packs import load_pack, pack_bytes
from zaichang.session.policy import policy_digest

PACK = load_pack("cq-pharmacist-2025").policy
DIGEST = policy_digest(PACK)
KNOWN = f"{PACK.name} {PACK.version}"


def result(demand: Demand, ran: str, digest: str) -> tuple[str, str]:
    findings = Findings()
    demand.check(ran, digest, About(origin="log.example/i/2026"), findings)
    (check,) = findings.checks
    return check.status.value, check.message


@pytest.mark.parametrize(
    ("ran", "digest", "status", "says"),
    [
        (KNOWN, DIGEST, "pass", "by its digest"),
        ("", DIGEST, "pass", "by its digest"),
        (KNOWN, "0" * 64, "fail", "carry the name and version"),
        (f"{PACK.name} 1999.1", "0" * 64, "undecided", "in version"),
        ("other 1", "0" * 64, "fail", "another policy"),
        ("", "0" * 64, "undecided", "not in the bundle"),
    ],
)
def test_a_shipped_pack_is_demanded_by_its_digest(ran: str, digest: str, status: str, says: str) -> None:
    got, message = result(demand_of(PACK.name), ran, digest)
    assert got == status and says in message


def test_a_name_that_no_shipped_pack_has_is_compared_as_a_name() -> None:
    assert demand_of("gentle") == Demand(name="gentle")
    assert result(demand_of("gentle"), "gentle 2", "0" * 64) == ("pass", "Ran under gentle 2, by its name.")
    assert result(demand_of("gentle 1"), "gentle 2", "0" * 64)[0] == "fail"


def test_a_version_that_is_not_shipped_is_compared_as_a_name() -> None:
    assert demand_of(f"{PACK.name} 1999.1") == Demand(name=f"{PACK.name} 1999.1")
    assert demand_of(KNOWN).digest == DIGEST


def test_a_file_is_demanded_by_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(pack_bytes(PACK.name))
    assert demand_of(str(path)) == demand_of(PACK.name)
    with pytest.raises(ConfigError, match=r"policy\.not_found"):
        demand_of("no/such.toml")
