"""What the texts of a sheet say: without what is struck through, marks beside figures apart, in Unicode."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import attrs

from nq57xl.text.legacy import (
    TITLES,
    Charset,
    charset_of_font,
    converted,
    detect,
    has_odd_letters,
    is_capital_font,
    reads_better,
    surely_unicode,
)
from nq57xl.xlsx.cells import CellLook, RawCell, Run, cell_text

_Place = tuple[int, int]
_PLAIN = CellLook()
_RAISED = {
    "super": str.maketrans("0123456789+-=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾"),
    "sub": str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"),
}
_BETWEEN_WORDS = re.compile(r"(?<=\S) {2,}(?=\S)")


def said(
    cells: Mapping[_Place, RawCell], looks: Mapping[_Place, CellLook], runs: Mapping[_Place, Sequence[Run]]
) -> dict[_Place, RawCell]:
    """The cells with what their texts say; `looks` and `runs` of those that have some.

    A mark above or below the line keeps its place there ("10³"), so that it never joins the digits before it.
    """
    done = dict(cells)
    for place in runs.keys() | {place for place, look in looks.items() if look.struck}:
        done[place] = _live(cells[place], runs.get(place, ()), looks.get(place, _PLAIN))
    fonts = {place: look.font for place, look in looks.items() if look.font}
    return done | dict(_decoded(done, fonts, {place: _kept(runs[place], looks.get(place, _PLAIN)) for place in runs}))


def _kept(runs: Sequence[Run], look: CellLook) -> list[Run]:
    """The runs that are not struck through; all where none is left."""
    live = [run for run in runs if not (look.struck if run.struck is None else run.struck)]
    return live or list(runs)


def _live(cell: RawCell, runs: Sequence[Run], look: CellLook) -> RawCell:
    if not runs:
        return attrs.evolve(cell, struck=cell_text(cell), live=False)
    kept = _kept(runs, look)
    struck = "".join(run.text for run in runs if (look.struck if run.struck is None else run.struck))
    if not struck.strip():
        return attrs.evolve(cell, value=_joined(kept))
    if len(kept) == len(runs):
        return attrs.evolve(cell, struck=struck, live=False)
    return attrs.evolve(cell, value=_BETWEEN_WORDS.sub(" ", _joined(kept)).strip(), struck=struck)


def _joined(runs: Sequence[Run], texts: Sequence[str] = ()) -> str:
    """The texts of the runs, or those given in their place, as one."""
    whole = ""
    for run, text in zip(runs, texts or [run.text for run in runs], strict=True):
        whole += _raised(text, run.raised, whole) if run.raised else text
    return whole


def _raised(text: str, how: str, before: str) -> str:
    """A mark above or below the line: by letters of its own where there are such, else apart from a digit before it."""
    marks = text.translate(_RAISED[how])
    if not any(letter.isdecimal() for letter in marks) and not any(letter.isalpha() for letter in marks):
        return marks
    return f"^{text}" if before[-1:].isdecimal() and text[:1].isalnum() and any(map(str.isdigit, text)) else text


def _decoded(
    cells: Mapping[_Place, RawCell], fonts: Mapping[_Place, str], runs: Mapping[_Place, Sequence[Run]]
) -> Iterator[tuple[_Place, RawCell]]:
    """Those in a legacy charset with what they say in Unicode, each by its own letters; values stay as they are.

    A text that reads as well in Unicode as after conversion stays: fonts outlive the charset they were made for.
    """
    odd = {
        place: cell.value
        for place, cell in cells.items()
        if isinstance(cell.value, str) and not cell.value.isascii() and not surely_unicode(cell.value)
    }
    rich = {place for place, pieces in runs.items() if any(run.font for run in pieces)}
    first = {place: detect(text) for place, text in odd.items()}
    votes = Counter(charset for charset in first.values() if charset)
    hint = votes.most_common(1)[0][0] if votes else None
    for place in odd.keys() | rich:
        text = str(cells[place].value)
        found = _by_runs(runs[place], fonts.get(place, "")) if place in rich else None
        found = found or (_by_letters(text, fonts.get(place, ""), hint) if place in odd else None)
        if found is not None and found[0] != text:
            yield place, attrs.evolve(cells[place], decoded=found[0], charset=TITLES[found[1]])


def _by_letters(text: str, font: str, hint: Charset | None) -> tuple[str, Charset] | None:
    charset = charset_of_font(font)
    if charset is not None and reads_better(text, charset):
        new = converted(text, charset)
        return (new.upper() if is_capital_font(font) else new), charset
    charset = detect(text, hint)
    if charset is None and hint is not None and reads_better(text, hint):
        charset = hint
    return None if charset is None else (converted(text, charset), charset)


def _by_runs(runs: Sequence[Run], font: str) -> tuple[str, Charset] | None:
    """Each run by its own font, where its letters are of the font's charset; None where no run's are."""
    texts, used = [], None
    for run in runs:
        name = run.font or font
        charset = charset_of_font(name)
        if (
            charset is None
            or surely_unicode(run.text)
            or not (reads_better(run.text, charset) or has_odd_letters(run.text))
        ):
            texts.append(run.text)
            continue
        used = charset
        new = converted(run.text, charset)
        texts.append(new.upper() if is_capital_font(name) else new)
    return None if used is None else (_joined(runs, texts), used)
