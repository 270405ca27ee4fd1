"""The sheet "Bổ sung sau chốt" of nguon-so-lieu.xlsx: what came after the close, every cell that is otherwise now."""

from __future__ import annotations

from collections.abc import Iterator

from nq57xl.forms.model import Source, Value
from nq57xl.ledger.model import Addendum, ChangedCell, Closing, LateReturn
from nq57xl.outputs.report.sheet_parts import Cells, list_sheet
from nq57xl.results.consolidation import Consolidation
from nq57xl.results.wording import VERDICTS, field_title, moment_words, shown, table_title
from nq57xl.xlsx.pages import ReportColumn, ReportLine, ReportSheet

NAME = "Bổ sung sau chốt"
_CAUSES = {
    "return": "Báo cáo nộp sau khi chốt",
    "edit": "Biên tập sau khi chốt",
    "decision": "Loại hoặc nhận lại báo cáo sau khi chốt",
}
_BLANK = "(để trống)"
COLUMNS = (
    ReportColumn("number", "TT", 5, "center"),
    ReportColumn("unit", "Đơn vị", 16),
    ReportColumn("key", "Mã, dòng", 8.5, "center"),
    ReportColumn("field", "Nội dung", 17),
    ReportColumn("old", "Khi chốt", 32),
    ReportColumn("new", "Hiện nay", 32),
    ReportColumn("cause", "Căn cứ", 16),
    ReportColumn("file", "Tệp", 17),
    ReportColumn("received", "Nhận lúc", 11, "center"),
    ReportColumn("sheet", "Trang", 14, printed=False),
    ReportColumn("cell", "Ô", 7, "center", printed=False),
    ReportColumn("sha", "Mã băm SHA-256", 66, printed=False),
)


def addendum_page(c: Consolidation, found: Addendum) -> ReportSheet:
    """The page of a closed period; nothing of it goes into the figures of the other sheets."""
    notes = _notes(c.closing) if c.closing is not None else ()
    return list_sheet(c, NAME, COLUMNS, "NỘI DUNG BỔ SUNG SAU KHI CHỐT SỐ LIỆU", _lines(c, found), *notes)


def closing_words(c: Consolidation) -> str:
    """The sentence of page one on a closed period; "" for one that is open."""
    if c.closing is None:
        return ""
    words = f"Số liệu chốt lúc {moment_words(c.closing.at)}."
    return f"{words} Nội dung nhận được sau đó ở trang «{NAME}» của nguon-so-lieu.xlsx." if c.addendum else words


def _lines(c: Consolidation, found: Addendum) -> Iterator[ReportLine]:
    if found.late:
        yield _section("I", f"Báo cáo nộp sau khi chốt: {len(found.late)} lượt")
        for number, late in enumerate(found.late, start=1):
            yield ReportLine("row", {"number": str(number), **_late(late)})
    yield _section("II", f"Thay đổi so với số liệu đã chốt: {len(found.changes)} ô")
    percents = {item.code for item in c.plan.indicators if item.measure == "percent"}
    for number, change in enumerate(found.changes, start=1):
        yield ReportLine("row", {"number": str(number), **_change(change, c, percents)})


def _section(number: str, title: str) -> ReportLine:
    return ReportLine("section", {"number": number, "unit": title})


def _notes(closing: Closing) -> Iterator[str]:
    reason = f" ({closing.reason})" if closing.reason else ""
    yield (
        f"Số liệu được chốt lúc {moment_words(closing.at)}{reason}. Báo cáo giữ nguyên như khi "
        "chốt; trang này chỉ liệt kê những gì khác đi từ đó đến nay, từng ô một. Biểu mẫu kỳ sau in sẵn số liệu mới "
        "nhất đã được chấp nhận, không phải số liệu khi chốt."
    )
    for path, sha256 in closing.outputs.items():
        if path.endswith("bao-cao-tong-hop.xlsx"):
            yield f"Bản báo cáo khi chốt còn lưu trong thư mục archive, mã băm SHA-256 {sha256}."


def _late(late: LateReturn) -> Cells:
    verdict = VERDICTS.get(late.verdict, late.verdict)
    now = "; đang được tính thay báo cáo đã chốt" if late.counts else ""
    return {
        "unit": late.name or "Không rõ đơn vị",
        "field": "Báo cáo của đơn vị",
        "new": f"{verdict[:1].upper()}{verdict[1:]}{now}",
        "cause": _CAUSES["return"],
        **_origin(late.source),
    }


def _change(change: ChangedCell, c: Consolidation, percents: set[str]) -> Cells:
    known = change.new or change.old
    assert known is not None  # a change has one of the two
    place = change.new or Value(change.table, change.key, change.field, "", None, "", "")
    title = table_title(c.schema, change.table)
    return {
        "unit": change.name,
        "key": "" if change.key == change.table else change.key,
        "field": f"{field_title(c.schema, known)} ({title})",
        "old": _words(change.old, c, percents),
        "new": _words(change.new, c, percents),
        "cause": _CAUSES[change.cause],
        **(_origin(change.source) if change.source else {}),
        "sheet": place.sheet,
        "cell": place.cell,
    }


def _words(value: Value | None, c: Consolidation, percents: set[str]) -> str:
    return _BLANK if value is None else shown(value, c.schema, percent=value.key in percents)


def _origin(source: Source) -> Cells:
    return {"file": source.name, "received": moment_words(source.received_at), "sha": source.sha256}
