"""How a form's sheets are set up: paper, colours of the checks, heights, size."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

import pytest
from openpyxl.utils.cell import coordinate_to_tuple

from nq57xl.forms.layout import layout
from nq57xl.forms.render import render_form
from nq57xl.forms.styles import ERROR_FILL, WARNING_FILL
from tests.form_books import address_of, opened
from tests.form_values import random_values, value
from tests.proof_kit import real_forms
from tests.samples import sample_form


def test_paper() -> None:
    """A wide table on A3, one page wide, the decree's margins, repeated heading, page number on top."""
    book = opened(render_form(sample_form()))
    sheet = book["1. Kết quả"]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 8)
    assert sheet.sheet_properties.pageSetUpPr is not None and sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0)
    assert [round(25.4 * item) for item in (sheet.page_margins.left, sheet.page_margins.right)] == [30, 15]
    assert sheet.print_title_rows == "$3:$3"
    header = sheet.oddHeader
    assert header is not None and "&P/&N" in str(header.center.text)


def test_signatures_stay_with_what_they_sign() -> None:
    """However many free rows there are, no page ends within the sign-off; on the blank form one page holds all."""
    form = sample_form()
    sheet = opened(render_form(form))["4. Đề xuất, ký xác nhận"]
    assert not sheet.row_breaks.brk
    for count in range(5, 15, 3):
        more = [value("proposal", f"{number:02d}", "title", "Số hóa hồ sơ " * 12) for number in range(1, count)]
        sheet = opened(render_form(form, more))["4. Đề xuất, ký xác nhận"]
        heading = next(row for row in range(1, 99) if sheet.cell(row, 1).value == "#signoff")
        assert sheet.row_breaks.brk and all(item.id < heading for item in sheet.row_breaks.brk)


def test_red_for_wrong_before_amber_for_missing() -> None:
    """A check with any part that is wrong turns red though it begins with what is missing; amber comes second."""
    sheet = opened(render_form(sample_form()))["1. Kết quả"]
    column = address_of("led", "I.1", "check").rstrip("0123456789")
    ((where, rules),) = [
        (str(item.sqref), item.rules)
        for item in sheet.conditional_formatting
        if re.match(rf"{column}\d", str(item.sqref))
    ]
    first, second = (address_of("led", key, "check") for key in ("I.1", "II.1.1"))
    assert where == f"{first} {second}"
    fills = [rule.dxf.fill.bgColor.rgb[-6:] for rule in sorted(rules, key=lambda rule: rule.priority)]
    assert fills == [ERROR_FILL[1:], WARNING_FILL[1:]]
    assert all(rule.stopIfTrue for rule in rules)
    red = min(rules, key=lambda rule: rule.priority)
    assert red.type == "expression" and first in red.formula[0] and "Thiếu: " in red.formula[0]


def test_printed_text_is_large_enough() -> None:
    """No sheet is so wide that fitting it to its paper shrinks its text of size 11 under 9 points, on A3 under 8."""
    book = opened(render_form(sample_form()))
    for spec in sample_form().sheets:
        columns = list(book[spec.title].column_dimensions.values())
        # without the hidden keys and the locked rest; a stored width holds the 5 pixels beside the text
        pixels = sum(7 * item.width * (int(item.max or 0) - int(item.min or 0) + 1) for item in columns[1:-1])
        assert pixels > 300
        wide = book[spec.title].page_setup.paperSize == 8
        assert (375 if wide else 252) / 25.4 * 96 / pixels * 11 >= (8 if wide else 9), spec.id


def test_every_row_has_its_height() -> None:
    """No row is left to the program's own guess."""
    for sheet in opened(render_form(sample_form())):
        if sheet.sheet_state == "visible":
            heights = [sheet.row_dimensions[row].height for row in range(2, sheet.max_row + 1)]
            assert all(height and height >= 15 for height in heights), sheet.title


def test_rows_grow_as_one_types() -> None:
    """Rows of a table have heights that no person chose, so that programs fit them as one types; banners keep it."""
    form = sample_form("VP")
    with zipfile.ZipFile(BytesIO(render_form(form))) as parts:
        for number, sheet in enumerate(layout(form), start=1):
            text = parts.read(f"xl/worksheets/sheet{number}.xml").decode()
            rows = {int(row): rest for row, rest in re.findall(r'<row r="(\d+)"([^>]*)>', text)}
            assert 'formatRows="0"' in text or sheet.hidden
            entries = {
                slot.row + 1
                for slot in sheet.slots
                if slot.role == "entry" and slot.row_key != f"{slot.table}|{slot.table}"
            }
            assert all(" ht=" in rows[row] and "customHeight" not in rows[row] for row in entries)
            banners = (
                {slot.row + 1 for slot in sheet.slots if slot.row_key[:1] in ("@", "#")} if not sheet.hidden else set()
            )
            assert all("customHeight" in rows[row] for row in banners)


def test_size_of_a_form_with_thirty_rows() -> None:
    """A filled form of about 20 rows stays under 60 KB."""
    form = sample_form()
    assert sum(len(table.rows) for table in form.tables) >= 20
    assert len(render_form(form, random_values(form, 1))) < 60_000


@pytest.mark.parametrize("name", list(real_forms()))
def test_a_screen_shows_rows_and_not_heads(name: str) -> None:
    """What stays in sight is 90 pixels high at most and leaves two screens of 1366 for all columns; no row as issued is
    higher than 300."""
    form = real_forms()[name]
    book = opened(render_form(form))
    for spec in form.sheets:
        sheet = book[spec.title]
        heights = {row: (sheet.row_dimensions[row].height or 15) * 4 / 3 for row in range(2, sheet.max_row + 1)}
        assert max(heights.values()) <= 300 or spec.layout == "card", spec.title
        if spec.layout == "card":
            continue
        frozen = coordinate_to_tuple(str(sheet.freeze_panes))
        assert sum(height for row, height in heights.items() if row < frozen[0]) <= 90, spec.title
        widths = [width * 7 + 5 for width in (*(column.width for column in spec.columns), 20.0)]
        beside = sum(widths[: frozen[1] - 2])
        assert sum(widths) - beside <= 2 * (1366 - 50 - beside), spec.title
