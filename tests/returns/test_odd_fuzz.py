"""Spoilt workbooks: no crash, no hang, always a verdict, and nothing accepted that is not what the form asked."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import openpyxl
import pytest
from openpyxl.workbook.workbook import Workbook

from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form, SheetLayout, Value
from nq57xl.returns.check import check
from nq57xl.returns.identify import identify, recognise
from nq57xl.returns.model import Return
from nq57xl.returns.rejoin import rejoin
from nq57xl.returns.workers import read_all
from nq57xl.rules.findings import ACCEPTED, Finding, Verdict, verdict_of
from nq57xl.text.legacy import clean, fold
from nq57xl.xlsx.cells import RawWorkbook
from tests.amounts import amount
from tests.conftest import REPOSITORY
from tests.fuzzing import bases, spoilt
from tests.independent_reader import differences
from tests.returns_kit import RESULTS, column_of, edited, form_of, issued, row_of, source_of

CASES = amount(16, 10_000)
BATCH = 100
SECONDS = 20.0
CORPUS = sorted((REPOSITORY / "tests" / "data" / "fuzz").glob("*.xlsx"))
UNITS = ("VP", "QLDT")


def judged(paths: Sequence[Path]) -> Iterator[tuple[Path, Return | None, Form | None, Verdict]]:
    """Each file with the verdict that `collect` would give it, read in worker processes as there."""
    returns: list[tuple[Path, Return]] = []
    for path, outcome in zip(paths, read_all(paths, timeout=SECONDS), strict=True):
        if isinstance(outcome, Finding):
            assert outcome.code != "FILE_TIMEOUT", path
            yield path, None, None, "unrecognised"
            continue
        form, told = known(outcome)
        if form is None:
            yield path, None, None, "unrecognised"
            continue
        back = rejoin(source_of(path.name), outcome, form)
        returns.append((path, attrs.evolve(back, findings=(*told, *back.findings))))
    found = check([back for _, back in returns])
    for (path, back), findings in zip(returns, found, strict=True):
        yield path, back, back.form, verdict_of((*back.findings, *findings))


def known(raw: RawWorkbook) -> tuple[Form | None, tuple[Finding, ...]]:
    """The form that the workbook is of: both units' forms of these tests share one issue id, so the unit tells."""
    identity = identify(raw)
    if identity is None:
        found = recognise(raw, [form_of(unit) for unit in UNITS])
        return (found[0], (found[1],)) if found else (None, ())
    own = form_of("VP")
    if identity.issue_id not in (None, own.issue_id) or identity.short_id != own.short_id:
        return None, ()
    return form_of(identity.unit if identity.unit in UNITS else "VP"), ()


def assert_honest(path: Path, back: Return, form: Form) -> None:
    """An accepted return, seen by another reader: each value stands beside its own key or texts, and says the same."""
    book = opened(path)
    if book is None:
        return
    rows = names_of_rows(form)
    for value in back.values:
        if form.schema.table(value.table).free or value.sheet not in book.sheetnames:
            continue  # openpyxl takes names of parts letter by letter, Excel does not
        sheet = book[value.sheet]
        cell = sheet[value.cell]
        beside = {fold(str(item.value)) for item in sheet[cell.row] if item.value is not None}
        names = rows.get(f"{value.table}|{value.key}", set()) | rows.get(f"{value.table}|{value.field}", set())
        assert beside & names, (path.name, value)
        content = cell.value
        if isinstance(content, str) and not content.startswith("="):
            assert same_text(content, value), (path.name, value, content)
    held = {(item.table, item.key, item.field): item.value for item in back.values}
    places = [{"sheet": item.sheet, "cell": item.cell} for item in back.findings]
    # a text of an old font's letters that lost its font is told as turned into Unicode; the other reader cannot tell
    turned = tuple(f"({item.sheet}!{item.cell})" for item in back.findings if item.code == "LEGACY_TEXT")
    found = [
        text
        for text in differences(path.read_bytes(), issued(form.unit), held, places)
        if not any(place in text for place in turned)
    ]
    assert not found, (path.name, found)
    told = {item.code for item in back.findings}
    if not told & {"LOCKED_CHANGED", "LOCKED_LEGACY", "ROWS_MOVED", "SHEET_RENAMED"}:
        for sheet_layout in layout(form):
            assert_locked(path, book, sheet_layout)


def same_text(content: str, value: Value) -> bool:
    """openpyxl leaves _x000D_ as it stands and keeps signs that are no text: compared without them."""
    there, typed = plain(content), plain(value.typed)
    return there == typed or "_x" in content or typed in there


def plain(text: str) -> str:
    """Only what can be seen of a text; what stands above or below the line as if it stood on it."""
    text = unicodedata.normalize("NFKC", text)  # openpyxl does not see where a letter stands
    there = "".join(letter for letter in clean(text) if letter.isprintable() or letter == "\n")
    return fold(there.replace("ƣ", "ư").replace("Ƣ", "Ư"))  # what old converters left for the letter


def names_of_rows(form: Form) -> dict[str, set[str]]:
    """By row key: the key itself and the texts printed in the row."""
    rows: dict[str, set[str]] = {}
    for sheet in layout(form):
        for slot in sheet.slots:
            if slot.row_key and slot.role in ("text", "key") and len(slot.text) > 3:
                rows.setdefault(slot.row_key, {fold(slot.row_key)}).add(fold(slot.text))
    return rows


def assert_locked(path: Path, book: Workbook, sheet: SheetLayout) -> None:
    """Every printed text of a sheet with entries stands in the file, where no finding says otherwise."""
    if not any(slot.role == "entry" for slot in sheet.slots) or sheet.title not in book.sheetnames:
        return
    there = {fold(str(cell.value)) for row in book[sheet.title].iter_rows() for cell in row if cell.value is not None}
    issued = {fold(slot.text) for slot in sheet.slots if slot.role in ("text", "key") and slot.text}
    assert issued <= there, (path.name, sheet.title, sorted(issued - there)[:3])


def opened(path: Path) -> Workbook | None:
    """The workbook as openpyxl sees it; None where it is stricter than our reader."""
    try:
        return openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    except Exception:
        return None


@pytest.mark.parametrize("start", range(0, CASES, BATCH))
def test_spoilt_workbooks(tmp_path: Path, start: int) -> None:
    """Every spoilt workbook gets a verdict in time; an accepted one says what stands in it, under its own keys."""
    paths = []
    for seed in range(start, min(start + BATCH, CASES)):
        path = tmp_path / f"{seed}.xlsx"
        path.write_bytes(spoilt(seed))
        paths.append(path)
    verdicts = {}
    for path, back, form, verdict in judged(paths):
        verdicts[path] = verdict
        if verdict in ACCEPTED and back is not None and form is not None:
            assert_honest(path, back, form)
    assert sorted(verdicts) == sorted(paths)
    assert {"rejected", "unrecognised"} <= set(verdicts.values())


def test_corpus() -> None:
    """Workbooks that once went wrong, not read in whatever form they are, get the verdict in their name."""
    assert CORPUS
    for path, _, _, verdict in judged(CORPUS):
        assert verdict == path.name.split(".")[-2], path.name


ONCE_WRONG: Mapping[str, tuple[Mapping[str, str | float], Sequence[str]]] = {
    "direction turned": ({"result": "Đã trình \u202edự thảo"}, ()),
    "percent beyond all bounds": ({"percent": -1e308}, ("percent",)),
    "date before all days": ({"completion_date": -1e12}, ("completion_date",)),
    "key and label typed over": ({"@key": "xong", "number": "xong", "work": "xong"}, ("",)),
}
"""What random cases found: columns of a row, typed over -> the columns told as errors; "" is the row as a whole."""


@pytest.mark.parametrize("name", ONCE_WRONG)
def test_what_once_went_wrong(tmp_path: Path, name: str) -> None:
    """A form of today with those cells in row I.1 is rejected for them, or accepted and says what stands there."""
    typed, wrong = ONCE_WRONG[name]

    def spoil(book: Workbook) -> None:
        sheet = book[RESULTS]
        row = row_of(sheet, "led|I.1")
        for column, content in typed.items():
            sheet.cell(row, 1 if column == "@key" else column_of(sheet, column)).value = content

    path = tmp_path / "a.xlsx"
    path.write_bytes(edited(spoil, bases()[0]))
    ((_, back, form, verdict),) = judged([path])
    assert back is not None
    assert form is not None
    assert (verdict == "rejected") == bool(wrong)
    findings = (*back.findings, *check([back])[0])
    told = {item.field or "" for item in findings if item.severity == "error" and item.task == "I.1"}
    assert told == set(wrong)
    if verdict in ACCEPTED:
        assert_honest(path, back, form)


def test_the_unspoilt_form_is_accepted(tmp_path: Path) -> None:
    """The harness itself accepts what is right, so that its silence means something."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(bases()[0])
    ((_, back, form, verdict),) = judged([path])
    assert verdict in ACCEPTED
    assert back is not None
    assert form is not None
    assert len(back.values) > 50
    assert_honest(path, back, form)
