"""Two offices open at once: each one's messages are its own, whichever was opened last."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest

from nq57xl.commands.collect import check_file, collect
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.rules.findings import catalogue, make, reworded
from nq57xl.text.clock import VIETNAM, Clock
from tests import returns_kit

PERIOD = "2026-04"
CLOCK = Clock(dt.datetime(2026, 4, 16, 12, tzinfo=VIETNAM))


def own_words(office: str, severity: str = "error") -> str:
    """schemas/findings.yml of an office that words a file, a name, a cell and a plan otherwise."""
    return (
        f'FILE_CSV: {{severity: error, title: x, message: "{office}: tệp văn bản.", fix: "Gửi lại."}}\n'
        f'NAME_OTHER_UNIT: {{severity: warning, title: x, message: "{office}: tên ghi {{value}}.", fix: "Xem lại."}}\n'
        f'VALUE_UNREADABLE: {{severity: {severity}, title: x, message: "{office}: {{value}}?", fix: "Nhập lại."}}\n'
        f'PLAN_MISPRINT: {{severity: warning, title: x, message: "{office}: {{value}}, {{likely}}.", fix: "Sửa."}}\n'
    )


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, Office]:
    """One plan with issued forms, in two workspaces with words of their own; both stay open."""
    folder = tmp_path_factory.mktemp("hai")
    init(folder / "A", "sxd-2026")
    generate(Office.at(folder / "A", CLOCK), PERIOD, ["KHTC"])
    shutil.copytree(folder / "A", folder / "B")
    for name, severity in (("A", "error"), ("B", "note")):
        (folder / name / "schemas").mkdir()
        (folder / name / "schemas" / "findings.yml").write_text(own_words(name, severity), encoding="utf-8")
    return Office.at(folder / "A", CLOCK), Office.at(folder / "B", CLOCK)


def test_each_office_hears_its_own_words(offices: tuple[Office, Office], tmp_path: Path) -> None:
    """A file refused by a reader's process, a finding on a cell, one on the plan: all in the office's own words."""
    from openpyxl import load_workbook

    form = offices[0].workspace.forms_dir(PERIOD) / f"NQ57_{PERIOD}_KHTC.xlsx"
    Department(3, dt.date(2026, 4, 17)).fill(form, tmp_path / "đầy.xlsx")
    book = load_workbook(tmp_path / "đầy.xlsx")
    evidence: Any = book["1. Kết quả"]
    column = next(cell.column for cell in evidence[1] if cell.value == "completion_date")
    row = next(row for row in range(1, 40) if str(evidence.cell(row, 1).value).startswith("led|"))
    evidence.cell(row, column).value = "cuối tháng rồi"
    book.save(tmp_path / f"NQ57_{PERIOD}_VP.xlsx")
    (tmp_path / "bảng.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    for office, name, severity in ((offices[0], "A", "error"), (offices[1], "B", "note"), (offices[0], "A", "error")):
        (csv,) = check_file(office, tmp_path / "bảng.csv", PERIOD).returns
        assert [(item.code, item.message) for item in csv.findings] == [("FILE_CSV", f"{name}: tệp văn bản.")]
        (returned,) = check_file(office, tmp_path / f"NQ57_{PERIOD}_VP.xlsx", PERIOD).returns
        told = {item.code: (item.severity, item.message) for item in returned.findings}
        assert told["NAME_OTHER_UNIT"] == ("warning", f"{name}: tên ghi VP.")
        assert told["VALUE_UNREADABLE"] == (severity, f"{name}: cuối tháng rồi?")
        misprints = [item.message for item in office.lint() if item.code == "PLAN_MISPRINT"]
        assert misprints
        assert all(message.startswith(f"{name}: ") for message in misprints)


def test_the_form_of_another_office_is_told_as_such(offices: tuple[Office, Office], tmp_path: Path) -> None:
    """A form that this office never issued is no return of its units, whatever stands in it; its short id is named."""
    (tmp_path / "NQ57_2026-04_KHTC.xlsx").write_bytes(returns_kit.issued("VP"))
    (item,) = check_file(offices[0], tmp_path / "NQ57_2026-04_KHTC.xlsx", PERIOD).returns
    (found,) = (one for one in item.findings if one.severity == "error")
    assert (item.verdict, item.unit, found.code) == ("unrecognised", None, "FILE_UNKNOWN_ISSUE")
    assert returns_kit.form_of("VP").short_id in found.message


def test_the_ledger_keeps_what_was_said(offices: tuple[Office, Office], tmp_path: Path) -> None:
    """What is recorded are the office's words at the time; a later catalogue does not reach back."""
    _, office = offices
    (tmp_path / "b.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    collect(office, [tmp_path / "b.csv"], PERIOD)
    own = office.workspace.root / "schemas" / "findings.yml"
    own.write_text(own_words("B mới"), encoding="utf-8")
    with office.reading() as ledger:
        (record,) = (item for item in ledger.returns(PERIOD) if item.judged.source.name == "b.csv")
    assert [item.message for item in record.judged.findings] == ["B: tệp văn bản."]


def test_what_was_said_for_one_finding_alone_stays(tmp_path: Path) -> None:
    """A message, a remedy or a severity that a rule gave itself is not the catalogue's to change."""
    (tmp_path / "schemas").mkdir()
    text = 'REQUIRED_BLANK: {severity: note, title: x, message: "Trống {field}.", fix: "Nhập {hint}."}\n'
    (tmp_path / "schemas" / "findings.yml").write_text(text, encoding="utf-8")
    words = {"field": "Tiến độ", "hint": "mức"}
    findings = [
        make("REQUIRED_BLANK", words=words),
        make("REQUIRED_BLANK", words=words, message="Riêng.", severity="error"),
        make("FILE_EMPTY"),
    ]
    own = reworded(findings, catalogue(tmp_path))
    assert [(item.severity, item.message, item.fix) for item in own] == [
        ("note", "Trống Tiến độ.", "Nhập mức."),
        ("error", "Riêng.", "Nhập mức."),
        ("error", "Tệp rỗng (0 byte).", "Lưu và gửi lại tệp."),
    ]
    assert reworded(own, catalogue()) == own


WRONG_CATALOGUES = (
    "FILE_EMPTY: 3",
    "- a",
    'FILE_EMPTY: {severity: error, title: x, message: "{a"}',
    "FILE_EMPTY: {severity: nặng, title: x, message: a}",
)


@pytest.mark.parametrize("text", WRONG_CATALOGUES)
def test_a_wrong_catalogue_is_refused_by_name(tmp_path: Path, text: str) -> None:
    """A sentence that cannot be filled, an entry or severity that is none: told with the file."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "findings.yml").write_text(text, encoding="utf-8")
    with pytest.raises(Nq57Error, match=r"findings\.yml"):
        catalogue(tmp_path)
