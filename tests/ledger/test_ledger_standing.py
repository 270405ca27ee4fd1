"""Which return counts, and where each unit stands (contract.md 4, 6)."""

from __future__ import annotations

import datetime as dt
import itertools

from hypothesis import given
from hypothesis import strategies as st

from nq57xl.forms.model import Form
from nq57xl.ledger.model import PeriodStatus, UnitStatus
from nq57xl.results.standing import counting_return, period_status
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import Finding, Verdict
from nq57xl.text.clock import VIETNAM
from tests.ledger_kit import NOON, PERIOD, form, judged
from tests.samples import sample_period

IDS = itertools.count(1)
ERROR = Finding("REQUIRED_BLANK", "error", "Thiếu")
WARNING = Finding("DATE_ODD", "warning", "Ngày lạ")
NOTE = Finding("MACROS", "note", "Có macro")


def at(day: int, hour: int = 9) -> dt.datetime:
    return dt.datetime(2026, 4, day, hour, tzinfo=VIETNAM)


def back(
    verdict: Verdict = "accepted",
    received: dt.datetime = NOON,
    unit: str | None = "VP",
    *findings: Finding,
    form_period: str | None = PERIOD,
) -> ReturnRecord:
    number = next(IDS)
    item = judged(f"r{number}", verdict, unit, received=received, form_period=form_period, findings=findings)
    return ReturnRecord(number, PERIOD, item, NOON)


def status(*records: ReturnRecord, forms: tuple[Form, ...] = (form("VP"),)) -> PeriodStatus:
    return period_status("mau-2026", sample_period(), forms, records, {"VP": "vp@dongnai.gov.vn"})


def unit(*records: ReturnRecord) -> UnitStatus:
    return status(*records).units[0]


def superseded(records: list[ReturnRecord]) -> set[str]:
    """Names of the files that the status tells as superseded."""
    return {item.name for item in unit(*records).attempts if item.verdict == "superseded"}


# which counts


def test_newest_by_received_time() -> None:
    """A return that was received earlier does not count, although it was collected later."""
    newer, older = back(received=at(15)), back(received=at(14))
    assert counting_return([newer, older]) is newer
    assert superseded([newer, older]) == {older.judged.source.name}


def test_equal_times() -> None:
    """Of two returns received at the same time the one collected last counts."""
    first, second = back(), back()
    assert counting_return([second, first]) is second
    assert superseded([second, first]) == {first.judged.source.name}


def test_rejected_displaces_nothing() -> None:
    """A rejected return after an accepted one leaves the accepted one counting."""
    accepted, rejected = back(received=at(14)), back("rejected", at(15))
    assert counting_return([accepted, rejected]) is accepted
    assert superseded([accepted, rejected]) == set()


def test_other_periods_form_never_counts() -> None:
    """A form of another period, or of none, never counts, whatever its verdict."""
    assert counting_return([back(form_period="2026-03"), back(form_period=None)]) is None


@given(st.lists(st.tuples(st.sampled_from(["accepted", "accepted_with_warnings", "rejected"]), st.integers(10, 13))))
def test_counting_ignores_the_order_of_the_list(drawn: list[tuple[Verdict, int]]) -> None:
    """The return that counts follows from times and ids alone; it and the superseded are all that were accepted."""
    records = [back(verdict, at(day)) for verdict, day in drawn]
    winner = counting_return(records)
    assert counting_return(list(reversed(records))) is winner
    accepted = [record for record in records if record.judged.verdict != "rejected"]
    names = superseded(records)
    beaten = [record for record in records if record.judged.source.name in names]
    assert (winner is None) == (not accepted)
    assert len(beaten) == max(0, len(accepted) - 1)
    assert winner is None or all(record.order < winner.order for record in beaten)


# status


def test_missing() -> None:
    """A unit that sent nothing is missing, neither on time nor late."""
    found = unit()
    assert (found.state, found.received_at, found.on_time, found.days_late) == ("missing", None, None, 0)
    assert (found.file, found.sha256, found.errors, found.warnings, found.last_attempt) == ("", "", 0, 0, None)
    assert (found.code, found.name, found.email) == ("VP", "Đơn vị VP", "vp@dongnai.gov.vn")
    assert not status().complete


def test_accepted() -> None:
    """An accepted return gives its time, file and hash."""
    record = back("accepted", at(16), "VP", NOTE)
    found = unit(record)
    assert (found.state, found.received_at, found.on_time, found.warnings) == ("accepted", at(16), True, 0)
    assert (found.file, found.sha256) == (record.judged.source.path, record.judged.source.sha256)
    assert (found.counting, found.newest, found.received_basis) == (record, record, "option")
    assert status(record).complete


def test_on_time_is_by_vietnamese_day() -> None:
    """Due on the 17th: 23:59 of that day in Viet Nam is on time, a minute later is a day late; UTC does not matter."""
    last = dt.datetime(2026, 4, 17, 16, 59, tzinfo=dt.UTC)
    assert (unit(back(received=last)).on_time, unit(back(received=last)).days_late) == (True, 0)
    late = unit(back(received=last + dt.timedelta(minutes=1)))
    assert (late.on_time, late.days_late) == (False, 1)
    assert late.received_at is not None
    assert late.received_at.isoformat() == "2026-04-18T00:00:00+07:00"
    assert unit(back(received=at(30))).days_late == 13


def test_rejected() -> None:
    """With nothing accepted the newest attempt is shown, with its errors and its time."""
    first = back("rejected", at(15), "VP", ERROR, ERROR, ERROR)
    second = back("rejected", at(18), "VP", ERROR, WARNING, NOTE)
    found = unit(second, first)
    assert (found.state, found.errors, found.warnings) == ("rejected", 1, 1)
    assert (found.received_at, found.on_time, found.days_late) == (at(18), False, 1)
    assert (found.counting, found.newest, found.last_attempt) == (None, second, "rejected")
    assert not status(first, second).complete


def test_rejected_after_accepted() -> None:
    """The accepted return stays shown, on its own time; the rejected one shows as the last attempt only."""
    accepted = back("accepted_with_warnings", at(16), "VP", WARNING)
    rejected = back("rejected", at(20), "VP", ERROR, ERROR)
    found = unit(accepted, rejected)
    assert (found.state, found.received_at, found.on_time) == ("accepted_with_warnings", at(16), True)
    assert (found.errors, found.warnings, found.last_attempt) == (0, 1, "rejected")
    assert (found.counting, found.newest) == (accepted, rejected)
    assert status(accepted, rejected).complete


def test_accepted_after_rejected() -> None:
    """A correction that is accepted takes the rejected attempt's place, and its lateness is its own."""
    found = unit(back("rejected", at(16), "VP", ERROR), back("accepted", at(19)))
    assert (found.state, found.errors, found.on_time, found.last_attempt) == ("accepted", 0, False, "accepted")


def test_form_of_another_period() -> None:
    """Last month's form, rejected for it, shows as a rejected attempt; it never makes the period complete."""
    found = status(back("rejected", at(15), "VP", ERROR, form_period="2026-03"))
    assert (found.units[0].state, found.complete) == ("rejected", False)
    odd = status(back("accepted", at(15), form_period="2026-03"))
    assert (odd.units[0].state, odd.complete) == ("missing", False)


def test_unrecognised() -> None:
    """Files that are no forms are listed, and say nothing of a unit's state even when they name one."""
    scan = back("unrecognised", at(15), "VP", ERROR, form_period=None)
    stray = back("unrecognised", at(15), None, ERROR, form_period=None)
    found = status(scan, stray)
    assert found.unrecognised == (scan, stray)
    assert (found.units[0].state, found.units[0].received_at, found.units[0].errors) == ("missing", None, 0)
    assert found.units[0].last_attempt == "unrecognised"


def test_units_come_from_the_forms() -> None:
    """Every unit that was issued a form is listed once, in that order, by its newest version; others are not."""
    import attrs

    renamed = attrs.evolve(form("QLDT", 2), unit_name="Phòng Đô thị")
    found = status(back(), back(unit="LA"), forms=(form("QLDT"), form("VP"), renamed))
    assert [(item.code, item.name, item.state) for item in found.units] == [
        ("QLDT", "Phòng Đô thị", "missing"),
        ("VP", "Đơn vị VP", "accepted"),
    ]
    assert (found.complete, found.period, found.due, found.plan_id) == (False, PERIOD, dt.date(2026, 4, 17), "mau-2026")


def test_nothing_issued() -> None:
    """A period without forms has no units and is not complete."""
    found = status(forms=())
    assert (found.units, found.complete) == ((), False)
