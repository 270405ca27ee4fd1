"""Two months in a row: what was accepted stands beside the next form; finished rows stay done; texts of supporters."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from nq57xl.cli import cli
from nq57xl.commands.collect import collect
from nq57xl.commands.consolidated import diff, export
from nq57xl.commands.generate import generate
from nq57xl.commands.merge import merge
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import Nq57Error
from nq57xl.plan.periods import parse_period
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation
from nq57xl.results.overview import figures
from nq57xl.text.clock import Clock
from tests.april_kit import office_in_april
from tests.conftest import REPOSITORY
from tests.form_values import entry_slots
from tests.office import convert
from tests.period_kit import (
    APRIL,
    DONE,
    GOING,
    IDLE,
    RECEIVED,
    RESULTS,
    SUPPORT,
    added_rows,
    cell,
    filled,
    form_path,
    moment,
    of_unit,
    row,
    send_april_again,
    typed,
)


def saved_again(path: Path, target: Path) -> Path:
    """The workbook as a program saves it that opened it: untouched, but no longer the bytes that we wrote."""
    load_workbook(path).save(target)
    return target


@pytest.fixture(scope="module")
def april(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which every unit's report for April was accepted."""
    root = tmp_path_factory.mktemp("hai kỳ") / "Ban Quản lý"
    office = office_in_april(root)
    sent = root.parent / "gửi"
    for unit in ("VP", "QLCNC", "QLDT", "QLDN"):
        filled(office, "2026-04", unit, sent / f"{unit}.xlsx")
    typed(sent / "VP.xlsx", APRIL)
    done = collect(office, [sent], "2026-04", moment(4, 15))
    assert {item.verdict for item in done.returns} == {"accepted"}
    return root


@pytest.fixture
def office(april: Path, tmp_path: Path) -> Office:
    """The same workspace on the first of May, to change at will."""
    shutil.copytree(april, tmp_path / "bql")
    return Office.at(tmp_path / "bql", Clock(moment(5, 1)))


def consolidated(office: Office, code: str) -> Consolidation:
    with office.reading() as ledger:
        plan = office.appendix().plan
        period = parse_period(code, plan.properties)
        return consolidate(plan, period, office.schema(), OfficePeriod(office, ledger, plan, period).standing())


def test_the_last_accepted_report_stands_beside_each_row(office: Office) -> None:
    """Progress, percentage and result of April in a locked column of May's workbook; nothing where nothing was."""
    may = of_unit(generate(office, "2026-05", ["VP"]))
    sheet = load_workbook(may.path)[RESULTS]
    assert cell(sheet, "@head", "previous").value == "Kỳ trước đã báo cáo"
    told = cell(sheet, f"led|{GOING}", "previous")
    assert told.value == "Tháng 4/2026: Đang thực hiện, 45% – Đã trình dự thảo lần 2"
    assert told.protection.locked
    assert cell(sheet, f"led|{IDLE}", "previous").value == "Tháng 4/2026: Chưa phát sinh"
    first = load_workbook(form_path(office, "2026-04", "VP"))[RESULTS]
    assert cell(first, f"led|{GOING}", "previous").value == "Chưa có"


def test_a_finished_row_stays_listed_and_locked(office: Office) -> None:
    """Done in April: in May the row is locked but for the choice to open it again, and says since when it is done."""
    may = of_unit(generate(office, "2026-05", ["VP"]))
    found = row(may, DONE)
    assert (found.open, found.facts["done_before"], found.facts["done_period"]) == (False, True, "2026-04")
    assert not [slot for slot in entry_slots(may.form) if (slot.table, slot.key) == ("led", DONE)]
    assert row(may, GOING).open
    sheet = load_workbook(may.path)[RESULTS]
    said = cell(sheet, f"led|{DONE}", "progress")
    assert (said.value, said.protection.locked) == ("Đã hoàn thành trước kỳ (ngày 07/04/2026)", True)
    assert not cell(sheet, f"led|{DONE}", "check").value


def test_issued_again_without_change_the_bytes_are_the_same(office: Office) -> None:
    """What was reported before is read again and gives the same form."""
    first = {item.path: item.path.read_bytes() for item in generate(office, "2026-05").forms}
    for path in first:
        path.unlink()
    again = generate(office, "2026-05")
    assert [item.is_new for item in again.forms] == [False] * 4
    assert {item.path: item.path.read_bytes() for item in again.forms} == first


def test_a_later_report_for_last_month_is_a_new_version_of_this_months_form(office: Office, tmp_path: Path) -> None:
    """April is reported anew: May's form of that unit changes, and the row is named; other units' forms stay."""
    generate(office, "2026-05")
    send_april_again(office, tmp_path / "lần 2.xlsx", {(RESULTS, f"led|{GOING}", "percent"): 0.6})
    again = generate(office, "2026-05")
    assert {item.form.unit: item.changes for item in again.forms if item.is_new} == {
        "VP": (f"số liệu kỳ trước của {GOING}",)
    }
    assert row(of_unit(again), GOING).texts["previous"].startswith("Tháng 4/2026: Đang thực hiện, 60%")


def test_a_row_reported_anew_as_unfinished_is_open_again(office: Office, tmp_path: Path) -> None:
    """April's later report takes "done" back: May's form asks again, and May's consolidation no longer counts it."""
    generate(office, "2026-05", ["VP"])
    back = {
        (RESULTS, f"led|{DONE}", "progress"): "Đang thực hiện",
        (RESULTS, f"led|{DONE}", "percent"): 0.9,
        ("1. Kết quả", f"led|{DONE}", "completion_date"): None,
        (RESULTS, f"led|{DONE}", "cause"): "Kinh phí về chậm",
    }
    assert [item.verdict for item in send_april_again(office, tmp_path / "2.xlsx", back).returns] == ["accepted"]
    states = {item.task.code: item.standing.state for item in consolidated(office, "2026-05").tasks}
    assert states[DONE] == "unreported"
    again = of_unit(generate(office, "2026-05", ["VP"]))
    assert (again.changes, row(again, DONE).open) == ((f"số liệu kỳ trước của {DONE}",), True)


def test_a_closed_row_is_opened_again_when_the_unit_asks(office: Office, tmp_path: Path) -> None:
    """The choice in May's form opens the row in June's, on record; it goes on counting as done until then."""
    generate(office, "2026-05", ["VP"])
    sent = filled(office, "2026-05", "VP", tmp_path / "5.xlsx")
    typed(sent, {(RESULTS, f"led|{DONE}", "result"): "Đề nghị mở lại", (RESULTS, f"led|{GOING}", "percent"): 0.6})
    (item,) = collect(office, [sent], "2026-05", moment(5, 15)).returns
    told = [(found.code, found.severity, found.task) for found in item.findings if found.code == "REOPEN_ASKED"]
    assert (item.verdict, told) == ("accepted", [("REOPEN_ASKED", "note", DONE)])
    states = {item.task.code: item.standing.state for item in consolidated(office, "2026-05").tasks}
    assert states[DONE] == "done_before"
    june = of_unit(generate(office, "2026-06", ["VP"]))
    assert (row(june, DONE).open, row(june, DONE).texts["previous"][:25]) == (True, "Tháng 4/2026: Hoàn thành,")
    with office.reading() as ledger:
        held = [value for value in ledger.returns("2026-05")[0].judged.values if value.table == "reopen"]
    assert [(value.key, value.value) for value in held] == [(DONE, "reopen")]


@pytest.mark.needs("soffice")
def test_may_comes_back_through_libreoffice_and_counts_the_finished_row(office: Office, tmp_path: Path) -> None:
    """Accepted without a word on locked cells; the row counts as done before, traced to April's file and cell."""
    generate(office, "2026-05", ["VP"])
    form = filled(office, "2026-05", "VP", tmp_path / "NQ57_2026-05_VP.xlsx")
    sent = convert(typed(form, {(RESULTS, f"led|{GOING}", "percent"): 0.9}), "ods")
    (item,) = collect(office, [sent], "2026-05", moment(5, 15)).returns
    assert {one.code for one in item.findings if one.asks} <= {"RESULT_COPIED"}  # the typist says what it said in April
    assert [one.code for one in item.findings if one.code.startswith(("LOCKED", "OUTSIDE", "ROW"))] in (
        [],
        ["LOCKED_FORMULA_CHANGED"],
    )
    c = consolidated(office, "2026-05")
    task = next(one for one in c.tasks if one.task.code == DONE)
    assert (task.standing.state, task.entries[0].before) == ("done_before", True)
    assert figures(c).total.progress["Đã hoàn thành trước kỳ"] == 1
    traced = {one.value.field: one for one in c.traced if one.value.key == DONE and one.value.table == "led"}
    assert set(traced) == {
        "progress",
        "percent",
        "completion_date",
        "evidence_number",
        "evidence_date",
        *(traced.keys() & {"kpi_achieved", "evidence_title", "evidence_link"}),
    }
    progress = traced["progress"]
    assert progress.source.name == "VP.xlsx"
    april = load_workbook(tmp_path / "bql" / "archive" / _archived(office, progress.source.sha256))
    assert april[progress.value.sheet][progress.value.cell].value == "Hoàn thành"
    assert merge(office, "2026-05").report.exists()


def _archived(office: Office, sha256: str) -> Path:
    """Path below archive/ of the file with that content."""
    folder = office.workspace.archive
    return next(path.relative_to(folder) for path in folder.rglob(f"{sha256}*"))


def test_a_finished_row_needs_no_report_at_all(office: Office) -> None:
    """Before anything came back for May the row is done, not unreported; every other row is unreported."""
    generate(office, "2026-05")
    states = {item.task.code: item.standing.state for item in consolidated(office, "2026-05").tasks}
    assert states.pop(DONE) == "done_before"
    assert set(states.values()) == {"unreported"}


def test_the_month_after_next_still_knows(office: Office, tmp_path: Path) -> None:
    """June: open rows show May, the finished one April, from where it was reported; a skipped month is passed over."""
    generate(office, "2026-05", ["VP"])
    collect(office, [filled(office, "2026-05", "VP", tmp_path / "5.xlsx")], "2026-05", moment(5, 15))
    june = generate(office, "2026-06", ["VP", "QLCNC"])
    assert row(of_unit(june), DONE).facts["done_period"] == "2026-04"
    assert row(of_unit(june), DONE).texts["previous"].startswith("Tháng 4/2026: Hoàn thành, 100%")
    assert row(of_unit(june), GOING).texts["previous"].startswith("Tháng 5/2026: ")
    assert row(of_unit(june, "QLCNC"), "I.2").texts["previous"].startswith("Tháng 4/2026: ")
    assert next(item.standing.state for item in consolidated(office, "2026-06").tasks if item.task.code == DONE) == (
        "done_before"
    )


def test_two_months_compared_and_exported(office: Office, tmp_path: Path) -> None:
    """diff finds the rows of both months by code in either order; export tells which cells are of the month before."""
    generate(office, "2026-05", ["VP"])
    sent = filled(office, "2026-05", "VP", tmp_path / "5.xlsx")
    typed(sent, {(RESULTS, f"led|{GOING}", "progress"): "Đang thực hiện", (RESULTS, f"led|{GOING}", "percent"): 0.6})
    collect(office, [sent], "2026-05", moment(5, 15))
    found = diff(office, "2026-05", "2026-04")
    assert (found.before.code, found.after.code) == ("2026-04", "2026-05")
    assert found.change_of(GOING) == "Tăng từ 45% lên 60%"
    assert found.change_of(DONE) == "Đã hoàn thành trước kỳ"
    assert DONE not in {row.task.code for row in found.newly_done}
    units = {item.unit: (item.reported_before, item.reported_after) for item in found.units}
    assert units == {"VP": (True, True), "QLCNC": (True, False), "QLDT": (True, False), "QLDN": (True, False)}
    told = CliRunner().invoke(cli, ["-w", str(office.workspace.root), "diff", "2026-04", "2026-05", "--json"])
    assert json.loads(told.stdout) == found.as_json()
    done = export(office, "2026-05")
    document = json.loads(done.paths[1].read_bytes())
    jsonschema.validate(
        document, json.loads((REPOSITORY / "schemas" / "du-lieu.schema.json").read_text(encoding="utf-8"))
    )
    cells = {item["field"]: item for item in document["facts"] if item["row"] == DONE and item["table"] == "led"}
    assert {item["origin"] for item in cells.values()} == {"earlier"}
    assert (cells["progress"]["file"], cells["progress"]["value"]) == ("VP.xlsx", "done")
    assert export(office, "2026-05") == done
    text = (merge(office, "2026-05").companions[1]).read_text(encoding="utf-8")
    assert "Đã hoàn thành trước kỳ" in text


def test_without_its_library_parquet_is_left_out(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """export writes the others and says so; asked for Parquet it ends with the remedy, the others written."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    folder = office.workspace.report_dir("2026-04")

    def run(*options: str) -> tuple[int, list[str], str]:
        done = CliRunner().invoke(cli, ["-w", str(office.workspace.root), "export", "--period", "2026-04", *options])
        assert done.exception is None or isinstance(done.exception, Nq57Error)
        return done.exit_code, [Path(line).name for line in done.stdout.splitlines()], f"{done.stderr}{done.exception}"

    code, names, told = run()
    assert (code, names, "pyarrow" in told) == (0, ["du-lieu.csv", "du-lieu.json"], True)
    (folder / "du-lieu.json").unlink()
    code, names, told = run("--format", "parquet", "--format", "json")
    assert (code, names, "pyarrow" in told) == (1, ["du-lieu.json"], True)
    assert run("--format", "parquet")[:2] == (1, [])
    assert run("--format", "csv")[:2] == (0, ["du-lieu.csv"])
    assert sorted(path.name for path in folder.glob("du-lieu*")) == ["du-lieu.csv", "du-lieu.json"]


def test_a_spoilt_template_leaves_no_half_report(office: Office) -> None:
    """Everything is made before anything is written: a wrong template is told, and no file of the report is there."""
    own = office.workspace.root / "templates" / "bao-cao.docx"
    own.parent.mkdir()
    own.write_text("không phải docx", encoding="utf-8")
    with pytest.raises(Nq57Error, match=r"templates/bao-cao\.docx"):
        merge(office, "2026-04")
    folder = office.workspace.report_dir("2026-04")
    assert not list(folder.glob("bao-cao*"))
    own.unlink()
    assert {path.name for path in merge(office, "2026-04").outputs} <= {path.name for path in folder.iterdir()}


def test_only_periods_of_the_same_kind_are_compared(office: Office) -> None:
    """A quarter's form shows no month's figures, and an earlier month's none of a later one."""
    quarter = of_unit(generate(office, "2026-Q2", ["VP"]))
    march = of_unit(generate(office, "2026-03", ["VP"]))
    for issued in (quarter, march):
        assert row(issued, GOING).texts["previous"] == "Chưa có"
        assert row(issued, DONE).open


# --- texts of supporters ----------------------------------------------------------------------------------------------


def test_supporters_texts_reach_the_lead(office: Office) -> None:
    """--with-support: a locked sheet with every accepted text by row and unit; only the lead's form is new."""
    done = generate(office, "2026-04", with_support=True)
    assert [item.form.unit for item in done.forms if item.is_new] == ["VP"]
    lead = of_unit(done)
    assert lead.form.version == 2
    assert lead.changes[0].startswith("nội dung phối hợp của ")
    book = load_workbook(lead.path)
    sheet = book[RECEIVED]
    found = {
        line[0].value: (line[3].value, line[4].value)
        for line in sheet.iter_rows()
        if str(line[0].value).startswith("received|")
    }
    with office.reading() as ledger:
        supported = {
            (value.key, record.judged.unit): value.typed
            for record in ledger.returns("2026-04")
            for value in record.judged.values
            if value.field == "contribution"
        }
    led = {item.key for item in lead.form.table("led").rows}  # type: ignore[union-attr]
    names = {item.code: item.name for item in office.appendix().plan.units}
    assert found == {
        f"received|{task}.{unit}": (names[unit or ""], text) for (task, unit), text in supported.items() if task in led
    }
    assert found
    assert all(item.protection.locked for line in sheet.iter_rows() for item in line)


def test_the_lead_keeps_what_it_typed(office: Office, tmp_path: Path) -> None:
    """The reissued form holds the lead's own cells; sent back as it is, it is accepted with the same values."""
    lead = of_unit(generate(office, "2026-04", ["VP"], with_support=True))
    assert cell(load_workbook(lead.path)[RESULTS], f"led|{GOING}", "result").value == "Đã trình dự thảo lần 2"
    copy = saved_again(lead.path, tmp_path / "gửi lại.xlsx")
    (item,) = collect(office, [copy], "2026-04", moment(4, 16)).returns
    assert item.verdict == "accepted"
    assert [one for one in item.findings if one.severity != "note"] == []
    with office.reading() as ledger:
        before, after = (
            {(one.table, one.key, one.field): one.value for one in record.judged.values}
            for record in ledger.returns("2026-04")
            if record.judged.unit == "VP"
        )
    assert before == after


def test_a_rejected_report_is_kept_in_the_reissued_form(office: Office, tmp_path: Path) -> None:
    """The newest return counts here, accepted or not: what could not be read goes back as it was typed."""
    wrong = {(RESULTS, f"led|{GOING}", "percent"): "gần một nửa"}
    assert [item.verdict for item in send_april_again(office, tmp_path / "sai.xlsx", wrong).returns] == ["rejected"]
    lead = of_unit(generate(office, "2026-04", ["VP"], with_support=True))
    assert cell(load_workbook(lead.path)[RESULTS], f"led|{GOING}", "percent").value == "gần một nửa"


def test_the_reissued_form_stays_until_a_text_changes(office: Office, tmp_path: Path) -> None:
    """The same bytes with and without the option; a supporter's new text is a new version that names the row."""
    lead = of_unit(generate(office, "2026-04", ["VP"], with_support=True))
    content = lead.path.read_bytes()
    for again in (generate(office, "2026-04"), generate(office, "2026-04", ["VP"], with_support=True)):
        assert [item.is_new for item in again.forms] == [False] * len(again.forms)
        assert lead.path.read_bytes() == content
    target = filled(office, "2026-04", "QLDT", tmp_path / "QLDT.xlsx")
    typed(target, {(SUPPORT, f"supporting|{DONE}", "contribution"): "Đã góp ý tại văn bản 45/QLĐT"})
    typed(target, {(SUPPORT, f"supporting|{DONE}", "nothing"): None})
    (item,) = collect(office, [target], "2026-04", moment(4, 18)).returns
    assert item.verdict in ("accepted", "accepted_with_warnings")
    newer = of_unit(generate(office, "2026-04", ["VP"], with_support=True))
    assert (newer.form.version, newer.changes) == (3, (f"nội dung phối hợp của {DONE}",))


def test_without_reports_of_supporters_nothing_is_reissued(office: Office) -> None:
    """--with-support before anybody reported: the plain form, no empty sheet."""
    first = generate(office, "2026-05", with_support=True)
    assert RECEIVED not in load_workbook(of_unit(first).path).sheetnames
    assert [item.is_new for item in generate(office, "2026-05").forms] == [False] * 4


def test_the_option_on_the_command_line(office: Office) -> None:
    """Paths on stdout, what changed on stderr, exit code 0."""
    done = CliRunner().invoke(
        cli, ["-w", str(office.workspace.root), "generate", "--period", "2026-04", "--with-support"]
    )
    assert done.exit_code == 0
    assert [Path(line).name for line in done.stdout.splitlines()] == [
        f"NQ57_2026-04_{unit}.xlsx" for unit in ("VP", "QLCNC", "QLDT", "QLDN")
    ]
    assert "VP: bản 2 – nội dung phối hợp của " in done.stderr


# --- rows beyond the prepared ones ------------------------------------------------------------------------------------


def through(kind: str) -> Callable[[Path], Path]:
    return (lambda path: path) if kind == "xlsx" else (lambda path: convert(path, "ods"))


@pytest.mark.parametrize("kind", ["xlsx", pytest.param("ods", marks=pytest.mark.needs("soffice"))])
def test_rows_beyond_the_prepared_ones_are_accepted_and_kept(office: Office, tmp_path: Path, kind: str) -> None:
    """Two more proposals, as .xlsx and as LibreOffice's .ods: read under new keys, and kept in a form issued again."""
    sent = through(kind)(added_rows(filled(office, "2026-04", "VP", tmp_path / "thêm dòng.xlsx")))
    (item,) = collect(office, [sent], "2026-04", moment(4, 19)).returns
    assert item.verdict in ("accepted", "accepted_with_warnings"), [one.message for one in item.findings]
    assert "ROWS_ADDED" in [one.code for one in item.findings]
    with office.reading() as ledger:
        record = ledger.return_by_hash(item.source.sha256)
    assert record is not None
    titles = {one.key: one.value for one in record.judged.values if (one.table, one.field) == ("proposal", "title")}
    assert (titles["07"], titles["08"]) == ("Nội dung thêm 1.3", "Nội dung thêm 2.3")
    lead = of_unit(generate(office, "2026-04", ["VP"], with_support=True))
    again = saved_again(lead.path, tmp_path / "lần 3.xlsx")
    (last,) = collect(office, [again], "2026-04", moment(4, 20)).returns
    with office.reading() as ledger:
        kept = ledger.return_by_hash(last.source.sha256)
    assert kept is not None
    assert {
        one.key: one.value for one in kept.judged.values if (one.table, one.field) == ("proposal", "title")
    } == titles
