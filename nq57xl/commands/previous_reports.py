"""What units reported in earlier periods: for the columns "last period", and for rows that stay done."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta

import attrs
from attrs import define, field

from nq57xl import __version__
from nq57xl.commands.office import Office
from nq57xl.forms.build import REOPEN
from nq57xl.forms.model import EarlierAnswer, Form, Value
from nq57xl.ledger.model import CarriedCell
from nq57xl.ledger.store import Ledger
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import is_ad_hoc, parse_period
from nq57xl.plan.units import Succession, ended
from nq57xl.results.consolidation import SLOWEST_FIRST, Consolidation, PastPeriod
from nq57xl.results.figures import past_period, past_periods
from nq57xl.results.standing import counting_return
from nq57xl.returns.check import plan_rows
from nq57xl.returns.model import JudgedReturn, ReturnRecord
from nq57xl.rules.codec import from_json, to_json


def with_plan_rows(
    office: Office, ledger: Ledger, plan: Plan, period: Period, judged: Sequence[JudgedReturn]
) -> list[JudgedReturn]:
    """The returns with what became of their rows in the plan; facts that never change a verdict."""
    found = []
    for item in judged:
        form = ledger.form_by_id(item.issue_id, cells=False) if item.issue_id else None
        own = form is not None and form.period.code == period.code
        told = office.in_own_words(plan_rows(form, plan)) if form is not None and own else ()
        found.append(attrs.evolve(item, findings=item.findings + told))
    return found


def still_asked(forms: Sequence[Form], plan: Plan, period: Period, records: Sequence[ReturnRecord]) -> tuple[Form, ...]:
    """The forms without those of units that ended before the cut-off day and sent nothing: nobody waits for them.

    Their rows have passed to the units that come after them.
    """
    gone = {unit.code for unit in plan.units if ended(unit, period.cutoff)}
    gone -= {record.judged.unit for record in records if record.judged.unit is not None}
    return tuple(form for form in forms if form.unit not in gone)


LAST_YEAR = "nam-truoc.json"
"""In a workspace that goes on from another: what was last said there of the rows that go on."""
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
    _progress: dict[str, dict[str, ReturnRecord]] = field(factory=dict, init=False)
    _issued: dict[tuple[str, date], list[Period]] = field(factory=dict, init=False)
    _handed_in: set[tuple[str, str]] | None = field(default=None, init=False)
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

    def carried(self, form: Form) -> tuple[CarriedCell, ...]:
        """Cells of earlier returns that still hold: of the rows that the form shows as done because they said so.

        A row is left out once the earlier period's accepted return no longer says that it is done.
        """
        found = []
        for key, code in _done_rows(form):
            record = self._teller(form, code, key)
            row = self._cells(record).get(("led", key), {}) if record is not None else {}
            if record is not None and "progress" in row and row["progress"].value == "done":
                found += [CarriedCell(value, record.judged.source) for name, value in row.items() if name in _KEPT]
        return tuple(found)

    def _line(self, unit: str, period: Period) -> tuple[str, ...]:
        """The unit, then those that had ended by the period and whose rows came to it."""
        return (unit, *Succession(self.plan.units).predecessors(unit, period.cutoff))

    def _newest(self, unit: str, period: Period) -> dict[tuple[str, str], EarlierAnswer]:
        """The rows of the unit's own newest accepted return of an earlier period."""
        if self._handed_in is None:
            self._handed_in = self.ledger.handed_in()
        for earlier in self._told_before(period):
            told = (earlier.code, unit) in self._handed_in
            record = self.counting(earlier.code).get(unit) if told else None
            if record is not None:
                return self._rows(record, earlier)
        return self._last_year(unit)

    def _last_year(self, unit: str) -> dict[tuple[str, str], EarlierAnswer]:
        """What was last said of unfinished rows in the workspace of the year before, taken over by `init --from`."""
        path = self.ledger.workspace.root / LAST_YEAR
        if not path.is_file():
            return {}
        kept = from_json(path.read_text(encoding="utf-8"), dict[str, tuple[tuple[str, str, EarlierAnswer], ...]])
        return {(table, key): row for table, key, row in kept.get(unit, ())}

    def _still(self, unit: str, period: Period, key: tuple[str, str], row: EarlierAnswer) -> int:
        """For how many earlier periods in a row the unit has reported that percentage of a row in progress."""
        percent = row.values.get("percent")
        count = 0
        for earlier in self.periods(period):
            record = self._progress_in(earlier.code).get(unit)
            said = self._cells(record).get(key, {}) if record is not None else {}
            told, progress = said.get("percent"), said.get("progress")
            if percent is None or told is None or told.value != percent.value:
                break
            if progress is None or progress.value != "in_progress":
                break
            count += 1
        return count

    def _cells(self, record: ReturnRecord) -> _Rows:
        """The rows of a return, gathered once."""
        if id(record) not in self._by_return:
            self._by_return[id(record)] = _by_row(record)
        return self._by_return[id(record)]

    def _teller(self, form: Form, code: str, key: str) -> ReturnRecord | None:
        """The return of that period that told the led row for the form's unit: its own, else one before it."""
        records = (self._progress_in(code).get(unit) for unit in self._line(form.unit, form.period))
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

    def _progress_in(self, code: str) -> dict[str, ReturnRecord]:
        """The same with what stays of interest for good: how far rows had come, and all of those that were done."""
        if code not in self._progress:
            self._progress[code] = _that_count(self.ledger.returns(code, progress_only=True))
        return self._progress[code]

    def periods(self, period: Period) -> list[Period]:
        """Earlier periods of the same kind for which forms were issued, the newest first; an ad hoc report has none."""
        return [] if is_ad_hoc(period.code) else self._issued_before(_kind(period.code), period.cutoff)

    def _told_before(self, period: Period) -> list[Period]:
        """The periods in which the unit may have told what a form shows beside its rows, the newest first."""
        if is_ad_hoc(period.code):
            return self._issued_before(_kind("2026-01"), period.cutoff + timedelta(days=1))
        return self.periods(period)

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
        rows = {
            key: EarlierAnswer(period.code, period.title, values, record.judged.source, questioned=key in asked)
            for key, values in _by_row(record).items()
        }
        form = self.ledger.form_by_id(record.judged.issue_id or "", cells=False)
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
    progress = row.values.get("progress")
    code = progress.value if progress is not None else None
    return SLOWEST_FIRST.index(code) if code in SLOWEST_FIRST else len(SLOWEST_FIRST)


def _by_row(record: ReturnRecord) -> _Rows:
    """The cells that hold something, by row."""
    rows: _Rows = {}
    for value in record.judged.values:
        if value.table in _TABLES and (value.typed.strip() or value.value is not None):
            rows.setdefault((value.table, value.key), {})[value.field] = value
    return rows


def _done_rows(form: Form) -> Iterator[tuple[str, str]]:
    """(row key, code of the period in which it was reported as done) of the rows locked for that reason."""
    led = form.table("led")
    for row in led.rows if led else ():
        code = row.facts.get("done_period")
        if isinstance(code, str):
            yield row.key, code


@define
class KeptPeriods:
    """What the ledger keeps of earlier periods, as of now."""

    office: Office
    ledger: Ledger
    plan: Plan
    _basis: bytes = field(init=False)
    """What every period follows from, beside what the ledger has of it: program, rules, plan."""

    def __attrs_post_init__(self) -> None:
        """Rules and appendix are read once."""
        parts = f"{__version__} {self.office.schema().version} ".encode()
        self._basis = parts + self.office.workspace.appendix.read_bytes()

    def get(self, period: Period, make: Callable[[], Consolidation]) -> PastPeriod:
        """The period as kept from what stands in the ledger and the appendix now; made anew where that has changed."""
        kept = self.ledger.past_period(period.code, self._mark(period))
        return past_period(make()) if kept is None else from_json(kept, PastPeriod)

    def keep(self, c: Consolidation) -> None:
        """Keeps the periods before this one for the reports of the months to come."""
        for item in past_periods(c):
            mark = self._mark(item.period)
            if self.ledger.past_period(item.period.code, mark) is None:
                self.ledger.note_past_period(item.period.code, mark, to_json(item))

    def _mark(self, period: Period) -> str:
        """What the period follows from: its own returns and those before it, decisions, edits; and the basis."""
        days = ((code, parse_period(code, self.plan.properties)) for code in self.ledger.periods())
        upto = [code for code, other in days if other.cutoff <= period.cutoff]
        return hashlib.sha256(self.ledger.state_of(upto).encode() + self._basis).hexdigest()[:24]
