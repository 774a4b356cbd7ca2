"""The reviewers' pages and the log page show the service's data; checked in the browser itself."""

from __future__ import annotations

import re

import pytest

from .conftest import Open, Tab
from .live import LiveService
from .test_live import finish, study

pytestmark = pytest.mark.e2e

PHONE = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "locale": "en"}


def only_ours(one: Tab, live: LiveService) -> None:
    assert one.complaints == []
    assert all(url.startswith((live.origin, "data:", "blob:")) for url in one.requests)
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_reviewer_sees_the_minutes_and_the_log_checks_itself(live: LiveService, tab: Open) -> None:
    finish(study(live, tab, to_ms=6_000))

    sessions = tab(f"{live.origin}/sessions#key={live.staff}", **PHONE)
    page = sessions.page
    page.locator("ol.minutes button").first.click()
    page.get_by_role("button", name=re.compile("Show captures")).click()
    sessions.until("[...document.querySelectorAll('.captures img')].some((image) => image.naturalWidth > 0)")
    assert live.staff not in page.url
    assert "Credited stretch of the lesson: 0:0" in page.locator("main").inner_text()
    sessions.shot("sessions")
    page.get_by_role("button", name="中文").click()
    assert "学习记录" in page.locator("h1").inner_text()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    only_ours(sessions, live)

    log = tab(f"{live.origin}/log", **PHONE)
    log.until("document.querySelectorAll('[data-check]').length === 2")
    outcomes = [one.get_attribute("data-outcome") for one in log.page.locator("[data-check]").all()]
    assert outcomes == ["ok", "ok"]
    log.page.locator("td button").first.click()
    log.page.get_by_role("button", name="Check that this entry is in the log").click()
    log.until("document.querySelector('[role=status]')?.textContent.startsWith('It holds')")
    log.shot("log")
    only_ours(log, live)


def test_the_log_page_notices_a_changed_entry(live: LiveService, tab: Open) -> None:
    finish(study(live, tab, to_ms=3_000))
    log = tab("about:blank", **PHONE)

    def change(route: object) -> None:
        answer = route.fetch()  # type: ignore[attr-defined]
        body = answer.body().replace(b'"verified_ms":', b'"verified_mz":', 1)
        route.fulfill(response=answer, body=body)  # type: ignore[attr-defined]

    log.page.route(re.compile("/tile/entries/"), change)
    log.page.goto(f"{live.origin}/log")
    log.until("document.querySelectorAll('[data-check]').length === 2")
    outcomes = {
        one.get_attribute("data-check"): one.get_attribute("data-outcome")
        for one in log.page.locator("[data-check]").all()
    }
    assert outcomes == {"signature": "ok", "root": "bad"}


def test_without_the_key_a_reviewer_is_told_what_to_do(live: LiveService, tab: Open) -> None:
    page = tab(f"{live.origin}/sessions", **PHONE)
    page.until("document.querySelector('.notice')?.textContent.includes('staff key')")
    only_ours(page, live)
