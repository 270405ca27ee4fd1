"""Appendices as agencies of different habits set them: nothing wrong is taken without being flagged."""

# ruff: noqa: E501 - rows of a table read better unbroken

from __future__ import annotations

import pytest

from tests.import_kit import HEAD, book, imported, markdown, reasons, saved

LEADS = ("Sở Nội vụ", "Sở Y tế", "Công an tỉnh", "Sở Xây dựng")


def page(*tables: tuple[tuple[str, ...], ...]) -> bytes:
    """A page of HTML with those tables, the first row of each its headings."""
    rows = ("".join(f"<tr>{''.join(f'<td>{text}</td>' for text in row)}</tr>" for row in table) for table in tables)
    return f"<html><body>{''.join(f'<table>{each}</table>' for each in rows)}</body></html>".encode()


@pytest.mark.parametrize(
    ("printed", "lead", "support"),
    [
        ("Chủ trì: Sở Nội vụ\nPhối hợp: Sở Y tế, Công an tỉnh", "Sở Nội vụ", "Sở Y tế, Công an tỉnh"),
        ("- Cơ quan chủ trì: Sở Y tế; - Cơ quan phối hợp: các sở, ngành", "Sở Y tế", "các sở, ngành"),
        ("Sở Xây dựng chủ trì, phối hợp với Công an tỉnh", "Sở Xây dựng", "Công an tỉnh"),
        ("Sở Nội vụ (chủ trì); Sở Y tế", "Sở Nội vụ (chủ trì)", "Sở Y tế"),
        ("Sở Nội vụ (đầu mối), Sở Y tế", "Sở Nội vụ (đầu mối)", "Sở Y tế"),
        ("Sở Y tế; Sở Nội vụ (CT)", "Sở Y tế; Sở Nội vụ (CT)", ""),
    ],
)
def test_a_cell_that_says_who_leads_and_who_supports(printed: str, lead: str, support: str) -> None:
    """No supporting unit becomes a lead: the cell is cut at its own words and flagged, or flagged as it stands."""
    made = markdown([("1", "Lập đề án", printed, "2026")], ("TT", "Nhiệm vụ", "Đơn vị thực hiện", "Thời hạn"))
    assert [(task.lead, task.support) for task in made.plan.tasks] == [(lead, support)]
    assert [item.task for item in made.review if item.field == "lead"] == [made.plan.tasks[0].code]


def test_of_two_days_the_later_one_is_the_deadline() -> None:
    """«Từ» and «Đến» under «Thời gian thực hiện»: the day on which work begins is listed, not taken."""
    rows = "".join(
        f"<tr><td>{n}</td><td>Việc {n}</td><td>{lead}</td><td>01/02/2026</td><td>30/6/2026</td></tr>"
        for n, lead in enumerate(LEADS, 1)
    )
    over = "".join(f"<td rowspan=2>{text}</td>" for text in ("TT", "Nhiệm vụ", "Chủ trì"))
    made = imported(
        f"<table><tr>{over}<td colspan=2>Thời gian thực hiện</td></tr><tr><td>Từ</td><td>Đến</td></tr>{rows}</table>".encode(),
        "x.html",
    )
    assert {task.deadline.text for task in made.plan.tasks} == {"30/6/2026"}
    assert any("01/02/2026" in item.value for item in made.review if not item.sheet)


@pytest.mark.parametrize("repeated", [1, 2])
def test_a_table_too_wide_for_its_page_is_one_table(repeated: int) -> None:
    """Its right half, which repeats the numbers or the work too, is set beside the left one; another table is not."""
    left = (("TT", "Nhiệm vụ", "Sản phẩm"), *((str(n), f"Việc {n}", "Đề án") for n in range(1, 5)))
    right = (("Chủ trì", "Phối hợp", "Thời hạn"), *((lead, "Các sở", f"{n}/2026") for n, lead in enumerate(LEADS, 3)))
    made = imported(page(left, tuple((*one[:repeated], *two) for one, two in zip(left, right, strict=True))), "x.html")
    assert [(task.number, task.lead, task.deadline.text) for task in made.plan.tasks] == [
        (str(n), lead, f"{n + 2}/2026") for n, lead in enumerate(LEADS, 1)
    ]
    members = (("TT", "Họ tên", "Chức vụ"), *((str(n), f"Nguyễn Văn {n}", "Giám đốc") for n in range(1, 5)))
    made = imported(page(left, members), "x.html")
    assert reasons(made, "lead") == reasons(made, "deadline") == ["văn bản không có cột này: hãy điền cả cột"]
    assert not any("Nguyễn" in item.value for item in made.review)


def test_a_table_ordered_by_who_leads() -> None:
    """«I. Sở Nội vụ» over its tasks, without a column of leads: the tasks are that unit's, the first of each flagged."""
    made = markdown(
        [("I", "Sở Nội vụ", "", ""), ("1", "A", "Đề án", "2026"), ("2", "B", "Đề án", "2026"), ("II", "Sở Y tế", "", ""), ("1", "C", "Đề án", "2026")],
        ("TT", "Nhiệm vụ", "Sản phẩm", "Thời hạn"),
    )  # fmt: skip
    assert [task.lead for task in made.plan.tasks] == ["Sở Nội vụ", "Sở Nội vụ", "Sở Y tế"]
    assert [item.task for item in made.review if item.field == "lead"] == ["I.1", "II.1"]


def test_a_sign_for_the_same_again_is_the_text_above() -> None:
    """ "nt", «như trên», ″ and // stand for the cell above, and are flagged."""
    made = markdown([
        ("1", "A", "Đề án", "Sở Nội vụ", "Sở Y tế", "Quý I/2026"),
        ("2", "B", "nt", "-nt-", "như trên", "″"), ("3", "C", "Báo cáo", "n.t", "//", "nt"),
    ])  # fmt: skip
    assert [(task.deliverable, task.lead, task.support, task.deadline.text) for task in made.plan.tasks] == [
        ("Đề án", "Sở Nội vụ", "Sở Y tế", "Quý I/2026"), ("Đề án", "Sở Nội vụ", "Sở Y tế", "Quý I/2026"), ("Báo cáo", "Sở Nội vụ", "Sở Y tế", "Quý I/2026"),
    ]  # fmt: skip
    assert len([item for item in made.review if "lấy theo dòng trên" in item.reason]) == 7


def test_tasks_that_letters_number_are_tasks() -> None:
    """a, b, c in the column of numbers are three tasks, also where one lacks its day; under a number they are parts."""
    rows = [(letter, f"Việc {letter}", "Đề án", "Sở Nội vụ", "", "2026" if letter != "b" else "") for letter in "abcdđ"]
    assert [(task.number, task.subnumber) for task in markdown(rows).plan.tasks] == [
        (letter, None) for letter in "abcdđ"
    ]
    under = markdown([("1", "Việc chung", "", "", "", ""), *rows]).plan.tasks
    assert [(task.number, task.subnumber) for task in under] == [("1", letter) for letter in "abcdđ"]


def test_a_person_is_no_lead_beside_a_column_of_units() -> None:
    """«Người thực hiện» holds people, «Bộ phận» the units: these lead."""
    people = ("Nguyễn Văn A", "Trần Thị B", "Lê Văn C", "Phạm D")
    rows = [
        (str(n), f"Việc {n}", lead, person, "2026")
        for n, (lead, person) in enumerate(zip(LEADS, people, strict=True), 1)
    ]
    made = markdown(rows, ("TT", "Công việc", "Bộ phận", "Người thực hiện", "Thời hạn"))
    assert [task.lead for task in made.plan.tasks] == list(LEADS)


@pytest.mark.parametrize("printed", ["6/30/2026", "31/6/2026", "x", "-"])
def test_a_day_that_cannot_be_read_is_flagged(printed: str) -> None:
    """A day in another order, one that no calendar has, a mark instead of a day."""
    made = markdown([("1", "A", "Đề án", "Sở Nội vụ", "", printed), ("2", "B", "Đề án", "Sở Nội vụ", "", "2026")], HEAD)
    assert [item.task for item in made.review if item.field == "deadline"] == [made.plan.tasks[0].code]


def test_bulleted_rows_under_a_row_without_details_are_its_parts() -> None:
    """A numbered row that says nothing but its text heads the rows "+ …" under it, also as the first of the table."""
    made = markdown([
        ("1", "Xây dựng đề án", "", "", "", ""), ("", "+ Khảo sát", "Báo cáo", "Sở Y tế", "", "2026"), ("", "+ Trình", "Tờ trình", "Sở Y tế", "", "2026"),
        ("2", "Việc khác", "Đề án", "Sở Nội vụ", "", "2026"),
    ])  # fmt: skip
    assert [(task.number, task.task, task.subtask) for task in made.plan.tasks] == [
        ("1", "Xây dựng đề án", "Khảo sát"), ("1", "Xây dựng đề án", "Trình"), ("2", "Việc khác", ""),
    ]  # fmt: skip
    assert {item.task for item in made.review if item.field == "task"} == {task.code for task in made.plan.tasks[:2]}


def test_groups_that_letters_number_are_sections() -> None:
    """Wide rows «a) …» and «b) …» open sections; they are no rest of the task above them."""
    rows = ["<tr><td colspan=6>a) Về thể chế</td></tr>", "<tr><td colspan=6>b) Về hạ tầng</td></tr>"]
    cells = [
        "".join(f"<td>{text}</td>" for text in (str(n), f"Việc {n}", "Đề án", "Sở Y tế", "", "2026")) for n in (1, 2)
    ]
    body = "".join(f"{row}<tr>{cell}</tr>" for row, cell in zip(rows, cells, strict=True))
    made = imported(f"<table><tr>{''.join(f'<td>{text}</td>' for text in HEAD)}</tr>{body}</table>".encode(), "x.html")
    assert [(item.number, item.title) for item in made.plan.sections] == [("a", "Về thể chế"), ("b", "Về hạ tầng")]
    assert [(task.section, task.task) for task in made.plan.tasks] == [("a", "Việc 1"), ("b", "Việc 2")]


@pytest.mark.parametrize("over", ["Tiến độ thực hiện năm 2026", "Quý", ""])
def test_marks_under_quarters_are_deadlines(over: str) -> None:
    """A mark in each quarter of the work: the last one is the deadline, the others its milestones; told as guessed once."""
    names = ("I", "II", "III", "IV") if over == "Quý" else ("Quý I", "Quý II", "Quý III", "Quý IV")
    head = (
        [["TT", "Nhiệm vụ", "Chủ trì", over, "", "", ""], ["", "", "", *names]]
        if over
        else [["TT", "Nhiệm vụ", "Chủ trì", *names]]
    )
    made = book(
        [
            *head,
            ["I", "Thể chế"],
            [1, "A", "Sở Nội vụ", "x"],
            [2, "B", "Sở Y tế", "", "x", "X"],
            [3, "C", "Sở Y tế", "x", "x", "x", "x"],
        ]
    )
    for area in ("A1:A2", "B1:B2", "C1:C2", "D1:G1") if over else ():
        made.worksheets[0].merge_cells(area)
    found = imported(saved(made), "x.xlsx")
    assert [task.deadline.text for task in found.plan.tasks] == [
        "Quý I",
        "Quý II, Quý III",
        "Quý I, Quý II, Quý III, Quý IV",
    ]
    assert [str(task.deadline.date) for task in found.plan.tasks] == ["2026-03-31", "2026-09-30", "2026-12-31"]
    assert len(reasons(found, "deadline")) == 1
    assert not [item for item in found.review if not item.sheet]


def test_two_tables_of_the_same_rows_are_two_plans() -> None:
    """A table with its own leads or days for the same work, or under the title of a further appendix, is no right half."""
    first, second = (
        (("TT", "Nhiệm vụ", "Chủ trì", "Thời hạn"), *((str(n), f"Việc {n}", lead, f"{n}/{year}") for n, lead in enumerate(LEADS, 1)))
        for year in (2026, 2027)
    )  # fmt: skip
    made = imported(page(first, second), "x.html")
    assert [task.deadline.text for task in made.plan.tasks] == [
        f"{n}/{year}" for year in (2026, 2027) for n in range(1, 5)
    ]
    half = (("TT", "Nhiệm vụ", "Sản phẩm"), *((str(n), f"Việc {n}", "Đề án") for n in range(1, 5)))
    people = (("TT", "Đơn vị chủ trì", "Điện thoại"), *((str(n), lead, "0912") for n, lead in enumerate(LEADS, 1)))
    made = imported(
        page(half, people).replace(b"</table><table>", "</table><p>Phụ lục II</p><table>".encode()), "x.html"
    )
    assert [(task.task, task.lead) for task in made.plan.tasks] == [(f"Việc {n}", "") for n in range(1, 5)]


def test_halves_that_numbers_alone_hold_together_are_asked_about() -> None:
    """One question for each column of the right half, at its first cell."""
    left = (("TT", "Nhiệm vụ", "Sản phẩm"), *((str(n), f"Việc {n}", "Đề án") for n in range(1, 5)))
    right = (("TT", "Chủ trì", "Thời hạn"), *((str(n), lead, f"{n}/2026") for n, lead in enumerate(LEADS, 1)))
    made = imported(page(left, right), "x.html")
    found = [(item.field, item.task) for item in made.review if "theo số thứ tự" in item.reason]
    assert found == [("lead", made.plan.tasks[0].code), ("deadline", made.plan.tasks[0].code)]


@pytest.mark.parametrize(
    ("printed", "lead", "support", "flagged"),
    [
        ("Giao Sở Y tế chủ trì,phối hợp với Công an tỉnh", "Sở Y tế", "Công an tỉnh", True),
        ("Do Sở Y tế chủ trì, phối hợp với Công an tỉnh", "Sở Y tế", "Công an tỉnh", True),
        ("Sở Y tế và Sở Nội vụ đồng chủ trì, phối hợp với Công an tỉnh", "Sở Y tế và Sở Nội vụ", "Công an tỉnh", True),
        ("Sở Y tế\nPhối hợp: các sở", "Sở Y tế\nPhối hợp: các sở", "", True),
        ("Sở Y tế (CT), Công an tỉnh (PH)", "Sở Y tế (CT), Công an tỉnh (PH)", "", True),
        ("Sở Y tế (chủ trì)", "Sở Y tế (chủ trì)", "", False),
    ],
)
def test_supporting_units_never_lead_unsaid(printed: str, lead: str, support: str, flagged: bool) -> None:
    """Whatever words a cell has for who supports it is cut there or asked about; a lead alone is neither."""
    made = markdown([("1", "Lập đề án", printed, "2026")], ("TT", "Nhiệm vụ", "Đơn vị thực hiện", "Thời hạn"))
    assert [(task.lead, task.support) for task in made.plan.tasks] == [(lead, support)]
    assert bool(reasons(made, "lead")) is flagged


def test_the_same_again_after_a_section_and_of_indicators() -> None:
    """«“» and «nt» right under a section stand for the last task before it; indicators have such signs, too."""
    made = markdown([
        ("1", "A", "Đề án", "Sở Nội vụ", "", "Quý I/2026"), ("II", "Hạ tầng", "", "", "", ""), ("1", "B", "“", "nt", "", "nt"),
    ])  # fmt: skip
    assert [(task.deliverable, task.lead, task.deadline.text) for task in made.plan.tasks][1] == (
        "Đề án", "Sở Nội vụ", "Quý I/2026",
    )  # fmt: skip
    assert [item.field for item in made.review if "lấy theo dòng trên" in item.reason] == [
        "deliverable",
        "lead",
        "deadline",
    ]
    made = imported(
        page(
            (HEAD, ("1", "A", "Đề án", "Sở Nội vụ", "", "2026")),
            (("TT", "Chỉ tiêu", "Đơn vị tính", "Mục tiêu"), ("1", "Tỷ lệ A", "%", "91"), ("2", "Tỷ lệ B", "″", "92")),
        ),
        "x.html",
    )
    assert [item.unit for item in made.plan.indicators] == ["%", "%"]
    assert len(reasons(made, "unit")) == 1


@pytest.mark.parametrize(
    ("head", "cells", "told"),
    [
        ("Tên văn bản chỉ đạo", "Quyết định số 1/QĐ-UBND", {"subtask": ""}),
        ("Số liệu đến ngày 31/12/2025", "15", {"deadline": ""}),
        ("Thời gian bắt đầu - kết thúc", "1/2026 - 6/2026", {"deadline": "1/2026 - 6/2026"}),
        ("Lãnh đạo phòng phụ trách", "Nguyễn Văn An", {"lead": "Phòng Tổ chức"}),
    ],
)
def test_a_heading_that_only_holds_a_known_word(head: str, cells: str, told: dict[str, str]) -> None:
    """A document, figures of a day, both days at once, a person: none is taken for what its word means alone."""
    lead = "Phòng" if "lead" in told else "Chủ trì"
    made = markdown(
        [(str(n), f"Việc {n}", cells, "Phòng Tổ chức", "Đề án") for n in range(1, 5)],
        ("TT", "Nhiệm vụ", head, lead, "Sản phẩm"),
    )
    shown = {
        "lead": made.plan.tasks[0].lead,
        "subtask": made.plan.tasks[0].subtask,
        "deadline": made.plan.tasks[0].deadline.text,
    }
    assert told.items() <= shown.items()


def test_who_submits_leads_where_no_one_else_does() -> None:
    """«Cơ quan trình» is the lead in a table of documents without another; beside who drafts it is not."""
    rows = [(str(n), f"Quyết định {n}", "Sở Tư pháp", lead, f"{n}/2026") for n, lead in enumerate(LEADS, 1)]
    for head, lead in (("Cơ quan thẩm định", 1), ("Cơ quan soạn thảo", 0)):
        made = markdown(rows, ("TT", "Tên văn bản", head, "Cơ quan trình", "Thời gian trình"))
        assert [task.task for task in made.plan.tasks] == [f"Quyết định {n}" for n in range(1, 5)]
        assert [task.lead for task in made.plan.tasks] == (list(LEADS) if lead else ["Sở Tư pháp"] * 4)


@pytest.mark.parametrize("work", ["Xây dựng hệ thống gồm:", "Xây dựng hệ thống"])
def test_a_list_under_a_task_is_no_group(work: str) -> None:
    """Wide rows «a) Phân hệ một» and «b) …» go on with a task that ends open; else they are asked about."""
    one, two = (
        "".join(f"<td>{text}</td>" for text in (str(n), text, "Đề án", "Sở Y tế", "", "2026"))
        for n, text in ((1, work), (2, "Việc khác"))
    )
    wide = "".join(f"<tr><td colspan=6>{text}</td></tr>" for text in ("a) Phân hệ một", "b) Phân hệ hai"))
    head = "".join(f"<td>{text}</td>" for text in HEAD)
    made = imported(f"<table><tr>{head}</tr><tr>{one}</tr>{wide}<tr>{two}</tr></table>".encode(), "x.html")
    assert bool(made.plan.sections) is (work[-1] != ":")
    assert [item.reason for item in made.review if item.field == ("title" if made.plan.sections else "task")]


@pytest.mark.parametrize(("heads", "asked"), [(("Năm 2025", "Năm 2026"), 1), (("Thực hiện 2025", "Mục tiêu 2026"), 0)])
def test_of_targets_for_several_years_one_is_asked_about(heads: tuple[str, str], asked: int) -> None:
    """Two columns of years: which of them is the plan's is a question, unless one tells what was done."""
    made = imported(
        page((HEAD, ("1", "A", "Đề án", "Sở Nội vụ", "", "2026")),
             (("TT", "Chỉ tiêu", "ĐVT", *heads), ("1", "Tỷ lệ A", "%", "70", "80"))), "x.html",
    )  # fmt: skip
    assert len(reasons(made, "target")) == asked


@pytest.mark.parametrize("head", ["Đơn vị chủ trì, phối hợp", "Chủ trì/Phối hợp", "Cơ quan phối hợp, chủ trì"])
def test_a_column_of_both_leads_and_supports_is_asked_about(head: str) -> None:
    """Its units are leads until the office has looked at it; with a column for each there is nothing to ask."""
    made = markdown([("1", "A", "Sở Nội vụ/Sở Y tế", "2026")], ("TT", "Nhiệm vụ", head, "Thời hạn"))
    assert [(task.lead, task.support) for task in made.plan.tasks] == [("Sở Nội vụ/Sở Y tế", "")]
    assert len(reasons(made, "lead")) == 1
    assert not reasons(markdown([("1", "A", "Đề án", "Sở Nội vụ", "Sở Y tế", "2026")]), "lead")


def test_a_table_whose_headings_are_not_understood_is_told() -> None:
    """A further table of numbered rows is no part of the plan, and one question; rows under such headings in the same table are asked about."""
    odd = ("STT", "Việc cần làm ngay", "Ai lo", "Ai giúp", "Ra cái gì", "Khi nào")
    rows = [(str(n), f"Việc {n}", "Đề án", lead, "", "2026") for n, lead in enumerate(LEADS, 1)]
    made = imported(page((HEAD, *rows), (odd, *rows[:2])), "x.html")
    assert len(made.plan.tasks) == len(rows)
    assert [item.value for item in made.review if not item.sheet] == [" | ".join(odd)]
    made = markdown([*rows, odd, *rows[:2]])
    assert [item.task for item in made.review if "giống dòng tên cột" in item.reason] == [made.plan.tasks[4].code]


def test_words_beside_marks_under_quarters_are_the_deadline() -> None:
    """«Thường xuyên» over all quarters, or as a column of its own beside them, is read as what it says."""
    made = book(
        [
            ["TT", "Nhiệm vụ", "Chủ trì", "Quý I", "Quý II", "Quý III", "Quý IV", "Thường xuyên"],
            [1, "Lập đề án", "Sở Nội vụ", "x"],
            [2, "Tuyên truyền", "Sở Y tế", "Theo kế hoạch năm"],
            [3, "Tập huấn", "Sở Y tế", "", "", "", "", "x"],
        ]
    )
    made.worksheets[0].merge_cells("D3:G3")
    found = imported(saved(made), "x.xlsx")
    assert [task.deadline.text for task in found.plan.tasks] == ["Quý I", "Theo kế hoạch năm", "Thường xuyên"]


def test_a_bullet_and_a_label_are_no_part_of_who_leads() -> None:
    """«- Chủ trì: PC06» where nobody supports: the unit alone, and nothing to ask."""
    rows = [("1", "A", "- Chủ trì: PC06\n- Phối hợp: PA05, PH10", "2026"), ("2", "B", "- Chủ trì: PC06", "2026")]
    made = markdown(
        rows, ("TT", "Nhiệm vụ", "Phân công thực hiện", "Thời hạn"), "CÔNG AN TỈNH X\n\nKẾ HOẠCH\n\nNăm 2026"
    )
    assert [(task.lead, task.support_units) for task in made.plan.tasks] == [("PC06", ("PA05", "PH10")), ("PC06", ())]
    assert len(reasons(made, "lead")) == 1


@pytest.mark.parametrize("row", [("", "Tổng cộng"), ("Tổng cộng", ""), ("", "Cộng:")])
def test_a_row_of_totals_is_no_task(row: tuple[str, str]) -> None:
    """It is listed, not taken, beside what it sums up."""
    made = markdown(
        [("1", "A", "500", "Sở Y tế", "2026"), (*row, "500", "", "")],
        ("TT", "Nhiệm vụ", "Kinh phí", "Chủ trì", "Thời hạn"),
    )
    assert [task.task for task in made.plan.tasks] == ["A"]
    assert any("tổng hợp" in item.reason for item in made.review)


def test_a_document_and_what_it_is_about() -> None:
    """«Tên văn bản» beside «Nội dung» is the task, the other its part; asked about once. Beside «Nhiệm vụ» it is none."""
    for other, works in (("Nội dung", ("Nghị định A", "Ưu đãi")), ("Nhiệm vụ", ("Ưu đãi", ""))):
        head = ("STT", "Tên văn bản", other, "Cơ quan chủ trì", "Thời gian trình")
        made = markdown([("1", "Nghị định A", "Ưu đãi", "Vụ Pháp chế", "6/2026")], head)
        assert (made.plan.tasks[0].task, made.plan.tasks[0].subtask) == works
        assert len(reasons(made, "task")) == (other == "Nội dung")


def test_the_title_of_a_section_is_no_deadline_under_quarters() -> None:
    """A section's cell that reaches over the columns of quarters says nothing of when."""
    made_book = book(
        [
            (*HEAD[:2], "Chủ trì", "Quý I", "Quý II", "Quý III"),
            ("I", "Nhận thức số"),
            ("1", "A", "Sở Y tế", "x"),
            ("2", "B", "Sở Y tế", None, "x"),
        ]
    )
    made_book.worksheets[0].merge_cells("B2:F2")
    made = imported(saved(made_book), "x.xlsx")
    assert [task.deadline.text for task in made.plan.tasks] == ["Quý I", "Quý II"]
    assert not any("Nhận thức" in item.value for item in made.review)


def test_of_years_what_was_done_is_the_last_guess() -> None:
    """«Năm 2025 (thực hiện)» stands before «Mục tiêu năm 2026»: the latter, and asked about."""
    head = ("TT", "Tên chỉ tiêu", "ĐVT", "Năm 2025 (thực hiện)", "Mục tiêu năm 2026")
    made = markdown([("1", "Tỷ lệ A", "%", "75%", "90%")], head)
    assert (made.plan.indicators[0].target.text, len(reasons(made, "target"))) == ("90%", 1)
