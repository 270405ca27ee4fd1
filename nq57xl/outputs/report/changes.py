"""What moved: the sheet "So với kỳ trước"; and "Bổ sung sau chốt", every cell that is otherwise than when closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from nq57xl.forms.model import Source
from nq57xl.ledger.model import Addendum
from nq57xl.outputs.report.plan_results import gap_cell, result_cell
from nq57xl.outputs.report.sheet_parts import SHEETS, Cells, heading, list_sheet
from nq57xl.results.comparison import IndicatorChange, PeriodComparison
from nq57xl.results.model import MISSED, REACHED, UNDER_WAY, Consolidation
from nq57xl.results.wording import VERDICTS, field_title, shown, table_title
from nq57xl.text.clock import moment_words
from nq57xl.xlsx.pages import Number, ReportLine, ReportSheet

_SHEET = SHEETS["changes"]


def change_page(c: Consolidation, compared: PeriodComparison) -> ReportSheet:
    """The page of a consolidation and its comparison with the period before: how many rows moved, then each of them."""
    parts = (
        (compared.newly_done, "mới hoàn thành"),
        (compared.newly_overdue, "mới quá hạn"),
        (compared.moved("raised"), "tăng tỷ lệ"),
        (compared.moved("lowered"), "giảm tỷ lệ"),
        (compared.moved("moved"), "chuyển mức tiến độ"),
        (compared.moved("same"), "không thay đổi"),
        (compared.moved("silent"), "kỳ này chưa có báo cáo"),
        (compared.moved("new"), "mới đưa vào kế hoạch"),
        (compared.moved("dropped"), "không còn trong kế hoạch"),
    )
    told = ", ".join(f"{len(rows):02d} đầu việc {words}" for rows, words in parts if rows)
    before, now = compared.before.title, c.period.title
    lines = (
        ReportLine("title", {"number": "SO VỚI KỲ TRƯỚC"}),
        ReportLine("subtitle", {"number": f"{c.title}: {now} so với {before}"}),
        ReportLine("para", {"number": f"So với {before}: {told or 'không có đầu việc nào để so sánh'}."}),
        ReportLine("band", {"number": "", "old_progress": before.upper(), "progress": now.upper(), "change": ""}),
        ReportLine("head", {column.name: column.title for column in _SHEET.columns}),
        *_task_lines(c, compared),
        *_indicator_lines(c, compared.indicators),
    )
    return ReportSheet(_SHEET.name, _SHEET.columns, lines, paper="A3", filtered=True, frozen_columns=2)


def _task_lines(c: Consolidation, compared: PeriodComparison) -> Iterator[ReportLine]:
    section = None
    titles = {item.number: item.title for item in c.plan.sections}
    still = [row for row in compared.moved("same", "none") if not row.newly_overdue]
    rows = [row for row in compared.rows if row.newly_overdue or row.move not in ("same", "none")]
    for number, row in enumerate(rows, start=1):
        task = row.task
        if task.section != section and row.move != "dropped":
            section = task.section
            yield ReportLine("section", {"number": section, "code": titles.get(section, "")})
        cells: Cells = {"number": str(number), "code": task.cited_number, "work": task.own_work}
        cells |= {"change": row.words, "move": row.move}
        for prefix, stands in (("old_", row.before), ("", row.after)):
            progress, timeliness = stands.standing.words(c) if stands is not None else ("", "")
            percent = stands.percent if stands is not None else None
            cells |= {f"{prefix}progress": progress, f"{prefix}timeliness": timeliness}
            cells[f"{prefix}percent"] = None if percent is None else Number(percent, "0%")
        yield ReportLine("row", cells, 1)
    if still:
        yield ReportLine("section", {"number": "", "code": f"Không thay đổi: {len(still)} đầu việc"})
        codes = ", ".join(row.task.cited_number for row in still)
        yield ReportLine("row", {"code": codes, "move": "same"}, 1, spans={"code": "change"})


def _indicator_lines(c: Consolidation, indicators: Sequence[IndicatorChange]) -> Iterator[ReportLine]:
    """Each indicator that has a result in one of the periods; the others in one line."""
    if indicators:
        yield ReportLine("section", {"number": "", "code": "Chỉ tiêu"})
    silent = [item for item in indicators if item.before is None and item.after is None]
    told = [item for item in indicators if item not in silent]
    units, judged = Counter(item.indicator.code for item in told), {r.indicator.code for r in c.indicators if r.judged}
    for number, item in enumerate(told, start=1):
        indicator = item.indicator
        cells: Cells = {
            "number": str(number),
            "code": f"{indicator.group}.{indicator.number}",
            "work": indicator.indicator + (f" ({item.name})" if units[indicator.code] > 1 else ""),
            "old_progress": result_cell(item.before, item.measure, c),
            "old_timeliness": _reached(item.reached_before, UNDER_WAY),
            "progress": result_cell(item.after, item.measure, c),
            "timeliness": _reached(item.reached_after, MISSED if indicator.code in judged else UNDER_WAY),
            "change": gap_cell(item.difference, item.measure),
            "move": "indicator",
        }
        yield ReportLine("row", cells, 1)
    if silent:
        names = dict.fromkeys(f"{item.indicator.group}.{item.indicator.number}" for item in silent)
        words = f"Cả hai kỳ chưa có số liệu: chỉ tiêu {', '.join(names)}"
        yield ReportLine("row", {"code": words, "move": "no_data"}, 1, spans={"code": "change"})


def _reached(reached: bool | None, short: str) -> str:
    return "" if reached is None else (REACHED if reached else short)


_CAUSES = {
    "return": "Báo cáo nộp sau khi chốt",
    "edit": "Biên tập sau khi chốt",
    "decision": "Loại hoặc nhận lại báo cáo sau khi chốt",
}


def addendum_page(c: Consolidation, found: Addendum) -> ReportSheet:
    """The page of a closed period; nothing of it goes into the figures of the other sheets."""
    notes = []
    if c.closing is not None:
        reason = f" ({c.closing.reason})" if c.closing.reason else ""
        notes = [
            f"Số liệu được chốt lúc {moment_words(c.closing.at)}{reason}. Báo cáo giữ nguyên như khi chốt; trang này "
            "chỉ liệt kê những gì khác đi từ đó đến nay, từng ô một. Biểu mẫu kỳ sau in sẵn số liệu mới nhất đã được "
            "chấp nhận, không phải số liệu khi chốt."
        ]
        for path, sha256 in c.closing.outputs.items():
            if path.endswith("bao-cao-tong-hop.xlsx"):
                notes.append(f"Bản báo cáo khi chốt còn lưu trong thư mục archive, mã băm SHA-256 {sha256}.")
    top = heading(c, "NỘI DUNG BỔ SUNG SAU KHI CHỐT SỐ LIỆU")
    return list_sheet(SHEETS["addendum"], top, _addendum_lines(c, found), *notes)


def _addendum_lines(c: Consolidation, found: Addendum) -> Iterator[ReportLine]:
    if found.late:
        title = f"Báo cáo nộp sau khi chốt: {len(found.late)} lượt"
        yield ReportLine("section", {"number": "I", "unit": title})
    for number, late in enumerate(found.late, start=1):
        verdict = VERDICTS.get(late.verdict, late.verdict)
        now = "; đang được tính thay báo cáo đã chốt" if late.counts else ""
        told: Cells = {"number": str(number), "unit": late.name or "Không rõ đơn vị", "field": "Báo cáo của đơn vị"}
        told |= {"new": f"{verdict[:1].upper()}{verdict[1:]}{now}", "cause": _CAUSES["return"]}
        yield ReportLine("row", told | _origin(late.source))
    title = f"Thay đổi so với số liệu đã chốt: {len(found.changes)} ô"
    yield ReportLine("section", {"number": "II", "unit": title})
    for number, change in enumerate(found.changes, start=1):
        known = change.new or change.old
        assert known is not None  # a change has one of the two
        old, new = (
            "(để trống)" if value is None else shown(value, c.schema, percent=value.key in c.percents)
            for value in (change.old, change.new)
        )
        cells: Cells = {
            "number": str(number),
            "unit": change.name,
            "key": "" if change.key == change.table else change.key,
            "field": f"{field_title(c.schema, known)} ({table_title(c.schema, change.table)})",
            "old": old,
            "new": new,
            "cause": _CAUSES[change.cause],
            "sheet": change.new.sheet if change.new else "",
            "cell": change.new.cell if change.new else "",
        }
        yield ReportLine("row", cells | (_origin(change.source) if change.source else {}))


def _origin(source: Source) -> Cells:
    return {"file": source.name, "received": moment_words(source.received_at), "sha": source.sha256}
