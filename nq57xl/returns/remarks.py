"""What a return says beside its cells: comments, text boxes, pictures, page headers; what its marked form asked.

Nothing falls away: what was asked and nobody has answered is told again, as it was told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import attrs

from nq57xl.forms.marks import ASKED_SHEET, CONFIRM_COLUMN, AskedFinding, confirmation
from nq57xl.forms.model import Form, FormCell, SheetLayout, Slot
from nq57xl.forms.wording import NOTE_AUTHOR, NOTES, page_foot
from nq57xl.plan.model import Period
from nq57xl.returns.align import Alignment
from nq57xl.returns.identify import FIX_SHEET, marker_of
from nq57xl.returns.model import Return
from nq57xl.rules.findings import Finding, catalogue, make
from nq57xl.text.addresses import a1
from nq57xl.text.legacy import clean, fold
from nq57xl.xlsx.cells import RawCell, RawSheet, RawWorkbook, Remark, cell_text, short

_Place = tuple[int, int]
_KINDS: Mapping[str, str] = {
    "comment": "Ghi chú (comment)",
    "box": "Hộp chữ",
    "margin": "Đầu trang hoặc chân trang",
    "link": "Liên kết ở ô trống",
}
_PAGE_WORDS = re.compile(r"Times New Roman,\w+|page|trang|of|sheet|[0-9\W_]", re.IGNORECASE)
"""What programs put into page headers by themselves, or make of the codes of ours."""


def remark_findings(found: Alignment, form: Form) -> Iterator[Finding]:
    """A finding for each remark on the sheet: a warning where it stands on or beside a blank entry cell.

    What the program itself wrote into a form that goes back, or at the foot of its pages, is none.
    """
    raw = found.raw
    told = [(remark, text) for remark in raw.remarks if (text := _own_words(remark, form)) or remark.kind == "picture"]
    if not told:
        return
    entries = {place: slot for slot in found.sheet.entries.values() if (place := found.place(slot))}
    for remark, text in told:
        if remark.kind == "picture":
            yield make("PICTURE_KEPT", words={"sheet_title": raw.name}, sheet=raw.name, cell=_cell(remark.first))
            continue
        blank = None if remark.kind in ("margin", "link") else _blank_entry(remark, entries, raw)
        place = blank or remark.first
        slot = entries.get(place) if place is not None else None
        about = {"sheet": raw.name, "cell": _cell(place), "value": text}
        if slot is not None:
            about |= {"table": slot.table, "task": slot.key, "field": slot.field}
        words = {"kind": _KINDS[remark.kind], "value": short(text)}
        if blank is not None and slot is not None:
            words["field"] = form.schema.table(slot.table).field(slot.field).title
        yield make("REMARK_ON_BLANK" if blank is not None else "REMARK_KEPT", words=words, **about)


def _cell(place: _Place | None) -> str:
    return "" if place is None else a1(*place)


def _blank_entry(remark: Remark, entries: Mapping[_Place, Slot], raw: RawSheet) -> _Place | None:
    """The blank entry cell on or beside which the remark stands; None where it stands on one that is filled."""
    if remark.first is None:
        return None
    if remark.first in entries:
        return None if _filled(raw, remark.first) else remark.first
    (top, left), (bottom, right) = remark.first, remark.last or remark.first
    covered = [place for place in entries if top <= place[0] <= bottom and left <= place[1] <= right]
    beside = [place for place in ((top, left - 1), (top, right + 1)) if place in entries]
    return next((place for place in sorted(covered) or beside if not _filled(raw, place)), None)


def _filled(raw: RawSheet, place: _Place) -> bool:
    cell = raw.cells.get(place)
    return cell is not None and bool(cell.error or cell.formula is not None or clean(str(cell.value or "")))


_OUR_NOTES = tuple(NOTES.values())


def _own_words(remark: Remark, form: Form) -> str:
    """What the unit itself said: without the lines of our own note, of our own footer, of a program's page numbers."""
    if remark.kind == "margin":
        return _own_margin(remark.text, form.unit_name, form.period, form.short_id)
    text = clean(remark.text)
    lines = text.split("\n")
    if remark.author in ("", NOTE_AUTHOR) and any(line.startswith(_OUR_NOTES) for line in lines):
        advice = frozenset(rule.fix for item in form.schema.tables for rule in item.rules)
        fixes = _old_fixes(advice) if not remark.author else None
        own = (line.startswith(_OUR_NOTES) or (fixes and fixes.fullmatch(line)) for line in lines)
        lines = [line for line, its in zip(lines, own, strict=True) if not its]
    if remark.author and lines and lines[0].rstrip(":") == remark.author:
        lines = lines[1:]  # Excel begins a new comment with the name of who writes it
    return "\n".join(lines).strip()


@lru_cache(maxsize=512)  # every sheet of a form has the same
def _own_margin(text: str, unit_name: str, period: Period, short_id: str) -> str:
    """What stands in a page's header or footer beside our own words and what programs put there by themselves."""
    text = clean(text)
    for words in page_foot(unit_name, period, short_id):
        text = text.replace(clean(words), "\n")
    return "\n".join(line for line in text.split("\n") if _PAGE_WORDS.sub("", line))


@lru_cache(maxsize=4)
def _old_fixes(advice: frozenset[str]) -> re.Pattern[str]:
    """The advice of older notes, which stood on lines of their own and had no author; `advice`: of the form's rules."""
    texts = {entry.fix for entry in catalogue().values()} | advice
    told = (re.split(r"\{\w+\}", text) for text in texts if text and not text.startswith("{"))
    return re.compile("|".join(".*".join(map(re.escape, parts)) for parts in told))


_MOST = 5_000
"""Lines that are read of the hidden sheet."""
_LONGEST = 1_000
"""Characters that are taken of each of its texts."""


def asked_again(
    back: Return, raw: RawWorkbook, sheets: Sequence[SheetLayout], cells: Mapping[FormCell, RawCell]
) -> Return:
    """The return with every finding of its marked form that is neither confirmed nor answered by a change.

    `cells`: what stands in its entry cells. A cell that is asked about again has no value and no other finding.
    """
    form = back.form
    confirmed = set(_confirmed(raw, form))
    told = [
        _finding(item, back, sheets)
        for item in _asked(raw, form)
        if item.key not in confirmed and item.stands(sheets, lambda cell: _content(cells, cell))
    ]
    if not told:
        return back
    places = {item.form_cell for item in told if item.field}
    known = {(item.code, item.form_cell) for item in told}
    kept = (item for item in back.findings if item.form_cell not in places and (item.code, item.form_cell) not in known)
    values = tuple(attrs.evolve(item, value=None) if item.form_cell in places else item for item in back.values)
    return attrs.evolve(back, values=values, findings=(*kept, *told))


def _content(cells: Mapping[FormCell, RawCell], place: FormCell) -> object:
    cell = cells.get(place)
    if cell is None:
        return None
    if cell.error or cell.formula is not None:
        return f"={cell.formula}{cell.error}"  # never what a marked form holds
    return cell.value if cell.number is None else cell.number


def _sheets(raw: RawWorkbook, form: Form, name: str) -> Iterator[RawSheet]:
    for sheet in raw.sheets:
        marker = marker_of(sheet)
        if marker is not None and (marker.short_id, marker.sheet) == (form.short_id, name):
            yield sheet


def _asked(raw: RawWorkbook, form: Form) -> Iterator[AskedFinding]:
    """The lines of the hidden sheet; what is none is passed over."""
    width = len(attrs.fields(AskedFinding))
    for sheet in _sheets(raw, form, ASKED_SHEET):
        rows = sorted({row for row, column in sheet.cells if column == 0 and row > 0})[:_MOST]
        for row in rows:
            texts = [clean(cell_text(sheet.cells.get((row, column))))[:_LONGEST] for column in range(width)]
            item = AskedFinding(*texts)
            entry = catalogue().get(item.key.partition("|")[0])
            if entry is not None and entry.stays and item.key.count("|") == 4 and item.severity in ("error", "warning"):
                yield item


def _confirmed(raw: RawWorkbook, form: Form) -> Iterator[str]:
    """Keys beside which a person chose what confirms them."""
    for sheet in _sheets(raw, form, FIX_SHEET):
        columns = [column for (_, column), cell in sheet.cells.items() if cell_text(cell).strip() == CONFIRM_COLUMN]
        for (row, column), cell in sheet.cells.items():
            key = cell_text(cell).strip()
            if column == 0 and key.count("|") == 4:
                wanted = fold(confirmation(key.partition("|")[0], form.period))
                if any(fold(cell_text(sheet.cells.get((row, there)))) == wanted for there in columns):
                    yield key


def _finding(item: AskedFinding, back: Return, sheets: Sequence[SheetLayout]) -> Finding:
    code, sheet_id, table, task, field = item.key.split("|")
    first = item.first_cell(sheets)
    sheet, cell = back.places.get(first, ("", "")) if first else ("", "")
    title = next((one.title for one in sheets if one.id == sheet_id), "")
    said: dict[str, Any] = {"message": item.message, "fix": item.fix, "value": item.value}
    if catalogue()[code].severity not in ("error", "warning"):
        said["severity"] = item.severity
    said |= {"sheet": sheet or title, "cell": cell if field else ""}
    return make(code, table=table, task=task or None, field=field, **said)
