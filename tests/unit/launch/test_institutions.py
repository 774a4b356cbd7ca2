"""Keys of institutions and reviewers: which key says what, and when a key ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.study import service
from zaichang.core.enums import KeyRole
from zaichang.core.errors import NotAllowed, NotFound, PeerViolation


async def test_a_key_names_its_institution_and_only_in_its_own_role(tmp_path: Path) -> None:
    async with service(tmp_path) as services:
        first = await services.institutions.add("inst", "机构", "Institution")
        other = await services.institutions.add("other", "另", "Other")
        assert (await services.institutions.of_key(first.platform, KeyRole.PLATFORM)).institution_id == "inst"
        assert (await services.institutions.of_key(other.staff, KeyRole.STAFF)).institution_id == "other"
        with pytest.raises(NotAllowed) as raised:
            await services.institutions.of_key(first.platform, KeyRole.STAFF)
        assert raised.value.code == "auth.role"


@pytest.mark.parametrize("key", ["", "short", "zp-" + "0" * 64, "z" * 201])
async def test_an_unknown_key_and_one_of_impossible_length_are_refused_alike(tmp_path: Path, key: str) -> None:
    async with service(tmp_path) as services:
        for asked in (services.institutions.of_key(key, KeyRole.STAFF), services.institutions.reviewer_of_key(key)):
            with pytest.raises(NotAllowed) as raised:
                await asked
            assert raised.value.code == "auth.required"


async def test_new_keys_end_the_old_ones(tmp_path: Path) -> None:
    async with service(tmp_path) as services:
        old = await services.institutions.add("inst", "机构", "Institution")
        new = await services.institutions.add("inst", "机构", "Institution")
        assert (await services.institutions.of_key(new.platform, KeyRole.PLATFORM)).institution_id == "inst"
        with pytest.raises(NotAllowed, match="valid key"):
            await services.institutions.of_key(old.platform, KeyRole.PLATFORM)


async def test_a_reviewers_key_names_the_reviewer_until_it_is_replaced_or_revoked(tmp_path: Path) -> None:
    async with service(tmp_path) as services:
        staff = (await services.institutions.add("inst", "机构", "Institution")).staff
        first = await services.institutions.add_reviewer("inst", "ren")
        second = await services.institutions.add_reviewer("inst", "ren")
        institution, reviewer = await services.institutions.reviewer_of_key(second)
        assert (institution.institution_id, reviewer) == ("inst", "ren")
        assert (await services.institutions.reviewer_of_key(staff))[1] == "", "the shared key is no person's"
        await services.institutions.revoke_reviewer("inst", "ren")
        for gone in (first, second):
            with pytest.raises(NotAllowed):
                await services.institutions.reviewer_of_key(gone)
        with pytest.raises(NotFound):
            await services.institutions.revoke_reviewer("inst", "stranger")
        with pytest.raises(NotFound):
            await services.institutions.add_reviewer("nowhere", "ren")
        with pytest.raises(PeerViolation):
            await services.institutions.add_reviewer("inst", "a b")
        for party in ("staff", "platform", "office", "learner", "employer", "service", "employer.hospital"):
            with pytest.raises(PeerViolation, match=r"id\.invalid"):
                await services.institutions.add_reviewer("inst", party)
        trail = [(each.action, each.target) for each in await services.store.audit("inst", 2**53, 10)]
        assert trail[:3] == [("reviewer.revoke", "ren"), ("reviewer.key", "ren"), ("reviewer.key", "ren")]


@pytest.mark.parametrize("name", ["机构\u202e", "Inst\x1b[2J", "two\nlines", "zero\u200bwidth"])
async def test_a_name_holds_no_control_or_format_character(tmp_path: Path, name: str) -> None:
    async with service(tmp_path) as services:
        for names in ((name, "Institution"), ("机构", name)):
            with pytest.raises(PeerViolation, match=r"institution\.name"):
                await services.institutions.add("new", *names)
