"""so-sanh-ke-hoach.xlsx: the comparison of two versions of the plan, with a column in which the office decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_read import grids_of
from nq57xl.plan.appendix_read import text_of as cell_text
from nq57xl.plan.appendix_styles import STYLES, set_up_page, write_line, write_top
from nq57xl.plan.compare import FIELDS, KIND_WORDS, TITLES, Decisions, line_of
from nq57xl.plan.model import FieldChange, Plan, PlanComparison, PlanRowChange, RowTable
from nq57xl.text.addresses import letters_of
from nq57xl.text.legacy import fold
from nq57xl.xlsx.write import Workbook, Worksheet

NEW, OUT, KEEP = "mới", "bỏ", "giữ"
_META = "_meta"
_COLUMNS = {
    "Khóa": 8,
    "Quyết định": 12,
    "Giống nhau": 9,
    "Khác biệt": 16,
    "Trong kế hoạch đang dùng": 52,
    "Trong văn bản mới": 52,
    "Nội dung sửa: trước → sau": 60,
}
"""Headings and widths."""
_UNMEASURED = 1000
"""Width of the hidden column: its text makes no row higher."""
_KEY, _DECISION = 0, 1
_NOTE = (
    "Cột «Quyết định» ghi mã mà dòng mới tiếp nối (giữ lịch sử báo cáo của mã đó), hoặc «mới» (cấp mã mới), hoặc «bỏ» "
    "(không đưa vào kế hoạch). Với dòng không còn trong văn bản mới: «bỏ» hoặc «giữ». Sửa cột này nếu cần, lưu lại, "
    "rồi chạy «nq57xl amend --confirm» với chính tệp này. Các cột khác chỉ để xem."
)
_OF_LAST_YEAR = {
    "Trong kế hoạch đang dùng": "Kế hoạch năm trước, báo cáo gần nhất",
    "Trong văn bản mới": "Kế hoạch năm nay",
}
"""Headings where the year before is compared."""
_HEAD = 3


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
    previous: str = ""
    """Folder of the year before, where the plan is another year's (`init --from`)."""


def write_comparison(
    old: Plan,
    new: Plan,
    comparison: PlanComparison,
    origin: Origin,
    states: Mapping[tuple[RowTable, str], str] | None = None,
) -> bytes:
    """The workbook; the same comparison gives the same bytes. `states`: what was last reported of old rows."""
    with Workbook("So sánh kế hoạch", STYLES) as book:
        for table in FIELDS:
            rows = [row for row in comparison.rows if row.table == table]
            if rows:
                lines = [_texts(row, old, new, states or {}) for row in rows]
                _write_rows(book.sheet(TITLES[table]), table, rows, lines, origin)
        _write_general(book.sheet("Thông tin chung"), comparison.general)
        _write_meta(book, old, origin)
    return book.content


def _write_rows(
    sheet: Worksheet,
    table: RowTable,
    rows: Sequence[PlanRowChange],
    lines: Sequence[Sequence[str]],
    origin: Origin,
) -> None:
    """The sheet of one table: changed rows and unchanged ones alike, in the new plan's order."""
    widths = list(_COLUMNS.values())
    sheet.widths(widths)
    sheet.set_column(_KEY, _KEY, None, None, {"hidden": True})
    heading = f"SO SÁNH {TITLES[table].upper()}, HIỆU LỰC TỪ {origin.effective_from:%d/%m/%Y}"
    note = _NOTE.replace("nq57xl amend --confirm", "nq57xl init --confirm") if origin.previous else _NOTE
    write_top(sheet, heading, note, widths[1:], first=_DECISION)
    for index, name in enumerate(_COLUMNS):
        sheet.text(_HEAD, index, _OF_LAST_YEAR.get(name, name) if origin.previous else name, "head")
    for number, (row, texts) in enumerate(zip(rows, lines, strict=True), _HEAD + 1):
        write_line(sheet, number, texts, [_UNMEASURED, *widths[1:]], "cell")
        sheet.text(number, _DECISION, texts[_DECISION], "decision")
        if row.index is not None and row.code is not None:
            sheet.value(number, _DECISION + 1, round(row.similarity, 2), "percent")
    set_up_page(sheet)
    last = _HEAD + len(rows)
    sheet.head(_HEAD, last, (_DECISION, len(_COLUMNS) - 1), _DECISION + 1)
    rule = {
        "validate": "list",
        "source": f"=ds_{table}",
        "error_type": "information",
        "input_title": "Quyết định",
        "input_message": "Mã mà dòng này tiếp nối, hoặc mới, bỏ, giữ.",
    }
    sheet.data_validation(_HEAD + 1, _DECISION, last, _DECISION, rule)


def _texts(row: PlanRowChange, old: Plan, new: Plan, states: Mapping[tuple[RowTable, str], str]) -> tuple[str, ...]:
    olds = {item.code: item for item in getattr(old, row.table)}
    return (
        key_of(row),
        row.code or NEW if row.index is not None else (KEEP if "kept" in row.kinds else OUT),
        "",
        ", ".join(KIND_WORDS[kind] for kind in row.kinds) or "như cũ",
        "\n".join(filter(None, (line_of(olds[row.code], with_code=True), states.get((row.table, row.code)))))
        if row.code is not None
        else "",
        line_of(getattr(new, row.table)[row.index]) if row.index is not None else "",
        "\n".join(f"{item.title}: {item.before or '(trống)'} → {item.after or '(trống)'}" for item in row.fields),
    )


def _write_general(sheet: Worksheet, changes: Sequence[FieldChange]) -> None:
    """The plan's own properties and headings."""
    widths = (26, 70, 70)
    sheet.widths(widths)
    sheet.text(0, 0, "THÔNG TIN CHUNG", "title")
    for index, text in enumerate(("Mục", "Đang dùng", "Văn bản mới")):
        sheet.text(_HEAD, index, text, "head")
    for row, item in enumerate(changes, _HEAD + 1):
        write_line(sheet, row, (item.title, item.before, item.after), widths, "cell")
    set_up_page(sheet, repeat=_HEAD)


def _write_meta(book: Workbook, old: Plan, origin: Origin) -> None:
    """What is compared, for the run that applies it, and the lists of the dropdowns."""
    sheet = book.sheet(_META)
    sheet.hide()
    lines = (
        ("document", origin.document),
        ("sha256", origin.sha256),
        ("plan_version", origin.plan_version),
        ("effective_from", origin.effective_from.isoformat()),
        ("partial", "1" if origin.partial else "0"),
        ("previous", origin.previous),
    )
    for row, line in enumerate(lines):
        for column, text in enumerate(line):
            sheet.text(row, column, text, "key")
    for column, table in enumerate(FIELDS, 3):
        words = [NEW, OUT, KEEP, *(item.code for item in getattr(old, table))]
        for row, word in enumerate(words):
            sheet.text(row, column, word, "key")
        letters = letters_of(column)
        book.define_name(f"ds_{table}", f"={_META}!${letters}$1:${letters}${len(words)}")


def key_of(row: PlanRowChange) -> str:
    """Names the row of a comparison: its index in the new plan, or the old code that none continues."""
    return f"+{row.index}" if row.index is not None else f"-{row.code}"


def read_comparison(data: bytes, name: str) -> tuple[Origin, Decisions]:
    """What a comparison was made of, and what the office decided in it.

    Raises Nq57Error naming sheet and cell when the file is none, or a decision cannot be read.
    """
    grids = {sheet.name: grid for sheet, grid in grids_of(data, name).values()}
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
            told.get("previous", ""),
        )
    except (KeyError, ValueError) as error:
        raise Nq57Error(f"Tệp {name} không phải bảng so sánh do «nq57xl amend» lập.") from error
