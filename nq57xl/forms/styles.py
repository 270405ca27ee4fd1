"""The styles of a form: a few formats by name. Black on white, Times New Roman, one accent."""

from __future__ import annotations

from typing import Any

SIZE = 11
INK, GREY, ACCENT, ENTRY_FILL = "#000000", "#808080", "#1F4E79", "#EAF3FB"
HEAD_FILL, ENTRY_HEAD_FILL, SECTION_FILL, DONE_FILL = "#E7E6E6", "#D6E6F4", "#F2F2F2", "#F2F2F2"
_NEEDLESS_FILL = "#D0CECE"
ERROR_FILL, ERROR_LINE = "#FBE0DC", "#C00000"
WARNING_FILL, WARNING_LINE = "#FFF2CC", "#9C6500"
REMARK_FILL, REMARK_LINE = "#E6DDF3", "#5B3A8E"
THIN, MEDIUM, DASHED, HAIR, MEDIUM_DASHED = 1, 2, 3, 7, 8

_Properties = dict[str, Any]
_WRAPPED: _Properties = {"valign": "vcenter", "text_wrap": True}
_CENTRED: _Properties = {**_WRAPPED, "align": "center"}
_LEFT: _Properties = {"align": "left", "indent": 1}
_CELL: _Properties = {"valign": "top", "text_wrap": True, "border": HAIR, "border_color": GREY}
_TEXT: _Properties = {**_CELL, **_LEFT}
_DONE: _Properties = {**_CELL, "bg_color": DONE_FILL, "italic": True}
_HEAD: _Properties = {**_CENTRED, "bold": True, "border": THIN, "border_color": INK, "bg_color": HEAD_FILL}
_GUIDE: _Properties = {"font_size": 12, "valign": "top", "text_wrap": True}
_SAMPLE: _Properties = {"align": "center", "valign": "vcenter"}
_LEGEND: _Properties = {**_SAMPLE, "border": HAIR, "border_color": GREY}
MISSING_STYLE: _Properties = {"bg_color": WARNING_FILL, "bold": True}
WRONG_STYLE: _Properties = {"bg_color": ERROR_FILL, "bold": True}
"""Of a check or state that names a blank cell, or something to look at again; the words say the same."""
NEEDLESS_STYLE: _Properties = {"bg_color": _NEEDLESS_FILL, "border": HAIR, "border_color": GREY}
"""Of an entry cell that does not apply to what was chosen in its row."""
MARK_STYLES: dict[str, _Properties] = {
    "error": {"bg_color": ERROR_FILL, "bold": True, "border": THIN, "border_color": ERROR_LINE},
    "warning": {"bg_color": WARNING_FILL, "bold": True, "border": DASHED, "border_color": WARNING_LINE},
    "remark": {"bg_color": REMARK_FILL, "bold": True, "border": THIN, "border_color": REMARK_LINE},
}
"""Of a cell with an open point, while it is open."""
STYLES: dict[str, _Properties] = {
    "plain": {},
    "key": {},
    "heading": {**_WRAPPED, "bold": True},
    "subheading": {**_WRAPPED, "italic": True},
    "note": _WRAPPED,
    "note_bold": {**_WRAPPED, "bold": True},
    "head": _HEAD,
    "head_entry": {**_HEAD, "bg_color": ENTRY_HEAD_FILL},
    "section": {**_TEXT, "bold": True, "bg_color": SECTION_FILL},
    "text": _TEXT,
    "text_center": {**_CELL, "align": "center"},
    "done": {**_DONE, **_LEFT},
    "done_center": {**_DONE, "align": "center"},
    "statement": {**_WRAPPED, "bold": True, "align": "right", "indent": 1},
    "statement_hint": {**_WRAPPED, **_LEFT, "italic": True},
    "sign": {**_SAMPLE, "bold": True},
    "sign_note": {"italic": True, "align": "center", "valign": "top"},
    "issuer": {**_CENTRED, "font_size": 12},
    "issuer_bold": {**_CENTRED, "font_size": 12, "bold": True},
    "motto": {**_CENTRED, "font_size": 13, "bold": True},
    "rule": {"top": THIN, "top_color": INK},
    "title": {**_CENTRED, "bold": True, "font_size": 14},
    "subtitle": {**_CENTRED, "bold": True, "font_size": 13},
    "centred": {**_CENTRED, "italic": True, "font_size": 13},
    "guide_heading": {"bold": True, "font_size": 13, "valign": "bottom", "bottom": THIN, "bottom_color": ACCENT},
    "guide_text": {**_WRAPPED, "font_size": 12},
    "guide_label": _GUIDE,
    "guide_value": {**_GUIDE, "bold": True},
    "guide_link": {"font_size": 12, "valign": "vcenter", "underline": 1, "font_color": ACCENT},
    "guide_next": {**_GUIDE, "underline": 1, "font_color": ACCENT},
    "guide_state": {**_CENTRED, "font_size": 12},
    "legend_entry": {**_SAMPLE, "border": THIN, "border_color": ACCENT, "bg_color": ENTRY_FILL},
    "legend_locked": _LEGEND,
    "legend_done": {**_LEGEND, "bg_color": DONE_FILL, "italic": True},
    "legend_needless": {**_LEGEND, **NEEDLESS_STYLE},
    "legend_missing": {**_LEGEND, **MISSING_STYLE},
    "legend_wrong": {**_LEGEND, **WRONG_STYLE},
    "legend_required": {**_SAMPLE, "bold": True},
    "link": {**_CELL, "underline": 1, "font_color": ACCENT, "align": "center"},
    "error_text": {**_CELL, "bold": True, "align": "center"},
}
_NUMBER_FORMATS = {"percent": "0%", "date": "dd/mm/yyyy", "text": "@"}
"""Text cells are formatted as text, so that 10/4 or 00123 stays what was typed; numbers and choices are General."""


def entry_style(kind: str, align: str, mark: str = "") -> _Properties:
    """Of an entry cell: `kind` of value, alignment, and the mark "error" or "warning" if any."""
    properties: _Properties = {
        "valign": "top",
        "text_wrap": True,
        "locked": False,
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
    return properties


STYLES |= {
    f"entry_{kind}_{align}": entry_style(kind, align)
    for kind in ("text", "choice", "mark", "percent", "number", "whole", "date")
    for align in ("left", "center")
}
