"""Builds the form of one unit for one period: rows, locked texts, facts, last period's words, the guide's text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl import resources
from nq57xl.forms import wording
from nq57xl.forms.model import PREFILLED, EarlierAnswer, Form, FormRow, FormTable, SupporterAnswer, Value
from nq57xl.forms.wording import DONE_BEFORE, NAME, NOTE_BEFORE, NOTE_WHOLE, WHOLE, abridged, shorten, told_apart
from nq57xl.plan.model import Indicator, Period, Plan, Task, Unit, name_on
from nq57xl.plan.periods import is_ad_hoc
from nq57xl.rules import movement
from nq57xl.rules.schema import Facts, Schema, vietnamese_date, vietnamese_number, vietnamese_percent
from nq57xl.text.legacy import bare, clean, fold
from nq57xl.xlsx.metrics import INDENT, wrapped

PROGRESS, PAGES, LEGEND = "[tiến độ]", "[các trang]", "[chú giải]"
"""Lines of the template in whose place the live progress, the list of sheets and the legend stand."""


def text_about(form: Form, template: str, workspace: Path | None = None) -> str:
    """A text of templates/ about a form. Raises Nq57Error when the office's own template is wrong."""
    words = {
        "form": form,
        "plan": wording.plan_name(form.plan_title),
        "period_line": wording.period_line(form.period),
        "window": f"số liệu {wording.data_window(form.period)}",
        "deadline": wording.deadline_in_words(form.period.due),
        "frequency": wording.frequency(form.period),
        "prefilled": any(item.stated.startswith(PREFILLED) for item in form.values),
        "file_name": wording.form_file_name(form.period.code, form.unit),
        "signoff": next((sheet.title for sheet in form.schema.sheets if sheet.table == "signoff"), ""),
    }
    return resources.fill(template, words, workspace, trim_blocks=False)


_NOTHING_BEFORE = "Chưa có"
_RESULT = 160
"""Characters of the earlier result that are repeated in the cell."""
_LINES = 25
"""Lines of a row: Excel's highest holds 28 of size 11."""


def _done(earlier: EarlierAnswer) -> bool:
    progress = earlier.values.get("progress")
    return progress is not None and progress.value == "done"


def _done_words(earlier: EarlierAnswer) -> str:
    """What a locked row says in place of its progress: that it is done, and since when."""
    day = earlier.values.get("completion_date")
    if day is None or not isinstance(day.value, date):
        return DONE_BEFORE
    return f"{DONE_BEFORE} (ngày {vietnamese_date(day.value)})"


def _whole_before(earlier: EarlierAnswer | None) -> str:
    """The earlier result on one line, where `led_before` abridges it; else ""."""
    result = earlier.values.get("result") if earlier and "progress" in earlier.values else None
    whole = " ".join(words_of(result).split()) if result is not None else ""
    return f"{NOTE_BEFORE} ({earlier.title}): {whole}" if earlier and len(whole) > _RESULT else ""


def led_before(earlier: EarlierAnswer | None, schema: Schema) -> str:
    """ "Tháng 4/2026: Đang thực hiện, 45% – Đã trình dự thảo lần 2"; "Chưa có" where nothing was reported."""
    if earlier is None or "progress" not in earlier.values:
        return _NOTHING_BEFORE
    words = [_choice(earlier.values["progress"], schema, "progress")]
    percent = earlier.values.get("percent")
    if percent is not None:
        words.append(_shown(percent, percent=True))
    result = earlier.values.get("result")
    told = f" – {shorten(words_of(result), _RESULT)}" if result is not None else ""
    return f"{_title(earlier)}: {', '.join(words)}{told}"


def indicator_before(earlier: EarlierAnswer | None, schema: Schema, *, percent: bool) -> str:
    """The value or the quotient ("70,8% (85/120)"), or that there were no data, with the period on its own line.

    "Chưa có" alone: the unit said nothing, or there is no accepted return.
    """
    if earlier is None:
        return _NOTHING_BEFORE
    values = earlier.values
    if "value" in values:
        shown = _choice(values["value"], schema, "yes_no")
        return f"{shown or _shown(values['value'], percent=percent)}\n{earlier.title}"
    if "numerator" in values and "denominator" in values:
        return f"{_quotient(values['numerator'], values['denominator'], percent=percent)}\n{earlier.title}"
    if "no_data" in values:
        return f"Chưa có số liệu\n{earlier.title}"
    return _NOTHING_BEFORE


def _parts_of(text: str, width: float) -> list[str]:
    """The text cut at line breaks so that each part fits a row of that width; joined by line breaks it is the same."""
    parts: list[str] = []
    for line in text.split("\n"):
        longer = f"{parts[-1]}\n{line}" if parts else line
        if parts and len(wrapped(longer, width - INDENT)) <= _LINES:
            parts[-1] = longer
        else:
            parts.append(line)
    return parts


def words_of(value: Value) -> str:
    """A text as it was understood; as it was typed where it was not."""
    return (value.value if isinstance(value.value, str) else value.typed).strip()


def _quotient(part: Value, whole: Value, *, percent: bool) -> str:
    """ "70,8% (85/120)", or "85/120" where the result is no percentage."""
    shown = f"{_shown(part, percent=False)}/{_shown(whole, percent=False)}"
    above, below = part.value, whole.value
    if not percent or not isinstance(above, int | float) or not isinstance(below, int | float) or not below:
        return shown
    return f"{vietnamese_percent(round(above / below, 3))} ({shown})"


def _title(earlier: EarlierAnswer) -> str:
    return earlier.title[:1].upper() + earlier.title[1:]


def _choice(value: Value, schema: Schema, name: str) -> str:
    """The words of a chosen code; "" for a value that is none."""
    if not isinstance(value.value, str):
        return ""
    items = schema.lists.get(name, ())
    return next((item.title for item in items if item.code == value.value), value.value)


def _shown(value: Value, *, percent: bool) -> str:
    """A number as people read it here; what was typed where it is none."""
    if not isinstance(value.value, int | float):
        return shorten(value.typed, _RESULT)
    return vietnamese_percent(value.value) if percent else vietnamese_number(value.value)


_SHORT_ID_LENGTH = 10
REOPEN = "reopen"
"""Table of the choices on rows that an earlier report closed."""
_MOST_REPEATS = 3
"""Periods in a row in which a row may be "như kỳ trước" (contract)."""
_REPEATED = re.compile(r"kỳ thứ ([0-9]+) liên tiếp")
_STEADY = ("not_started", "in_progress", "ongoing", "not_arisen")
_WAITING = re.compile(r"\bkhi co (?:van ban|de nghi|yeu cau|chi dao|phan cong)")
"""Of a row that waits for a request from outside, without diacritics: "Thực hiện khi có văn bản đề nghị"."""
RECEIVED = "received"
"""Table of what supporting units reported."""
_Before = Mapping[tuple[str, str], EarlierAnswer]
"""(table, row key) -> what the unit's last accepted return said of it."""


def reporting_units(plan: Plan, period: Period) -> tuple[Unit, ...]:
    """Units that get a form: inside the agency, valid in the period, with something to report or to gather."""
    busy = {plan.properties.gatherer}
    for task in plan.tasks:
        busy |= {*task.lead_units, *task.support_units}
    for indicator in plan.indicators:
        busy |= set(indicator.lead_units)
    return tuple(unit for unit in plan.units if unit.code in busy and not unit.external and _valid(unit, period))


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


def _valid(unit: Unit, period: Period) -> bool:
    starts = unit.valid_from is None or unit.valid_from <= period.cutoff
    return starts and (unit.valid_to is None or unit.valid_to >= period.start)


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
        plan, unit, base = self.plan, self.unit, self._facts()
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
        free = tuple(
            FormRow(f"{number:02d}", {"number": str(number)}, dict(base))
            for number in range(1, plan.settings.free_rows + 1)
        )
        tables = [
            _table("led", led, sections),
            FormTable(REOPEN, tuple(FormRow(row.key, facts=dict(base)) for row in led if "done_period" in row.facts)),
            _statement("unchanged", base, offered=any(row.before for row in led)),
            _table(RECEIVED, _received_rows(plan, received, self._width()), sections),
            _table("supporting", supporting, sections),
            _statement("statement", base, offered=bool(supporting)),
            _table("indicator", followed, groups),
            _statement("no_data_rest", base, offered=bool(followed)),
            FormTable("proposal", free),
            FormTable("difficulty", free),
            FormTable("signoff", (FormRow("signoff", facts=dict(base)),)),
        ]
        return tuple(table for table in tables if table.rows)

    def _low(self, table: str, rows: Sequence[FormRow]) -> Iterator[FormRow]:
        """The rows, none higher than a screen can bear: what is too long is abridged, and stands whole in a note."""
        sheets = [sheet for sheet in self.schema.sheets if sheet.table == table]
        widths = {column.name: column.width for sheet in sheets for column in sheet.columns if not column.entry}
        for row in rows:
            cut = {name: abridged(text, widths[name]) for name, text in row.texts.items() if name in widths}
            whole = {
                name + WHOLE: f"{NOTE_WHOLE}: {' '.join(row.texts[name].split())}"
                for name, text in cut.items()
                if text != row.texts[name]
            }
            yield attrs.evolve(row, texts={**whole, **row.texts, **cut}) if whole else row

    def _width(self) -> float:
        """Of the column of supporters' texts, in characters."""
        columns = [column for sheet in self.schema.sheets if sheet.table == RECEIVED for column in sheet.columns]
        return next((column.width for column in columns if column.name == "text"), 80.0)

    def _facts(self) -> Facts:
        return {
            "year": self.plan.properties.year,
            "period_start": self.period.start.isoformat(),
            "period_end": self.period.cutoff.isoformat(),
        }

    def _led(self, task: Task) -> FormRow:
        """A led row; one that the last accepted return reported as done stays listed, locked."""
        product = "\n".join(filter(None, [task.deliverable, f"KPI: {task.kpi}" if task.kpi else ""]))
        row = _task_row(task, self._facts(), self.period, product=product, support=task.support)
        earlier = self.previous.get(("led", task.code))
        compared = tuple(name for name in _LED_BEFORE if not self._once or name != "result")
        before_facts = _before_facts(earlier, compared, "explanation")
        if documents := self._documents_elsewhere(task):
            before_facts[movement.DOCUMENTS_ELSEWHERE] = documents
        row = attrs.evolve(row, facts={**row.facts, **before_facts})
        texts = {**row.texts, "previous": led_before(earlier, self.schema)}
        if whole := _whole_before(earlier):
            texts["previous" + WHOLE] = whole
        if earlier is None or not row.open or not _done(earlier) or earlier.questioned:
            before = self._before(task, earlier) if row.open else ()
            facts = {**row.facts, "repeatable": bool(before), "repeats": _repeats(earlier)}
            return attrs.evolve(row, texts=texts, facts=facts, before=before)
        facts = {**row.facts, "done_before": True, "done_period": earlier.period}
        return attrs.evolve(row, texts=texts | {"done": _done_words(earlier)}, facts=facts, open=False)

    def _documents_elsewhere(self, task: Task) -> str:
        """Documents that proved other rows of the unit in earlier reports, as rules of movement compare with them.

        Without one that proved several rows, and those of the same printed task: it serves several tasks.
        """
        tasks = {item.code: item for item in self.plan.tasks}
        proofs: dict[str, list[Task | None]] = {}
        for (table, key), earlier in self.previous.items():
            number = earlier.values.get("evidence_number")
            if table == "led" and number is not None and isinstance(number.value, str) and _done(earlier):
                for document in movement.document_prints([number.value]).split("\n"):
                    proofs.setdefault(document, []).append(tasks.get(key))
        own = (task.section, task.number)
        return movement.document_prints(
            document
            for document, proved in proofs.items()
            if len(proved) == 1 and (proved[0] is None or (proved[0].section, proved[0].number) != own)
        )

    @property
    def _once(self) -> bool:
        """An ad hoc report: what the last month said of flows and in words is no measure for it."""
        return is_ad_hoc(self.period.code)

    def _before(self, task: Task, earlier: EarlierAnswer | None) -> tuple[Value, ...]:
        """What the row may say again; nothing where it falls due, or was not answered anew for three periods."""
        progress = earlier.values.get("progress") if earlier else None
        due = task.due is not None and task.due <= self.period.cutoff
        if earlier is None or progress is None or earlier.questioned or due or _repeats(earlier) >= _MOST_REPEATS:
            return ()
        if progress.value not in _STEADY:
            return ()
        held = (item for item in earlier.values.values() if item.value is not None)
        return tuple(attrs.evolve(item, origin=item.origin or earlier.source) for item in held)

    def _indicator(self, item: Indicator) -> FormRow:
        row = _indicator_row(item, self._facts())
        earlier = self.previous.get(("indicator", item.code))
        compared = tuple(name for name in _INDICATOR_BEFORE if not self._once or item.kind_of(name) != "flow")
        row = attrs.evolve(row, facts={**row.facts, **_before_facts(earlier, compared, "note")})
        if item.measure == "percent" and "value" in compared and f"{movement.BEFORE}value" not in row.facts:
            ratio = _ratio(earlier)
            row = attrs.evolve(
                row, facts={**row.facts, **({f"{movement.BEFORE}value": ratio} if ratio is not None else {})}
            )
        before = indicator_before(earlier, self.schema, percent=row.facts["measure"] == "percent")
        return attrs.evolve(row, texts={**row.texts, "previous": before})


_LED_BEFORE = ("progress", "percent", "result", "completion_date")
_INDICATOR_BEFORE = ("numerator", "denominator", "value")


def _before_facts(earlier: EarlierAnswer | None, fields: Sequence[str], explanation: str) -> Facts:
    """What rules of movement compare with."""
    if earlier is None:
        return {}
    held = {name: item.value for name, item in earlier.values.items()}
    return movement.facts_before(held, fields, explanation, earlier.still)


def _ratio(earlier: EarlierAnswer | None) -> float | None:
    """What its parts came to, where both were told."""
    values = earlier.values if earlier else {}
    part, whole = (values[name].value if name in values else None for name in ("numerator", "denominator"))
    if not isinstance(part, int | float) or not isinstance(whole, int | float) or not whole:
        return None
    return part / whole


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
    names = dict(zip(texts, told_apart(list(texts.values())), strict=True))
    told = Counter(map(fold, names.values()))
    return {
        code: f"{shorten(name, NAME - len(code) - 3)} ({code})" if told[fold(name)] > 1 else name
        for code, name in names.items()
    }


def _statement(name: str, base: Facts, *, offered: bool) -> FormTable:
    """The one row of a statement for all rows of a table."""
    return FormTable(name, (FormRow(name, facts=dict(base)),) if offered else ())


def _repeats(earlier: EarlierAnswer | None) -> int:
    """For how many periods in a row the row has been answered as before."""
    progress = earlier.values.get("progress") if earlier else None
    found = _REPEATED.search(progress.stated) if progress else None
    return int(found[1]) if found else 0


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


def received_of(form: Form) -> tuple[SupporterAnswer, ...]:
    """What the supporters had reported when the form was issued, as `build_form` takes it."""
    table = form.table(RECEIVED)
    texts: dict[tuple[str, str, str], list[str]] = {}
    for row in table.rows if table else ():
        place = (str(row.facts["task"]), str(row.facts["unit"]), row.texts["unit"])
        texts.setdefault(place, []).append(row.texts["text"])
    return tuple(SupporterAnswer(*place, "\n".join(parts)) for place, parts in texts.items())


def _received_rows(plan: Plan, received: Sequence[SupporterAnswer], width: float) -> tuple[FormRow, ...]:
    """A locked row for each text, in the plan's order; more than one for a text that is higher than a row can be."""
    rows, names = [], _names([task for task in plan.tasks if any(one.task == task.code for one in received)])
    for task in plan.tasks:
        for item in (one for one in received if one.task == task.code):
            for number, part in enumerate(_parts_of(item.text, width), start=1):
                texts = {
                    "number": task.subnumber or task.number,
                    "work": names[task.code],
                    "unit": item.name,
                    "text": part,
                }
                facts: Facts = {"task": item.task, "unit": item.unit}
                key = f"{item.task}.{item.unit}" + (f".{number}" if number > 1 else "")
                rows.append(FormRow(key, texts, facts, task.section, open=False))
    return tuple(rows)


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


def _deadline(task: Task) -> str:
    """As printed, with the office's own date where it gave another, and the plan's note ("Thực hiện khi có …")."""
    parts = [task.deadline.text]
    if task.standard_deadline is not None and task.standard_deadline != task.deadline.date:
        parts.append(f"(hạn chuẩn {task.standard_deadline:%d/%m/%Y})")
    if task.note:
        parts.append(f"({task.note})")
    return "\n".join(part for part in parts if part)


def _task_row(task: Task, base: Facts, period: Period, **texts: str) -> FormRow:
    """A led or supporting row; `texts`: what it shows beside number, work and deadline."""
    shown = {"number": task.subnumber or task.number, "work": _work(task), "deadline": _deadline(task)}
    facts = {
        **base,
        "overdue": task.due is not None and period.cutoff > task.due,
        "due": task.due.isoformat() if task.due else None,
        "done_before": task.done_before,
    }
    return FormRow(task.code, shown | texts, facts, task.section, open=not task.done_before)


def _indicator_row(item: Indicator, base: Facts) -> FormRow:
    texts = {"number": item.number, "indicator": item.indicator, "unit": item.unit, "target": item.target.text}
    facts: Facts = {
        **base,
        "measure": item.measure,
        "kind": item.kind,
        "countable": item.is_countable,
        "comparator": item.target.comparator,
        "target_value": item.target.value,
        **({movement.SHARE: item.threshold / 100} if item.threshold else {}),
    }
    return FormRow(item.code, texts, facts, item.group)
