"""What Word, Excel and PDF hide in their files: hidden text, dragged borders, words cut by narrow columns, typed days."""

# ruff: noqa: E501 - examples read better unbroken

from __future__ import annotations

import datetime as dt
import io
import itertools
import zipfile

import docx
import openpyxl
import pytest
from docx.oxml import parse_xml
from hypothesis import given, settings
from hypothesis import strategies as st

from nq57xl.errors import Nq57Error
from nq57xl.plan.importer.assemble import import_document
from nq57xl.plan.importer.document import Line
from nq57xl.plan.importer.properties import properties_of
from nq57xl.plan.importer.read import read_document
from nq57xl.plan.importer.read_pdf import _cell_of
from nq57xl.plan.importer.units import _one_line_list, _parts_of
from tests.amounts import amount
from tests.import_kit import TODAY, imported

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
RUN = "<w:r><w:t>{0}</w:t></w:r>"


def saved(document: object) -> bytes:
    """The bytes of a python-docx document or an openpyxl workbook."""
    stream = io.BytesIO()
    document.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<w:del><w:r><w:delText>cũ</w:delText></w:r></w:del><w:ins>" + RUN.format("mới") + "</w:ins>", "mới"),
        ("<w:r><w:rPr><w:vanish/></w:rPr><w:t>ẩn</w:t></w:r>" + RUN.format("hiện"), "hiện"),
        ('<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>hiện</w:t></w:r>', "hiện"),
        ("<w:sdt><w:sdtContent>" + RUN.format("ô chọn") + "</w:sdtContent></w:sdt>", "ô chọn"),
        (RUN.format("cơ quan") + "<w:r><w:softHyphen/><w:t>\u00ad nhà nước</w:t></w:r>", "cơ quan nhà nước"),
        ("<w:r><w:t>05</w:t><w:noBreakHyphen/><w:t>KH</w:t></w:r>", "05-KH"),
        ('<w:r><w:sym w:font="Symbol" w:char="F0B3"/><w:t> 90%</w:t></w:r>', "≥ 90%"),
        ("<w:r><w:footnoteReference w:id='2'/></w:r>" + RUN.format("Nhiệm vụ"), "Nhiệm vụ"),
    ],
)
def test_word_text_is_what_a_reader_sees(content: str, text: str) -> None:
    """Deleted and hidden text is not there; inserted text, content controls and signs are."""
    document = docx.Document()
    document.element.body.insert(0, parse_xml(f"<w:p {W}>{content}</w:p>"))
    assert [getattr(item, "text", "") for item in read_document(saved(document), "x.docx").items[:1]] == [text]


def test_borders_dragged_by_hand_are_one_column() -> None:
    """Rows whose borders are off by a millimetre, with a sliver between, keep their columns."""
    rows = []
    for widths in ((600, 4000, 3000), (650, 3900, 3050), (580, 4100, 2920)):
        edges = [sum(widths[:index]) for index in range(4)]
        rows.append(edges)
    grid = sorted({edge for row in rows for edge in row})
    xml = "".join(
        "<w:tr>" + "".join(f'<w:tc><w:tcPr><w:gridSpan w:val="{grid.index(b) - grid.index(a)}"/></w:tcPr><w:p>'
                           f"{RUN.format(f'{number}{col}')}</w:p></w:tc>"
                           for col, (a, b) in enumerate(itertools.pairwise(row))) + "</w:tr>"
        for number, row in enumerate(rows)
    )  # fmt: skip
    columns = "".join(f'<w:gridCol w:w="{b - a}"/>' for a, b in itertools.pairwise(grid))
    document = docx.Document()
    document.element.body.insert(0, parse_xml(f"<w:tbl {W}><w:tblGrid>{columns}</w:tblGrid>{xml}</w:tbl>"))
    table = read_document(saved(document), "x.docx").tables[0]
    assert [[cell.text for cell in row] for row in table.rows] == [
        [f"{row}{col}" for col in range(3)] for row in range(3)
    ]


def letters(lines: list[str], left: float, size: float = 10.0) -> list[dict[str, object]]:
    """Letters of half their size in width, line by line."""
    return [
        {"text": text, "x0": left + 5 * at, "x1": left + 5 * at + 5, "top": 12.0 * row, "bottom": 12.0 * row + size, "size": size}
        for row, line in enumerate(lines) for at, text in enumerate(line)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "width", "text"),
    [
        (["30/6/20", "26"], 40, "30/6/2026"),
        (["Thườn", "g xuyên"], 30, "Thường xuyên"),
        (["UBN", "D xã"], 20, "UBND xã"),
        (["Thường", "xuyên"], 60, "Thường xuyên"),
        (["Văn", "phòng"], 20, "Văn phòng"),
    ],
)
def test_a_word_that_a_narrow_column_cut_is_whole(lines: list[str], width: float, text: str) -> None:
    """A line of one word that had no room for its next letter goes on without a blank; a word that ended does not."""
    assert _cell_of(letters(lines, 2.0), (0.0, 0.0, width + 2, 40.0), 2.0).text == text


def test_marks_of_footnotes_are_not_in_the_text() -> None:
    """A small raised digit is a mark; after "m" it is a square."""
    mark = {"text": "2", "x0": 32.0, "x1": 34.0, "top": 0.0, "bottom": 5.0, "size": 5.0}
    box = (0.0, 0.0, 100.0, 40.0)
    assert _cell_of([*letters(["Đề án"], 2.0), mark], box, 2.0).text == "Đề án"
    assert _cell_of([*letters(["100 km"], 2.0), mark], box, 2.0).text == "100 km2"


LAYOUT = """\
                         PHỤ LỤC

 TT   Nhiệm vụ                        Cơ quan chủ trì        Cơ quan phối hợp      Thời hạn
 I    Hạ tầng số
 1    Xây dựng đề án hạ tầng số       Văn phòng              Các phòng             31/12/2026
      của tỉnh
 2    Nâng cấp kho dữ liệu            Phòng Kinh tế          Các đơn vị            Quý II/2026
      dùng chung                                             liên quan
 II   Dữ liệu số
 3    Làm sạch dữ liệu                Công an xã                                   Năm 2026
"""


def test_text_that_keeps_its_columns_by_blanks_is_refused_with_the_remedy() -> None:
    """`pdftotext -layout` does not tell where a cell ends: nothing is guessed, the .docx or .pdf is asked for."""
    with pytest.raises(Nq57Error, match=r"\.docx hoặc \.pdf"):
        read_document(LAYOUT.encode(), "x.txt")


EXTRACTED = """\
STT Nội dung chỉ tiêu Đơn vị tính Mục tiêu Đơn vị chủ trì theo dõi

I Về phát triển nguồn lực

"""


def test_an_indicator_whose_cells_the_extractor_ends_is_cut_there_whatever_it_says() -> None:
    """Where each cell of a row ends its line, a lead, a target and a measure of any wording stand in their columns."""
    rows = [
        ("Tỷ lệ hồ sơ trực tuyến", "%", "90%", "Thanh tra Sở"),
        ("Thời gian xử lý 01 hồ sơ", "ngày", "7", "Văn phòng Sở"),
        ("Doanh thu kinh tế số", "tỷ đồng", "1.500", "Hội Nông dân"),
        ("Thứ hạng chuyển đổi số", "Thứ hạng", "Nhóm dẫn đầu", "Văn phòng Sở"),
    ]
    text = EXTRACTED + "".join(f"{n} " + "\n\n".join(row) + "\n\n" for n, row in enumerate(rows, 1))
    plan = imported(text.encode(), "x.txt").plan
    assert [(item.indicator, item.unit, item.target.text, item.lead) for item in plan.indicators] == rows


@pytest.mark.parametrize(("measure", "target"), [("Hồ sơ", "100"), ("Xã, phường", "≥ 90"), ("%", "100%")])
def test_an_indicator_whose_cells_stand_in_one_line_is_cut_at_its_words(measure: str, target: str) -> None:
    """A row that the extractor put into one line is cut before its measure, its target and the unit that follows it."""
    text = f"{EXTRACTED}1 Tỷ lệ hồ sơ được số hóa {measure} {target} Văn phòng Sở\n"
    (item,) = imported(text.encode(), "x.txt").plan.indicators
    assert (item.indicator, item.unit, item.target.text) == ("Tỷ lệ hồ sơ được số hóa", measure, target)
    assert item.lead == "Văn phòng Sở"


def book_of(rows: list[list[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    return book


HEAD: list[object] = ["TT", "Nhiệm vụ", "Sản phẩm", "Chủ trì", "Thời hạn"]


def test_numbers_by_formula_and_hidden_columns() -> None:
    """ "=A2+1" counts though no program computed it; a hidden column is told, not read."""
    book = book_of(
        [[*HEAD, "Nội bộ"], [1, "A", "X", "Văn phòng", "2026", "mật"], ["=A2+1", "B", "X", "Văn phòng", "2026", "mật"]]
    )
    book.worksheets[0].column_dimensions["F"].hidden = True
    made = import_document(read_document(saved(book), "x.xlsx"), "x", TODAY)
    assert [task.number for task in made.plan.tasks] == ["1", "2"]
    assert any("mật" in item.value for item in made.review if not item.sheet)
    assert all("mật" not in task.note for task in made.plan.tasks)


@pytest.mark.parametrize(
    ("number_format", "text", "flagged"),
    [("d/m/yyyy", "5/6/2026", False), ("dd/mm/yyyy", "05/06/2026", False), ("mm/dd/yyyy", "05/06/2026", True)],
)
def test_typed_days_are_shown_as_typed(number_format: str, text: str, flagged: bool) -> None:
    """A day is read as its format shows it; an American format may have swapped day and month."""
    book = book_of([HEAD, [1, "A", "X", "Văn phòng", dt.datetime(2026, 6, 5)]])
    book.worksheets[0]["E2"].number_format = number_format
    made = import_document(read_document(saved(book), "x.xlsx"), "x", TODAY)
    assert made.plan.tasks[0].deadline.text == text
    assert ("deadline" in {item.field for item in made.review if item.task}) is flagged


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Các phòng báo cáo về Văn phòng Sở trước ngày 18 hàng tháng.", (18, 25)),
        ("gửi Phòng Kinh tế chậm nhất ngày 15 hằng tháng", (15, 25)),
        ("báo cáo UBND tỉnh trước 16h00 ngày 22 hằng tháng", (20, 22)),
        ("định kỳ hằng tháng (trước ngày 17) báo cáo về Văn phòng", (17, 25)),
        ("trước ngày 18 hàng tháng gửi về Phòng Kinh tế để tổng hợp báo cáo UBND tỉnh trước ngày 20 hàng tháng", (18, 20)),
    ],
)  # fmt: skip
def test_reporting_days_in_many_wordings(text: str, days: tuple[int, int]) -> None:
    """The units' day and the day upwards are told apart; what the text does not say is the default, flagged."""
    found = properties_of([Line(text, "x")], "x", TODAY)
    assert (found.properties.internal_day, found.properties.report_day) == days
    assert ("report_day" in found.doubts) is (days[1] == 25)


def test_a_letterhead_set_in_one_line_with_the_motto() -> None:
    """The motto beside the agency is no part of its name; a council and its place are one name."""
    lines = [
        "ỦY BAN NHÂN DÂN CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "XÃ CÔNG HẢI Độc lập - Tự do - Hạnh phúc",
        "KẾ HOẠCH",
        "Chuyển đổi số năm 2026",
    ]
    found = properties_of([Line(text, "x") for text in lines], "x", TODAY).properties
    assert (found.agency[0].name, found.title, found.number) == (
        "Ủy ban nhân dân xã Công Hải",
        "Chuyển đổi số năm 2026",
        "",
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Bộ, ngành, địa phương", [("Bộ, ngành, địa phương", True)]),
        ("VTV, VOV, các địa phương", [("VTV", False), ("VOV", False), ("các địa phương", True)]),
        ("Bộ Lao động - Thương binh và Xã hội, Bộ Y tế", [("Bộ Lao động - Thương binh và Xã hội", False), ("Bộ Y tế", False)]),
        ("Các sở, ban, ngành; UBND các xã, phường", [("Các sở, ban, ngành; UBND các xã, phường", True)]),
        ("UBND xã; VPĐU xã", [("UBND xã", False), ("VPĐU xã", False)]),
        ("Sở Văn hóa, Thể thao và Du lịch", [("Sở Văn hóa, Thể thao và Du lịch", False)]),
        ("Các Sở: Nội vụ, Tài chính", [("Sở Nội vụ", False), ("Sở Tài chính", False)]),
    ],
)  # fmt: skip
def test_leads_part_only_where_the_parts_are_units(text: str, parts: list[tuple[str, bool]]) -> None:
    """Names keep their own commas and "và"; collectives stay whole; initials are names."""
    assert _parts_of(_one_line_list(text), set()) == parts


def test_documents_that_would_harm_are_refused() -> None:
    """A DOCTYPE and a table of millions of places end with a message."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("word/document.xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>")
    with pytest.raises(Nq57Error, match="DOCTYPE"):
        read_document(stream.getvalue(), "x.docx")
    cells = "<tr>" + "<td rowspan=200 colspan=200>a</td>" * 60 + "</tr>"
    with pytest.raises(Nq57Error, match="quá lớn"):
        read_document(f"<table>{cells}</table>".encode(), "x.html")


def samples() -> list[tuple[str, bytes]]:
    """A small plan in each format."""
    book = book_of([HEAD, *[[number, f"Việc {number}", "X", "Văn phòng", "2026"] for number in range(1, 5)]])
    document = docx.Document()
    table = document.add_table(rows=3, cols=5)
    lines: list[list[object]] = [HEAD, ["1", "A", "X", "Văn phòng", "2026"], ["2", "B", "X", "Văn phòng", "2026"]]
    for row, texts in enumerate(lines):
        for col, text in enumerate(texts):
            table.cell(row, col).text = str(text)
    return [("docx", saved(document)), ("xlsx", saved(book)), ("txt", LAYOUT.encode())]


SAMPLES = samples()
DAMAGE = st.tuples(st.floats(0, 1), st.sampled_from(["set", "cut", "twice"]), st.integers(0, 255))


@settings(max_examples=amount(20, 1500), deadline=None)
@given(st.sampled_from(range(len(SAMPLES))), st.lists(DAMAGE, min_size=1, max_size=8))
def test_a_damaged_document_is_a_message_or_a_plan(which: int, damage: list[tuple[float, str, int]]) -> None:
    """Bytes changed, cut or doubled anywhere: never a traceback."""
    kind, whole = SAMPLES[which]
    damaged = bytearray(whole)
    for share, action, value in damage:
        place = int(share * (len(damaged) - 1))
        if action == "set":
            damaged[place] = value
        elif action == "cut" and len(damaged) > 400:
            del damaged[place : place + value]
        else:
            damaged[place:place] = damaged[place : place + 40]
    try:
        import_document(read_document(bytes(damaged), f"x.{kind}"), "x", TODAY)
    except Nq57Error as error:
        assert str(error)
