"""The institution's side of filing in tests: files, and a service that is asked without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.filing_world import INST, World
from zaichang.api.hours.filing_views import row_line
from zaichang.core.ids import ReviewerId
from zaichang.hours.filing.desk import Word
from zaichang.hours.filing.joining import BatchView
from zaichang.ledger.filing.lines import LineAnswer

MAPPING = """
format = "zaichang-filing-mapping@1"
[[column]]
name = "记录编号"
source = "row.key"
required = true
[[column]]
name = "操作"
source = "row.operation"
format = "code"
codes = { new = "新增", replace = "更正", withdraw = "撤销" }
[[column]]
name = "姓名"
source = "person.name"
required = true
[[column]]
name = "身份证号"
source = "person.id_number"
format = "id_number"
required = true
[[column]]
name = "学时"
source = "row.amount"
format = "tenths"
[[column]]
name = "完成日期"
source = "row.last"
format = "day"
[[column]]
name = "科目"
source = "row.category"
format = "code"
codes = { professional = "01", public = "02" }
[receipt]
key = "记录编号"
state = "结果"
code = "原因代码"
message = "原因"
states = { "通过" = "accepted", "不通过" = "refused", "已登记" = "registered" }
[listing]
key = "记录编号"
amount = "学时"
"""
TARGET = """
format = "zaichang-filing-target@1"
target = "cq"
rules = "cq-pharmacist-2025"
adapter = "offline"
mapping = "mapping.toml"
consent = "not_required"
[window]
2026 = ["2026-01-01", "2099-12-31"]
[capabilities]
replace = true
withdraw = true
[offline]
folder = "out"
kind = "{kind}"
"""
LI_NUMBER, WANG_NUMBER = "11010519491231002X", "440524188001010014"
PEOPLE = f"learner,name,id_number,consent\nli,李明,{LI_NUMBER},2026-01-01\nwang,王芳,{WANG_NUMBER},\n"


def write_files(folder: Path, kind: str = "xlsx", target: str = TARGET) -> Path:
    """Write target, mapping and people; return the target's path."""
    (folder / "mapping.toml").write_text(MAPPING)
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "target.toml").write_text(target.replace("{kind}", kind))
    return folder / "target.toml"


class DirectService:
    """The service's desk without a network; it is asked from the same event loop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.told: list[tuple[str, str, Word]] = []

    async def batch(self, batch_id: str) -> BatchView:
        desk = self._world.services.filing.desk
        batch = await desk.batch(INST, batch_id)
        sent = [
            each for each in await self._world.services.store.exchanges(INST, batch_id) if each.kind == "sent"
        ]  # fmt: skip
        return BatchView(
            batch_id=batch_id,
            institution="inst",
            target=batch.target,
            year=batch.year,
            number=batch.number,
            manifest=batch.manifest,
            rows=tuple(row_line(row).model_dump() for row in await desk.rows(batch)),
            document=sent[-1].document if sent else "",
        )

    async def tell(
        self, batch_id: str, kind: str, rows: Sequence[LineAnswer], document: str, answer: str, status: int
    ) -> Mapping[str, object]:
        word = Word(kind=kind, rows=tuple(rows), document=document, answer=answer, status=status)
        self.told.append((batch_id, kind, word))
        taken = await self._world.services.filing.desk.take(INST, ReviewerId("ren"), batch_id, word)
        return {
            "refused": list(taken.refused), "contradictions": list(taken.contradictions), "waiting": taken.waiting,
        }  # fmt: skip
