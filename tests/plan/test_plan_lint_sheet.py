"""«Soát kế hoạch»: the sheet that lint puts into the office's own appendix, with everything else left as it is."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from nq57xl.cli import cli
from nq57xl.commands.init import init, write_lint
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error, WorkbookOpenError
from nq57xl.plan.appendix_read import BUNDLED_PLANS, bundled_appendix, read_appendix
from nq57xl.plan.lint import _LINT_TITLE, lint, with_lint_sheet
from tests.conftest import CheckOoxml
from tests.office import convert


def written(data: bytes) -> bytes:
    appendix = read_appendix(data)
    return with_lint_sheet(data, appendix.plan, lint(appendix.plan, appendix.findings, appendix.places))


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("name", BUNDLED_PLANS)
def test_everything_else_stays(name: str, check_ooxml: CheckOoxml) -> None:
    """Only the lists of sheets and styles change; the appendix reads the same, and the strict checker passes it."""
    before = bundled_appendix(name)
    after = written(before)
    check_ooxml(after)
    old, new = parts(before), parts(after)
    assert {part for part in new if old.get(part) != new[part]} - {"xl/worksheets/sheet11.xml"} <= {
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "[Content_Types].xml",
    }
    assert read_appendix(after).plan == read_appendix(before).plan


def test_links_and_groups() -> None:
    """A finding of many rows stands under one line, each row with a link to its cell and a proposal of its own."""
    book = openpyxl.load_workbook(io.BytesIO(written(bundled_appendix("sxd-2026"))))
    assert book.sheetnames[-1] == _LINT_TITLE
    sheet = book[_LINT_TITLE]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]
    groups = [row for row in rows if row[0]]
    assert [row[0] for row in groups] == [str(number) for number in range(1, len(groups) + 1)]
    assert groups[1][5] == "Không suy ra được ngày từ thời hạn «…»: 15 chỗ."
    assert (groups[0][2], groups[0][3], groups[0][4]) == ("Rõ người", "Nhiệm vụ!I18", "II.3")
    links = {cell.value: cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink}
    assert links["Nhiệm vụ!K7"] == "'Nhiệm vụ'!K7"
    assert links["Kế hoạch!B19"] == "'Kế hoạch'!B19"
    vague = [row for row in rows if row[3] in ("Nhiệm vụ!H6", "Nhiệm vụ!H16")]
    assert len({row[6] for row in vague}) == 2


def test_again_is_the_same() -> None:
    """Written over its own sheet nothing changes; after a correction the sheet is made anew, in its place."""
    once = written(bundled_appendix("sxd-2026"))
    assert written(once) == once
    book = openpyxl.load_workbook(io.BytesIO(bundled_appendix("sxd-2026")))
    book["Nhiệm vụ"]["K7"] = "30/9/2026"
    stream = io.BytesIO()
    book.save(stream)
    first = written(stream.getvalue())
    second = openpyxl.load_workbook(io.BytesIO(written(first)))
    assert second.sheetnames.count(_LINT_TITLE) == 1
    assert "14 chỗ" in str([cell.value for cell in second[_LINT_TITLE]["F"]])


@pytest.mark.needs("soffice")
def test_after_libreoffice(tmp_path: Path, check_ooxml: CheckOoxml) -> None:
    """An appendix that LibreOffice has saved, sheet included, takes the sheet again, once."""
    file = tmp_path / "phu-luc.xlsx"
    file.write_bytes(written(bundled_appendix("bql-2026")))
    saved = convert(file).read_bytes()
    again = written(saved)
    check_ooxml(again)
    book = openpyxl.load_workbook(io.BytesIO(again))
    assert book.sheetnames.count(_LINT_TITLE) == 1
    assert read_appendix(again).plan == read_appendix(saved).plan


def test_a_workbook_of_unusual_shape_is_refused() -> None:
    """Where the sheet cannot be added safely nothing is written, and the message says what to do."""
    odd = io.BytesIO()
    with zipfile.ZipFile(odd, "w") as new:
        for part, content in parts(bundled_appendix("bql-2026")).items():
            new.writestr(part, content.replace(b"cellXfs", b"x:cellXfs") if part == "xl/styles.xml" else content)
    with pytest.raises(Nq57Error, match="khác thường"):
        written(odd.getvalue())


def test_command(tmp_path: Path) -> None:
    """`lint --write` keeps the file as it was in backup/, writes once, and never while the file is open."""
    root = tmp_path / "w"
    init(root, "sxd-2026")
    before = (root / "phu-luc.xlsx").read_bytes()
    lock = root / ".~lock.phu-luc.xlsx#"
    lock.write_text(",x,", encoding="utf-8")
    with pytest.raises(WorkbookOpenError):
        write_lint(Office.at(root))
    lock.unlink()
    assert (root / "phu-luc.xlsx").read_bytes() == before
    done = CliRunner().invoke(cli, ["-w", str(root), "lint", "--write"])
    assert done.exit_code == 0
    (kept,) = (root / "backup").glob("phu-luc-*.xlsx")
    assert kept.read_bytes() == before
    assert _LINT_TITLE in openpyxl.load_workbook(root / "phu-luc.xlsx").sheetnames
    _, again = write_lint(Office.at(root))
    assert again is None
