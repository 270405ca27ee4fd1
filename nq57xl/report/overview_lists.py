"""The counts of the overview: short lists of live formulas, in two columns as even as they can be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest

from attrs import frozen

from nq57xl.records.consolidation import Consolidation
from nq57xl.report import appendix_sheet, indicator_sheet, submission_sheet
from nq57xl.report.figures import INDICATOR_STATES, Figures, progress_buckets, timeliness_buckets
from nq57xl.report.layout import Content, Formula, Head, Line
from nq57xl.report.ranges import Range
from nq57xl.report.summary_sheet import share
from nq57xl.report.wording import PARTLY_REPORTED, TIMELINESS, UNREPORTED

_ALWAYS = (UNREPORTED, TIMELINESS["overdue"], TIMELINESS["at_risk"])
"""Counts that are shown when they are zero, too."""
_COLUMNS = {"a": "B", "b": "F"}
"""Column of the labels -> letter of the counts."""

Entry = tuple[str, str | Callable[[str, int], str], int]
"""Label, formula, value; a formula may ask for its own column and row (from 1)."""
Cells = dict[str, Content]


@frozen
class List:
    """One list: its title and its counts; shares are of the first one."""

    title: str
    entries: tuple[Entry, ...]


@frozen
class Rows:
    """The placed sheets over which is counted."""

    appendix: Range
    indicators: Range
    submissions: Range


def list_lines(c: Consolidation, f: Figures, rows: Rows, top: int, *, brief: bool) -> Iterator[Line]:
    """The lines that begin at row `top` (from 0); `brief` leaves out what the wording of the progress tells already."""
    columns: dict[str, list[Cells]] = {name: [] for name in _COLUMNS}
    lists = [_progress(c, f, rows), _timeliness(f, rows), _reports(f, rows), _states(c, f, rows)]
    if brief:
        del lists[1]
    for item in lists:
        if item.entries:
            name = min(_COLUMNS, key=lambda name: len(columns[name]))
            filled = columns[name]
            filled += [{}] if filled else []
            filled += _placed(item, name, top + len(filled))
    for left, right in zip_longest(*columns.values(), fillvalue={}):
        yield Line("row", left | right)


def _placed(item: List, name: str, top: int) -> Iterator[Cells]:
    letter, first = _COLUMNS[name], top + 2
    yield {name: Head(item.title), f"{name}_count": Head("Số"), f"{name}_share": Head("Tỷ lệ")}
    whole = item.entries[0][2]
    for index, (label, text, value) in enumerate(item.entries):
        row = first + index
        formula = text if isinstance(text, str) else text(letter, row)
        yield {
            name: label,
            f"{name}_count": Formula(formula, value),
            f"{name}_share": share(f"{letter}{row}", f"${letter}${first}", value, whole),
        }


def _progress(c: Consolidation, f: Figures, rows: Rows) -> List:
    kind, entries = appendix_sheet.TASK_ROW, []
    for words in progress_buckets(c):
        text = rows.appendix.count(kind=kind, progress=words)
        if words == UNREPORTED:  # rows reported in part are not reported
            text += "+" + rows.appendix.count(kind=kind, progress=PARTLY_REPORTED)
        entries.append((words, text, f.total.progress.get(words, 0)))
    whole: Entry = ("Tổng số đầu việc", rows.appendix.count(kind=kind), f.total.total)
    return List("Tiến độ (đầu việc)", (whole, *_shown(entries)))


def _timeliness(f: Figures, rows: Rows) -> List:
    kind, counts = appendix_sheet.TASK_ROW, f.total.timeliness
    shown = _shown(
        (words, rows.appendix.count(kind=kind, timeliness=words), counts.get(words, 0))
        for words in timeliness_buckets()
    )
    last = len(shown)
    whole: Entry = (
        "Đã báo cáo",
        lambda letter, row: f"SUM({letter}{row + 1}:{letter}{row + last})",
        sum(counts.values()),
    )
    return List("So với thời hạn", (whole, *shown))


def _reports(f: Figures, rows: Rows) -> List:
    sheet, yes, no = rows.submissions, submission_sheet.YES, submission_sheet.NO
    return List(
        "Báo cáo của đơn vị",
        (
            ("Phải báo cáo", f"COUNTA({sheet.of('code')})", f.expected),
            ("Đã nhận", sheet.count(received=yes), f.received),
            ("Được chấp nhận", sheet.count(accepted=yes), f.accepted),
            ("Nộp đúng hạn", sheet.count(accepted=yes, on_time=yes), f.on_time),
            ("Nộp chậm", sheet.count(accepted=yes, on_time=no), f.accepted - f.on_time),
        ),
    )


def _states(c: Consolidation, f: Figures, rows: Rows) -> List:
    if not c.indicators:
        return List("", ())
    kind, groups = indicator_sheet.INDICATOR_ROW, f.indicators.values()
    entries = (
        (state, rows.indicators.count(kind=kind, state=state), sum(group.get(state, 0) for group in groups))
        for state in INDICATOR_STATES
    )
    whole: Entry = ("Tổng số chỉ tiêu", rows.indicators.count(kind=kind), len(c.indicators))
    return List("Chỉ tiêu", (whole, *_shown(entries)))


def _shown(entries: Iterable[tuple[str, str, int]]) -> Sequence[Entry]:
    """Counts that occur, and those that leaders ask for: lines of zeros would hide them."""
    return [entry for entry in entries if entry[2] or entry[0] in _ALWAYS]
