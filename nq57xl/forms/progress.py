"""The first sheet's live line and links: how much is filled in, what each sheet lacks, where to go; as formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from nq57xl.forms.live_check import CELL_ERROR, END, MISSING, checks_of, entries_of, parts_of, sheet_prefix
from nq57xl.forms.model import Form, SheetLayout, Slot
from nq57xl.forms.values import Value
from nq57xl.forms.wording import ENOUGH
from nq57xl.rules.condition import quoted
from nq57xl.rules.predicates import Predicate, RequiredIf
from nq57xl.text.addresses import a1

_Place = tuple[str, int, int]
_COUNTED = {"led": "đầu việc", "supporting": "nhiệm vụ phối hợp", "indicator": "chỉ tiêu"}
"""Tables whose filled rows the live line counts, with the word for their rows."""
COUNTS = ("rows_missing", "cells_missing", "rows_wrong", "to_missing", "to_wrong")
"""What a hidden row holds: three counts, and the addresses of the first cells to go to, or nothing."""
READY = "Đã đủ, có thể gửi"
_OPTIONAL = "Không bắt buộc"
LEFT, WRONG = "còn ", "xem lại "
"""How the state of a sheet with blank required cells, and of one with something to look at again, begins."""
_COLON = f"{MISSING}: "
TO_MISSING, TO_WRONG = "Đến ô bắt buộc còn trống: trang ", "Đến dòng cần xem lại: trang "


@frozen
class CheckedCell:
    """A cell of the row that a check speaks of."""

    sheet: str
    title: str
    column: str
    """Letter."""
    down: int
    """Rows between the check and the cell."""


@frozen
class CheckPart:
    """One part of the checks' texts in a run."""

    short: str
    """ "Thiếu: Tiến độ"."""
    field: str
    cells: tuple[CheckedCell, ...]
    """The cells to fill, the first one in front; for what is wrong, the cell."""
    decided_by: frozenset[str]
    """Fields that decide whether the part can appear."""

    @property
    def missing(self) -> bool:
        """It speaks of a blank cell."""
        return self.short.startswith(_COLON)

    def within(self, text: str) -> bool:
        """Whether a check's text has this part."""
        return self.short + END in text + END


@frozen
class CheckRange:
    """The check cells of one table in one sheet, from the first to the last."""

    sheet: str
    title: str
    table: str
    slots: tuple[Slot, ...]
    parts: tuple[CheckPart, ...]
    free: bool

    @property
    def column(self) -> str:
        """Letter of the check column."""
        return a1(0, self.slots[0].col).removesuffix("1")


@frozen
class _SheetState:
    """What the state of one sheet is made of."""

    runs: tuple[tuple[CheckRange, tuple[CheckPart, ...], tuple[CheckPart, ...]], ...]
    """Each run that speaks of the sheet, with its parts about cells of the sheet: blank ones, wrong ones."""
    sheet: str
    awaited: tuple[tuple[CheckRange, tuple[CheckPart, ...]], ...]
    """Blank cells of other sheets by which it is decided whether this sheet needs anything."""

    @property
    def optional(self) -> bool:
        """Nothing is asked for as long as nothing is typed."""
        return all(run.free for run, _, _ in self.runs)


def _runs_of(form: Form, sheets: Sequence[SheetLayout]) -> tuple[CheckRange, ...]:
    """All runs, in the order of the sheets."""
    titles = {sheet.id: sheet.title for sheet in sheets}
    entries = entries_of(sheets)
    groups: dict[tuple[str, str], list[Slot]] = {}
    for slot in checks_of(sheets):
        groups.setdefault((slot.sheet, slot.table), []).append(slot)
    runs = []
    for (sheet, table), slots in groups.items():
        free = form.schema.table(table).free
        runs.append(CheckRange(sheet, titles[sheet], table, tuple(slots), _parts(form, slots, entries, titles), free))
    return tuple(runs)


def _parts(
    form: Form, slots: Sequence[Slot], entries: Mapping[tuple[str, str, str], Slot], titles: Mapping[str, str]
) -> tuple[CheckPart, ...]:
    parts: dict[str, CheckPart] = {}
    for slot in slots:
        for short, group in parts_of(form, form.schema.table(slot.table), slot).items():
            if short in parts:
                continue
            found = [entries.get((slot.table, slot.key, name)) for name in _fields(group[0])]
            cells = [
                CheckedCell(item.sheet, titles[item.sheet], a1(0, item.col).removesuffix("1"), item.row - slot.row)
                for item in found
                if item is not None
            ]
            deciding = frozenset(name for item in group for name in item.when.reads())
            parts[short] = CheckPart(short, group[0].rule.field, tuple(cells), deciding)
    return tuple(parts.values())


def _fields(predicate: Predicate) -> list[str]:
    """Of several sets of cells that would do, the first."""
    return predicate.alternatives[0] if isinstance(predicate, RequiredIf) else [predicate.rule.field]


def state_of(sheet: str, runs: Sequence[CheckRange]) -> _SheetState:
    """What decides the state of that sheet."""
    own, awaited = [], []
    for run in runs:
        here = [part for part in run.parts if part.cells and part.cells[0].sheet == sheet]
        blank, wrong = (tuple(part for part in here if part.missing is missing) for missing in (True, False))
        if here or run.sheet == sheet:
            own.append((run, blank, wrong))
        deciding = {name for part in blank for name in part.decided_by}
        others = tuple(part for part in run.parts if part.missing and part.field in deciding and part not in here)
        if others:
            awaited.append((run, others))
    return _SheetState(tuple(own), sheet, tuple(awaited))


def progress_texts(
    form: Form, sheets: Sequence[SheetLayout], values: Sequence[Value], checks: Mapping[_Place, str]
) -> dict[_Place, str | int]:
    """Place of every formula of the guide -> what it gives, from what the check cells say of these values."""
    filled = {(item.table, item.key, item.field) for item in values if item.value is not None or item.typed.strip()}
    entries = entries_of(sheets)
    taken = {(slot.sheet, slot.row, slot.col) for place, slot in entries.items() if place in filled}
    count = _Count(_runs_of(form, sheets), checks, taken)
    return {(slot.sheet, slot.row, slot.col): count.of(slot.field) for slot in formulas_of(sheets)}


def formulas_of(sheets: Sequence[SheetLayout]) -> list[Slot]:
    """Every cell of the guide that holds a formula; its field says which."""
    return [slot for sheet in sheets for slot in sheet.slots if slot.role == "formula"]


@frozen
class _Count:
    """What the formulas give."""

    runs: tuple[CheckRange, ...]
    checks: Mapping[_Place, str]
    taken: set[_Place]

    def of(self, name: str) -> str | int:
        kind, _, rest = name.partition(":")
        if kind == "progress":
            return self._progress()
        if kind == "next":
            return self._next()
        if kind == "state":
            return self._state(state_of(rest, self.runs))
        run = next((run for run in self.runs if f"{run.sheet}:{run.table}" == rest), None)
        if run is None:
            return "" if kind.startswith("to_") else 0
        result: str | int = getattr(self, f"_{kind}")(run)
        return result

    def _texts(self, run: CheckRange) -> list[str]:
        return [self.checks[(slot.sheet, slot.row, slot.col)] for slot in run.slots]

    def _rows_missing(self, run: CheckRange) -> int:
        return sum(_COLON in text for text in self._texts(run))

    def _cells_missing(self, run: CheckRange) -> int:
        return sum(text.count(_COLON) for text in self._texts(run))

    def _rows_wrong(self, run: CheckRange) -> int:
        return sum(is_wrong(text) for text in self._texts(run))

    def _to_missing(self, run: CheckRange) -> str:
        for slot, text in zip(run.slots, self._texts(run), strict=True):
            if _COLON in text:
                part = next((part for part in run.parts if part.missing and part.within(text)), None)
                return address(self._cell(part, slot), slot.row) if part and part.cells else ""
        return ""

    def _cell(self, part: CheckPart, slot: Slot) -> CheckedCell:
        """The first blank one of the cells to fill."""
        for cell in part.cells[:-1]:
            column = next(number for number in range(slot.col + 100) if a1(0, number) == f"{cell.column}1")
            if (cell.sheet, slot.row + cell.down, column) not in self.taken:
                return cell
        return part.cells[-1]

    def _to_wrong(self, run: CheckRange) -> str:
        rows = list(zip(run.slots, self._texts(run), strict=True))
        named = [slot for slot, text in rows if ": " in text] + [slot for slot, text in rows if text == CELL_ERROR]
        return address(CheckedCell(run.sheet, run.title, run.column, 0), named[0].row) if named else ""

    def _progress(self) -> str:
        filled = [
            f"{len(run.slots) - self._rows_missing(run)}/{len(run.slots)} {_COUNTED[run.table]}"
            for run in self.runs
            if run.table in _COUNTED
        ]
        missing = sum(map(self._cells_missing, self.runs))
        wrong = sum(map(self._rows_wrong, self.runs))
        text = f"Đã điền {', '.join(filled)}, " if filled else ""
        text += f"còn {missing} ô bắt buộc" if missing else "đủ các ô bắt buộc"
        return text + (f", {wrong} dòng cần xem lại" if wrong else "")

    def _next(self) -> str:
        for kind, words in ((self._to_missing, TO_MISSING), (self._to_wrong, TO_WRONG)):
            for run in self.runs:
                if found := kind(run):
                    return words + found[2:].replace("'!", ", ô ")
        return READY

    def _state(self, state: _SheetState) -> str:
        missing = wrong = awaited = 0
        for run, blank_parts, wrong_parts in state.runs:
            texts = self._texts(run)
            missing += sum(any(part.within(text) for part in blank_parts) for text in texts)
            wrong += sum(any(part.within(text) for part in wrong_parts) for text in texts)
            wrong += sum(text == CELL_ERROR for text in texts) if run.sheet == state.sheet else 0
        for run, parts in state.awaited:
            awaited += sum(any(part.within(text) for part in parts) for text in self._texts(run))
        if missing:
            return f"{LEFT}{missing} dòng"
        if wrong:
            return f"{WRONG}{wrong} dòng"
        if state.optional and not any(text for run, _, _ in state.runs for text in self._texts(run)):
            return _OPTIONAL
        return _awaiting(state) if awaited else ENOUGH


def is_wrong(text: str) -> bool:
    """A check's text has a part that speaks of something else than a blank cell."""
    return text not in ("", ENOUGH) and text.count(END) + 1 > text.count(_COLON)


def address(cell: CheckedCell, row: int) -> str:
    """Link to the cell of a check that stands in that row (0-based)."""
    return f"#{sheet_prefix(cell.title)}{cell.column}{row + cell.down + 1}"


def _awaiting(state: _SheetState) -> str:
    """The state of a sheet that needs something or not by what another sheet says."""
    return f"theo trang {state.awaited[0][0].title}"


def progress_formulas(form: Form, sheets: Sequence[SheetLayout]) -> dict[_Place, str]:
    """Place of every formula of the guide -> its formula."""
    slots = formulas_of(sheets)
    guide = sheets[0].title
    writer = _Formulas(_runs_of(form, sheets), {slot.field: a1(slot.row, slot.col) for slot in slots}, guide)
    return {(slot.sheet, slot.row, slot.col): f"={writer.of(slot.field)}" for slot in slots}


def _ref(run: CheckRange) -> str:
    """The check cells of a run."""
    first, last = run.slots[0].row + 1, run.slots[-1].row + 1
    return f"{sheet_prefix(run.title)}${run.column}${first}:${run.column}${last}"


def _test(part: CheckPart, ref: str) -> str:
    """Whether a check's text has that part; for each cell of a range where SUMPRODUCT asks."""
    return f"ISNUMBER(FIND({quoted(part.short + END)},{ref}&{quoted(END)}))"


def _rows_with(parts: Sequence[CheckPart], ref: str) -> str:
    return f"SUMPRODUCT(--(({'+'.join(_test(part, ref) for part in parts)})>0))"


def _occurrences(text: str, ref: str) -> str:
    return f'(LEN({ref})-LEN(SUBSTITUTE({ref},{quoted(text)},"")))/{len(text)}'


def wrong_formula(ref: str) -> str:
    """Not 0 where a check's text has a part that speaks of something else than a blank cell (`progress.is_wrong`)."""
    more = f"{_occurrences(END, ref)}+1>{_occurrences(_COLON, ref)}"
    return f"(LEN({ref})>0)*({ref}<>{quoted(ENOUGH)})*({more})"


@frozen
class _Formulas:
    """Writes each formula by its name; `cells` says where the hidden counts stand."""

    runs: tuple[CheckRange, ...]
    cells: Mapping[str, str]
    guide: str

    def of(self, name: str) -> str:
        kind, _, rest = name.partition(":")
        if kind == "progress":
            return self._progress()
        if kind == "next":
            return self._next()
        if kind == "state":
            return self._state(state_of(rest, self.runs))
        run = next((run for run in self.runs if _name(run) == rest), None)
        if run is None:
            return '""' if kind.startswith("to_") else "0"
        formula: str = getattr(self, f"_{kind}")(run, _ref(run))
        return formula

    def _rows_missing(self, run: CheckRange, ref: str) -> str:
        return f"SUMPRODUCT(--ISNUMBER(FIND({quoted(_COLON)},{ref})))"

    def _cells_missing(self, run: CheckRange, ref: str) -> str:
        return f"SUMPRODUCT({_occurrences(_COLON, ref)})"

    def _rows_wrong(self, run: CheckRange, ref: str) -> str:
        return f"SUMPRODUCT({wrong_formula(ref)})"

    def _to_missing(self, run: CheckRange, ref: str) -> str:
        """The address of the first blank cell that the first check with one speaks of."""
        place = f"MATCH({quoted(f'*{_COLON}*')},{ref},0)"
        above = run.slots[0].row
        address = '""'
        for part in reversed([part for part in run.parts if part.missing and part.cells]):
            row = [f"({place}{above + cell.down:+d})" for cell in part.cells]
            target = self._address(part, -1, row)
            for number in range(len(part.cells) - 2, -1, -1):
                cell = part.cells[number]
                column = f"{sheet_prefix(cell.title)}${cell.column}:${cell.column}"
                target = f"IF(LEN(TRIM(INDEX({column},{row[number]})))=0,{self._address(part, number, row)},{target})"
            address = f"IF({_test(part, f'INDEX({ref},{place})')},{target},{address})"
        return f'IFERROR({address},"")'

    def _address(self, part: CheckPart, number: int, row: Sequence[str]) -> str:
        cell = part.cells[number]
        return f"{quoted(f'#{sheet_prefix(cell.title)}{cell.column}')}&{row[number]}"

    def _to_wrong(self, run: CheckRange, ref: str) -> str:
        """The address of the first check that names anything; asked for when nothing is missing any more."""
        place = f'IFERROR(MATCH("*: *",{ref},0),MATCH({quoted(CELL_ERROR)},{ref},0))'
        target = quoted(f"#{sheet_prefix(run.title)}{run.column}")
        return f'IFERROR({target}&({place}{run.slots[0].row:+d}),"")'

    def _cell(self, kind: str, run: CheckRange) -> str:
        return self.cells[f"{kind}:{_name(run)}"]

    def _sum(self, kind: str) -> str:
        return "+".join(self._cell(kind, run) for run in self.runs)

    def _progress(self) -> str:
        filled = [
            f"{len(run.slots)}-{self._cell('rows_missing', run)}&{quoted(f'/{len(run.slots)} {_COUNTED[run.table]}, ')}"
            for run in self.runs
            if run.table in _COUNTED
        ]
        missing, wrong = self._sum("cells_missing"), self._sum("rows_wrong")
        parts = [quoted("Đã điền "), *filled] if filled else []
        parts.append(f'IF({missing}=0,"đủ các ô bắt buộc","còn "&({missing})&" ô bắt buộc")')
        parts.append(f'IF({wrong}=0,"",", "&({wrong})&" dòng cần xem lại")')
        return "&".join(parts)

    def _next(self) -> str:
        """A link to the first blank cell, else to the first check to look at again, else to this sheet."""
        missing, wrong = (self._first(kind) for kind in ("to_missing", "to_wrong"))
        here = quoted(f"#{sheet_prefix(self.guide)}{self.cells['next']}")
        target = f'IF({missing}<>"",{missing},IF({wrong}<>"",{wrong},{here}))'
        told = [
            f'{quoted(words)}&SUBSTITUTE(MID({found},3,99),"\'!",", ô ")'
            for words, found in ((TO_MISSING, missing), (TO_WRONG, wrong))
        ]
        text = f'IF({missing}<>"",{told[0]},IF({wrong}<>"",{told[1]},{quoted(READY)}))'
        return f"HYPERLINK({target},{text})"

    def _first(self, kind: str) -> str:
        found = '""'
        for run in reversed(self.runs):
            cell = self._cell(kind, run)
            found = f'IF({cell}<>"",{cell},{found})'
        return found

    def _state(self, state: _SheetState) -> str:
        missing, wrong = [], []
        for run, blank_parts, wrong_parts in state.runs:
            ref = _ref(run)
            missing += [_rows_with(blank_parts, ref)] if blank_parts else []
            wrong += [_rows_with(wrong_parts, ref)] if wrong_parts else []
            if run.sheet == state.sheet:
                wrong.append(f"COUNTIF({ref},{quoted(CELL_ERROR)})")
        result = quoted(ENOUGH)
        if state.awaited:
            waits = "+".join(_rows_with(parts, _ref(run)) for run, parts in state.awaited)
            result = f"IF({waits}>0,{quoted(_awaiting(state))},{result})"
        if state.optional:
            typed = "+".join(f"SUMPRODUCT(--(LEN({_ref(run)})>0))" for run, _, _ in state.runs) or "0"
            result = f"IF({typed}=0,{quoted(_OPTIONAL)},{result})"
        for counts, words in ((wrong, WRONG), (missing, LEFT)):
            if counts:
                total = "+".join(counts)
                result = f'IF({total}>0,{quoted(words)}&({total})&" dòng",{result})'
        return result


def _name(run: CheckRange) -> str:
    """How the hidden counts of a run are called, behind their kind."""
    return f"{run.sheet}:{run.table}"
