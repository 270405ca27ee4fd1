"""What the scan learns from the styles of an OpenDocument spreadsheet: legacy fonts, date formats, hidden sheets."""

from __future__ import annotations

from attrs import define, field

from nq57xl.returns.parts import Attributes, local
from nq57xl.returns.scan_styles import DateFormat
from nq57xl.text.legacy import charset_of_font

_PARENTS = 20
"""Styles that build on styles; LibreOffice makes two or three."""
_CLOCK = frozenset({"hours", "minutes", "seconds", "am-pm"})


@define
class _Style:
    parent: str = ""
    font: str = ""
    data: str = ""
    """Name of its number format."""
    visible: bool = True


@define
class OdsStyles:
    """Expat callbacks that gather fonts, styles and date formats of styles.xml and content.xml, in this order."""

    _faces: dict[str, str] = field(factory=dict)
    """Name of a font face -> the font's own name."""
    _styles: dict[tuple[str, str], _Style] = field(factory=dict)
    """By family and name."""
    _dates: dict[str, list[str]] = field(factory=dict)
    """Name of a date format -> its parts in order: "month", "day", "year"."""
    _open: _Style | None = None
    _date: list[str] | None = None

    def start(self, tag: str, attributes: Attributes) -> None:
        """Opens a font face, a style or a date format."""
        name = local(tag)
        if name == "font-face":
            self._faces[attributes.get("style:name", "")] = _bare(attributes.get("svg:font-family", ""))
        elif name == "style" and tag.startswith("style:"):
            parent, data = attributes.get("style:parent-style-name", ""), attributes.get("style:data-style-name", "")
            self._open = _Style(parent, data=data)
            self._styles[attributes.get("style:family", ""), attributes.get("style:name", "")] = self._open
        elif name == "date-style":
            self._date = self._dates.setdefault(attributes.get("style:name", ""), [])
        elif self._date is not None and tag.startswith("number:"):
            self._date.append(name)
        elif self._open is not None and name == "text-properties":
            face = attributes.get("style:font-name", "")
            self._open.font = self._faces.get(face, face) or _bare(attributes.get("fo:font-family", ""))
        elif self._open is not None and name == "table-properties":
            self._open.visible = attributes.get("table:display") != "false"

    def end(self, tag: str) -> None:
        """Closes a style or a date format."""
        name = local(tag)
        if name == "style":
            self._open = None
        elif name == "date-style":
            self._date = None

    def font(self, family: str, name: str) -> str:
        """The legacy font of a style, its own or that of the style it builds on; "" for any other."""
        for _ in range(_PARENTS):
            style = self._styles.get((family, name))
            if style is None:
                return ""
            if style.font:
                return style.font if charset_of_font(style.font) else ""
            name = style.parent
        return ""

    def date_format(self, name: str) -> DateFormat:
        """How cells of that style show a date."""
        style = self._styles.get(("table-cell", name))
        parts = self._dates.get(style.data, []) if style else []
        if "year" not in parts or "month" not in parts or _CLOCK & set(parts):
            return ""
        if "day" not in parts:
            return "month"
        month = parts.index("month")
        return "us" if month < parts.index("day") and month < parts.index("year") else ""

    def is_date(self, name: str) -> bool:
        """Whether cells of that style show a number as a day: SheetJS writes no other dates."""
        style = self._styles.get(("table-cell", name))
        return style is not None and bool({"day", "month", "year"} & set(self._dates.get(style.data, [])))

    def visible(self, name: str) -> bool:
        """Whether a sheet of that style is shown."""
        style = self._styles.get(("table", name))
        return style is None or style.visible


def _bare(family: str) -> str:
    """The first font of a list, without quotes: "'.VnTime', Arial"."""
    return family.split(",", maxsplit=1)[0].strip().strip("'\"")
