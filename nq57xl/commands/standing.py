"""A period of an office: its plan, its days, where every unit stands in it; what units reported in earlier periods."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property

import attrs
from attrs import define, field, frozen

from nq57xl.commands.office import Office, fault
from nq57xl.errors import Nq57Error
from nq57xl.forms.build import REOPEN, reporting_units
from nq57xl.forms.model import EarlierAnswer, Form, Value
from nq57xl.ledger.model import CarriedCell, Closing, PeriodStatus
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import is_ad_hoc, months_of, parse_period
from nq57xl.plan.units import Succession, in_force
from nq57xl.results.standing import counting_return, period_status, same_time
from nq57xl.returns.check import check_period
from nq57xl.returns.model import AnsweredForm, ReturnRecord
from nq57xl.rules.codec import from_json
from nq57xl.rules.findings import Finding

_TABLES = ("led", "indicator")
_KEPT = (
    "progress",
    "percent",
    "kpi_achieved",
    "completion_date",
    "evidence_number",
    "evidence_date",
    "evidence_title",
    "evidence_link",
)
"""Fields of a finished row that go on holding; results, difficulties and next steps were those of their period."""

_Rows = dict[tuple[str, str], dict[str, Value]]


@define
class PreviousReports:
    """The accepted returns of a ledger by period and unit, each period read once."""

    ledger: Ledger
    plan: Plan
    _returns: dict[str, tuple[ReturnRecord, ...]] = field(factory=dict, init=False)
    _counting: dict[str, dict[str, ReturnRecord]] = field(factory=dict, init=False)
    _progress: dict[tuple[str, str], ReturnRecord | None] = field(factory=dict, init=False)
    _issued: dict[tuple[str, date], list[Period]] = field(factory=dict, init=False)
    _known_forms: set[str] = field(factory=set, init=False)
    _by_return: dict[int, _Rows] = field(factory=dict, init=False)

    def before(self, unit: str, period: Period) -> dict[tuple[str, str], EarlierAnswer]:
        """(table, row key) -> what the unit reported of it in its newest accepted return of an earlier period.

        Only periods of the same kind (months, quarters ...) count, before an ad hoc report months. A row that was
        locked there because it was done before is taken from the return that reported it as done. Rows that came from
        units which have ended since (a merger, a split) are there as those units last reported them.
        """
        own, *others = (self._newest(code, period) for code in self._line(unit, period))
        rows = _joined(others) | own
        return {key: attrs.evolve(row, still=self._still(unit, period, key, row)) for key, row in rows.items()}

    def carried(self, forms: Mapping[str, Form]) -> dict[str, tuple[CarriedCell, ...]]:
        """By unit, as the forms are given, the cells of earlier returns that still hold: what said that rows are done.

        A row is left out once the earlier period's accepted return no longer says that it is done.
        """
        self._read_tellers(forms.values())
        carried: dict[str, list[CarriedCell]] = {unit: [] for unit in forms}
        for unit, key, code in ((unit, *row) for unit, form in forms.items() for row in _done_rows(form)):
            record = self._teller(forms[unit], code, key)
            row = self._cells(record).get(("led", key), {}) if record is not None else {}
            if record is not None and "progress" in row and row["progress"].value == "done":
                source = record.judged.source
                carried[unit] += [CarriedCell(value, source) for name, value in row.items() if name in _KEPT]
        return {unit: tuple(cells) for unit, cells in carried.items()}

    def _line(self, unit: str, period: Period) -> tuple[str, ...]:
        """The unit, then those that had ended by the period and whose rows came to it."""
        return (unit, *Succession(self.plan.units).predecessors(unit, period.cutoff))

    def _newest(self, unit: str, period: Period) -> dict[tuple[str, str], EarlierAnswer]:
        """The rows of the unit's own newest accepted return of an earlier period, before an ad hoc report of a month.

        Without one, what was last said of unfinished rows in the workspace of the year before, taken over by
        `init --from`.
        """
        before = self.periods(period)
        if is_ad_hoc(period.code):
            before = self._issued_before(_kind("2026-01"), period.cutoff + timedelta(days=1))
        for earlier in before:
            told = (earlier.code, unit) in self._handed_in
            record = self.counting(earlier.code).get(unit) if told else None
            if record is not None:
                return self._rows(record, earlier)
        path = self.ledger.workspace.last_year
        if not path.is_file():
            return {}
        kept = from_json(path.read_text(encoding="utf-8"), dict[str, tuple[tuple[str, str, EarlierAnswer], ...]])
        return {(table, key): row for table, key, row in kept.get(unit, ())}

    def _still(self, unit: str, period: Period, key: tuple[str, str], row: EarlierAnswer) -> int:
        """For how many earlier periods in a row the unit has reported that percentage of a row in progress."""
        percent = row.values.get("percent")
        count = 0
        for earlier in self.periods(period):
            record = self._progress_in(earlier.code, unit)
            said = self._cells(record).get(key, {}) if record is not None else {}
            told, progress = said.get("percent"), said.get("progress")
            if percent is None or told is None or told.value != percent.value:
                break
            if progress is None or progress.value != "in_progress":
                break
            count += 1
        return count

    def _cells(self, record: ReturnRecord) -> _Rows:
        """The cells of a return that hold something, by row, gathered once."""
        if id(record) not in self._by_return:
            rows = self._by_return[id(record)] = _Rows()
            for value in record.judged.filled.values():
                if value.table in _TABLES:
                    rows.setdefault((value.table, value.key), {})[value.field] = value
        return self._by_return[id(record)]

    def _teller(self, form: Form, code: str, key: str) -> ReturnRecord | None:
        """The return of that period that told the led row for the form's unit: its own, else one before it."""
        records = (self._progress_in(code, unit) for unit in self._line(form.unit, form.period))
        told = (record for record in records if record is not None and ("led", key) in self._cells(record))
        return next(told, None)

    def _told_of(self, first: ReturnRecord, code: str, key: str) -> dict[str, Value] | None:
        """All that the return says of the row, of which a put-right return may no longer say that it is done."""
        values = self._cells(first).get(("led", key))
        if values and "progress" in values and values["progress"].value == "done":
            return values
        return self._cells(self.counting(code)[first.judged.unit or ""]).get(("led", key))

    def returns(self, code: str) -> tuple[ReturnRecord, ...]:
        """Everything collected for a period."""
        if code not in self._returns:
            self._returns[code] = self.ledger.returns(code)
        return self._returns[code]

    def counting(self, code: str) -> dict[str, ReturnRecord]:
        """The return that counts of each unit in a period."""
        if code not in self._counting:
            self._counting[code] = _that_count(self.returns(code))
        return self._counting[code]

    @cached_property
    def _handed_in(self) -> set[tuple[str, str]]:
        return self.ledger.handed_in()

    def _progress_in(self, code: str, unit: str) -> ReturnRecord | None:
        """The unit's with what stays of interest for good: how far rows had come, and all of those that were done."""
        if code in self._counting:
            return self._counting[code].get(unit)
        if (code, unit) not in self._progress and (code, unit) in self._handed_in:
            self._read_progress(place for place in self._handed_in if place[0] == code)
        return self._progress.get((code, unit))

    def _read_tellers(self, forms: Iterable[Form]) -> None:
        """Reads at once what made rows of these forms done: of the year so far a return for each such row, no more."""
        self._read_progress(
            (code, unit)
            for form in forms
            for code in {code for _, code in _done_rows(form)}
            for unit in self._line(form.unit, form.period)
        )

    def _read_progress(self, places: Iterable[tuple[str, str]]) -> None:
        """Reads together the returns that count of those (period, unit) that are not known yet."""
        wanted = {place for place in places if place[0] not in self._counting} & self._handed_in - self._progress.keys()
        records: dict[str, list[ReturnRecord]] = {}
        for record in self.ledger.progress(wanted):
            records.setdefault(record.period, []).append(record)
        counting = {code: _that_count(found) for code, found in records.items()}
        self._progress |= {(code, unit): counting.get(code, {}).get(unit) for code, unit in wanted}

    def periods(self, period: Period) -> list[Period]:
        """Earlier periods of the same kind for which forms were issued, the newest first; an ad hoc report has none."""
        return [] if is_ad_hoc(period.code) else self._issued_before(_kind(period.code), period.cutoff)

    def _issued_before(self, kind: str, day: date) -> list[Period]:
        if (kind, day) not in self._issued:
            codes = [code for code in self.ledger.periods() if _kind(code) == kind]
            parsed = [parse_period(code, self.plan.properties) for code in codes]
            before = (item for item in parsed if item.cutoff < day)
            self._issued[kind, day] = sorted(before, key=lambda item: item.cutoff, reverse=True)
        return self._issued[kind, day]

    def _rows(self, record: ReturnRecord, period: Period) -> dict[tuple[str, str], EarlierAnswer]:
        reopened = {item.key for item in record.judged.values if item.table == REOPEN and item.value is not None}
        asked = {(item.table, item.task) for item in record.judged.findings if item.is_open}
        form = self.ledger.form_by_id(record.judged.issue_id or "", cells=False)
        facts = form.facts if form is not None else {}
        rows = {
            key: EarlierAnswer(
                period.code,
                period.title,
                values,
                record.judged.source,
                measure=str(facts.get(key, {}).get("measure", "")),
                questioned=key in asked,
            )
            for key, values in self._cells(record).items()
        }
        if period.code not in self._known_forms:
            self._known_forms.add(period.code)
            self._read_tellers(self.ledger.current_forms(period.code))
        for key, code in _done_rows(form) if form is not None else ():
            first = self._teller(form, code, key) if form is not None else None
            values = self._told_of(first, code, key) if first is not None else None
            if values:
                title = parse_period(code, self.plan.properties).title
                rows["led", key] = EarlierAnswer(code, title, values, questioned=key in reopened)
        return rows


def _that_count(records: Iterable[ReturnRecord]) -> dict[str, ReturnRecord]:
    """The return that counts of each unit."""
    by_unit: dict[str, list[ReturnRecord]] = {}
    for record in records:
        if record.judged.unit is not None:
            by_unit.setdefault(record.judged.unit, []).append(record)
    winners = {unit: counting_return(records) for unit, records in by_unit.items()}
    return {unit: record for unit, record in winners.items() if record is not None}


def _kind(code: str) -> str:
    """The code without its digits: "-" for months, "-Q" for quarters, "-H" for half-years, "" for years."""
    return re.sub(r"\d", "", code)


def _joined(lines: Iterable[dict[tuple[str, str], EarlierAnswer]]) -> dict[tuple[str, str], EarlierAnswer]:
    """The rows of several units as those of one; of a row that two of them led, what the less advanced one said."""
    joined: dict[tuple[str, str], EarlierAnswer] = {}
    for rows in lines:
        for key, row in rows.items():
            if key not in joined or _advance(row) < _advance(joined[key]):
                joined[key] = row
    return joined


def _advance(row: EarlierAnswer) -> int:
    """How far the row has come by its progress; a row without one (an indicator) is as good as any."""
    from nq57xl.results.consolidation import SLOWEST_FIRST

    progress = row.values.get("progress")
    code = progress.value if progress is not None else None
    return SLOWEST_FIRST.index(code) if code in SLOWEST_FIRST else len(SLOWEST_FIRST)


def _done_rows(form: Form) -> Iterator[tuple[str, str]]:
    """(row key, code of the period in which it was reported as done) of the rows locked for that reason."""
    led = form.table("led")
    for row in led.rows if led else ():
        code = row.facts.get("done_period")
        if isinstance(code, str):
            yield row.key, code


@frozen
class PeriodOverview:
    """A period with its plan and status."""

    plan: Plan
    period: Period
    status: PeriodStatus
    missing_at_close: tuple[str, ...] = ()
    """Of a closed period: names of the units without an accepted return when it was closed."""


@frozen
class OfficePeriod:
    """One period as a command works on it, while the ledger is open."""

    office: Office
    ledger: Ledger
    plan: Plan
    """The one that holds on the cut-off day; of an ad hoc report the rows that it asks for."""
    period: Period

    @classmethod
    def of(cls, office: Office, ledger: Ledger, code: str | None = None) -> OfficePeriod:
        """The period asked for, else the latest one issued, with the plan that holds on its cut-off day.

        The present appendix is the newest version of the plan, an earlier one stands as it was when it was amended, and
        units have the names that they had on the day. What the office keeps for itself (settings, e-mails, dated names,
        successors) is always that of the present appendix. Raises Nq57Error for a code that is none, and without one
        before anything was issued.
        """
        present = office.appendix().plan
        code = code or ledger.latest_period()
        if code is None:
            raise Nq57Error("Chưa phát hành biểu mẫu kỳ nào: hãy chạy «nq57xl generate --period KỲ» trước.")
        period = parse_period(code, present.properties)
        plan = in_force(present, period.cutoff, ledger.plan_until(period.cutoff))
        return cls(office, ledger, plan.asked_in(period), parse_period(period.code, plan.properties))

    @property
    def code(self) -> str:
        """Of the period: 2026-04."""
        return self.period.code

    @property
    def closing(self) -> Closing | None:
        """What was noted when the period was closed; None while it is open."""
        return self.ledger.closing(self.code)

    @property
    def months(self) -> tuple[Period, ...]:
        """The months of a longer period that have forms, oldest first; () for a month."""
        codes, issued = months_of(self.code), self.ledger.periods()
        return tuple(parse_period(code, self.plan.properties) for code in codes if code in issued and len(codes) > 1)

    @property
    def reported_months(self) -> tuple[Period, ...]:
        """The months that a longer period without forms of its own is made of; () for any other period."""
        return () if self.code in self.ledger.periods() else self.months

    def require_issued(self, *, or_months: bool = False) -> None:
        """Raises Nq57Error when there are neither forms of the period nor, with `or_months`, of a month of it."""
        if self.code not in self.ledger.periods() and not (or_months and self.months):
            raise Nq57Error(
                f"Chưa phát hành biểu mẫu {self.period.title}: hãy chạy «nq57xl generate --period {self.code}» trước."
            )

    def standing(self) -> PeriodStatus:
        """Where every unit stands in the period, with what concerns several units."""
        ledger, plan, period = self.ledger, self.plan, self.period
        records = ledger.returns(period.code, valued=False)
        # nobody waits for units that ended before the cut-off day and sent nothing: others have their rows
        gone = {unit.code for unit in plan.units if unit.ended(period.cutoff)}
        gone -= {record.judged.unit for record in records if record.judged.unit is not None}
        forms = [form for form in ledger.current_forms(period.code) if form.unit not in gone]
        emails = {unit.code: unit.email for unit in plan.units}
        expected = {unit.code: unit.name for unit in reporting_units(plan, period)}
        told = period_status(plan.properties.id, period, forms, records, emails, expected=expected)
        shown = {one.id for unit in told.units for one in (unit.counting, unit.newest, unit.first) if one}
        records = ledger.with_values(records, shown)
        status = period_status(plan.properties.id, period, forms, records, emails, expected=expected)
        counting = [unit.counting.judged for unit in status.units if unit.counting]
        forms_answered = ((ledger.form_by_id(judged.issue_id or "", cells=False), judged) for judged in counting)
        answered = [AnsweredForm(form, judged) for form, judged in forms_answered if form is not None]
        names = {unit.code: unit.name for unit in status.units}
        found = self.office.in_own_words((*_between_units(answered), *same_time(records, names)))
        signed = ledger.signed_copies(period.code)
        copies = {copy.sha256 for copy in signed}
        unknown = tuple(record for record in status.unrecognised if record.judged.source.sha256 not in copies)
        # with what earlier returns said of rows that the form that counts shows as done before it
        used = {form.unit: form for form in forms}
        for unit in status.units:
            issue_id = unit.counting.judged.issue_id if unit.counting else None
            if form := ledger.form_by_id(issue_id, cells=False) if issue_id else None:
                used[unit.code] = form
        carried = PreviousReports(ledger, plan).carried(used)
        units = tuple(attrs.evolve(unit, carried=carried.get(unit.code, ())) for unit in status.units)
        return attrs.evolve(status, units=units, period_findings=found, signed=signed, unrecognised=unknown)

    def status(self) -> PeriodStatus:
        """The same, telling what came after a close and when units were reminded last."""
        status, closing = self.standing(), self.closing
        if closing is not None:
            last = closing.own.last_return
            units = tuple(
                attrs.evolve(unit, after_close=unit.newest is not None and unit.newest.id > last)
                for unit in status.units
            )
            status = attrs.evolve(status, units=units, closed_at=closing.at)
        noted = [event for event in self.ledger.events("remind") if event.detail["period"] == self.code]
        if not noted:
            return status
        return attrs.evolve(status, reminded_at=noted[-1].at, reminded=tuple(noted[-1].detail["units"]))


def _between_units(answered: Sequence[AnsweredForm]) -> Sequence[Finding]:
    """What concerns several units; the returns have their verdicts, whatever becomes of this."""
    try:
        return tuple(check_period(answered))
    except Exception:
        return (fault("so sánh báo cáo của các đơn vị với nhau"),)
