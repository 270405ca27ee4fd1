"""The office's desk: where a period stands, unit by unit, with what to do next; one return with its findings."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from attrs import frozen

from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.forms.build import reporting_units
from nq57xl.forms.wording import form_file_name
from nq57xl.ledger.model import PeriodStatus, SignedCopy, UnitStatus
from nq57xl.ledger.storage import Event
from nq57xl.outputs.letters import letter_name
from nq57xl.plan.model import Period, Properties
from nq57xl.plan.periods import is_ad_hoc, months_of, next_period, parse_period
from nq57xl.results.standing import FiledReturn, filed_returns

_DECISIONS = ("exclude", "readmit", "received", "take", "recheck")

_NextAction = Literal["remind", "send_back", "ask", "issue", "none"]
"""`remind`: nothing came; `send_back`: the marked form waits to be sent; `ask`: accepted, something to be explained."""


@frozen
class _UnitLine:
    """One unit on the desk."""

    status: UnitStatus
    action: _NextAction
    newest: FiledReturn | None = None
    """The return that it gets an answer to."""
    form: Path | None = None
    """Its form of the period; None where none is issued."""
    marked: Path | None = None
    """The form that goes back to it."""
    draft: Path | None = None
    """The mail to it, ready to be sent."""


@frozen
class _DeskView:
    """A period on the desk."""

    period: Period
    issued: tuple[str, ...]
    """Codes of periods with forms, newest first."""
    status: PeriodStatus | None
    """None: no form of the period is issued yet."""
    units: tuple[_UnitLine, ...]
    strangers: tuple[FiledReturn, ...]
    """Files that are nobody's form."""
    days_left: int
    """Until the units' due day; negative after it."""
    months: tuple[_MonthPart, ...] = ()
    """Of a longer period without forms of its own: what it can be made of; () where no month of it was issued."""

    @property
    def received(self) -> int:
        """How many units have sent anything."""
        return sum(line.newest is not None for line in self.units)

    @property
    def accepted(self) -> int:
        """How many have an accepted return."""
        return sum(line.status.counting is not None for line in self.units)

    @property
    def late(self) -> tuple[UnitStatus, ...]:
        """Units whose report is overdue or came late."""
        return tuple(
            line.status
            for line in self.units
            if line.status.days_late or (line.status.counting is None and self.days_left < 0)
        )


@frozen
class _ReturnView:
    """One return with everything that is known of it."""

    period: Period
    filed: FiledReturn
    marked: Path | None
    letter: str
    """Text of the letter about it; "" where none could be written."""
    draft: Path | None
    original: Path | None
    """The file as it came, in the archive."""
    remarks: tuple[Event, ...]
    """What the office noted of it, oldest first."""
    decisions: tuple[Event, ...]
    """What the office decided on it, oldest first, also what no longer holds."""
    form: Path | None
    """The unit's form of the period as it is now."""


def desk(office: Office, period_code: str | None = None) -> _DeskView:
    """The period asked for, else the one that is due today. Raises Nq57Error when the appendix cannot be read."""
    with office.reading() as ledger:
        if not period_code:
            # the latest issued period until it is closed, else the one that is due
            properties, latest = office.appendix().plan.properties, ledger.latest_period()
            at_hand = parse_period(latest, properties) if latest else None
            if at_hand is None or ledger.closing(at_hand.code) is not None:
                at_hand = _due_period(properties, office.clock.now().date(), at_hand)
            period_code = at_hand.code
        here = OfficePeriod.of(office, ledger, period_code)
        period, issued = here.period, tuple(reversed(ledger.periods()))
        left = (period.due - office.clock.now().date()).days
        if not ledger.current_forms(here.code):
            parts = _month_parts(here) if here.reported_months else ()
            units = reporting_units(here.plan, period)
            waiting = tuple(_UnitLine(UnitStatus(one.code, one.name, one.email, "missing"), "issue") for one in units)
            return _DeskView(period, issued, None, waiting, (), left, parts)
        status = here.status()
        returns = filed_returns(status, ledger.returns(here.code))
        newest = {item.unit.code: item for item in returns if item.unit and item.newest}
        lines = tuple(_line(office, period, unit, newest.get(unit.code)) for unit in status.units)
        strangers = tuple(item for item in returns if item.unit is None)
        return _DeskView(period, issued, status, lines, strangers, left)


def look_at_return(office: Office, sha256: str) -> _ReturnView | None:
    """The return of that content; None where the ledger has none."""
    with office.reading() as ledger:
        record = ledger.return_by_hash(sha256)
        if record is None:
            return None
        here = OfficePeriod.of(office, ledger, record.period)
        period, returns = here.period, filed_returns(here.standing(), ledger.returns(here.code))
        item = next(one for one in returns if one.record.id == record.id)
        name = letter_name(item, period.code)
        letter = office.workspace.letters_dir(period.code) / f"{name}.txt"
        about = [event for event in ledger.events() if event.detail.get("sha256") == sha256]
        forms = office.workspace.forms_dir(period.code)
        return _ReturnView(
            period,
            item,
            marked=_marked(office, period, item.unit.code) if item.unit and item.asks else None,
            letter=letter.read_text(encoding="utf-8") if letter.is_file() else "",
            draft=_there(letter.with_suffix(".eml")),
            original=office.workspace.archived(sha256, verify=False),
            remarks=tuple(event for event in about if event.what == "remark"),
            decisions=tuple(event for event in about if event.what in _DECISIONS),
            form=_there(forms / form_file_name(period.code, item.unit.code)) if item.unit else None,
        )


@frozen
class _UnitView:
    """All that a unit handed in for a period."""

    name: str
    returns: tuple[FiledReturn, ...]
    """Newest first."""
    signed: tuple[SignedCopy, ...]
    """Oldest first."""


def look_at_unit(office: Office, code: str, period_code: str) -> _UnitView | None:
    """What the unit handed in for the period; None where the present plan has no such unit."""
    name = next((unit.name for unit in office.appendix().plan.units if unit.code == code), None)
    if name is None:
        return None
    with office.reading() as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        found = filed_returns(here.standing(), ledger.returns(here.code))
        own = tuple(reversed([item for item in found if item.unit and item.unit.code == code]))
        return _UnitView(name, own, tuple(copy for copy in ledger.signed_copies(here.code) if copy.unit == code))


def period_to_issue(office: Office) -> Period:
    """The period that `generate` proposes: the one that is due on this day."""
    with office.reading() as ledger:
        plan = office.appendix().plan
        regular = [code for code in ledger.periods() if not is_ad_hoc(code)]
        issued = parse_period(regular[-1], plan.properties) if regular else None
        return _due_period(plan.properties, office.clock.now().date(), issued)


def _due_period(properties: Properties, today: date, issued: Period | None) -> Period:
    """The month that is to be issued or gathered on that day: the one whose own report is not yet due.

    `issued`: the latest period with forms; it stays the one at hand until its report is due, and the next one of its
    kind follows it.
    """
    if issued is not None and not is_ad_hoc(issued.code):
        return issued if today <= issued.report_due else next_period(issued, properties)
    month = parse_period(f"{today:%Y-%m}", properties)
    return month if today <= month.report_due else next_period(month, properties)


def _line(office: Office, period: Period, unit: UnitStatus, newest: FiledReturn | None) -> _UnitLine:
    form = _there(office.workspace.forms_dir(period.code) / form_file_name(period.code, unit.code))
    marked = _marked(office, period, unit.code) if newest is not None and newest.asks else None
    action: _NextAction = "none"
    draft = None
    if newest is not None:
        draft = _there(office.workspace.letters_dir(period.code) / f"{letter_name(newest, period.code)}.eml")
    if unit.newest is not None and unit.newest.judged.verdict == "rejected":
        action = "send_back"
    elif unit.counting is None:
        action = "remind" if form is not None else "issue"
    elif unit.newest is not None and unit.newest.judged.asks_back:
        action = "ask"
    return _UnitLine(unit, action, newest, form, marked, draft)


def _marked(office: Office, period: Period, unit: str) -> Path | None:
    return _there(office.workspace.back_dir(period.code) / form_file_name(period.code, unit))


def _there(path: Path) -> Path | None:
    return path if path.is_file() else None


@frozen
class _MonthPart:
    """One month of a longer period."""

    period: Period
    issued: bool
    missing: tuple[str, ...] = ()
    """Names of units without an accepted return."""


def _month_parts(here: OfficePeriod) -> tuple[_MonthPart, ...]:
    """The months of a longer period, each with the units that it lacks."""
    issued, parts = set(here.ledger.periods()), []
    for code in months_of(here.code):
        if code not in issued:
            parts.append(_MonthPart(parse_period(code, here.plan.properties), issued=False))
            continue
        month = OfficePeriod.of(here.office, here.ledger, code)
        units = month.standing().units
        parts.append(_MonthPart(month.period, True, tuple(unit.name for unit in units if unit.counting is None)))
    return tuple(parts)
