"""The first sheet's live line and links: how much is filled in, what each sheet lacks, where to go.

Everything is said once, as a formula together with what it gives for the values at hand: its cached value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

from attrs import frozen

from nq57xl.forms.live_check import CELL_ERROR, END, ENOUGH, MISSING, LiveChecks, cell_ref
from nq57xl.forms.model import CellPlace, SheetLayout, Slot
from nq57xl.rules.predicates import Predicate
from nq57xl.rules.rows import blank_formula, quoted
from nq57xl.text.addresses import a1, letters_of
from nq57xl.xlsx.write import sheet_prefix

_COUNTED = {"led": "đầu việc", "supporting": "nhiệm vụ phối hợp", "indicator": "chỉ tiêu"}
"""Tables whose filled rows the live line counts, with the word for their rows."""
COUNTS = ("rows_missing", "cells_missing", "rows_wrong", "to_missing", "to_wrong")
"""What a hidden row holds: three counts, and the addresses of the first cells to go to, or nothing."""
_READY = "Đã đủ, có thể gửi"
_OPTIONAL = "Không bắt buộc"
LEFT, WRONG = "còn ", "xem lại "
"""How the state of a sheet with blank required cells, and of one with something to look at again, begins."""
_COLON = f"{MISSING}: "
_TO_MISSING, _TO_WRONG = "Đến ô bắt buộc còn trống: trang ", "Đến dòng cần xem lại: trang "


@frozen
class _Live:
    """A formula, without "=", and what it gives: its cached value."""

    formula: str
    value: str | int

    def when(self, test: str, then: _Live, other: _Live) -> _Live:
        """One or the other, by the value: "=0", ">0", '<>""'."""
        holds = {"=0": self.value == 0, ">0": self.value != 0, '<>""': self.value != ""}[test]
        return _if(f"{self.formula}{test}", holds, then, other)

    def between(self, before: str, after: str) -> _Live:
        """The value in a sentence."""
        return _joined(_text(before), _Live(f"({self.formula})", self.value), _text(after))


def _text(text: str) -> _Live:
    return _Live(quoted(text), text)


def _sum(items: Iterable[_Live]) -> _Live:
    items = list(items)
    return _Live("+".join(item.formula for item in items) or "0", sum(int(item.value) for item in items))


def _joined(*items: _Live) -> _Live:
    return _Live("&".join(item.formula for item in items), "".join(str(item.value) for item in items))


def _if(test: str, holds: bool, then: _Live, other: _Live) -> _Live:
    return _Live(f"IF({test},{then.formula},{other.formula})", then.value if holds else other.value)


@frozen
class _CheckPart:
    """One part of the checks' texts in a range."""

    short: str
    """ "Thiếu: Tiến độ"."""
    rules: Sequence[Predicate]
    """Those that it stands for."""
    cells: tuple[tuple[Slot, int], ...]
    """The cells to fill, the first one in front; for what is wrong, the cell; with the rows between check and cell."""

    @property
    def missing(self) -> bool:
        """It speaks of a blank cell."""
        return self.short.startswith(_COLON)

    def within(self, text: str) -> bool:
        """Whether a check's text has this part."""
        return self.short + END in text + END

    def test(self, ref: str) -> str:
        """The same as a formula; for each cell of a range where SUMPRODUCT asks."""
        return f"ISNUMBER(FIND({quoted(self.short + END)},{ref}&{quoted(END)}))"


@frozen
class _CheckRange:
    """The check cells of one table in one sheet, from the first to the last, and what they say."""

    checks: LiveChecks
    slots: Sequence[Slot]

    @property
    def name(self) -> str:
        """How its hidden counts are called, behind their kind."""
        return f"{self.slots[0].sheet}:{self.slots[0].table}"

    @property
    def ref(self) -> str:
        """Address of the cells."""
        prefix, col = sheet_prefix(self.checks.titles[self.slots[0].sheet]), letters_of(self.slots[0].col)
        return f"{prefix}${col}${self.slots[0].row + 1}:${col}${self.slots[-1].row + 1}"

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """What they say."""
        return tuple(self.checks.texts[slot.place] for slot in self.slots)

    @cached_property
    def parts(self) -> tuple[_CheckPart, ...]:
        """All parts that may stand in them."""
        parts: dict[str, _CheckPart] = {}
        firsts: dict[str, Slot] = {}
        for slot in self.slots:
            firsts.setdefault(slot.field, slot)
        for slot in firsts.values():
            for short, group in self.checks.parts(slot).items():
                if short not in parts:
                    # of several sets of cells that would do, the first
                    found = [self.checks.entries.get((slot.table, slot.key, name)) for name in group[0].alternatives[0]]
                    cells = tuple((one, one.row - slot.row) for one in found if one)
                    parts[short] = _CheckPart(short, group, cells)
        return tuple(parts.values())

    def rows_with(self, parts: Sequence[_CheckPart]) -> _Live:
        """How many checks have one of those parts."""
        tests = "+".join(part.test(self.ref) for part in parts)
        count = sum(any(part.within(text) for part in parts) for text in self.texts)
        return _Live(f"SUMPRODUCT(--(({tests})>0))", count)


def live_cells(checks: LiveChecks) -> dict[CellPlace, tuple[str, str | int]]:
    """Place of every formula of the guide -> formula and value, from what the check cells say."""
    writer = _LiveWriter(checks)
    found = {slot.place: writer.live(slot.field) for slot in _formulas_of(checks.sheets)}
    return {place: (f"={live.formula}", live.value) for place, live in found.items()}


def _formulas_of(sheets: Sequence[SheetLayout]) -> list[Slot]:
    """Every cell of the guide that holds a formula; its field says which."""
    return [slot for sheet in sheets for slot in sheet.slots if slot.role == "formula"]


def _is_wrong(text: str) -> bool:
    """A check's text has a part that speaks of something else than a blank cell."""
    return not text.endswith(ENOUGH) and text != "" and text.count(END) + 1 > text.count(_COLON)


def wrong_formula(ref: str) -> str:
    """The same as a formula: not 0 where it holds."""
    more = f"{_occurrences(END, ref)}+1>{_occurrences(_COLON, ref)}"
    return f"(LEN({ref})>0)*(RIGHT({ref},{len(ENOUGH)})<>{quoted(ENOUGH)})*({more})"


def _occurrences(text: str, ref: str) -> str:
    return f'(LEN({ref})-LEN(SUBSTITUTE({ref},{quoted(text)},"")))/{len(text)}'


@frozen
class _LiveWriter:
    """Makes each formula by its name."""

    checks: LiveChecks

    @cached_property
    def ranges(self) -> list[_CheckRange]:
        """All ranges of checks, in the order of the sheets."""
        groups: dict[tuple[str, str], list[Slot]] = defaultdict(list)
        for slot in self.checks.slots:
            groups[slot.sheet, slot.table].append(slot)
        return [_CheckRange(self.checks, slots) for slots in groups.values()]

    @cached_property
    def cells(self) -> dict[str, str]:
        """Where the hidden counts and the link stand, by name."""
        return {slot.field: a1(slot.row, slot.col) for slot in _formulas_of(self.checks.sheets)}

    @cached_property
    def taken(self) -> set[CellPlace]:
        """Entry cells that hold something."""
        return {slot.place for key, slot in self.checks.entries.items() if key in self.checks.filled}

    def live(self, name: str) -> _Live:
        """The formula of that name, with its value."""
        kind, _, rest = name.partition(":")
        if kind in COUNTS:
            found = next((item for item in self.ranges if item.name == rest), None)
            return self._count(kind, found) if found else _text("") if kind.startswith("to_") else _sum([])
        return self._state(rest) if rest else self._progress() if kind == "progress" else self._next()

    def _count(self, kind: str, checks: _CheckRange) -> _Live:
        """What a hidden cell tells of a range of checks."""
        ref, texts = checks.ref, checks.texts
        if kind == "rows_missing":
            return _Live(f"SUMPRODUCT(--ISNUMBER(FIND({quoted(_COLON)},{ref})))", sum(_COLON in text for text in texts))
        if kind == "cells_missing":
            return _Live(f"SUMPRODUCT({_occurrences(_COLON, ref)})", sum(text.count(_COLON) for text in texts))
        if kind == "rows_wrong":
            return _Live(f"SUMPRODUCT({wrong_formula(ref)})", sum(map(_is_wrong, texts)))
        return self._to_missing(checks) if kind == "to_missing" else _to_wrong(checks)

    def _to_missing(self, checks: _CheckRange) -> _Live:
        """The address of the first blank cell that the first check with one speaks of."""
        first = next((number for number, text in enumerate(checks.texts) if _COLON in text), None)
        text, row = ("", 0) if first is None else (checks.texts[first], checks.slots[first].row)
        place = f"MATCH({quoted(f'*{_COLON}*')},{checks.ref},0)"
        address = _text("")
        for part in reversed([part for part in checks.parts if part.missing and part.cells]):
            target = _text("")
            for others, (slot, down) in enumerate(reversed(part.cells)):
                prefix = sheet_prefix(self.checks.titles[slot.sheet])
                number, link = f"({place}{checks.slots[0].row + down:+d})", f"#{prefix}{letters_of(slot.col)}"
                here = _Live(f"{quoted(link)}&{number}", f"{link}{row + down + 1}")
                test = blank_formula(cell_ref(slot.col, number, prefix))
                blank = (slot.sheet, row + down, slot.col) not in self.taken
                target = _if(test, blank, here, target) if others else here
            address = _if(part.test(f"INDEX({checks.ref},{place})"), part.within(text), target, address)
        return _Live(f'IFERROR({address.formula},"")', address.value)

    def _hidden(self, kind: str, checks: _CheckRange) -> _Live:
        """A count in its hidden cell."""
        return _Live(self.cells[f"{kind}:{checks.name}"], self._count(kind, checks).value)

    def _progress(self) -> _Live:
        counted = [checks for checks in self.ranges if checks.slots[0].table in _COUNTED]
        parts = [_text("Đã điền ")] if counted else []
        for checks in counted:
            lacking, rows = self._hidden("rows_missing", checks), len(checks.slots)
            parts.append(_Live(f"{rows}-{lacking.formula}", rows - int(lacking.value)))
            parts.append(_text(f"/{rows} {_COUNTED[checks.slots[0].table]}, "))
        missing, wrong = (
            _sum(self._hidden(kind, checks) for checks in self.ranges) for kind in ("cells_missing", "rows_wrong")
        )
        parts.append(missing.when("=0", _text("đủ các ô bắt buộc"), missing.between("còn ", " ô bắt buộc")))
        parts.append(wrong.when("=0", _text(""), wrong.between(", ", " dòng cần xem lại")))
        return _joined(*parts)

    def _next(self) -> _Live:
        """A link to the first blank cell, else to the first check to look at again, else to this sheet."""
        target = _text(f"#{sheet_prefix(self.checks.sheets[0].title)}{self.cells['next']}")
        text = _text(_READY)
        for kind, words in (("to_wrong", _TO_WRONG), ("to_missing", _TO_MISSING)):
            found = _text("")
            for checks in reversed(self.ranges):
                cell = self._hidden(kind, checks)
                found = cell.when('<>""', cell, found)
            place = str(found.value)[2:].replace("'!", ", ô ")
            there = _Live(f'SUBSTITUTE(MID({found.formula},3,99),"\'!",", ô ")', place)
            target = found.when('<>""', found, target)
            text = found.when('<>""', _joined(_text(words), there), text)
        return _Live(f"HYPERLINK({target.formula},{text.formula})", text.value)

    def _state(self, sheet: str) -> _Live:
        """What a sheet lacks: of the ranges that speak of it, the parts about cells that stand on it."""
        own: list[_CheckRange] = []
        missing, wrong, awaited = (list[_Live]() for _ in range(3))
        waits = ""
        for checks in self.ranges:
            here = [part for part in checks.parts if part.cells and part.cells[0][0].sheet == sheet]
            if here or checks.slots[0].sheet == sheet:
                own.append(checks)
            blank = [part for part in here if part.missing]
            odd = [part for part in here if not part.missing]
            missing += [checks.rows_with(blank)] if blank else []
            wrong += [checks.rows_with(odd)] if odd else []
            if checks.slots[0].sheet == sheet:
                errors = sum(text == CELL_ERROR for text in checks.texts)
                wrong.append(_Live(f"COUNTIF({checks.ref},{quoted(CELL_ERROR)})", errors))
            # blank cells of other sheets by which it is decided whether this sheet needs anything
            deciding = {name for part in blank for rule in part.rules for name in rule.when.reads()}
            missing_parts = [part for part in checks.parts if part.missing and part not in here]
            others = [part for part in missing_parts if part.rules[0].rule.field in deciding]
            if others:
                awaited.append(checks.rows_with(others))
                waits = waits or self.checks.titles[checks.slots[0].sheet]
        state = _text(ENOUGH)
        if awaited:
            state = _sum(awaited).when(">0", _text(f"theo trang {waits}"), state)
        # nothing is asked for as long as nothing is typed
        if all(self.checks.table(checks.slots[0]).free for checks in own):
            typed = _sum(_Live(f"SUMPRODUCT(--(LEN({checks.ref})>0))", sum(map(bool, checks.texts))) for checks in own)
            state = typed.when("=0", _text(_OPTIONAL), state)
        for counts, words in ((wrong, WRONG), (missing, LEFT)):
            if counts:
                total = _sum(counts)
                state = total.when(">0", total.between(words, " dòng"), state)
        return state


def _to_wrong(checks: _CheckRange) -> _Live:
    """The address of the first check that names anything; asked for when nothing is missing any more."""
    rows = list(zip(checks.slots, checks.texts, strict=True))
    named = [slot for slot, text in rows if ": " in text] + [slot for slot, text in rows if text == CELL_ERROR]
    place = f'IFERROR(MATCH("*: *",{checks.ref},0),MATCH({quoted(CELL_ERROR)},{checks.ref},0))'
    first = checks.slots[0]
    link = f"#{sheet_prefix(checks.checks.titles[first.sheet])}{letters_of(first.col)}"
    address = f"{link}{named[0].row + 1}" if named else ""
    return _Live(f'IFERROR({quoted(link)}&({place}{first.row:+d}),"")', address)
