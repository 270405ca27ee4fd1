"""Texts of a sheet in TCVN3 or VNI, turned into Unicode: by the font that the file names, else by their content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import attrs

from nq57xl.records.returns import RawCell
from nq57xl.returns.scan_styles import Runs
from nq57xl.text.legacy import (
    TITLES,
    Charset,
    charset_of_font,
    converted,
    detect,
    is_capital_font,
    reads_better,
    surely_unicode,
)

Place = tuple[int, int]


def decode(
    cells: Mapping[Place, RawCell], fonts: Mapping[Place, str], runs: Mapping[Place, Runs]
) -> dict[Place, RawCell]:
    """The cells, those in a legacy charset with what they say in Unicode; values stay as they are.

    A rich text is converted run by run. Where a text reads as well either way, the font decides, unless other texts of
    the sheet in legacy fonts are plainly Unicode; without a font, nothing is guessed.
    """
    odd = {
        place: cell.value
        for place, cell in cells.items()
        if isinstance(cell.value, str) and (place in runs or _odd(cell.value))
    }
    if not odd:
        return dict(cells)
    first = {place: detect(text) for place, text in odd.items()}
    votes = Counter(charset for charset in first.values() if charset)
    hint = votes.most_common(1)[0][0] if votes else None
    trusted = _trusted(odd, fonts, first)
    decoded = dict(cells)
    for place, text in odd.items():
        said = _rich(runs[place], fonts.get(place, ""), text) if place in runs else None
        said = said or _plain(text, fonts.get(place, ""), hint, trusted=trusted)
        if said is not None and said[0] != text:
            decoded[place] = attrs.evolve(cells[place], decoded=said[0], charset=TITLES[said[1]])
    return decoded


def _odd(text: str) -> bool:
    return not text.isascii() and not surely_unicode(text)


def _trusted(odd: Mapping[Place, str], fonts: Mapping[Place, str], first: Mapping[Place, Charset | None]) -> bool:
    """Whether texts under legacy fonts are in their charset: at least one plainly is."""
    return any(first[place] == charset_of_font(fonts[place]) for place in odd if place in fonts)


def _plain(text: str, font: str, hint: Charset | None, *, trusted: bool) -> tuple[str, Charset] | None:
    charset = charset_of_font(font)
    if charset is not None:
        better = reads_better(text, charset)
        if better or (better is None and trusted):
            said = converted(text, charset)
            return (said.upper() if is_capital_font(font) else said), charset
    charset = detect(text, hint)
    if charset is None and hint is not None and reads_better(text, hint):
        charset = hint
    return None if charset is None else (converted(text, charset), charset)


def _rich(runs: Runs, font: str, text: str) -> tuple[str, Charset] | None:
    """Each run by its own font; None when none of them is in a legacy charset, or the runs are not the text."""
    if "".join(piece for piece, _ in runs) != text:
        return None
    said, used = [], None
    for piece, own in runs:
        name = own or font
        charset = charset_of_font(name)
        if charset is None or surely_unicode(piece) or piece.isascii():
            said.append(piece)
            continue
        used = charset
        new = converted(piece, charset)
        said.append(new.upper() if is_capital_font(name) else new)
    return None if used is None else ("".join(said), used)
