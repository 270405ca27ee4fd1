"""The formulas of the first sheet: the counts of forms.progress, said to a spreadsheet program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from nq57xl.forms.check_formula import CELL_ERROR, END, sheet_prefix
from nq57xl.forms.progress import (
    COLON,
    COUNTED,
    LEFT,
    OPTIONAL,
    READY,
    TO_MISSING,
    TO_WRONG,
    WRONG,
    Part,
    Place,
    Run,
    State,
    awaiting,
    formulas_of,
    runs_of,
    state_of,
)
from nq57xl.forms.wording import ENOUGH
from nq57xl.records.form import Form, SheetLayout
from nq57xl.rules.condition import quoted
from nq57xl.text.cells import a1


def progress_formulas(form: Form, sheets: Sequence[SheetLayout]) -> dict[Place, str]:
    """Place of every formula of the guide -> its formula."""
    slots = formulas_of(sheets)
    guide = sheets[0].title
    writer = _Formulas(runs_of(form, sheets), {slot.field: a1(slot.row, slot.col) for slot in slots}, guide)
    return {(slot.sheet, slot.row, slot.col): f"={writer.of(slot.field)}" for slot in slots}


def _ref(run: Run) -> str:
    """The check cells of a run."""
    first, last = run.slots[0].row + 1, run.slots[-1].row + 1
    return f"{sheet_prefix(run.title)}${run.column}${first}:${run.column}${last}"


def _test(part: Part, ref: str) -> str:
    """Whether a check's text has that part; for each cell of a range where SUMPRODUCT asks."""
    return f"ISNUMBER(FIND({quoted(part.short + END)},{ref}&{quoted(END)}))"


def _rows_with(parts: Sequence[Part], ref: str) -> str:
    return f"SUMPRODUCT(--(({'+'.join(_test(part, ref) for part in parts)})>0))"


def _occurrences(text: str, ref: str) -> str:
    return f'(LEN({ref})-LEN(SUBSTITUTE({ref},{quoted(text)},"")))/{len(text)}'


def wrong_formula(ref: str) -> str:
    """Not 0 where a check's text has a part that speaks of something else than a blank cell (`progress.is_wrong`)."""
    more = f"{_occurrences(END, ref)}+1>{_occurrences(COLON, ref)}"
    return f"(LEN({ref})>0)*({ref}<>{quoted(ENOUGH)})*({more})"


@frozen
class _Formulas:
    """Writes each formula by its name; `cells` says where the hidden counts stand."""

    runs: tuple[Run, ...]
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

    def _rows_missing(self, run: Run, ref: str) -> str:
        return f"SUMPRODUCT(--ISNUMBER(FIND({quoted(COLON)},{ref})))"

    def _cells_missing(self, run: Run, ref: str) -> str:
        return f"SUMPRODUCT({_occurrences(COLON, ref)})"

    def _rows_wrong(self, run: Run, ref: str) -> str:
        return f"SUMPRODUCT({wrong_formula(ref)})"

    def _to_missing(self, run: Run, ref: str) -> str:
        """The address of the first blank cell that the first check with one speaks of."""
        place = f"MATCH({quoted(f'*{COLON}*')},{ref},0)"
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

    def _address(self, part: Part, number: int, row: Sequence[str]) -> str:
        cell = part.cells[number]
        return f"{quoted(f'#{sheet_prefix(cell.title)}{cell.column}')}&{row[number]}"

    def _to_wrong(self, run: Run, ref: str) -> str:
        """The address of the first check that names anything; asked for when nothing is missing any more."""
        place = f'IFERROR(MATCH("*: *",{ref},0),MATCH({quoted(CELL_ERROR)},{ref},0))'
        target = quoted(f"#{sheet_prefix(run.title)}{run.column}")
        return f'IFERROR({target}&({place}{run.slots[0].row:+d}),"")'

    def _cell(self, kind: str, run: Run) -> str:
        return self.cells[f"{kind}:{_name(run)}"]

    def _sum(self, kind: str) -> str:
        return "+".join(self._cell(kind, run) for run in self.runs)

    def _progress(self) -> str:
        filled = [
            f"{len(run.slots)}-{self._cell('rows_missing', run)}&{quoted(f'/{len(run.slots)} {COUNTED[run.table]}, ')}"
            for run in self.runs
            if run.table in COUNTED
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

    def _state(self, state: State) -> str:
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
            result = f"IF({waits}>0,{quoted(awaiting(state))},{result})"
        if state.optional:
            typed = "+".join(f"SUMPRODUCT(--(LEN({_ref(run)})>0))" for run, _, _ in state.runs) or "0"
            result = f"IF({typed}=0,{quoted(OPTIONAL)},{result})"
        for counts, words in ((wrong, WRONG), (missing, LEFT)):
            if counts:
                total = "+".join(counts)
                result = f'IF({total}>0,{quoted(words)}&({total})&" dòng",{result})'
        return result


def _name(run: Run) -> str:
    """How the hidden counts of a run are called, behind their kind."""
    return f"{run.sheet}:{run.table}"
