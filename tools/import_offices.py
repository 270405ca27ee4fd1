"""Plans as offices publish them, for measuring the importer: two further families of documents, `mạng` and `sổ`.

`mạng` are web pages and Markdown copies with letterhead, seal line and signature; `sổ` workbooks and Word tables with codes,
columns of groups and of progress, people beside units. They know who leads, who is inside and who belongs to a group."""

# ruff: noqa: E501 - lists of words

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from html import escape

from attrs import field, frozen

from nq57xl.plan.deadlines import Deadline
from nq57xl.plan.model import Plan, Properties, Section, Task


@frozen
class Agency:
    """An agency with those to whom it gives work."""

    head: tuple[str, ...]
    name: str
    seal: str
    symbol: str
    units: tuple[str, ...]
    """Who leads and is inside."""
    above: tuple[str, ...]
    """Who ranks above and may be named as lead."""
    groups: tuple[tuple[str, bool], ...]
    """Collectives, and whether their words tell all units inside."""
    supporters: tuple[str, ...] = ()
    """Outside: they only support."""
    signed: tuple[str, ...] = ()


AGENCIES = (
    Agency(("ỦY BAN NHÂN DÂN", "TỈNH KHÁNH HÒA"), "Ủy ban nhân dân tỉnh Khánh Hòa", "Chủ tịch UBND tỉnh Khánh Hòa", "KH-UBND",
           ("Sở Khoa học và Công nghệ", "Sở Nội vụ", "Sở Tài chính", "Sở Y tế", "Sở Nông nghiệp và Môi trường", "Công an tỉnh", "Văn phòng UBND tỉnh",
            "Sở Văn hóa, Thể thao và Du lịch", "Sở Giáo dục và Đào tạo", "Ban Quản lý Khu kinh tế Vân Phong", "Trường Chính trị tỉnh"),
           ("Bộ Công an",), (("Các cơ quan, đơn vị liên quan", False), ("các cơ sở y tế", False), ("UBND các xã, phường", False)),
           ("VNPT Khánh Hòa", "Viettel Khánh Hòa"), ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Nguyễn Văn An")),
    Agency(("TỈNH ỦY LÀO CAI", "*"), "Tỉnh ủy Lào Cai", "Tỉnh ủy Lào Cai", "KH-TU",
           ("Ban Tổ chức Tỉnh ủy", "Ban Tuyên giáo và Dân vận Tỉnh ủy", "Văn phòng Tỉnh ủy", "Đảng ủy UBND tỉnh", "Sở Khoa học và Công nghệ", "Công an tỉnh", "Sở Nội vụ"),
           ("Ban Tổ chức Trung ương",), (("Các cấp ủy, tổ chức đảng", False), ("Các cơ quan, đơn vị liên quan", False)), (),
           ("T/M BAN THƯỜNG VỤ", "PHÓ BÍ THƯ", "Trần Thị Bình")),
    Agency(("BỘ KHOA HỌC", "VÀ CÔNG NGHỆ"), "Bộ Khoa học và Công nghệ", "Bộ trưởng Bộ Khoa học và Công nghệ", "QĐ-BKHCN",
           ("Vụ Pháp chế", "Vụ Kế hoạch - Tài chính", "Cục Chuyển đổi số quốc gia", "Cục Viễn thông", "Viện Chiến lược", "Văn phòng Bộ", "Trung tâm Công nghệ thông tin"),
           ("Chính phủ",), (("Các đơn vị thuộc Bộ", True), ("Các đơn vị có liên quan", False)), ("Bộ Công an", "Bộ Tài chính"),
           ("KT. BỘ TRƯỞNG", "THỨ TRƯỞNG", "Lê Văn Cường")),
    Agency(("UBND TỈNH ĐỒNG NAI", "SỞ XÂY DỰNG"), "Sở Xây dựng", "Giám đốc Sở Xây dựng", "KH-SXD",
           ("Văn phòng Sở", "Phòng Quản lý nhà", "Phòng Kế hoạch - Tài chính", "Phòng Quản lý quy hoạch, kiến trúc", "Trung tâm Giám định", "Thanh tra Sở"),
           ("UBND tỉnh",), (("Các phòng, đơn vị trực thuộc", True), ("Các đơn vị liên quan", False)), ("Sở Nội vụ", "Sở Khoa học và Công nghệ"),
           ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Phạm Văn Dũng")),
    Agency(("CHÍNH PHỦ",), "Chính phủ", "Chính phủ", "NQ-CP",
           ("Bộ Khoa học và Công nghệ", "Bộ Công an", "Bộ Tài chính", "Bộ Y tế", "Bộ Giáo dục và Đào tạo", "Ngân hàng Nhà nước Việt Nam", "Văn phòng Chính phủ"),
           (), (("Các bộ, ngành", True), ("Các cơ quan có liên quan", False)), ("Tập đoàn VNPT",), ("TM. CHÍNH PHỦ", "THỦ TƯỚNG", "Phạm Văn Em")),
    Agency(("ỦY BAN NHÂN DÂN", "XÃ CÔNG HẢI"), "Ủy ban nhân dân xã Công Hải", "UBND xã Công Hải", "KH-UBND",
           ("Văn phòng HĐND và UBND xã", "Phòng Kinh tế", "Phòng Văn hóa - Xã hội", "Công an xã", "Trung tâm Phục vụ hành chính công", "Trạm Y tế xã"),
           ("Sở Nội vụ",), (("Các phòng, đơn vị", True), ("Các thôn", False)), ("Công an tỉnh",), ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "Đỗ Thị Giang")),
)  # fmt: skip
_VERBS = (
    "Tham mưu xây dựng",
    "Rà soát, sửa đổi",
    "Đầu tư, nâng cấp",
    "Tổ chức tập huấn",
    "Triển khai",
    "Số hóa và làm sạch",
)
_THINGS = ("quy chế khai thác dữ liệu dùng chung", "hạ tầng số tại các khu vực trọng điểm", "cơ sở dữ liệu chuyên ngành", "kỹ năng số cho cán bộ, công chức",
           "nền tảng họp trực tuyến; bảo đảm an toàn thông tin", "thủ tục hành chính theo hướng không phụ thuộc địa giới")  # fmt: skip
_PRODUCTS = (
    "Quyết định",
    "Đề án được phê duyệt",
    "Cơ sở dữ liệu",
    "Báo cáo hằng quý",
    "Lớp tập huấn",
    "Hệ thống vận hành ổn định",
)
_DAYS = (
    "31/12/2026",
    "Quý III/2026",
    "Tháng 9/2026",
    "Thường xuyên",
    "Trước ngày 30/6/2026",
    "Năm 2026",
    "Trước ngày 31/01 năm liền kề",
    "30/9/2026",
)
_SECTIONS = ("Thể chế", "Hạ tầng số", "Nhân lực số", "Dữ liệu số", "Chính quyền số")
_PEOPLE = ("\n- PGĐ: Ông Nguyễn Văn A, sđt 0912 345 678", "\nSĐT: 0905123456", " (Đ/c Trần Văn B phụ trách)")
_STATES = ("Đã hoàn thành", "Đang thực hiện", "Chưa đến hạn", "Đã trình, chờ phê duyệt")


@frozen
class Sample:
    """A document and what it says."""

    name: str
    data: bytes
    truth: Plan
    leads: tuple[frozenset[str], ...]
    """Who leads each row, inside or not."""
    inside: frozenset[str]
    """Who is to get a form."""
    groups: tuple[tuple[str, bool], ...] = ()
    """Collectives that the document names, and whether all inside are meant."""
    agency: str = ""
    year: int = 2026


@frozen
class _Row:
    section: int
    number: str
    task: str
    product: str
    lead: str
    support: str
    day: str
    leads: frozenset[str] = field(factory=frozenset)


def _rows(agency: Agency, rng: random.Random, count: int, people: bool) -> list[_Row]:
    rows = []
    for number in range(1, count + 1):
        units = rng.sample(agency.units, 2)
        kind = rng.random()
        leads = frozenset(units[:1])
        lead = units[0]
        if kind < 0.15:
            lead, leads = (
                rng.choice(("{0}; {1}", "{0}, {1}", "{0}\n{1}", "{0} và {1}")).format(*units),
                frozenset(units),
            )
        elif kind < 0.2 and agency.above:
            lead, leads = agency.above[0], frozenset(agency.above[:1])
        elif kind < 0.3 and people:
            lead += rng.choice(_PEOPLE)
        group = rng.choice(agency.groups)[0]
        support = rng.choice((group, units[1], f"{units[1]}; {group}", *agency.supporters, ""))
        rows.append(_Row((number - 1) * 3 // count, str(number), f"{rng.choice(_VERBS)} {rng.choice(_THINGS)} ({number})",
                         rng.choice(_PRODUCTS), lead, support, rng.choice(_DAYS), leads))  # fmt: skip
    return rows


def _sample(
    named_data: tuple[str, bytes],
    agency: Agency,
    rows: Sequence[_Row],
    numbers: Sequence[tuple[str, str]],
    titles: Sequence[tuple[str, str]],
) -> Sample:
    """`numbers`: section and number as printed of each row; `titles`: those of the sections."""
    tasks = tuple(
        Task("", section, number, None, row.task, "", row.product, "", row.lead, row.support, Deadline(row.day))
        for row, (section, number) in zip(rows, numbers, strict=True)
    )
    named = " ".join(f"{row.lead}; {row.support}" for row in rows)
    inside = frozenset(unit for unit in agency.units if unit in named)
    groups = tuple((text, whole) for text, whole in agency.groups if any(text in row.support for row in rows))
    plan = Plan(Properties("x", "X", 2026), (), (), tuple(Section(*item) for item in titles), tasks)
    return Sample(*named_data, plan, tuple(row.leads for row in rows), inside, groups, agency.name)


def web_sample(rng: random.Random, index: int) -> Sample:
    """A page as law sites publish it, or its Markdown copy: letterhead, prose with cited documents, appendix, signature."""
    agency = AGENCIES[index % len(AGENCIES)]
    rows = _rows(agency, rng, rng.choice((12, 20, 35, 53)), people=False)
    romans = ("I", "II", "III")
    titles = [(romans[at], rng.choice(_SECTIONS)) for at in sorted({row.section for row in rows})]
    head = (rng.choice(("TT", "STT")), rng.choice(("Nhiệm vụ", "Nội dung nhiệm vụ", "Nhiệm vụ, giải pháp")), rng.choice(("Sản phẩm", "Kết quả đầu ra")),
            rng.choice(("Cơ quan chủ trì", "Đơn vị chủ trì", "Cơ quan được phân công")), rng.choice(("Cơ quan phối hợp", "Đơn vị phối hợp")), rng.choice(("Thời hạn", "Thời gian hoàn thành")))  # fmt: skip
    sealed = rng.random() < 0.3
    front = [*agency.head, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", f"Số: 15/{agency.symbol}", "Hà Nội, ngày 12 tháng 3 năm 2026",
             "KẾ HOẠCH", "Triển khai Nghị quyết số 57-NQ/TW ngày 22/12/2024 của Bộ Chính trị", "Căn cứ Nghị quyết số 193/2025/QH15 ngày 19 tháng 02 năm 2025;",
             "Thực hiện các mục tiêu của Kế hoạch đề ra. Các đơn vị tổng hợp, báo cáo theo quy định.", *agency.signed, "PHỤ LỤC", "DANH MỤC NHIỆM VỤ"]  # fmt: skip
    if sealed:
        front = [
            "PHỤ LỤC",
            "DANH MỤC NHIỆM VỤ NĂM 2026",
            f"(Ban hành kèm theo Kế hoạch số 15/{agency.symbol} ngày 12/3/2026 của {agency.seal})",
        ]
    body: list[list[str]] = []
    last = -1
    for row in rows:
        if row.section != last:
            body.append([f"{titles[row.section][0]}. {titles[row.section][1]}"])
        last = row.section
        body.append([row.number, row.task, row.product, row.lead, row.support, row.day])
    numbers = [(titles[row.section][0], row.number) for row in rows]
    data = (_html if index % 2 else _markdown)(front, head, body).encode()
    return _sample((f"mang-{index:02d}.{'html' if index % 2 else 'md'}", data), agency, rows, numbers, titles)


def _html(front: Sequence[str], head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in front)
    cells = [f"<tr>{''.join(f'<th>{escape(text)}</th>' for text in head)}</tr>"]
    for row in body:
        span = f' colspan="{len(head)}"' if len(row) == 1 else ""
        cells.append(
            "<tr>" + "".join(f"<td{span}>{escape(text).replace(chr(10), '<br/>')}</td>" for text in row) + "</tr>"
        )
    return f"<html><body>{lines}<table>{''.join(cells)}</table></body></html>"


def _markdown(front: Sequence[str], head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    rows = [list(head), ["---"] * len(head), *(list(row) + [""] * (len(head) - len(row)) for row in body)]
    return (
        "\n\n".join(front)
        + "\n\n"
        + "\n".join("| " + " | ".join(text.replace("\n", "<br>") for text in row) + " |" for row in rows)
        + "\n"
    )


def ledger_sample(rng: random.Random, index: int) -> Sample:
    """A workbook or Word table by which an office follows its plan: a column of groups, codes, or two keys; progress; people."""
    agency = AGENCIES[index % len(AGENCIES)]
    rows = _rows(agency, rng, rng.choice((10, 24, 40)), people=True)
    way = ("groups", "codes", "keys")[index % 3]
    names = rng.sample(_SECTIONS, 3)
    used = sorted({row.section for row in rows})
    leads = rng.choice(("Đơn vị/Cá nhân đầu mối", "Cơ quan thực hiện", "Đơn vị chủ trì"))
    tail = [leads, "Đơn vị phối hợp", "Thời hạn HT", "Tình hình thực hiện"]
    if way == "groups":
        titles = [(("I", "II", "III")[at], names[at]) for at in used]
        lines = [["TT", "Nhóm nhiệm vụ", "Tên nhiệm vụ", "Sản phẩm", *tail]]
        lines += [
            [row.number, names[row.section], row.task, row.product, row.lead, row.support, row.day, rng.choice(_STATES)]
            for row in rows
        ]
        numbers = [(titles[used.index(row.section)][0], row.number) for row in rows]
    elif way == "codes":
        titles = [(f"N{at + 1}", names[at]) for at in used]
        lines, numbers, counts = [["Mã", "Nhiệm vụ", "Sản phẩm", *tail]], [], dict.fromkeys(used, 0)
        for row in rows:
            if not counts[row.section]:
                lines.append([f"N{row.section + 1}", names[row.section], "", "", "", "", ""])
            counts[row.section] += 1
            code = f"N{row.section + 1}.{counts[row.section]}"
            lines.append([code, row.task, row.product, row.lead, row.support, row.day, rng.choice(_STATES)])
            numbers.append((f"N{row.section + 1}", code))
    else:
        titles = [(("I", "II", "III")[at], names[at]) for at in used]
        lines, before = [["TT", "", "Nội dung", "Kết quả", *tail]], -1
        for row in rows:
            if row.section != before:
                lines.append([titles[used.index(row.section)][0], "", names[row.section], "", "", "", "", ""])
            before = row.section
            lines.append(["", row.number, row.task, row.product, row.lead, row.support, row.day, rng.choice(_STATES)])
        numbers = [(titles[used.index(row.section)][0], row.number) for row in rows]
    word = rng.random() < 0.5
    data = _word(agency, lines) if word else _workbook(agency, lines, rng)
    return _sample((f"so-{index:02d}.{'docx' if word else 'xlsx'}", data), agency, rows, numbers, titles)


def _workbook(agency: Agency, lines: Sequence[Sequence[str]], rng: random.Random) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for text in (
        " ".join(item for item in agency.head if item != "*") if len(agency.head) < 3 else agency.head[-1],
        "BẢNG THEO DÕI NHIỆM VỤ NĂM 2026",
    ):
        sheet.append([text])
    sheet.append([])
    for line in lines:
        sheet.append([int(text) if text.isdigit() and rng.random() < 0.9 else text for text in line])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _word(agency: Agency, lines: Sequence[Sequence[str]]) -> bytes:
    import docx

    document = docx.Document()
    letterhead = document.add_table(rows=1, cols=2)
    letterhead.cell(0, 0).text = "\n".join((*agency.head, f"Số: 15/{agency.symbol}"))
    letterhead.cell(
        0, 1
    ).text = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\nHà Nội, ngày 12 tháng 3 năm 2026"
    document.add_paragraph("BẢNG THEO DÕI NHIỆM VỤ NĂM 2026")
    table = document.add_table(rows=len(lines), cols=len(lines[0]), style="Table Grid")
    cells = table._cells
    for at, text in enumerate(text for line in lines for text in line):
        cells[at].text = text
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()
