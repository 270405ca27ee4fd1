"""What a page cuts: numbers, headings printed again, cells under them, words over a stray rule."""

# ruff: noqa: E501 - rows read better unbroken

from __future__ import annotations

from typing import Any

import pytest

from nq57xl.plan.importer.assemble import import_document
from nq57xl.plan.importer.document import Document, GridCell, table_of
from nq57xl.plan.importer.read_pdf import _Box, _is_no_shading, _Letter, _Pages, _whole_cells
from nq57xl.plan.review_questions import ReviewedPlan
from tests.import_kit import TODAY

HEAD = ("Mã NV", "Nhiệm vụ", "Sản phẩm", "Chủ trì", "Thời hạn hoàn thành")


def pages(*parts: list[tuple[str, ...]], more: tuple[GridCell, ...] = ()) -> ReviewedPlan:
    """The import of a table whose rows stand on several pages."""
    rows = [row for part in parts for row in part]
    starts = [sum(len(part) for part in parts[:index]) for index in range(len(parts))]
    taken = {(item.row + down, item.col) for item in more for down in range(item.rows)}
    cells = [GridCell(row, col, text, "trang") for row, line in enumerate(rows) for col, text in enumerate(line)
             if (row, col) not in taken]  # fmt: skip
    return import_document(Document((table_of([*cells, *more], starts),)), "x", TODAY)


def row(number: str, work: str = "Xây dựng đề án", product: str = "Đề án") -> tuple[str, ...]:
    return (number, work, product, "Văn phòng", "2026")


def read(made: ReviewedPlan) -> list[tuple[str, str]]:
    return [(task.number, task.task) for task in made.plan.tasks]


def letters_of(text: str, left: float, top: float) -> list[_Letter]:
    """Letters five points wide on one line."""
    return [
        {"text": sign, "x0": left + 5 * at, "x1": left + 5 * at + 5, "top": top, "bottom": top + 10, "size": 10}
        for at, sign in enumerate(text)
    ]


def test_a_number_cut_by_its_column_and_the_page_is_one_row() -> None:
    """ "0" at the end of a page and "8" on the next, "1" and "0": the halves of the number that follows."""
    made = pages(
        [HEAD, row("07"), ("0", "Tổ chức tuyên truyền,", "Hệ thống đi", "Văn phòng", "2026")],
        [("8", "quán triệt phong trào", "vào hoạt động", "Sở", ""), row("09"), row("1", "Rà soát, lập", "Báo cáo")],
        [("0", "danh mục", "kết quả", "Sở", ""), row("11")],
    )
    assert read(made) == [
        ("07", "Xây dựng đề án"),
        ("08", "Tổ chức tuyên truyền, quán triệt phong trào"),
        ("09", "Xây dựng đề án"),
        ("10", "Rà soát, lập danh mục"),
        ("11", "Xây dựng đề án"),
    ]
    assert made.plan.tasks[1].lead == "Văn phòng Sở"


def test_numbers_that_merely_follow_one_another_are_two_rows() -> None:
    """A section that begins again with 1 at the end of a page, and 2 on the next, are no 12."""
    made = pages([HEAD, row("11"), ("II", "Hạ tầng", "", "", ""), row("1")], [row("2"), row("3")])
    assert [number for number, _ in read(made)] == ["11", "1", "2", "3"]


def test_headings_that_a_page_cuts_at_its_end_are_no_task() -> None:
    """A row at the end of a page whose texts all begin their column's heading is the heading printed again."""
    cut = ("M", "Nhiệm", "Sản phẩm", "Chủ", "Thời hạn")
    made = pages([HEAD, row("1"), cut], [HEAD, row("2", "Số hóa hồ sơ")])
    assert read(made) == [("1", "Xây dựng đề án"), ("2", "Số hóa hồ sơ")]


def test_headings_do_not_begin_in_a_row_of_the_page_before() -> None:
    """The last part of a merged task over repeated headings is data: the row under them goes on with it."""
    last = ("", "", "Hệ thống đi", "Các phòng", "Hằng năm")
    made = pages(
        [HEAD, row("1", "Số hóa", "Kế hoạch"), last],
        [HEAD, ("", "", "vào hoạt động", "chuyên môn", ""), row("2", "Đào tạo", "Lớp học")],
        more=(GridCell(1, 0, "1", "trang", 2), GridCell(1, 1, "Số hóa", "trang", 2)),
    )
    assert [task.deliverable for task in made.plan.tasks] == ["Kế hoạch", "Hệ thống đi vào hoạt động", "Lớp học"]
    assert [task.lead for task in made.plan.tasks][1] == "Các phòng chuyên môn"


def test_headings_take_in_no_row_of_a_table_without_numbers() -> None:
    """Where numbers stand in the work's text, the last row of a page is no part of two-level headings under it."""
    line = [(f"{number}. Rà soát quy trình {number}", "Văn phòng", "Phòng Nội vụ", "2026") for number in range(1, 7)]
    head = [("Nội dung công việc", "Phân công thực hiện", "", "Mốc thời gian"), ("", "Chủ trì", "Phối hợp", "")]
    wide = tuple(
        placed
        for row in (0, 5)
        for placed in (
            GridCell(row, 0, head[0][0], "", 2),
            GridCell(row, 1, head[0][1], "", 1, 2),
            GridCell(row, 3, head[0][3], "", 2),
        )
    )
    hidden = {(0, 2), (1, 0), (1, 3), (5, 2), (6, 0), (6, 3)}
    rows = [*head, *line[:3], *head, *line[3:]]
    cells = [GridCell(row, col, text, "") for row, texts in enumerate(rows) for col, text in enumerate(texts)
             if (row, col) not in hidden and (row, col) not in {(item.row, item.col) for item in wide}]  # fmt: skip
    made = import_document(Document((table_of([*cells, *wide], (0, 5)),)), "x", TODAY)
    assert [number for number, _ in read(made)] == ["1", "2", "3", "4", "5", "6"]


def test_a_new_part_of_a_merged_task_at_the_top_of_a_page_is_a_row() -> None:
    """Its task goes on in lower case, its own work and a product known elsewhere begin anew: a row, to be looked at."""
    head = ("STT", "Nhiệm vụ", "Nhiệm vụ cụ thể", "Sản phẩm", "Chủ trì", "Thời hạn hoàn thành")
    made = pages(
        [head, ("1", "Số hóa", "Lập hồ sơ", "Báo cáo", "Văn phòng", "2026"),
         ("2", "Xây dựng đề án giai", "Kết nối dữ liệu", "Nghị quyết", "Bộ Công", "2026")],
        [("", "đoạn 2026 - 2030", "Số hóa phong trào", "Báo cáo", "Thương", ""),
         ("3", "Đào tạo", "Mở lớp", "Lớp học", "Văn phòng", "2026")],
    )  # fmt: skip
    assert [(task.number, task.task, task.deliverable) for task in made.plan.tasks] == [
        ("1", "Số hóa", "Báo cáo"),
        ("2", "Xây dựng đề án giai đoạn 2026 - 2030", "Nghị quyết"),
        ("2", "Xây dựng đề án giai đoạn 2026 - 2030", "Báo cáo"),
        ("3", "Đào tạo", "Lớp học"),
    ]
    second = made.plan.tasks[2].code
    assert {"lead", "deadline"} <= {item.field for item in made.review if item.task == second}


def test_a_text_whose_end_the_page_lost_is_flagged() -> None:
    """A joined text that ends in a dash or leaves a quotation open is to be looked at."""
    made = pages(
        [HEAD, row("1", "Bảo đảm “đúng - đủ - sạch")],
        [("", "- sống - thống nhất -", "", "", ""), row("2", "Số hóa hồ sơ")],
    )
    assert [item.field for item in made.review if item.sheet == "Nhiệm vụ"] == ["task"]


def table(letters: list[_Letter], cells: list[_Box], heads: list[_Letter], head_cells: list[_Box]) -> list[list[Any]]:
    """The texts of a second page's table after a first one with the whole headings."""
    reader = _Pages()
    reader.table(heads, head_cells, "trang 1")
    made, _ = reader.table(letters, cells, "trang 2")
    return [[cell.text for cell in line] for line in made.rows]


def test_what_a_low_heading_leaves_over_the_next_row_is_taken_out() -> None:
    """ "Mã nhiệm vụ (1)" in a row of one line: its "(1)" is not mixed into the text under it."""
    heads = [*letters_of("Mã nhiệm vụ", 12, 12), *letters_of("(1)", 12, 24), *letters_of("Hạn", 112, 12)]
    over = [*letters_of("Mã nhiệm vụ", 12, 12), *letters_of("(1)", 12, 24), *letters_of("Hạn", 112, 12)]
    under = [*letters_of("nghị quyết", 12, 25), *letters_of("2026", 112, 25)]
    low: list[_Box] = [(10, 10, 110, 23), (110, 10, 200, 23), (10, 23, 110, 40), (110, 23, 200, 40)]
    assert table([*over, *under], low, heads, [(10, 10, 110, 40), (110, 10, 200, 40)]) == [
        ["Mã nhiệm vụ", "Hạn"],
        ["nghị quyết", "2026"],
    ]


def test_a_word_over_a_rule_makes_its_cells_one() -> None:
    """A title over stray rules stays whole; texts that merely stand near a rule keep their cells."""
    cells: list[_Box] = [(10, 10, 42, 30), (42, 10, 80, 30), (80, 10, 200, 30), (10, 30, 42, 50), (42, 30, 200, 50)]
    title = letters_of("III - Chuyển đổi số", 12, 12)
    apart = [*letters_of("Văn A", 15, 32), *letters_of("Sở", 44, 32)]
    assert _whole_cells([*title, *apart], cells) == [(10, 10, 200, 30), *cells[3:]]


def test_the_first_section_under_headings_of_their_own_table_stays() -> None:
    """A section row right under headings that end a page's table is no half of them."""
    made = pages([HEAD], [("I", "Hạ tầng số", "", "", ""), row("1"), row("2")])
    assert [(item.number, item.title) for item in made.plan.sections] == [("I", "Hạ tầng số")]


def test_a_key_that_follows_another_is_a_row_of_its_own() -> None:
    """ "b)" alone at the top of a page is the part after "a)", not the rest of its key."""
    made = pages(
        [HEAD, row("1", "Số hóa", ""), ("a)", "Hồ sơ", "Đề án", "Văn phòng", "2026")],
        [("b)", "Dữ liệu", "", "", ""), row("2")],
    )
    assert [(task.number, task.subnumber) for task in made.plan.tasks][-3:] == [("1", "a"), ("1", "b"), ("2", None)]


def test_a_row_without_a_number_in_a_numbered_table_is_the_rest_of_the_one_before() -> None:
    """Every row has a number: texts in capitals at the top of a page go on, and a person is asked to look."""
    made = pages(
        [HEAD, row("1"), row("2"), row("3", "Xây dựng nền tảng của Bộ", "Quyết định")],
        [("", "Khoa học và Công nghệ", "Đề án", "Sở", "2027"), row("4")],
    )
    assert [number for number, _ in read(made)] == ["1", "2", "3", "4"]
    assert made.plan.tasks[2].task == "Xây dựng nền tảng của Bộ Khoa học và Công nghệ"
    assert {"task", "deliverable"} <= {item.field for item in made.review if item.task == "X.3"}


def test_a_new_row_at_the_top_of_a_page_keeps_its_cells() -> None:
    """Under a merged number, a row that begins anew at the top of a page is no rest, though a unit's name is in lower case."""
    head = ("STT", "Nhiệm vụ", "Sản phẩm", "Chủ trì", "Phối hợp", "Thời hạn hoàn thành")
    first: list[tuple[str, ...]] = [head, ("1", "Số hóa", "Đề án", "Văn phòng", "các phòng", "2026"), ("2", "Đào tạo", "Lớp", "Văn phòng", "các phòng", "2026"),
             ("", "Tập huấn", "Lớp", "Văn phòng", "các phòng", "2026")]  # fmt: skip
    made = pages(first, [("", "Kiểm tra", "Báo cáo", "Văn phòng", "các phòng", "2026"), ("3", "Khác", "X", "Văn phòng", "", "2026")],
                 more=(GridCell(2, 0, "2", "trang", 2),))  # fmt: skip
    assert [(task.number, task.task or task.subtask) for task in made.plan.tasks] == [
        ("1", "Số hóa"),
        ("2", "Đào tạo"),
        ("2", "Tập huấn"),
        ("2", "Kiểm tra"),
        ("3", "Khác"),
    ]


@pytest.mark.parametrize(
    ("item", "kept"),
    [
        ({"object_type": "rect", "fill": True, "stroke": False, "width": 200.0, "height": 14.0}, False),
        ({"object_type": "rect", "fill": True, "stroke": False, "width": 200.0, "height": 0.6}, True),
        ({"object_type": "rect", "fill": True, "stroke": True, "width": 200.0, "height": 14.0}, True),
        ({"object_type": "line", "fill": False, "stroke": True, "width": 200.0, "height": 0.0}, True),
    ],
)
def test_colour_behind_a_text_is_no_rule(item: dict[str, Any], kept: bool) -> None:
    """A filled area without a border is shading; a thin one, a line and a bordered cell are rules."""
    assert _is_no_shading(item) is kept
