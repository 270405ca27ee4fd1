"""The sheets about units: "Theo đơn vị", "Tình hình nộp báo cáo" (every file that came), and those of noi-bo.xlsx.

Received, valid and accepted are three things.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from nq57xl.ledger.model import UnitStatus
from nq57xl.outputs.report.sheet_parts import SHEETS, Cells, list_sheet, source_link
from nq57xl.results.model import Consolidation, UnitReport
from nq57xl.results.overview import RowCounts, figures
from nq57xl.results.quality import DECIMALS, GoodOfAll, Score, scores
from nq57xl.results.wording import BASES, STATES, VERDICTS
from nq57xl.rules.load import Quality
from nq57xl.rules.schema import vietnamese_date, vietnamese_number
from nq57xl.text.clock import moment_words
from nq57xl.xlsx.pages import (
    CellContent,
    Formula,
    Number,
    PlacedSheet,
    ReportColumn,
    ReportLine,
    ReportSheet,
    letter_of,
)

_SUBMISSIONS = SHEETS["submissions"]
YES, NO = "Có", "Không"


def submission_page(c: Consolidation) -> ReportSheet:
    """The page; one line for each unit, then every file that came."""
    note = (
        f"Hạn các đơn vị nộp báo cáo: hết ngày {c.status.due:%d/%m/%Y}. «Đã nhận»: có tệp gửi đến; «Hợp lệ»: lần gửi "
        "mới nhất không còn điểm phải sửa; «Được chấp nhận»: đã có báo cáo được đưa vào bản tổng hợp này."
    )
    return list_sheet(c, _SUBMISSIONS, "TÌNH HÌNH NỘP BÁO CÁO", _submission_lines(c), note)


def _submission_lines(c: Consolidation) -> Iterator[ReportLine]:
    for number, report in enumerate(c.units, start=1):
        yield ReportLine("row", _submission_cells(report, number), anchors=(f"submission|{report.status.code}",))
    yield from _attempts(c)
    yield from _signed(c) if c.status.signed else ()
    yield from _findings(c) if c.status.period_findings else ()
    yield from _strangers(c) if c.status.unrecognised else ()


def _submission_cells(report: UnitReport, number: int) -> Cells:
    unit = report.status
    received = unit.newest is not None or bool(unit.excluded)
    valid = unit.newest is not None and unit.newest.judged.verdict in ("accepted", "accepted_with_warnings")
    return {
        "number": str(number),
        "unit": unit.name,
        "valid": YES if valid else (NO if received else ""),
        **_told_of(unit),
        "late": Number(unit.days_late, "0") if unit.on_time is not None else None,
        "basis": BASES[unit.received_basis] if unit.received_basis else "",
        "state": _state_words(report),
        "prepared": _person(report, "prepared"),
        "approved": _person(report, "approved"),
        "signed": _signed_day(report),
        "code": unit.code,
        "file": unit.file,
        "sha": unit.sha256,
    }


def _state_words(report: UnitReport) -> str:
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
    return f"{words}. {unit.excluded_words}" if unit.excluded else words


def _person(report: UnitReport, role: str) -> str:
    """Who "prepared" or "approved" a unit's report, name over position."""
    return "\n".join(text for text in (report.text(f"{role}_by"), report.text(f"{role}_position")) if text)


def _signed_day(report: UnitReport) -> str:
    """The day of the sign-off; "" for none."""
    value = report.signoff.get("signed_on")
    return "" if value is None else vietnamese_date(value.value) if isinstance(value.value, dt.date) else value.typed


def _attempts(c: Consolidation) -> Iterator[ReportLine]:
    """Every file that came, those sent back and left out too: nothing that was handed in is passed over."""
    if not any(report.status.attempts for report in c.units):
        return
    yield from _block("Các lần gửi của từng đơn vị")
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
    names = {report.status.code: report.status.name for report in c.units}
    texts = (
        f"{names.get(copy.unit, copy.unit)}: {copy.file}, lưu {moment_words(copy.at)}, mã băm {copy.sha256}"
        for copy in c.status.signed
    )
    yield from _block("Bản ký lưu cùng báo cáo", *texts)


def _findings(c: Consolidation) -> Iterator[ReportLine]:
    texts = (f"{finding.message} {finding.fix}".strip() for finding in c.status.period_findings)
    yield from _block("Nội dung cần đối chiếu giữa các đơn vị", *texts)


def _strangers(c: Consolidation) -> Iterator[ReportLine]:
    texts = []
    for record in c.status.unrecognised:
        source = record.judged.source
        reasons = " ".join(finding.message for finding in record.judged.findings if finding.severity == "error")
        texts.append(f"{source.name} (nhận {moment_words(source.received_at)}). {reasons}".strip())
    yield from _block("Tệp nhận được nhưng không phải biểu mẫu đã phát hành", *texts)


def _block(title: str, *texts: str) -> Iterator[ReportLine]:
    """A heading with a numbered paragraph for each text."""
    yield ReportLine("space", height=10)
    yield ReportLine("group", {"number": title})
    yield from (ReportLine("para", {"number": f"{number}. {text}"}) for number, text in enumerate(texts, start=1))


_HEAD = 5
"""Row of the headings of "Theo đơn vị", from 1: title, report, note and band stand above them."""
_DASH = '0;-0;"-"'


def unit_page(c: Consolidation, plan: PlacedSheet) -> ReportSheet:
    """The page; its counts are formulas over the lines of the placed plan, and the overview counts its rows."""
    stages = (ReportColumn(f"s{i}", words, 7.5, "center") for i, words in enumerate(c.stages))
    sheet = SHEETS["units"].with_columns("asked", *stages)
    note = (
        f"Hạn các đơn vị nộp báo cáo: hết ngày {c.status.due:%d/%m/%Y}. Nhiệm vụ có nhiều đơn vị chủ trì được đếm ở "
        "từng đơn vị theo báo cáo của chính đơn vị đó, nên cộng các đơn vị có thể lớn hơn số đầu việc của kế hoạch. "
        "Các lần gửi, tệp và mã băm: xem nguon-so-lieu.xlsx."
    )
    band: Cells = {"number": "", "state": "NỘP BÁO CÁO", "led": "ĐẦU VIỆC CHỦ TRÌ", "asked": "PHỐI HỢP"}
    lines = _lines(c, plan, sheet.columns)
    return list_sheet(c, sheet, "KẾT QUẢ VÀ TÌNH HÌNH BÁO CÁO THEO ĐƠN VỊ", lines, note, band=band, sparing=False)


def _lines(c: Consolidation, plan: PlacedSheet, columns: tuple[ReportColumn, ...]) -> Iterator[ReportLine]:
    f, stages = figures(c), c.stages
    reports = {report.status.code: report for report in c.units}
    support = _support(c)
    for number, unit in enumerate(f.units, start=1):
        asked, told = support.get(unit.code, (0, 0))
        cells = _report_cells(reports.get(unit.code))
        copies = [f"Bản ký: {copy.file}" for copy in c.status.signed if copy.unit == unit.code]
        cells |= {"people": "\n".join([str(cells.get("people") or ""), *copies]).strip()} if copies else {}
        cells |= {"number": str(number), "unit": unit.title, "code": unit.code}
        cells |= {"asked": Number(asked, _DASH), "told": Number(told, _DASH)}
        counts = _counts(unit, stages, plan, columns, _HEAD + number)
        # where a unit that supports nothing said "không phát sinh"
        anchors = (f"statement|{unit.code}|statement", f"signoff|{unit.code}|signoff")
        yield ReportLine("row", cells | counts, anchors=anchors)
    if f.units:
        yield ReportLine("total", _sums(f.units, stages, columns, support))


def _counts(
    unit: RowCounts, stages: tuple[str, ...], plan: PlacedSheet, columns: tuple[ReportColumn, ...], row: int
) -> Cells:
    """Live counts of the unit's own lines; `row` is the number of the line, from 1."""
    code = f"${letter_of(columns, 'code')}{row}"
    cells: Cells = {"led": Formula(plan.count(unit=code), unit.total)}
    for index, words in enumerate(stages):
        head = f"${letter_of(columns, f's{index}')}${_HEAD}"
        cells[f"s{index}"] = Formula(plan.count(unit=code, stage=head), unit.stages.get(words, 0))
    return cells


def _report_cells(report: UnitReport | None) -> Cells:
    if report is None:
        return {"state": "Ngoài diện gửi biểu"}
    unit = report.status
    people = [text.replace("\n", ", ") for text in (_person(report, "prepared"), _person(report, "approved")) if text]
    signed = _signed_day(report)
    return {
        "state": _state_words(report),
        **_told_of(unit),
        "people": "\n".join([*people, *([f"Duyệt ngày {signed}"] if signed else [])]),
        "source": source_link(unit.code, "signoff", "signoff") if unit.counting is not None else None,
        "expected": YES,
    }


def _told_of(unit: UnitStatus) -> Cells:
    """Whether and when the unit reported: what both pages show."""
    return {
        "received": YES if unit.newest is not None or unit.excluded else NO,
        "accepted": YES if unit.counting is not None else NO,
        "moment": moment_words(unit.received_at),
        "on_time": "" if unit.on_time is None else (YES if unit.on_time else NO),
        "late": Number(unit.days_late, _DASH) if unit.on_time is not None else None,
    }


def _support(c: Consolidation) -> dict[str, tuple[int, int]]:
    """Unit -> rows that it supports, and those on which it told something."""
    counts: dict[str, tuple[int, int]] = {}
    for row in c.tasks:
        for item in row.contributions:
            asked, told = counts.get(item.unit, (0, 0))
            counts[item.unit] = (asked + 1, told + (item.state == "text"))
    return counts


def _sums(
    units: tuple[RowCounts, ...],
    stages: tuple[str, ...],
    columns: tuple[ReportColumn, ...],
    support: dict[str, tuple[int, int]],
) -> Cells:
    values = {"led": sum(unit.total for unit in units)}
    values |= {f"s{i}": sum(unit.stages.get(words, 0) for unit in units) for i, words in enumerate(stages)}
    shown = [support.get(unit.code, (0, 0)) for unit in units]
    values |= {"asked": sum(asked for asked, _ in shown), "told": sum(told for _, told in shown)}
    cells: Cells = {"unit": "Cộng theo đơn vị"}
    for name, value in values.items():
        letter = letter_of(columns, name)
        cells[name] = Formula(f"SUM({letter}{_HEAD + 1}:{letter}{_HEAD + len(units)})", value)
    return cells


_CONTACTS = SHEETS["internal"]
_FIELDS = ("prepared_by", "prepared_position", "phone", "email", "approved_by")


def internal_page(c: Consolidation) -> ReportSheet:
    """The page: one line for each unit that reports."""
    note = "Chỉ dùng trong cơ quan để liên hệ về báo cáo; không gửi kèm báo cáo tổng hợp."
    lines = (
        ReportLine("row", _contact_cells(report, number), anchors=(f"signoff|{report.status.code}|signoff",))
        for number, report in enumerate(c.units, start=1)
    )
    return list_sheet(c, _CONTACTS, "ĐẦU MỐI LIÊN HỆ VỀ BÁO CÁO (LƯU HÀNH NỘI BỘ)", lines, note)


def _contact_cells(report: UnitReport, number: int) -> Cells:
    return {
        "number": str(number),
        "unit": report.status.name,
        "unit_email": report.status.email,
        "state": STATES[report.status.state],
        **{name: report.text(name) for name in _FIELDS},
        "source": source_link(report.status.code, "signoff", "signoff"),
    }


_LIGHTS = {"green": "Xanh", "yellow": "Vàng", "red": "Đỏ", "": "Không có gì để đo"}
_ONE_DECIMAL = f"0.{'0' * DECIMALS}"


def quality_page(c: Consolidation, quality: Quality) -> ReportSheet:
    """The page: units with their six scores, then every rule with its weight and what was counted."""
    principles = (ReportColumn(item.code, item.title, 10, "center") for item in quality.principles)
    sheet = SHEETS["quality"].with_columns("total", *principles)
    title = "ĐIỂM CHẤT LƯỢNG SỐ LIỆU BÁO CÁO (LƯU HÀNH NỘI BỘ)"
    return list_sheet(c, sheet, title, _quality_lines(c, quality), *_notes(quality))


def _quality_lines(c: Consolidation, quality: Quality) -> Iterator[ReportLine]:
    *units, overall = scores(c, quality)
    for number, score in enumerate(units, start=1):
        yield ReportLine("row", {"number": str(number), **_quality_cells(score)})
    yield ReportLine("total", _quality_cells(overall))
    yield ReportLine("space", height=10)
    yield from _rules(quality, overall)


def _notes(quality: Quality) -> Iterator[str]:
    weights = ", ".join(f"{item.title.lower()} {vietnamese_number(item.weight)}" for item in quality.principles)
    yield (
        "Cách tính: mỗi tiêu chí là tỷ lệ phần trăm đạt trong số đo được; điểm nguyên tắc = Σ(tiêu chí × trọng số) / "
        f"Σ(trọng số), điểm chung tính như vậy từ sáu nguyên tắc (trọng số: {weights}). Tiêu chí không có gì để đo thì "
        "không tính. Đo trên lần gửi đầu tiên của mỗi đơn vị trong kỳ, đúng như khi nhận, trước khi trả lại, biên tập."
    )
    yield (
        f"Xếp mức: xanh từ {vietnamese_number(quality.green)} điểm, vàng từ {vietnamese_number(quality.yellow)} đến "
        f"dưới {vietnamese_number(quality.green)}, đỏ dưới {vietnamese_number(quality.yellow)}; mã nhận dạng phải đạt "
        "100%, không đạt thì xếp đỏ. Điểm để đơn vị tự hoàn thiện số liệu, không thay đánh giá kết quả công việc."
    )


def _quality_cells(score: Score) -> Cells:
    cells: Cells = {"unit": score.name, "light": _LIGHTS[score.light]}
    for code, value in (*score.principles.items(), ("total", score.total)):
        cells[code] = None if value is None else Number(value, _ONE_DECIMAL)
    return cells


def _rules(quality: Quality, overall: Score) -> Iterator[ReportLine]:
    """Every rule under its principle: weight, and what was counted over all units."""
    names = [item.code for item in quality.principles]
    heads = dict(zip(names, ("Trọng số", "Đạt", "Tổng số", "Tỷ lệ (%)"), strict=False))
    yield ReportLine("head", {"number": "TT", "unit": "Tiêu chí (tính chung các đơn vị)", **heads})
    for principle in quality.principles:
        yield ReportLine("section", {"number": "", "unit": principle.title})
        for number, rule in enumerate(principle.rules, start=1):
            shown = _counted(overall.counts[rule.code], rule.weight)
            yield ReportLine(
                "row", {"number": str(number), "unit": rule.title, **dict(zip(names, shown, strict=False))}
            )


def _counted(count: GoodOfAll, weight: float) -> tuple[CellContent, ...]:
    value = count.percent
    ratio = "không đo" if value is None else Number(value, _ONE_DECIMAL)
    return (
        Number(weight, "0" if weight == int(weight) else "0.0#"),
        Number(count.good, "0"),
        Number(count.whole, "0"),
        ratio,
    )
