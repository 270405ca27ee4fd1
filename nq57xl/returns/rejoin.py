"""A workbook that came back, put together again with the form that was issued: by keys, wherever things stand now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nq57xl.forms.layout import layout
from nq57xl.records.findings import Finding
from nq57xl.records.form import Form, SheetLayout
from nq57xl.records.returns import RawSheet, RawWorkbook, Return, Source, Value
from nq57xl.returns.align import align
from nq57xl.returns.entries import Entries, issued_places, outside, read_entries
from nq57xl.returns.locked import compare_locked
from nq57xl.returns.moved import structure
from nq57xl.returns.sheets import match_sheets
from nq57xl.rules.catalogue import make

_SEVERAL = 5
"""Fewer check cells may well have been typed over one by one."""
_VERSION = re.compile(r"/([0-9]+(?:\.[0-9]+)?)[^ ]*")


def rejoin(source: Source, raw: RawWorkbook, form: Form) -> Return:
    """The typed values of a return, with a finding for everything that came back otherwise than it was issued.

    Rules are not applied here. `places` holds every entry cell: as in the file sent, or as issued where it is gone.
    """
    layouts = layout(form)
    matched = match_sheets(layouts, raw.sheets, form.short_id)
    values: list[Value] = []
    findings: list[Finding] = [*raw.notes, *_program(raw)]
    places: dict[tuple[str, str, str], tuple[str, str]] = {}
    for sheet in layouts:
        copies = matched.sheets.get(sheet.id, [])
        if not copies:
            findings.append(_missing(sheet))
            places |= issued_places(sheet)
            continue
        entries, found = _sheet(sheet, copies, form)
        values += entries.values
        findings += found
        places |= entries.places
    findings = _formulas_grouped(layouts, findings)
    findings += _protection(layouts, matched.sheets)
    findings += [
        make("EXTRA_SHEET", words={"value": extra.name}, sheet=extra.name) for extra in matched.extra if extra.cells
    ]
    return Return(source, form.issue_id, tuple(values), tuple(findings), places)


def _sheet(sheet: SheetLayout, copies: list[RawSheet], form: Form) -> tuple[Entries, list[Finding]]:
    """One sheet of the form; where the unit copied it, the copy with the issued name or with something in it."""
    read = [(raw, align(sheet, raw)) for raw in copies]
    entries = [read_entries(sheet, raw, found, form) for raw, found in read]
    order = sorted(range(len(read)), key=lambda index: (not entries[index].values, copies[index].name != sheet.title))
    chosen = order[0]
    raw, found = read[chosen]
    findings = [*structure(sheet, raw, found, form), *compare_locked(sheet, raw, found), *entries[chosen].findings]
    findings += outside(sheet, raw, found, entries[chosen].read)
    if raw.name != sheet.title:
        words = {"sheet_title": sheet.title, "value": raw.name}
        findings.append(make("SHEET_RENAMED", words=words, sheet=raw.name, value=raw.name))
    for other in order[1:]:
        findings.append(_copy(sheet, copies[other], entries[other], entries[chosen]))
    return entries[chosen], findings


def _copy(sheet: SheetLayout, raw: RawSheet, entries: Entries, chosen: Entries) -> Finding:
    """A copied sheet is harmless while it says the same or nothing; otherwise nobody knows which one counts."""
    if not entries.values or _said(entries) == _said(chosen):
        return make("EXTRA_SHEET", words={"value": raw.name}, sheet=raw.name)
    text = f"Trang «{sheet.title}» có hai bản với số liệu khác nhau (bản sao: «{raw.name}»)."
    fix = "Giữ lại một trang đúng, xóa trang còn lại."
    return make("ROW_DUPLICATE", message=text, fix=fix, sheet=raw.name, value=raw.name)


def _said(entries: Entries) -> list[tuple[str, str, str, str]]:
    return sorted((item.table, item.key, item.field, item.typed) for item in entries.values)


def _missing(sheet: SheetLayout) -> Finding:
    if any(slot.role == "entry" for slot in sheet.slots):
        return make("SHEET_MISSING", words={"sheet_title": sheet.title}, sheet=sheet.title)
    text = f"Trang khóa «{sheet.title}» bị xóa; không ảnh hưởng số liệu."
    return make("LOCKED_CHANGED", message=text, sheet=sheet.title)


def _program(raw: RawWorkbook) -> Iterator[Finding]:
    """Names another program than Excel; one that does not tell its name is nothing to report."""
    if raw.program and not raw.program.lower().startswith("microsoft"):
        name = _VERSION.sub(r" \1", raw.program.split("$")[0])  # LibreOffice/7.4.7.2$Linux_X86_64 ...
        yield make("OTHER_PROGRAM", words={"program": name}, value=name)


def _formulas_grouped(layouts: Iterable[SheetLayout], findings: list[Finding]) -> list[Finding]:
    """One finding when many check cells have no formula any more: a program dropped them, nobody typed over each."""
    lost = [item for item in findings if item.code == "LOCKED_FORMULA_CHANGED"]
    if len(lost) < _SEVERAL:
        return findings
    checks = sum(slot.role in ("check", "formula") for sheet in layouts for slot in sheet.slots)
    count = "Các" if len(lost) >= checks else f"{len(lost)}"
    text = f"{count} ô kiểm tra tự động không còn công thức; phần mềm tự kiểm tra lại."
    grouped = make("LOCKED_FORMULA_CHANGED", message=text, sheet=lost[0].sheet, cell=lost[0].cell)
    return [item for item in findings if item.code != "LOCKED_FORMULA_CHANGED"] + [grouped]


def _protection(layouts: Iterable[SheetLayout], sheets: dict[str, list[RawSheet]]) -> Iterator[Finding]:
    """One note for all sheets that lost their protection: a program that drops it drops it everywhere."""
    open_ones = [
        sheets[item.id][0].name
        for item in layouts
        if item.id in sheets and any(slot.role == "entry" for slot in item.slots) and not sheets[item.id][0].protected
    ]
    if open_ones:
        yield make("PROTECTION_GONE", words={"sheet_title": "», «".join(open_ones)}, sheet=open_ones[0])
