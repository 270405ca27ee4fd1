"""Forms that came back odd: a cell addressed by its meaning, written as some program or person would."""

from __future__ import annotations

import functools
import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

from attrs import frozen
from openpyxl.styles import Font
from openpyxl.workbook.workbook import Workbook

from nq57xl.forms.layout import layout
from nq57xl.returns.check import check
from nq57xl.returns.identify import identify
from nq57xl.returns.model import Return
from nq57xl.returns.rejoin import rejoin
from nq57xl.rules.findings import Finding, Verdict, verdict_of
from nq57xl.text.addresses import a1
from nq57xl.xlsx.limits import Refused
from nq57xl.xlsx.read import read_bytes
from tests.filler import fill
from tests.returns_kit import edited, form_of, issued, returned, said, source_of

Key = tuple[str, str, str]
"""(table, row key, field)."""
Content = str | float | bool | date | None

LED, INDICATOR = ("led", "I.1"), ("indicator", "CT.I.1")


def at(key: Key, unit: str = "VP") -> tuple[str, str]:
    """Sheet title and address of an entry cell as issued."""
    for sheet in layout(form_of(unit)):
        for slot in sheet.slots:
            if slot.role == "entry" and (slot.table, slot.key) == key[:2] and key[2] in slot.fields:
                return sheet.title, a1(slot.row, slot.col)
    raise KeyError(key)


def put(book: Workbook, key: Key, content: Content, *, font: str = "", shown: str = "") -> None:
    """Types into an entry cell; with a font's name or a number format, as pasted from elsewhere."""
    sheet, address = at(key)
    cell = book[sheet][address]
    cell.value = content
    if isinstance(content, str):
        cell.data_type = "s"
    if font:
        cell.font = Font(name=font)
    if shown:
        cell.number_format = shown


def typed(cells: dict[Key, Content], *, font: str = "", shown: str = "") -> Return:
    """The form with these cells typed in, read back."""

    def change(book: Workbook) -> None:
        for key, content in cells.items():
            put(book, key, content, font=font, shown=shown)

    return returned(edited(change))


def changed(change: Callable[[Workbook], None]) -> Return:
    """The form after a change, read back."""
    return returned(edited(change))


def about(back: Return, key: Key) -> list[Finding]:
    """Findings on one entry cell."""
    return [item for item in back.findings if (item.table, item.task, item.field) == key]


def codes_at(back: Return, key: Key) -> list[str]:
    return [item.code for item in about(back, key)]


def value_at(back: Return, key: Key) -> object:
    """The typed value; "nothing" when the cell gave none."""
    return next((item.value for item in back.values if (item.table, item.key, item.field) == key), "nothing")


# --- a whole report, spoilt in one way ------------------------------------------------------------------------------

Change = Callable[[Workbook], None]


@functools.cache
def report(unit: str = "VP") -> bytes:
    """The form filled in as asked, by somebody who knows nothing of nq57xl: accepted without a word."""
    with tempfile.TemporaryDirectory() as folder:
        form, target = Path(folder, "form.xlsx"), Path(folder, "report.xlsx")
        form.write_bytes(issued(unit))
        fill(form, target, seed=4)
        return edited(_with_a_ratio, target.read_bytes()) if unit == "VP" else target.read_bytes()


def _with_a_ratio(book: Workbook) -> None:
    """One indicator by its numerator and denominator, whatever chance answered there."""
    for field, content in (("no_data", None), ("value", None), ("numerator", 85), ("denominator", 100)):
        put(book, (*INDICATOR, field), content)


@frozen
class Outcome:
    """What becomes of a file: the verdict, every finding, every value."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    values: dict[Key, object]

    def told(self) -> dict[str, list[str]]:
        """Code -> cells, "Sheet!A1", in order."""
        cells: dict[str, list[str]] = {}
        for item in self.findings:
            cells.setdefault(item.code, []).append(f"{item.sheet}!{item.cell}")
        return cells


def outcome(data: bytes, unit: str = "VP") -> Outcome:
    """What `collect` makes of a workbook: read, known by its identity, rejoined, checked by all rules."""
    return outcomes([data], unit)[0]


def outcomes(files: Sequence[bytes], unit: str = "VP") -> list[Outcome]:
    """The same for many: the rules run once over all of them, as in `collect`."""
    read = [_rejoined(data, unit) for data in files]
    found = iter(check([item for item in read if isinstance(item, Return)]))
    done = []
    for item in read:
        findings = (*item.findings, *next(found)) if isinstance(item, Return) else item
        verdict = verdict_of(findings) if isinstance(item, Return) else "unrecognised"
        done.append(Outcome(verdict, findings, said(item) if isinstance(item, Return) else {}))
    return done


def _rejoined(data: bytes, unit: str) -> Return | tuple[Finding, ...]:
    try:
        raw = read_bytes(data)
    except Refused as refusal:
        return (refusal.finding,)
    identity = identify(raw)
    if identity is None or identity.short_id != form_of(unit).short_id:
        return ()
    return rejoin(source_of(), raw, form_of(unit))


@functools.cache
def untouched(unit: str = "VP") -> Outcome:
    """What becomes of the report as it was filled in."""
    return outcome(report(unit), unit)


def spoilt(change: Change) -> bytes:
    """The report after a change."""
    return edited(change, report())


def xml_changed(data: bytes, part: str, change: Callable[[str], str]) -> bytes:
    """The workbook with one part's XML changed by hand."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == part:
                text = content.decode()
                changed_text = change(text)
                assert changed_text != text, part
                content = changed_text.encode()
            new.writestr(name, content)
    return buffer.getvalue()


def typed_into(key: Key, content: Content, shown: str = "") -> bytes:
    """The report with something typed into a cell: in the XML where that says it all, else by openpyxl."""
    if isinstance(content, date) or shown or content is None:
        return spoilt(lambda book: put(book, key, content, shown=shown))
    if isinstance(content, str):
        text = f'<is><t xml:space="preserve">{escape(content)}</t></is>'
        return cell_xml(report(), key, text, kind="inlineStr")
    kind = "b" if isinstance(content, bool) else "n"
    return cell_xml(report(), key, f"<v>{content:g}</v>", kind=kind)


def cell_xml(data: bytes, key: Key, content: str, *, kind: str = "n") -> bytes:
    """The workbook with an entry cell's content as it stands in the XML: formulas with results, errors, booleans."""
    sheet, address = at(key)
    names = [item.title for item in layout(form_of("VP"))]
    pattern = re.compile(rf'<c r="{address}"([^>]*?)(?:/>|>.*?</c>)', re.DOTALL)

    def change(text: str) -> str:
        def stored(found: re.Match[str]) -> str:
            attributes = re.sub(r' t="[^"]*"', "", found[1])
            return f'<c r="{address}"{attributes} t="{kind}">{content}</c>'

        return pattern.sub(stored, text, count=1)

    return xml_changed(data, f"xl/worksheets/sheet{names.index(sheet) + 1}.xml", change)
