"""Headings by their synonyms, and the rows under them: sections, parts, merges, faults."""

# ruff: noqa: E501 - rows of a table read better unbroken

from __future__ import annotations

import pytest

from nq57xl.plan.importer.assemble import import_document
from nq57xl.plan.importer.document import GridCell, table_of
from nq57xl.plan.importer.headings import heading_words
from nq57xl.plan.importer.read import read_document
from nq57xl.plan.review_questions import ReviewedPlan
from tests.import_kit import TODAY

HEAD = "| STT | Nhiệm vụ | Sản phẩm | Chủ trì | Phối hợp | Thời hạn |\n|---|---|---|---|---|---|\n"


def imported(rows: str, head: str = HEAD) -> ReviewedPlan:
    """The import of a Markdown table."""
    return import_document(read_document((head + rows).encode(), "x.md"), "x", TODAY)


def numbers(made: ReviewedPlan) -> list[tuple[str, str, str | None]]:
    return [(task.section, task.number, task.subnumber) for task in made.plan.tasks]


def flagged(made: ReviewedPlan) -> set[tuple[str, str]]:
    return {(item.task, item.field) for item in made.review if item.sheet == "Nhiệm vụ"}


def fields(*heads: str) -> dict[str, int]:
    found = heading_words().find(table_of([GridCell(0, col, text, "") for col, text in enumerate(heads)]))
    assert found is not None
    return found.columns


@pytest.mark.parametrize(
    ("heads", "names"),
    [
        (
            ("Mã Nhiệm vụ Tổng quát\n(1)", "Tiểu Nhiệm vụ (Con) (Rõ Việc) (2)", "Sản phẩm Đầu ra Bắt buộc (Rõ Kết quả)",
             "KPI Đo lường Hiệu quả (Định lượng", "Đơn vị Chủ trì (Rõ người)", "Đơn vị phối hợp", "Thời hạn Hoàn thành"),
            ("task", "subtask", "deliverable", "kpi", "lead", "support", "deadline"),
        ),
        (
            ("TT", "NHIỆM VỤ, GIẢI PHÁP", "KẾT QUẢ", "CƠ QUAN THỰC HIỆN", "TIẾN ĐỘ"),
            ("number", "task", "deliverable", "lead", "deadline"),
        ),
        (("Stt", "Nội dung", "Chủ trì", "Phối hợp", "Hoàn thành"), ("number", "task", "lead", "support", "deadline")),
        (("STT", "Nội dung chỉ tiêu", "ĐVT", "Kết quả", "Đơn vị chủ trì"), ("number", "indicator", "unit", "target", "lead")),
        (("STT", "Công việc", "Kết quả cần đạt (Định lượng)", "Phòng, đơn vị chủ trì", "Thời gian hoàn thành"),
         ("number", "task", "kpi", "lead", "deadline")),
    ],
)  # fmt: skip
def test_headings_are_known_by_synonyms(heads: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Case, accents, brackets, numbers and line breaks of a heading do not matter; "Kết quả" depends on the table."""
    found = fields(*heads)
    assert set(names) <= set(found)
    assert [found[name] for name in names] == sorted(found[name] for name in names)


def test_old_tone_places_and_two_levels() -> None:
    """ "Hoà" is "Hòa"; under a common heading the lower one says what the column is."""
    cells = [GridCell(0, 0, "STT", "", 2), GridCell(0, 1, "Nhiệm vụ", "", 2), GridCell(0, 2, "Cơ quan thực hiện", "", 1, 2),
             GridCell(0, 4, "Thời gian hoàn thành", "", 2), GridCell(1, 2, "Chủ trì", ""), GridCell(1, 3, "Phối hợp", ""),
             *[GridCell(2, col, f"({col + 1})", "") for col in range(5)], GridCell(3, 0, "1", "")]  # fmt: skip
    found = heading_words().find(table_of(cells))
    assert found is not None and (found.first, found.last) == (0, 2)
    assert found.columns == {"number": 0, "task": 1, "lead": 2, "support": 3, "deadline": 4}


def test_roman_sections_and_numbers_that_restart() -> None:
    """A row with a Roman number is a section; the numbers of the tasks may begin again under it."""
    made = imported(
        "| I | Thể chế | | | | |\n| 1 | A | B | Văn phòng | | 2026 |\n| 2 | C | D | Văn phòng | | 2026 |\n"
        "| II | Hạ tầng | | | | |\n| 1 | E | F | Văn phòng | | 2026 |\n"
    )
    assert [(item.number, item.title) for item in made.plan.sections] == [("I", "Thể chế"), ("II", "Hạ tầng")]
    assert numbers(made) == [("I", "1", None), ("I", "2", None), ("II", "1", None)]
    assert flagged(made) == set()


def test_roman_numbers_set_as_one_sign_are_numbers() -> None:
    """Ⅰ and Ⅱ in the column of numbers are I and II, of a section and of a task, in its code too."""
    made = imported("| Ⅰ | Thể chế | | | | |\n| Ⅱ. | A | B | Văn phòng | | 2026 |\n")
    assert [item.number for item in made.plan.sections] == ["I", "II"]
    made = imported("| Ⅰ | Thể chế | | | | |\n| Ⅰ | | A | Văn phòng | | 2026 |\n")
    assert [(task.number, task.code) for task in made.plan.tasks] == [("I", "I.I")]


def test_parts_of_a_task_take_its_text_as_their_task() -> None:
    """1 heads 1.1 and 1.2, 2 heads a and b: the parts are the rows, with the text above as their task."""
    made = imported(
        "| 1 | Số hóa | | | | |\n| 1.1 | Hồ sơ | X | Văn phòng | | 2026 |\n| 1.2 | Dữ liệu | Y | Văn phòng | | 2026 |\n"
        "| 2 | Đào tạo | | | | |\n| a) | Cán bộ | X | Văn phòng | | 2026 |\n| b) | Người dân | Y | Văn phòng | | 2026 |\n"
    )
    assert numbers(made) == [("", "1", "1.1"), ("", "1", "1.2"), ("", "2", "a"), ("", "2", "b")]
    assert [(task.task, task.subtask) for task in made.plan.tasks][2] == ("Đào tạo", "Cán bộ")


def test_a_row_over_parts_with_its_own_details_is_a_row() -> None:
    """A numbered row with product, lead and deadline stays a task although parts follow it."""
    made = imported(
        "| 1 | Số hóa | Đề án | Văn phòng | | 2026 |\n| 1.1 | Hồ sơ | X | Phòng Nội vụ | | 2026 |\n"
        "| 2 | Khác | Z | Văn phòng | | 2026 |\n"
    )
    assert numbers(made) == [("", "1", None), ("", "1", "1.1"), ("", "2", None)]


def test_what_only_the_row_above_says_is_handed_down_and_flagged() -> None:
    """Blank leads under a heading row take the one of that row, and a person is asked, once where all are blank."""
    made = imported(
        "| 1 | Số hóa | | Văn phòng | | 2026 |\n| 1.1 | Hồ sơ | X | | | Quý I/2026 |\n| 1.2 | Dữ liệu | Y | | | Quý II/2026 |\n"
    )
    assert [task.lead for task in made.plan.tasks] == ["Văn phòng", "Văn phòng"]
    assert flagged(made) == {("X.1.1", "lead")}


def test_missing_and_double_numbers_are_flagged() -> None:
    """A number that is missing is guessed only between its neighbours; one printed twice and a gap are told."""
    made = imported(
        "| 1 | A | X | Văn phòng | | 2026 |\n| | B | X | Văn phòng | | 2026 |\n| 3 | C | X | Văn phòng | | 2026 |\n"
        "| 3 | D | X | Văn phòng | | 2026 |\n| 6 | E | X | Văn phòng | | 2026 |\n"
    )
    assert [task.number for task in made.plan.tasks] == ["1", "2", "3", "3", "6"]
    assert flagged(made) == {("X.2", "number"), ("X.3-2", "number"), ("X.6", "number")}


def test_shifted_columns_are_flagged() -> None:
    """A date in the column of leads means that the row slipped."""
    made = imported("| 1 | A | X | 31/12/2026 | Văn phòng | Các phòng |\n| 2 | B | X | Văn phòng | | 2026 |\n")
    assert {("X.1", "lead"), ("X.1", "deadline")} <= flagged(made)
    assert not any(task == "X.2" for task, _ in flagged(made))


def test_nothing_is_dropped() -> None:
    """Columns that a plan has no place for and notes at the foot are listed with their text."""
    made = imported(
        "| 1 | A | Văn phòng | 2026 | 500 triệu |\n| 2 | B | Văn phòng | 2026 | 2 tỷ |\n| Ghi chú: số liệu tạm tính | | | | |\n",
        "| STT | Nhiệm vụ | Chủ trì | Thời hạn | Kinh phí |\n|---|---|---|---|---|\n",
    )
    loose = [item.value for item in made.review if not item.sheet]
    assert loose == ["Ghi chú: số liệu tạm tính", "Kinh phí: 500 triệu | 2 tỷ"]
    assert [task.task for task in made.plan.tasks] == ["A", "B"]


def test_a_repeated_heading_row_is_no_task() -> None:
    """Headings and "(1) (2)" printed again in the middle are passed over."""
    made = imported(
        "| (1) | (2) | (3) | (4) | (5) | (6) |\n| 1 | A | X | Văn phòng | | 2026 |\n"
        "| STT | Nhiệm vụ | Sản phẩm | Chủ trì | Phối hợp | Thời hạn |\n| (1) | (2) | (3) | (4) | (5) | (6) |\n"
        "| 2 | B | X | Văn phòng | | 2026 |\n| (1) | (2) | (3) | (4) | (5) | (6) |\n"
    )
    assert [task.task for task in made.plan.tasks] == ["A", "B"]


def test_vertical_merges_are_inherited() -> None:
    """A product, a lead and a day merged over three rows belong to each of them."""
    html = (
        "<table><tr><td>STT</td><td>Nhiệm vụ</td><td>Sản phẩm</td><td>Chủ trì</td><td>Thời hạn</td></tr>"
        "<tr><td>1</td><td>A</td><td rowspan=3>Đề án</td><td rowspan=3>Văn phòng</td><td rowspan=2>2026</td></tr>"
        "<tr><td>2</td><td>B</td></tr><tr><td>3</td><td>C</td><td>Quý I/2026</td></tr></table>"
    )
    made = import_document(read_document(html.encode(), "x.html"), "x", TODAY)
    assert [(task.deliverable, task.lead, task.deadline.text) for task in made.plan.tasks] == [
        ("Đề án", "Văn phòng", "2026"),
        ("Đề án", "Văn phòng", "2026"),
        ("Đề án", "Văn phòng", "Quý I/2026"),
    ]
    assert flagged(made) == set()


def test_units_are_proposed_with_groups_and_outsiders() -> None:
    """Names split only where the parts are units; collectives become groups; a Sở's own plan has other Sở outside."""
    made = imported(
        "SỞ XÂY DỰNG\n\n"
        + HEAD
        + "| 1 | A | X | Phòng Văn hóa, Khoa học và Thông tin | Sở Nội vụ và Sở Tài chính | 2026 |\n"
        "| 2 | B | X | Văn phòng Sở | Các phòng chuyên môn; đơn vị trực thuộc Sở | 2026 |\n",
        "(Kèm theo Kế hoạch số /KH-SXD ngày /3/2026 của Sở Xây dựng)\n\n",
    )
    assert {unit.name: unit.external for unit in made.plan.units} == {
        "Phòng Văn hóa, Khoa học và Thông tin": False,
        "Văn phòng Sở": False,
        "Sở Nội vụ": True,
        "Sở Tài chính": True,
    }
    assert [group.name for group in made.plan.groups] == ["Các phòng chuyên môn; đơn vị trực thuộc Sở"]
    assert len(made.plan.groups[0].members) == 1
    assert flagged(made) == set()


def test_a_row_that_goes_on_in_the_middle_of_a_sentence_is_no_row() -> None:
    """Rows cut by a page in the source and copied as two: the rest is joined and flagged, no text is lost."""
    made = imported(
        "| 1 | Triển khai các mô hình, gồm: (1) Định danh; | | Sở Nội vụ, Sở Nông | | 2026 |\n"
        "| | (2) Ứng dụng dữ liệu dân cư. | | nghiệp và Môi trường | | |\n| 2 | B | X | Sở Nội vụ | | 2026 |\n"
    )
    assert [task.number for task in made.plan.tasks] == ["1", "2"]
    assert made.plan.tasks[0].task == "Triển khai các mô hình, gồm: (1) Định danh; (2) Ứng dụng dữ liệu dân cư."
    assert made.plan.tasks[0].lead == "Sở Nội vụ, Sở Nông nghiệp và Môi trường"
    assert {("X.1", "task"), ("X.1", "lead")} <= flagged(made)
