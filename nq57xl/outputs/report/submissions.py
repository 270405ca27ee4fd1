"""The sheet "Tình hình nộp báo cáo" of nguon-so-lieu.xlsx: received, valid and accepted are three things; all files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from nq57xl.outputs.report.sheet_parts import Cells, list_sheet
from nq57xl.results.consolidation import Consolidation, UnitReport
from nq57xl.results.wording import BASES, STATES, VERDICTS, excluded_words, moment_words
from nq57xl.rules.schema import vietnamese_date
from nq57xl.xlsx.pages import Number, ReportColumn, ReportLine, ReportSheet

NAME = "Tình hình nộp báo cáo"
YES, NO = "Có", "Không"
COLUMNS = (
    ReportColumn("number", "TT", 5, "center"),
    ReportColumn("unit", "Đơn vị", 22),
    ReportColumn("received", "Đã nhận", 8, "center"),
    ReportColumn("valid", "Hợp lệ", 8, "center"),
    ReportColumn("accepted", "Được chấp nhận", 9, "center"),
    ReportColumn("moment", "Thời điểm nhận", 12, "center"),
    ReportColumn("basis", "Căn cứ thời điểm", 13),
    ReportColumn("on_time", "Đúng hạn", 8, "center"),
    ReportColumn("late", "Số ngày chậm", 8, "center"),
    ReportColumn("state", "Tình trạng", 20),
    ReportColumn("prepared", "Người lập", 14),
    ReportColumn("approved", "Người duyệt", 14),
    ReportColumn("signed", "Ngày duyệt", 11, "center"),
    ReportColumn("code", "Mã đơn vị", 10, printed=False),
    ReportColumn("file", "Tệp", 40, printed=False),
    ReportColumn("sha", "Mã băm SHA-256", 66, printed=False),
)


def submission_page(c: Consolidation) -> ReportSheet:
    """The page; one line for each unit, then every file that came."""
    note = (
        f"Hạn các đơn vị nộp báo cáo: hết ngày {c.status.due:%d/%m/%Y}. «Đã nhận»: có tệp gửi đến; «Hợp lệ»: lần gửi "
        "mới nhất không còn điểm phải sửa; «Được chấp nhận»: đã có báo cáo được đưa vào bản tổng hợp này."
    )
    return list_sheet(c, NAME, COLUMNS, "TÌNH HÌNH NỘP BÁO CÁO", _lines(c), note)


def _lines(c: Consolidation) -> Iterator[ReportLine]:
    for number, report in enumerate(c.units, start=1):
        yield ReportLine("row", _cells(report, number), anchors=(f"submission|{report.status.code}",))
    yield from _attempts(c)
    yield from _signed(c)
    yield from _findings(c)
    yield from _strangers(c)


def _cells(report: UnitReport, number: int) -> Cells:
    unit = report.status
    received = unit.newest is not None or bool(unit.excluded)
    valid = unit.newest is not None and unit.newest.judged.verdict in ("accepted", "accepted_with_warnings")
    return {
        "number": str(number),
        "unit": unit.name,
        "received": YES if received else NO,
        "valid": YES if valid else (NO if received else ""),
        "accepted": YES if unit.counting is not None else NO,
        "moment": moment_words(unit.received_at),
        "basis": BASES[unit.received_basis] if unit.received_basis else "",
        "on_time": "" if unit.on_time is None else (YES if unit.on_time else NO),
        "late": Number(unit.days_late, "0") if unit.on_time is not None else None,
        "state": state_words(report),
        "prepared": person(report, "prepared"),
        "approved": person(report, "approved"),
        "signed": signed_day(report),
        "code": unit.code,
        "file": unit.file,
        "sha": unit.sha256,
    }


def state_words(report: UnitReport) -> str:
    """Where a unit's report stands, with what speaks against it."""
    unit = report.status
    words = STATES[unit.state]
    counts = []
    if unit.state == "rejected" and unit.errors:
        counts.append(f"{unit.errors} điểm phải sửa")
    if unit.state == "accepted_with_warnings" and unit.warnings:
        counts.append(f"{unit.warnings} điểm nên xem lại")
    if counts:
        words += f" ({', '.join(counts)})"
    if unit.counting is not None and unit.newest is not None and unit.newest.id != unit.counting.id:
        verdict = VERDICTS[unit.newest.judged.verdict]
        words += f". Lần gửi mới nhất {moment_words(unit.newest.judged.source.received_at)} {verdict}"
    return f"{words}. {excluded_words(unit)}" if unit.excluded else words


def person(report: UnitReport, role: str) -> str:
    """Who "prepared" or "approved" a unit's report, name over position."""
    return "\n".join(text for text in (report.text(f"{role}_by"), report.text(f"{role}_position")) if text)


def signed_day(report: UnitReport) -> str:
    """The day of the sign-off; "" for none."""
    value = report.signoff.get("signed_on")
    return "" if value is None else vietnamese_date(value.value) if isinstance(value.value, dt.date) else value.typed


def _attempts(c: Consolidation) -> Iterator[ReportLine]:
    """Every file that came, those sent back and left out too: nothing that was handed in is passed over."""
    if not any(report.status.attempts for report in c.units):
        return
    yield ReportLine("space", height=10)
    yield ReportLine("group", {"number": "Các lần gửi của từng đơn vị"})
    heads = {"number": "TT", "unit": "Đơn vị", "received": "Kết quả kiểm tra", "moment": "Thời điểm nhận"}
    heads |= {
        "basis": "Căn cứ thời điểm",
        "on_time": "Phải sửa",
        "late": "Nên xem lại",
        "state": "Tệp",
        "prepared": "Ghi chú",
    }
    spans = {"received": "accepted", "prepared": "signed"}
    yield ReportLine("head", {**heads, "sha": "Mã băm SHA-256"}, spans=spans)
    number = 0
    for report in c.units:
        for attempt in report.status.attempts:
            number += 1
            verdict = VERDICTS[attempt.verdict]
            cells: Cells = {
                "number": str(number),
                "unit": report.status.name,
                "received": f"{verdict[:1].upper()}{verdict[1:]}",
                "moment": moment_words(attempt.received_at),
                "basis": BASES[attempt.received_basis],
                "on_time": Number(attempt.errors, '0;-0;"-"'),
                "late": Number(attempt.warnings, '0;-0;"-"'),
                "state": attempt.name,
                "prepared": f"Không đưa vào tổng hợp: {attempt.excluded}" if attempt.excluded else "",
                "sha": attempt.sha256,
            }
            yield ReportLine("row", cells, spans=spans)


def _signed(c: Consolidation) -> Iterator[ReportLine]:
    """Scans with number, day and signature: filed, never read."""
    if not c.status.signed:
        return
    yield ReportLine("space", height=10)
    yield ReportLine("group", {"number": "Bản ký lưu cùng báo cáo"})
    names = {report.status.code: report.status.name for report in c.units}
    for number, copy in enumerate(c.status.signed, start=1):
        text = f"{number}. {names.get(copy.unit, copy.unit)}: {copy.file}, lưu {moment_words(copy.at)}"
        yield ReportLine("para", {"number": f"{text}, mã băm {copy.sha256}"})


def _findings(c: Consolidation) -> Iterator[ReportLine]:
    if not c.status.period_findings:
        return
    yield ReportLine("space", height=10)
    yield ReportLine("group", {"number": "Nội dung cần đối chiếu giữa các đơn vị"})
    for number, finding in enumerate(c.status.period_findings, start=1):
        yield ReportLine("para", {"number": f"{number}. {finding.message} {finding.fix}".strip()})


def _strangers(c: Consolidation) -> Iterator[ReportLine]:
    if not c.status.unrecognised:
        return
    yield ReportLine("space", height=10)
    yield ReportLine("group", {"number": "Tệp nhận được nhưng không phải biểu mẫu đã phát hành"})
    for number, record in enumerate(c.status.unrecognised, start=1):
        source = record.judged.source
        reasons = " ".join(finding.message for finding in record.judged.findings if finding.severity == "error")
        text = f"{number}. {source.name} (nhận {moment_words(source.received_at)}). {reasons}".strip()
        yield ReportLine("para", {"number": text})
