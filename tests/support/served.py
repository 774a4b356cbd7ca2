"""A service at a port of this machine, and pages that are looked at in a real browser."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from playwright.async_api import ConsoleMessage, Page, ViewportSize

from zaichang.main.service import Services, create_service_app

PHONE = ViewportSize(width=360, height=740)
DESKTOP = ViewportSize(width=1280, height=800)


@asynccontextmanager
async def served(services: Services) -> AsyncIterator[str]:
    """Serve at a free port until the end; yields the address, without a slash at its end."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_service_app(services), log_level="warning", ws="websockets-sansio", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


def complaints_of(*pages: Page) -> list[str]:
    """Return a list that takes each error of the pages from now on."""
    found: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(message.text)

    for page in pages:
        page.on("console", heard)
        page.on("pageerror", lambda error: found.append(str(error)))
    return found


async def shot(page: Page, name: str, width_px: int = PHONE["width"]) -> None:
    """Keep a picture of the page where ZAICHANG_SHOTS names a folder; nothing is wider than the screen."""
    if folder := os.environ.get("ZAICHANG_SHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width_px
