"""Enrolment over HTTP: several photos, a learner before the camera, and references that an upgrade left behind."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.studio import Studio
from support.study import POLICY, service, token
from support.web import code_of, web
from zaichang.api.contract import PHOTO_MAX_BYTES
from zaichang.main.service import Services, create_service_app
from zaichang.session.policy import Policy


class Page:
    def __init__(self, services: Services, client: httpx.AsyncClient, platform: str) -> None:
        self.services, self.client, self.platform = services, client, platform

    async def post(self, path: str, key: str, **more: Any) -> Any:
        answer = await self.client.post(path, headers={"authorization": f"Bearer {key}"}, **more)
        return answer.json()

    async def get(self, path: str, key: str) -> Any:
        return (await self.client.get(path, headers={"authorization": f"Bearer {key}"})).json()


@asynccontextmanager
async def page(
    tmp_path: Path, policy: Policy = POLICY, embedder: str = "5f" * 8, seed: str = "1"
) -> AsyncIterator[Page]:
    async with service(tmp_path, vision=Studio(embedder), policy=policy, enrol_first=False, seed=seed) as services:
        keys = await services.institutions.add("inst", "机构", "Institution")
        transport = httpx.ASGITransport(app=create_service_app(services))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Page(services, client, keys.platform)


def encoded(*pictures: str) -> list[str]:
    return [base64.b64encode(picture.encode()).decode() for picture in pictures]


async def test_the_institution_sends_several_photos(tmp_path: Path) -> None:
    async with page(tmp_path) as there:
        three = encoded("who=a", "who=a drift=10", "who=a drift=20")
        made = await there.post("/v1/enrol/p", there.platform, json={"photos": three})
        assert (made["version"], made["photos"], made["thresholds"], made["left_out"]) == (1, 3, "t-1", [])
        four = [*three, *encoded("who=b")]
        refused = await there.post("/v1/enrol/p", there.platform, json={"photos": four})
        assert refused["error"]["code"] == "enrol.several_people" and "photo 4" in refused["error"]["message"]
        made = await there.post("/v1/enrol/p", there.platform, json={"photos": four, "at_least": 3})
        assert (made["version"], made["left_out"]) == (2, [{"photo": 4, "reasons": ["NOT_SAME_PERSON"]}])
        one = await there.post("/v1/enrol/p", there.platform, content=b"who=a")
        assert (one["version"], one["photos"]) == (3, 1)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"photos": []}, "http.invalid"),
        ({"photos": ["not base64!"]}, "enrol.not_base64"),
        ({"photos": ["aa", "\u4e00"]}, "enrol.not_base64"),
        ({"photos": encoded("who=a"), "at_least": 2}, "enrol.count"),
        ({"photos": encoded("who=a"), "more": 1}, "http.invalid"),
        ({"photos": encoded("who=a") * 17}, "http.invalid"),
    ],
)
async def test_a_request_that_does_not_fit_is_refused(tmp_path: Path, asked: dict[str, Any], code: str) -> None:
    async with page(tmp_path) as there:
        assert (await there.post("/v1/enrol/p", there.platform, json=asked))["error"]["code"] == code
        assert await there.get("/v1/references", there.platform) == []


async def test_a_learner_is_led_through_four_poses(tmp_path: Path) -> None:
    async with page(tmp_path) as there:
        key = await token(there.services, "p", enrol=True)
        step = await there.post("/v1/enrol-me/live", key, content=b"{}")
        assert (step["pose"], step["number"], step["of"], step["done"]) == ("front", 1, 4, False)
        wrong = {"pose": "front", "pictures": encoded("who=a pose=aside", "who=a pose=aside")}
        again = await there.post("/v1/enrol-me/live/pose", key, json=wrong)
        assert again["pose"] == "front"
        assert [(each["code"], bool(each["zh"]), bool(each["en"])) for each in again["reasons"]] == [
            ("POSE_TOO_FAR", True, True)
        ]
        while not step["done"]:
            shown = encoded(*(f"who=a pose={step['pose']} n={at}" for at in range(step["frames"])))
            step = await there.post("/v1/enrol-me/live/pose", key, json={"pose": step["pose"], "pictures": shown})
        assert (step["photos"], step["version"]) == (4, 1)
        me = await there.get("/v1/me", key)
        assert (me["enrolled"], me["outdated"], me["may_enrol"]) == (True, False, False)
        refused = await there.post("/v1/enrol-me/live", key, content=b"{}")
        assert refused["error"]["code"] == "enrol.exists"


async def test_live_enrolment_needs_the_right(tmp_path: Path) -> None:
    async with page(tmp_path) as there:
        key = await token(there.services, "p")
        shown = {"pose": "front", "pictures": encoded("who=a pose=front") * 2}
        for path, body in (("/v1/enrol-me/live", {}), ("/v1/enrol-me/live/pose", shown)):
            assert (await there.post(path, key, json=body))["error"]["code"] == "enrol.not_granted"


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_learner_s_own_photo_must_be_alive_where_captures_must(tmp_path: Path, wanted: bool) -> None:
    proofs = ("presence", "identity", "pad") if wanted else ("presence", "identity")
    async with page(tmp_path, replace(POLICY, proofs=proofs)) as there:
        key = await token(there.services, "p", enrol=True)
        answer = await there.post("/v1/enrol-me", key, content=b"who=a pad=100")
        assert ("error" in answer) == wanted
        if wanted:
            assert answer["error"]["code"] == "enrol.unfit" and "PAD_ATTACK" in answer["error"]["message"]
        step = await there.post("/v1/enrol-me/live", key, content=b"{}") if wanted else {"done": True}
        while not step["done"]:
            shown = encoded(*(f"who=a pad=100 pose={step['pose']} n={at}" for at in range(2)))
            step = await there.post("/v1/enrol-me/live/pose", key, json={"pose": step["pose"], "pictures": shown})
            assert [each["code"] for each in step["reasons"]] == ["PAD_ATTACK"]
            break


async def test_after_an_upgrade_references_are_listed_and_may_be_made_anew(tmp_path: Path) -> None:
    async with page(tmp_path) as there:
        await there.post("/v1/enrol/p", there.platform, json={"photos": encoded("who=a", "who=a drift=9")})
    async with page(tmp_path, embedder="77" * 8, seed="2") as there:
        [held] = await there.get("/v1/references", there.platform)
        assert (held["learner"], held["current"], held["embedder"], held["photos"]) == ("p", False, "5f" * 8, 2)
        key = await token(there.services, "p", enrol=True)
        me = await there.get("/v1/me", key)
        assert (me["enrolled"], me["outdated"], me["may_enrol"]) == (False, True, True)
        assert (await there.post("/v1/enrol-me", key, content=b"who=a"))["version"] == 2
        me = await there.get("/v1/me", key)
        assert (me["enrolled"], me["outdated"], me["may_enrol"]) == (True, False, False)
        assert (await there.get("/v1/references", there.platform))[0]["current"] is True


async def test_enrolling_needs_the_right_and_a_photo_within_limits(tmp_path: Path) -> None:
    async with web(tmp_path) as page:
        made = await page.client.post("/v1/enrol/p-5", content=b"photo", headers=page.platform())
        assert made.json()["version"] == 1
        again = await page.client.post("/v1/enrol/p-5", content=b"photo", headers=page.platform())
        assert again.json()["version"] == 2
        large = await page.client.post("/v1/enrol/p-5", content=b"x" * (PHOTO_MAX_BYTES + 1), headers=page.platform())
        assert large.status_code == 413 and code_of(large) == "http.too_large"
        plain = await token(page.services, "p-6")
        may = await token(page.services, "p-6", enrol=True)
        refused = await page.client.post("/v1/enrol-me", content=b"p", headers={"authorization": f"Bearer {plain}"})
        assert code_of(refused) == "enrol.not_granted"
        done = await page.client.post("/v1/enrol-me", content=b"p", headers={"authorization": f"Bearer {may}"})
        assert done.status_code == 200
        twice = await page.client.post("/v1/enrol-me", content=b"p", headers={"authorization": f"Bearer {may}"})
        assert code_of(twice) == "enrol.exists"
