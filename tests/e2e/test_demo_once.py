"""The README's first command, as a visitor types it: it ends by itself with verified minutes and a checked log."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 500


@pytest.mark.e2e
@pytest.mark.timeout(PATIENCE_S + 60)
async def test_demo_once_verifies_minutes_and_its_own_log(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name not in ("ZAICHANG_DATA", "ZAICHANG_CONFIG")}
    environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "service"), str(ROOT / "client_sdk" / "python")])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "zaichang", "demo", "--once", "--json", "--data", str(tmp_path / "demo"), "--port", "0"),
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, told = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    said = told.decode()
    assert process.returncode == 0, said
    result = json.loads(out)
    assert result["ok"] and result["minutes"] >= 1 and result["verified_ms"] > 0 and result["checks"] > 0
    for line in ("/demo in your browser", "Simulated learner, minute 1: verified", "every one passed"):
        assert line in said
    assert max(map(len, said.splitlines())) <= 80
    assert "tokens=" not in said and "key=" not in said
