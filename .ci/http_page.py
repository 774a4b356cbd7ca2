"""docs/http.md: every route with caller, input, answer, refusals and an example, from openapi.json; the outbox line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from zaichang.api.app import describe
from zaichang.api.openapi import TAGS
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import Mode, Route, SessionState
from zaichang.core.ids import CourseId, InstitutionId, LearnerId, LessonId, ReviewerId, SessionId, TokenId
from zaichang.core.reasons import ReasonCode
from zaichang.live.publishing import amendment_line, outbox_line
from zaichang.ports.records import SessionRow, StoredMinute
from zaichang.ports.records_review import Amendment
from zaichang.session.codec import encode_minute
from zaichang.session.decisions import Minute, Verdict

NOTE: Final = "<!-- Generated from the code by `make docs`; change the code, not this page. -->\n\n"
_SCHEMAS: Final = "#/components/schemas/"
_FIELDS_MAX: Final = 30
_CALLERS: Final = {
    "platformKey": "platform key",
    "staffKey": "staff key",
    "reviewerKey": "reviewer's own key",
    "employerKey": "employer's key",
    "launchToken": "launch token",
    "statementToken": "statement token",
}
_INTRO: Final = """# HTTP

Every route of a service, made from [openapi.json](../service/zaichang/api/openapi.json), which a running service also
gives at `/openapi.json`. The websocket `/v1/session` has [a page of its own](protocol.md).

- A key or token travels as `Authorization: Bearer <key>`. `zaichang course add` prints an institution's keys once.
- Bodies and answers are JSON in UTF-8. A field or query parameter that is not listed here is refused. A body without
  its content type is read as JSON.
- Times end in `_ms`: Unix milliseconds of the server's clock, or a duration. Lists are read page by page: `next` of one
  answer is the parameter of the next call.
- Every error is `{"error": {"code", "message", "hint"}}`, as below. [Errors](errors.md) lists the codes and
  their cures.
  Any route may answer 500 (`server.error`) or 503 (`storage.*`); a route under `/v1/` also 429 with `Retry-After`.

The answer 401 to a request without a key:

```json
{
  "error": {
    "code": "auth.required",
    "message": "A valid key is required.",
    "hint": "Send it as Authorization: Bearer <key>."
  }
}
```
"""


def http_page() -> str:
    """Return the page."""
    described = describe().openapi()
    schemas = described["components"]["schemas"]
    found = [
        (operation["tags"][0], method.upper(), path, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    lines = [_INTRO, "| route | caller | purpose |", "|---|---|---|"]
    for tag in TAGS:
        for _, method, path, operation in (each for each in found if each[0] == tag):
            link = f"[`{method} {path}`](#{operation['operationId'].replace('_', '-')})"
            lines.append(f"| {link} | {_callers(operation)} | {operation['summary']} |")
    for tag, about in TAGS.items():
        lines += ["", f"## Routes: {tag}", "", about]
        for _, method, path, operation in (each for each in found if each[0] == tag):
            lines += _route(method, path, operation, schemas)
    return NOTE + "\n".join([*lines, *_outbox(), ""])


def _callers(operation: dict[str, Any]) -> str:
    keys = [key for need in operation["security"] for key in need]
    return ", ".join(_CALLERS[key] for key in keys) or "everyone"


def _route(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    name = operation["operationId"].replace("_", "-")
    yield from ("", f"### {name}", "", f"`{method} {path}`, by {_callers(operation)}. {operation['summary']}")
    if "description" in operation:
        yield operation["description"]
    rows = [
        f"| `{each['name']}` | {each['in']} | {_kind(each['schema'], schemas)} | {_cell(each['description'])} |"
        for each in operation.get("parameters", [])
    ]
    body = operation.get("requestBody", {})
    shown = _resolved(body.get("content", {}).get("application/json", {}).get("schema"), schemas)
    rows += [f"| {row} |" for row in _fields(shown, schemas, "body")]
    if rows:
        yield from ("", "| input | place | type | meaning |", "|---|---|---|---|", *rows)
    if body:
        kinds = ", ".join(f"`{kind}`" for kind in body["content"])
        yield from ("", f"Body ({kinds}): {body.get('description', '')}")
        if shown is not None:
            yield from ("", "```json", json.dumps(_example(shown, schemas), ensure_ascii=False), "```")
    answer = operation["responses"]["200"]
    content = answer.get("content", {})
    schema = content.get("application/json", {}).get("schema")
    yield from ("", f"Answer ({', '.join(f'`{kind}`' for kind in content)}): {answer['description']}")
    if schema and (schema.keys() - {"type"}) and operation["operationId"] != "get_openapi_document":
        rows = [f"| {row} |" for row in _fields(_resolved(schema, schemas), schemas, None)]
        if len(rows) > _FIELDS_MAX:
            yield from ("", "[Rules](policy.md) lists the fields.")
            return
        if rows:
            yield from ("", "| field | type | meaning |", "|---|---|---|", *rows)
        yield from ("", "```json", json.dumps(_example(schema, schemas), ensure_ascii=False), "```")
    refusals = {
        status: each["description"]
        for status, each in operation["responses"].items()
        if status not in ("200", "429", "500", "503")
    }
    if refusals:
        yield from ("", "Refusals: " + "; ".join(f"{status} {codes}" for status, codes in refusals.items()) + ".")


def _resolved(schema: dict[str, Any] | None, schemas: dict[str, Any]) -> dict[str, Any] | None:
    if schema is None:
        return None
    if "$ref" in schema:
        return _resolved(schemas[schema["$ref"].removeprefix(_SCHEMAS)], schemas)
    if schema.get("type") == "array":
        return _resolved(schema["items"], schemas)
    return schema


def _fields(schema: dict[str, Any] | None, schemas: dict[str, Any], place: str | None) -> Iterator[str]:
    for name, each in ((schema or {}).get("properties") or {}).items():
        where = f" | {place}" if place else ""
        needed = ", required" if place and name in (schema or {}).get("required", []) else ""
        about = each.get("description") or (_resolved(each, schemas) or {}).get("description", "")
        yield f"`{name}`{where} | {_kind(each, schemas)}{needed} | {_cell(about)}"


def _kind(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """Return a schema's type in words, with its bounds."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(each, schemas) for each in schema["anyOf"]))
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_SCHEMAS)
        inner = ", ".join(f"`{field}`" for field in schemas[name].get("properties", {}))
        return f"object: {inner}" if inner else "any"
    if schema.get("enum"):
        return "one of " + ", ".join(f"`{value}`" if value else "empty" for value in schema["enum"])
    if schema.get("type") == "array" and "items" in schema:
        most = f", at most {schema['maxItems']}" if "maxItems" in schema else ""
        return f"list of {_kind(schema['items'], schemas)}{most}"
    limits = (("minimum", "from"), ("maximum", "to"))
    bounds = [f"{word} {schema[key]:g}" for key, word in limits if key in schema]
    if "maxLength" in schema:
        bounds.append(f"at most {schema['maxLength']} characters")
    return " ".join([schema.get("type", "list" if "prefixItems" in schema else "any"), *bounds])


def _example(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """Return an example value, from the fields' own examples where they have one."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].removeprefix(_SCHEMAS)], schemas)
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], schemas)
    if "const" in schema or schema.get("enum"):
        return schema.get("const", (schema.get("enum") or [None])[0])
    match schema.get("type"):
        case "object":
            optional = {"pack", "live_from_ms", "at_least"}
            fields = schema.get("properties", {})
            return {name: _example(each, schemas) for name, each in fields.items() if name not in optional}
        case "array":
            return [_example(schema["items"], schemas)] if "items" in schema else []
        case "integer":
            return schema.get("default", schema.get("minimum", 0))
        case "boolean":
            return schema.get("default", False)
    return schema.get("default", "")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def example_lines() -> tuple[bytes, bytes]:
    """Return a minute's line and a decision's line, written by the code that writes the outbox."""
    session, start_ms = SessionId("5f0c" * 8), 1_767_225_600_000
    row = SessionRow(
        session_id=session,
        institution_id=InstitutionId("college"),
        learner_id=LearnerId("learner-17"),
        course_id=CourseId("pharmacy-2026"),
        lesson_id=LessonId("lesson-1"),
        token_id=TokenId(""),
        policy_digest="0f" * 32,
        state=SessionState.CLOSED,
        opened_ms=start_ms,
        period="2026-01-01",
        route=Route.FACE,
        category="professional",
        course_version="2026.1",
        mode=Mode.RECORDED,
    )
    minute = Minute(
        index=0,
        from_ms=start_ms,
        to_ms=start_ms + 60_000,
        verdict=Verdict.VERIFIED,
        verified=((0, 48_000),),
        undecided=((48_000, 59_500),),
        reasons=(ReasonCode.CAMERA_COVERED,),
    )
    stored = StoredMinute(minute=0, body=canonical_bytes(encode_minute(minute)))
    decision = Amendment(
        session_id=session,
        leaf_seq=3,
        minute=0,
        at_ms=start_ms + 86_400_000,
        verdict=Verdict.VERIFIED,
        delta_ms=11_500,
        reason=ReasonCode.REVIEW_GRANTED,
        reviewer_id=ReviewerId("ren"),
        body=canonical_bytes({"granted": [[48_000, 59_500]]}),
    )
    origin = "log.example/college/2026"
    return outbox_line(row, stored, origin, 16), amendment_line(row, decision, origin, 17)


_OUTBOX_FIELDS: Final = {
    "v": "Version of the line's form: 1.",
    "t": "`minute`, `end`, `erasure`, or `amendment` for a later change: by people, or by the service"
    " (`MOVEMENTS_FOLLOWED`, `DELIVERY_CONFIRMED`).",
    "session": "The session.",
    "minute": "The minute's number within the session, from 0.",
    "leaf": "Only of an amendment: number of its record within the session.",
    "institution": "The institution.",
    "learner": "The institution's pseudonym for the learner.",
    "course": "The course.",
    "lesson": "The lesson.",
    "lesson_version": "The lesson's version.",
    "timeline": "The time line that positions are on; the same position on one time line counts once.",
    "period": "First day of the year in which it counts, or `once`; absent in sessions from before it was noted.",
    "route": "`face`, or `challenge`: no face was compared; likewise.",
    "category": "`professional` or `public`, as the lesson said when the session began; absent where it said nothing.",
    "mode": "`recorded`, or `broadcast`: a live broadcast; absent in sessions from before it was noted.",
    "course_version": "Version of the course, as the lesson said when the session began; absent likewise.",
    "server_ms": "Only of a minute: the server time that it lasted.",
    "policy": "Digest of the rules; `GET /v1/policies/{digest}` shows them.",
    "record": "The minute: `verdict` (V, F or U), `verified` and `undecided` (positions in the lesson, ms),"
    " `verified_ms` (the exact sum of `verified`), `reasons`.",
    "verdict": "Only of an amendment: the minute's verdict after it.",
    "delta_ms": "Only of an amendment: add it to the minute's credit. Negative where people took time back,"
    " 0 for a refusal.",
    "granted": "Only of an amendment: the positions that it grants.",
    "revoked": "Only of an amendment that takes time back: the positions that it takes.",
    "reason": "Only of an amendment: its reason code.",
    "log": "Name of the log and index of the record in it.",
}


def _outbox() -> list[str]:
    minute, amendment = example_lines()
    fields = {**json.loads(minute), **json.loads(amendment)}
    fields["revoked"] = []  # the example grants
    if unknown := fields.keys() ^ _OUTBOX_FIELDS.keys():
        raise ValueError(f"the outbox line's description does not fit its fields: {sorted(unknown)}")
    rows = [f"| `{name}` | {meaning} |" for name, meaning in _OUTBOX_FIELDS.items()]
    return [
        "",
        "## The outbox line",
        "",
        "Minutes leave the service as files, not over HTTP: `outbox/DAY.jsonl` in the data folder, one JSON object a",
        "line.",
        "",
        "- Every minute is in them, also refused (F) and undecided (U) ones: filter by `record.verdict`, or add up.",
        "- DAY is the day in China (UTC+8) on which the line was written, not the day of the study. A minute stands in",
        "  the file of the day of its checkpoint or decision. Lines",
        "  are appended to the file of today only, so a file is finished once a later day's file exists.",
        "- A line is written only after a signed checkpoint covers its record.",
        "- The service writes each line once; should one come twice, ignore it by its key: (`session`, `minute`), of",
        "  an amendment (`session`, `leaf`), of an end `session`, of an erasure its `log`.",
        '- A line `"t":"end"` follows a session\'s last minutes: `opened_ms`, `closed_ms`, `reason`, `verified_ms`,',
        "  how many `minutes` were verified, refused and undecided, and how many `proofs` of each kind were made",
        "  (`capture`, `liveness`, `answer`, `passkey`).",
        '- A line `"t":"erasure"` names the `sessions` of an erased learner, at most 500, and the `scope`. After',
        "  `biometrics` the hours stand; after `all` erase your copies of the lines of these sessions.",
        "- The service never deletes a file. Erasing all of a learner overwrites `learner` by as many `-`, in place:",
        "  no line moves.",
        "- Read whole lines only. After a crash the last line may lack its end (a line feed): the service cuts it off",
        "  at the next start and writes it again.",
        "",
        "A learner's credit for a lesson is the sum of `record.verified_ms` and of the amendments' `delta_ms`.",
        "One data folder counts no position twice, so the sum equals the length of the positions that stand: apply",
        "the lines in order, add `verified` and `granted`, remove `revoked`. After a loss that a second, empty",
        "folder follows, do so with the lines of both",
        "([a lost disk](operations.md#a-lost-disk-and-a-published-log-that-is-newer-than-the-backup)).",
        "",
        "```json",
        minute.decode().strip(),
        "```",
        "",
        "A reviewer's decision about that minute:",
        "",
        "```json",
        amendment.decode().strip(),
        "```",
        "",
        "| field | meaning |",
        "|---|---|",
        *rows,
    ]
