"""Understanding a plan: codes, units, deadlines, targets; bundled plans; `show`; versions."""

from __future__ import annotations

import datetime as dt
import functools
import json

import attrs
import pytest
from hypothesis import given

from nq57xl import resources
from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_read import BUNDLED_PLANS, bundled_appendix, read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import Plan
from nq57xl.plan.units import _assign_codes, understand, unit_code
from tests.plan_samples import PLANS
from tools import bundle_plans


@functools.cache
def plan(name: str) -> Plan:
    return read_appendix(bundled_appendix(name)).plan


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([("", "I.1"), ("", "I.2")], ["I.1", "I.2"]),
        ([("", "I.1"), ("", "I.1"), ("", "I.1")], ["I.1", "I.1-2", "I.1-3"]),
        ([("", "I.1"), ("I.1", "I.9")], ["I.1-2", "I.1"]),
        ([("I.1", "I.1"), ("I.1", "I.2")], ["I.1", "I.1"]),
        ([("", "I."), ("", "I."), ("I.1", "I.1")], ["I.2", "I.3", "I.1"]),
    ],
)
def test_assign_codes(rows: list[tuple[str, str]], codes: list[str]) -> None:
    """Stored codes stay, whatever the row's number; a row without one gets a free one."""
    assert _assign_codes(rows) == codes


@pytest.mark.parametrize(
    ("name", "code"),
    [("Phòng Quản lý Đầu tư", "QLDT"), ("Văn phòng Sở", "VPS"), ("Phòng Nghiệp vụ 2", "NV2"), ("…", "DV")],
)
def test_unit_code(name: str, code: str) -> None:
    """A new unit's code is made of initials, ASCII."""
    assert unit_code(name) == code


@given(PLANS)
def test_understand_is_idempotent(random_plan: Plan) -> None:
    """Understanding twice changes nothing; no lead is among its own supporters; codes are never empty."""
    assert understand(random_plan) == random_plan
    for task in random_plan.tasks:
        assert task.code
        assert not set(task.lead_units) & set(task.support_units)


def test_codes_of_the_bundled_plans() -> None:
    """bql's numbering runs on through its sections, sxd's restarts, and sxd II.2 is two rows."""
    assert [task.code for task in plan("bql-2026").tasks] == ["I.1", "I.2", "II.3", "III.4", "III.5", "III.6"]
    codes = [task.code for task in plan("sxd-2026").tasks]
    assert codes == [
        *(f"I.{number}" for number in range(1, 11)),
        *("II.1", "II.2.1", "II.2.2", "II.3"),
        *(f"{section}.{number}" for section in ("III", "IV") for number in range(1, 5)),
        *("V.1", "V.2", "VI.1", "VI.2"),
    ]
    indicators = [item.code for item in plan("sxd-2026").indicators]
    assert indicators == ["CT.I.1", "CT.I.2", "CT.I.3", "CT.II.1", *(f"CT.III.{number}" for number in range(1, 24))]


def test_units_of_the_bundled_plans() -> None:
    """Who leads and supports: groups expanded, leads left out of their supporters, a collective lead its members."""
    bql = {task.code: task for task in plan("bql-2026").tasks}
    assert (bql["I.1"].lead_units, bql["I.1"].support_units) == (("VP",), ("QLCNC", "QLDT", "QLDN"))
    assert (bql["I.2"].lead_units, bql["I.2"].support_units) == (("QLCNC",), ("QLDT", "QLDN"))
    sxd = {task.code: task for task in plan("sxd-2026").tasks}
    assert sxd["I.1"].support_units == ("QLQH", "KCATGT", "KHTC")
    assert (sxd["II.3"].lead_units, sxd["II.3"].support_units) == (("QLQH", "KCATGT", "KHTC"), ("VP",))
    assert (sxd["V.2"].lead_units, sxd["V.2"].support_units) == (("KCATGT",), ("QLQH", "KHTC"))


def test_deadlines_of_the_bundled_plans() -> None:
    """sxd I.1 is done before, I.2 has two steps, and only five of its rows have a day."""
    sxd = {task.code: task for task in plan("sxd-2026").tasks}
    assert sxd["I.1"].done_before
    assert (sxd["I.2"].due, sxd["I.2"].deadline.milestones) == (dt.date(2026, 12, 31), (dt.date(2026, 3, 31),))
    assert [code for code, task in sxd.items() if task.due] == ["I.2", "IV.1", "IV.3", "IV.4", "V.2"]


@pytest.mark.parametrize("name", BUNDLED_PLANS)
def test_bundled_workbooks_are_up_to_date(name: str) -> None:
    """The bundled workbook is what tools/bundle_plans.py makes of the transcription, byte for byte."""
    assert write_appendix(bundle_plans.load(name)) == bundled_appendix(name)


def test_unknown_bundled_plan() -> None:
    """An unknown name is refused, and the known ones are told."""
    with pytest.raises(Nq57Error, match=r"Không có kế hoạch mẫu «x».*bql-2026, sxd-2026"):
        bundled_appendix("x")


def test_show_has_the_shape_of_the_contract() -> None:
    """`show --json`: keys, kinds and values as the contract prints them."""
    shown = json.loads(json.dumps(plan("sxd-2026").as_json(), ensure_ascii=False))
    assert list(shown) == ["plan", "units", "sections", "tasks", "indicator_groups", "indicators"]
    assert shown["plan"]["id"] == "sxd-2026"
    assert (shown["plan"]["agency"], shown["plan"]["year"]) == ("Sở Xây dựng", 2026)
    assert set(shown["units"][0]) == {"code", "name", "aliases", "external"}
    task = shown["tasks"][1]
    keys = (
        "code section number subnumber task subtask deliverable kpi lead lead_units support support_units deadline "
        "deadline_kind deadline_date milestones note"
    )
    assert list(task) == keys.split()
    assert (task["subnumber"], task["deadline_kind"], task["deadline_date"]) == (None, "year", "2026-12-31")
    assert task["milestones"] == ["2026-03-31"]
    assert [item["subnumber"] for item in shown["tasks"] if item["subnumber"]] == ["2.1", "2.2"]
    assert shown["indicators"][2] == {
        "code": "CT.I.3",
        "group": "I",
        "number": "3",
        "indicator": "Tỉ lệ dân số trưởng thành tiếp cận dịch vụ số trong giao thông",
        "unit": "%",
        "target": "≥ 90%",
        "comparator": ">=",
        "target_value": 0.9,
        "lead": "Văn phòng Sở",
        "lead_units": ["VP"],
    }


def test_version_follows_the_content() -> None:
    """The version is 12 hex digits, the same for the same plan and another for any change."""
    whole = plan("bql-2026")
    changed = attrs.evolve(whole, tasks=(attrs.evolve(whole.tasks[0], note="x"), *whole.tasks[1:]))
    assert whole.version == plan("bql-2026").version
    assert changed.version != whole.version
    assert len(whole.version) == 12
    assert int(whole.version, 16) >= 0


def test_bundled_plans_are_found_as_resources() -> None:
    """The two workbooks lie under templates/plans, where a workspace may put its own."""
    assert resources.find("templates", "plans/bql-2026.xlsx").read_bytes() == bundled_appendix("bql-2026")
