"""The demo's landing page in a browser: both languages, on a phone, each role one click away."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import ROOT, Open, Tab
from .test_console import PHONE
from .test_screens import assert_fits

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, sdk_dist: Path) -> Iterator[str]:
    """Run ``zaichang demo`` on a free port; yield the address that it prints."""
    folder = tmp_path_factory.mktemp("demo")
    path = os.pathsep.join([str(ROOT / "service"), str(ROOT / "client_sdk" / "python")])
    environ = {name: value for name, value in os.environ.items() if name not in ("ZAICHANG_DATA", "ZAICHANG_CONFIG")}
    with subprocess.Popen(
        [sys.executable, "-m", "zaichang", "demo", "--data", folder, "--port", "0"],
        env={**environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield next(found[0] for line in process.stdout if (found := re.search(r"http://\S+/demo", line)))
        finally:
            process.terminate()


def entered(tab: Open, demo: str, role: str, **options: object) -> Tab:
    one: Tab = tab(demo, **options)
    one.page.locator(f"#{role}").click()
    return one


@pytest.mark.parametrize(("locale", "title"), [("zh-CN", "在场演示：请选择您的身份"), ("en", "Zaichang demo: choose")])
def test_three_roles_fit_a_phone_in_both_languages(tab: Open, demo: str, locale: str, title: str) -> None:
    one: Tab = tab(demo, **{**PHONE, "locale": locale})
    one.page.locator("#learner").wait_for()
    assert one.page.locator("h1").inner_text().startswith(title)
    assert one.page.locator(".doors section").count() == 3
    assert_fits(one)
    one.shot(f"demo-door-{locale}")
    assert one.complaints == []


def test_the_learner_comes_to_the_course(tab: Open, demo: str) -> None:
    one = entered(tab, demo, "learner")
    one.page.locator("ol.lessons li").nth(2).wait_for()
    assert "tokens" not in one.page.url
    assert one.complaints == []


def test_the_reviewer_sees_the_simulated_learner(tab: Open, demo: str) -> None:
    one = entered(tab, demo, "sessions", locale="en")
    one.page.get_by_text("simulated-").first.wait_for()
    queue = entered(tab, demo, "queue", locale="en")
    queue.page.get_by_role("heading", name="Review queue").wait_for()
    assert "key=" not in queue.page.url
    assert one.complaints == queue.complaints == []


def test_the_inspector_needs_no_key(tab: Open, demo: str) -> None:
    one = entered(tab, demo, "log")
    one.until("document.querySelectorAll('[data-check]').length === 2")
    assert [each.get_attribute("data-outcome") for each in one.page.locator("[data-check]").all()] == ["ok", "ok"]
