"""attach files signed copies and reads nothing from them; history tells each period of a unit and of a row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from nq57xl.cli import cli
from nq57xl.commands.backup import verify
from nq57xl.commands.collect import attach
from nq57xl.commands.history import history
from nq57xl.commands.status import status
from nq57xl.errors import Nq57Error
from tests import year_kit as year
from tests.conftest import CheckOoxml

APRIL, MAY = "2026-04", "2026-05"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """VP reports April late and May with a fall; QLDT reports April alone."""
    root = year.start_sample(tmp_path_factory.mktemp("qua trinh") / "vp")
    year.issue(root, APRIL, "VP", "QLDT")
    year.send(root, APRIL, {}, day=19)
    year.send(root, APRIL, {}, "QLDT")
    year.issue(root, MAY, "VP")
    year.send(root, MAY, {("led", "I.1", "percent"): 0.3})
    return root


def test_a_signed_copy_is_filed_once(root: Path, tmp_path: Path) -> None:
    """In the archive by its hash, listed in `status`, whole for `verify`; another kind of file is refused."""
    scan = tmp_path / "BC 12 VP đã ký.pdf"
    scan.write_bytes(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n")
    office = year.at(root, year.moment(MAY, 18))
    first, second = attach(office, "vp", scan, MAY), attach(office, "VP", scan, MAY)
    assert (first, first.unit, first.file) == (second, "VP", scan.name)
    assert [copy.sha256 for copy in status(office, MAY).status.signed] == [first.sha256]
    assert verify(office).problems == ()
    scan.with_suffix(".docx").write_bytes(b"PK")
    with pytest.raises(Nq57Error, match="không phải tệp"):
        attach(office, "VP", scan.with_suffix(".docx"), MAY)
    with pytest.raises(Nq57Error, match="không có đơn vị"):
        attach(office, "XX", scan, MAY)


def test_the_history_of_a_unit_and_of_a_row(root: Path, tmp_path: Path, check_ooxml: CheckOoxml) -> None:
    """Each period with state, receipt and what was asked; a row with what was said; a workbook of the same."""
    office = year.at(root, year.moment(MAY, 20))
    unit = history(office, "vp")
    assert [(line.period, line.on_time) for line in unit.lines] == [(APRIL, "chậm 2 ngày"), (MAY, "đúng hạn")]
    assert "2 đầu việc: đang thực hiện 2" in unit.lines[0].said
    assert "0/3 chỉ tiêu có số liệu" in unit.lines[0].said
    row = history(office, "I.1", tmp_path / "I.1.xlsx")
    assert "Nguyên nhân: Chờ ý kiến của Sở Tài chính" in row.lines[0].said
    assert [line.said.split(" – ")[:2] for line in row.lines] == [["Đang thực hiện", "45%"], ["Đang thực hiện", "30%"]]
    assert [("giảm so với kỳ trước" in line.findings) for line in row.lines] == [False, True]
    check_ooxml((tmp_path / "I.1.xlsx").read_bytes())
    sheet = load_workbook(tmp_path / "I.1.xlsx").worksheets[0]
    assert [sheet.cell(number, 1).value for number in (3, 4)] == ["tháng 4/2026", "tháng 5/2026"]
    shown = CliRunner().invoke(cli, ["-w", str(root), "history", "CT.I.1", "--json"])
    assert [line["period"] for line in json.loads(shown.stdout)["periods"]] == [APRIL, MAY]
    with pytest.raises(Nq57Error, match="mang mã"):
        history(office, "XX")
    year.issue(root, "2026-06", "VP")
    assert [line.said for line in history(office, "CT.I.2").lines] == [
        "Chưa có số liệu",
        "Chưa có số liệu",
        "Chưa báo cáo",
    ]
    assert row.subject.startswith("I.1. Rà soát toàn bộ thủ tục hành chính")
