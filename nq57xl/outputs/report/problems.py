"""The sheets "Chậm, vướng, giải trình" (late, at risk, due, difficult, to be explained) and "Đề xuất, kiến nghị"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from nq57xl.forms.model import Value
from nq57xl.ledger.model import AppliedEdit, UnitStatus
from nq57xl.outputs.report.sheet_parts import SHEETS, Cells, heading, labelled, list_sheet, source_link, standing_text
from nq57xl.plan.model import Period
from nq57xl.plan.periods import next_period
from nq57xl.results.model import Consolidation, FreeRow, IndicatorEntry, LeadEntry, TaskRow
from nq57xl.results.overview import NO_LEVEL
from nq57xl.results.standing import OFFICE
from nq57xl.results.wording import EDIT_KINDS, due_words, numbered, shown, table_title, work_of
from nq57xl.rules.findings import Finding
from nq57xl.rules.movement import explained_movement
from nq57xl.rules.schema import vietnamese_date
from nq57xl.text.clock import moment_words
from nq57xl.xlsx.pages import ReportLine, ReportSheet

_EDITS = {
    "applied": "đã dùng trong bản tổng hợp này",
    "outdated": "không dùng: đơn vị đã gửi số liệu khác",
    "unreported": "không dùng: đơn vị chưa có báo cáo được chấp nhận",
}
_WITHDRAWN = "Rút lại biên tập"
_WIDE = {"difficulties": "next_work"}
"""What no unit has answered is told over the columns of the answers."""


@frozen
class _PlanRows:
    """The plan's rows and indicators by code."""

    c: Consolidation
    tasks: Mapping[str, TaskRow]
    entries: Mapping[tuple[str, str], LeadEntry]
    """(unit, task code) -> what the unit reported."""
    indicators: Mapping[tuple[str, str], IndicatorEntry]
    names: Mapping[str, str]
    """Indicator code -> text."""

    @classmethod
    def of(cls, c: Consolidation) -> _PlanRows:
        return cls(
            c,
            {row.task.code: row for row in c.tasks},
            {(entry.unit, row.task.code): entry for row in c.tasks for entry in row.entries},
            {(entry.unit, row.indicator.code): entry for row in c.indicators for entry in row.entries},
            {row.indicator.code: row.indicator.indicator for row in c.indicators},
        )

    def place(self, table: str, key: str | None) -> Cells:
        """Number and text of a row, by its key."""
        row = self.tasks.get(key or "")
        if row is not None:
            return {"code": numbered(row.task), "work": work_of(row.task)}
        if key is not None and key in self.names:
            return {"code": key, "work": self.names[key]}
        return {"work": table_title(self.c.schema, table)} if table else {}

    def words(self, unit: str, key: str | None) -> Cells:
        """What the unit itself says of the row."""
        entry = self.entries.get((unit, key or ""))
        other = self.indicators.get((unit, key or ""))
        values: Mapping[str, Value] = entry.values if entry else (other.values if other else {})
        names = [("cause", ""), ("explanation", "Giải trình: "), *([("note", "")] if other is not None else [])]
        return {"cause": labelled(values, names, self.c)}


def _explanation_lines(c: Consolidation, before: int) -> Iterator[ReportLine]:
    """A group for each kind of question, numbered after the `before` groups above; groups without a line are not there.

    Lines have the columns of "Chậm, vướng, giải trình".
    """
    index = before
    for title, rows in _explained_groups(c):
        if rows:
            index += 1
            yield ReportLine("section", {"number": str(index), "code": f"{title}: {len(rows)}"})
        for number, cells in enumerate(rows, start=1):
            alone = not any(cells.get(name) for name in ("cause", "proposal", "next_work"))
            yield ReportLine("row", {"number": str(number), **cells}, 1, spans=_WIDE if alone else {})


def _explained_groups(c: Consolidation) -> list[tuple[str, list[Cells]]]:
    """Title and lines of each group."""
    rows = _PlanRows.of(c)
    return [
        ("Điểm nên xem lại trong báo cáo được chấp nhận", [*_warnings(c, rows)]),
        ("Biến động so với kỳ trước, đơn vị đã giải trình", [*_explained(c, rows)]),
        ("Nội dung khác nhau giữa các đơn vị", [*_disagreements(c, rows)]),
        ("Quá hạn nhưng chưa nêu nguyên nhân", [*_without_cause(c, rows)]),
        ("Báo cáo nhận được nhưng không đưa vào tổng hợp", [*_left_out(c)]),
        ("Nội dung do đơn vị tổng hợp biên tập", [*_edits(c, rows)]),
    ]


def _warnings(c: Consolidation, rows: _PlanRows) -> Iterator[Cells]:
    yield from (_warning(unit, item, rows) for unit, item in _counting_findings(c) if item.severity == "warning")


def _explained(c: Consolidation, rows: _PlanRows) -> Iterator[Cells]:
    yield from (_warning(unit, item, rows) for unit, item in _counting_findings(c) if explained_movement(item))


def _counting_findings(c: Consolidation) -> Iterator[tuple[UnitStatus, Finding]]:
    for unit in (report.status for report in c.units):
        for finding in unit.counting.judged.findings if unit.counting is not None else ():
            yield unit, finding


def _warning(unit: UnitStatus, finding: Finding, rows: _PlanRows) -> Cells:
    where = f" (trang «{finding.sheet}», ô {finding.cell})" if finding.cell else ""
    cells = rows.place(finding.table, finding.task)
    waived = f" {finding.fix}" if finding.waived else ""
    waived += " Đã hỏi lại đơn vị một lần, đơn vị không giải trình." if finding.asked_before else ""
    typed = f" Đơn vị đã nhập «{finding.value}»." if finding.value else ""
    cells |= {"unit": unit.name, "difficulties": f"{finding.message}{where}{waived}{typed}"}
    if finding.task:
        cells["source"] = source_link(unit.code, finding.table, finding.task)
    return cells | rows.words(unit.code, finding.task)


def _disagreements(c: Consolidation, rows: _PlanRows) -> Iterator[Cells]:
    for finding in c.status.period_findings:
        row = rows.tasks.get(finding.task or "")
        names = "\n".join(entry.name for entry in row.entries) if row else ""
        asked = f"{finding.message} {finding.fix}".strip()
        told = "\n".join(
            f"{entry.name}: {text}"
            for entry in (row.entries if row else ())
            if (text := shown(entry.values.get("explanation"), c.schema))
        )
        yield {**rows.place(finding.table, finding.task), "unit": names, "difficulties": asked, "cause": told}


def _without_cause(c: Consolidation, rows: _PlanRows) -> Iterator[Cells]:
    for row in c.tasks:
        for entry in row.entries:
            late = entry.timeliness is not None and entry.timeliness.code == "overdue"
            if late and "cause" not in entry.values:
                code = row.task.code
                asked = (
                    f"Quá hạn {-(entry.timeliness.days or 0)} ngày, chưa nêu nguyên nhân." if entry.timeliness else ""
                )
                source = source_link(entry.unit, "led", code)
                cells = rows.place("led", code) | {"unit": entry.name, "difficulties": asked, "source": source}
                yield cells | rows.words(entry.unit, code)


def _left_out(c: Consolidation) -> Iterator[Cells]:
    for report in c.units:
        unit = report.status
        for record in unit.excluded:
            source = record.judged.source
            asked = f"Bản nhận {moment_words(source.received_at)} không đưa vào tổng hợp: {record.excluded}"
            yield {"work": source.name, "unit": unit.name, "difficulties": asked}
        if unit.counting is None and unit.newest is not None:
            source = unit.newest.judged.source
            asked = f"Bản nhận {moment_words(source.received_at)} bị trả lại, {unit.errors} điểm phải sửa, chưa nộp lại"
            yield {"work": source.name, "unit": unit.name, "difficulties": asked}


def _edits(c: Consolidation, rows: _PlanRows) -> Iterator[Cells]:
    for item in c.edits:
        new = item.edit.new
        if new.table == OFFICE:  # its own words in the document replace nothing of a unit's
            continue
        yield rows.place(new.table, new.key) | {
            "unit": item.name,
            "difficulties": _edit_words(item),
            "cause": f"Đơn vị đã nhập: {new.before or 'để trống'}\nBiên tập: {new.typed}",
            "source": source_link(new.unit, new.table, new.key),
        }


def _edit_words(item: AppliedEdit) -> str:
    new = item.edit.new
    kind, state = EDIT_KINDS.get(new.kind, _WITHDRAWN), _EDITS[item.state]
    return f"{kind} do {new.author} thực hiện; lý do: {new.reason}. Tình trạng: {state}."


_SHEET = SHEETS["problems"]


def problem_page(c: Consolidation) -> ReportSheet:
    """The sheet: each row of the plan stands in one group at most; what is to be explained follows."""
    later = next_period(c.period, c.plan.properties)
    note = (
        f"Tính đến ngày chốt số liệu {vietnamese_date(c.cutoff)}; ngày chốt số liệu kỳ sau ({later.title}) là "
        f"{vietnamese_date(later.cutoff)}. Nguy cơ chậm: chưa hoàn thành, còn không quá {c.plan.settings.at_risk_days} "
        "ngày theo lịch là đến hạn."
    )
    return list_sheet(c, _SHEET, "CHẬM TIẾN ĐỘ, KHÓ KHĂN, VƯỚNG MẮC, GIẢI TRÌNH", _lines(c), note)


def _lines(c: Consolidation) -> Iterator[ReportLine]:
    shown = _plan_groups(c)
    yield from _grouped_rows(shown, c)
    told = {row.task.code for _, rows in shown for row in rows}
    rest = [row for row in c.tasks if row.is_open and row.task.due is None and row.task.code not in told]
    number = sum(bool(rows) for _, rows in shown)
    if rest:
        number += 1
        title = f"Đang thực hiện, không xác định được ngày hết hạn, không nêu khó khăn: {len(rest)} đầu việc"
        yield ReportLine("section", {"number": str(number), "code": title})
        # one line: their results stand with the plan
        codes = ", ".join(numbered(row.task) for row in rest)
        yield ReportLine("row", {"work": codes}, 1, spans={"work": "next_work"})
    yield from _explanation_lines(c, number)


def _plan_groups(c: Consolidation) -> list[tuple[str, list[TaskRow]]]:
    """Titles and rows of the groups, in order; in those of coming deadlines the nearest day first."""
    later = next_period(c.period, c.plan.properties)
    margin = c.plan.settings.at_risk_days
    tests: list[tuple[str, Callable[[TaskRow], bool]]] = [
        ("Quá hạn, chưa hoàn thành", lambda row: row.stands("overdue")),
        ("Hoàn thành quá hạn", lambda row: row.stands("late")),
        ("Chưa báo cáo, hoặc chưa báo cáo đủ", lambda row: row.is_silent),
        (f"Nguy cơ chậm (còn không quá {margin} ngày)", lambda row: row.stands("at_risk")),
        ("Đến hạn trước ngày chốt số liệu kỳ sau", lambda row: row.falls_due(c.cutoff, later.cutoff)),
        ("Có mốc trung gian trước ngày chốt số liệu kỳ sau", lambda row: _milestone(row, c, later)),
        ("Nhiệm vụ khác có khó khăn, vướng mắc", _has_difficulties),
    ]
    found: list[tuple[str, list[TaskRow]]] = [(title, []) for title, _ in tests]
    for row in c.tasks:
        hit = 2 if row.is_silent else next((i for i, (_, test) in enumerate(tests) if test(row)), None)
        if hit is not None:
            found[hit][1].append(row)
    for _, rows in found[3:5]:
        rows.sort(key=lambda row: (row.task.due is None, row.task.due))
    return found


def _has_difficulties(row: TaskRow) -> bool:
    """Some unit tells of difficulties or a cause on this row in this period."""
    told = [entry for entry in row.entries if not entry.before]
    return any(name in entry.values for entry in told for name in ("difficulties", "cause"))


def _milestone(row: TaskRow, c: Consolidation, later: Period) -> bool:
    return row.is_open and any(c.cutoff < day <= later.cutoff for day in row.task.deadline.milestones)


_PROPOSALS = SHEETS["proposals"]


def proposal_page(c: Consolidation) -> ReportSheet:
    """The page: three blocks with headings of their own."""
    blocks = (*_general(c), *_on_tasks(c), *_new_tasks(c))
    lines = blocks or (ReportLine("para", {"number": "Các đơn vị không có đề xuất, kiến nghị."}),)
    return ReportSheet(_PROPOSALS.name, _PROPOSALS.columns, (*heading(c, "ĐỀ XUẤT, KIẾN NGHỊ CỦA CÁC ĐƠN VỊ"), *lines))


def _head(title: str, *names: str) -> Iterator[ReportLine]:
    yield ReportLine("group", {"number": title})
    cells = dict(zip("abcde", names, strict=True))
    yield ReportLine("head", {"number": "TT", "unit": "Đơn vị", **cells, "source": _PROPOSALS.columns[-1].title})


def _on_tasks(c: Consolidation) -> Iterator[ReportLine]:
    names = ("Nhiệm vụ", "Khó khăn, vướng mắc", "Đề xuất, kiến nghị", "Nguyên nhân", "Mã nhiệm vụ")
    told = [(row, entry) for row in c.tasks for entry in row.entries if "proposal" in entry.values and not entry.before]
    if told:
        yield from _head("II. Đề xuất, kiến nghị theo nhiệm vụ", *names)
    for number, (row, entry) in enumerate(told, start=1):
        texts = (shown(entry.values.get(name), c.schema) for name in ("difficulties", "proposal", "cause"))
        cells: Cells = dict(zip("abcde", (work_of(row.task), *texts, numbered(row.task)), strict=True))
        source = source_link(entry.unit, "led", row.task.code)
        yield ReportLine("row", {"number": str(number), "unit": entry.name, **cells, "source": source})


def _new_tasks(c: Consolidation) -> Iterator[ReportLine]:
    names = ("Nhiệm vụ đề xuất", "Lý do, căn cứ", "Sản phẩm dự kiến", "Đơn vị chủ trì đề xuất", "Thời hạn đề xuất")
    rows = [row for row in c.free if row.table == "proposal"]
    if rows:
        yield from _head("III. Đề xuất nhiệm vụ mới", *names)
    yield from _free_lines(rows, ("title", "reason", "deliverable", "lead", "deadline"), c)


def _general(c: Consolidation) -> Iterator[ReportLine]:
    """By who must decide, the highest first; what names nobody comes last."""
    names = ("Khó khăn, vướng mắc chung", "Nguyên nhân", "Đề xuất, kiến nghị", "Cấp quyết định", "")
    rows = [row for row in c.free if row.table == "difficulty"]
    if rows:
        yield from _head("I. Khó khăn, kiến nghị chung, theo cấp quyết định", *names)
    for title, found in _by_authority(rows, c):
        yield ReportLine("section", {"number": "", "unit": f"{title}: {len(found)} nội dung"})
        yield from _free_lines(found, ("content", "cause", "proposal", "authority"), c)


def _by_authority(rows: list[FreeRow], c: Consolidation) -> list[tuple[str, list[FreeRow]]]:
    """General difficulties under the title of who must decide, in the order of the list from its end."""
    titles = [item.title for item in reversed(c.schema.lists.get("authority", ()))]
    found: dict[str, list[FreeRow]] = {title: [] for title in titles}
    for row in rows:
        found.setdefault(shown(row.values.get("authority"), c.schema) or NO_LEVEL, []).append(row)
    return [(title, found[title]) for title in found if found[title]]


def _free_lines(rows: list[FreeRow], fields: tuple[str, ...], c: Consolidation) -> Iterator[ReportLine]:
    for number, row in enumerate(rows, start=1):
        texts = {column: shown(row.values.get(name), c.schema) for column, name in zip("abcde", fields, strict=False)}
        source = source_link(row.unit, row.table, row.key)
        cells: Cells = {"number": str(number), "unit": row.name, **texts, "source": source}
        yield ReportLine("row", cells, anchors=(f"{row.table}|{row.unit}|{row.key}",))


def _grouped_rows(groups: Iterable[tuple[str, Sequence[TaskRow]]], c: Consolidation) -> Iterator[ReportLine]:
    """Groups of the plan's rows under their titles, a line for each unit that leads a row; the row's own cells once."""
    index = 0
    for title, rows in groups:
        if rows:
            index += 1
            yield ReportLine("section", {"number": str(index), "code": f"{title}: {len(rows)} đầu việc"})
        for number, row in enumerate(rows, start=1):
            first: Cells = {"number": str(number), **_row_cells(row)}
            for entry in row.entries or (LeadEntry("", row.task.lead, False),):
                yield ReportLine("row" if first else "sub", first | _entry_cells(entry, row, c), 1)
                first = {}


def _row_cells(row: TaskRow) -> Cells:
    return {"code": numbered(row.task), "work": work_of(row.task), "deadline": due_words(row.task)}


def _entry_cells(entry: LeadEntry, row: TaskRow, c: Consolidation) -> Cells:
    """Who leads the row, how far it is, in the unit's own words, and where they stand."""
    cells: Cells = {"unit": entry.name, "standing": standing_text(entry, row, c)}
    cells |= {name: shown(entry.values.get(name), c.schema) for name in ("difficulties", "proposal", "next_work")}
    cells["cause"] = labelled(entry.values, (("cause", ""), ("explanation", "Giải trình: ")), c)
    return cells | ({"source": source_link(entry.unit, "led", row.task.code)} if entry.values else {})
