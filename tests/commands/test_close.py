"""close: the report stays what it was, byte for byte; what comes later stands in the addendum, never in the figures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from nq57xl.cli import cli
from nq57xl.commands.collect import collect
from nq57xl.commands.decide import decide
from nq57xl.commands.generate import generate
from nq57xl.commands.merge import _ClosedPeriod, close, merge, reopen
from nq57xl.commands.remarks import remark
from nq57xl.commands.status import status
from nq57xl.errors import Nq57Error
from nq57xl.ledger.workspace import Workspace
from nq57xl.outputs.report.sheet_parts import SHEETS
from nq57xl.results.model import Consolidation
from tests.conftest import CheckOoxml
from tests.edit_kit import PERIOD, RESULTS, VP, answer, book_of, copied, edit, line, moment, office_at, spot, start
from tests.returns.test_password import SECRET, encrypted

NAME = SHEETS["addendum"].name


@pytest.fixture(scope="module")
def closed_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, _ClosedPeriod]:
    """A workspace with one of four returns and one edit, closed on 20 April."""
    root = start(tmp_path_factory.mktemp("close") / "goc")
    merge(office_at(root, moment(18)), PERIOD)
    edit(book_of(root), line("VP|led|I.1|percent", 0.6, "f"))
    return root, close(office_at(root, moment(20)), PERIOD, "Trình lãnh đạo")


@pytest.fixture
def root(closed_once: tuple[Path, _ClosedPeriod], tmp_path: Path) -> Path:
    return copied(closed_once[0], tmp_path / "so")


def again(root: Path, day: int = 25) -> Consolidation:
    return merge(office_at(root, moment(day)), PERIOD).consolidation


def outputs(root: Path) -> dict[str, bytes]:
    folder = book_of(root).parent
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith("bien-tap")}


def late(root: Path, percent: float = 0.8, day: int = 22) -> Path:
    """The unit reports again after the close."""
    office = office_at(root, moment(day))
    form = office.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_VP.xlsx"
    sent = answer(form, root / "gui" / f"vp{day}.xlsx", {**VP, (RESULTS, "led|I.1", "percent"): percent})
    assert [item.verdict for item in collect(office, [sent], PERIOD, moment(day)).returns] == ["accepted"]
    return sent


def cells(c: Consolidation) -> dict[tuple[str, str, str], object]:
    return {(t.value.table, t.value.key, t.value.field): t.value.value for t in c.traced if not t.contact}


def sheet_rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    book = load_workbook(path, data_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_the_closing_notes_what_was_written(closed_once: tuple[Path, _ClosedPeriod]) -> None:
    """Returns, last edit and hashes are noted; each output lies in the archive by its hash; the reason is kept."""
    root, done = closed_once
    own = done.closing.own
    counting = [unit.counting for unit in own.status.units if unit.counting is not None]
    assert [(record.judged.unit, record.id, own.last_return, own.last_edit) for record in counting] == [("VP", 1, 1, 1)]
    assert {Path(path).name for path in done.closing.outputs} >= {
        "bao-cao-tong-hop.xlsx",
        "nguon-so-lieu.xlsx",
        "noi-bo.xlsx",
    }
    for path, sha256 in done.closing.outputs.items():
        assert hashlib.sha256((root / path).read_bytes()).hexdigest() == sha256
        assert Workspace(root).archived(sha256) is not None
    with office_at(root, moment(21)).reading() as ledger:
        kept = ledger.closing(PERIOD)
    assert kept == done.closing
    assert kept.reason == "Trình lãnh đạo"


def test_missing_returns_are_said_on_page_one(closed_once: tuple[Path, _ClosedPeriod]) -> None:
    """Closing without all returns is allowed; page one names the missing units and tells of the close."""
    root, done = closed_once
    assert len(done.missing) == 3
    report = sheet_rows(root / "out" / PERIOD / "tong-hop" / "bao-cao-tong-hop.xlsx")["Tổng quan"]
    words = " ".join(str(cell) for row in report for cell in row if cell)
    assert "BÁO CÁO CHƯA ĐẦY ĐỦ: còn 03/04" in words
    assert all(unit.name in words for unit in done.missing)
    assert "Số liệu chốt lúc 09:00 ngày 20/04/2026" in words


def test_merge_after_the_close_gives_the_same_bytes(root: Path) -> None:
    """The plan is reworded, settings and templates change, files get lost: what was written stays the same."""
    before = outputs(root)
    for name in ("bao-cao.docx", "noi-bo.xlsx"):
        (book_of(root).parent / name).unlink()
    template = root / "templates" / "texts" / "theo-doi.txt.j2"
    template.parent.mkdir(parents=True)
    template.write_text("khác", encoding="utf-8")
    book = load_workbook(root / "phu-luc.xlsx")
    task = next(c for row in book["Nhiệm vụ"].iter_rows() for c in row if c.value and "chuyển đổi số" in str(c.value))
    task.value = "Một nhiệm vụ khác hẳn"
    for row in book["Cài đặt"].iter_rows():
        if row[0].value == "Số ngày báo trước nguy cơ chậm":
            row[1].value = 90
        if row[0].value == "Chấm điểm chất lượng số liệu":
            row[1].value = "Có"
    book.save(root / "phu-luc.xlsx")
    again(root)
    assert outputs(root) == before


def test_a_late_return_changes_no_figure_and_is_told_cell_by_cell(root: Path, check_ooxml: CheckOoxml) -> None:
    """All sheets keep their values, the first one says more; the addendum's list is what a plain comparison of typed
    cells finds. A remark on the closed return comes too late for the lists of what is to be explained."""
    folder = root / "out" / PERIOD / "tong-hop"
    path, sources = folder / "bao-cao-tong-hop.xlsx", folder / "nguon-so-lieu.xlsx"
    before, traced, then = sheet_rows(path), sheet_rows(sources), again(root)
    remark(office_at(root, moment(21)), "VP", PERIOD, "Nêu rõ căn cứ", ("I.1", "Tỷ lệ hoàn thành"))
    sent = late(root)
    c = again(root)
    check_ooxml(path)
    check_ooxml(sources)
    report, after = sheet_rows(path), sheet_rows(sources)
    assert {name: rows for name, rows in report.items() if name != "Tổng quan"} == {
        name: rows for name, rows in before.items() if name != "Tổng quan"
    }
    assert set(after) - set(traced) == {NAME}
    assert {name: rows for name, rows in after.items() if name != NAME} == traced
    assert cells(c) == cells(then)
    assert c.addendum is not None
    found = {
        (x.table, x.key, x.field): (x.old and x.old.value, x.new and x.new.value, x.cause) for x in c.addendum.changes
    }
    assert found == {("led", "I.1", "percent"): (0.6, 0.8, "return")}
    (row,) = [row for row in after[NAME] if row[2] == "I.1"]
    assert row[4:8] == ("60%", "80%", "Báo cáo nộp sau khi chốt", sent.name)
    assert hashlib.sha256(sent.read_bytes()).hexdigest() == row[11]
    assert load_workbook(sent)[row[9]][row[10]].value == 0.8
    first = " ".join(str(cell) for line in report["Tổng quan"] for cell in line if cell)
    assert NAME in first


def test_a_locked_file_opened_after_the_close_leaves_the_report_as_it_was(root: Path) -> None:
    """What was locked at the close still is in the closed report; that it was opened, and what it says, stands in the
    addendum, though it came before. Opened again, the period counts it."""
    reopen(office_at(root, moment(20, 10)), PERIOD, "Có tệp đến muộn")
    office = office_at(root, moment(20, 11))
    form = office.workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_VP.xlsx"
    sent = answer(form, root / "gui" / "khoa.xlsx", {**VP, (RESULTS, "led|I.1", "percent"): 0.8})
    sent.write_bytes(encrypted(sent.read_bytes()))
    assert [item.verdict for item in collect(office, [sent], PERIOD).returns] == ["unrecognised"]
    close(office_at(root, moment(20, 12)), PERIOD, "Trình lãnh đạo")
    folder = book_of(root).parent
    before = {name: sheet_rows(folder / name) for name in ("nguon-so-lieu.xlsx", "noi-bo.xlsx")}
    assert "có mật khẩu" in str(before)
    opened = collect(office_at(root, moment(22)), [sent], PERIOD, passwords=(SECRET,))
    assert [item.verdict for item in opened.returns] == ["accepted"]
    c = again(root)
    after = {name: sheet_rows(folder / name) for name in before}
    assert {
        name: {sheet: rows for sheet, rows in book.items() if sheet != NAME} for name, book in after.items()
    } == before
    assert c.addendum is not None
    assert [(item.unit, item.source.name, item.counts) for item in c.addendum.late] == [("VP", "khoa.xlsx", True)]
    assert cells(c)["led", "I.1", "percent"] == 0.6
    reopen(office_at(root, moment(26)), PERIOD, "Đưa vào")
    assert cells(again(root, 27))["led", "I.1", "percent"] == 0.8


def test_status_tells_what_came_after_the_close(root: Path) -> None:
    """The late unit is marked in table, text and JSON; the verdict is as usual."""
    late(root)
    here = status(office_at(root, moment(23)), PERIOD)
    assert [(unit.code, unit.state) for unit in here.status.units if unit.after_close] == [("VP", "accepted")]
    runner = CliRunner()
    document = json.loads(runner.invoke(cli, ["-w", str(root), "status", "--period", PERIOD, "--json"]).stdout)
    assert document["closed_at"] == "2026-04-20T09:00:00+07:00"
    assert [unit["code"] for unit in document["units"] if unit.get("after_close")] == ["VP"]
    text = runner.invoke(cli, ["-w", str(root), "status", "--period", PERIOD, "--text"]).stdout
    assert "nộp sau khi chốt số liệu" in text


def edits_again(root: Path, _: str) -> None:
    edit(book_of(root), line("VP|led|I.1|percent", 0.7, "f"))


def takes_back(root: Path, _: str) -> None:
    edit(book_of(root), ["VP|led|I.1|percent", None, None, None, None])


def leaves_out(root: Path, sha256: str) -> None:
    decide(office_at(root, moment(22)), "exclude", sha256, PERIOD, "gửi nhầm")


@pytest.mark.parametrize(
    ("act", "now", "cause"), [(edits_again, 0.7, "edit"), (takes_back, 0.45, "edit"), (leaves_out, None, "decision")]
)
def test_edits_and_decisions_after_the_close_go_to_the_addendum(
    root: Path, act: Callable[[Path, str], None], now: object, cause: str
) -> None:
    """The office edits, takes an edit back or leaves a return out after the close: told, and no figure moves."""
    with office_at(root, moment(21)).reading() as ledger:
        (record,) = ledger.returns(PERIOD)
    act(root, record.judged.source.sha256)
    c = again(root)
    assert cells(c)["led", "I.1", "percent"] == 0.6
    assert c.addendum is not None
    change = next(x for x in c.addendum.changes if (x.key, x.field) == ("I.1", "percent"))
    assert (change.old and change.old.value, change.new and change.new.value, change.cause) == (0.6, now, cause)


def test_a_period_is_closed_once_and_opened_with_a_reason(root: Path) -> None:
    """Closing twice and opening without a reason are refused; opened again, the newest figures count."""
    late(root)
    office = office_at(root, moment(26))
    with pytest.raises(Nq57Error, match="đã chốt lúc 09:00 ngày 20/04/2026"):
        close(office, PERIOD)
    with pytest.raises(Nq57Error, match="lý do"):
        reopen(office, PERIOD, " ")
    reopen(office, PERIOD, "Có báo cáo bổ sung")
    c = again(root, 27)
    assert (c.closing, c.addendum, cells(c)["led", "I.1", "percent"]) == (None, None, 0.8)
    with pytest.raises(Nq57Error, match="chưa chốt"):
        reopen(office, PERIOD, "lần nữa")
    with office.reading() as ledger:
        assert [item.what for item in ledger.events() if item.what in ("close", "reopen")] == ["close", "reopen"]


def test_later_periods_compare_with_the_frozen_figures(root: Path) -> None:
    """May stands beside April as it was closed; May's form shows the unit's own newest report."""
    late(root)
    generate(office_at(root, moment(1, month=5)), "2026-05")
    done = merge(office_at(root, moment(20, month=5)), "2026-05")
    (april,) = done.consolidation.earlier_periods
    assert cells(april)["led", "I.1", "percent"] == 0.6
    form = load_workbook(root / "out" / "2026-05" / "bieu-mau" / "NQ57_2026-05_VP.xlsx")["1. Kết quả"]
    assert "80%" in str(spot(form, "led|I.1", "previous").value)


def test_a_closed_period_shows_its_earlier_ones_as_they_were(root: Path) -> None:
    """May is closed, then April is opened and edited: May's bytes stay the same."""
    generate(office_at(root, moment(1, month=5)), "2026-05")
    office = office_at(root, moment(20, month=5))
    close(office, "2026-05")
    folder = root / "out" / "2026-05" / "tong-hop"
    before = (folder / "bao-cao-tong-hop.xlsx").read_bytes()
    reopen(office, PERIOD, "thử")
    edit(book_of(root), line("VP|led|I.1|percent", 0.9, "f"))
    assert cells(again(root, 28))["led", "I.1", "percent"] == 0.9
    merge(office, "2026-05")
    assert (folder / "bao-cao-tong-hop.xlsx").read_bytes() == before
