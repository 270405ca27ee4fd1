"""amend over a real workspace: proposed, confirmed, applied; forms of the old version, periods before and after."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from nq57xl.cli import cli
from nq57xl.commands import amend
from nq57xl.commands.collect import collect
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init, show
from nq57xl.commands.merge import merge
from nq57xl.commands.office import Office
from nq57xl.commands.remind import year_calendar
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import Nq57Error, WorkbookOpenError
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.deadlines import Deadline
from nq57xl.text.clock import Clock
from tests.amend_kit import (
    MAY,
    appendix_of,
    consolidation,
    filled,
    form_of,
    moment,
    new_task,
    next_version,
    row_of,
)
from tests.conftest import REPOSITORY, CheckOoxml
from tools.import_samples import docx_of, look_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace of bql."""
    folder = tmp_path / "Phòng Tổng hợp"
    init(folder, "bql-2026")
    return folder


@pytest.fixture
def office(root: Path) -> Office:
    return Office.at(root, Clock(moment(5, 10)))


@pytest.fixture
def newer(office: Office, tmp_path: Path) -> Path:
    """The next version as an edited copy of the appendix."""
    return appendix_of(next_version(office.appendix().plan), tmp_path / "phu-luc moi.xlsx")


def test_proposing_changes_nothing(office: Office, root: Path, newer: Path, check_ooxml: CheckOoxml) -> None:
    """Without --yes only the comparison is written; the appendix and the ledger's versions stay."""
    before = (root / "phu-luc.xlsx").read_bytes()
    done = amend.propose_amendment(office, newer, MAY)
    assert not done.applied
    assert done.file == root / "out" / "dieu-chinh" / "so-sanh-ke-hoach.xlsx"
    check_ooxml(done.file)
    assert (root / "phu-luc.xlsx").read_bytes() == before
    assert amend.applied_amendments(office) == ()
    told = {row.code: row.kinds for row in done.comparison.changes}
    assert told == {
        "II.3": ("changed", "renumbered"),
        "III.6": ("changed",),
        None: ("added",),
        "I.2": ("dropped",),
    }


def test_applying_keeps_codes_and_the_old_appendix(office: Office, root: Path, newer: Path) -> None:
    """Codes stay, the new task gets a new one; the old file lies in backup/, the version in the ledger."""
    before = (root / "phu-luc.xlsx").read_bytes()
    done = amend.propose_amendment(office, newer, MAY, apply=True)
    assert done.applied
    assert done.file is not None
    assert done.file.read_bytes() == before
    assert [row.code for row in office.appendix().plan.tasks] == ["I.1", "II.3", "III.4", "III.5", "III.6", "III.7"]
    (version,) = amend.applied_amendments(office)
    assert (version.effective_from, version.document) == (MAY, "phu-luc moi.xlsx")
    assert {row.code: row.kinds for row in version.rows}["III.7"] == ("added",)
    first = [row.code for row in show(office, 1).tasks]
    assert first == ["I.1", "I.2", "II.3", "III.4", "III.5", "III.6"]
    assert not amend.propose_amendment(office, newer, MAY, apply=True).applied


def test_a_day_of_no_year_of_ours_is_a_slip(office: Office, newer: Path) -> None:
    """--effective 0001-01-01, 0206-05-01: words, and no version is recorded."""
    for year in (1, 206, 9999):
        with pytest.raises(Nq57Error, match="không thể có"):
            amend.propose_amendment(office, newer, dt.date(year, 5, 1), apply=True)
    assert amend.applied_amendments(office) == ()


def test_a_plan_without_its_year_is_told(office: Office, root: Path) -> None:
    """«Năm» was cleared, or is no year: `merge` and `calendar` say where to enter it, and write nothing."""
    generate(office, "2026-05", ["VP"])
    book = load_workbook(root / "phu-luc.xlsx")
    for year in (None, 26):
        book["Kế hoạch"]["B6"].value = year
        book.save(root / "phu-luc.xlsx")
        for command in (lambda: merge(office, "2026-05"), lambda: year_calendar(office)):
            with pytest.raises(Nq57Error, match="Kế hoạch"):
                command()


def test_a_comparison_goes_on_where_its_workspace_is_moved(office: Office, root: Path, newer: Path) -> None:
    """The document lies in the workspace: from another place the comparison waits still, and is confirmed."""
    document = root / "van-ban" / newer.name
    document.parent.mkdir()
    newer.rename(document)
    amend.propose_amendment(office, document, MAY)
    moved = Office.at(root.rename(root.with_name("nơi khác")), Clock(moment(5, 10)))
    waiting = amend.pending_amendment(moved)
    assert waiting is not None and waiting.file is not None
    assert amend.confirm_amendment(moved, waiting.file).applied


def test_confirming_follows_the_office(office: Office, newer: Path) -> None:
    """The office corrects two decisions in the comparison; they are applied, and the appendix says so."""
    done = amend.propose_amendment(office, newer, MAY)
    assert done.file is not None
    book = load_workbook(done.file)
    sheet = book["Nhiệm vụ"]
    for row in range(5, sheet.max_row + 1):
        if sheet.cell(row, 1).value == "-I.2":
            sheet.cell(row, 2).value = "giữ"
        elif sheet.cell(row, 2).value == "III.6":
            sheet.cell(row, 2).value = "Mới"
    book.save(done.file)
    made = amend.confirm_amendment(office, done.file)
    assert made.applied
    codes = [row.code for row in office.appendix().plan.tasks]
    assert codes == ["I.1", "I.2", "II.3", "III.4", "III.5", "III.6-2", "III.7"]


def test_a_comparison_that_is_out_of_date_is_refused(office: Office, root: Path, newer: Path) -> None:
    """The appendix or the document changed since: confirming is refused by name."""
    done = amend.propose_amendment(office, newer, MAY)
    assert done.file is not None
    content = newer.read_bytes()
    newer.write_bytes(write_appendix(office.appendix().plan))
    with pytest.raises(Nq57Error, match=r"phu-luc moi\.xlsx"):
        amend.confirm_amendment(office, done.file)
    newer.write_bytes(content)
    plan = office.appendix().plan
    appendix_of(attrs.evolve(plan, tasks=plan.tasks[1:]), root / "phu-luc.xlsx")
    with pytest.raises(Nq57Error, match="đã thay đổi sau khi lập bảng so sánh"):
        amend.confirm_amendment(office, done.file)
    with pytest.raises(Nq57Error, match="không phải bảng so sánh"):
        amend.confirm_amendment(office, newer)


def test_the_day_may_be_put_right_when_confirming(office: Office, newer: Path) -> None:
    """Without a day the comparison proposes today; confirming may name another."""
    done = amend.propose_amendment(office, newer)
    assert done.effective_from == dt.date(2026, 5, 10)
    assert done.file is not None
    assert amend.confirm_amendment(office, done.file, effective_from=MAY).effective_from == MAY
    assert amend.applied_amendments(office)[0].effective_from == MAY


def test_an_appendix_with_unreadable_cells_is_not_rewritten(office: Office, root: Path, newer: Path) -> None:
    """A Hạn chuẩn that is no day would be lost: it has to be put right first; likewise in the new appendix."""
    for path in (root / "phu-luc.xlsx", newer):
        good = path.read_bytes()
        book = load_workbook(path)
        book["Nhiệm vụ"]["L5"] = "cuối năm"
        book.save(path)
        with pytest.raises(Nq57Error, match="L5"):
            amend.propose_amendment(office, newer, MAY, apply=True)
        path.write_bytes(good)
    book = load_workbook(root / "phu-luc.xlsx")
    book["Nhiệm vụ"]["A6"] = "I.1"
    book.save(root / "phu-luc.xlsx")
    with pytest.raises(Nq57Error, match=r"I\.1"):
        amend.propose_amendment(office, newer, MAY, apply=True)
    assert amend.applied_amendments(office) == ()


def test_days_never_go_back(office: Office, newer: Path, tmp_path: Path) -> None:
    """A second amendment may not hold before the first; on the same day it may."""
    amend.propose_amendment(office, newer, MAY, apply=True)
    later = office.appendix().plan
    third = appendix_of(attrs.evolve(later, tasks=later.tasks[:-1]), tmp_path / "ba.xlsx")
    with pytest.raises(Nq57Error, match="01/05/2026"):
        amend.propose_amendment(office, third, dt.date(2026, 4, 30), apply=True)
    assert amend.propose_amendment(office, third, MAY, apply=True).applied


def test_an_open_appendix_is_not_touched(office: Office, root: Path, newer: Path) -> None:
    """While LibreOffice has the appendix open nothing is applied, nothing recorded."""
    (root / ".~lock.phu-luc.xlsx#").write_text(",x,y,", encoding="utf-8")
    with pytest.raises(WorkbookOpenError):
        amend.propose_amendment(office, newer, MAY, apply=True)
    assert amend.applied_amendments(office) == ()


def test_cut_off_before_the_file_is_in_place(
    office: Office, root: Path, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed when the ledger knows and the file is still the old one: the same command puts it right, once."""
    before = (root / "phu-luc.xlsx").read_bytes()
    real = os.replace

    def held(source: Path, target: Path) -> None:
        if Path(target).name == "phu-luc.xlsx":
            raise PermissionError(13, "held", str(target))
        real(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", held)
        with pytest.raises(WorkbookOpenError):
            amend.propose_amendment(office, newer, MAY, apply=True)
    assert (root / "phu-luc.xlsx").read_bytes() == before
    assert amend.propose_amendment(office, newer, MAY, apply=True).applied
    assert [item.effective_from for item in amend.applied_amendments(office)] == [MAY]
    assert office.appendix().plan.tasks[-1].code == "III.7"


KILLED = """
import os, sys
from pathlib import Path
from nq57xl.commands import amend
from nq57xl.commands.office import Office
from nq57xl.text.clock import Clock
from tests.amend_kit import moment
real = os.replace
def killed(source, target):
    if Path(target).name == "phu-luc.xlsx":
        if sys.argv[3] == "after":
            real(source, target)
        os._exit(9)
    real(source, target)
os.replace = killed
amend.confirm_amendment(Office.at(Path(sys.argv[1]), Clock(moment(5, 10))), Path(sys.argv[2]))
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_confirming_and_confirmed_again(office: Office, root: Path, newer: Path, when: str) -> None:
    """Killed before or after the appendix takes its place: again, it is in place, once, told so, nothing left."""
    done = amend.propose_amendment(office, newer, MAY)
    assert done.file is not None
    command = [sys.executable, "-c", KILLED, str(root), str(done.file), when]
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 9
    first = CliRunner().invoke(cli, ["-w", str(root), "amend", "--confirm", str(done.file), "--json"])
    assert json.loads(first.stdout)["already"] is (when == "after")
    again = CliRunner().invoke(cli, ["-w", str(root), "amend", "--confirm", str(done.file)])
    assert (again.exit_code, "đã được áp dụng từ trước, hiệu lực từ 01/05/2026" in again.stdout) == (0, True)
    assert [item.effective_from for item in amend.applied_amendments(office)] == [MAY]
    assert office.appendix().plan.tasks[-1].code == "III.7"
    assert list(root.rglob("*.nq57tmp*")) == []


@pytest.mark.parametrize(("name", "sections"), [("sxd-2026", "merged"), ("bql-2026", "plain")])
def test_a_word_document_amends(name: str, sections: str, tmp_path: Path) -> None:
    """The next plan as a .docx without codes: numbered through, a row dropped, one put off, one reworded, one new."""
    root = tmp_path / "w"
    init(root, name)
    office = Office.at(root, Clock(moment(5, 10)))
    old = office.appendix().plan
    kept = [row for row in old.tasks if row.code not in ("I.2",)]
    kept[0] = attrs.evolve(kept[0], deadline=Deadline("Quý IV/2026"))
    kept[-1] = attrs.evolve(kept[-1], kpi=f"{kept[-1].kpi}, báo cáo hằng tháng")
    added = new_task(attrs.evolve(old.tasks[-1], lead=old.tasks[-1].lead))
    rows = [*kept, attrs.evolve(added, section=old.tasks[-1].section, lead=old.tasks[-1].lead)]
    rows = [attrs.evolve(row, number=str(number), subnumber=None) for number, row in enumerate(rows, 1)]
    next_plan = attrs.evolve(old, tasks=tuple(rows))
    file = tmp_path / "ke hoach dieu chinh.docx"
    file.write_bytes(docx_of(next_plan, look_of(next_plan, sections=sections)))
    done = amend.propose_amendment(office, file, MAY)
    found = done.comparison
    assert [row.code for row in found.rows if "dropped" in row.kinds] == ["I.2"]
    assert [row.index for row in found.rows if "added" in row.kinds] == [len(rows) - 1]
    assert [row.code for row in found.rows if "changed" in row.kinds] == [kept[0].code, kept[-1].code]
    assert [row.code for row in done.plan.tasks[:-1]] == [row.code for row in kept]
    assert done.plan.indicators == old.indicators
    assert done.plan.units == old.units


def test_several_amendments_in_a_row(office: Office, newer: Path, tmp_path: Path) -> None:
    """Each day has its version: before, between and after two amendments."""
    amend.propose_amendment(office, newer, MAY, apply=True)
    plan = office.appendix().plan
    last = attrs.evolve(plan.tasks[-1], kpi="20.000 hồ sơ")
    third = appendix_of(attrs.evolve(plan, tasks=(*plan.tasks[:-1], last)), tmp_path / "ba.xlsx")
    amend.propose_amendment(office, third, dt.date(2026, 8, 1), apply=True)
    assert len(list((office.workspace.backup).glob("phu-luc-*.xlsx"))) == 2
    with office.reading() as ledger:
        codes = {}
        for month in (4, 5, 8):
            here = OfficePeriod.of(office, ledger, f"2026-{month:02}")
            tasks = {row.code: row for row in here.plan.tasks}
            codes[month] = (tasks["III.7"].kpi if "III.7" in tasks else None, "I.2" in tasks)
    assert codes == {4: (None, True), 5: ("12.000 hồ sơ", False), 8: ("20.000 hồ sơ", False)}


def test_a_row_added_by_hand_never_gets_a_dropped_code(office: Office, root: Path, newer: Path) -> None:
    """After I.2 was dropped the office types a new I.2 without a code: it is given another one."""
    amend.propose_amendment(office, newer, MAY, apply=True)
    book = load_workbook(root / "phu-luc.xlsx")
    sheet = book["Nhiệm vụ"]
    for column, value in enumerate(
        (None, "I", "2", None, "Rà soát thủ tục", None, "01 báo cáo", "100%", "Văn phòng"), 1
    ):
        sheet.cell(11, column).value = value
    sheet.cell(11, 11).value = "31/12/2026"
    book.save(root / "phu-luc.xlsx")
    generate(office, "2026-06", ["QLDN"])
    assert [task.code for task in office.appendix().plan.tasks if task.section == "I"][-1] == "I.2-2"


def test_the_loop_over_an_amendment(office: Office, root: Path, newer: Path, tmp_path: Path) -> None:
    """Issued, amended, returned on the old form, issued anew, the next period under the new version, both merged."""
    april, may = generate(office, "2026-04", ["VP"]), generate(office, "2026-05", ["VP", "QLCNC"])
    inbox = root / "inbox"
    collect(office, [filled(form_of(april, "VP"), inbox / "vp-4.xlsx", seed=3)], "2026-04")
    old_form = shutil.copy(form_of(may, "VP"), tmp_path / "vp-cu.xlsx")
    done = amend.propose_amendment(office, newer, MAY, apply=True)
    assert done.periods == ("2026-05",)

    taken = collect(office, [filled(Path(old_form), inbox / "vp-5.xlsx")], "2026-05")
    assert [item.verdict for item in taken.returns] == ["accepted"]
    told = {item.code: item.value for item in taken.returns[0].findings if item.code.startswith("PLAN_ROWS")}
    assert told == {"PLAN_ROWS_NEW": "III.7"}
    letter = (root / "out" / "2026-05" / "thong-bao" / "NQ57_2026-05_VP.txt").read_text(encoding="utf-8-sig")
    assert "thêm các dòng III.7" in letter
    assert "không phải làm gì thêm" not in letter
    qlcnc = collect(office, [filled(form_of(may, "QLCNC"), inbox / "cnc.xlsx")], "2026-05").returns[0]
    assert [item.value for item in qlcnc.findings if item.code == "PLAN_ROWS_DROPPED"] == ["I.2"]

    may_c = consolidation(office, "2026-05")
    lead = row_of(may_c, "II.3")
    assert lead is not None
    assert lead.entries[0].reported
    assert lead.task.deadline.text == "Quý III/2026"
    assert row_of(may_c, "I.2") is None
    added = row_of(may_c, "III.7")
    assert added is not None
    assert added.standing.state == "unreported"
    april_c = consolidation(office, "2026-04")
    was = row_of(april_c, "II.3")
    assert was is not None
    assert (was.task.deadline.text, was.task.number) == ("Năm 2026", "3")
    assert row_of(april_c, "I.2") is not None
    assert may_c.earlier_periods[0].tasks == april_c.tasks

    again = generate(office, "2026-05", ["VP"])
    lead_form = next(item.form for item in again.forms if item.form.unit == "VP")
    assert lead_form.version == 2
    typed = {(value.table, value.key, value.field): value.value for value in lead_form.values}
    assert typed["led", "II.3", "progress"] == lead.entries[0].progress
    assert [item.is_new for item in generate(office, "2026-04", ["VP"]).forms] == [False]
    june = generate(office, "2026-06", ["VP"])
    rows = {row.key: row for row in next(i.form for i in june.forms if i.form.unit == "VP").table("led").rows}  # type: ignore[union-attr]
    assert rows["II.3"].texts["previous"].startswith("Tháng 5/2026")
    assert "III.7" in rows
    assert merge(office, "2026-05").report.exists()


def test_forms_and_reports_of_earlier_periods_stay_bit_for_bit(office: Office, root: Path, newer: Path) -> None:
    """What was issued and merged before an amendment is made again, byte for byte, after it."""
    made = generate(office, "2026-04", ["VP"])
    collect(office, [filled(form_of(made, "VP"), root / "inbox" / "vp.xlsx")], "2026-04")
    report = merge(office, "2026-04").report.read_bytes()
    forms = {item.path.name: item.path.read_bytes() for item in made.forms}
    amend.propose_amendment(office, newer, MAY, apply=True)
    assert {item.path.name: item.path.read_bytes() for item in generate(office, "2026-04", ["VP"]).forms} == forms
    assert merge(office, "2026-04").report.read_bytes() == report


def test_a_text_document_amends(office: Office, tmp_path: Path) -> None:
    """A Markdown table of two tasks with --partial: one deadline is put off, one task comes, the rest stays."""
    first = office.appendix().plan.tasks[0]
    table = tmp_path / "dieu-chinh.md"
    table.write_text(
        "| STT | Nhiệm vụ | Tiểu nhiệm vụ | Sản phẩm | KPI | Đơn vị chủ trì | Thời hạn |\n"
        "|---|---|---|---|---|---|---|\n"
        "| I | Hoàn thiện thể chế | | | | | |\n"
        f"| 1 | {first.task} | {first.subtask} | {first.deliverable} | {first.kpi} | Văn phòng | 30/6/2027 |\n"
        "| 2 | Xây dựng bản đồ số các khu công nghiệp | Đo vẽ, số hóa ranh giới | Bản đồ số | 35 khu | "
        "Phòng Quản lý Đầu tư | 31/10/2026 |\n",
        encoding="utf-8",
    )
    done = amend.propose_amendment(office, table, MAY, partial=True, apply=True)
    assert done.applied
    after = office.appendix().plan
    assert after.tasks[0].due == dt.date(2027, 6, 30)
    assert {row.code for row in office.appendix().plan.tasks} == {
        "I.1",
        "I.2",
        "I.2-2",
        "II.3",
        "III.4",
        "III.5",
        "III.6",
    }
    added = next(row for row in after.tasks if row.code == "I.2-2")
    assert added.lead_units == ("QLDT",)
    assert after.units == show(office, 1).units


def test_doubts_of_a_document_stay_with_their_rows(office: Office, root: Path, tmp_path: Path) -> None:
    """Cells of a document that must be reviewed are marked in the new appendix where their rows stand there."""
    table = tmp_path / "dieu-chinh.md"
    table.write_text(
        "| STT | Nhiệm vụ | Sản phẩm | Đơn vị chủ trì | Thời hạn |\n|---|---|---|---|---|\n"
        "| I | Hoàn thiện thể chế | | | |\n"
        "| 1 | Xây dựng bản đồ số các khu công nghiệp | Bản đồ số | Phòng Quản lý Đầu tư | 31/10/2026 |\n"
        "| 2 | Tổ chức diễn đàn doanh nghiệp số | 01 diễn đàn | | 30/11/2026 |\n",
        encoding="utf-8",
    )
    done = amend.propose_amendment(office, table, MAY, partial=True, apply=True)
    assert [row.code for row in done.plan.tasks][-1] == "III.6"
    (doubt,) = [item for item in done.review if item.field == "lead"]
    place = next(index for index, row in enumerate(done.plan.tasks) if row.task.startswith("Tổ chức diễn đàn"))
    assert (doubt.sheet, doubt.cell, doubt.task) == ("Nhiệm vụ", f"I{place + 5}", done.plan.tasks[place].code)
    book = load_workbook(root / "phu-luc.xlsx")
    assert "Cần rà soát" in book.sheetnames
    assert book["Nhiệm vụ"][doubt.cell].comment is not None


def invoke(root: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["-w", str(root), *map(str, arguments)])


def test_command_line(root: Path, newer: Path) -> None:
    """JSON of a proposal and of the history; wrong usage is exit 2, a missing document a message in Vietnamese."""
    done = invoke(root, "amend", newer, "--effective", "2026-05-01", "--json")
    assert done.exit_code == 0
    told: dict[str, Any] = json.loads(done.stdout)
    assert (told["effective"], told["applied"], told["unchanged"]) == ("2026-05-01", False, 3)
    assert [row["kinds"] for row in told["tasks"]] == [["changed", "renumbered"], ["changed"], ["added"], ["dropped"]]
    assert invoke(root, "amend", "--confirm", told["file"]).exit_code == 0
    history = json.loads(invoke(root, "amend", "--history", "--json").stdout)
    assert [item["version"] for item in history["amendments"]] == [2]
    assert "bản đầu" in invoke(root, "amend", "--history").stdout
    first = json.loads(invoke(root, "show", "--version", "1", "--json").stdout)
    assert [row["code"] for row in first["tasks"]] == ["I.1", "I.2", "II.3", "III.4", "III.5", "III.6"]
    assert isinstance(invoke(root, "show", "--version", "3").exception, Nq57Error)
    assert invoke(root, "amend").exit_code == 2
    assert invoke(root, "amend", newer, "--yes").exit_code == 2
    missing = invoke(root, "amend", root / "khong-co.docx", "--effective", "01/06/2026").exception
    assert isinstance(missing, Nq57Error)
    assert str(missing).startswith("Không đọc được")
