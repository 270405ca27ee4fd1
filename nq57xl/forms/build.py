"""Builds the form of one unit for one period: rows, locked texts, facts, last period's words, the guide's text."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import takewhile
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl import resources
from nq57xl.forms.model import PREFILLED, RECEIVED, EarlierAnswer, Form, FormRow, FormTable, SupporterAnswer, Value
from nq57xl.forms.wording import (
    NOTES,
    WHOLE,
    data_window,
    deadline_in_words,
    form_file_name,
    period_line,
    plan_name,
    shorten,
)
from nq57xl.plan.model import Indicator, Period, Plan, Task, Unit, name_on
from nq57xl.plan.periods import is_ad_hoc
from nq57xl.rules import movement
from nq57xl.rules.schema import Facts, Schema
from nq57xl.text.legacy import bare, clean, fold
from nq57xl.xlsx.metrics import Text, row_height, wrapped


def text_about(form: Form, template: str, workspace: Path | None = None) -> str:
    """A text of templates/ about a form. Raises Nq57Error when the office's own template is wrong."""
    words = {
        "form": form,
        "plan": plan_name(form.plan_title),
        "period_line": period_line(form.period),
        "window": f"số liệu {data_window(form.period)}",
        "deadline": deadline_in_words(form.period.due),
        "frequency": _frequency(form.period.code),
        "prefilled": any(item.stated.startswith(PREFILLED) for item in form.values),
        "file_name": form_file_name(form.period.code, form.unit),
        "signoff": next((sheet.title for sheet in form.schema.sheets if sheet.table == "signoff"), ""),
    }
    return resources.fill(template, words, workspace, trim_blocks=False)


_FREQUENCIES = {
    "-DX": "Đột xuất",
    "-Q": "Hằng quý",
    "-H": "06 tháng một lần",
    "-9M": "09 tháng, mỗi năm một lần",
    "-": "Hằng tháng",
    "": "Hằng năm",
}
"""How often a report is due, by what the code of its period has in it."""


def _frequency(period: str) -> str:
    return next(words for mark, words in _FREQUENCIES.items() if mark in period)


_NOTHING_BEFORE = EarlierAnswer("", "", {})
"""Of a row of which nothing was reported."""
_LINES = 25
"""Lines of a row: Excel's highest holds 28 of size 11."""


def _parts_of(text: str, width: float) -> list[str]:
    """The text cut at line breaks so that each part fits a row of that width; joined by line breaks it is the same.

    A line that is higher than a row by itself is cut between words.
    """
    parts: list[str] = []
    for line in text.split("\n"):
        fallen = wrapped(line, width, indent=1)
        starts = range(0, len(fallen), _LINES)
        pieces = ["".join(fallen[start : start + _LINES]).strip() for start in starts] if len(starts) > 1 else [line]
        for piece in pieces:
            longer = f"{parts[-1]}\n{piece}" if parts else piece
            if parts and len(wrapped(longer, width, indent=1)) <= _LINES:
                parts[-1] = longer
            else:
                parts.append(piece)
    return parts


_SHORT_ID_LENGTH = 10
REOPEN = "reopen"
"""Table of the choices on rows that an earlier report closed."""
_MOST_REPEATS = 3
"""Periods in a row in which a row may be "như kỳ trước" (contract.md 3.1)."""
_STEADY = ("not_started", "in_progress", "ongoing", "not_arisen")
_WAITING = re.compile(r"\bkhi co (?:van ban|de nghi|yeu cau|chi dao|phan cong)")
"""Of a row that waits for a request from outside, without diacritics: "Thực hiện khi có văn bản đề nghị"."""
_Before = Mapping[tuple[str, str], EarlierAnswer]
"""(table, row key) -> what the unit's last accepted return said of it."""


def reporting_units(plan: Plan, period: Period) -> tuple[Unit, ...]:
    """Units that get a form: inside the agency, valid in the period, with something to report or to gather."""
    busy = {plan.properties.gatherer}
    for task in plan.tasks:
        busy |= {*task.lead_units, *task.support_units}
    for indicator in plan.indicators:
        busy |= set(indicator.lead_units)
    return tuple(
        unit
        for unit in plan.units
        if unit.code in busy
        and not unit.external
        and (unit.valid_from is None or unit.valid_from <= period.cutoff)
        and (unit.valid_to is None or unit.valid_to >= period.start)
    )


def build_form(
    plan: Plan,
    schema: Schema,
    unit_code: str,
    period: Period,
    *,
    issue_id: str,
    version: int,
    issued_on: date,
    plan_version: str,
    workspace: Path | None = None,
    previous: _Before | None = None,
    received: Sequence[SupporterAnswer] = (),
    values: Sequence[Value] = (),
) -> Form:
    """The form of that unit. Raises KeyError for a unit that the plan does not have.

    `workspace` is where an office may keep its own wording of the guide (templates/texts/huong-dan.md.j2); `previous`
    what the unit last reported, shown beside each row; `received` what its supporters reported in this period; `values`
    what stands in the entry cells from the start.
    """
    plan = plan.by_section()
    names = {unit.code: unit.name for unit in plan.units}
    day = period.cutoff
    form = Form(
        issue_id=issue_id,
        short_id=issue_id[:_SHORT_ID_LENGTH],
        version=version,
        plan_id=plan.properties.id,
        plan_version=plan_version,
        plan_title=plan.properties.title,
        agency=name_on(plan.properties.agency, day),
        parent=name_on(plan.properties.parent, day),
        place=name_on(plan.properties.place, day),
        unit=unit_code,
        unit_name=names[unit_code],
        gatherer=names.get(plan.properties.gatherer, plan.properties.gatherer),
        recipient=name_on(plan.properties.recipient, day),
        period=period,
        issued_on=issued_on,
        year=plan.properties.year,
        schema=schema,
        tables=_Tables(plan, schema, unit_code, period, previous or {}).all(received),
        values=tuple(values),
    )
    form = attrs.evolve(form, values=form.values or _started(form))
    lines = text_about(form, "texts/huong-dan.md.j2", workspace).splitlines()
    return attrs.evolve(form, guide=tuple(filter(None, map(clean, lines))))


@frozen
class _Tables:
    """The tables of one unit's form."""

    plan: Plan
    schema: Schema
    unit: str
    period: Period
    previous: _Before

    def all(self, received: Sequence[SupporterAnswer]) -> tuple[FormTable, ...]:
        """Those that have rows, in the order of the form."""
        plan, unit, base = self.plan, self.unit, self.facts
        sections = {item.number: item.title for item in plan.sections}
        groups = {item.number: item.title for item in plan.indicator_groups}
        led = tuple(self._led(task) for task in plan.tasks if unit in task.lead_units)
        supporting = tuple(
            _task_row(task, base, self.period, lead=task.lead) for task in plan.tasks if unit in task.support_units
        )
        names = _names([task for task in plan.tasks if unit in (*task.lead_units, *task.support_units)])
        own = [item for item in plan.indicators if unit in item.lead_units]
        names |= _named({item.code: item.indicator for item in own})
        followed = tuple(self._indicator(item) for item in own)
        led, supporting, followed = (
            tuple(attrs.evolve(row, texts={**row.texts, "short": names[row.key]}) for row in self._low(table, rows))
            for table, rows in (("led", led), ("supporting", supporting), ("indicator", followed))
        )
        # one at least: the sign-off stands on their sheet
        numbers = range(1, max(plan.settings.free_rows, 1) + 1)
        free = tuple(FormRow(f"{number:02d}", {"number": str(number)}, base) for number in numbers)
        tables = [
            _table("led", led, sections),
            FormTable(REOPEN, tuple(FormRow(row.key, facts=base) for row in led if "done_period" in row.facts)),
            _statement("unchanged", base, offered=any(row.before for row in led)),
            _table(RECEIVED, self._received(received), sections),
            _table("supporting", supporting, sections),
            _statement("statement", base, offered=bool(supporting)),
            _table("indicator", followed, groups),
            _statement("no_data_rest", base, offered=bool(followed)),
            FormTable("proposal", free),
            FormTable("difficulty", free),
            FormTable("signoff", (FormRow("signoff", facts=base),)),
        ]
        return tuple(table for table in tables if table.rows)

    def _low(self, table: str, rows: Sequence[FormRow]) -> Iterator[FormRow]:
        """The rows, none higher than a screen can bear: what is too long is abridged, and stands whole in a note."""
        sheets = [sheet for sheet in self.schema.sheets if sheet.table == table]
        widths = {column.name: column.width for sheet in sheets for column in sheet.columns if not column.entry}
        for row in rows:
            cut = {name: _abridged(text, widths[name]) for name, text in row.texts.items() if name in widths}
            whole = {
                name + WHOLE: f"{NOTES['whole']}: {' '.join(row.texts[name].split())}"
                for name, text in cut.items()
                if text != row.texts[name]
            }
            yield attrs.evolve(row, texts={**whole, **row.texts, **cut}) if whole else row

    def _received(self, received: Sequence[SupporterAnswer]) -> tuple[FormRow, ...]:
        """A locked row for each text, in the plan's order; several for a text that is higher than a row can be."""
        columns = [column for sheet in self.schema.sheets if sheet.table == RECEIVED for column in sheet.columns]
        width = next((column.width for column in columns if column.name == "text"), 80.0)
        tasks = [task for task in self.plan.tasks if any(one.task == task.code for one in received)]
        rows, names = [], _names(tasks)
        for task in tasks:
            for item in (one for one in received if one.task == task.code):
                shown = {"number": task.subnumber or task.number, "work": names[task.code], "unit": item.name}
                facts: Facts = {"task": item.task, "unit": item.unit}
                for number, part in enumerate(_parts_of(item.text, width), start=1):
                    key = f"{item.task}.{item.unit}" + (f".{number}" if number > 1 else "")
                    rows.append(FormRow(key, {**shown, "text": part}, facts, task.section, open=False))
        return tuple(rows)

    @cached_property
    def facts(self) -> Facts:
        """Of every row."""
        return {
            "year": self.plan.properties.year,
            "period_start": self.period.start.isoformat(),
            "period_end": self.period.cutoff.isoformat(),
        }

    def _led(self, task: Task) -> FormRow:
        """A led row; one that the last accepted return reported as done stays listed, locked."""
        product = "\n".join(filter(None, [task.deliverable, f"KPI: {task.kpi}" if task.kpi else ""]))
        row = _task_row(task, self.facts, self.period, product=product, support=task.support)
        earlier = self.previous.get(("led", task.code), _NOTHING_BEFORE)
        # what the last month said of flows and in words is no measure for an ad hoc report
        compared = tuple(name for name in _LED_BEFORE if not is_ad_hoc(self.period.code) or name != "result")
        before_facts = movement.facts_before(earlier.held, compared, "explanation", earlier.still)
        # of documents that proved other rows not those of several rows or of the same printed task: they serve several
        same = {item.code for item in self.plan.tasks if (item.section, item.number) == (task.section, task.number)}
        others = (document for document, rows in self._proofs.items() if len(rows) == 1 and rows[0] not in same)
        if documents := movement.document_prints(others):
            before_facts[movement.DOCUMENTS_ELSEWHERE] = documents
        row = attrs.evolve(row, facts={**row.facts, **before_facts})
        texts = {**row.texts, "previous": earlier.led_words(self.schema)}
        if whole := earlier.whole_result:
            texts["previous" + WHOLE] = whole
        if not (row.open and earlier.is_done) or earlier.questioned:
            before = self._before(task, earlier) if row.open else ()
            facts = {**row.facts, "repeatable": bool(before), "repeats": earlier.repeats}
            return attrs.evolve(row, texts=texts, facts=facts, before=before)
        facts = {**row.facts, "done_before": True, "done_period": earlier.period}
        return attrs.evolve(row, texts=texts | {"done": earlier.done_words}, facts=facts, open=False)

    @cached_property
    def _proofs(self) -> dict[str, list[str]]:
        """Documents that proved rows of the unit in earlier reports -> codes of those rows."""
        proofs: dict[str, list[str]] = defaultdict(list)
        for (table, key), earlier in self.previous.items():
            number = earlier.held.get("evidence_number")
            if table == "led" and isinstance(number, str) and earlier.is_done:
                for document in movement.document_prints([number]).split("\n"):
                    proofs[document].append(key)
        return proofs

    def _before(self, task: Task, earlier: EarlierAnswer) -> tuple[Value, ...]:
        """What the row may say again; nothing where it falls due, or was not answered anew for three periods."""
        due = task.due is not None and task.due <= self.period.cutoff
        if earlier.questioned or due or earlier.repeats >= _MOST_REPEATS or earlier.held.get("progress") not in _STEADY:
            return ()
        held = (item for item in earlier.values.values() if item.value is not None)
        return tuple(attrs.evolve(item, origin=item.origin or earlier.source) for item in held)

    def _indicator(self, item: Indicator) -> FormRow:
        earlier = self.previous.get(("indicator", item.code), _NOTHING_BEFORE)
        once = is_ad_hoc(self.period.code)
        # what was measured otherwise before the plan was amended is no measure, and is shown as it was told
        earlier = attrs.evolve(earlier, measure=earlier.measure or item.measure)
        alike = earlier.measure == item.measure
        compared = tuple(name for name in _INDICATOR_BEFORE if alike and (not once or item.kind_of(name) != "flow"))
        before = movement.facts_before(earlier.held, compared, "note", earlier.still)
        if item.measure == "percent" and "value" in compared and earlier.ratio is not None:
            before.setdefault(f"{movement.BEFORE}value", earlier.ratio)
        texts = {
            "number": item.number,
            "indicator": item.indicator,
            "unit": item.unit,
            "target": item.target.text,
            "previous": earlier.indicator_words(self.schema),
        }
        facts: Facts = {
            **self.facts,
            "measure": item.measure,
            "kind": item.kind,
            "countable": item.is_countable,
            "comparator": item.target.comparator,
            "target_value": item.target.value,
            **({movement.SHARE: item.threshold / 100} if item.threshold else {}),
        }
        return FormRow(item.code, texts, facts | before, item.group)


_LED_BEFORE = ("progress", "percent", "result", "completion_date")
_INDICATOR_BEFORE = ("numerator", "denominator", "value")


def _names(tasks: Sequence[Task]) -> dict[str, str]:
    """Code -> name for lists and links, no two alike: the sub-task, with its task where two tasks have it."""
    own = [task.subtask or task.task for task in tasks]
    told = Counter(text.casefold() for text in own)
    texts = [
        f"{text} ({task.task})" if told[text.casefold()] > 1 and task.subtask and task.task else text
        for text, task in zip(own, tasks, strict=True)
    ]
    return _named(dict(zip((task.code for task in tasks), texts, strict=True)))


def _named(texts: Mapping[str, str]) -> dict[str, str]:
    """Code -> name; where the words themselves do not tell rows apart, their codes do."""
    names = dict(zip(texts, _told_apart(list(texts.values())), strict=True))
    told = Counter(map(fold, names.values()))
    return {
        code: f"{shorten(name, _NAME - len(code) - 3)} ({code})" if told[fold(name)] > 1 else name
        for code, name in names.items()
    }


def _statement(name: str, base: Facts, *, offered: bool) -> FormTable:
    """The one row of a statement for all rows of a table."""
    return FormTable(name, (FormRow(name, facts=base),) if offered else ())


def _started(form: Form) -> tuple[Value, ...]:
    """Where rows stand that wait for a request from outside: "Chưa phát sinh", to be changed where one came.

    One that was answered before says nothing in advance: it may have begun, or has been as before for three periods.
    """
    titles = {item.code: item.title for item in form.schema.lists["progress"]}
    table = form.table("led")
    return tuple(
        Value("led", row.key, "progress", titles["not_arisen"], "not_arisen", "", "")
        for row in (table.rows if table else ())
        if row.open and f"{movement.BEFORE}progress" not in row.facts and _WAITING.search(bare(row.texts["deadline"]))
    )


def _table(name: str, rows: tuple[FormRow, ...], sections: dict[str, str]) -> FormTable:
    """The table with the headings of those sections that have a row in it."""
    present = {row.section for row in rows}
    return FormTable(name, rows, {number: title for number, title in sections.items() if number in present})


_ALIKE = 92.0
"""Likeness of two texts, in hundredths, from which the one says nothing that the other does not."""


def _work(task: Task) -> str:
    """What is to be done: the sub-task, under its task where the two differ (plans often say one thing twice)."""
    from rapidfuzz.fuzz import ratio

    if not task.subtask or fold(task.subtask) == fold(task.task):
        return task.task
    if ratio(fold(task.task), fold(task.subtask)) >= _ALIKE:
        return task.subtask
    return f"{task.task}\n- {task.subtask}" if task.task else task.subtask


def _task_row(task: Task, base: Facts, period: Period, **texts: str) -> FormRow:
    """A led or supporting row; `texts`: what it shows beside number, work and deadline."""
    # as printed, with the office's own date where it gave another, and the plan's note ("Thực hiện khi có …")
    deadline, own = [task.deadline.text, f"({task.note})" if task.note else ""], task.standard_deadline
    if own is not None and own != task.deadline.date:
        deadline.insert(1, f"(hạn chuẩn {own:%d/%m/%Y})")
    shown = {
        "number": task.subnumber or task.number,
        "work": _work(task),
        "deadline": "\n".join(filter(None, deadline)),
    }
    facts = {
        **base,
        "overdue": task.due is not None and period.cutoff > task.due,
        "due": task.due.isoformat() if task.due else None,
        "done_before": task.done_before,
    }
    return FormRow(task.code, shown | texts, facts, task.section, open=not task.done_before)


_NAME = 80
"""Characters of a row's name in lists and links."""
_HIGHEST, _FEW_LINES = 225.0, 6
"""Points of the highest row, 300 pixels on the screen; lines that a text of many letters has at least (letters are half
as wide as digits)."""
_LEAST_NAMED = 4
"""Words of a name at least: one with which others begin does not end where they go on."""


def _told_apart(texts: Sequence[str]) -> list[str]:
    """The texts in at most `_NAME` characters, no two alike that differ: cut to the words that tell them apart."""
    words = [text.split() for text in texts]
    cut = [shorten(text, _NAME) for text in texts]
    found = list(cut)
    for number, text in enumerate(cut):
        others = [words[place] for place, other in enumerate(cut) if other == text and place != number]
        if others and words[number] not in others:
            pairs = (zip(words[number], other, strict=False) for other in others)
            same = max(sum(1 for _ in takewhile(lambda two: two[0] == two[1], both)) for both in pairs)
            start = max(min(same, len(words[number]) - _LEAST_NAMED) - 2, 0)
            found[number] = shorten(f"… {' '.join(words[number][start:])}", _NAME)
    return found


def _abridged(text: str, width: float) -> str:
    """The text, words left out of the middle of its longest lines where a column of that width makes its row too high.

    Texts of a plan differ at their beginning or at their end.
    """

    def too_high(shown: str) -> bool:
        return row_height([Text(shown, width, indent=1)]) > _HIGHEST

    def without_middle(line: str, limit: int) -> str:
        head = shorten(line, max(limit * 2 // 3, 1))
        tail = line[len(line) - max(limit - len(head), 0) :]
        return f"{head} {tail.partition(' ')[2]}".rstrip()

    def cut(limit: int) -> str:
        return "\n".join(line if len(line) <= limit else without_middle(line, limit) for line in lines)

    lines = text.split("\n")
    if max(len(text), len(lines) * width) < _FEW_LINES * width or not too_high(text):
        return text
    lines = lines if len(lines) < _FEW_LINES else [" ".join(text.split())]
    longest = bisect_left(range(max(map(len, lines))), True, key=lambda limit: too_high(cut(limit)))
    return cut(max(longest - 1, 1))
