"""Columns known by what stands in them, groups told by a column or by codes, and what cells hide: struck text, signs, formats."""

# ruff: noqa: E501 - rows of a table read better unbroken

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from openpyxl.styles import Font

from nq57xl.errors import Nq57Error
from nq57xl.plan.deadlines import Deadline
from nq57xl.plan.importer.assemble import import_document
from nq57xl.plan.importer.headings import heading_words
from nq57xl.plan.importer.read import read_document
from tests.import_kit import TODAY, book, imported, markdown, reasons, saved, shown_in_workbook, word

LEADS = ("Sở Nội vụ", "Sở Y tế", "Công an tỉnh")
STATES = ("Đã hoàn thành", "Đang thực hiện", "Đã trình UBND tỉnh, chờ phê duyệt")
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def rows_of(*columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Numbered rows of a task each with those columns."""
    return [
        (str(number), f"Xây dựng đề án số {number}", *cells)
        for number, cells in enumerate(zip(*columns, strict=True), 1)
    ]


def sections(made: object) -> list[tuple[str, str]]:
    return [(item.number, item.title) for item in made.plan.sections]  # type: ignore[attr-defined]


def tasks(made: object) -> list[tuple[str, str, str]]:
    return [(task.section, task.number, task.task) for task in made.plan.tasks]  # type: ignore[attr-defined]


@pytest.mark.parametrize("lead", ["Đơn vị/Cá nhân đầu mối", "Cơ quan chủ trì soạn thảo", "Bên làm", "Đơn vị"])
def test_a_column_of_progress_is_never_the_lead(lead: str) -> None:
    """ "Tình hình thực hiện" beside "Đơn vị/Cá nhân đầu mối": the leads are the units, also under an unknown heading."""
    head = ("TT", "Tên nhiệm vụ", lead, "Thời hạn HT", "Tình hình thực hiện")
    made = markdown(rows_of(LEADS, ("31/12/2026",) * 3, STATES), head)
    assert [task.lead for task in made.plan.tasks] == list(LEADS)
    assert {unit.name for unit in made.plan.units} == set(LEADS)
    assert any("Đã hoàn thành" in item.value for item in made.review if not item.sheet)


def test_cells_that_disagree_with_their_heading_are_not_taken_for_it() -> None:
    """A heading of leads over statuses gives way to the column that holds units; the guess is flagged."""
    made = markdown(
        rows_of(LEADS, ("31/12/2026",) * 3, STATES),
        ("TT", "Nhiệm vụ", "Bên nhận việc", "Thời hạn", "Cơ quan thực hiện"),
    )
    assert [task.lead for task in made.plan.tasks] == list(LEADS)
    assert reasons(made, "lead")


def test_a_column_whose_cells_say_something_else_is_flagged_cell_by_cell() -> None:
    """Where no other column fits, each cell of the doubtful column must be looked at."""
    made = markdown(rows_of(STATES, ("31/12/2026",) * 3), ("TT", "Nhiệm vụ", "Cơ quan chủ trì", "Thời hạn"))
    assert {item.task for item in made.review if item.field == "lead"} >= {task.code for task in made.plan.tasks}


def test_numbered_columns_under_a_common_heading_are_known_by_their_own() -> None:
    """«Phân công thực hiện» over «Phối hợp» and «Chủ trì», in that order, over a row (1) (2) …: each is what its own heading says."""
    sheet = (
        made := book([
            ["TT", "Nhiệm vụ", "Thời hạn", "Phân công thực hiện"], ["", "", "", "Phối hợp", "Chủ trì"], ["(1)", "(2)", "(3)", "(4)", "(5)"],
            *([n, f"Xây dựng đề án {n}", "31/12/2026", "Các cơ quan liên quan", lead] for n, lead in enumerate(LEADS, 1)),
        ])
    ).worksheets[0]  # fmt: skip
    for area in ("A1:A2", "B1:B2", "C1:C2", "D1:E1"):
        sheet.merge_cells(area)
    tasks = imported(saved(made), "x.xlsx").plan.tasks
    assert [(task.lead, task.support) for task in tasks] == [(lead, "Các cơ quan liên quan") for lead in LEADS]


@pytest.mark.parametrize("numbers", ["{0}. ", ""])
def test_a_row_over_repeated_headings_is_no_heading(numbers: str) -> None:
    """Headings of two rows printed again in the middle of a table without a column of numbers: no row over them is lost."""
    texts = [f"{numbers.format(n)}Xây dựng đề án {n}" for n in range(1, 7)]
    lines = [[text, "Sở Nội vụ", "Các cơ quan liên quan", "2026", "Cao"] for text in texts]
    head = [["Nhiệm vụ", "Phân công thực hiện", "", "Thời hạn", "Nguồn lực"], ["", "Chủ trì", "Phối hợp", "", ""]]
    made = book([*head, *lines[:4], *head, *lines[4:]])
    for first, last in ((1, 2), (7, 8)):
        for area in (f"A{first}:A{last}", f"B{first}:C{first}", f"D{first}:D{last}", f"E{first}:E{last}"):
            made.worksheets[0].merge_cells(area)
    assert [task.task for task in imported(saved(made), "x.xlsx").plan.tasks] == [
        f"Xây dựng đề án {n}" for n in range(1, 7)
    ]


def test_headings_printed_again_are_the_same_whatever_stands_under_them() -> None:
    """Headings of which few are well known, again over the last rows: these are tasks, no indicators."""
    head = (
        "TT",
        "Nội dung, nhiệm vụ cụ thể",
        "Hoạt động cụ thể",
        "Kết quả",
        "Chỉ tiêu, KPI đo lường",
        "Chủ trì",
        "Phối hợp",
        "Hạn hoàn thành",
    )
    rows = [
        (str(n), f"Xây dựng đề án {n}", f"Lập đề án {n}", "Báo cáo", "≥ 90%", "Sở Nội vụ", "Các sở", "2026")
        for n in range(1, 6)
    ]
    made = markdown([*rows[:4], head, rows[4]], head).plan
    assert [task.number for task in made.tasks] == ["1", "2", "3", "4", "5"]
    assert not made.indicators


@pytest.mark.parametrize("number", ["-", "(a)"])
def test_a_row_whose_words_are_like_headings_is_no_heading(number: str) -> None:
    """«NV theo KH 05-KH/BCĐTW», «Hoàn thành …», «… hoạt động» in a row of a table under headings of a table before it."""
    head = ("TT", "Nội dung", "Sản phẩm", "KPI", "Cơ quan chủ trì", "Phối hợp", "Thời hạn", "Ghi chú")
    odd = (
        number,
        "Hoàn thành việc số hóa toàn bộ hồ sơ còn hiệu lực của các cơ quan",
        "Hệ thống đi vào hoạt động",
        "",
        "Ngân hàng Nhà nước Việt Nam",
        "Các sở",
        "Thường xuyên",
        "NV theo KH 05-KH/BCĐTW",
    )
    rows = [
        (str(n), f"Xây dựng đề án {n}", "Kế hoạch", "01 đề án", "Bộ Tài chính", "Các sở", "2026", "")
        for n in range(1, 9)
    ]
    lines = ["".join(f"<td>{text}</td>" for text in row) for row in (head, *rows[:3], odd, *rows[3:])]
    tables = (f"<table>{''.join(f'<tr>{line}</tr>' for line in part)}</table>" for part in (lines[:1], lines[1:]))
    tasks = imported("".join(tables).encode(), "x.html").plan.tasks
    assert [task.lead for task in tasks] == [*["Bộ Tài chính"] * 3, odd[4], *["Bộ Tài chính"] * 5]


def test_work_that_is_to_be_finished_is_no_state() -> None:
    """«Hoàn thành việc …» under «Nội dung chi tiết» is work, not a report's state; and no text of work is ever a number of parts."""
    works = ("Hoàn thành việc số hóa hồ sơ", "Hoàn thành chữ ký số cho công chức", "Hoàn thành CSDL")
    head = ("TT", "Nội dung công việc", "Nội dung chi tiết", "Chủ trì", "Thời hạn")
    made = markdown(rows_of(works, LEADS, ("Hoàn thành trong quý II/2026",) * 3), head)
    assert [(task.subnumber, task.subtask) for task in made.plan.tasks] == [(None, work) for work in works]
    assert not [item for item in made.review if item.task]
    states = ("Đã hoàn thành việc lập kế hoạch", "Đang thực hiện việc số hóa", "Chưa triển khai việc nào")
    assert reasons(markdown(rows_of(states, LEADS, ("2026",) * 3), head), "subtask")


def test_a_column_of_groups_gives_the_sections() -> None:
    """«Nhóm nhiệm vụ» names the section of each row, also where the groups come back."""
    head = ("TT", "Nhóm nhiệm vụ", "Nhiệm vụ", "Chủ trì", "Thời hạn")
    groups = ("Hạ tầng số", "Dữ liệu số", "Hạ tầng số")
    made = markdown([(str(n), group, f"Việc {n}", "Sở Nội vụ", "2026") for n, group in enumerate(groups, 1)], head)
    assert sections(made) == [("I", "Hạ tầng số"), ("II", "Dữ liệu số")]
    assert [task.section for task in made.plan.tasks] == ["I", "II", "I"]


def test_codes_tell_the_tree() -> None:
    """N17 is a section, N17.1 without details a task of several parts, N17.1.2 one of them."""
    made = markdown([
        ("N17", "Phát triển dữ liệu", "", "", "", ""), ("N17.1", "Cơ sở dữ liệu", "", "", "", ""),
        ("N17.1.1", "Đất đai", "CSDL", "Sở Nội vụ", "", "2026"), ("N17.1.2", "Y tế", "CSDL", "Sở Y tế", "", "2026"),
        ("N18", "Hạ tầng", "", "", "", ""), ("N18.1", "Mạng 5G", "Mạng", "Sở Nội vụ", "", "2026"), ("N18.2", "Điện", "Lưới", "Sở Nội vụ", "", "2026"),
    ])  # fmt: skip
    assert sections(made) == [("N17", "Phát triển dữ liệu"), ("N18", "Hạ tầng")]
    assert [(task.section, task.number, task.subnumber) for task in made.plan.tasks] == [
        ("N17", "N17.1", "N17.1.1"),
        ("N17", "N17.1", "N17.1.2"),
        ("N18", "N18.1", None),
        ("N18", "N18.2", None),
    ]


def test_numbers_in_a_second_key_column() -> None:
    """The first column numbers the sections alone, the second the tasks."""
    head = ("TT", "", "Nhiệm vụ", "Sản phẩm", "Chủ trì", "Thời hạn")
    rows = [("I", "", "Thể chế", "", "", ""), ("", "1", "A", "Đề án", "Sở Nội vụ", "2026"), ("", "2", "B", "Đề án", "Sở Nội vụ", "2026"),
            ("II", "", "Hạ tầng", "", "", ""), ("", "3", "C", "Đề án", "Sở Nội vụ", "2026")]  # fmt: skip
    made = markdown(rows, head)
    assert sections(made) == [("I", "Thể chế"), ("II", "Hạ tầng")]
    assert tasks(made) == [("I", "1", "A"), ("I", "2", "B"), ("II", "3", "C")]
    assert not reasons(made, "number")[1:]


def test_a_section_row_with_details_and_no_rows_is_a_task_too() -> None:
    """A Roman row with its own lead and deadline and nothing under it reaches its unit; one over rows lends them its lead."""
    made = markdown([
        ("I", "Thể chế", "", "", "", ""), ("1", "A", "Đề án", "Sở Nội vụ", "", "2026"),
        ("II", "Tuyên truyền", "Kế hoạch", "Sở Y tế", "", "Quý I/2026"),
        ("III", "Hạ tầng", "", "Công an tỉnh", "", ""), ("1", "C", "Đề án", "", "", "2026"), ("2", "D", "Đề án", "", "", "2026"),
    ])  # fmt: skip
    assert [number for number, _ in sections(made)] == ["I", "II", "III"]
    assert [(task.section, task.task, task.lead) for task in made.plan.tasks] == [
        ("I", "A", "Sở Nội vụ"),
        ("II", "Tuyên truyền", "Sở Y tế"),
        ("III", "C", "Công an tỉnh"),
        ("III", "D", "Công an tỉnh"),
    ]
    assert [item.task for item in made.review if item.field == "lead" and item.task] == ["III.1"]


def test_a_workbook_without_numbers_and_with_an_unknown_heading_is_read() -> None:
    """Headings in the first row, no "STT": what stands under «Bên làm» says who leads; no row is flagged for want of a number."""
    lines = [["Nội dung công việc", "Bên làm", "Hoàn thành"], *(["Việc A", lead, "31/12/2026"] for lead in LEADS)]
    made = imported(saved(book(lines)), "x.xlsx")
    assert [task.lead for task in made.plan.tasks] == list(LEADS)
    assert not [item for item in made.review if item.field == "number" and item.task]


def test_a_refusal_names_the_nearest_table_and_what_was_not_understood() -> None:
    """The message quotes the headings that were known, those that were not, and where they stand."""
    with pytest.raises(Nq57Error) as refused:
        markdown([("Một việc gì đó", "bên kia", "1")], ("Nội dung công việc", "Bên kia", "Điểm"))
    assert all(
        word in str(refused.value)
        for word in ("dòng 3", "«Nội dung công việc»", "«Bên kia»", "«Điểm»", "import_headings.yml")
    )


def test_an_office_teaches_a_heading_once(tmp_path: Path) -> None:
    """The workspace's own schemas/import_headings.yml adds to the packaged headings."""
    folder = tmp_path / "schemas"
    folder.mkdir()
    (folder / "import_headings.yml").write_text(
        "task:\n  task: [Hạng mục]\n  deliverable: [Cái phải có]\n", encoding="utf-8"
    )
    text = "| TT | Hạng mục | Cái phải có | Chủ trì |\n|---|---|---|---|\n| 1 | Việc A | Đề án | Sở Nội vụ |\n".encode()
    with pytest.raises(Nq57Error):
        import_document(read_document(text, "x.md"), "x", TODAY)
    made = import_document(read_document(text, "x.md"), "x", TODAY, heading_words(tmp_path))
    assert [(task.task, task.deliverable, task.lead) for task in made.plan.tasks] == [("Việc A", "Đề án", "Sở Nội vụ")]


@pytest.mark.parametrize(
    ("text", "kind", "day"),
    [
        ("Trước ngày 31/01 năm liền kề", "date", dt.date(2027, 1, 31)),
        ("31/12 năm trước liền kề", "date", dt.date(2025, 12, 31)),
        ("100 ngày kể từ ngày ban hành", "relative", dt.date(2026, 4, 11)),
        ("Trong vòng 10 ngày làm việc kể từ ngày ký ban hành Kế hoạch", "relative", dt.date(2026, 1, 15)),
        ("30 ngày sau khi Trung ương ban hành", "relative", None),
    ],
)
def test_deadlines_that_need_the_plan_s_own_days(text: str, kind: str, day: dt.date | None) -> None:
    """The year before or after; days counted from the plan's own issue, never from another document's."""
    found = Deadline.read(text, 2026, dt.date(2026, 1, 1))
    assert (found.kind, found.date) == (kind, day)


def test_markdown_keeps_signs_that_begin_a_cell() -> None:
    """ "> 0,7" is no quotation, "\\>" an escaped sign."""
    made = markdown(
        rows_of(("> 0,7", "\\> 0,8", "&lt; 5%"), LEADS, ("2026",) * 3), ("TT", "Nhiệm vụ", "KPI", "Chủ trì", "Thời hạn")
    )
    assert [task.kpi for task in made.plan.tasks] == ["> 0,7", "> 0,8", "< 5%"]


def with_cell(content: str) -> object:
    """The import of a Word table whose last cell holds those runs."""
    document = docx.Document(
        __import__("io").BytesIO(word(rows_of(LEADS, ("2026",) * 3), ("TT", "Nhiệm vụ", "Chủ trì", "Thời hạn")))
    )
    paragraph = document.tables[0].rows[1].cells[3].paragraphs[0]
    for run in list(paragraph.runs):
        run._r.getparent().remove(run._r)
    for run in parse_xml(f"<w:p {W}>{content}</w:p>"):
        paragraph._p.append(run)
    return imported(saved(document), "x.docx")


@pytest.mark.parametrize(
    ("content", "text", "doubt"),
    [
        (
            "<w:r><w:rPr><w:strike/></w:rPr><w:t>30/6/2026</w:t></w:r><w:r><w:t> 30/9/2026</w:t></w:r>",
            "30/9/2026",
            "gạch ngang",
        ),
        (
            "<w:r><w:t>30/6/2026</w:t></w:r><w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>1</w:t></w:r>",
            "30/6/2026",
            "",
        ),
        ("<w:r><w:t>30/6/2026¹</w:t></w:r>", "30/6/2026", ""),
        (
            "<w:r><w:t>100 km</w:t></w:r><w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>2</w:t></w:r>",
            "100 km2",
            "",
        ),
        (
            "<w:r><w:t>Giảm 10</w:t></w:r><w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>3</w:t></w:r><w:r><w:t> hồ sơ</w:t></w:r>",
            "Giảm 10³ hồ sơ",
            "",
        ),
        (
            "<w:r><w:rPr><w:rFonts w:ascii='Symbol' w:hAnsi='Symbol'/></w:rPr><w:t>\uf0b3</w:t></w:r><w:r><w:t> 90%</w:t></w:r>",
            "≥ 90%",
            "",
        ),
        ("<w:r><w:rPr><w:rFonts w:ascii='Symbol'/></w:rPr><w:t>£</w:t></w:r><w:r><w:t> 5%</w:t></w:r>", "≤ 5%", ""),
        ("<w:r><w:sym w:font='Symbol' w:char='F03C'/><w:t> 5%</w:t></w:r>", "< 5%", ""),
        ("<w:r><w:sym w:font='Symbol' w:char='F0E5'/><w:t> 5%</w:t></w:r>", "□ 5%", "Symbol"),
    ],
)
def test_word_cells_say_what_a_reader_sees(content: str, text: str, doubt: str) -> None:
    """Struck text is not said, marks of footnotes are none of the text, signs of the font Symbol are signs."""
    made = with_cell(content)
    assert made.plan.tasks[0].deadline.text == text  # type: ignore[attr-defined]
    told = [item.reason for item in made.review if item.field == "deadline" and item.task == made.plan.tasks[0].code]  # type: ignore[attr-defined]
    assert any(doubt in reason for reason in told) if doubt else True


def test_a_row_struck_through_is_no_task_and_is_listed() -> None:
    """A row all of whose runs are struck is gone; its text stands in the review list."""
    document = docx.Document(
        __import__("io").BytesIO(word(rows_of(LEADS, ("2026",) * 3), ("TT", "Nhiệm vụ", "Chủ trì", "Thời hạn")))
    )
    for cell in document.tables[0].rows[2].cells:
        for run in cell.paragraphs[0].runs:
            run.font.strike = True
    made = imported(saved(document), "x.docx")
    assert [task.number for task in made.plan.tasks] == ["1", "3"]
    assert any("Sở Y tế" in item.value for item in made.review if not item.sheet)


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (90, '0"%"', "90%"),
        (0.05, '"≤ "0%', "≤ 5%"),
        (80, '">= "0" điểm"', ">= 80 điểm"),
        (dt.datetime(2026, 9, 30), '"Quý III/"yyyy', "Quý III/2026"),
        (12, "0\\%", "12%"),
        (1500, "#,##0", "1.500"),
    ],
)
def test_workbook_cells_show_their_format(value: object, number_format: str, text: str) -> None:
    """Words and signs of a number format are part of what the cell says; a quoted percent sign multiplies nothing."""
    assert shown_in_workbook(value, number_format) == text


def test_large_documents_are_read_in_seconds() -> None:
    """150 rows of a Word table under 3 seconds, 430 rows of a workbook with many empty formatted rows under 5 (of the processor)."""
    leads = [LEADS[number % 3] for number in range(430)]
    lines = [[number, f"Xây dựng đề án số {number} bảo đảm kết nối dữ liệu", lead, f"Các đơn vị liên quan {number}", "2026"]
             for number, lead in enumerate(leads, 1)]  # fmt: skip
    head = ("TT", "Nhiệm vụ", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời hạn")
    made = book([head, *lines])
    for column in range(1, 27):
        made.worksheets[0].cell(1160, column).font = Font(bold=True)
    for data, name, rows, most in (
        (saved(made), "x.xlsx", 430, 5.0),
        (word([tuple(map(str, line)) for line in lines[:150]], head), "x.docx", 150, 3.0),
    ):
        start = time.process_time()
        assert len(imported(data, name).plan.tasks) == rows
        assert time.process_time() - start < most
