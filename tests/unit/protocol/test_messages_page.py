"""docs/protocol.md says what the messages, close codes and limits are; this holds it to the code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from zaichang.protocol import limits
from zaichang.protocol import messages as m
from zaichang.protocol.close_codes import CloseCode

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "protocol.md").read_text()
STRUCTS: dict[str, Any] = {
    **{struct.__struct_config__.tag: struct for struct in (*get_args(m.ClientMessage), *get_args(m.ServerMessage))},
    "capture header": m.CaptureHeader,
}


def _section(name: str) -> str:
    found = re.search(rf"^#### {re.escape(name)}\n(.*?)(?=^#{{2,4}} |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/protocol.md has no section for {name}"
    return found[1]


def _rows(text: str) -> list[tuple[str, str, str]]:
    return re.findall(r"^\| `(\w+)` \| (\w+)(?:, at most \d+)? \|(.*?)\|", text, re.MULTILINE)


def _kind(field: msgspec.structs.FieldInfo) -> str:
    info = msgspec.inspect.type_info(field.type)
    assert isinstance(info, msgspec.inspect.Metadata), f"{field.name} has no meaning"
    info = info.type
    if isinstance(info, msgspec.inspect.BoolType):
        return "bool"
    if isinstance(info, msgspec.inspect.IntType):
        return "int"
    if isinstance(info, msgspec.inspect.VarTupleType):
        return "list"
    assert isinstance(info, msgspec.inspect.StrType)
    return "hex" if info.pattern else "text"


@pytest.mark.parametrize("name", sorted(STRUCTS))
def test_every_field_is_on_the_page_as_it_is_in_the_code(name: str) -> None:
    documented = _rows(_section(name))
    fields = msgspec.structs.fields(STRUCTS[name])
    expected = [
        (
            field.encode_name,
            _kind(field),
            "" if field.default is msgspec.NODEFAULT else f"`{json.dumps(field.default)}`",
        )
        for field in fields
    ]
    assert [(field, kind, default.strip()) for field, kind, default in documented] == expected


def test_no_message_is_on_the_page_that_does_not_exist() -> None:
    assert set(re.findall(r"^#### (.+)$", PAGE, re.MULTILINE)) == set(STRUCTS)


def test_every_close_code_is_on_the_page() -> None:
    documented = dict(re.findall(r"^\| (\d{4}) \| (\w+) \|", PAGE, re.MULTILINE))
    assert documented == {str(int(code)): code.name for code in CloseCode}


def test_the_limits_are_on_the_page() -> None:
    documented = {
        name: int(value)
        for name, value in re.findall(
            r"^\| ([\w ]+) \| (\d+)(?: \w+| \(default of the policy\))? \|$", PAGE, re.MULTILINE
        )
    }
    assert documented == {
        "text frame": limits.TEXT_MAX_BYTES,
        "capture header": limits.CAPTURE_HEADER_MAX_BYTES,
        "picture": limits.CAPTURE_MAX_BYTES,
        "liveness frame": limits.LIVENESS_FRAME_MAX_BYTES,
        "time to join": limits.JOIN_TIMEOUT_MS,
        "violations on a connection": limits.VIOLATIONS_MAX,
        "liveness frames a second": limits.LIVENESS_FRAMES_PER_S,
        "liveness frames a try": limits.LIVENESS_FRAMES_MAX,
        "messages a second": limits.MESSAGES_PER_S,
    }
