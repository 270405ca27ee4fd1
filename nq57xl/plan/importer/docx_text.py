"""The text of Word paragraphs as a reader sees it: without what was deleted, hidden or stands in notes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SKIPPED = {
    *(f"{W}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "sdtPr", "instrText", "annotationRef", "rt")),
    # the same text box again, for older programs
    f"{_MC}Fallback",
}
_SIGNS = {f"{W}br": "\n", f"{W}cr": "\n", f"{W}tab": " ", f"{W}ptab": " ", f"{W}noBreakHyphen": "-"}
_SYMBOLS = {"B3": "≥", "A3": "≤", "B1": "±", "AE": "→", "B4": "×", "B9": "≠", "BB": "≈"}
"""Signs of the font Symbol; the signs of other such fonts are bullets."""


def texts(element: Any) -> Iterator[str]:  # noqa: ANN401 - an lxml element
    """The pieces of text under an element, in order; text boxes on lines of their own."""
    for child in element:
        if child.tag in _SKIPPED or (child.tag == f"{W}r" and _hidden(child)):
            continue
        if child.tag in (f"{W}t", f"{_M}t"):
            # Word draws no soft hyphen within a line
            yield (child.text or "").replace("\u00ad", "")
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag == f"{W}sym":
            yield _symbol(child)
        elif child.tag == f"{W}txbxContent":
            yield "\n"
            for paragraph in child.iter(f"{W}p"):
                yield from texts(paragraph)
                yield "\n"
        else:
            yield from texts(child)


def _hidden(run: Any) -> bool:  # noqa: ANN401 - an lxml element
    mark = run.find(f"{W}rPr/{W}vanish")
    return mark is not None and mark.get(f"{W}val") not in ("0", "false", "off")


def _symbol(element: Any) -> str:  # noqa: ANN401 - an lxml element
    if (element.get(f"{W}font") or "").casefold() == "symbol":
        return _SYMBOLS.get((element.get(f"{W}char") or "")[-2:].upper(), "-")
    return "-"
