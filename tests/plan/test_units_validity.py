"""Units that are renamed, merged or split on a day: forms, who is waited for, history and reports follow."""

from __future__ import annotations

import datetime as dt
import functools
import shutil
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nq57xl.commands.collect import collect
from nq57xl.commands.consolidated import consolidated
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod, PreviousReports
from nq57xl.commands.status import status
from nq57xl.forms.build import reporting_units
from nq57xl.forms.model import EarlierAnswer, Form, FormRow, Value
from nq57xl.plan.appendix_read import bundled_appendix, read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import DatedName, Period, Plan, Unit
from nq57xl.plan.periods import parse_period
from nq57xl.plan.units import Succession, _unit_name_on, in_force, understand
from nq57xl.results.model import Consolidation
from nq57xl.text.clock import VIETNAM, Clock

END = dt.date(2026, 4, 30)
NEXT = dt.date(2026, 5, 1)
APRIL, MAY = dt.date(2026, 4, 14), dt.date(2026, 5, 14)


@functools.cache
def plan() -> Plan:
    return read_appendix(bundled_appendix("bql-2026")).plan


def period(code: str) -> Period:
    return parse_period(code, plan().properties)


def with_units(whole: Plan, *added: Unit, **changes: dict[str, object]) -> Plan:
    """The plan with changes to units by code, and further units."""
    units = tuple(attrs.evolve(unit, **changes.get(unit.code, {})) for unit in whole.units)  # type: ignore[arg-type]
    return understand(attrs.evolve(whole, units=(*units, *added)))


def merged_plan() -> Plan:
    """Văn phòng and the unit of high technology become one unit on 1 May."""
    gone: dict[str, object] = {"valid_to": END, "successors": ("VPCN",)}
    return with_units(plan(), Unit("VPCN", "Văn phòng và Công nghệ", valid_from=NEXT), VP=gone, QLCNC=gone)


def split_plan() -> Plan:
    """Văn phòng is split on 1 May; the office has named the new lead of two rows, the others are still "Văn phòng"."""
    gone: dict[str, object] = {"valid_to": END, "successors": ("HC", "TH")}
    one, other = (
        Unit("HC", "Phòng Hành chính quản trị", valid_from=NEXT),
        Unit("TH", "Phòng Tổng hợp", valid_from=NEXT),
    )
    leads = {"I.1": one.name, "II.3": other.name}
    tasks = tuple(attrs.evolve(row, lead=leads.get(row.code, row.lead)) for row in plan().tasks)
    return with_units(attrs.evolve(plan(), tasks=tasks), one, other, VP=gone)


def leads(whole: Plan, day: dt.date) -> dict[str, tuple[str, ...]]:
    return {row.code: row.lead_units for row in in_force(whole, day).tasks}


def test_a_renamed_unit_has_the_name_of_the_day() -> None:
    """The same code under dated names; texts of the plan with the old name still mean it."""
    old = "Phòng Quản lý Đầu tư"
    whole = with_units(
        plan(), QLDT={"name": "Phòng Đầu tư và Hợp tác", "former_names": (DatedName(old, valid_to=END),)}
    )
    names = {day: next(u.name for u in in_force(whole, day).units if u.code == "QLDT") for day in (APRIL, MAY)}
    assert names == {APRIL: old, MAY: "Phòng Đầu tư và Hợp tác"}
    assert [row.support_units for row in whole.tasks] == [row.support_units for row in plan().tasks]


def test_several_former_names() -> None:
    """Of several former names the first that still held is the day's."""
    names = (DatedName("Một", valid_to=dt.date(2025, 2, 28)), DatedName("Hai", valid_to=END))
    unit = Unit("A", "Ba", former_names=names)
    days = (dt.date(2025, 2, 28), dt.date(2025, 3, 1), END, NEXT)
    assert [_unit_name_on(unit, day) for day in days] == ["Một", "Hai", "Hai", "Ba"]


def test_merged_units_report_as_one() -> None:
    """Until the day both report, from then on their successor with all their rows, and it gathers."""
    whole = merged_plan()
    before, after = (in_force(whole, day) for day in (APRIL, MAY))
    assert [u.code for u in reporting_units(before, period("2026-04"))] == ["VP", "QLCNC", "QLDT", "QLDN"]
    assert [u.code for u in reporting_units(after, period("2026-05"))] == ["QLDT", "QLDN", "VPCN"]
    assert leads(whole, APRIL) == leads(plan(), APRIL)
    assert set(leads(whole, MAY).values()) == {("VPCN",)}
    assert (before.properties.gatherer, after.properties.gatherer) == ("QLCNC", "VPCN")
    assert all("VPCN" not in row.support_units for row in after.tasks)


def test_a_split_unit_is_followed_by_those_that_lead_its_rows() -> None:
    """Rows that name a successor are its own, before the day the split unit's; the others are led by all successors."""
    now = leads(split_plan(), MAY)
    assert (now["I.1"], now["II.3"], now["III.4"]) == (("HC",), ("TH",), ("HC", "TH"))
    before = leads(split_plan(), APRIL)
    assert {before[code] for code in ("I.1", "II.3", "III.4")} == {("VP",)}


def test_chains_and_dead_ends() -> None:
    """A successor that has ended too is passed over; where nobody comes after, the unit stays."""
    units = (
        Unit("A", "A", valid_to=dt.date(2026, 1, 31), successors=("B",)),
        Unit("B", "B", valid_from=dt.date(2026, 2, 1), valid_to=END, successors=("C", "LẠ")),
        Unit("C", "C", valid_from=NEXT),
        Unit("D", "D", valid_to=END),
        Unit("E", "E", valid_to=END, successors=("E",)),
    )
    line = Succession(units)
    assert [line.on("A", day) for day in (dt.date(2026, 1, 31), APRIL, MAY)] == [("A",), ("B",), ("C",)]
    assert [line.on(code, MAY) for code in "DEX"] == [("D",), ("E",), ("X",)]
    assert line.on("C", APRIL) == ("B",)
    assert line.predecessors("C", MAY) == ("B", "A")
    assert line.predecessors("C", APRIL) == ()


CODES = st.sampled_from("ABCDE")
DAYS = st.one_of(st.none(), st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)))
UNIT = st.builds(Unit, CODES, CODES, valid_from=DAYS, valid_to=DAYS, successors=st.lists(CODES, max_size=3).map(tuple))


@given(
    st.lists(UNIT, max_size=5, unique_by=lambda unit: unit.code), st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
)
def test_any_succession_ends(units: list[Unit], day: dt.date) -> None:
    """Circles and gaps included: somebody always stands for a unit, each once."""
    line = Succession(units)
    for unit in units:
        found = line.on(unit.code, day)
        assert found
        assert len(set(found)) == len(found)
        assert unit.code not in line.predecessors(unit.code, day)


# over a workspace


CLOCK = Clock(dt.datetime(2026, 4, 16, 9, tzinfo=VIETNAM))


@pytest.fixture(scope="module")
def april(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """April issued and collected from Văn phòng and the unit of high technology."""
    root = tmp_path_factory.mktemp("units") / "w"
    init(root, "bql-2026")
    office = Office.at(root, CLOCK)
    for item in generate(office, "2026-04", ["VP", "QLCNC"]).forms:
        Department(5, dt.date(2026, 4, 17)).fill(item.path, root / "inbox" / item.path.name)
    taken = collect(office, [], "2026-04")
    assert [item.verdict for item in taken.returns] == ["accepted"] * 2
    return root


@pytest.fixture
def office(april: Path, tmp_path: Path) -> Office:
    """A copy of that workspace."""
    return Office.at(shutil.copytree(april, tmp_path / "w"), CLOCK)


def put(office: Office, whole: Plan) -> None:
    office.workspace.appendix.write_bytes(write_appendix(whole))


def rows(form: Form, table: str) -> dict[str, FormRow]:
    found = form.table(table)
    return {row.key: row for row in found.rows} if found else {}


def consolidation(office: Office, code: str) -> Consolidation:
    with office.reading() as ledger:
        return consolidated(OfficePeriod.of(office, ledger, code))


def told(form: Form, code: str) -> str:
    return rows(form, "led")[code].texts["previous"]


def test_history_of_merged_units(office: Office) -> None:
    """The successor's form shows what each of the two said; April's report still stands under their names."""
    before = consolidation(office, "2026-04")
    put(office, merged_plan())
    may = {item.form.unit: item.form for item in generate(office, "2026-05").forms}
    assert sorted(may) == ["QLDN", "QLDT", "VPCN"]
    form = may["VPCN"]
    assert form.unit_name == "Văn phòng và Công nghệ"
    assert list(rows(form, "led")) == [row.code for row in plan().tasks]
    assert all(told(form, code).startswith("Tháng 4/2026: ") for code in rows(form, "led"))
    after = consolidation(office, "2026-04")
    assert [row.entries for row in after.tasks] == [row.entries for row in before.tasks]
    assert [unit.status.name for unit in after.units][:2] == ["Văn phòng", "Phòng Quản lý Công nghệ cao"]
    done = next(row.task.code for row in after.tasks if row.entries[0].progress == "done")
    assert not rows(form, "led")[done].open
    kept = next(row for row in consolidation(office, "2026-05").tasks if row.task.code == done)
    assert kept.standing.state == "done_before"
    assert kept.entries[0].values["completion_date"].value is not None


def test_history_of_a_split_unit(office: Office) -> None:
    """Each row's history goes to the successor that leads it now."""
    put(office, split_plan())
    may = {item.form.unit: item.form for item in generate(office, "2026-05").forms}
    assert told(may["HC"], "I.1").startswith("Tháng 4/2026")
    assert told(may["TH"], "II.3").startswith("Tháng 4/2026")
    assert "II.3" not in rows(may["HC"], "led")
    assert "VP" not in may


def test_nobody_waits_for_a_unit_that_has_ended(office: Office) -> None:
    """May was issued to both, then they are merged: the successor is waited for, not they."""
    generate(office, "2026-05")
    put(office, merged_plan())
    assert [unit.code for unit in status(office, "2026-05").status.units] == ["QLDT", "QLDN", "VPCN"]


def test_of_two_predecessors_the_less_advanced_one_counts(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both led a row and one had finished it: their successor's row stays open."""

    def newest(_: PreviousReports, unit: str, __: Period) -> dict[tuple[str, str], EarlierAnswer]:
        code = {"VP": "done", "QLCNC": "in_progress"}.get(unit)
        value = Value("led", "I.1", "progress", "", code, "Kết quả", "F7")
        return {("led", "I.1"): EarlierAnswer("2026-04", "tháng 4/2026", {"progress": value})} if code else {}

    monkeypatch.setattr(PreviousReports, "_newest", newest)
    with office.reading() as ledger:
        found = PreviousReports(ledger, merged_plan()).before("VPCN", period("2026-05"))
    assert found["led", "I.1"].values["progress"].value == "in_progress"
