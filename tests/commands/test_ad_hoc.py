"""Ad hoc reports (Decree 09/2019/NĐ-CP, Article 4): a period with its own days and choice of rows, in every command."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import attrs
import pytest
from openpyxl import load_workbook

from nq57xl.commands.desk import period_to_issue
from nq57xl.commands.generate import generate
from nq57xl.commands.history import history
from nq57xl.commands.merge import close, merge
from nq57xl.commands.remind import remind, year_calendar
from nq57xl.commands.status import status
from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_read import read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.lint import lint
from nq57xl.plan.model import AdHocReport
from nq57xl.text.clock import VIETNAM
from tests import year_kit as year
from tests.samples import sample_plan

APRIL, ONCE = "2026-04", "2026-DX1"
DAY = dt.date
REPORT = AdHocReport(
    ONCE, "về cải cách thủ tục", DAY(2026, 4, 1), DAY(2026, 4, 20), DAY(2026, 4, 22), DAY(2026, 4, 24), ("I", "CT.I.2")
)


def of_row(root: Path, period: str, key: str, table: str = "led") -> dict[str, object]:
    rows = year.form(root, period).table(table)
    return dict(next(row for row in rows.rows if row.key == key).facts) if rows else {}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """April reported by VP; then the ad hoc report, typed into the appendix as «DX1», answered by VP alone."""
    root = year.start_sample(tmp_path_factory.mktemp("dot xuat") / "Van phong", {**year.KINDS, "CT.I.2": "flow"})
    year.issue(root, APRIL)
    said: year.Typed = {("indicator", "CT.I.2", "no_data"): None, ("indicator", "CT.I.2", "value"): 80.0}
    year.send(root, APRIL, said)
    appendix = root / "phu-luc.xlsx"
    plan = read_appendix(appendix.read_bytes()).plan
    asked = attrs.evolve(plan.properties, ad_hoc=(REPORT,))
    appendix.write_bytes(write_appendix(attrs.evolve(plan, properties=asked)))
    book = load_workbook(appendix)
    assert [cell.value for cell in book["Báo cáo đột xuất"][5]][:2] == [ONCE, REPORT.subject]
    book["Báo cáo đột xuất"]["A5"] = "DX1"
    book.save(appendix)
    generate(year.at(root, dt.datetime(2026, 4, 20, 9, tzinfo=VIETNAM)), "đột xuất 1/2026")
    year.send(root, ONCE, {("led", "I.1", "percent"): 0.5, **said, ("indicator", "CT.I.2", "value"): 2.0}, day=21)
    return root


def test_the_form(root: Path) -> None:
    """The rows chosen alone, the office's own days, April's words beside them; what April counted is no measure."""
    form = year.form(root, ONCE)
    led, indicators = form.table("led"), form.table("indicator")
    assert led is not None
    assert indicators is not None
    assert {row.key.split(".")[0] for row in led.rows} == {"I"}
    assert [row.key for row in indicators.rows] == ["CT.I.2"]
    assert (form.period.cutoff, form.period.due) == (DAY(2026, 4, 20), DAY(2026, 4, 22))
    assert led.rows[0].texts["previous"].startswith("Tháng 4/2026: Đang thực hiện, 45%")
    assert of_row(root, ONCE, "I.1")["before_percent"] == 0.45
    assert not {"before_result", "before_value"} & {
        *of_row(root, ONCE, "I.1"),
        *of_row(root, ONCE, "CT.I.2", "indicator"),
    }
    assert any("đột xuất lần 1 năm 2026 (về cải cách thủ tục)" in line for line in form.guide)
    assert (root / "out" / ONCE / "bieu-mau" / f"NQ57_{ONCE}_VP.xlsx").is_file()


def test_the_loop(root: Path) -> None:
    """Status, reminders, the report, the year's calendar, history and the close know the period; months go on."""
    office = year.at(root, dt.datetime(2026, 4, 23, 9, tzinfo=VIETNAM))
    here = status(office, ONCE).status
    assert {unit.code: unit.state for unit in here.units}["VP"] == "accepted"
    assert here.due == REPORT.due
    owing = remind(office, ONCE)
    assert "VP" not in {item.unit.code for item in owing.units}
    assert "ĐỘT XUẤT LẦN 1 NĂM 2026 (về cải cách thủ tục)" in owing.group
    assert owing.notice is not None
    c = merge(office, ONCE).consolidation
    assert {row.task.code.split(".")[0] for row in c.tasks} == {"I"}
    assert (c.earlier_periods, c.indicators[0].entries[0].result) == ((), 2.0)
    days = [line.period.code for line in year_calendar(office).lines]
    assert days[days.index(ONCE) - 1 : days.index(ONCE) + 2] == [APRIL, ONCE, "2026-05"]
    assert [line.period for line in history(office, "VP").lines] == [APRIL, ONCE]
    assert period_to_issue(office).code == "2026-05"
    close(office, ONCE, "đã báo cáo")
    assert merge(office, ONCE).consolidation.closing is not None
    year.issue(root, "2026-05", "VP")
    assert of_row(root, "2026-05", "I.1")["before_percent"] == 0.45


def test_a_report_without_its_days(root: Path) -> None:
    """A code that the appendix does not have is refused with the sheet to fill in; lint names each wrong cell."""
    with pytest.raises(Nq57Error, match="trang «Báo cáo đột xuất»"):
        year.issue(root, "2026-DX7")
    wrong = (
        attrs.evolve(REPORT, code="DX-x"),
        attrs.evolve(REPORT, cutoff=DAY(2026, 3, 1)),
        attrs.evolve(REPORT, code="2026-DX2", due=None, rows=("IX",)),
    )
    plan = sample_plan()
    plan = attrs.evolve(plan, properties=attrs.evolve(plan.properties, ad_hoc=wrong))
    found = {(item.code, item.cell) for item in lint(plan) if item.sheet == "Báo cáo đột xuất"}
    assert found == {
        ("PLAN_AD_HOC_CODE", "A5"),
        ("PLAN_AD_HOC_DAYS", "C6"),
        ("PLAN_AD_HOC_DAYS", "E7"),
        ("PLAN_AD_HOC_ROW", "G7"),
    }
