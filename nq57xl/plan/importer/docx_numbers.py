"""The numbers that Word draws before list paragraphs: they stand in no text, only in numbering.xml."""

from __future__ import annotations

import re
from typing import Any

from attrs import define, field

from nq57xl.plan.importer.words import roman

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@define
class Numbers:
    """Counts the list paragraphs of one document, in its order."""

    levels: dict[str, dict[int, tuple[str, str, int]]] = field(factory=dict)
    """numId -> level -> (format, text, start)."""
    lists: dict[str, str] = field(factory=dict)
    """numId -> abstract list: numIds of one list count on together."""
    counts: dict[str, dict[int, int]] = field(factory=dict)

    @classmethod
    def of(cls, numbering: Any) -> Numbers:  # noqa: ANN401 - an lxml element
        """The lists that numbering.xml defines; none when there is no such part."""
        found = cls()
        if numbering is None:
            return found
        abstract = {item.get(f"{_W}abstractNumId"): _levels(item) for item in numbering.iter(f"{_W}abstractNum")}
        for item in numbering.iter(f"{_W}num"):
            number, link = item.get(f"{_W}numId"), item.find(f"{_W}abstractNumId")
            key = link.get(f"{_W}val") if link is not None else ""
            found.levels[number] = abstract.get(key, {}) | _overrides(item, abstract.get(key, {}))
            # a list that starts anew has its own override
            restarts = item.find(f"{_W}lvlOverride/{_W}startOverride") is not None
            found.lists[number] = f"num{number}" if restarts else f"abstract{key}"
        return found

    def next(self, number: str, level: int) -> str:
        """The number drawn before the next paragraph of that list and level; empty for bullets."""
        levels = self.levels.get(number, {})
        if level not in levels:
            return ""
        counts = self.counts.setdefault(self.lists[number], {})
        counts[level] = counts.get(level, levels[level][2] - 1) + 1
        for deeper in [item for item in counts if item > level]:
            del counts[deeper]
        if levels[level][0] == "bullet":
            return "-"
        return re.sub(r"%(\d)", lambda match: _shown(levels, counts, int(match[1]) - 1), levels[level][1])


_Level = tuple[str, str, int]


def _levels(abstract: Any) -> dict[int, _Level]:  # noqa: ANN401 - an lxml element
    return {_whole(item, f"{_W}ilvl", 0): _level(item) for item in abstract.findall(f"{_W}lvl")}


def _level(item: Any) -> _Level:  # noqa: ANN401 - an lxml element
    kind, text, start = (item.find(f"{_W}{name}") for name in ("numFmt", "lvlText", "start"))
    return (
        (kind.get(f"{_W}val") or "") if kind is not None else "decimal",
        (text.get(f"{_W}val") or "") if text is not None else "",
        _whole(start, f"{_W}val", 1),
    )


def _overrides(number: Any, levels: dict[int, _Level]) -> dict[int, _Level]:  # noqa: ANN401 - an lxml element
    """The levels that one use of a list writes anew: all of it, or only where it starts."""
    found = {}
    for item in number.findall(f"{_W}lvlOverride"):
        level, whole, start = _whole(item, f"{_W}ilvl", 0), item.find(f"{_W}lvl"), item.find(f"{_W}startOverride")
        made = _level(whole) if whole is not None else levels.get(level)
        if made is not None:
            found[level] = (made[0], made[1], _whole(start, f"{_W}val", 1)) if start is not None else made
    return found


def _whole(element: Any, name: str, default: int) -> int:  # noqa: ANN401 - an lxml element
    text = (element.get(name) or "") if element is not None else ""
    return int(text) if text.isdigit() and len(text) < 7 else default


def _shown(levels: dict[int, _Level], counts: dict[int, int], level: int) -> str:
    kind, _, start = levels.get(level, ("decimal", "", 1))
    count = counts.get(level, start)
    if kind == "upperRoman":
        return roman(count)
    if kind == "lowerRoman":
        return roman(count).lower()
    if kind in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (count - 1) % 26)
        return letter.upper() if kind == "upperLetter" else letter
    return f"{count:02d}" if kind == "decimalZero" else str(count)
