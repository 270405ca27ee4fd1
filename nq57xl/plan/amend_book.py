"""so-sanh-ke-hoach.xlsx: the comparison of two versions of the plan, with a column in which the office decides."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from nq57xl.errors import Nq57Error
from nq57xl.plan import appendix_sheets
from nq57xl.plan.appendix_read import text_of as cell_text
from nq57xl.plan.compare import FIELDS, Decisions
from nq57xl.plan.model import ChangeKind, FieldChange, Indicator, Plan, PlanComparison, PlanRowChange, RowTable, Task
from nq57xl.text.normalise import fold
from nq57xl.xlsx.metrics import Text, row_height

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

NEW, OUT, KEEP = "mới", "bỏ", "giữ"
KIND_WORDS: dict[ChangeKind, str] = {
    "added": "thêm mới",
    "dropped": "không còn",
    "kept": "giữ nguyên",
    "changed": "sửa nội dung",
    "moved": "chuyển nhóm",
    "renumbered": "đánh số lại",
}
TITLES: dict[RowTable, str] = {"tasks": appendix_sheets.TASKS.title, "indicators": appendix_sheets.INDICATORS.title}
_META = "_meta"
_FONT = {"font_name": "Times New Roman", "font_size": 11, "valign": "top"}
_COLUMNS = (
    ("Khóa", 8),
    ("Quyết định", 12),
    ("Giống nhau", 9),
    ("Khác biệt", 16),
    ("Trong kế hoạch đang dùng", 52),
    ("Trong văn bản mới", 52),
    ("Nội dung sửa: trước → sau", 60),
)
_KEY, _DECISION = 0, 1
_NOTE = (
    "Cột «Quyết định» ghi mã mà dòng mới tiếp nối (giữ lịch sử báo cáo của mã đó), hoặc «mới» (cấp mã mới), hoặc «bỏ» "
    "(không đưa vào kế hoạch). Với dòng không còn trong văn bản mới: «bỏ» hoặc «giữ». Sửa cột này nếu cần, lưu lại, "
    "rồi chạy «nq57xl amend --confirm» với chính tệp này. Các cột khác chỉ để xem."
)
_HEAD = 3
_CREATED = dt.datetime(2026, 1, 1)


@frozen
class Origin:
    """What a comparison was made of."""

    document: str
    """Path of the new appendix or document."""
    sha256: str
    plan_version: str
    """Version of the plan that it was compared with."""
    effective_from: dt.date
    partial: bool = False
    """True: rows that the document does not name were proposed to stay."""


def write_comparison(old: Plan, new: Plan, comparison: PlanComparison, origin: Origin) -> bytes:
    """The workbook; the same comparison gives the same bytes."""
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": "So sánh kế hoạch", "created": _CREATED})
    writer = _ComparisonWriter(book, old, new, origin)
    for table in FIELDS:
        rows = [row for row in comparison.rows if row.table == table]
        if rows:
            writer.table(table, rows)
    writer.general(comparison.general)
    writer.meta()
    book.close()
    return stream.getvalue()


class _ComparisonWriter:
    """Writes the sheets of one comparison."""

    def __init__(self, book: Workbook, old: Plan, new: Plan, origin: Origin) -> None:
        from nq57xl.plan.appendix_sheets import ACCENT, LINE

        self.book, self.old, self.new, self.origin = book, old, new, origin
        cell = {**_FONT, "border": 1, "border_color": LINE, "text_wrap": True}
        self.formats: dict[str, Format] = {
            "title": book.add_format({**_FONT, "bold": True, "font_size": 14, "valign": "vcenter"}),
            "note": book.add_format({**_FONT, "italic": True, "text_wrap": True}),
            "head": book.add_format({**cell, "bold": True, "bg_color": ACCENT, "align": "center", "valign": "vcenter"}),
            "cell": book.add_format(cell),
            "entry": book.add_format({**cell, "num_format": "@", "bold": True, "align": "center", "bg_color": ACCENT}),
            "percent": book.add_format({**cell, "num_format": "0%", "align": "center"}),
        }

    def table(self, table: RowTable, rows: Sequence[PlanRowChange]) -> None:
        """The sheet of one table: changed rows and unchanged ones alike, in the new plan's order."""
        page = self.book.add_worksheet(TITLES[table])
        self._top(page, f"SO SÁNH {TITLES[table].upper()}, HIỆU LỰC TỪ {self.origin.effective_from:%d/%m/%Y}")
        page.set_column(_KEY, _KEY, None, None, {"hidden": True})
        for number, row in enumerate(rows, _HEAD + 1):
            self._row(page, number, row)
        last = _HEAD + len(rows)
        page.autofilter(_HEAD, _DECISION, last, len(_COLUMNS) - 1)
        rule = {
            "validate": "list",
            "source": f"=ds_{table}",
            "error_type": "information",
            "input_title": "Quyết định",
            "input_message": "Mã mà dòng này tiếp nối, hoặc mới, bỏ, giữ.",
        }
        page.data_validation(_HEAD + 1, _DECISION, last, _DECISION, rule)

    def _row(self, page: Worksheet, number: int, row: PlanRowChange) -> None:
        before, after = self._texts(row)
        texts = [
            key_of(row),
            row.code or NEW if row.index is not None else (KEEP if "kept" in row.kinds else OUT),
            "",
            ", ".join(KIND_WORDS[kind] for kind in row.kinds) or "như cũ",
            before,
            after,
            "\n".join(f"{item.title}: {item.before or '(trống)'} → {item.after or '(trống)'}" for item in row.fields),
        ]
        for index, text in enumerate(texts):
            page.write_string(number, index, text, self.formats["entry" if index == _DECISION else "cell"])
        if row.index is not None and row.code is not None:
            page.write_number(number, 2, round(row.similarity, 2), self.formats["percent"])
        widths = [width for _, width in _COLUMNS]
        cells = [Text(text, width, 11, False) for text, width in zip(texts[1:], widths[1:], strict=True)]
        page.set_row(number, row_height(cells))

    def _texts(self, row: PlanRowChange) -> tuple[str, str]:
        olds = {item.code: item for item in getattr(self.old, row.table)}
        news = getattr(self.new, row.table)
        before = line_of(olds[row.code], with_code=True) if row.code is not None else ""
        return before, line_of(news[row.index]) if row.index is not None else ""

    def general(self, changes: Sequence[FieldChange]) -> None:
        """The plan's own properties and headings."""
        page = self.book.add_worksheet("Thông tin chung")
        widths = (26, 70, 70)
        for index, width in enumerate(widths):
            page.set_column(index, index, width)
        page.write_string(0, 0, "THÔNG TIN CHUNG", self.formats["title"])
        for index, text in enumerate(("Mục", "Đang dùng", "Văn bản mới")):
            page.write_string(_HEAD, index, text, self.formats["head"])
        for number, item in enumerate(changes, _HEAD + 1):
            texts = (item.title, item.before, item.after)
            for index, text in enumerate(texts):
                page.write_string(number, index, text, self.formats["cell"])
            page.set_row(number, row_height([Text(t, w, 11, False) for t, w in zip(texts, widths, strict=True)]))
        self._page(page)

    def meta(self) -> None:
        """What is compared, for the run that applies it, and the lists of the dropdowns."""
        page = self.book.add_worksheet(_META)
        page.hide()
        origin = self.origin
        lines = (
            ("document", origin.document),
            ("sha256", origin.sha256),
            ("plan_version", origin.plan_version),
            ("effective_from", origin.effective_from.isoformat()),
            ("partial", "1" if origin.partial else "0"),
        )
        for row, (name, value) in enumerate(lines):
            page.write_string(row, 0, name)
            page.write_string(row, 1, value)
        for column, table in enumerate(FIELDS, 3):
            words = [NEW, OUT, KEEP, *(item.code for item in getattr(self.old, table))]
            for row, word in enumerate(words):
                page.write_string(row, column, word)
            letter = "ABCDEFGH"[column]
            self.book.define_name(f"ds_{table}", f"={_META}!${letter}$1:${letter}${len(words)}")

    def _top(self, page: Worksheet, title: str) -> None:
        widths = [width for _, width in _COLUMNS]
        for index, (name, width) in enumerate(_COLUMNS):
            page.set_column(index, index, width)
            page.write_string(_HEAD, index, name, self.formats["head"])
        page.write_string(0, _DECISION, title, self.formats["title"])
        page.set_row(0, 26)
        page.merge_range(1, _DECISION, 1, len(_COLUMNS) - 1, _NOTE, self.formats["note"])
        page.set_row(1, row_height([Text(_NOTE, sum(widths[1:]), 11, False)]))
        page.freeze_panes(_HEAD + 1, _DECISION + 1)
        self._page(page)

    def _page(self, page: Worksheet) -> None:
        from nq57xl.plan.appendix_sheets import fit_page

        fit_page(page, repeat=_HEAD)


def key_of(row: PlanRowChange) -> str:
    """Names the row of a comparison: its index in the new plan, or the old code that none continues."""
    return f"+{row.index}" if row.index is not None else f"-{row.code}"


def line_of(row: Task | Indicator, *, with_code: bool = False) -> str:
    """A row in a few words: its code or printed number, what is to be done, and for whom until when."""
    if isinstance(row, Indicator):
        head, text, rest = f"{row.group}.{row.number}", row.indicator, f"{row.target.text} {row.unit}"
    else:
        head, text = f"{row.section}.{row.subnumber or row.number}", row.subtask or row.task
        rest = "; ".join(filter(None, (row.lead, row.deadline.text)))
    return f"{f'[{row.code}]' if with_code else head} {text} ({rest})"


def read_comparison(data: bytes, name: str) -> tuple[Origin, Decisions]:
    """What a comparison was made of, and what the office decided in it.

    Raises Nq57Error naming sheet and cell when the file is none, or a decision cannot be read.
    """
    grids = _grids(data, name)
    origin = _origin(grids.get(_META, []), name)
    continues: dict[tuple[RowTable, int], str] = {}
    left_out, kept = set(), set()
    for table, key, said, place in _decisions(grids):
        choice = fold(said)
        if key.startswith("-"):
            if choice == KEEP:
                kept.add((table, key[1:]))
        elif choice == OUT:
            left_out.add((table, int(key[1:])))
        elif choice in ("", KEEP):
            raise Nq57Error(f"{name}, {place}: hãy ghi mã mà dòng này tiếp nối, hoặc «{NEW}», hoặc «{OUT}».")
        else:
            continues[table, int(key[1:])] = "" if choice == NEW else said
    return origin, Decisions(continues, frozenset(left_out), frozenset(kept))


def check_decisions(decisions: Decisions, old: Plan, name: str) -> None:
    """Raises Nq57Error when a code is none of the plan's, or is continued by two rows."""
    for table in FIELDS:
        known = {row.code for row in getattr(old, table)}
        seen: set[str] = set()
        for (of, _), code in decisions.continues.items():
            if of != table or not code:
                continue
            if code not in known:
                raise Nq57Error(f"{name}, trang «{TITLES[table]}»: kế hoạch đang dùng không có mã {code}.")
            if code in seen:
                raise Nq57Error(f"{name}, trang «{TITLES[table]}»: mã {code} được ghi cho hai dòng; chỉ giữ một.")
            seen.add(code)


def _decisions(grids: dict[str, list[list[Any]]]) -> Iterator[tuple[RowTable, str, str, str]]:
    """(table, key, what stands in the decision, where) of every row."""
    for table in FIELDS:
        title = TITLES[table]
        for number, row in enumerate(grids.get(title, []), 1):
            key = cell_text(row[_KEY]) if row else ""
            if key[:1] in ("+", "-") and len(row) > _DECISION:
                yield table, key, cell_text(row[_DECISION]).strip(), f"trang «{title}», ô B{number}"


def _origin(rows: list[list[Any]], name: str) -> Origin:
    told = {cell_text(row[0]): cell_text(row[1]) for row in rows if len(row) > 1}
    try:
        return Origin(
            told["document"],
            told["sha256"],
            told["plan_version"],
            dt.date.fromisoformat(told["effective_from"]),
            told["partial"] == "1",
        )
    except (KeyError, ValueError) as error:
        raise Nq57Error(f"Tệp {name} không phải bảng so sánh do «nq57xl amend» lập.") from error


def _grids(data: bytes, name: str) -> dict[str, list[list[Any]]]:
    from python_calamine import CalamineError, CalamineWorkbook

    from nq57xl.xlsx.patch import scan

    scan(data, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return {title: book.get_sheet_by_name(title).to_python(skip_empty_area=False) for title in book.sheet_names}
    except (CalamineError, ValueError, OSError) as error:
        raise Nq57Error(f"Không đọc được tệp {name}: tệp hỏng hoặc không phải .xlsx.") from error
