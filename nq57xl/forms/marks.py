"""A form that goes back: which cell each finding marks, the sheet "Cần sửa" with a link to each, and what it asks.

Whether a point is still open is a formula, by which marks and list clear. A point that the row's live check names is
open while the check names it, an error while it names an error of the cell; another one while its cell holds what it
held. A warning is answered by an explanation in its row as well.

Some findings stay until somebody changes their cells or confirms what stands there: what was wrong in a file is no
longer seen once its cells are written anew: a format, a strike, a second copy, another month's form. The marked form
carries them, in a hidden sheet: a key, a digest of the cells that are meant as they stand in it, and the words.
`returns.rejoin` reads them again.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Literal

import attrs
from attrs import frozen

from nq57xl.forms.filled import whole_cells
from nq57xl.forms.layout import layout
from nq57xl.forms.live_check import LiveChecks, cell_ref
from nq57xl.forms.model import CellPlace, Form, FormCell, SheetLayout, Slot, Value
from nq57xl.forms.styles import DONE_FILL, GREY, entry_style, protect, set_up_page
from nq57xl.forms.validation import list_name
from nq57xl.forms.wording import NOTES, deadline_in_words, period_line, shorten
from nq57xl.plan.model import Period
from nq57xl.rules.findings import REMARKED, Finding, catalogue, grouped
from nq57xl.rules.rows import all_of, any_of, blank_formula, quoted
from nq57xl.text.addresses import a1, letters_of
from nq57xl.text.legacy import clean
from nq57xl.xlsx.cells import plain_number
from nq57xl.xlsx.metrics import DEFAULT_SIZE, Text, merged_width, row_height
from nq57xl.xlsx.shown import days_of
from nq57xl.xlsx.write import MESSAGE_LIMIT, Workbook, Worksheet, clipped, sheet_prefix, storable_text, utf16_units

ASKED_SHEET = "_asked"
"""Id and name of the hidden sheet: a line for each finding."""
CONFIRM_COLUMN = "confirm"
"""Key of the column of the sheet "Cần sửa" in which a person confirms."""
_CONFIRMED = "Đúng như đang ghi"
"""What a person chooses there."""


def confirmation(code: str, period: Period) -> str:
    """What has to be chosen to confirm a finding of that code in a form of that period."""
    return f"Đúng là số liệu {period.title}" if code == "WRONG_PERIOD" else _CONFIRMED


@frozen
class AskedFinding:
    """A finding that a marked form carries."""

    key: str
    """code|sheet id|table|task|field"""
    digest: str
    """Of the cells that are meant, as the marked form holds them; "" where nothing but a confirmation settles it."""
    message: str
    fix: str
    value: str
    severity: str

    def stands(self, sheets: Sequence[SheetLayout], content: Callable[[FormCell], object]) -> bool:
        """Its cells hold what they held when the form went back; `content`: what a cell holds now."""
        return self.digest == _digest_of(self.key, sheets, content)

    def first_cell(self, sheets: Sequence[SheetLayout]) -> FormCell | None:
        """The first of the entry cells that are meant."""
        return next(iter(_cells_meant(self.key, sheets)), None)


def _asked_key(finding: Finding, sheets: Sequence[SheetLayout]) -> str:
    """The key of a finding that the marked form keeps; "" for another one."""
    entry = catalogue().get(finding.code)
    if entry is None or not entry.stays or finding.severity not in ("error", "warning"):
        return ""
    sheet = next((item.id for item in sheets if item.title == finding.sheet and not finding.table), "")
    return "|".join((finding.code, sheet, finding.table, finding.task or "", finding.field))


def _digest_of(key: str, sheets: Sequence[SheetLayout], content: Callable[[FormCell], object]) -> str:
    """Of what the cells hold that the key means; "" where it means none.

    A whole sheet is meant only while it is blank: it then is answered by whatever is typed there.
    """
    _, sheet, *wanted = key.split("|")
    cells = _cells_meant(key, sheets)
    marks = [_mark(content(cell)) for cell in cells]
    if not cells or (sheet and not wanted[0] and any(marks)):
        return ""
    return hashlib.sha256("\x1f".join(marks).encode(errors="replace")).hexdigest()[:20]


def _cells_meant(key: str, sheets: Sequence[SheetLayout]) -> list[FormCell]:
    """The entry cells that a key means: one, a row's, a column's, a blank sheet's; none for a key about the file."""
    _, sheet_id, table, task, field = key.split("|")
    if not (sheet_id or table):
        return []
    found = [
        slot.form_cell
        for sheet in sheets
        if sheet_id in ("", sheet.id)
        for slot in sheet.entries.values()
        if (field == "" or field in slot.fields) and table in ("", slot.table) and task in ("", slot.key)
    ]
    # a row that the unit added is not among those that were issued
    return found or ([(table, task, field)] if task and field else [])


def _mark(content: object) -> str:
    """A cell's content and whether it is a text: a number typed over the same text is a change."""
    if isinstance(content, str):
        text = clean(storable_text(content))
        return f"t{text}" if text else ""
    if content is None or isinstance(content, bool):
        return "" if content is None else f"b{content}"
    number = days_of(content) if isinstance(content, date) else content
    return f"n{plain_number(float(number))}" if isinstance(number, int | float) else f"x{number}"


_EXPLANATION = "explanation"
_COMPARED = 100
"""Letters of a text that are compared, with its length: a formula holds no text over 255."""


_Level = Literal["error", "warning", "remark"]


@frozen
class _MarkedFinding:
    """One point to work through."""

    finding: Finding
    """With the cell in the form that goes back in place of the one in the file sent."""
    slot: Slot | None
    """The cell to go to, in the form that goes back; None when the finding is about the file."""
    subject: str
    """Which task, indicator or line it is about."""
    asked: str
    """Key of a finding that stays until it is confirmed or its cells are changed; else ""."""

    @property
    def level(self) -> _Level:
        """How it is told: the office's own remark apart from what the program found."""
        if self.finding.code == REMARKED:
            return "remark"
        return "error" if self.finding.severity == "error" else "warning"


@frozen
class MarkedForm:
    """A form as it goes back: its cells, what they hold, what its checks say, and what was found."""

    checks: LiveChecks
    findings: Sequence[Finding]

    @classmethod
    def of(
        cls,
        form: Form,
        values: Sequence[Value],
        findings: Sequence[Finding] = (),
        broken: Mapping[tuple[str, str], set[str]] | None = None,
    ) -> MarkedForm:
        """The form with these values, in which what a finding that stays is about goes back as it was shown, as text.

        `broken`: of `live_check.broken_rules`; without it the checks have no texts of their own.
        """
        form = form.with_added_rows(values)
        sheets = layout(form)
        wrong = {item.form_cell for item in findings if item.severity == "error" and _asked_key(item, sheets)}
        shown = [attrs.evolve(item, value=None) if item.form_cell in wrong else item for item in values]
        return cls(LiveChecks(form, sheets, whole_cells(form, shown), broken or {}), findings)

    @property
    def placed(self) -> tuple[Finding, ...]:
        """Errors and warnings with the cells in this workbook, in the order of its sheets."""
        return tuple(point.finding for point in self.points)

    @cached_property
    def points(self) -> tuple[_MarkedFinding, ...]:
        """Errors, the office's remarks, warnings; each in the order in which a person goes through the sheets."""
        form, sheets = self.checks.form, self.checks.sheets
        order = {sheet.id: number for number, sheet in enumerate(sheets)}
        points = []
        for finding in self.findings:
            if finding.asks:
                place = (finding.table, finding.task or finding.table)
                row = [one for one in self._rows.get(place, ()) if one.role == "entry"] if finding.table else []
                # the first of its row when the finding names no field
                slot = next((one for one in row if finding.field in one.fields), next(iter(row), None))
                title, cell = (self.checks.titles[slot.sheet], a1(slot.row, slot.col)) if slot else (finding.sheet, "")
                placed, asked = attrs.evolve(finding, sheet=title, cell=cell), _asked_key(finding, sheets)
                points.append(_MarkedFinding(placed, slot, _subject(form, finding), asked))

        def where(point: _MarkedFinding) -> tuple[int, int, int, int]:
            slot = point.slot
            return (_ORDER.index(point.level), *((order[slot.sheet], slot.row, slot.col) if slot else (-1, 0, 0)))

        return tuple(sorted(points, key=where))

    @cached_property
    def notes(self) -> dict[CellPlace, str]:
        """Marked cell -> text of its note."""
        notes: dict[CellPlace, str] = {}
        for point in self.points:
            if point.slot is not None:
                text = " ".join(f"{NOTES[point.level]}: {point.finding.message} {point.finding.fix}".split())
                place = point.slot.place
                notes[place] = f"{notes[place]}\n{text}" if place in notes else text
        return notes

    @cached_property
    def marks(self) -> dict[CellPlace, list[tuple[str, str]]]:
        """Marked cell -> level of each of its points, and the condition under which it is open."""
        marks: dict[CellPlace, list[tuple[str, str]]] = defaultdict(list)
        for point in self.points:
            if point.slot is not None:
                marks[point.slot.place].append((point.level, self._still_open(point, own=True)))
        return marks

    @cached_property
    def _rows(self) -> dict[tuple[str, str], list[Slot]]:
        """(table, key) -> entry cells of the row, and the check cells that speak of it."""
        rows: dict[tuple[str, str], list[Slot]] = defaultdict(list)
        for slot in (slot for sheet in self.checks.sheets for slot in sheet.slots if slot.role in ("entry", "check")):
            rows[slot.table, slot.key].append(slot)
        return rows

    def _still_open(self, point: _MarkedFinding, *, own: bool) -> str:
        """Condition that is TRUE while nobody has put it right; `own`: for use on the cell's own sheet.

        "" where no cell tells.
        """
        finding, slot = point.finding, point.slot
        if slot is None:
            return ""
        remarked = point.level == "remark"  # of which the row's check knows nothing
        parts = [self._unchanged(slot, own=own) if remarked else self._wrong(finding, slot, own=own)]
        answer = (slot.table, slot.key, _EXPLANATION)
        explanation = None if answer in self.checks.cells else self.checks.entries.get(answer)
        if finding.severity == "warning" and explanation is not None and explanation.sheet == slot.sheet:
            parts.append(blank_formula(self._ref(explanation, own=own)))
        return all_of(parts)

    def _wrong(self, finding: Finding, slot: Slot, *, own: bool) -> str:
        checks = (one for one in self._rows[slot.table, slot.key] if one.role == "check")
        check = next((one for one in checks if one.field in ("", slot.field)), None)
        title = self.checks.table(slot).field(slot.field).title
        said = self.checks.texts[check.place] if check is not None else ""
        if check is None or check.sheet != slot.sheet or title not in said:
            return self._unchanged(slot, own=own)
        ref = self._ref(check, own=own)
        # an error is put right though the check then asks to explain or to look again
        told = self.checks.parts(check).items() if finding.severity == "error" else ()
        errors = [text for text, rules in told if title in text and any(one.rule.severity == "error" for one in rules)]
        words = errors if any(text in said for text in errors) else [title]
        return any_of([f"ISNUMBER(FIND({quoted(text)},{ref}))" for text in words])

    def _unchanged(self, slot: Slot, *, own: bool) -> str:
        ref = self._ref(slot, own=own)
        content = self.checks.content(slot.form_cell)
        if content is None or content == "":
            return blank_formula(ref)
        if isinstance(content, str):
            text = storable_text(content)
            start = text.split("\n")[0][:_COMPARED]
            return f"AND(ISTEXT({ref}),LEN({ref})={utf16_units(text)},LEFT({ref},{utf16_units(start)})={quoted(start)})"
        number = days_of(content) if isinstance(content, date) else content
        return f"AND(ISNUMBER({ref}),ABS(N({ref})-{number!r})<0.000001)"

    def _ref(self, slot: Slot, *, own: bool) -> str:
        return cell_ref(slot.col, slot.row + 1, "" if own else sheet_prefix(self.checks.titles[slot.sheet]))

    def write_fix(self, book: Workbook) -> None:
        """The sheet "Cần sửa", before all others, where there is anything to say on it."""
        form, points = self.checks.form, self.points
        repaired = sum(item.severity == "repaired" for item in self.findings)
        if not points and not repaired:
            return
        sheet = book.sheet("Cần sửa")
        set_up_page(sheet, form, _WIDTHS)
        sheet.text(0, 0, f"NQ57|{form.short_id}|fix", "key")
        sheet.text(0, _CONFIRM, CONFIRM_COLUMN, "key")
        sheet.set_row(0, None, None, {"hidden": True})
        head = 1
        left = 0
        for text, style in _lines(form, points, repaired):
            left = head if text == _LEFT_LINE else left
            sheet.across(head, 1, len(_WIDTHS), text, style)
            letters = (12.0, True) if style == "heading" else (DEFAULT_SIZE, False)
            sheet.height(head, row_height([Text(text, merged_width(_WIDTHS), *letters)], minimum=21.0))
            head += 1
        if points:
            for column, text in enumerate(_COLUMNS, start=1):
                sheet.text(head, column, text, "head")
            sheet.height(head, 27.0)
            for number, point in enumerate(points, start=1):
                self._write_point(sheet, head + number, number, point)
            sheet.head(head, head + len(points), (1, len(_WIDTHS)), 0)
            _write_left(sheet, left, points, head)
        sheet.print_area(1, 1, head + len(points), len(_WIDTHS))
        protect(sheet, form.issue_id)

    def _write_point(self, sheet: Worksheet, row: int, number: int, point: _MarkedFinding) -> None:
        finding = point.finding
        texts = (
            str(number),
            _LEVELS[point.level],
            finding.sheet,
            finding.cell,
            point.subject,
            shorten(finding.value, _SHOWN),
            finding.message,
            finding.fix,
            "",
            "",
        )
        level = "error_text" if finding.severity == "error" else "text_center"
        for column, text in enumerate(texts, start=1):
            if column == _CELL and point.slot is not None:
                sheet.link(row, column, text, f"{sheet_prefix(finding.sheet)}{text}", "link", tip="Bấm để đến ô")
            else:
                sheet.text(row, column, text, {1: "text_center", _LEVEL: level}.get(column, "text"))
        measured = [Text(text, width, indent=1) for text, width in zip(texts, _WIDTHS, strict=True)]
        _write_state(sheet, row, point, self._still_open(point, own=False))
        if point.asked:
            answer = confirmation(finding.code, self.checks.form.period)
            sheet.text(row, 0, point.asked, "key")
            sheet.text(row, _CONFIRM, "", sheet.book.format(entry_style("choice", "left", finding.severity)))
            options = {
                "validate": "list",
                "source": f"={list_name(_list_of(finding.code))}",
                "input_title": "Xác nhận",
                "input_message": clipped(
                    f"Chọn «{answer}» nếu đã xem lại và đúng; nếu không đúng thì sửa ô.", MESSAGE_LIMIT
                ),
                "error_title": "Xác nhận",
                "error_message": f"Chọn «{answer}» trong danh sách, hoặc để trống.",
            }
            sheet.data_validation(row, _CONFIRM, row, _CONFIRM, options)
            measured.append(Text(answer, _WIDTHS[_CONFIRM - 1], indent=1))
        sheet.height(row, row_height(measured, minimum=33.0))

    def write_asked(self, book: Workbook) -> None:
        """The hidden sheet with what the form asks, and with what may be confirmed, where it asks anything."""
        form = self.checks.form
        sheets, content = self.checks.sheets, self.checks.content
        asked: dict[str, AskedFinding] = {}
        for one in self.findings:
            if key := _asked_key(one, sheets):
                digest = _digest_of(key, sheets, content)
                asked.setdefault(key, AskedFinding(key, digest, one.message, one.fix, one.value, one.severity))
        if not asked:
            return
        sheet = book.sheet(ASKED_SHEET)
        sheet.lock_rest(0, "plain")
        sheet.text(0, 0, f"NQ57|{form.short_id}|{ASKED_SHEET}", "key")
        for column, code in enumerate(("", "WRONG_PERIOD"), start=1):
            sheet.text(0, column, confirmation(code, form.period), "key")
            book.define_name(list_name(_list_of(code)), f"={ASKED_SHEET}!${letters_of(column)}$1")
        for row, item in enumerate(asked.values(), start=1):
            for column, text in enumerate(attrs.astuple(item)):
                sheet.text(row, column, text, "key")
        sheet.very_hidden()
        protect(sheet, form.issue_id, hidden=True)


def _subject(form: Form, finding: Finding) -> str:
    table = form.table(finding.table) if finding.table else None
    if table is None:
        return "Cả biểu mẫu"
    row = form.rows.get((finding.table, finding.task or ""))
    if row is None or row.key == finding.table:
        return form.schema.table(finding.table).title
    texts = row.texts
    words = texts.get("short") or texts.get("indicator") or texts.get("work", "").split("\n")[-1]
    if not words:
        return f"Dòng {texts.get('number', row.key)}"
    return f"{row.key}. {shorten(words.removeprefix('- '), 80)}"


_COLUMNS = {
    "TT": 5.0,
    "Mức độ": 12.0,
    "Trang": 15.0,
    "Ô": 8.0,
    "Đầu việc, nội dung": 25.0,
    "Đã nhập": 18.0,
    "Điểm cần xem": 31.0,
    "Cách xử lý": 31.0,
    "Xác nhận": 19.0,
    "Tình trạng": 10.0,
}
"""Headings and widths in characters."""
_WIDTHS = tuple(_COLUMNS.values())
_LEVEL, _CELL, _CONFIRM, _STATE = 2, 4, 9, 10
"""Columns of the severity, of the link, of what a person confirms, and of what is left."""
_ORDER: tuple[_Level, ...] = ("error", "remark", "warning")
_LEFT = {"error": "còn", "remark": "chờ trả lời", "warning": "nên xem"}
_SETTLED = "xong"
_LEFT_LINE = "Còn …"
"""Where the formula stands that counts what is left."""
_LEVELS = {"error": "PHẢI SỬA", "remark": "Ý kiến", "warning": "Nên xem lại"}
_SHOWN = 300
"""Characters of what was typed; the cell itself holds all of it."""
_REPEATED = 6
"""From so many equal points on, one sentence above the table says what they have in common."""


def _lines(form: Form, points: Sequence[_MarkedFinding], repaired: int) -> list[tuple[str, str]]:
    """(text, style) of each line above the table."""
    errors, warnings, remarks = (
        sum(point.level == level for point in points) for level in ("error", "warning", "remark")
    )
    said, warned = "Báo cáo đã được chấp nhận", f"{warnings} điểm nên xem lại"
    if errors:
        said = f"Có {errors} điểm phải sửa" + (f" và {warned}" if warnings else "")
    else:
        said += f"; có {warned}" if warnings else ", không có điểm nào phải sửa"
    said += f"; {remarks} ý kiến của đơn vị tổng hợp chờ trả lời." if remarks else "."
    lines = [
        ("CÁC ĐIỂM CẦN SỬA TRONG BIỂU MẪU", "heading"),
        (f"{form.unit_name}. {period_line(form.period)}. {deadline_in_words(form.period.due)}.", "subheading"),
        (said, "note_bold"),
    ]
    notes = [_LEFT_LINE] if points else []
    if points:
        notes.append(
            "Bấm vào địa chỉ ở cột «Ô» để đến đúng ô; ô cần sửa có viền đậm và lời nhắc. Các ô khác giữ nguyên như "
            f"đơn vị đã nhập. Sửa xong, lưu lại và gửi chính tệp này về {form.gatherer}."
        )
    if any(point.asked for point in points):
        notes.append(
            "Ô nào xem lại thấy đúng như đang ghi thì nhập lại vào ô, hoặc chọn ở cột «Xác nhận» trên dòng của ô đó; "
            "chưa sửa và chưa xác nhận thì điểm đó còn nguyên."
        )
    # what many cells lack alike; the table below names each of them, with its link
    found = grouped([point.finding for point in points], least=_REPEATED)
    notes += [f"Trang «{item.first.sheet}»: {item.text}" for item in found if item.count > 1]
    if repaired:
        notes.append(
            f"Phần mềm đã tự chuẩn hóa {repaired} điểm về cách nhập hoặc ô khóa; đơn vị không cần làm gì thêm."
        )
    return lines + [(text, "note") for text in notes]


def _write_state(sheet: Worksheet, row: int, point: _MarkedFinding, still_open: str) -> None:
    """Whether the point is left: while its cell is as it was and nobody has confirmed it."""
    confirm = blank_formula(cell_ref(_CONFIRM, "ROW()")) if point.asked else ""
    tests = [part for part in (still_open, confirm) if part]
    word = _LEFT[point.level]
    if tests:
        formula = f"=IF({all_of(tests)},{quoted(word)},{quoted(_SETTLED)})"
        sheet.write_formula(row, _STATE, formula, sheet.book.style("text_center"), word)
    else:
        sheet.text(row, _STATE, "khi gửi lại", "text_center")


def _write_left(sheet: Worksheet, row: int, points: Sequence[_MarkedFinding], head: int) -> None:
    """How many points are left, by formulas; rows of those that are settled turn grey."""
    column, last = letters_of(_STATE), head + len(points)
    area = f"${column}${head + 2}:${column}${last + 1}"
    alive = [point.level for point in points if point.slot or point.asked]
    counted = [("error", "điểm phải sửa"), ("warning", "điểm nên xem lại"), ("remark", "ý kiến chờ trả lời")]
    counted = counted if any(point.level == "remark" for point in points) else counted[:2]
    parts = [f'COUNTIF({area},{quoted(_LEFT[level])})&" {words}"' for level, words in counted]
    shown = ", ".join(f"{alive.count(level)} {words}" for level, words in counted)  # type: ignore[arg-type]
    formula = '="Còn "&' + '&", "&'.join(parts) + '&"."'
    sheet.write_formula(row, 1, formula, sheet.book.style("note_bold"), f"Còn {shown}.")
    settled = {"type": "formula", "criteria": f'=${column}{head + 2}="{_SETTLED}"'}
    style = sheet.book.format({"font_color": GREY, "font_strikeout": True, "bg_color": DONE_FILL})
    sheet.conditional_format(head + 1, 1, last, len(_WIDTHS), {**settled, "format": style})


def _list_of(code: str) -> str:
    return "confirm_period" if code == "WRONG_PERIOD" else "confirm"
