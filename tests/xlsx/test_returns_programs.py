"""Forms filled and saved by other programs: every value right, or an explained refusal; never a wrong value."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl.workbook.workbook import Workbook

from nq57xl.cli import environment
from nq57xl.returns.model import Return
from nq57xl.returns.rejoin import rejoin
from nq57xl.returns.workers import read_all
from nq57xl.rules.findings import verdict_of
from nq57xl.xlsx.cells import RawWorkbook
from nq57xl.xlsx.limits import Refused
from nq57xl.xlsx.read import _to_xlsx, read_bytes
from tests.amounts import cases
from tests.conftest import SAVERS
from tests.odd_kit import Key, at, put
from tests.office import Target
from tests.programs import (
    as_google_sheets,
    as_wps,
    filled_by_node,
    saved_by_gnumeric,
    saved_by_libreoffice,
)
from tests.returns_kit import Typed, codes, edited, filled, form_of, issued, only, returned, said, source_of

TRICKY: dict[Key, str | float] = {
    ("led", "I.1", "percent"): 0.125,
    ("led", "II.1.1", "percent"): 0.995,
    ("indicator", "CT.I.1", "numerator"): 99.5,
    ("indicator", "CT.I.1", "denominator"): 1234567.25,
    ("led", "I.1", "result"): "=1+1 và\n- hai\n• “ba” & <b>  hết",
    ("led", "II.1.1", "result"): "0123",
    ("led", "II.1.1", "next_work"): "'+84 @x",
    ("led", "II.1.1", "cause"): "#N/A là gì",
}
"""Values that one program or another takes for something else."""


@functools.cache
def form() -> tuple[bytes, Typed]:
    """The form with every entry cell filled in, the tricky values among them, and what was typed where."""
    typed = {**filled()[1], **{at(key): value for key, value in TRICKY.items()}}

    def change(book: Workbook) -> None:
        for key, value in TRICKY.items():
            put(book, key, value)

    return edited(change, filled()[0]), typed


@functools.cache
def _said_as_typed() -> dict[Key, object]:
    return said(returned(form()[0]))


def assert_whole(back: Return) -> None:
    """The return says exactly what was typed, nothing more and nothing less."""
    assert said(back) == _said_as_typed()
    assert verdict_of(back.findings) == "accepted"


@pytest.mark.needs("soffice")
@pytest.mark.parametrize(
    ("suffix", "note"), [("xlsx", "OTHER_PROGRAM"), ("ods", "OTHER_PROGRAM"), ("xls", "CONVERTED")]
)
def test_saved_by_libreoffice(tmp_path: Path, suffix: Target, note: str) -> None:
    """A form saved by LibreOffice as .xlsx, .ods or .xls says exactly what was typed into it."""
    path = tmp_path / "back"
    path.write_bytes(saved_by_libreoffice(tmp_path, form()[0], suffix))
    (raw,) = read_all([path], reader=functools.partial(read_bytes, soffice=environment._soffice()))
    assert isinstance(raw, RawWorkbook)
    back = rejoin(source_of(), raw, form_of())
    assert codes(back) == [note]
    assert_whole(back)


@pytest.mark.needs("ssconvert")
@pytest.mark.parametrize(
    ("suffix", "notes"), [("xlsx", {"OTHER_PROGRAM"}), ("ods", {"OTHER_PROGRAM", "PROTECTION_GONE"})]
)
def test_saved_by_gnumeric(suffix: str, notes: set[str]) -> None:
    """A form saved by Gnumeric, which shows hidden sheets and breaks lines its own way, says what was typed into it."""
    back = returned(saved_by_gnumeric(form()[0], suffix))
    assert set(codes(back)) == notes
    assert_whole(back)


@pytest.mark.needs("ssconvert")
@pytest.mark.needs("soffice")
def test_saved_by_gnumeric_as_xls() -> None:
    """Gnumeric's .xls, whose percents other readers take for times of day, says what was typed into it."""
    back = returned(saved_by_gnumeric(form()[0], "xls"))
    assert codes(back) == ["CONVERTED"]
    assert_whole(back)


NODE = cases(
    [
        ("exceljs", "xlsx", set[str]()),
        ("sheetjs", "xlsx", {"OTHER_PROGRAM", "PROTECTION_GONE"}),
        ("sheetjs-dates-local", "xlsx", {"OTHER_PROGRAM", "PROTECTION_GONE"}),
        ("sheetjs", "ods", {"OTHER_PROGRAM", "PROTECTION_GONE", "LOCKED_FORMULA_CHANGED"}),
    ],
    [
        ("sheetjs-dates", "ods", {"OTHER_PROGRAM", "PROTECTION_GONE", "LOCKED_FORMULA_CHANGED"}),
        ("sheetjs", "xls", {"CONVERTED", "PROTECTION_GONE", "LOCKED_FORMULA_CHANGED"}),
    ],
)


@functools.cache
def by_node(program: str, suffix: str) -> Return:
    """The form as filled in by that program."""
    return returned(_by_node()[program, suffix])


@functools.cache
def _by_node() -> dict[tuple[str, str], bytes]:
    wanted = [*((program, suffix) for program, suffix, _ in NODE), ("exceljs-local", "xlsx")]
    with tempfile.TemporaryDirectory() as folder:
        return filled_by_node(Path(folder), issued(), form()[1], wanted)


@pytest.mark.needs("node", "soffice")
@pytest.mark.parametrize(("program", "suffix", "notes"), NODE)
def test_filled_by_node(program: str, suffix: str, notes: set[str]) -> None:
    """A form that a program built on ExcelJS or SheetJS filled in and saved says what was typed; facts come once."""
    back = by_node(program, suffix)
    assert set(codes(back)) == notes
    assert len(codes(back)) == len(notes)
    assert_whole(back)


@pytest.mark.needs("node")
def test_days_that_a_program_shifted() -> None:
    """A program that stores this country's midnight in universal time makes it the day before: asked back, not used."""
    back = by_node("exceljs-local", "xlsx")
    days = {place for place, value in form()[1].items() if isinstance(value, date)}
    shifted = [item for item in back.findings if item.code == "DATE_SHIFTED"]
    assert {(item.sheet, item.cell) for item in shifted} == days
    assert {item.severity for item in shifted} == {"error"}
    assert all("09/04/2026 17:00" in item.message and "10/04/2026" in item.message for item in shifted)
    assert date(2026, 4, 9) not in said(back).values()


@pytest.mark.parametrize("trait", [as_google_sheets, as_wps])
def test_traits_of_programs_that_do_not_run_here(trait: Callable[[bytes], bytes]) -> None:
    """No properties and empty drawings (Google Sheets), further properties (WPS): nothing is told, nothing is lost."""
    back = returned(trait(form()[0]))
    assert codes(back) == []
    assert_whole(back)


def test_lock_file_names_no_registry() -> None:
    """The packages of the savers are pinned by their hashes, whatever registry a machine uses."""
    text = (SAVERS / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert text.count('"integrity": "sha512-') > 100


@pytest.mark.needs("ssconvert")
def test_ods_needs_no_libreoffice() -> None:
    """An .ods is read where LibreOffice is missing; an .xls is refused with the remedy."""
    assert_whole(returned(saved_by_gnumeric(form()[0], "ods")))
    with pytest.raises(Refused) as caught:
        read_bytes(saved_by_gnumeric(form()[0], "xls"))
    assert (caught.value.finding.code, ".xlsx" in caught.value.finding.fix) == ("FILE_XLS", True)


@pytest.mark.needs("soffice")
def test_broken_xls() -> None:
    """An .xls that LibreOffice cannot open either is broken, not old."""
    broken = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504 + "Workbook".encode("utf-16-le") + b"\x00" * 100
    with pytest.raises(Refused) as caught:
        read_bytes(broken, soffice=environment._soffice())
    assert caught.value.finding.code == "FILE_BROKEN"


@pytest.mark.needs("soffice")
def test_conversion_that_takes_too_long() -> None:
    """A conversion over its time is stopped and gives nothing."""
    assert _to_xlsx(b"TT;Ten\n1;A\n", environment._soffice() or "", seconds=0.01) is None


@pytest.mark.needs("ssconvert")
def test_the_program_is_named() -> None:
    """The note names Gnumeric and its version."""
    note = only(returned(saved_by_gnumeric(form()[0], "xlsx")), "OTHER_PROGRAM")
    assert note.message == "Tệp được lưu bằng gnumeric."
