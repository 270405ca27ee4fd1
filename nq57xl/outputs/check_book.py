"""kiem-tra.xlsx, the office's own: where each unit stands, every file received, every point with its cell and file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import attrs
from attrs import field, frozen

from nq57xl.ledger.decisions import CellRemark
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.outputs.report.sheet_parts import SHEETS, Cells, SheetKind, list_sheet
from nq57xl.outputs.report.units import NO, YES
from nq57xl.plan.model import Period
from nq57xl.results.standing import FATES, FiledReturn
from nq57xl.results.wording import BASES, STATES
from nq57xl.rules.findings import REMARKED, Finding
from nq57xl.rules.schema import Field, Schema
from nq57xl.text.clock import moment_words
from nq57xl.text.legacy import clean, fold, one_line
from nq57xl.xlsx.cells import RawSheet, RawWorkbook, readable
from nq57xl.xlsx.pages import FileLink, Link, Number, ReportColumn, ReportLine
from nq57xl.xlsx.write_pages import report_workbook

_POINTS, _REMARKS = SHEETS["check_points"].name, SHEETS["check_remarks"].name
_FACTS = "Đã chuẩn hóa, ghi nhận"
_LEVELS = {"error": "Phải sửa", "warning": "Nên xem lại", "repaired": "Đã chuẩn hóa", "note": "Ghi nhận"}
_REMARK = "Ý kiến của đơn vị tổng hợp"
LONGEST_REMARK = 500
_SHOWN = 300
"""Characters of a text in a printed cell; the whole of a longer one stands in a column of its own."""
_FIRST = 3
"""Points that the line of a unit names."""
_LINKED = 60_000
"""Rows of findings that carry a link: a sheet holds 65,530 of them."""

_POINT_SHEET = SHEETS["check_points"].with_columns(
    "back", ReportColumn("remark", _REMARK, 34, printed=False, longest=LONGEST_REMARK)
)
_FACT_SHEET = SheetKind(
    _FACTS,
    tuple(
        attrs.evolve(column, title="Điều được ghi nhận") if column.name == "message" else column
        for column in _POINT_SHEET.columns
        if column.name not in ("remark", "remark_number", "place")
    ),
)
_REMARK_SHEET = SHEETS["check_remarks"].with_columns(
    "state", ReportColumn("text", "Ý kiến", 60, longest=LONGEST_REMARK)
)
_BLANK_REMARKS = 20
_OF_POINTS = {
    **{name: name for name in ("unit", "sheet", "task", "place")},
    "cell": "column",
    "remark": "text",
    "remark_number": "number",
}
_REMARK_PAGES = {
    _POINTS: {fold(one.title): _OF_POINTS[one.name] for one in _POINT_SHEET.columns if one.name in _OF_POINTS},
    _REMARKS: {fold(one.title): one.name for one in _REMARK_SHEET.columns},
}
"""Where the office writes its remarks: heading -> what stands below it."""


@frozen
class RemarkLine:
    """One line with a remark as the office left it: on the page of remarks, or beside a point."""

    row: int
    """1-based."""
    number: int
    """Of the remark that stood there; 0 for a new one."""
    unit: str
    sheet: str
    task: str
    column: str
    text: str
    place: str = ""
    """Of a line beside a point: unit and cell, "VP|led|I.2|result"; "" where the point is about no cell."""
    page: str = _REMARKS

    @property
    def cell(self) -> tuple[str, ...]:
        """Table, row key and field that `place` names."""
        return tuple(self.place.split("|")[1:])


@frozen
class LinkedFiles:
    """Where files stand, from the workbook's folder, with forward slashes."""

    archive: Mapping[str, str] = field(factory=dict)
    """By SHA-256: the file as received."""
    marked: Mapping[str, str] = field(factory=dict)
    """By unit: the form that goes back."""
    letters: Mapping[int, str] = field(factory=dict)
    """By return: the letter as a page."""
    drafts: Mapping[int, str] = field(factory=dict)
    """By return: the letter as a mail to send."""


@frozen
class CheckBook:
    """What the workbook shows."""

    period: Period
    status: PeriodStatus
    returns: tuple[FiledReturn, ...]
    schema: Schema
    places: LinkedFiles
    remarks: tuple[CellRemark, ...] = ()
    """The office's own on cells of these returns, oldest first."""

    @cached_property
    def fields(self) -> Mapping[tuple[str | None, str | None], Field]:
        """Fields of the schema by table and name."""
        return {(table.name, one.name): one for table in self.schema.tables for one in table.fields}

    @cached_property
    def newest(self) -> Mapping[str, FiledReturn]:
        """The newest return of each unit, by its code."""
        return {item.unit.code: item for item in self.returns if item.newest and item.unit}


_PAGES = (
    (
        SHEETS["check_units"],
        "Kiểm tra báo cáo",
        2,
        "Mỗi đơn vị một dòng. Bấm «dòng …» để đến tệp và các điểm; bấm «mở» để xem biểu trả lại, thông báo, gửi thư. "
        "Bảng này được lập lại mỗi lần nhận báo cáo.",
    ),
    (
        SHEETS["check_files"],
        "Tệp báo cáo nhận được",
        3,
        "Mỗi tệp đã nhận một dòng, kể cả tệp đã có bản thay thế và tệp không phải biểu mẫu; tệp giống hệt nhau chỉ ghi "
        "lần đầu. «Bản gốc» mở tệp lưu trong archive: chỉ xem, không sửa.",
    ),
    (
        _POINT_SHEET,
        "Điểm cần xử lý trong báo cáo",
        3,
        "Đủ từng ô, không gộp, của mọi tệp đã nhận; dùng bộ lọc để chọn đơn vị, mức độ, kết quả của tệp. «Nhiều đơn "
        "vị»: nội dung các đơn vị báo khác nhau, cần đối chiếu. Ý kiến của đơn vị tổng hợp ghi ngay cạnh điểm, ở cột "
        "nền xanh; lưu, đóng tệp rồi chạy «nq57xl remark» hoặc nhận báo cáo.",
    ),
    (
        _REMARK_SHEET,
        "Ý kiến của đơn vị tổng hợp về báo cáo",
        2,
        "Ô có điểm cần xử lý thì ghi ý kiến ngay ở trang ấy. Ô khác thì ghi ở đây: mã đơn vị, mã dòng và tên cột (hoặc "
        "trang và ô, ví dụ K7), ý kiến; lưu, đóng tệp rồi chạy «nq57xl remark» hoặc nhận báo cáo. Ý kiến đi cùng biểu "
        "trả lại, còn ở đây cho đến khi đơn vị sửa ô hoặc giải trình trên dòng. Muốn đổi thì sửa lời ngay trên dòng đã "
        "có; muốn rút thì xóa lời.",
    ),
    (
        _FACT_SHEET,
        "Nội dung đã chuẩn hóa, ghi nhận trong báo cáo",
        3,
        "Những gì phần mềm đã tự chuẩn hóa, không đoán, và những điều ghi lại về tệp; không phải làm gì thêm. Đủ từng "
        "ô của mọi tệp đã nhận.",
    ),
)
"""Sheet, title, columns always in sight, note above the headings."""


def render_check_book(check: CheckBook) -> bytes:
    """The workbook's bytes. The same arguments give the same bytes."""
    period, due, pages = check.period.title, f"{check.status.due:%d/%m/%Y}", []
    points = _findings(check, _POINTS, ("error", "warning"))
    lines = (_units(check), _files(check), points, _remarks(check), _findings(check, _FACTS, ("repaired", "note")))
    for (sheet, title, frozen_columns, note), body in zip(_PAGES, lines, strict=True):
        top = (
            ReportLine("title", {"number": f"{title} {period}".upper()}),
            ReportLine("subtitle", {"number": f"Hạn các đơn vị gửi: hết ngày {due}. Lưu hành nội bộ."}),
        )
        pages.append(list_sheet(sheet, top, body, note, sparing=False, frozen_columns=frozen_columns).placed())
    return report_workbook(f"Kiểm tra báo cáo {period}", pages)


def _units(check: CheckBook) -> Iterator[ReportLine]:
    for number, unit in enumerate(check.status.units, start=1):
        newest, marked = check.newest.get(unit.code), check.places.marked.get(unit.code)
        id_ = newest.record.id if newest else 0
        letter, draft = check.places.letters.get(id_), check.places.drafts.get(id_)
        points = newest.points if newest else ()
        named = [f"– {_short(point.text)}" for point in points[:_FIRST]]
        rest = sum(point.count for point in points[_FIRST:])
        cells: Cells = {
            "number": str(number),
            "unit": unit.name,
            "state": STATES[unit.state],
            "received": moment_words(unit.received_at),
            "basis": BASES[unit.received_basis] if unit.received_basis else "",
            "on_time": "" if unit.on_time is None else (YES if unit.on_time else NO),
            "late": Number(unit.days_late, "0") if unit.on_time is not None else None,
            "errors": Number(newest.count("error"), "0") if newest else None,
            "warnings": Number(newest.count("warning"), "0") if newest else None,
            "points": "\n".join([*named, *([f"– và {rest} điểm khác"] if rest else [])]),
            "next": _next(unit, newest),
            "file": Link("dòng {row}", f"file|{id_}") if newest else None,
            "marked": FileLink("mở", marked) if marked else None,
            "letter": FileLink("mở", letter) if letter else None,
            "draft": FileLink("mở", draft) if draft else None,
            "code": unit.code,
        }
        yield ReportLine("row", cells, anchors=(f"unit|{unit.code}",))


def _next(unit: UnitStatus, newest: FiledReturn | None) -> str:
    """What the office does about the unit now."""
    if newest is None:
        return "Nhắc đơn vị gửi báo cáo"
    if newest.fate == "rejected":
        kept = "; bản đã chấp nhận trước đó vẫn dùng" if unit.counting is not None else ""
        return f"Gửi thông báo, biểu trả lại cho đơn vị{kept}"
    return "Đề nghị đơn vị giải trình, nếu cần" if newest.asks else "Không phải làm gì"


def _files(check: CheckBook) -> Iterator[ReportLine]:
    for number, item in enumerate(check.returns, start=1):
        id_, judged, source = item.record.id, item.record.judged, item.record.judged.source
        archive, letter = check.places.archive.get(source.sha256), check.places.letters.get(id_)
        asked = any(finding.severity in ("error", "warning") for finding in judged.findings)
        cells: Cells = {
            "number": str(number),
            "unit": item.unit.name if item.unit else "",
            "file": _short(source.name),
            "received": moment_words(source.received_at),
            "basis": BASES[source.received_basis],
            "fate": _fate_words(item),
            "errors": Number(item.count("error"), "0"),
            "warnings": Number(item.count("warning"), "0"),
            "repaired": Number(item.count("repaired"), "0"),
            "sender": _short(source.sender),
            "subject": _short(source.subject),
            "points": Link("dòng {row}", f"{_POINTS if asked else _FACTS}|{id_}") if judged.findings else None,
            "archive": FileLink("mở", archive) if archive else "không lưu",
            "letter": FileLink("mở", letter) if letter else None,
            "back": Link("dòng {row}", f"unit|{item.unit.code}") if item.unit else None,
            "period": judged.form_period or "",
            "path": source.path,
            "sha": source.sha256,
            "collected": moment_words(item.record.collected_at),
        }
        yield ReportLine("row", cells, anchors=(f"file|{id_}",))


def _fate_words(item: FiledReturn) -> str:
    """What became of a file, in words."""
    words = FATES[item.fate]
    if item.fate == "counts" and item.record.judged.verdict == "accepted_with_warnings":
        words += "; có điểm nên xem lại"
    return f"{words}: {_short(item.record.excluded)}" if item.fate == "excluded" else words


def _findings(check: CheckBook, page: str, severities: tuple[str, ...]) -> Iterator[ReportLine]:
    """Findings of those severities in the order of the files, the graver first; of several units at the end."""
    found: list[tuple[Finding, FiledReturn | None]] = []
    for item in check.returns:
        for severity in severities:
            found += [(one, item) for one in item.record.judged.findings if one.severity == severity]
    found += [(one, None) for one in check.status.period_findings if one.severity in severities]
    for number, (finding, of) in enumerate(found, start=1):
        value, field = one_line(finding.value), check.fields.get((finding.table, finding.field))
        cells: Cells = {
            "number": str(number),
            "unit": "Nhiều đơn vị" if of is None else (of.unit.name if of.unit else "(chưa rõ)"),
            "file": _short(of.record.judged.source.name) if of else "",
            "level": _REMARKS if finding.code == REMARKED else _LEVELS[finding.severity],
            "sheet": finding.sheet,
            "cell": finding.cell,
            "task": "" if finding.task in (None, finding.table) else finding.task,
            "field": field.title if field else "",
            "value": _short(value),
            "message": _short(finding.message, 2 * _SHOWN),
            "fix": _short(finding.fix, 2 * _SHOWN),
            "fate": _fate_words(of) if of else "",
            "code": finding.code,
            "whole": finding.value if len(value) > _SHOWN else None,
            "back": Link("dòng {row}", f"file|{of.record.id}") if of is not None and number <= _LINKED else None,
        }
        if page == _POINTS and of is not None and of.unit is not None and field is not None:
            # the cell that the point is about, and what the office has to say of it so far
            unit, cell = of.unit.code, (finding.table, finding.task or finding.table, field.within or field.name)
            said = [remark for remark in check.remarks if (remark.unit, remark.cell) == (unit, cell)]
            cells |= {"remark": said[-1].text, "remark_number": str(said[-1].id)} if said else {}
            cells["place"] = "|".join((unit, *cell))
        yield ReportLine("row", cells, anchors=(f"{page}|{of.record.id}",) if of else ())


def _short(text: str, limit: int = _SHOWN) -> str:
    """The text on one line, in at most that many characters."""
    text = one_line(text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _remarks(check: CheckBook) -> Iterator[ReportLine]:
    for item in check.remarks:
        table, key, name = item.cell
        field, newest = check.fields.get((table, name)), check.newest.get(item.unit)
        cells: Cells = {
            "number": str(item.id),
            "unit": item.unit,
            "sheet": item.sheet,
            "task": "" if key == table else key,
            "column": field.title if field else name,
            "text": item.text,
            "state": "Đã trả lời" if newest is not None and item.is_answered(newest.record) else "Chờ trả lời",
            "at": moment_words(item.at),
        }
        yield ReportLine("row", cells)
    for _ in range(_BLANK_REMARKS):
        yield ReportLine("row", {column.name: "" for column in _REMARK_SHEET.columns})


def remark_lines(raw: RawWorkbook) -> tuple[RemarkLine, ...]:
    """What the office wrote into a kiem-tra.xlsx that came back: on the page of remarks and beside points."""
    sheets = {fold(item.name): item for item in raw.sheets}
    pages = (page for page in _REMARK_PAGES if fold(page) in sheets)
    return tuple(line for page in pages for line in _remarks_on(page, sheets[fold(page)]))


def _remarks_on(page: str, sheet: RawSheet) -> Iterator[RemarkLine]:
    titles = _REMARK_PAGES[page]
    rows: dict[int, dict[str, str]] = {}
    columns: dict[int, str] = {}
    for (row, col), cell in sorted(sheet.cells.items()):
        text = one_line(clean(readable(cell)))
        if fold(text) in titles and titles[fold(text)] not in columns.values():
            columns[col] = titles[fold(text)]
            rows.clear()  # whatever stands above the headings
        elif col in columns:
            rows.setdefault(row, {})[columns[col]] = text
    names = ("unit", "sheet", "task", "column", "text", "place")
    for row, said in rows.items() if "text" in columns.values() else ():
        number = said.get("number", "").removesuffix(".0")
        texts = (said.get(name, "") for name in names)
        line = attrs.evolve(RemarkLine(row + 1, int(number) if number.isdecimal() else 0, *texts), page=page)
        if line.number or line.text or (line.column and page == _REMARKS):
            yield line
