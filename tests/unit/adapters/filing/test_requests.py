"""Requests to a platform: HTTPS, an HMAC over each, bounded answers, and statuses that say "later"."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from zaichang.adapters.filing.requests import Access, Requests, json_object, signature, text_rows
from zaichang.core.errors import ConfigError, NotAllowed, PeerViolation


def requests(answer: httpx.Response | Exception, met: list[httpx.Request] | None = None, **more: object) -> Requests:
    def handle(request: httpx.Request) -> httpx.Response:
        if met is not None:
            met.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    access = Access(url="https://platform.example/v2", now_s=lambda: 1_700_000_000, nonce=lambda: "n", **more)  # type: ignore[arg-type]
    return Requests(access, httpx.MockTransport(handle))


async def test_each_request_is_signed_over_method_path_time_and_body() -> None:
    met: list[httpx.Request] = []
    asker = requests(httpx.Response(200, json={}), met, secret=b"k")
    await asker.ask("POST", "/batches?x=1", {"名": 1})
    [sent] = met
    body = '{"名": 1}'.encode()
    expected = signature(b"k", "POST", "/v2/batches?x=1", 1_700_000_000, "n", body)
    assert (sent.content, sent.headers["x-zaichang-signature"]) == (body, expected)
    assert expected != signature(b"k", "POST", "/v2/batches?x=2", 1_700_000_000, "n", body)


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(429), httpx.ConnectError("x")])
async def test_later_is_unreachable(answer: httpx.Response | Exception) -> None:
    with pytest.raises(PeerViolation) as refused:
        await requests(answer).ask("GET", "/x")
    assert refused.value.code == "filing.unreachable"


async def test_a_refusal_and_a_redirect_are_no_success() -> None:
    for status in (302, 401, 422):
        with pytest.raises(NotAllowed) as refused:
            await requests(httpx.Response(status, text="no")).take("GET", "/x")
        assert refused.value.code == "filing.refused" and str(status) in refused.value.message


async def test_an_answer_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zaichang.adapters.filing.requests.ANSWER_MAX_BYTES", 3)
    with pytest.raises(PeerViolation, match="more than"):
        await requests(httpx.Response(200, text="four")).ask("GET", "/x")


def test_the_address_must_be_https_beyond_this_machine(tmp_path: Path) -> None:
    def access(url: str, **more: Path) -> Access:
        return Access(url=url, now_s=lambda: 0, nonce=lambda: "", **more)  # type: ignore[arg-type]

    Requests(access("http://127.0.0.1:9"))
    with pytest.raises(ConfigError, match="https"):
        Requests(access("http://platform.example"))


async def test_a_certificate_that_is_none_is_ours_to_mend(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("no certificate")
    with pytest.raises(ConfigError) as refused:
        await requests(httpx.Response(200), certificate=tmp_path / "c").ask("GET", "/x")
    assert refused.value.code == "filing.tls"


def test_answers_that_are_no_rows() -> None:
    assert text_rows([{"a": 1, "b": None}]) == [{"a": "1", "b": ""}]
    for value in (None, {}, [1]):
        with pytest.raises(PeerViolation):
            text_rows(value)
    for data in (b"[]", b"<", b""):
        with pytest.raises(PeerViolation):
            json_object(data)
