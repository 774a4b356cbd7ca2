"""The figures as JSON, CSV and a page: the same numbers, and none that is held back."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

from unit.hours.monitoring.test_series import course
from zaichang.hours.monitoring.forms import as_csv, as_page, as_values
from zaichang.hours.monitoring.series import cells_of

CELLS = cells_of(
    "2026-03",
    [
        *[course(number) for number in range(6)],
        course(6, refused=4_000, appealed=3),
        course(7, learners=3, sessions=17, refused=77),
    ],
)


def test_json_has_shares_outliers_and_nothing_that_is_held_back() -> None:
    values = json.loads(json.dumps(as_values(2026, CELLS)))
    odd, small = values["cells"][6:]
    assert (odd["course"], odd["rates"]["refusal"]["share_bp"], odd["rates"]["refusal"]["outlier"]) == (
        "c6", 4_444, "high",
    )  # fmt: skip
    assert odd["rates"]["appeal"] == {"cases": 200, "share_bp": None, "few": True, "outlier": ""}
    assert small["small"] is True and small["learners"] is None
    assert all(
        rate == {"cases": None, "share_bp": None, "few": False, "outlier": ""} for rate in small["rates"].values()
    )
    assert "77" not in json.dumps(small) and "17" not in json.dumps(small)


def test_the_table_names_what_is_held_back_and_outliers() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(CELLS))))
    assert (rows[6]["refusal_bp"], rows[6]["appeal_bp"], rows[6]["held_back"]) == ("4444", "", "appeal")
    assert rows[6]["outliers"] == "refusal:high"
    assert (rows[7]["learners"], rows[7]["refusal_bp"], rows[7]["held_back"]) == ("", "", "small")
    assert (rows[0]["month"], rows[0]["institution"], rows[0]["completion_bp"]) == ("2026-03", "i1", "6667")


def test_the_page_is_in_both_languages_and_escapes_names() -> None:
    strange = cells_of("2026-03", [course(1)])
    page = as_page(2026, CELLS)
    assert "监测数据 2026 / Figures 2026" in page and "2026-03 i1 / c6" in page
    assert (
        "偏高 / high" in page
        and "少 / few" in page
        and "<td>&lt;10</td><td>–</td>" in page
        and "44.4 % 偏高 / high</td>" in page
    )
    bad = [replace(strange[0], course="<script>")]
    assert "<script>" not in as_page(2026, bad) and "无 / none" in as_page(2026, bad)
