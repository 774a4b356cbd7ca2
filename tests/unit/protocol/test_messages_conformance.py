"""The messages, the JSON Schema and the web SDK's parser accept and refuse the same things.

The schema is judged by an independent library (jsonschema), the web SDK by running its codec in Node.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from msgspec import inspect

from zaichang.core.errors import PeerViolation
from zaichang.protocol.codec import decode_client, decode_server, encode
from zaichang.protocol.messages import CaptureHeader, ClientMessage, ServerMessage

if TYPE_CHECKING:
    import jsonschema

ROOT = Path(__file__).resolve().parents[3]
WEB = ROOT / "client_sdk" / "web"
SCHEMA = json.loads((ROOT / "client_sdk" / "protocol.schema.json").read_text(encoding="utf-8"))
VECTORS = {
    name: json.loads((ROOT / "tests" / "vectors" / f"wire_{name}.json").read_text(encoding="utf-8"))
    for name in ("client", "server")
}
PER_TYPE = 30
TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=64)
HEX = {"^[0-9a-f]+$(?!\\n)": (16, 64), "^([0-9a-f]{2}){16,32}$(?!\\n)": (32, 64), "^[0-9a-f]{64}$(?!\\n)": (64, 64)}
HEX["^[A-Za-z0-9_-]+$(?!\\n)"] = (2, 64)  # base64url, of which hex is a part
OTHERS: tuple[Any, ...] = ("7", 1.5, None, [], [1], {}, True, 0, "x" * 70, 2**53, -(2**53))
"""Values that a mutation puts into a field; some fit the field, and each judge must tell for itself."""


def validator(name: str) -> jsonschema.Draft202012Validator:
    """Return the schema's part ``name``, with its definitions."""
    import jsonschema  # takes seconds, which collecting the tests should not

    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


def value(info: inspect.Type) -> st.SearchStrategy[Any]:
    """Return a strategy for the values that a field may hold."""
    match info:
        case inspect.Metadata():
            return value(info.type)
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            low = info.ge if info.ge is not None else info.gt + 1 if info.gt is not None else -(2**53) + 1
            high = info.le if info.le is not None else info.lt - 1 if info.lt is not None else 2**53 - 1
            return st.integers(low, high)
        case inspect.StrType(pattern=str(pattern)):
            shortest, longest = HEX[pattern]
            return st.integers(shortest // 2, longest // 2).flatmap(
                lambda pairs: st.text("0123456789abcdef", min_size=2 * pairs, max_size=2 * pairs)
            )
        case inspect.StrType():
            return TEXT
        case inspect.VarTupleType():
            return st.lists(value(info.item_type), max_size=4).map(tuple)
    raise AssertionError(info)


def message(struct: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for one message type, defaults now and then left alone."""
    required, optional = {}, {}
    for field in msgspec.structs.fields(struct):
        place = required if field.default is msgspec.NODEFAULT else optional
        place[field.name] = value(inspect.type_info(field.type))
    return st.fixed_dictionaries(required, optional=optional).map(lambda given_fields: struct(**given_fields))


@st.composite
def mutated(draw: st.DrawFn, struct: Any) -> dict[str, Any]:
    """Draw a message with one field gone, unknown, or of another value."""
    fields: dict[str, Any] = json.loads(encode(draw(message(struct))))
    how = draw(st.sampled_from(["gone", "unknown", "other"]))
    if how == "unknown":
        return {**fields, "later": draw(st.sampled_from(OTHERS))}
    name = draw(st.sampled_from(sorted(fields)))
    if how == "gone":
        del fields[name]
        return fields
    return {**fields, name: draw(st.sampled_from(OTHERS))}


def python_takes(decode: Any, text: str) -> bool:
    try:
        decode(text)
    except PeerViolation:
        return False
    return True


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that has the web SDK's codec do many tasks in one run of Node."""
    bundle = tmp_path_factory.mktemp("web") / "conformance.mjs"
    esbuild = WEB / "node_modules" / ".bin" / "esbuild"
    if not esbuild.exists():
        pytest.fail(f"{WEB} has no node_modules: run `npm ci` there (make test does)")
    options = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={bundle}"]
    subprocess.run([str(esbuild), "test/conformance.ts", *options], cwd=WEB, check=True, timeout=120)

    def run(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        lines = "\n".join(json.dumps(task) for task in tasks)
        done = subprocess.run(["node", str(bundle)], input=lines, capture_output=True, encoding="utf-8", timeout=120)
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.split("\n") if line]
        assert len(answers) == len(tasks)
        return answers

    return run


def drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Return a list of examples, the same in every run."""
    found: list[Any] = []

    @seed(1)
    @settings(max_examples=count, database=None, deadline=None)
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


def test_the_schema_is_a_schema() -> None:
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("side", ["client", "server"])
def test_the_golden_vectors_fit_the_schema(side: str) -> None:
    judge = validator("ClientMessage" if side == "client" else "ServerMessage")
    for vector in VECTORS[side]["messages"]:
        judge.validate(json.loads(vector["text"]))
        judge.validate(vector["fields"])
    for vector in VECTORS[side].get("captures", ()):
        validator("CaptureHeader").validate(vector["header"])


def test_the_schema_refuses_what_the_vectors_refuse() -> None:
    sides = (
        ("ClientMessage", VECTORS["client"]["refused_by_the_service"]),
        ("ServerMessage", VECTORS["server"]["left_out"]),
    )
    judged = 0
    for name, vectors in sides:
        for vector in vectors:
            if vector["code"] in ("wire.invalid", "wire.unknown_type"):
                assert not validator(name).is_valid(json.loads(vector["text"])), vector
                judged += 1
    assert judged >= 8


@pytest.mark.parametrize("struct", [*get_args(ClientMessage), *get_args(ServerMessage), CaptureHeader])
def test_every_message_fits_the_schema(struct: Any) -> None:
    judge = validator(struct.__name__)
    for each in drawn(message(struct), PER_TYPE):
        judge.validate(json.loads(encode(each)))


def test_every_message_to_the_client_goes_through_the_web_sdk_and_back(web: Any) -> None:
    sent = [each for struct in get_args(ServerMessage) for each in drawn(message(struct), PER_TYPE)]
    answers = web([{"decode": encode(each)} for each in sent])
    for each, answer in zip(sent, answers, strict=True):
        assert "message" in answer, (each, answer)
        assert decode_server(json.dumps(answer["message"])) == each


def test_every_message_to_the_server_goes_through_the_web_sdk_and_back(web: Any) -> None:
    sent = [each for struct in get_args(ClientMessage) for each in drawn(message(struct), PER_TYPE)]
    answers = web([{"encode": msgspec.to_builtins(each)} for each in sent])
    for each, answer in zip(sent, answers, strict=True):
        assert decode_client(answer["text"]) == each
        assert answer["text"] == encode(each)


def test_a_changed_message_to_the_client_is_judged_alike_by_all_three(web: Any) -> None:
    changed = [each for struct in get_args(ServerMessage) for each in drawn(mutated(struct), 2 * PER_TYPE)]
    answers = web([{"decode": json.dumps(each)} for each in changed])
    judge = validator("ServerMessage")
    verdicts = set()
    for each, answer in zip(changed, answers, strict=True):
        here = judge.is_valid(each)
        verdicts.add(here)
        assert python_takes(decode_server, json.dumps(each)) == here, each
        assert ("message" in answer) == here, (each, answer)
    assert verdicts == {True, False}


def test_a_changed_message_to_the_server_is_judged_alike_by_schema_and_service() -> None:
    judge = validator("ClientMessage")
    verdicts = set()
    for struct in get_args(ClientMessage):
        for each in drawn(mutated(struct), 2 * PER_TYPE):
            here = judge.is_valid(each)
            verdicts.add(here)
            assert python_takes(decode_client, json.dumps(each)) == here, each
    assert verdicts == {True, False}


@pytest.mark.parametrize(
    "text",
    [
        '{"t":"reveal","client_nonce":"%s\\n"}' % ("ab" * 16),
        '{"t":"heartbeat","seq":1,"nonce":"%s\\n","playhead_ms":0,"playing":true}' % ("ab" * 16),
        '{"t":"join","protocol":1,"token":"x","client_nonce_c":"%s\\n"}' % ("ab" * 32),
    ],
)
def test_hex_with_a_newline_behind_it_is_refused(text: str) -> None:
    """In Python ``$`` also matches before a newline at the end; schema and service must agree."""
    assert decode_client(text.replace("\\n", "")) is not None
    with pytest.raises(PeerViolation) as caught:
        decode_client(text)
    assert caught.value.code == "wire.invalid"
