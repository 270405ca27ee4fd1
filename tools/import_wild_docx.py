"""Word documents of wild plans, written as XML by hand: tracked changes, drawn numbers, hidden text, split tables."""

# ruff: noqa: E501 - XML reads better unbroken
from __future__ import annotations

import io
import itertools
import random
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

import attrs
from attrs import define, field

from nq57xl.plan.model import Plan
from tools.import_wild import Drawn, Place, Way, head_rows

_NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:wps="urn:x-wps" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml"'
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
    '<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"/>'
    '<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>'
    '<Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/></Types>'
)
_RELS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{0}" Target="{1}"/>{2}</Relationships>'
_STYLES = '<w:styles {0}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/><w:sz w:val="{1}"/></w:rPr></w:rPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style></w:styles>'
_NUMBERING = '<w:numbering {0}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1"/></w:lvl></w:abstractNum>{1}</w:numbering>'


@define
class _Writer:
    way: Way
    rng: random.Random
    lists: int = 0
    """Lists of drawn numbers used so far."""
    body: list[str] = field(factory=list)

    def paragraph(self, text: str, properties: str = "", marks: str = "") -> str:
        runs = "".join(self.run(part, marks) for part in self.pieces(text))
        return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{runs}</w:p>"

    def pieces(self, text: str) -> list[str]:
        if not self.way.noise or len(text) < 12:
            return [text]
        cuts = sorted(self.rng.sample(range(1, len(text)), 2))
        return [text[: cuts[0]], text[cuts[0] : cuts[1]], text[cuts[1] :]]

    def run(self, text: str, marks: str = "") -> str:
        inner = f'<w:t xml:space="preserve">{escape(text)}</w:t>'.replace(
            "\n", '</w:t><w:br/><w:t xml:space="preserve">'
        )
        run = f"<w:r>{f'<w:rPr>{marks}</w:rPr>' if marks else ''}{inner}</w:r>"
        if not self.way.noise:
            return run
        return self.rng.choice((
            run, run, run, f"<w:ins w:id='1' w:author='a'>{run}</w:ins>", f"<w:smartTag w:element='x'>{run}</w:smartTag>",
            f"{run}<w:del w:id='2' w:author='a'><w:r><w:delText>bỏ đi</w:delText></w:r></w:del>",
            f"{run}<w:r><w:rPr><w:vanish/></w:rPr><w:t>ẩn</w:t></w:r>", f"{run}<w:r><w:footnoteReference w:id='2'/></w:r>",
            f"<w:sdt><w:sdtContent>{run}</w:sdtContent></w:sdt>", f"<w:bookmarkStart w:id='3' w:name='b'/>{run}<w:bookmarkEnd w:id='3'/>",
            f"{run}<w:r><w:softHyphen/></w:r>", f"<w:hyperlink>{run}</w:hyperlink>", f"<w:proofErr w:type='spellStart'/>{run}",
            f"{run}<w:moveFrom w:id='5' w:author='a'><w:r><w:t>chuyển đi</w:t></w:r></w:moveFrom>",
        ))  # fmt: skip

    def cell(self, place: Place, width: int, bold: bool = False) -> str:
        properties = f'<w:tcW w:w="{width}" w:type="dxa"/>'
        properties += f'<w:gridSpan w:val="{place.span}"/>' if place.span > 1 else ""
        properties += {"top": '<w:vMerge w:val="restart"/>', "more": "<w:vMerge/>", "": ""}[place.tall]
        marks = "<w:b/>" if bold else ""
        lines = place.text.split("\n") if self.rng.random() < 0.7 else [place.text]
        content = "".join(self.paragraph(line, marks=marks) for line in lines)
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>"

    def drawn_number(self, width: int, span: int, restart: bool) -> str:
        self.lists += restart
        return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:gridSpan w:val="{span}"/></w:tcPr><w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="{self.lists}"/></w:numPr></w:pPr></w:p></w:tc>'

    def table(
        self, rows: Iterable[tuple[Sequence[Place], str]], widths: Sequence[int], borders: str | None = None
    ) -> None:
        lines = list(rows)
        edges = [self.edges(places, widths) for places, _ in lines]
        grid = sorted({edge for line in edges for edge in line})
        columns = "".join(f'<w:gridCol w:w="{b - a}"/>' for a, b in itertools.pairwise(grid))
        out = [self.row(places, kind, line, grid) for (places, kind), line in zip(lines, edges, strict=True)]
        look = f'<w:tblPr>{_borders(borders or self.way.borders)}<w:tblLayout w:type="fixed"/></w:tblPr>'
        self.body.append(f"<w:tbl>{look}<w:tblGrid>{columns}</w:tblGrid>{''.join(out)}</w:tbl>")

    def edges(self, places: Sequence[Place], widths: Sequence[int]) -> list[int]:
        """Where the borders of the row's cells stand; in a ragged table each row has its own."""
        found, at, col = [0], 0, 0
        for place in places:
            at += sum(widths[col : col + place.span])
            col += place.span
            off = self.rng.choice((0, 0, 15, -20, 60, 110)) if self.way.ragged and col < len(widths) else 0
            found.append(at + off)
        return found

    def row(self, places: Sequence[Place], kind: str, edges: Sequence[int], grid: Sequence[int]) -> str:
        cells: list[str] = []
        for place, (left, right) in zip(places, itertools.pairwise(edges), strict=True):
            span = grid.index(right) - grid.index(left)
            if self.way.auto_numbers and kind == "task" and not cells and place.text.isdigit():
                cells.append(self.drawn_number(right - left, span, place.text == "1" or not self.lists))
            else:
                cells.append(self.cell(attrs.evolve(place, span=span), right - left, kind != "task"))
        extra = ("<w:tblHeader/>" if kind == "head" else "") + ("" if self.way.split_rows else "<w:cantSplit/>")
        row = f"<w:tr>{f'<w:trPr>{extra}</w:trPr>' if extra else ''}{''.join(cells)}</w:tr>"
        wrapped = self.way.noise and self.rng.random() < 0.1
        return f"<w:sdt><w:sdtContent>{row}</w:sdtContent></w:sdt>" if wrapped else row

    def text(self, line: str, properties: str = "") -> None:
        self.body.append(self.paragraph(line, properties))

    def plain_table(self, rows: list[list[str]], borders: str = "all") -> None:
        width = (self.way.page[0] - 35) * 567 // 10 // len(rows[0])
        self.table([([Place(text) for text in row], "task") for row in rows], [width] * len(rows[0]), borders)
        self.text("")


_NOTES = '<w:footnotes {0}><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote><w:footnote w:type="continuationSeparator" w:id="1"><w:p/></w:footnote><w:footnote w:id="2"><w:p><w:r><w:t>Chú thích cuối trang.</w:t></w:r></w:p></w:footnote></w:footnotes>'


def _borders(kind: str) -> str:
    sides = {
        "all": ("top", "left", "bottom", "right", "insideH", "insideV"),
        "rows": ("top", "bottom", "insideH"),
        "none": (),
    }[kind]
    lines = "".join(f'<w:{side} w:val="single" w:sz="4"/>' for side in sides)
    return f"<w:tblBorders>{lines}</w:tblBorders>"


def widths_of(way: Way, total: int) -> list[int]:
    """Widths of the columns in twentieths of a point."""
    parts = {
        "number": 4,
        "task": 22,
        "subtask": 18,
        "deliverable": 14,
        "kpi": 10,
        "note": 9,
        "deadline": 10,
        "extra": 8,
    }
    sizes = [parts.get(name, 13) for name in way.columns]
    return [total * size // sum(sizes) for size in sizes]


def wild_docx(plan: Plan, made: Drawn, way: Way, rng: random.Random) -> bytes:
    """The document: letterhead, main text, appendix, signature."""
    writer = _Writer(way, rng)
    if way.front:
        _front(writer)
    if way.others:
        writer.text("Bảng phân bổ kinh phí")
        writer.plain_table(
            [
                ["STT", "Nội dung chi", "Đơn vị tính", "Kinh phí (triệu đồng)"],
                ["1", "Tập huấn", "lớp", "120"],
                ["2", "Mua sắm", "bộ", "350"],
            ]
        )
    indicators_first = rng.random() < 0.5
    if plan.indicators and indicators_first:
        _indicators(writer, plan)
    _appendix(writer, made, way)
    if plan.indicators and not indicators_first:
        writer.text("Phụ lục II")
        _indicators(writer, plan)
    if way.others:
        writer.text("DANH SÁCH TỔ GIÚP VIỆC")
        writer.plain_table(
            [
                ["STT", "Họ và tên", "Chức vụ", "Đơn vị", "Ghi chú"],
                ["1", "Nguyễn Văn A", "Tổ trưởng", "Phòng Kinh tế", ""],
                ["2", "Trần Thị B", "Thành viên", "Văn phòng", ""],
            ]
        )
    wide, tall = way.page
    turned = ' w:orient="landscape"' if wide > tall else ""
    section = f'<w:sectPr><w:pgSz w:w="{wide * 567 // 10}" w:h="{tall * 567 // 10}"{turned}/><w:pgMar w:top="1134" w:right="850" w:bottom="1134" w:left="1134"/></w:sectPr>'
    document = f"<w:document {_NS}><w:body>{''.join(writer.body)}{section}</w:body></w:document>"
    numbers = "".join(
        f'<w:num w:numId="{index}"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
        for index in range(1, writer.lists + 1)
    )
    return _packed({
        "[Content_Types].xml": _TYPES, "_rels/.rels": _RELS.format("officeDocument", "word/document.xml", ""),
        "word/_rels/document.xml.rels": _RELS.format("styles", "styles.xml", '<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/><Relationship Id="r3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" Target="footnotes.xml"/>'),
        "word/footnotes.xml": _NOTES.format(_NS), "word/document.xml": document, "word/styles.xml": _STYLES.format(_NS, way.size * 2), "word/numbering.xml": _NUMBERING.format(_NS, numbers),
    })  # fmt: skip


def _packed(parts: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}')
    return stream.getvalue()


def _front(writer: _Writer) -> None:
    noisy, writer.way = writer.way, _quiet(writer.way)
    writer.plain_table([["UBND TỈNH ĐỒNG NAI\nSỞ XÂY DỰNG\n_______", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"],
                        ["Số: 15/KH-SXD", "Đồng Nai, ngày 12 tháng 3 năm 2026"]], "none")  # fmt: skip
    for line in ("KẾ HOẠCH", "Thực hiện Nghị quyết số 57-NQ/TW ngày 22/12/2024 của Bộ Chính trị năm 2026",
                 "Căn cứ Kế hoạch số 91/KH-UBND ngày 12/02/2026 của UBND tỉnh, Sở Xây dựng ban hành Kế hoạch như sau:", "I. MỤC ĐÍCH, YÊU CẦU",
                 "1. Mục đích: cụ thể hóa các nhiệm vụ; rõ người, rõ việc, rõ thời gian, rõ trách nhiệm, rõ sản phẩm.", "II. TỔ CHỨC THỰC HIỆN",
                 "1. Các phòng, đơn vị báo cáo kết quả về Sở (qua Văn phòng Sở) trước ngày 20 hằng tháng để tổng hợp.",
                 "2. Giao Văn phòng Sở tham mưu báo cáo UBND tỉnh trước ngày 25 hằng tháng./."):  # fmt: skip
        writer.text(line)
    writer.plain_table(
        [
            [
                "Nơi nhận:\n- UBND tỉnh (b/c);\n- Các phòng, đơn vị;\n- Lưu: VT, VP.",
                "KT. GIÁM ĐỐC\nPHÓ GIÁM ĐỐC\n\n\nNguyễn Văn An",
            ]
        ],
        "none",
    )
    writer.text("PHỤ LỤC", "<w:pageBreakBefore/>")
    writer.text("DANH MỤC NHIỆM VỤ THỰC HIỆN KẾ HOẠCH")
    writer.text("(Kèm theo Kế hoạch số 15/KH-SXD ngày 12/3/2026 của Sở Xây dựng)")
    writer.way = noisy


def _quiet(way: Way) -> Way:
    return attrs.evolve(way, noise=False, ragged=False)


def _appendix(writer: _Writer, made: Drawn, way: Way) -> None:
    total = (way.page[0] - 35) * 567 // 10
    widths = widths_of(way, total)
    heads = [(row, "head") for row in head_rows(way)]
    if way.apart:
        writer.table(heads, widths)
        writer.text("")
        heads = []
    rows: list[tuple[Sequence[Place], str]] = [*heads]
    since = 0
    for places, kind in zip(made.rows, made.kinds, strict=True):
        if way.sections == "paragraph" and kind == "section":
            if len(rows) > len(heads):
                writer.table(rows, widths)
            writer.text(places[0].text)
            rows, since = [*heads], 0
            continue
        # headings are not repeated where a merged cell goes on
        if way.repeated and since >= way.repeated and not any(place.tall == "more" for place in places):
            rows += [(row, "again") for row in head_rows(way)]
            since = 0
        rows.append((places, kind))
        since += 1
    writer.table(rows, widths)


def _indicators(writer: _Writer, plan: Plan) -> None:
    heads = ("TT", "Chỉ tiêu", "Đơn vị tính", "Mục tiêu năm 2026", "Cơ quan chủ trì theo dõi, đánh giá")
    rows: list[tuple[Sequence[Place], str]] = [([Place(text) for text in heads], "head")]
    group = None
    for item in plan.indicators:
        if item.group != group:
            group = item.group
            title = next(found.title for found in plan.indicator_groups if found.number == group)
            rows.append(([Place(group), Place(title, 4)], "section"))
        rows.append(
            ([Place(text) for text in (item.number, item.indicator, item.unit, item.target.text, item.lead)], "data")
        )
    total = (writer.way.page[0] - 35) * 567 // 10
    writer.table(rows, [total * share // 100 for share in (6, 42, 13, 19, 20)])
    writer.text("")
