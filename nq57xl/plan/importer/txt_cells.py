"""Tells the cells of one row apart in text extracted from a PDF, where they stand one after another."""

from __future__ import annotations

import re

from attrs import evolve, frozen

from nq57xl.plan.deadlines import parse_deadline
from nq57xl.plan.importer.words import page_text
from nq57xl.text.normalise import bare

_UNIT = re.compile(
    r"(?:cac|ca) (?:phong|don vi|so|ban|bo|co quan|xa)|van phong|phong |p\.|so |ban |ubnd|uy ban|trung tam|"
    r"cong an|bo |chi cuc|thanh tra|quan ly |hoi |doan |don vi |truong "
)
_PROSE = re.compile(r"(?:duoc|ban hanh|trien khai|bao cao|ket qua|ke hoach|hoan thanh|van ban|de an|du thao)\b")
_INLINE, _LIKELY, _SOFT, _KEPT_HARD = 4.5, 2.0, 1.5, 3.0


@frozen
class Piece:
    """A line of the text."""

    text: str
    goes_on: bool
    """The line ends in a blank: the extractor broke it, its cell goes on."""
    gap: bool = False
    """A blank line stands before it."""
    place: int = 0
    """Number of the line in the file."""


@frozen
class Split:
    """The text of one cell and whether its borders are certain."""

    text: str
    sure: bool
    unfinished: bool = False
    """Its last line goes on, but the page ended or another cell began."""


@frozen
class _Word:
    text: str
    border: float
    """Cost of beginning a cell here; infinite in the middle of a line."""
    hard: bool
    """The line before ended its cell."""
    goes_on: bool
    line: int


def split_cells(pieces: list[Piece], fields: list[str], year: int) -> list[Split]:
    """A text for each field, in order: the cheapest way to cut the lines at the ends that the extractor shows."""
    words = _words(pieces)
    starts = [index for index, word in enumerate(words) if word.border < 50] + [len(words)]
    best: dict[tuple[int, int], tuple[float, tuple[int, ...]]] = {(0, 0): (0.0, ())}
    for number, name in enumerate(fields):
        for begin, start in enumerate(starts):
            known = best.get((number, start))
            if known is None:
                continue
            for end in starts[begin:]:
                cost = known[0] + _cost(words, start, end, name, year)
                key = (number + 1, end)
                if key not in best or cost < best[key][0]:
                    best[key] = (cost, (*known[1], end))
    ends = best[len(fields), len(words)][1]
    cells = [_split(words, start, end) for start, end in zip((0, *ends), ends, strict=False)]
    unsure = any(not cell.sure for cell in cells)
    # a cell that seems blank beside doubtful ones may be theirs
    return [evolve(cell, sure=cell.sure and (bool(cell.text) or not unsure)) for cell in cells]


def _words(pieces: list[Piece]) -> list[_Word]:
    found: list[_Word] = []
    for number, piece in enumerate(pieces):
        before = pieces[number - 1] if number else None
        open_line = before is not None and (before.goes_on or re.search(r"[^\W_]-$", before.text) is not None)
        for index, text in enumerate(piece.text.split()):
            capital = text[0].isupper() or text[0].isdigit() or text[0] in "≥≤“"
            if index:
                border = _inline(piece.text.split(), index) if capital and found[-1].text[-1] not in ",-/" else 99.0
            elif not open_line:
                border = 0.0
            else:
                border = _SOFT if piece.gap and capital else (_INLINE if capital else 99.0)
            found.append(
                _Word(text, border, index == 0 and before is not None and not open_line, piece.goes_on, number)
            )
    return found


def _inline(words: list[str], index: int) -> float:
    """Cost of a border within a line: likely where a unit's name begins or a phrase is said again."""
    rest = bare(" ".join(words[index:]))
    again = any(words[index - size : index] == words[index : index + size] for size in range(2, index + 1))
    return _LIKELY if again or (_UNIT.match(f"{rest} ") and not rest.startswith("bo chi so")) else _INLINE


def _cost(words: list[_Word], start: int, end: int, name: str, year: int) -> float:
    if start == end:
        return 0.2 if name == "note" else (7.0 if name == "support" else 12.0)
    inner = sum(_KEPT_HARD for word in words[start + 1 : end] if word.hard)
    text = " ".join(word.text for word in words[start:end])
    return words[start].border + inner + _fit(text, name, year)


def _fit(text: str, name: str, year: int) -> float:
    """How badly the text fits the field."""
    key = bare(text)
    unit, day = bool(_UNIT.match(key)), _is_deadline(text, year)
    if name in ("lead", "support"):
        cost = 0.0 if unit else 8.0
        return (
            cost
            + (4.0 if day else 0.0)
            + (2.0 if name == "lead" and key.startswith(("cac ", "ca ")) else 0.0)
            + (4.0 if _PROSE.search(key) else 0.0)
        )
    if name == "deadline":
        return 0.0 if day else 8.0
    cost = (5.0 if unit and len(text) < 60 and not _PROSE.search(key) else 0.0) + (
        5.0 if day and len(text) < 30 else 0.0
    )
    if name in ("task", "subtask") and len(text) < 12:
        cost += 2.0
    return cost + (0.0 if text[0].isupper() or text[0].isdigit() or text[0] in "≥≤“" else 3.0)


def _is_deadline(text: str, year: int) -> bool:
    return len(text) < 160 and parse_deadline(text, year).kind != "unknown"


def _split(words: list[_Word], start: int, end: int) -> Split:
    if start == end:
        return Split("", True)
    lines: dict[int, list[str]] = {}
    for word in words[start:end]:
        lines.setdefault(word.line, []).append(word.text)
    text = page_text("\n".join(" ".join(line) for line in lines.values())).replace("\n", " ")
    begins = start == 0 or words[start].border == 0.0
    closes = end == len(words) or words[end].border == 0.0
    inner = not any(word.hard for word in words[start + 1 : end])
    return Split(text, begins and closes and inner, words[end - 1].goes_on)
