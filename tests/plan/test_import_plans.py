"""Whole documents: both plans from every format, random plans through Word, the command and its workbook."""

from __future__ import annotations

import io
import json
from pathlib import Path

import attrs
import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from nq57xl.cli import cli
from nq57xl.commands.init import import_plan
from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_read import BUNDLED_PLANS, bundled_appendix, read_appendix
from nq57xl.plan.deadlines import Deadline
from nq57xl.plan.importer.assemble import import_document
from nq57xl.plan.importer.read import read_document
from nq57xl.plan.model import Plan, Properties, Section, Task
from nq57xl.plan.review_questions import ReviewedPlan
from nq57xl.plan.units import understand
from tests import office
from tests.amounts import amount, cases
from tests.conftest import REPOSITORY, CheckOoxml
from tests.import_kit import TODAY
from tools.import_accuracy import compare
from tools.import_samples import Look, docx_of, look_of, xlsx_of

PREFACE = (
    "UBND TỈNH ĐỒNG NAI",
    "SỞ XÂY DỰNG",
    "Số: 12/KH-SXD",
    "Đồng Nai, ngày 05 tháng 3 năm 2026",
    "KẾ HOẠCH",
    "Triển khai Nghị quyết số 57-NQ/TW",
    "trên địa bàn tỉnh Đồng Nai năm 2026",
    "Căn cứ Nghị quyết số 57-NQ/TW;",
    "Các phòng báo cáo hằng tháng gửi Sở Xây dựng (thông qua Văn phòng Sở) tổng hợp trước ngày 20 hằng tháng.",
    "Văn phòng Sở tham mưu Lãnh đạo Sở báo cáo UBND tỉnh trước ngày 25 hằng tháng.",
    "Thực hiện theo yêu cầu 6 rõ: rõ người, rõ việc, rõ thời gian.",
    "KT. GIÁM ĐỐC",
    "PHÓ GIÁM ĐỐC",
    "Nguyễn Văn An",
    "PHỤ LỤC",
)


def bundled(name: str) -> Plan:
    return read_appendix(bundled_appendix(name)).plan


def imported(data: bytes, name: str) -> ReviewedPlan:
    return import_document(read_document(data, name), Path(name).stem, TODAY)


@pytest.mark.parametrize("name", BUNDLED_PLANS)
@pytest.mark.parametrize(
    "look",
    [
        {"sections": "merged", "numbering": True},
        {"sections": "plain", "two_level": True, "heads": 1},
        {"heads": 2, "center": True},
    ],
)
def test_both_plans_from_word_and_a_workbook(name: str, look: dict[str, object]) -> None:
    """Every cell of both plans comes back from .docx and .xlsx, however they are laid out."""
    plan = bundled(name)
    layout = look_of(plan, **look)
    for truth, made in (
        (plan, imported(docx_of(plan, layout), "x.docx")),
        (attrs.evolve(plan, indicators=()), imported(xlsx_of(plan, layout), "x.xlsx")),
    ):
        score = compare(truth, made)
        assert (score.wrong, score.missing_rows, score.extra_rows) == ([], 0, 0)
        assert score.flagged <= score.cells * 0.05


@pytest.mark.needs("soffice")
def test_both_plans_from_pdf(tmp_path: Path) -> None:
    """Tables over many pages, with rows and merged cells cut by them, are whole again."""
    files = []
    looks = ((10, True), (13, False))
    for number, name in enumerate(BUNDLED_PLANS):
        for font, repeat in cases([looks[number % 2]], [looks[1 - number % 2]]):
            path = tmp_path / f"{name}-{font}.docx"
            plan = bundled(name)
            path.write_bytes(docx_of(plan, look_of(plan, font=font, repeat=repeat, sections="plain")))
            files.append(path)
    for pdf in office.convert_all(files, "pdf"):
        score = compare(bundled(pdf.stem.rpartition("-")[0]), imported(pdf.read_bytes(), pdf.name))
        assert (pdf.stem, score.wrong, score.missing_rows, score.extra_rows) == (pdf.stem, [], 0, 0)
        assert score.flagged <= score.cells * 0.05


@pytest.mark.parametrize("name", BUNDLED_PLANS)
def test_both_plans_from_their_text(name: str) -> None:
    """From the extracted text every cell is right or flagged, and at least 95 % are right.

    The texts stand beside the checkout; where they are not, their rows cannot be tested.
    """
    path = REPOSITORY.parent / "shared" / "plans" / f"{name}.txt"
    if not path.is_file():
        return
    made = imported(path.read_bytes(), path.name)
    score = compare(bundled(name), made)
    assert (score.wrong, score.missing_rows, score.extra_rows) == ([], 0, 0)
    assert score.right >= 0.95 * score.cells
    truth = bundled(name).properties
    known = made.plan.properties
    assert (known.title, known.year, known.number, known.symbol) == (truth.title, truth.year, "", truth.symbol)
    assert (known.internal_day, known.report_day, known.signatory) == (
        truth.internal_day,
        truth.report_day,
        truth.signatory,
    )
    assert known.clear_criteria == truth.clear_criteria
    assert known.agency[0].name == truth.agency[0].name
    gatherer = {unit.code: unit.name for unit in made.plan.units}[known.gatherer]
    assert gatherer.casefold() == {unit.code: unit.name for unit in bundled(name).units}[truth.gatherer].casefold()


def test_properties_come_from_the_text_of_the_plan() -> None:
    """Title, number, date, agency, days, who gathers and signs are read; what is not there stays blank, flagged."""
    plan = bundled("sxd-2026")
    made = imported(docx_of(plan, look_of(plan, preface=PREFACE)), "x.docx")
    found = made.plan.properties
    assert found.title == "Triển khai Nghị quyết số 57-NQ/TW trên địa bàn tỉnh Đồng Nai năm 2026"
    assert (found.number, found.symbol, str(found.issued_on), found.id) == ("12", "KH-SXD", "2026-03-05", "sxd-2026")
    assert (found.internal_day, found.report_day) == (20, 25)
    assert [item.name for item in (*found.place, *found.recipient)] == ["Đồng Nai", "UBND tỉnh Đồng Nai"]
    assert (found.signatory.authority, found.signatory.name) == ("KT. GIÁM ĐỐC", "Nguyễn Văn An")
    assert found.clear_criteria == ("rõ người", "rõ việc", "rõ thời gian")
    assert {unit.code: unit.name for unit in made.plan.units}[found.gatherer] == "Văn phòng Sở"
    bare = imported(docx_of(plan, look_of(plan)), "ke hoach.docx")
    assert {"title", "number", "issued_on", "agency", "internal_day"} <= {item.field for item in bare.review}
    assert bare.plan.properties.id == "ke-hoach-2026" and bare.plan.properties.number == ""


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, done.stdout


def test_the_command_writes_a_workbook_that_init_and_show_take(tmp_path: Path, check_ooxml: CheckOoxml) -> None:
    """import exits 1 with review points, as JSON, on a sheet and as notes; init and show work with them open."""
    plan = bundled("sxd-2026")
    source, target = tmp_path / "Kế hoạch.docx", tmp_path / "phu-luc.xlsx"
    source.write_bytes(docx_of(plan, look_of(plan, preface=PREFACE)))
    code, out = run("import", str(source), "-o", str(target), "--json")
    made = json.loads(out)
    assert (code, made["rows"], made["indicators"]) == (1, 26, 27)
    assert set(made["review"][0]) == {"sheet", "cell", "task", "field", "source", "reason", "value"}
    check_ooxml(target)
    book = openpyxl.load_workbook(io.BytesIO(target.read_bytes()))
    assert book["Cần rà soát"].max_row >= 4 + len(made["review"])
    for item in made["review"]:
        cell = book[item["sheet"]][item["cell"]]
        assert item["reason"] in cell.comment.text
        assert cell.fill.fgColor.rgb.endswith("FFF2CC")
        if cell.value is not None:
            assert str(cell.value) == item["value"]
    assert run("init", str(tmp_path / "ws"), "--plan", str(target))[0] == 0
    code, out = run("-w", str(tmp_path / "ws"), "show", "--json")
    assert code == 0 and len(json.loads(out)["tasks"]) == 26
    again = read_appendix(target.read_bytes()).plan
    assert [task.task for task in again.tasks] == [task.task for task in plan.tasks]


def test_a_master_appendix_is_its_own_import(tmp_path: Path) -> None:
    """Importing phu-luc.xlsx gives the same plan and nothing to review."""
    source = tmp_path / "phu-luc.xlsx"
    source.write_bytes(bundled_appendix("bql-2026"))
    assert run("import", str(source), "-o", str(tmp_path / "moi.xlsx"))[0] == 0
    assert read_appendix((tmp_path / "moi.xlsx").read_bytes()).plan == bundled("bql-2026")


@pytest.mark.parametrize(("name", "text"), [("a.docx", b""), ("b.md", b"Khong co bang nao."), ("c.pdf", b"%PDF-x")])
def test_a_document_without_a_plan_is_a_message(tmp_path: Path, name: str, text: bytes) -> None:
    """What holds no table of tasks is refused with a message and nothing is written."""
    (tmp_path / name).write_bytes(text)
    with pytest.raises(Nq57Error):
        import_plan(tmp_path / name, tmp_path / "x.xlsx", TODAY)
    assert not (tmp_path / "x.xlsx").exists()


WORDS = (
    "xây",
    "dựng",
    "hồ sơ,",
    "tài liệu;",
    "“một cửa”",
    "100%",
    "(giai đoạn",
    "2026-2030)",
    "NQ",
    "57-NQ/TW",
    "AI",
    "/",
)
SENTENCE = st.lists(st.sampled_from(WORDS), min_size=2, max_size=12).map(lambda words: " ".join(["Tổ", "chức", *words]))
LEADS = st.sampled_from(["Văn phòng", "Phòng Nội vụ", "Sở Tài chính", "Trung tâm Chuyển đổi số"])
DAYS = st.sampled_from(["31/12/2026", "Quý I/2026", "Thường xuyên", "Năm 2026"])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans of one or two sections with tasks of one row."""
    sections = [Section(number, draw(SENTENCE)) for number in ("I", "II")[: draw(st.integers(1, 2))]]
    tasks = []
    for section in sections:
        for number in range(1, draw(st.integers(1, 4)) + 1):
            tasks.append(
                Task("", section.number, str(number), None, draw(SENTENCE), draw(SENTENCE), draw(SENTENCE),
                     draw(SENTENCE), draw(LEADS), draw(LEADS), Deadline(draw(DAYS)))
            )  # fmt: skip
    return understand(Plan(Properties("x", "X", 2026), (), (), tuple(sections), tuple(tasks)))


@settings(max_examples=amount(6, 200))
@given(plans(), st.integers(0, 4), st.booleans(), st.sampled_from(["merged", "plain"]), st.booleans())
def test_what_is_written_to_word_is_read_back(
    plan: Plan, heads: int, numbering: bool, sections: str, numbers: bool
) -> None:
    """A plan written to Word and imported again is the same in every text."""
    columns = ("number",) * numbers + ("task", "subtask", "deliverable", "kpi", "lead", "support", "deadline")
    look = Look(columns, heads=heads, numbering=numbering, sections=sections)
    score = compare(plan, imported(docx_of(plan, look), "x.docx"))
    assert (score.wrong, score.missing_rows, score.extra_rows) == ([], 0, 0)
