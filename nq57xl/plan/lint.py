"""What is wrong or doubtful in the master appendix: findings with PLAN_ codes, and their sheet «Soát kế hoạch»."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nq57xl.plan import appendix
from nq57xl.plan.importer.document import roman, roman_value
from nq57xl.plan.linter import CLEAR_CHECKS, Clear, Linter, Places, card_title, ended_units, load_clear
from nq57xl.plan.model import Indicator, Plan, Task
from nq57xl.plan.periods import is_ad_hoc, names_row
from nq57xl.rules.findings import Finding, Point, catalogue, grouped, reworded
from nq57xl.text.legacy import bare, fold
from nq57xl.xlsx.patch import TextCell, TextSheet, put_sheet

# A few words are doubled on purpose ("luôn luôn", "dần dần", "ngày ngày"); a doubled preposition never is.
_DOUBLED = re.compile(r"\b(trên|của|và|các|những|với|cho|tại|theo|được|trong|về|để|từ|đến|là|thuộc|do|số) \1\b", re.I)


_LINES = re.compile(r"[.,;:()\n]")
_OFTEN = 4
"""Times that a wording must stand in a plan before another one beside it is doubted."""


def suspects(text: str, misprints: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(as printed, likely) for each suspected misprint, each once. Near-misses of unit names: `Resolution.near`."""
    told: set[str] = set()
    for wrong, right in misprints.items():
        match = re.search(rf"(?<!\w){re.escape(wrong)}(?!\w)", text, re.I)
        if match and fold(match[0]) not in told:
            told.add(fold(match[0]))
            yield match[0], _cased_like(match[0], right)
    if doubled := _DOUBLED.search(text):
        yield doubled[0], doubled[1]


def outliers(texts: Sequence[str]) -> dict[str, str]:
    """Three words in a row -> the likely ones: wordings that the plan has once, and with other accents on a word often.

    "Chuyển đối số" beside five times "chuyển đổi số": only the accents of one word differ, its neighbours are the same.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        counts.update({triple for line in _LINES.split(fold(text)) for triple in _triples(line)})
    by_letters: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for triple in counts:
        by_letters.setdefault(tuple(map(bare, triple)), []).append(triple)
    found = {}
    for alike in by_letters.values():
        often = max(alike, key=lambda triple: counts[triple])
        for triple in alike:
            if counts[triple] == 1 and counts[often] >= _OFTEN and _differing(triple, often) == 1:
                found[" ".join(triple)] = " ".join(often)
    return found


def odd_ones(text: str, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(as in the text, likely) for each of those wordings in the text; a doubted word is told once, not thrice."""
    for line in _LINES.split(fold(text)):
        clear_from = 0
        for index, triple in enumerate(_triples(line)):
            likely = known.get(" ".join(triple))
            if likely is not None and index >= clear_from:
                clear_from = index + 3
                yield " ".join(triple), likely


def _triples(line: str) -> Iterator[tuple[str, ...]]:
    words = line.split()
    return ((words[i], words[i + 1], words[i + 2]) for i in range(len(words) - 2))


def _differing(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def _cased_like(printed: str, likely: str) -> str:
    return likely[:1].upper() + likely[1:] if printed[:1].isupper() else likely


def _numbers(linter: Linter) -> Iterator[Finding]:
    """Sections, tasks with their sub-tasks, indicators: each by its own numbering."""
    plan = linter.plan
    for table, headings in (("sections", plan.sections), ("indicator_groups", plan.indicator_groups)):
        yield from _headings(linter, table, [item.number for item in headings])
    yield from _rows(linter, "tasks", plan.tasks)
    yield from _rows(linter, "indicators", plan.indicators)


def _headings(linter: Linter, table: str, printed: Sequence[str]) -> Iterator[Finding]:
    counts = Counter(fold(number) for number in printed)
    values = [roman_value(number) for number in printed]
    free = roman(max((value or 0 for value in values), default=0) + 1)
    for index, number in enumerate(printed):
        if number and counts[fold(number)] > 1:
            yield linter.make("PLAN_NUMBER_DUPLICATE", table, index, "number", value=number, proposal=free)
        before, value = (values[index - 1] if index else 0), values[index]
        if before is not None and value is not None and value > before + 1:
            missing = ", ".join(roman(item) for item in range(before + 1, value))
            words = {"before": printed[index - 1] if index else "đầu", "proposal": missing}
            yield linter.make("PLAN_NUMBER_MISSING", table, index, "number", value=number, **words)


def _rows(linter: Linter, table: str, rows: Sequence[Task | Indicator]) -> Iterator[Finding]:
    keys = [_key(row) for row in rows]
    counts = Counter(keys)
    texts: dict[Any, set[str]] = {}
    for key, row in zip(keys, rows, strict=True):
        texts.setdefault(key, set()).add(fold(_text(row)))
    last, section = 0, None
    for index, (key, row) in enumerate(zip(keys, rows, strict=True)):
        # rows of one printed task share its number: only different tasks under one number are told
        if row.number and counts[key] > 1 and len(texts[key]) > 1:
            free = str(max(_whole(item.number) or 0 for item in rows if _section(item) == _section(row)) + 1)
            shown = key[2] or row.number
            yield linter.make("PLAN_NUMBER_DUPLICATE", table, index, "number", value=shown, proposal=free)
        value = _whole(row.number)
        starts_anew = section != _section(row) and value == 1
        if value is not None and not starts_anew and value > last + 1:
            missing = ", ".join(str(item) for item in range(last + 1, min(value, last + 6)))
            words = {"before": last or "đầu", "proposal": missing}
            yield linter.make("PLAN_NUMBER_MISSING", table, index, "number", value=row.number, **words)
        section = _section(row)
        last = value if value is not None else last


def _key(row: Task | Indicator) -> tuple[str, str, str]:
    subnumber = (row.subnumber or "") if isinstance(row, Task) else ""
    return _section(row), fold(row.number), fold(subnumber)


def _section(row: Task | Indicator) -> str:
    return row.section if isinstance(row, Task) else row.group


def _text(row: Task | Indicator) -> str:
    return row.task if isinstance(row, Task) else row.indicator


def _whole(number: str) -> int | None:
    """The number as a whole one; None for any other."""
    plain = number.strip(" .)")
    return int(plain) if plain.isdecimal() and len(plain) < 5 else None


TITLE = "Soát kế hoạch"
"""Name of the sheet; the reader of the appendix passes it over."""
_SEVERITIES = {"error": "Phải sửa", "warning": "Nên xem lại", "note": "Ghi nhận", "repaired": "Đã sửa giúp"}
_NOTE = (
    "Phần mềm lập trang này bằng «nq57xl lint --write»; chạy lại thì trang được lập lại. «Phải sửa» thì sửa mới phát "
    "hành được biểu mẫu; «Nên xem lại», «Ghi nhận» là điều nên xem. Bấm vào ô để đến đúng chỗ. Có thể xóa cả trang này."
)
_HEADS = ("STT", "Mức", "Tiêu chí", "Ô", "Mã", "Nội dung", "Đề xuất")
_WIDTHS = (6.0, 10.0, 14.0, 16.0, 11.0, 58.0, 66.0)
_MANY = 3
"""Findings of one pattern from which they stand under a common line."""
_LONGEST = 1500
_NOTHING = "Không có điểm nào cần sửa."


def with_lint_sheet(data: bytes, plan: Plan, findings: Sequence[Finding], workspace: Path | None = None) -> bytes:
    """The workbook with the sheet of those findings; everything else in it stays as it is. Raises Nq57Error."""
    clear = load_clear(workspace)
    points = grouped(findings, _MANY)
    rows = [row for number, point in enumerate(points, 1) for row in _sheet_rows(number, point, plan, clear)]
    if not rows:
        rows = [
            [TextCell(""), TextCell(""), TextCell(""), TextCell(""), TextCell(""), TextCell(_NOTHING), TextCell("")]
        ]
    heading = f"SOÁT KẾ HOẠCH: {len(findings)} ĐIỂM, {len(points)} NHÓM" if findings else "SOÁT KẾ HOẠCH"
    return put_sheet(data, TextSheet(TITLE, heading, _NOTE, _WIDTHS, _HEADS, rows))


def _sheet_rows(number: int, point: Point, plan: Plan, clear: Clear) -> Iterator[list[TextCell]]:
    """One line for a single finding; for several of a pattern a common line, and one for each under it."""
    first = point.first
    start = [TextCell(str(number), "bold"), TextCell(_SEVERITIES[first.severity], "bold")]
    criterion = TextCell(_capital(clear.asks_for(first.code, plan.properties.clear_criteria)))
    if point.count < _MANY:
        yield [*start, criterion, *_place(first), TextCell(first.message), TextCell(first.fix)]
        return
    same_fix = all(item.fix == first.fix for item in point.findings)
    headline = f"{point.headline.removesuffix('.')}: {point.count} chỗ."
    fix = first.fix if same_fix else ""
    yield [*start, criterion, TextCell(""), TextCell(""), TextCell(headline, "bold"), TextCell(fix)]
    for item in point.findings:
        said = item.value or item.message
        shown = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
        yield [
            TextCell(""),
            TextCell(""),
            TextCell(""),
            *_place(item),
            TextCell(shown),
            TextCell("" if same_fix else item.fix),
        ]


def _place(item: Finding) -> list[TextCell]:
    sheet = item.sheet.replace("'", "''")
    where = f"{item.sheet}!{item.cell}" if item.cell else item.sheet
    target = f"'{sheet}'!{item.cell}" if item.cell else ""
    return [TextCell(where, "link" if target else "cell", target), TextCell(item.task or "")]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_REQUIRED = ("id", "title", "year", "gatherer")
_REQUIRED_NAMES = ("agency", "recipient")
_PROSE = ("task", "subtask", "deliverable", "kpi", "lead", "support", "deadline", "note")
_UNIT_FIELDS = ("lead", "support")
_INDICATOR_PROSE = ("indicator", "unit", "target", "lead", "note")


def lint(
    plan: Plan,
    findings_from_reading: tuple[Finding, ...] = (),
    places: Places | None = None,
    workspace: Path | None = None,
) -> tuple[Finding, ...]:
    """Findings on an understood plan, those of reading first; errors before warnings before notes.

    Which "rõ" are checked follows from the plan's own criteria and schemas/clear.yml; what keeps forms from being
    made is told whatever they are. `places` are those of `read_appendix`; without them cells are where
    `write_appendix` puts them. `workspace`: where an office keeps criteria, misprints and wording of its own.
    """
    linter = Linter(plan, places or {}, workspace)
    wanted = plan.properties.clear_criteria
    found = [
        finding
        for check in _CHECKS
        for finding in check(linter)
        if finding.severity == "error" or linter.clear.applies(finding.code, wanted)
    ]
    ranks = {"error": 0, "warning": 1}
    told = reworded([*findings_from_reading, *found], catalogue(workspace))
    return tuple(sorted(told, key=lambda item: ranks.get(item.severity, 2)))


def _properties(linter: Linter) -> Iterator[Finding]:
    """Properties without which no form can be made."""
    properties = linter.plan.properties
    for field in _REQUIRED:
        if not getattr(properties, field):
            yield linter.make("PLAN_PROPERTY_MISSING", "card", 0, field, value=card_title(field))
    for field in _REQUIRED_NAMES:
        if not getattr(properties, field):
            yield linter.make(
                "PLAN_PROPERTY_MISSING",
                "names",
                linter.free_name_row(),
                "name",
                value=appendix.NAME_KINDS[field],
            )
    external = {unit.code: unit.external for unit in linter.plan.units}
    if properties.gatherer and external.get(properties.gatherer, True):
        code = "PLAN_GATHERER_OUTSIDE" if properties.gatherer in external else "PLAN_UNIT_UNRESOLVED"
        yield linter.make(code, "card", 0, "gatherer", value=properties.gatherer)


def _groups(linter: Linter) -> Iterator[Finding]:
    """Members of groups that are no units."""
    known = {unit.code for unit in linter.plan.units}
    for index, group in enumerate(linter.plan.groups):
        for code in group.members:
            if code not in known:
                yield linter.make("PLAN_GROUP_MEMBER_UNKNOWN", "groups", index, "members", group=group.name, value=code)


def _sections(linter: Linter) -> Iterator[Finding]:
    """Rows under a section or group that does not exist."""
    plan = linter.plan
    numbers = {item.number for item in plan.sections}
    for index, task in enumerate(plan.tasks):
        if task.section not in numbers and (task.section or numbers):
            yield linter.make("PLAN_SECTION_UNKNOWN", "tasks", index, "section", value=task.section)
    numbers = {item.number for item in plan.indicator_groups}
    for index, item in enumerate(plan.indicators):
        if item.group not in numbers and (item.group or numbers):
            yield linter.make("PLAN_SECTION_UNKNOWN", "indicators", index, "group", value=item.group)


def _codes(linter: Linter) -> Iterator[Finding]:
    """Codes used twice, by every row that uses one."""
    tables: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("units", linter.plan.units),
        ("tasks", linter.plan.tasks),
        ("indicators", linter.plan.indicators),
    )
    for table, records in tables:
        # forms are named by the unit's code, and Windows does not tell "vp" from "VP"
        counts = Counter(record.code.casefold() for record in records)
        for index, record in enumerate(records):
            if counts[record.code.casefold()] > 1:
                yield linter.make("PLAN_DUPLICATE_CODE", table, index, "code", value=record.code)


def _ad_hoc(linter: Linter) -> Iterator[Finding]:
    """Ad hoc reports that cannot be issued: no code of their own, days missing or out of order, unknown rows."""
    plan = linter.plan
    counts = Counter(item.code for item in plan.properties.ad_hoc)
    known = [*(row.code for row in plan.tasks), *(row.code for row in plan.indicators)]
    for index, item in enumerate(plan.properties.ad_hoc):
        if counts[item.code] > 1:
            yield linter.make("PLAN_DUPLICATE_CODE", "ad_hoc", index, "code", value=item.code)
        elif not is_ad_hoc(item.code):
            yield linter.make("PLAN_AD_HOC_CODE", "ad_hoc", index, "code", value=item.code)
        days = [("start", item.start), ("cutoff", item.cutoff), ("due", item.due)]
        missing = [field for field, day in days if day is None]
        told = [day for _, day in [*days, ("report_due", item.report_due)] if day is not None]
        if missing or told != sorted(told):
            field = missing[0] if missing else "start"
            yield linter.make("PLAN_AD_HOC_DAYS", "ad_hoc", index, field, value=item.code)
        for chosen in item.rows:
            if not any(names_row([chosen], code) for code in known):
                yield linter.make("PLAN_AD_HOC_ROW", "ad_hoc", index, "rows", value=chosen)


def _misprints(linter: Linter) -> Iterator[Finding]:
    """Words that look misprinted, each once a cell."""
    cells = [
        (place, value if isinstance(value, str) else value.text)
        for table, records, fields in (
            ("tasks", linter.plan.tasks, _PROSE),
            ("indicators", linter.plan.indicators, _INDICATOR_PROSE),
            ("sections", linter.plan.sections, ("title",)),
            ("indicator_groups", linter.plan.indicator_groups, ("title",)),
        )
        for index, record in enumerate(records)
        for place, value in ((((table, index, field)), getattr(record, field)) for field in fields)
    ]
    odd = outliers([text for (_, _, field), text in cells if field not in _UNIT_FIELDS])
    for (table, index, field), text in cells:
        told = list(suspects(text, linter.misprints))
        if field in _UNIT_FIELDS:
            told = told or list(linter.resolver.resolve(text).near)
        elif not told:
            told = list(odd_ones(text, odd))
        for suspect, likely in told:
            yield linter.make("PLAN_MISPRINT", table, index, field, value=suspect, likely=likely)


_CHECKS: tuple[Callable[[Linter], Iterator[Finding]], ...] = (
    _properties,
    _groups,
    ended_units,
    _sections,
    _codes,
    _ad_hoc,
    _numbers,
    *CLEAR_CHECKS,
    _misprints,
)
"""Every check of the plan, in the order in which findings are told."""
