"""A learning record store by xAPI 1.0.3: a row is a statement, a withdrawal voids it.

A statement's id follows from the row's key, so sending again stores nothing twice. xAPI has no refusal of a row: a
stored statement is accepted, and one that is not there has no answer yet.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from zaichang.adapters.filing.requests import Requests, json_object
from zaichang.core.errors import ConfigError, NotAllowed, PeerViolation
from zaichang.hours.filing.case_desk import key_of
from zaichang.hours.filing.exchange import whole_refusal
from zaichang.hours.filing.mapping import FilingMapping
from zaichang.ledger.filing.lines import LineAnswer, LineOf
from zaichang.ledger.filing.reconcile import Listed
from zaichang.ledger.filing.rows import Operation, RowState
from zaichang.ports.hours.filing import Answer, Capabilities, Document, Entry, Filled, Ticket

COMPLETED: Final = "http://adlnet.gov/expapi/verbs/completed"
VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
COURSE: Final = "http://adlnet.gov/expapi/activities/course"
PAGES_MAX: Final = 1_000
_OK, _MULTIPLE, _NOT_FOUND, _CONFLICT = 200, 300, 404, 409


class LrsPlatform:
    """Stores statements in any LRS."""

    def __init__(self, mapping: FilingMapping, requests: Requests, home: str, account: str) -> None:
        """Use an LRS.

        Args:
            mapping: Its columns become an extension of the result.
            requests: Address and credentials of the LRS.
            home: IRI of ours: home page of accounts, beginning of the ids of courses and extensions.
            account: Column of the file of people that names the account; ``learner`` is the pseudonym.

        Raises:
            ConfigError: ``filing.target`` where ``home`` is no IRI.
        """
        if urlsplit(home).scheme not in ("http", "https") or not urlsplit(home).netloc:
            raise ConfigError("filing.target", f"home must be an IRI, got {home[:80]!r}.")
        self._mapping = mapping
        self._requests = requests
        self._home = home.rstrip("/")
        self._account = account

    def capabilities(self) -> Capabilities:
        """See the port."""
        return Capabilities(replace=False, withdraw=True, listing=True)

    def statement_id(self, line: LineOf) -> str:
        """Return the id of a line's statement."""
        word = "void" if line.operation is Operation.WITHDRAW else "row"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._home}/filing/{word}/{line.key}"))

    def prepare(self, batch: Filled) -> Document:
        """See the port."""
        statements = [self._statement(batch, entry) for entry in batch.entries]
        return Document(
            batch_id=batch.batch_id,
            name=f"{batch.batch_id}.json",
            data=json.dumps(statements, ensure_ascii=False, separators=(",", ":")).encode(),
            lines=tuple(entry.line for entry in batch.entries),
            manifest=batch.manifest,
        )

    async def send(self, document: Document) -> Ticket:
        """See the port: one POST; where some are stored already, each by itself.

        Raises:
            NotAllowed: ``filing.refused``.
        """
        status, data = await self._requests.ask("POST", "/statements", document.data)
        if status == _CONFLICT:
            for statement in json.loads(document.data):
                await self._put(statement)
        elif not _OK <= status < _MULTIPLE:
            raise whole_refusal(status, data[:400].decode("utf-8", "replace"))
        return Ticket(batch_id=document.batch_id, lines=document.lines, status=status, data=data)

    async def _put(self, statement: dict[str, Any]) -> None:
        """Store one statement, unless the same one is stored.

        Raises:
            NotAllowed: ``filing.other_document`` where another one has its id; ``filing.refused``.
        """
        path = f"/statements?statementId={statement['id']}"
        status, data = await self._requests.ask("PUT", path, statement)
        if status == _CONFLICT:
            stored = await self._find(statement["id"])
            if stored.get("result") != statement.get("result") or stored.get("actor") != statement["actor"]:
                raise NotAllowed(
                    "filing.other_document",
                    f"The LRS has another statement under {statement['id']}: the file of people has changed since.",
                    "Send with the earlier file of people, or withdraw the row and file it again.",
                )
        elif not _OK <= status < _MULTIPLE:
            raise whole_refusal(status, data[:400].decode("utf-8", "replace"))

    async def poll(self, ticket: Ticket) -> Answer:
        """See the port: each statement is looked up, the voiding ones as well."""
        found: list[LineAnswer] = []
        for line in ticket.lines:
            if await self._find(self.statement_id(line)):
                found.append(LineAnswer(line.key, RowState.ACCEPTED))
        data = json.dumps([[word.key, str(word.state)] for word in found]).encode() if found else b""
        return Answer(rows=tuple(found), status=200, data=data)

    async def match(self, people: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
        """See the port: an LRS knows no persons before they have statements."""
        return {}

    async def register(self, course: str, values: Mapping[str, str]) -> str:
        """See the port: a course is known by its IRI."""
        return f"{self._home}/courses/{quote(course)}"

    async def listing(self, year: int) -> Sequence[Listed]:
        """See the port: all completions of the year that are not voided.

        Raises:
            PeerViolation: ``filing.answer`` where the list does not end.
        """
        statements = await self._all()
        # Not asked by verb: a store that does not carry voiding out still lists the voided statement.
        voided = {
            str(one["object"].get("id"))
            for one in statements
            if _verb(one) == VOIDED and isinstance(one.get("object"), dict)
        }
        found: list[Listed] = []
        for statement in statements:
            ours = _extension(statement, f"{self._home}/filing")
            if _verb(statement) == COMPLETED and ours.get("year") == str(year) and statement.get("id") not in voided:
                found.append(Listed(str(ours.get("key")), str(ours.get("amount"))))
        return found

    async def _all(self) -> list[dict[str, Any]]:
        """Return all statements of the store, page by page."""
        found: list[dict[str, Any]] = []
        path = "/statements?limit=200"
        for _ in range(PAGES_MAX):
            _, data = await self._requests.take("GET", path)
            page = json_object(data)
            found += [one for one in page.get("statements", []) if isinstance(one, dict)]
            more = page.get("more") or ""
            if not more:
                return found
            path = f"/statements?{urlsplit(str(more)).query}"
        raise PeerViolation("filing.answer", f"The list has more than {PAGES_MAX} pages.")

    async def _find(self, statement_id: str) -> dict[str, Any]:
        """Return the statement of an id; empty where there is none. Some stores answer with a list of one."""
        status, data = await self._requests.ask("GET", f"/statements?statementId={statement_id}")
        if status == _NOT_FOUND:
            return {}
        if not _OK <= status < _MULTIPLE:
            raise whole_refusal(status, data[:400].decode("utf-8", "replace"))
        found = json_object(data)
        listed = found.get("statements", [found])
        return next((one for one in listed if isinstance(one, dict) and one.get("id") == statement_id), {})

    def _statement(self, batch: Filled, entry: Entry) -> dict[str, Any]:
        line, values = entry.line, dict(entry.values)
        agent = {"objectType": "Agent", "account": {"homePage": self._home, "name": self._name(entry)}}
        if line.operation is Operation.WITHDRAW:
            target = LineOf(line.row, Operation.NEW, line.key)
            return {
                "id": self.statement_id(line),
                "actor": agent,
                "verb": {"id": VOIDED, "display": {"en": "voided"}},
                "object": {"objectType": "StatementRef", "id": self.statement_id(target)},
            }
        amount = next(
            (values[column.name] for column in self._mapping.columns if column.source == "row.amount"), ""
        )  # fmt: skip
        ours = {"key": line.key, "year": str(batch.year), "batch": batch.batch_id, "amount": amount, "values": values}
        course = key_of(line.key).course
        return {
            "id": self.statement_id(line),
            "actor": agent,
            "verb": {"id": COMPLETED, "display": {"en": "completed", "zh-CN": "完成"}},
            "object": {"id": f"{self._home}/courses/{quote(course)}", "definition": {"type": COURSE}},
            "result": {"completion": True, "extensions": {f"{self._home}/filing": ours}},
        }

    def _name(self, entry: Entry) -> str:
        name = entry.person.get(self._account, "")
        if not name:
            raise ConfigError("filing.people", f"A person has no {self._account!r}, which names the account.")
        return name


def _extension(statement: Any, name: str) -> dict[str, Any]:
    """Return our extension of a statement's result; empty where it has none."""
    try:
        found = statement["result"]["extensions"][name]
    except (KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _verb(statement: dict[str, Any]) -> str:
    verb = statement.get("verb")
    return str(verb.get("id")) if isinstance(verb, dict) else ""
