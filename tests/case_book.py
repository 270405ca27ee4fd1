"""A workbook in its zip, changed where it stands: cells by their meaning, styles, comments, drawings, parts.

Knows nothing of nq57xl: it finds a cell by what everybody can see in the file, the hidden keys in column A and row 1.
Editing the XML leaves all else as it was, takes a few milliseconds, and writes what no library would write.
"""

from __future__ import annotations

import functools
import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import openpyxl

Key = tuple[str, str, str]
"""(table, row, field), as the exports name them."""
Content = Any
"""What a case says was typed: a scalar, or a mapping that `written` explains."""

EPOCH = date(1899, 12, 30)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SHARED = {"evidence_number": "evidence_date", "evidence_title": "evidence_link"}
"""Fields that stand in the cell of another one."""


class Place(NamedTuple):
    """Where an entry cell stands."""

    sheet: str
    part: str
    cell: str


@functools.lru_cache(maxsize=8)
def places(data: bytes) -> dict[Key, Place]:
    """Every unlocked cell of a form by its meaning."""
    found: dict[Key, Place] = {}
    for number, sheet in enumerate(openpyxl.load_workbook(io.BytesIO(data)).worksheets, start=1):
        names = [str(cell.value or "") for cell in sheet[1]]
        for row in sheet.iter_rows(min_row=2):
            if str(row[0].value or "").startswith("@keys"):  # of a second table on the sheet
                names = [str(cell.value or "") for cell in row]
            table, _, key = str(row[0].value or "").partition("|")
            entries = [cell for cell in row[1:] if not cell.protection.locked]
            for cell in entries if key else ():
                # a line of a card has one entry cell: its key names the field
                name = key if len(entries) == 1 else names[(cell.column or 1) - 1]
                row_key = table if len(entries) == 1 else key
                place = Place(sheet.title, f"xl/worksheets/sheet{number}.xml", cell.coordinate)
                found[table, row_key, name] = place
                if name in _SHARED:
                    found[table, row_key, _SHARED[name]] = place
    return found


def key_of(text: str) -> Key:
    """ "led I.2 percent" -> ("led", "I.2", "percent"); a card's cell by two words, "signoff signed_on"."""
    words = text.split()
    return (words[0], words[0], words[1]) if len(words) == 2 else (words[0], words[1], words[2])


class Book:
    """The parts of one workbook."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}
        self._data = data

    @functools.cached_property
    def places(self) -> dict[Key, Place]:
        """Where the entry cells stand in the file as it was opened."""
        return places(self._data)

    def packed(self, stamp: int = 0) -> bytes:
        """The workbook; two with different stamps are never the same bytes."""
        buffer = io.BytesIO()
        when = (2026, 4, 15, 8 + stamp // 1800, stamp // 30 % 60, stamp % 30 * 2)
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in self.parts.items():
                info = zipfile.ZipInfo(name, when)
                archive.writestr(info, content, zipfile.ZIP_DEFLATED, 1)
        return buffer.getvalue()

    # --- parts ------------------------------------------------------------------------------------------------------

    def text(self, part: str) -> str:
        """A part's XML."""
        return self.parts[part].decode("utf-8")

    def set(self, part: str, text: str) -> None:
        """Puts a part's XML back."""
        self.parts[part] = text.encode("utf-8")

    def replace(self, part: str, old: str, new: str, count: int = 1) -> None:
        """Replaces a piece of a part that must be there."""
        text = self.text(part)
        if old not in text:
            raise ValueError(f"{part} has no {old!r}")
        self.set(part, text.replace(old, new, count))

    def sheet(self, name: str) -> str:
        """The part of the sheet whose A1 ends in that id, or that has that title."""
        for place in self.places.values():
            if name == place.sheet:
                return place.part
        for part in self.parts:
            if part.startswith("xl/worksheets/sheet") and re.search(rf"<c r=\"A1\"[^>]*>.*?\|{name}<", self.a1(part)):
                return part
        raise KeyError(name)

    def a1(self, part: str) -> str:
        """The cell A1 of a sheet with its text."""
        found = re.search(r'<c r="A1"[^>]*?t="s"[^>]*><v>(\d+)</v></c>', self.text(part))
        if found is None:
            found = re.search(r'<c r="A1".*?</c>', self.text(part), re.DOTALL)
            return found[0] if found else ""
        strings = re.findall(r"<si>(.*?)</si>", self.text("xl/sharedStrings.xml"), re.DOTALL)
        return f'<c r="A1"><t>{re.sub("<[^>]*>", "", strings[int(found[1])])}</t></c>'

    def add(self, part: str, text: str | bytes, content_type: str = "") -> None:
        """A new part, with its content type."""
        self.parts[part] = text if isinstance(text, bytes) else text.encode("utf-8")
        if content_type:
            override = f'<Override PartName="/{part}" ContentType="{content_type}"/></Types>'
            self.replace("[Content_Types].xml", "</Types>", override)

    def relate(self, part: str, kind: str, target: str, *, external: bool = False) -> str:
        """A relation of a part to another; returns its id."""
        folder, _, name = part.rpartition("/")
        rels = f"{folder}/_rels/{name}.rels"
        if rels not in self.parts:
            head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
            self.set(rels, f'{head}<Relationships xmlns="{_PACKAGE}"></Relationships>')
        number = self.text(rels).count("<Relationship ") + 1
        mode = ' TargetMode="External"' if external else ""
        full = kind if kind.startswith("http") else _OFFICE + kind
        line = f'<Relationship Id="rIdc{number}" Type="{full}" Target={quoteattr(target)}{mode}/></Relationships>'
        self.replace(rels, "</Relationships>", line)
        return f"rIdc{number}"

    def before(self, part: str, element: str, followers: str) -> None:
        """Puts an element of a sheet before the first of those that must follow it, else at the end."""
        text = self.text(part)
        found = re.search(rf"<(?:{followers})\b", text)
        at = found.start() if found else text.rindex("</worksheet>")
        self.set(part, text[:at] + element + text[at:])

    # --- cells ------------------------------------------------------------------------------------------------------

    def at(self, key: str) -> Place:
        """The place of a cell named by its meaning, or by "sheet title!A1"."""
        if "!" in key:
            title, _, cell = key.rpartition("!")
            return Place(title, self.sheet(title), cell)
        return self.places[key_of(key)]

    def put(self, key: str, content: Content) -> None:
        """Types into a cell."""
        place = self.at(key)
        value, looks = (content, {}) if not isinstance(content, Mapping) else (content, content)
        style = self.styled(self._style(place), looks)
        kind, inner = written(value, self)
        self.store(place, f' t="{kind}"' if kind else "", inner, style)
        if "link" in looks:
            self.link(place, str(looks["link"]))

    def _style(self, place: Place) -> int:
        found = re.search(rf'<c r="{place.cell}"[^>]*?\bs="(\d+)"', self.text(place.part))
        return int(found[1]) if found else 0

    def store(self, place: Place, kind: str, inner: str, style: int) -> None:
        """Puts a cell's XML in its place; `kind` is its type as an attribute, with the blank before it, or ""."""
        text = self.text(place.part)
        cell = f'<c r="{place.cell}" s="{style}"{kind}>{inner}</c>' if inner else f'<c r="{place.cell}" s="{style}"/>'
        pattern = re.compile(rf'<c r="{place.cell}"(?:[^>]*/>|[^>]*[^/]>.*?</c>)', re.DOTALL)
        if pattern.search(text):
            self.set(place.part, pattern.sub(lambda _: cell, text, count=1))
            return
        letters, row = re.fullmatch(r"([A-Z]+)(\d+)", place.cell).groups()  # type: ignore[union-attr]
        found = re.search(rf'<row r="{row}"[^>]*?(/>|>.*?</row>)', text, re.DOTALL)
        if found is None:
            self.set(place.part, text.replace("</sheetData>", f'<row r="{row}">{cell}</row></sheetData>'))
            return
        line = found[0] if found[0].endswith("</row>") else f"{found[0][:-2]}></row>"
        for other in re.finditer(r'<c r="([A-Z]+)\d+"', line):
            if (len(other[1]), other[1]) > (len(letters), letters):
                line = line[: other.start()] + cell + line[other.start() :]
                break
        else:
            line = line.replace("</row>", f"{cell}</row>")
        self.set(place.part, text[: found.start()] + line + text[found.end() :])

    def raw(self, key: str) -> str:
        """The XML of a cell as it stands."""
        place = self.at(key)
        found = re.search(rf'<c r="{place.cell}"(?:[^>]*/>|[^>]*[^/]>.*?</c>)', self.text(place.part), re.DOTALL)
        return found[0] if found else ""

    def link(self, place: Place, target: str) -> None:
        """A hyperlink over a cell."""
        number = self.relate(place.part, "hyperlink", target, external=True)
        link = f'<hyperlink xmlns:r="{_OFFICE[:-1]}" ref="{place.cell}" r:id="{number}"/>'
        if "<hyperlinks>" in self.text(place.part):
            self.replace(place.part, "</hyperlinks>", f"{link}</hyperlinks>")
        else:
            self.before(place.part, f"<hyperlinks>{link}</hyperlinks>", AFTER_LINKS)

    # --- styles -----------------------------------------------------------------------------------------------------

    def styled(self, style: int, looks: Mapping[str, Any]) -> int:
        """The number of a style like that one but with other looks: format, numFmtId, strike, font, super, sub."""
        if not {"format", "numFmtId", "strike", "font", "super", "sub"} & looks.keys():
            return style
        text = self.text("xl/styles.xml")
        formats = re.findall(r"<xf\b[^>]*?(?:/>|[^/]>.*?</xf>)", _block(text, "cellXfs"), re.DOTALL)
        form = formats[style]
        if "format" in looks or "numFmtId" in looks:
            number = looks.get("numFmtId")
            if number is None:
                text, number = _with_format(text, str(looks["format"]))
            form = _attribute(_attribute(form, "numFmtId", str(number)), "applyNumberFormat", "1")
        if {"strike", "font", "super", "sub"} & looks.keys():
            font = int(re.search(r'fontId="(\d+)"', form)[1])  # type: ignore[index]
            text, font = _with_font(text, font, looks)
            form = _attribute(_attribute(form, "fontId", str(font)), "applyFont", "1")
        self.set("xl/styles.xml", _grown(text, "cellXfs", form))
        return len(formats)


_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
AFTER_LINKS = (
    "printOptions|pageMargins|pageSetup|headerFooter|rowBreaks|colBreaks|customProperties|cellWatches|ignoredErrors|"
    "smartTags|drawing|legacyDrawing|picture|oleObjects|controls|tableParts|extLst"
)
AFTER_DRAWING = "legacyDrawing|picture|oleObjects|controls|webPublishItems|tableParts|extLst"
AFTER_LEGACY = "picture|oleObjects|controls|webPublishItems|tableParts|extLst"


def _block(text: str, name: str) -> str:
    found = re.search(rf"<{name}\b[^>]*>(.*?)</{name}>", text, re.DOTALL)
    return found[1] if found else ""


def _grown(text: str, name: str, item: str) -> str:
    """A counted list of styles.xml with one item more."""

    def more(found: re.Match[str]) -> str:
        return f'<{name} count="{int(found[1]) + 1}"{found[2]}>{found[3]}{item}</{name}>'

    return re.sub(rf'<{name} count="(\d+)"([^>]*)>(.*?)</{name}>', more, text, count=1, flags=re.DOTALL)


def _attribute(element: str, name: str, value: str) -> str:
    head, end, rest = element.partition(">")
    if re.search(rf'\b{name}="', head):
        return re.sub(rf'\b{name}="[^"]*"', f'{name}="{value}"', head) + end + rest
    slash = "/" if head.endswith("/") else ""
    return f'{head.removesuffix("/").rstrip()} {name}="{value}"{slash}{end}{rest}'


def _with_format(text: str, code: str) -> tuple[str, int]:
    numbers = [int(number) for number in re.findall(r'<numFmt numFmtId="(\d+)"', text)]
    number = max([163, *numbers]) + 1
    item = f'<numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>'
    if "<numFmts" not in text:
        return text.replace("<fonts", f'<numFmts count="1">{item}</numFmts><fonts', 1), number
    return _grown(text, "numFmts", item), number


def _with_font(text: str, font: int, looks: Mapping[str, Any]) -> tuple[str, int]:
    fonts = re.findall(r"<font>.*?</font>|<font/>", _block(text, "fonts"), re.DOTALL)
    changed = fonts[font]
    if "font" in looks:
        changed = re.sub(r'<name val="[^"]*"/>', f'<name val="{looks["font"]}"/>', changed)
    marks = _marks(looks)
    return _grown(text, "fonts", changed.replace("<font>", f"<font>{marks}")), len(fonts)


def _marks(looks: Mapping[str, Any]) -> str:
    marks = ""
    if "strike" in looks:
        marks += "<strike/>" if looks["strike"] else '<strike val="0"/>'
    for name, word in (("super", "superscript"), ("sub", "subscript")):
        if looks.get(name):
            marks += f'<vertAlign val="{word}"/>'
    return marks


# --- what was typed, as XML -----------------------------------------------------------------------------------------


def written(content: Content, book: Book) -> tuple[str, str]:
    """The type and the inside of a cell.

    A scalar is stored as itself: text, number, day, boolean; None empties the cell. A mapping says more: `number`,
    `text`, `date`, `bool`, `error_name`, `formula` (with `result`), `runs` (texts, or mappings with `text` and
    `strike`, `super`, `sub`, `font`), `v` (what stands inside <v>, unescaped, with `t`), `xml` (the whole inside, with
    `t`); `shared` stores texts and runs among the shared strings. Looks of the cell stand beside: see `Book.styled`.
    """
    if not isinstance(content, Mapping):
        return _scalar(content)
    kind = str(content.get("t", ""))
    if "xml" in content:
        return kind, str(content["xml"])
    if "v" in content:
        return kind, f"<v>{content['v']}</v>"
    if "runs" in content or content.get("shared"):
        return _strings(content, book)
    if "error_name" in content:
        return "e", f"<v>{escape(str(content['error_name']))}</v>"
    if "formula" in content:
        kind, inner = _scalar(content.get("result"))
        inner = f"<v>{escape(str(content['result']))}</v>" if kind == "inlineStr" else inner
        return kind.replace("inlineStr", "str"), f"<f>{escape(str(content['formula']))}</f>{inner}"
    for name in ("number", "text", "date", "bool"):
        if name in content:
            return _scalar(content[name])
    return "", ""


def _scalar(value: Any) -> tuple[str, str]:  # noqa: ANN401 - whatever a table of cases holds
    if value is None:
        return "", ""
    if isinstance(value, bool):
        return "b", f"<v>{int(value)}</v>"
    if isinstance(value, date):
        return "", f"<v>{(value - EPOCH).days}</v>"
    if isinstance(value, int | float):
        return "", f"<v>{value!r}</v>"
    return "inlineStr", f'<is><t xml:space="preserve">{escape(str(value))}</t></is>'


def _strings(content: Mapping[str, Any], book: Book) -> tuple[str, str]:
    runs = content.get("runs", [content.get("text", "")])
    inner = "".join(_run(run) for run in runs) if "runs" in content else _t(str(content["text"]))
    if not content.get("shared") or "xl/sharedStrings.xml" not in book.parts:
        return "inlineStr", f"<is>{inner}</is>"
    text = book.text("xl/sharedStrings.xml")
    number = len(re.findall(r"<si\b", text))
    book.set("xl/sharedStrings.xml", text.replace("</sst>", f"<si>{inner}</si></sst>"))
    return "s", f"<v>{number}</v>"


def _run(run: Any) -> str:  # noqa: ANN401 - whatever a table of cases holds
    if not isinstance(run, Mapping):
        return f"<r>{_t(str(run))}</r>"
    font = f'<rFont val="{run["font"]}"/>' if "font" in run else ""
    return f"<r><rPr>{_marks(run)}{font}</rPr>{_t(str(run['text']))}</r>"


def _t(text: str) -> str:
    return f'<t xml:space="preserve">{escape(text)}</t>'
