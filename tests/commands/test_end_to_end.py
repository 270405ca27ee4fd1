"""The whole month through the command line, filled in by programs that know nothing of nq57xl."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest
from openpyxl.utils.cell import coordinate_to_tuple

from tests import archived, case_kit, filler, office, report_books
from tests.amounts import cases
from tests.conftest import NIGHTLY, CheckOoxml
from tests.filler import Entry, Typed

PERIOD = "2026-04"
PLANS = {"bql-2026": 4, "sxd-2026": 4}
"""Bundled plans, and how many units get a form."""
HEADS = {
    *("Đã hoàn thành trước kỳ", "Hoàn thành", "Đang thực hiện", "Thường xuyên", "Chưa thực hiện", "Chưa phát sinh"),
    *("Chưa báo cáo", "Hoàn thành quá hạn", "Trong hạn", "Nguy cơ chậm", "Quá hạn", "Không xác định hạn"),
    "Thường xuyên, chưa phát sinh",
}
"""Headings of counts: by progress, and by where a row stands."""


class Month(NamedTuple):
    """One workspace after its month."""

    folder: Path
    typed: dict[str, list[Typed]]
    """By name of the file sent."""
    collected: dict[str, Any]
    status: dict[str, Any]

    @property
    def reports(self) -> list[Path]:
        return sorted((self.folder / "out" / PERIOD / "tong-hop").glob("*.xlsx"))


def nq57xl(folder: Path, *arguments: str | Path) -> str:
    """Runs the program in a folder on a console that is not UTF-8, and returns what it printed to stdout."""
    done = subprocess.run(
        [sys.executable, "-m", "nq57xl", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "cp1258"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout.decode("utf-8")


def here(folder: Path, *arguments: str | Path) -> str:
    """The same in this process: for what another test shows of a process of its own."""
    done = case_kit.nq57xl("-w", folder, *arguments)
    assert done.code == 0, done.err
    return done.out


def started(folder: Path, plan: str, *units: str) -> list[Path]:
    """A new workspace and the forms issued in it."""
    assert case_kit.nq57xl("init", folder, "--plan", plan).code == 0
    chosen = [word for unit in units for word in ("--unit", unit)]
    here(folder, "generate", "--period", PERIOD, *chosen)
    return sorted((folder / "out" / PERIOD / "bieu-mau").glob("NQ57_*.xlsx"))


def finished(folder: Path, typed: dict[str, list[Typed]], command: Callable[..., str] = here) -> Month:
    """Collects the inbox, asks for the status, merges."""
    collect = ("collect", "--period", PERIOD, "--received", "2026-04-16", "--json")
    collected = json.loads(command(folder, *collect))
    status = json.loads(here(folder, "status", "--period", PERIOD, "--json"))
    command(folder, "merge", "--period", PERIOD)
    return Month(folder, typed, collected, status)


@pytest.fixture(scope="module", params=sorted(PLANS))
def month(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Month:
    """A month of one plan in which every unit filled in its whole form; by day the program is started for one plan."""
    folder = tmp_path_factory.mktemp("tháng tư") / request.param
    typed = {}
    for number, form in enumerate(started(folder, request.param)):
        typed[form.name] = filler.fill(form, folder / "inbox" / form.name, seed=100 + number)
    return finished(folder, typed, nq57xl if NIGHTLY or request.param == "sxd-2026" else here)


def cells_of(paths: list[Path]) -> list[tuple[Path, str, tuple[object, ...]]]:
    """Every row of every sheet: workbook, sheet, values."""
    rows: list[tuple[Path, str, tuple[object, ...]]] = []
    for path in paths:
        book = openpyxl.load_workbook(path, data_only=True)
        rows += [(path, sheet.title, row) for sheet in book.worksheets for row in sheet.iter_rows(values_only=True)]
    return rows


def untraced(month: Month, texts: dict[str, list[Typed]]) -> list[Typed]:
    """Typed texts that stand in no row of a workbook together with the file, sheet and cell that they came from."""
    rows = cells_of(month.reports)
    held = [{str(value) for value in row if value is not None} for _, _, row in rows]
    return [
        item
        for file, items in texts.items()
        for item in items
        if isinstance(item.value, str) and not any({item.value, item.sheet, item.cell, file} <= row for row in held)
    ]


def test_every_form_is_accepted(month: Month) -> None:
    """A form filled in by a program that sees only unlocked cells, validations and headings is accepted outright."""
    returns = month.collected["returns"]
    assert [
        (item["file"], item["verdict"], item["findings"]) for item in returns if item["verdict"] != "accepted"
    ] == []
    assert len(returns) == PLANS[month.folder.name]


def test_the_month_is_complete(month: Month) -> None:
    """Status says that every unit has reported on time, and names no stranger."""
    assert month.status["complete"] is True
    assert month.status["unrecognised"] == []
    assert {(unit["state"], unit["on_time"]) for unit in month.status["units"]} == {("accepted", True)}


def test_every_text_is_found_with_its_source(month: Month) -> None:
    """Every typed text stands in a workbook under tong-hop/ beside the file, sheet and cell where it was typed."""
    assert sum(len(items) for items in month.typed.values()) > 100
    assert untraced(month, month.typed) == []


def test_every_value_stands_in_its_archived_cell(month: Month) -> None:
    """Each line of the sheets of sources names an archived file, sheet and cell in which just that value stands; and
    every cell that was typed into has its line."""
    archive = {path.stem: openpyxl.load_workbook(path) for path in (month.folder / "archive").rglob("*.xlsx")}
    lines = set()
    for name in ("nguon-so-lieu.xlsx", "noi-bo.xlsx"):
        report = month.folder / "out" / PERIOD / "tong-hop" / name
        rows = list(openpyxl.load_workbook(report)["Nguồn số liệu"].iter_rows(values_only=True))
        start = next(i for i, row in enumerate(rows) if row[0] == "TT")
        heads = [str(head) for head in rows[start]]
        for row in rows[start + 1 :]:
            line = dict(zip(heads, row, strict=True))
            sha = str(line["Mã băm SHA-256 đầy đủ"])
            cell = archive[sha][str(line["Trang"])][str(line["Ô"])]
            typed = line["Nguyên văn trong một ô (khi nội dung in trên nhiều dòng)"] or line["Đơn vị đã nhập"]
            assert typed == as_typed(cell.value, "%" in cell.number_format), line
            lines.add((line["Tệp"], line["Trang"], line["Ô"]))
    typed_into = {(file, item.sheet, item.cell) for file, items in month.typed.items() for item in items}
    assert lines == typed_into


def as_typed(value: Any, percent: bool) -> str:  # noqa: ANN401 - a cell
    """A cell as people read it: 45%, 13/04/2026, 12, a text as it is."""
    if isinstance(value, dt.datetime):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, int | float):
        return (f"{value * 100:g}%" if percent else f"{value:g}").replace(".", ",")
    return str(value)


def test_every_count_equals_plain_loops_over_the_archived_files(month: Month) -> None:
    """Counts and shares of the overview, the sheet of figures and the sheet by unit are those that plain loops over the
    cells of the archived files give, by section and by unit."""
    plan = json.loads(here(month.folder, "show", "--json"))
    accepted = {item["unit"]: item["sha256"] for item in month.collected["returns"]}
    files = {unit: archived.read(archived.find(month.folder / "archive", sha)) for unit, sha in accepted.items()}
    book = openpyxl.load_workbook(month.folder / "out" / PERIOD / "tong-hop" / "bao-cao-tong-hop.xlsx", data_only=True)
    cutoff = dt.date(2026, 4, 14)
    front = book["Tổng quan"]
    by_progress, by_stage = report_books.table(front, "Nhóm nhiệm vụ"), report_books.table(front, "Nhóm")
    for section in plan["sections"]:
        tasks = [task for task in plan["tasks"] if task["section"] == section["number"]]
        label, own = f"{section['number']}. {section['title']}", archived.count_rows(tasks, files, cutoff)
        assert_counts(next(row for row in by_progress if row["Nhóm nhiệm vụ"] == label), own.progress)
        assert_counts(next(row for row in by_stage if row["Nhóm"] == label), own.stages)
    whole = archived.count_rows(plan["tasks"], files, cutoff)
    assert_counts(next(row for row in by_progress if row["Nhóm nhiệm vụ"] == "Tổng số"), whole.progress)
    for row in report_books.table(book["Theo đơn vị"], "TT"):
        if row["Mã đơn vị"]:
            own = archived.count_unit(row["Mã đơn vị"], plan["tasks"], files[row["Mã đơn vị"]], cutoff)
            assert_counts(row, own.stages, "Số đầu việc chủ trì")
    states = Counter(archived.indicator_state(item, files) for item in plan["indicators"])
    tops = [report_books.overview_counts(front, head) for head in ("Đầu việc", "Chỉ tiêu; báo cáo")]
    for figures, counts in zip(tops, (whole.stages, states), strict=True):
        for words, count in counts.items():
            assert figures[words] == (count, pytest.approx(count / counts.total())), words
    assert tops[0]["trong đó đúng hạn, trong kỳ"][0] == whole.timeliness["Đúng hạn"]
    assert tops[1]["Được chấp nhận"] == (len(files), 1.0)


def assert_counts(line: dict[str, Any], counts: Counter[str], total: str = "Tổng số") -> None:
    """The line has those counts and no others, and their sum."""
    known = {head: value for head, value in line.items() if head in HEADS and value}
    assert known == {head: count for head, count in counts.items() if count}
    assert line[total] == counts.total()


def rows_of_contacts(form: Path) -> set[tuple[str, int]]:
    """Sheet and number of the rows that ask for a phone number or an address of mail."""
    labels = {"Điện thoại liên hệ", "Thư điện tử liên hệ"}
    sheets = openpyxl.load_workbook(form).worksheets
    return {
        (sheet.title, cell.row) for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.value in labels
    }


def test_contacts_stay_inside(month: Month) -> None:
    """Phone and e-mail of those who prepared a report stand in noi-bo.xlsx and nowhere in the report."""
    contacts = {
        str(item.value)
        for form, items in month.typed.items()
        for rows in (rows_of_contacts(month.folder / "inbox" / form),)
        for item in items
        if (item.sheet, coordinate_to_tuple(item.cell)[0]) in rows
    }
    found = {path.name for path, _, row in cells_of(month.reports) if contacts & {str(value) for value in row}}
    assert len(contacts) == 2 * PLANS[month.folder.name]
    assert found == {"noi-bo.xlsx"}


def test_every_workbook_is_sound(month: Month, check_ooxml: CheckOoxml) -> None:
    """Forms, sending list, findings, consolidated and internal workbook, the office's edits pass the strict checker."""
    workbooks = sorted((month.folder / "out").rglob("*.xlsx"))
    others = {path.name for path in workbooks if not path.name.startswith("NQ57_")}
    assert len(workbooks) - len(others) == PLANS[month.folder.name]
    assert others >= {"danh-sach-gui.xlsx", "bao-cao-tong-hop.xlsx", "nguon-so-lieu.xlsx", "noi-bo.xlsx"}
    for workbook in workbooks:
        check_ooxml(workbook)


def test_collecting_again_changes_nothing(month: Month) -> None:
    """The same files collected once more are duplicates, and the consolidated workbooks keep their bytes."""
    before = {path.name: path.read_bytes() for path in month.reports}
    again = json.loads(here(month.folder, "collect", "--period", PERIOD, "--json"))
    here(month.folder, "merge", "--period", PERIOD)
    assert {item["verdict"] for item in again["returns"]} == {"duplicate"}
    assert {path.name: path.read_bytes() for path in month.reports} == before


def as_keyed(entry: Entry, percent: bool) -> str:
    """What a person presses for a value, on a Vietnamese keyboard: day first, decimal comma, percent sign."""
    if isinstance(entry, dt.date):
        return f"{entry:%d/%m/%Y}"
    if isinstance(entry, str):
        return entry
    return f"{entry:.0%}" if percent else f"{entry:g}".replace(".", ",")


def keyed(form: Path, typed: list[Typed]) -> list[tuple[str, str, str]]:
    """The key strokes for what the filler chose."""
    book = openpyxl.load_workbook(form)
    return [
        (item.sheet, item.cell, as_keyed(item.value, "%" in book[item.sheet][item.cell].number_format))
        for item in typed
    ]


@pytest.mark.needs("soffice")
@pytest.mark.parametrize(("plan", "units"), cases([("sxd-2026", ("KCATGT", "QLQH"))], [("bql-2026", ("QLCNC", "VP"))]))
def test_libreoffice_types_and_both_formats_are_accepted(plan: str, units: tuple[str, str], tmp_path: Path) -> None:
    """Forms opened, typed into and saved by LibreOffice, one as .xlsx and one as .ods, are accepted with every text."""
    folder = tmp_path / "Ban Quản lý"
    forms = started(folder, plan, *units)
    typed: dict[str, list[Typed]] = {}
    for number, (form, suffix, kind) in enumerate(zip(forms, ("xlsx", "ods"), (office.XLSX, office.ODS), strict=True)):
        chosen = filler.fill(form, tmp_path / f"filled-{form.name}", seed=200 + number)
        sent = folder / "inbox" / f"{form.stem} (đã điền).{suffix}"
        office.type_into(form, sent, keyed(form, chosen), kind)
        typed[sent.name] = chosen
    month = finished(folder, typed)
    verdicts = {Path(item["file"]).name: item["verdict"] for item in month.collected["returns"]}
    errors = [
        item
        for one in month.collected["returns"]
        for item in one["findings"]
        if item["severity"] in ("error", "warning")
    ]
    assert errors == []
    assert verdicts == dict.fromkeys(typed, "accepted")
    assert untraced(month, typed) == []
