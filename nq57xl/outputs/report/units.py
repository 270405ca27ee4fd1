"""The sheets about units: "Theo đơn vị", "Tình hình nộp báo cáo" (every file that came), and those of noi-bo.xlsx.

Received, valid and accepted are three things.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator

from nq57xl.ledger.model import UnitStatus
from nq57xl.outputs.report.sheet_parts import SHEETS, Cells, heading, list_sheet, source_link
from nq57xl.results.model import Consolidation, UnitReport
from nq57xl.results.overview import figures
from nq57xl.results.quality import DECIMALS, Score, scores
from nq57xl.results.wording import BASES, STATES, VERDICTS
from nq57xl.rules.load import Quality
from nq57xl.rules.schema import vietnamese_date, vietnamese_number
from nq57xl.text.clock import moment_words
from nq57xl.xlsx.pages import (
    Formula,
    Number,
    PlacedSheet,
    ReportColumn,
    ReportLine,
    ReportSheet,
    letters_of_column,
)

YES, NO = "Có", "Không"
_DASH = '0;-0;"-"'


def submission_page(c: Consolidation) -> ReportSheet:
    """The page; one line for each unit, then every file that came."""
    note = (
        f"Hạn các đơn vị nộp báo cáo: hết ngày {c.status.due:%d/%m/%Y}. «Đã nhận»: có tệp gửi đến; «Hợp lệ»: lần gửi "
        "mới nhất không còn điểm phải sửa; «Được chấp nhận»: đã có báo cáo được đưa vào bản tổng hợp này."
    )
    lines = (*_submission_lines(c), *_attempts(c), *_other_lines(c))
    return list_sheet(SHEETS["submissions"], heading(c, "TÌNH HÌNH NỘP BÁO CÁO"), lines, note)


def _submission_lines(c: Consolidation) -> Iterator[ReportLine]:
    for number, report in enumerate(c.units, start=1):
        unit = report.status
        received = unit.newest is not None or bool(unit.excluded)
        valid = unit.newest is not None and unit.newest.judged.verdict in ("accepted", "accepted_with_warnings")
        cells: Cells = {
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
        yield ReportLine("row", cells, anchors=(f"submission|{unit.code}",))


def _other_lines(c: Consolidation) -> Iterator[ReportLine]:
    """Signed copies, what is to be compared between units, files that are no form: a paragraph each."""
    names = {report.status.code: report.status.name for report in c.units}
    strangers = []
    for judged in (item.judged for item in c.status.unrecognised):
        reasons = " ".join(finding.message for finding in judged.findings if finding.severity == "error")
        came = f"{judged.source.name} (nhận {moment_words(judged.source.received_at)}). "
        strangers.append(f"{came}{reasons}".strip())
    blocks = {
        # scans with number, day and signature: filed, never read
        "Bản ký lưu cùng báo cáo": [
            f"{names.get(copy.unit, copy.unit)}: {copy.file}, lưu {moment_words(copy.at)}, mã băm {copy.sha256}"
            for copy in c.status.signed
        ],
        "Nội dung cần đối chiếu giữa các đơn vị": [
            f"{finding.message} {finding.fix}".strip() for finding in c.status.period_findings
        ],
        "Tệp nhận được nhưng không phải biểu mẫu đã phát hành": strangers,
    }
    for title, texts in blocks.items():
        if texts:
            yield from _block(title)
            yield from (ReportLine("para", {"number": f"{n}. {text}"}) for n, text in enumerate(texts, start=1))


def _state_words(report: UnitReport) -> str:
    """Where a unit's report stands, with what speaks against it."""
    unit = report.status
    words = STATES[unit.state]
    if unit.state == "rejected" and unit.errors:
        words += f" ({unit.errors} điểm phải sửa)"
    if unit.state == "accepted_with_warnings" and unit.warnings:
        words += f" ({unit.warnings} điểm nên xem lại)"
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
    attempts = [(report.status.name, attempt) for report in c.units for attempt in report.status.attempts]
    if not attempts:
        return
    yield from _block("Các lần gửi của từng đơn vị")
    heads = {
        "number": "TT",
        "unit": "Đơn vị",
        "received": "Kết quả kiểm tra",
        "moment": "Thời điểm nhận",
        "basis": "Căn cứ thời điểm",
        "on_time": "Phải sửa",
        "late": "Nên xem lại",
        "state": "Tệp",
        "prepared": "Ghi chú",
        "sha": "Mã băm SHA-256",
    }
    spans = {"received": "accepted", "prepared": "signed"}
    yield ReportLine("head", heads, spans=spans)
    for number, (name, attempt) in enumerate(attempts, start=1):
        verdict = VERDICTS[attempt.verdict]
        cells: Cells = {
            "number": str(number),
            "unit": name,
            "received": f"{verdict[:1].upper()}{verdict[1:]}",
            "moment": moment_words(attempt.received_at),
            "basis": BASES[attempt.received_basis],
            "on_time": Number(attempt.errors, _DASH),
            "late": Number(attempt.warnings, _DASH),
            "state": attempt.name,
            "prepared": f"Không đưa vào tổng hợp: {attempt.excluded}" if attempt.excluded else "",
            "sha": attempt.sha256,
        }
        yield ReportLine("row", cells, spans=spans)


def _block(title: str) -> Iterator[ReportLine]:
    yield ReportLine("space", height=10)
    yield ReportLine("group", {"number": title})


_HEAD = 5
"""Row of the headings of "Theo đơn vị", from 1: title, report, note and band stand above them."""


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
    top, lines = heading(c, "KẾT QUẢ VÀ TÌNH HÌNH BÁO CÁO THEO ĐƠN VỊ"), _unit_lines(c, plan, sheet.columns)
    return list_sheet(sheet, top, lines, note, band=band, sparing=False)


def _unit_lines(c: Consolidation, plan: PlacedSheet, columns: tuple[ReportColumn, ...]) -> Iterator[ReportLine]:
    units, stages = figures(c).units, {f"s{i}": words for i, words in enumerate(c.stages)}
    heads = {name: f"${letters_of_column(columns, name)}${_HEAD}" for name in stages}
    reports = {report.status.code: report for report in c.units}
    asked = Counter(item.unit for row in c.tasks for item in row.contributions)
    told = Counter(item.unit for row in c.tasks for item in row.contributions if item.state == "text")
    sums: Counter[str] = Counter()
    for number, unit in enumerate(units, start=1):
        copies = [f"Bản ký: {copy.file}" for copy in c.status.signed if copy.unit == unit.code]
        cells = _report_cells(reports.get(unit.code), copies)
        cells |= {"number": str(number), "unit": unit.title, "code": unit.code}
        code = f"${letters_of_column(columns, 'code')}{_HEAD + number}"
        counts = {name: unit.stages.get(words, 0) for name, words in stages.items()}
        cells["led"] = Formula(plan.count(unit=code), unit.total)
        cells |= {name: Formula(plan.count(unit=code, stage=heads[name]), count) for name, count in counts.items()}
        supported = {"asked": asked[unit.code], "told": told[unit.code]}
        cells |= {name: Number(count, _DASH) for name, count in supported.items()}
        sums.update({"led": unit.total, **counts, **supported})
        # where a unit that supports nothing said "không phát sinh"
        anchors = (f"statement|{unit.code}|statement", f"signoff|{unit.code}|signoff")
        yield ReportLine("row", cells, anchors=anchors)
    totals: Cells = {"unit": "Cộng theo đơn vị"}
    for name, value in sums.items():
        letter = letters_of_column(columns, name)
        totals[name] = Formula(f"SUM({letter}{_HEAD + 1}:{letter}{_HEAD + len(units)})", value)
    if units:
        yield ReportLine("total", totals)


def _report_cells(report: UnitReport | None, copies: list[str]) -> Cells:
    """`copies`: signed ones, named under the people."""
    if report is None:
        return {"state": "Ngoài diện gửi biểu", **({"people": "\n".join(copies)} if copies else {})}
    unit = report.status
    people = [text.replace("\n", ", ") for text in (_person(report, "prepared"), _person(report, "approved")) if text]
    signed = _signed_day(report)
    return {
        "state": _state_words(report),
        **_told_of(unit),
        "people": "\n".join([*people, *([f"Duyệt ngày {signed}"] if signed else []), *copies]),
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


def internal_page(c: Consolidation) -> ReportSheet:
    """The page: one line for each unit that reports."""
    note = "Chỉ dùng trong cơ quan để liên hệ về báo cáo; không gửi kèm báo cáo tổng hợp."
    fields, lines = ("prepared_by", "prepared_position", "phone", "email", "approved_by"), []
    for number, report in enumerate(c.units, start=1):
        unit = report.status
        cells: Cells = {"number": str(number), "unit": unit.name, "unit_email": unit.email, "state": STATES[unit.state]}
        cells |= {name: report.text(name) for name in fields}
        cells["source"] = source_link(unit.code, "signoff", "signoff")
        lines.append(ReportLine("row", cells, anchors=(f"signoff|{unit.code}|signoff",)))
    return list_sheet(SHEETS["internal"], heading(c, "ĐẦU MỐI LIÊN HỆ VỀ BÁO CÁO (LƯU HÀNH NỘI BỘ)"), lines, note)


_LIGHTS = {"green": "Xanh", "yellow": "Vàng", "red": "Đỏ", "": "Không có gì để đo"}
_ONE_DECIMAL = f"0.{'0' * DECIMALS}"


def quality_page(c: Consolidation, quality: Quality) -> ReportSheet:
    """The page: units with their six scores, then every rule with its weight and what was counted."""
    principles = (ReportColumn(item.code, item.title, 10, "center") for item in quality.principles)
    weights = ", ".join(f"{item.title.lower()} {vietnamese_number(item.weight)}" for item in quality.principles)
    green, yellow = vietnamese_number(quality.green), vietnamese_number(quality.yellow)
    notes = (
        "Cách tính: mỗi tiêu chí là tỷ lệ phần trăm đạt trong số đo được; điểm nguyên tắc = Σ(tiêu chí × trọng số) / "
        f"Σ(trọng số), điểm chung tính như vậy từ sáu nguyên tắc (trọng số: {weights}). Tiêu chí không có gì để đo thì "
        "không tính. Đo trên lần gửi đầu tiên của mỗi đơn vị trong kỳ, đúng như khi nhận, trước khi trả lại, biên tập.",
        f"Xếp mức: xanh từ {green} điểm, vàng từ {yellow} đến dưới {green}, đỏ dưới {yellow}; mã nhận dạng phải đạt "
        "100%, không đạt thì xếp đỏ. Điểm để đơn vị tự hoàn thiện số liệu, không thay đánh giá kết quả công việc.",
    )
    top = heading(c, "ĐIỂM CHẤT LƯỢNG SỐ LIỆU BÁO CÁO (LƯU HÀNH NỘI BỘ)")
    return list_sheet(SHEETS["quality"].with_columns("total", *principles), top, _quality_lines(c, quality), *notes)


def _quality_lines(c: Consolidation, quality: Quality) -> Iterator[ReportLine]:
    """Every unit with its scores; then every rule under its principle: weight, and what was counted over all units."""
    *units, overall = scores(c, quality)
    for number, score in enumerate(units, start=1):
        yield ReportLine("row", {"number": str(number), **_quality_cells(score)})
    yield ReportLine("total", _quality_cells(overall))
    yield ReportLine("space", height=10)
    names = [item.code for item in quality.principles]
    heads = dict(zip(names, ("Trọng số", "Đạt", "Tổng số", "Tỷ lệ (%)"), strict=False))
    yield ReportLine("head", {"number": "TT", "unit": "Tiêu chí (tính chung các đơn vị)", **heads})
    for principle in quality.principles:
        yield ReportLine("section", {"number": "", "unit": principle.title})
        for number, rule in enumerate(principle.rules, start=1):
            count, weight = overall.counts[rule.code], rule.weight
            shown = (
                Number(weight, "0" if weight == int(weight) else "0.0#"),
                Number(count.good, "0"),
                Number(count.whole, "0"),
                "không đo" if count.percent is None else Number(count.percent, _ONE_DECIMAL),
            )
            cells = {"number": str(number), "unit": rule.title, **dict(zip(names, shown, strict=False))}
            yield ReportLine("row", cells)


def _quality_cells(score: Score) -> Cells:
    cells: Cells = {"unit": score.name, "light": _LIGHTS[score.light]}
    for code, value in (*score.principles.items(), ("total", score.total)):
        cells[code] = None if value is None else Number(value, _ONE_DECIMAL)
    return cells
