"""Workspaces of an earlier program under the present one: what they hold is read, judged and counted as it was.

The earlier one is that of commit 421ebb3 (tests/data/old_workspace/README.md)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from nq57xl.cli import cli
from nq57xl.ledger import migrate
from nq57xl.ledger.migrate import MIGRATIONS, _Migration
from tests.conftest import REPOSITORY, CheckOoxml
from tests.edit_kit import cell_of
from tests.filler import fill

ARCHIVES = REPOSITORY / "tests" / "data" / "old_workspace"
NAMES = ("bql-2026", "sxd-2026")
APRIL, MAY = "2026-04", "2026-05"
NOW = "2026-05-18T09:00"
"""When the earlier program took in what was left, for expected.json."""


@frozen
class Old:
    """One unpacked workspace, and what the earlier program made of it."""

    root: Path
    expected: dict[str, Any]

    def run(self, *words: str, at: str = NOW, code: int = 0) -> Result:
        """One command of the present program, in the workspace, at that moment."""
        with contextlib.chdir(self.root):
            done = CliRunner().invoke(cli, words, env={"NQ57XL_NOW": at})
        assert done.exit_code == code, (words, done.output, done.exception)
        return done

    def json(self, *words: str) -> Any:  # noqa: ANN401 - any JSON document
        """What it prints with --json."""
        return json.loads(self.run(*words, "--json").stdout)


def unpacked(name: str, folder: Path) -> Old:
    with tarfile.open(ARCHIVES / f"{name}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return Old(folder / name, json.loads((folder / "expected.json").read_text(encoding="utf-8")))


@pytest.fixture
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Old:
    """A workspace nobody has touched since; bql-2026 unless the test says otherwise."""
    return unpacked(getattr(request, "param", "bql-2026"), tmp_path)


@frozen
class Taken:
    """A workspace in which the present program has collected and merged everything, as the earlier one did."""

    old: Old
    found: dict[str, Any]
    """By the names of expected.json."""


@pytest.fixture(scope="module", params=NAMES)
def taken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    old = unpacked(request.param, tmp_path_factory.mktemp("taken"))
    found: dict[str, Any] = {}
    if any(old.root.parent.joinpath("gui-ve").iterdir()):
        found[f"collect {APRIL}"] = old.json("collect", "../gui-ve", "--period", APRIL)
    waiting = sorted(item for item in old.root.joinpath("inbox").iterdir() if item.is_dir() or item.suffix == ".eml")
    names = [item.relative_to(old.root).as_posix() for item in waiting]
    found[f"collect {MAY}"] = old.json("collect", *names, "--period", MAY)
    for period in (APRIL, MAY):
        found[f"status {period}"] = old.json("status", "--period", period)
        old.run("merge", "--period", period)
        path = old.run("export", "--period", period, "--format", "json").stdout.strip()
        found[f"export {period}"] = json.loads((old.root / path).read_text(encoding="utf-8"))
    found["diff"] = old.json("diff", APRIL, MAY)
    found["edits"] = old.json("edits", "--period", APRIL)
    found["history"] = old.json("amend", "--history")
    yield Taken(old, found)


def only(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: document[key] for key in keys}


def judged(done: dict[str, Any]) -> list[dict[str, Any]]:
    """What binds of a verdict: whose return it is, what became of it, and what has to be answered, by cell."""
    return [
        only(item, "file", "sha256", "unit", "verdict")
        | {
            "answer": sorted(
                (x["severity"], x["code"], x["sheet"], x["cell"], x["task"] or "", x["field"], x["value"])
                for x in item["findings"]
                if x["severity"] in ("error", "warning")
            )
        }
        for item in done["returns"]
    ]


def test_forms_of_the_earlier_layout_are_judged_as_before(taken: Taken) -> None:
    """Returns in forms that the earlier program issued get its verdicts, each finding at the same cell."""
    for name in (key for key in taken.old.expected if key.startswith("collect")):
        assert judged(taken.found[name]) == judged(taken.old.expected[name]), name
    assert taken.found[f"collect {MAY}"]["returns"]


def test_who_has_reported_stands_as_before(taken: Taken) -> None:
    """Both months: state, time of receipt, lateness and counted findings of every unit."""
    keys = ("code", "state", "received_at", "on_time", "sha256", "errors", "warnings", "last_attempt")
    for period in (APRIL, MAY):
        found, before = (side[f"status {period}"] for side in (taken.found, taken.old.expected))
        assert found["due"] == before["due"]
        assert [only(item, *keys) for item in found["units"]] == [only(item, *keys) for item in before["units"]]
        assert [item["sha256"] for item in found["unrecognised"]] == [item["sha256"] for item in before["unrecognised"]]


def test_every_value_is_consolidated_as_before(taken: Taken) -> None:
    """Both months, typed cells and computed standings: value, file, sheet and cell of each line of the export."""
    keys = ("unit", "table", "row", "field", "type", "value", "origin", "sha256", "sheet", "cell", "received_at")
    for period in (APRIL, MAY):
        found, before = (
            {tuple(str(item.get(key)) for key in keys) for item in side[f"export {period}"]["facts"]}
            for side in (taken.found, taken.old.expected)
        )
        assert before <= found, sorted(before - found)[:5]
        assert found <= before, sorted(found - before)[:5]


def test_what_moved_was_edited_and_amended_is_told_as_before(taken: Taken) -> None:
    """diff, edits and amend --history print the same documents."""
    for name in ("diff", "edits", "history"):
        assert taken.found[name] == taken.old.expected[name], name


def test_the_report_of_both_months_is_valid(taken: Taken, check_ooxml: CheckOoxml) -> None:
    """The workbooks that the present program writes of returns in earlier forms pass the strict checker."""
    for period in (APRIL, MAY):
        check_ooxml(taken.old.root / "out" / period / "tong-hop" / "bao-cao-tong-hop.xlsx")


def test_a_closed_month_keeps_its_files(taken: Taken) -> None:
    """What was frozen lies in the archive, unchanged in its place but for the workbook that carries the addendum."""
    closed = [item["detail"] for item in taken.old.json("log")["events"] if item["what"] == "close"]
    assert len(closed) == (taken.old.root.name == "bql-2026")
    for path, sha256 in (pair for item in closed for pair in item["outputs"].items()):
        (kept,) = taken.old.root.joinpath("archive", sha256[:2]).glob(f"{sha256}*")
        assert hashlib.sha256(kept.read_bytes()).hexdigest() == sha256
        if Path(path).name != "bao-cao-tong-hop.xlsx":
            assert hashlib.sha256((taken.old.root / path).read_bytes()).hexdigest() == sha256, path


@pytest.mark.parametrize("old", NAMES, indirect=True)
def test_a_form_that_was_out_can_still_come_back(old: Old, tmp_path: Path) -> None:
    """A May form that nobody has returned yet is filled in and accepted, row by row where its unit expects it."""
    unit = {"bql-2026": "QLDN", "sxd-2026": "KCATGT"}[old.root.name]
    sent = tmp_path / "bao cao.xlsx"
    fill(old.root / "out" / MAY / "bieu-mau" / f"NQ57_{MAY}_{unit}.xlsx", sent, seed=1)
    (item,) = old.json("collect", str(sent), "--period", MAY)["returns"]
    assert (item["unit"], [x for x in item["findings"] if x["severity"] == "error"]) == (unit, [])
    assert item["verdict"] in ("accepted", "accepted_with_warnings")


@pytest.mark.parametrize(("old", "added"), [("bql-2026", False), ("sxd-2026", True)], indirect=["old"])
def test_a_form_of_then_goes_back_marked(old: Old, added: bool, tmp_path: Path, check_ooxml: CheckOoxml) -> None:
    """Rejected for a sign-off left blank, on its own sheet: the unit gets its form as issued, with the row that it
    `added`, marked, with a link to the cell, and sends that one filled in."""
    unit = {"bql-2026": "QLDN", "sxd-2026": "KCATGT"}[old.root.name]
    sent, again = tmp_path / "bao cao.xlsx", tmp_path / "bao cao sua.xlsx"
    fill(old.root / "out" / MAY / "bieu-mau" / f"NQ57_{MAY}_{unit}.xlsx", sent, seed=1)
    book = load_workbook(sent)
    (title,) = (name for name in book.sheetnames if "Ký xác nhận" in name)
    (blank,) = (row[2] for row in book[title].iter_rows() if row[0].value == "signoff|approved_by")
    name, blank.value = blank.value, None
    (proposals,) = (sheet for sheet in book.worksheets if "Đề xuất mới" in sheet.title)
    last = max(row for row, cell in enumerate(proposals["A"], start=1) if str(cell.value).startswith("proposal|"))
    if added:
        proposals.cell(last + 1, 3).value = "Đề xuất thêm dưới bảng"
    book.save(sent)
    done = old.run("collect", str(sent), "--period", MAY)
    assert "chương trình gặp lỗi" not in done.output
    back = old.root / "out" / MAY / "tra-lai" / f"NQ57_{MAY}_{unit}.xlsx"
    check_ooxml(back)
    book = load_workbook(back)
    linked = {item.location for row in book["Cần sửa"].iter_rows() for cell in row if (item := cell.hyperlink)}
    (blank,) = (row[2] for row in book[title].iter_rows() if row[0].value == "signoff|approved_by")
    assert f"'{title}'!{blank.coordinate}" in linked
    texts = [cell.value for row in book[proposals.title].iter_rows() for cell in row]
    assert added == ("Đề xuất thêm dưới bảng" in texts)
    blank.value = name
    book.save(again)
    (item,) = old.json("collect", str(again), "--period", MAY)["returns"]
    assert item["verdict"] in ("accepted", "accepted_with_warnings"), item["findings"]


def test_a_comparison_that_waits_is_confirmed(old: Old) -> None:
    """The second amendment, proposed by the earlier program, is confirmed by this one; the next form says so."""
    book, document = "out/dieu-chinh/so-sanh-ke-hoach.xlsx", "van-ban/phu-luc thang 7.xlsx"
    done = old.json("amend", document, "--confirm", book)
    assert (done["applied"], done["effective"]) == (True, "2026-07-01")
    days = [item["effective"] for item in old.json("amend", "--history")["amendments"]]
    assert days == ["2026-05-01", "2026-07-01"]
    old.run("collect", "inbox/2026-05-14", "--period", MAY)
    old.run("generate", "--period", "2026-07", "--unit", "VP")
    sheet = load_workbook(old.root / "out" / "2026-07" / "bieu-mau" / "NQ57_2026-07_VP.xlsx")["1. Kết quả"]
    words = {row[0].value: " ".join(str(x.value) for x in row[1:] if x.value) for row in sheet.iter_rows()}
    assert "30/9/2026" in words["led|I.1"]
    assert "85%" in words["led|I.1"]
    assert "led|III.7" in words


@pytest.mark.parametrize("old", ["sxd-2026"], indirect=True)
def test_a_first_amendment_and_a_decision_after_it(old: Old) -> None:
    """An office that never amended does so now; the return that it had left out is taken back in."""
    book = load_workbook(old.root / "phu-luc.xlsx")
    sheet = book["Nhiệm vụ"]
    line = next(row[0].row for row in sheet.iter_rows() if row[0].value == "I.2")
    sheet.cell(line, 8).value = "03 dự án thành phần"
    book.save(old.root / "moi.xlsx")
    done = old.json("amend", "moi.xlsx", "--effective", "2026-06-01", "--yes")
    assert [(item["code"], item["kinds"]) for item in done["tasks"] if "kept" not in item["kinds"]] == [
        ("I.2", ["changed"])
    ]
    before = {item["code"]: item["state"] for item in old.json("status", "--period", APRIL)["units"]}
    old.run("readmit", "KCATGT", "--period", APRIL, "--reason", "Phòng giữ nguyên số liệu")
    after = {item["code"]: item["state"] for item in old.json("status", "--period", APRIL)["units"]}
    assert (before["KCATGT"], after) == ("missing", before | {"KCATGT": "accepted"})
    told = [item["what"] for item in old.json("log")["events"]]
    assert told[-1] == "readmit"
    assert "exclude" in told


NEXT = _Migration(MIGRATIONS[-1].number + 1, "one more", ("ALTER TABLE returns ADD COLUMN remark TEXT",))


def test_upgrading_is_backed_up_and_told(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that writes copies the ledger first, upgrades it and says so on stderr; one that reads leaves it."""
    monkeypatch.setattr(migrate, "MIGRATIONS", (*MIGRATIONS, NEXT))
    database = old.root / "nq57xl.db"
    before = database.read_bytes()
    assert old.run("status", "--period", APRIL).stderr == ""
    assert database.read_bytes() == before
    done = old.run("merge", "--period", APRIL)
    (copy,) = old.root.joinpath("backup").glob("*-migrate.db")
    assert dumped(copy) == dumped_bytes(before, old.root.parent / "before.db")
    assert f"lên bước {NEXT.number}" in done.stderr
    assert str(copy.name) in done.stderr
    assert copy.name not in done.stdout
    (event,) = [item for item in old.json("log")["events"] if item["what"] == "upgrade"]
    assert event["detail"]["backup"] == copy.name
    assert "migrate.db" not in old.run("merge", "--period", APRIL).stderr


def dumped(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def dumped_bytes(content: bytes, path: Path) -> list[str]:
    path.write_bytes(content)
    return dumped(path)


@pytest.mark.parametrize("words", [("status",), ("merge",), ("collect", "inbox")])
def test_a_ledger_of_a_newer_program_is_refused(old: Old, words: tuple[str, ...]) -> None:
    """Reading and writing commands end with the remedy in words, and touch nothing."""
    database = old.root / "nq57xl.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("INSERT INTO migrations VALUES (999, 'later', '2027-01-01T00:00:00+07:00')")
        connection.commit()
    before = database.read_bytes()
    done = old.run(*words, "--period", APRIL, code=1)
    assert "cập nhật chương trình" in str(done.exception)
    assert database.read_bytes() == before


def test_an_edit_book_in_the_layout_of_then_is_read(old: Old) -> None:
    """bien-tap.xlsx as the earlier program wrote it, one line for each cell, that the office was working in: what it
    typed there is recorded, nothing else is, and the workbook is written anew with a line for each row."""
    path = old.root / "out" / APRIL / "tong-hop" / "bien-tap.xlsx"
    book = load_workbook(path)
    sheet = book["Biên tập"]
    row = next(cells[0].row for cells in sheet.iter_rows() if cells[0].value == "VP|led|III.6|difficulties")
    columns = {str(cell.value): cell.column or 0 for cell in sheet[1]}
    words = {"entry": "Kinh phí chậm", "kind": "Rút gọn câu chữ", "author": "Ngọc An", "reason": "Gọn câu"}
    for name, text in words.items():
        sheet.cell(row, columns[name]).value = text
    book.save(path)
    before = old.json("edits", "--period", APRIL)["edits"]
    old.run("merge", "--period", APRIL)
    after = old.json("edits", "--period", APRIL)["edits"]
    new = [item for item in after if item not in before]
    assert [(item["unit"], item["task"], item["field"], item["after"]) for item in new] == [
        ("VP", "III.6", "difficulties", "Kinh phí chậm")
    ]
    assert cell_of(load_workbook(path), "VP|led|III.6|difficulties").value == "Kinh phí chậm"
