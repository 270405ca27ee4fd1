"""The sheets beside the plan's rows: what is due soon, to explain, changed, handed in; links there and back."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import attrs
import pytest

from nq57xl.forms.model import Source
from nq57xl.ledger.model import AppliedEdit, Attempt, Edit, NewEdit, PeriodStatus
from nq57xl.outputs.report.problems import _by_authority, _plan_groups
from nq57xl.plan.appendix_read import BUNDLED_PLANS as BUNDLED
from nq57xl.plan.periods import next_period, parse_period
from nq57xl.results.comparison import compare_periods
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation
from nq57xl.rules.findings import Finding
from nq57xl.rules.load import Vocabulary
from tests.amounts import amount
from tests.conftest import CheckOoxml
from tests.report_books import SCHEMA, case, consolidated, sheets, table, with_earlier
from tests.report_fills import random_status, render_report, render_sources
from tests.samples import sample_plan
from tools import bench_report


@pytest.mark.parametrize(
    ("code", "following"),
    [("2026-04", "2026-05"), ("2026-12", "2027-01"), ("2026-Q4", "2027-Q1"), ("2026-H1", "2026-H2"), ("2026", "2027")],
)
def test_the_next_period(code: str, following: str) -> None:
    """After a period comes the next one of its kind, over the end of the year too."""
    properties = sample_plan().properties
    assert next_period(parse_period(code, properties), properties).code == following


def test_due_soon_is_neither_overdue_nor_undated() -> None:
    """At risk and due before the next cut-off are groups apart from the overdue ones; no row without a day is there."""
    for seed in range(12):
        c = consolidated("sxd-2026", seed)
        later = next_period(c.period, c.plan.properties)
        found = [rows for _, rows in _plan_groups(c)]
        codes = [row.task.code for rows in found for row in rows]
        assert len(codes) == len(set(codes))
        by_code = {row.task.code: row.standing.timeliness for row in c.tasks}
        overdue, _, _, at_risk, before, *_ = found
        for rows, code in ((overdue, "overdue"), (at_risk, "at_risk")):
            assert {row.task.code for row in rows} == {
                code_ for code_, state in by_code.items() if state is not None and state.code == code
            }
        assert all(row.task.due is not None and c.cutoff <= row.task.due <= later.cutoff for row in before)


def warned(c: Consolidation) -> PeriodStatus:
    """The status with a warning in the first accepted return, and two units that disagree."""
    status = c.status
    unit = next(item for item in status.units if item.counting is not None)
    assert unit.counting is not None
    task = next(value.key for value in unit.counting.judged.values if value.table == "led")
    finding = Finding(
        "FIGURE_MOVED", "warning", "Tỷ lệ giảm so với kỳ trước.", "", "1. Kết quả", "H8", "led", task, "percent", "20%"
    )
    values = [item for item in unit.counting.judged.values if (item.key, item.field) != (task, "explanation")]
    told = attrs.evolve(values[0], key=task, table="led", field="explanation", typed="Do rà soát.", value="Do rà soát.")
    judged = attrs.evolve(unit.counting.judged, findings=(finding,), values=(*values, told))
    units = [
        attrs.evolve(item, counting=attrs.evolve(item.counting, judged=judged))
        if item is unit and item.counting
        else item
        for item in status.units
    ]
    other = Finding("LEAD_SUPPORT", "warning", "Hai đơn vị báo khác nhau.", "Thống nhất lại.", table="led", task=task)
    return attrs.evolve(status, units=tuple(units), period_findings=(other,))


def test_warnings_stand_beside_the_units_own_words() -> None:
    """A warning of an accepted return stands with its cell, what was typed, and what the unit itself says of the row;
    disagreements, overdue rows without a cause and returns sent back follow."""
    plan, period = case("sample")
    first = consolidate(plan, period, SCHEMA, random_status(plan, period, 2, missing=lambda code: code == "QLDN"))
    c = consolidate(plan, period, SCHEMA, warned(first))
    head, reply = "Khó khăn, vướng mắc; nội dung cần giải trình", "Nguyên nhân, giải trình của đơn vị"
    rows = [row for row in table(sheets(render_report(c))["Chậm, vướng, giải trình"], "TT") if row[head]]
    asked = {row[head]: row for row in rows}
    mine = asked["Tỷ lệ giảm so với kỳ trước. (trang «1. Kết quả», ô H8) Đơn vị đã nhập «20%»."]
    assert "Giải trình: Do rà soát." in mine[reply]
    assert mine["Nguồn số"][0].isdigit()
    assert "Hai đơn vị báo khác nhau. Thống nhất lại." in asked
    silent = [
        entry
        for row in c.tasks
        for entry in row.entries
        if entry.timeliness is not None and entry.timeliness.code == "overdue" and "cause" not in entry.values
    ]
    assert sum("chưa nêu nguyên nhân" in words for words in asked) == len(silent)


def test_supporters_without_anything_stand_in_one_line() -> None:
    """All supporters with nothing to tell, and all their rows, are one line at the end with the number of each one's
    source; those who have not told are another; every supporter and row is in one of the two, or has its own words."""
    for seed in range(4):
        c = consolidated("sxd-2026", seed)
        lines = [
            row for row in table(sheets(render_report(c))["Kế hoạch và kết quả"], "TT") if row["Loại dòng"] == "PHC"
        ]
        found = {str(row["TT"]).partition(". ")[0]: str(row["TT"]) for row in lines}
        assert len(found) == len(lines) <= 2
        wanted: dict[str, set[tuple[str, str]]] = {}
        for row in c.tasks:
            for item in row.contributions if row.standing.state != "done_before" else ():
                wanted.setdefault(item.state, set()).add((item.name, row.task.cited_number))
        for state, words in (
            ("nothing", "Không phát sinh việc phối hợp"),
            ("unreported", "Chưa báo cáo việc phối hợp"),
        ):
            told = set()
            for part in found.get(words, "").partition(". ")[2].rstrip(".").split("; "):
                names, _, rows = part.rpartition(": ")
                told |= {
                    (name.partition(" (nguồn số ")[0], code) for name in names.split(", ") for code in rows.split(", ")
                }
            assert {(name, code) for name, code in told if name} == wanted.get(state, set())
        numbers = re.findall(r"nguồn số ([\d-]+)", found.get("Không phát sinh việc phối hợp", ""))
        assert len(numbers) == len({name for name, _ in wanted.get("nothing", ())})


def test_every_row_stands_beside_the_period_before() -> None:
    """Each row that moved stands on the sheet with both standings and the words of the comparison, all others in one
    line; with the plan each has its words."""
    c = with_earlier("sxd-2026", 4, 2)
    book = sheets(render_report(c))
    compared = compare_periods(c.earlier_periods[-1], c)
    lines = [row for row in table(book["So với kỳ trước"], "TT") if row["Loại thay đổi"]]
    still = {row.task.code: row for row in compared.moved("same", "none") if not row.newly_overdue}
    moved = {row["Mã"] for row in lines if row["Loại thay đổi"] not in ("same", "indicator", "no_data")}
    assert moved == {row.task.code for row in compared.rows} - set(still)
    (rest,) = [row["Mã"].split(", ") for row in lines if row["Loại thay đổi"] == "same" and not row["TT"]]
    assert set(rest) == set(still)
    told = [item for item in compared.indicators if item.before is not None or item.after is not None]
    assert sum(row["Loại thay đổi"] == "indicator" for row in lines) == len(told)
    silent = [row["Mã"] for row in lines if row["Loại thay đổi"] == "no_data"]
    named = {f"{item.indicator.group}.{item.indicator.number}" for item in compared.indicators if item not in told}
    assert set("".join(silent).partition("chỉ tiêu ")[2].split(", ")) - {""} == named
    led = {row["Mã"]: row for row in table(book["Kế hoạch và kết quả"], "TT") if row["Loại dòng"] == "NV"}
    for change in compared.rows:
        assert (led[change.task.code]["So với kỳ trước"] or "") == change.words
    first = sheets(render_report(consolidated("sxd-2026", 4)))
    assert "So với kỳ trước" not in first.sheetnames
    assert "So với kỳ trước" not in [cell.value for cell in first["Kế hoạch và kết quả"][5]]


def test_indicators_over_the_periods(check_ooxml: CheckOoxml) -> None:
    """Each indicator's row holds the result of each period, and a line where there are two or more; never a sum."""
    c = with_earlier("sxd-2026", 4)
    data = render_report(c)
    check_ooxml(data)
    rows = [row for row in table(sheets(data)["Chỉ tiêu"], "TT") if row["Loại dòng"] == "CT"]
    for row, item in zip(rows, c.indicators, strict=True):
        for number, period in enumerate((*c.earlier_periods, c)):
            there = next(other for other in period.indicators if other.indicator.code == item.indicator.code)
            result = there.entries[0].shown
            shown = row[f"Kết quả {period.period.title}"]
            assert shown == (pytest.approx(result) if isinstance(result, float) else None), (item, number)


def test_every_attempt_is_listed() -> None:
    """Files sent back and files left out stand beside the one that counts, each with the basis of its time."""
    plan, period = case("sample")
    status = random_status(plan, period, 1, missing=lambda _: False)
    moment = dt.datetime(2026, 4, 16, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=7)))
    attempts = (
        Attempt("bc.xlsx", "0" * 64, moment, "mail", "rejected", 3, 1),
        Attempt("bc-2.xlsx", "1" * 64, moment, "corrected", "accepted", 0, 0, "Gửi nhầm kỳ"),
    )
    units = (attrs.evolve(status.units[0], attempts=attempts), *status.units[1:])
    sheet = sheets(render_sources(consolidate(plan, period, SCHEMA, attrs.evolve(status, units=units))))
    rows = list(sheet["Tình hình nộp báo cáo"].iter_rows(values_only=True))
    told = [[cell for cell in row if cell is not None] for row in rows if row[9] in ("bc.xlsx", "bc-2.xlsx")]
    assert told[0][2:7] == ["Bị trả lại", "09:00 ngày 16/04/2026", "Thời điểm thư đến", 3, 1]
    assert "Không đưa vào tổng hợp: Gửi nhầm kỳ" in told[1]
    assert "Đơn vị tổng hợp đã đính chính" in told[1]
    counted = [row for row in table(sheet["Tình hình nộp báo cáo"], "TT") if row["Mã đơn vị"]]
    assert len(counted) == len(status.units)


def test_general_difficulties_stand_under_who_decides() -> None:
    """The highest level comes first, and what names nobody is said to name nobody."""
    c = consolidated("sxd-2026", 3)
    rows = [row for row in c.free if row.table == "difficulty"]
    bare = attrs.evolve(rows[0], values={name: cell for name, cell in rows[0].values.items() if name != "authority"})
    cell = rows[0].values["authority"]
    high = attrs.evolve(rows[0], values={**rows[0].values, "authority": attrs.evolve(cell, value="central")})
    found = _by_authority([rows[0], bare, high], c)
    assert [title for title, _ in found] == [
        "Bộ, ngành Trung ương",
        "Lãnh đạo cơ quan",
        "Chưa ghi cấp quyết định",
    ]


@pytest.mark.parametrize("which", ["sample", *BUNDLED])
def test_every_source_leads_to_where_it_is_shown(which: str) -> None:
    """Each line of the sources has a link, and the row that it leads to, or one right under it, shows the value."""
    c = with_earlier(which, 6, 1)
    book, source = sheets(render_report(c)), sheets(render_sources(c))["Nguồn số liệu"]
    head = next(row[0].row for row in source.iter_rows() if row[0].value == "TT")
    names = [cell.value for cell in source[head]]
    checked = 0
    for cells in source.iter_rows(min_row=head + 1):
        line = dict(zip(names, cells, strict=True))
        if not line["TT"].value:
            continue
        link = line["Nơi dùng"].hyperlink
        assert link is not None, line["Đơn vị đã nhập"].value
        assert link.target == "bao-cao-tong-hop.xlsx"
        if line["Mã, dòng"].value is None:
            continue  # names under a report, and one statement for all rows: their row shows them in other words
        sheet, _, place = link.location.rpartition("!")
        there = book[sheet.strip("'")]
        row = int(place.lstrip("A"))
        near = [shown(cell) for found in there.iter_rows(min_row=row, max_row=row + 2) for cell in found]
        typed = str(line["Đơn vị đã nhập"].value)
        value = line["Giá trị ghi nhận"].value
        if (line["Nội dung"].value, value) == ("Chưa có số liệu", "Chưa có số liệu kỳ này"):
            value = "Chưa có số liệu"
        assert any(typed in text or value in text for text in near if text), (line["Nội dung"].value, typed)
        checked += 1
    assert checked > 30


def shown(cell: Any) -> str:  # noqa: ANN401 - openpyxl's cell
    """A cell as people read it."""
    value = cell.value
    if isinstance(value, dt.datetime):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value * 100:g}%".replace(".", ",") if "%" in cell.number_format else f"{value:g}".replace(".", ",")
    return "" if value is None else str(value)


@pytest.mark.parametrize("code", ["B", "F"])
def test_a_chosen_vocabulary_is_counted_on_every_sheet(code: str) -> None:
    """With another vocabulary the appendix, its counts and the counts by unit use its words, and still agree."""
    c = attrs.evolve(consolidated("sxd-2026", 3), vocabulary=Vocabulary.load(code))
    book = sheets(render_report(c))
    led = [row for row in table(book["Kế hoạch và kết quả"], "TT") if row["Loại dòng"] == "NV"]
    counted = next(row for row in table(book["Tổng quan"], "Nhóm nhiệm vụ") if row["Nhóm nhiệm vụ"] == "Tổng số")
    for words in {row["Tiến độ"] for row in led} - {"Chưa báo cáo", "Chưa báo cáo đủ"}:
        assert counted[words] == sum(row["Tiến độ"] == words for row in led)
    assert counted["Chưa báo cáo"] == sum(str(row["Tiến độ"]).startswith("Chưa báo cáo") for row in led)
    assert "Đang thực hiện" not in counted


def test_many_rows_of_many_units() -> None:
    """The benchmark's plan is consolidated and written whole; at night at its full size and within its limits."""
    units, rows = (40, 5) if amount(1, 2) == 1 else (bench_report.UNITS, bench_report.ROWS)
    run = bench_report.measure(units, rows)
    assert run.rows == units * rows
    assert run.consolidating + run.rendering < bench_report.SECONDS_LIMIT
    assert run.size > 50_000


def test_the_offices_edits_are_told() -> None:
    """An edit stands with what the unit had typed, what the office made of it, who did it and why."""
    c = consolidated("sxd-2026", 3)
    task = next(row.task.code for row in c.tasks if row.entries and row.entries[0].values)
    moment = dt.datetime(2026, 4, 18, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=7)))
    source = Source("bien-tap.xlsx", "bien-tap.xlsx", "e" * 64, 100, moment, "first_seen")
    new = NewEdit("VP", "led", task, "percent", "figure", "50%", 0.5, "40%", "Lê Văn A", "Điện thoại", "Biên tập", "F7")
    edit = AppliedEdit(Edit(1, "2026-04", new, source, moment, "vanthu"), "Văn phòng Sở", "applied")
    rows = table(sheets(render_report(attrs.evolve(c, edits=(edit,))))["Chậm, vướng, giải trình"], "TT")
    head, reply = "Khó khăn, vướng mắc; nội dung cần giải trình", "Nguyên nhân, giải trình của đơn vị"
    line = next(row for row in rows if "Lê Văn A" in str(row[head]))
    assert (line[reply], line["Đơn vị"]) == ("Đơn vị đã nhập: 40%\nBiên tập: 50%", "Văn phòng Sở")
    assert "Sửa số liệu theo điện thoại" in line[head]
    assert "lý do: Điện thoại" in line[head]


def test_a_period_that_asks_for_indicators_alone_has_its_report() -> None:
    """An ad hoc report may ask for no task at all: the plan's page says that it is empty, the indicators stand."""
    plan, period = case("sample")
    asked = attrs.evolve(plan, tasks=(), sections=())
    book = sheets(render_report(consolidate(asked, period, SCHEMA, random_status(asked, period, 5))))
    assert "Không có nội dung." in [row[0] for row in book["Kế hoạch và kết quả"].iter_rows(values_only=True)]
    kinds = [row["Loại dòng"] for row in table(book["Chỉ tiêu"], "TT")]
    assert kinds.count("CT") == len(plan.indicators)
    shown = [cell for row in book["Tổng quan"].iter_rows(values_only=True) for cell in row]
    assert "Số chỉ tiêu" in shown
