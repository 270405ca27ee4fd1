"""The look of a form: a few formats, each made once. Black on white, Times New Roman, one accent."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import ColumnInfo, Worksheet

if TYPE_CHECKING:
    from xlsxwriter.format import Format

_LAST_COLUMN = 16383
"""0-based: Excel's XFD."""
FONT = "Times New Roman"
SIZE = 11
INK, GREY, ACCENT, ENTRY_FILL = "#000000", "#808080", "#1F4E79", "#EAF3FB"
HEAD_FILL, ENTRY_HEAD_FILL, SECTION_FILL, DONE_FILL = "#E7E6E6", "#D6E6F4", "#F2F2F2", "#F2F2F2"
ERROR_FILL, ERROR_LINE = "#FBE0DC", "#C00000"
WARNING_FILL, WARNING_LINE = "#FFF2CC", "#9C6500"
THIN, MEDIUM, HAIR, MEDIUM_DASHED = 1, 2, 7, 8

_LOCKED: dict[str, Any] = {"valign": "vcenter", "text_wrap": True}
_CELL: dict[str, Any] = {**_LOCKED, "border": HAIR, "border_color": GREY}
_HEAD: dict[str, Any] = {
    "bold": True,
    "align": "center",
    "valign": "vcenter",
    "text_wrap": True,
    "border": THIN,
    "border_color": INK,
    "bg_color": HEAD_FILL,
}
_LEGEND: dict[str, Any] = {"align": "center", "valign": "vcenter", "border": HAIR, "border_color": GREY}
LOOKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "key": {},
    "heading": {"bold": True, "font_size": 14, "valign": "vcenter"},
    "subheading": {"italic": True, "valign": "vcenter", "text_wrap": True},
    "note": {"valign": "vcenter", "text_wrap": True},
    "note_bold": {"valign": "vcenter", "text_wrap": True, "bold": True},
    "head": _HEAD,
    "head_entry": {**_HEAD, "bg_color": ENTRY_HEAD_FILL},
    "section": {**_CELL, "bold": True, "bg_color": SECTION_FILL, "align": "left", "indent": 1},
    "text": {**_CELL, "align": "left", "indent": 1},
    "text_center": {**_CELL, "align": "center"},
    "label": {**_CELL, "align": "left", "indent": 1},
    "done": {**_CELL, "bg_color": DONE_FILL, "italic": True, "align": "left", "indent": 1},
    "done_center": {**_CELL, "bg_color": DONE_FILL, "italic": True, "align": "center"},
    "check": {**_CELL, "align": "left", "indent": 1},
    "statement": {"bold": True, "valign": "vcenter", "text_wrap": True, "align": "right", "indent": 1},
    "statement_hint": {"italic": True, "valign": "vcenter", "text_wrap": True, "align": "left", "indent": 1},
    "sign": {"bold": True, "align": "center", "valign": "vcenter"},
    "sign_note": {"italic": True, "align": "center", "valign": "top"},
    "issuer": {"align": "center", "valign": "vcenter", "text_wrap": True, "font_size": 12},
    "issuer_bold": {"align": "center", "valign": "vcenter", "text_wrap": True, "font_size": 12, "bold": True},
    "motto": {"align": "center", "valign": "vcenter", "text_wrap": True, "font_size": 13, "bold": True},
    "rule": {"top": THIN, "top_color": INK},
    "title": {"bold": True, "font_size": 14, "align": "center", "valign": "vcenter", "text_wrap": True},
    "subtitle": {"bold": True, "font_size": 13, "align": "center", "valign": "vcenter", "text_wrap": True},
    "centred": {"italic": True, "font_size": 13, "align": "center", "valign": "vcenter", "text_wrap": True},
    "guide_heading": {"bold": True, "font_size": 13, "valign": "bottom", "bottom": THIN, "bottom_color": ACCENT},
    "guide_text": {"font_size": 12, "valign": "vcenter", "text_wrap": True},
    "guide_label": {"font_size": 12, "valign": "top", "text_wrap": True},
    "guide_value": {"font_size": 12, "valign": "top", "text_wrap": True, "bold": True},
    "guide_link": {"font_size": 12, "valign": "vcenter", "underline": 1, "font_color": ACCENT},
    "guide_next": {"font_size": 12, "valign": "top", "text_wrap": True, "underline": 1, "font_color": ACCENT},
    "guide_state": {"font_size": 12, "valign": "vcenter", "text_wrap": True, "align": "center"},
    "legend_locked": _LEGEND,
    "legend_done": {**_LEGEND, "bg_color": DONE_FILL, "italic": True},
    "legend_missing": {**_LEGEND, "bg_color": WARNING_FILL, "bold": True},
    "legend_wrong": {**_LEGEND, "bg_color": ERROR_FILL, "bold": True},
    "legend_required": {"align": "center", "valign": "vcenter", "bold": True},
    "link": {**_CELL, "underline": 1, "font_color": ACCENT, "align": "center"},
    "error_text": {**_CELL, "bold": True, "align": "center"},
}
_NUMBER_FORMATS = {"percent": "0%", "date": "dd/mm/yyyy", "text": "@"}
"""Text cells are formatted as text, so that 10/4 or 00123 stays what was typed; numbers and choices are General."""


class FormWorksheet(Worksheet):  # type: ignore[misc] # XlsxWriter has no complete annotations
    """A worksheet whose columns beyond the table are locked by one element, and whose rows may grow.

    `set_column` up to the last column would declare all 16,384 columns as used: a false extent for readers, and slow.
    """

    def __init__(self) -> None:
        super().__init__()
        self._growing: set[int] = set()
        self._row_is_growing = False

    def let_grow(self, row: int) -> None:
        """The row keeps its height until someone types in it, and then fits its text.

        That is a height without the mark `customHeight`, with which programs take it for one that a person chose.
        """
        self._growing.add(row)

    def _write_row(self, row: int, *others: Any) -> None:  # noqa: ANN401 - XlsxWriter's own
        self._row_is_growing = row in self._growing
        super()._write_row(row, *others)

    def _xml_start_tag_unencoded(self, tag: str, attributes: list[tuple[str, Any]]) -> None:
        if tag == "row" and self._row_is_growing:
            attributes = [item for item in attributes if item[0] != "customHeight"]
        super()._xml_start_tag_unencoded(tag, attributes)

    def lock_rest(self, first: int, look: Format) -> None:
        """Every column from `first` on has that format."""
        self._rest = (first, look)

    def _xml_end_tag(self, tag: str) -> None:
        if tag == "cols" and hasattr(self, "_rest"):
            first, look = self._rest
            self._write_col_info(first, _LAST_COLUMN, ColumnInfo(width=None, column_format=look))
        super()._xml_end_tag(tag)


class FormWorkbook(Workbook):  # type: ignore[misc] # XlsxWriter has no complete annotations
    """A workbook whose Normal style is unlocked while every format says for itself whether it is locked.

    Pasting formatted text into an entry cell resets it to Normal: were Normal locked, the cell would be locked for
    good (domain.md 6.6).
    """

    def __init__(self, buffer: BytesIO) -> None:
        super().__init__(
            buffer,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_format_properties": {
                    "font_name": FONT,
                    "font_size": SIZE,
                    "font_scheme": "none",
                    "font_family": 1,
                    "locked": False,
                },
            },
        )
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def sheet(self, name: str) -> FormWorksheet:
        """A new sheet at the end."""
        made: FormWorksheet = self.add_worksheet(name, FormWorksheet)
        return made

    def look(self, name: str, **changes: Any) -> Format:  # noqa: ANN401 - format properties
        """A locked format of that name."""
        return self._format({**LOOKS[name], **changes}, locked=True)

    def entry(self, kind: str, align: str, mark: str = "") -> Format:
        """The format of an entry cell: `kind` of value, alignment, and the mark "error" or "warning" if any."""
        properties: dict[str, Any] = {
            "valign": "vcenter",
            "text_wrap": True,
            "border": THIN,
            "border_color": ACCENT,
            "bg_color": ENTRY_FILL,
            "align": align,
            "indent": 1 if align == "left" else 0,
        }
        if kind in _NUMBER_FORMATS:
            properties["num_format"] = _NUMBER_FORMATS[kind]
        if mark == "error":
            properties |= {"bg_color": ERROR_FILL, "border": MEDIUM, "border_color": ERROR_LINE}
        elif mark == "warning":
            properties |= {"bg_color": WARNING_FILL, "border": MEDIUM_DASHED, "border_color": WARNING_LINE}
        return self._format(properties, locked=False)

    def entry_sample(self) -> Format:
        """Looks like an entry cell, but is locked: for the legend."""
        look = {"border": THIN, "border_color": ACCENT, "bg_color": ENTRY_FILL, "align": "center", "valign": "vcenter"}
        return self._format(look, locked=True)

    def _format(self, properties: dict[str, Any], *, locked: bool) -> Format:
        key = tuple(sorted({**properties, "locked": locked}.items()))
        if key not in self._made:
            made = self.add_format({**properties, "locked": locked})
            # Said explicitly: a cell format without a word on protection would take Normal's.
            made._get_protection_properties = lambda: [("locked", 1 if locked else 0)]
            self._made[key] = made
        return self._made[key]
