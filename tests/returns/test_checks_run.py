"""The rules over returned forms: codes, cells and fields of what is found; one return never spoils another."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import attrs
import pandas as pd
import pytest

from nq57xl.forms.model import Form, Source, Value
from nq57xl.returns.check import check, check_file, check_period
from nq57xl.returns.model import AnsweredForm, JudgedReturn, Return
from nq57xl.rules import row_checks
from nq57xl.rules.findings import Finding, make
from nq57xl.rules.schema import CellValue
from nq57xl.text.clock import VIETNAM
from tests.form_values import entry_slots
from tests.samples import sample_form

SIGNED: dict[tuple[str, str, str], CellValue] = {
    ("signoff", "signoff", "prepared_by"): "Nguyễn Thị Lan",
    ("signoff", "signoff", "approved_by"): "Trần Văn Minh",
    ("signoff", "signoff", "signed_on"): date(2026, 4, 16),
}
SIGNED_FIELDS = [field for _, _, field in SIGNED]
NOTHING = {("statement", "statement", "statement"): "none"}
INDICATORS = {("indicator", row.key, "no_data"): "no_data" for row in sample_form().table("indicator").rows}  # type: ignore[union-attr]
FINE: dict[tuple[str, str, str], CellValue] = {
    **SIGNED,
    **NOTHING,
    **INDICATORS,
    ("led", "I.1", "progress"): "in_progress",
    ("led", "I.1", "percent"): 0.5,
    ("led", "I.1", "result"): "Đã rà soát 60/120 thủ tục",
    ("led", "I.1", "cause"): "Chờ ý kiến",
    ("led", "II.1.1", "progress"): "ongoing",
    ("led", "II.1.1", "result"): "Hệ thống vận hành thông suốt",
}


def source(name: str = "a.xlsx") -> Source:
    return Source(name, name, "0" * 64, 1, datetime(2026, 4, 16, tzinfo=VIETNAM), "first_seen")


def answer(
    cells: dict[tuple[str, str, str], CellValue], form: Form | None = None, findings: tuple[Finding, ...] = ()
) -> Return:
    """A return in which every entry cell stands where it was issued; `cells` are the filled ones."""
    form = form or sample_form()
    places = {
        (slot.table, slot.key, field): (slot.sheet, f"R{slot.row}C{slot.col}")
        for slot in entry_slots(form)
        for field in slot.fields
    }
    values = tuple(
        Value(*place, typed=str(value), value=value, sheet=places[place][0], cell=places[place][1])
        for place, value in cells.items()
        if value is not None
    )
    return Return(source(), form, values, findings, places)


def found(
    cells: dict[tuple[str, str, str], CellValue], findings: tuple[Finding, ...] = ()
) -> list[tuple[str, str | None, str]]:
    """(code, task, field) of every finding on one return."""
    return [(item.code, item.task, item.field) for item in check([answer(cells, findings=findings)])[0]]


def test_a_good_return_has_no_finding() -> None:
    """What the contract asks for, and nothing else, is enough."""
    assert found(FINE) == []


def test_every_required_cell_of_an_empty_form_is_named_once() -> None:
    """Blank form: progress of each open led row, each supporting row, each indicator, three cells of the sign-off."""
    form = sample_form()
    expected = [("REQUIRED_BLANK", row.key, "progress") for row in form.table("led").rows if row.open]  # type: ignore[union-attr]
    expected += [("REQUIRED_BLANK", row.key, "contribution") for row in form.table("supporting").rows if row.open]  # type: ignore[union-attr]
    expected += [("REQUIRED_BLANK", row.key, "value") for row in form.table("indicator").rows]  # type: ignore[union-attr]
    expected += [("REQUIRED_BLANK", "signoff", name) for name in ("prepared_by", "approved_by", "signed_on")]
    assert found({}) == expected


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({("led", "I.1", "percent"): None}, "REQUIRED_BLANK", "percent"),
        ({("led", "I.1", "result"): None}, "REQUIRED_BLANK", "result"),
        ({("led", "I.1", "cause"): None}, "REQUIRED_BLANK", "cause"),
        ({("led", "I.1", "percent"): 1.5}, "OUT_OF_RANGE", "percent"),
        ({("led", "I.1", "percent"): -0.1}, "OUT_OF_RANGE", "percent"),
        ({("led", "I.1", "percent"): 1.0}, "CONTRADICTION", "percent"),
        ({("led", "I.1", "completion_date"): date(2026, 4, 1)}, "CONTRADICTION", "completion_date"),
    ],
)
def test_one_change_one_finding(change: dict[tuple[str, str, str], CellValue], code: str, field: str) -> None:
    """Each slip gives exactly one finding, at its own cell."""
    assert found({**FINE, **change}) == [(code, "I.1", field)]


def test_done_asks_for_date_and_evidence() -> None:
    """Done without a completion date and without evidence: two errors; with them, none (contract.md 3.3)."""
    done: dict[tuple[str, str, str], CellValue] = {
        **FINE,
        ("led", "I.1", "progress"): "done",
        ("led", "I.1", "percent"): 1.0,
    }
    assert found(done) == [("REQUIRED_BLANK", "I.1", "completion_date"), ("REQUIRED_BLANK", "I.1", "evidence_number")]
    done |= {
        ("led", "I.1", "completion_date"): date(2026, 4, 2),
        ("led", "I.1", "evidence_link"): "https://sxd.dongnai.gov.vn/1",
    }
    assert found(done) == []


def test_what_is_missing_beside_an_unreadable_cell_is_told_with_it() -> None:
    """An unreadable cell is filled: what else the row lacks is said in the same round, as the live check says it."""
    form = sample_form()
    done: dict[tuple[str, str, str], CellValue] = {
        **FINE,
        ("led", "I.1", "progress"): "done",
        ("led", "I.1", "percent"): 1.0,
        ("led", "I.1", "completion_date"): date(2026, 4, 2),
    }
    given = answer(done, form)
    typed = Value("led", "I.1", "evidence_date", "tháng 4", None, "", "")
    wrong = make("VALUE_UNREADABLE", table="led", task="I.1", field="evidence_date")
    returned = attrs.evolve(given, values=(*given.values, typed), findings=(wrong,))
    assert [(item.code, item.field) for item in check([returned])[0]] == [("REQUIRED_BLANK", "evidence_number")]


def test_an_unreadable_statement_is_told_once() -> None:
    """A statement that cannot be read does not make every supporting row look blank."""
    given = answer({key: item for key, item in FINE.items() if key not in NOTHING})
    typed = Value("statement", "statement", "statement", "để sau", None, "", "")
    wrong = make("NOT_IN_LIST", table="statement", task="statement", field="statement")
    returned = attrs.evolve(given, values=(*given.values, typed), findings=(wrong,))
    assert check([returned])[0] == ()


def test_an_unreadable_cell_is_told_once() -> None:
    """A percent that could not be read has its own error: it is not called blank as well."""
    unreadable = make("VALUE_UNREADABLE", table="led", task="I.1", field="percent")
    assert found({**FINE, ("led", "I.1", "percent"): None}, findings=(unreadable,)) == []


def test_a_finding_carries_the_place_in_the_file_sent() -> None:
    """Sheet, cell and typed text are those of the returned file; message and fix are there."""
    here = answer({**FINE, ("led", "I.1", "percent"): 1.5})
    finding = check([here])[0][0]
    assert (finding.sheet, finding.cell) == here.places["led", "I.1", "percent"]
    assert finding.value == "1.5"
    assert finding.severity == "error"
    assert "150%" in finding.message
    assert finding.fix


def test_returns_are_judged_together_and_apart() -> None:
    """Many returns in one run: each has its own findings, in its own place."""
    bad = {**FINE, ("led", "I.1", "percent"): None}
    results = check([answer(FINE), answer(bad), answer(FINE), answer({})])
    assert [len(items) for items in results[:3]] == [0, 1, 0]
    assert len(results[3]) > 5


def test_a_rule_that_raises_costs_one_return_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other returns keep the verdict that they have alone; the one on which it raises is not accepted."""
    real = row_checks._in_group

    def explode(frame: pd.DataFrame, when: dict[str, Any]) -> pd.Series[bool]:
        if "result" in frame and (frame["result"] == "nổ").any():
            raise RuntimeError("boom")
        return real(frame, when)

    monkeypatch.setattr(row_checks, "_in_group", explode)
    contradiction: dict[tuple[str, str, str], CellValue] = {
        **FINE,
        ("led", "I.1", "completion_date"): date(2026, 4, 1),
    }
    bad = {**FINE, ("led", "I.1", "result"): "nổ"}
    results = check([answer(contradiction), answer(bad), answer(FINE)])
    assert [item.code for item in results[0]] == ["CONTRADICTION"]
    assert {item.code for item in results[1]} == {"CHECK_FAILED"}
    assert {item.severity for item in results[1]} == {"error"}
    assert results[2] == ()


def test_the_file_is_checked_for_period_and_name() -> None:
    """A form of another period is an error, a file named like another unit's a warning, an older version a note."""
    form = sample_form()
    assert [item.code for item in check_file(source(), form, "2026-05", form)] == ["WRONG_PERIOD"]
    named = source("NQ57_2026-04_QLDT (1).xlsx")
    assert [item.code for item in check_file(named, form, "2026-04", form)] == ["NAME_OTHER_UNIT"]
    import attrs

    newer = attrs.evolve(form, version=2)
    assert [item.code for item in check_file(source(), form, "2026-04", newer)] == ["OLDER_VERSION"]
    assert not [*check_file(source("NQ57_2026-04_VP.xlsx"), form, "2026-04", form)]


def answered(back: Return) -> AnsweredForm:
    """The return as the ledger would have it."""
    return AnsweredForm(back.form, JudgedReturn(back.source, "accepted", None, None, None, back.values))


def test_units_that_contradict_each_other_are_told_apart_from_verdicts() -> None:
    """A lead says nothing happened, a supporter reports work; two leads of one task report different progress."""
    lead = answer({**FINE, ("led", "I.1", "progress"): "not_started"})
    other = answer({("supporting", "I.1", "contribution"): "Đã góp ý"}, sample_form("QLDT"))
    (finding,) = check_period([answered(lead), answered(other)])
    assert (finding.code, finding.task) == ("LEAD_SUPPORT_DISAGREE", "I.1")

    first = answer({("led", "I.3", "progress"): "done"}, sample_form("QLDT"))
    second = answer({("led", "I.3", "progress"): "not_started"}, sample_form("QLDN"))
    (finding,) = check_period([answered(first), answered(second)])
    assert (finding.code, finding.task) == ("LEADS_DISAGREE", "I.3")


@pytest.mark.parametrize(
    ("cause", "gone"),
    [
        (make("SHEET_MISSING", sheet="proposals"), [("signoff", "signoff", name) for name in SIGNED_FIELDS]),
        (make("ROW_MISSING", sheet="results", task="I.1"), [("led", "I.1", "progress")]),
        (make("COLUMN_MISSING", sheet="results", field="percent"), [("led", "I.1", "percent")]),
    ],
)
def test_blanks_that_follow_from_something_missing_are_not_told_again(
    cause: Finding, gone: list[tuple[str, str, str]]
) -> None:
    """A sheet, row or column that was deleted is one finding: its cells are not called blank one by one."""
    cells = {place: value for place, value in FINE.items() if place not in gone}
    assert found(cells, findings=(cause,)) == []
    assert found(cells) != []
