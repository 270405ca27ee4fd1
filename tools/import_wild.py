"""Plans as other offices make them: odd headings, orders, numbers and merges, with what a person would read in them.

A second family for measuring the importer, written apart from `import_samples`: it draws the table as rows of cells
first (`drawn`), and `import_wild_docx`, `import_wild_xlsx` put those rows into files.
"""

# ruff: noqa: E501 - lists of words
from __future__ import annotations

import random
from typing import Any

import attrs
from attrs import define, field, frozen

from nq57xl.plan.deadlines import Deadline, Target
from nq57xl.plan.importer.document import roman
from nq57xl.plan.model import Indicator, Plan, Properties, Section, Task, Unit
from nq57xl.plan.units import understand

HEADS = {
    "number": ("TT", "STT", "Stt", "Số\nTT", "S\nTT", "Mã NV", "Số thứ tự"),
    "task": ("Nội dung", "NỘI DUNG NHIỆM VỤ", "Nhiệm vụ trọng tâm", "Nhiệm vụ, giải pháp", "Nội dung công việc", "Tên nhiệm vụ",
             "Nhiệm vụ/Giải pháp chủ yếu", "Nội dung, nhiệm vụ cụ thể", "CÔNG VIỆC", "Tên nhóm nhiệm vụ/nhiệm vụ"),
    "subtask": ("Tiểu nhiệm vụ (Con)\n(Rõ việc)", "Nhiệm vụ cụ thể", "Hoạt động cụ thể", "Nội dung chi tiết", "Công việc chi tiết"),
    "deliverable": ("Sản phẩm", "Kết quả", "Sản phẩm/Kết quả", "Sản phẩm đầu ra\n(bắt buộc)", "Kết quả, sản phẩm", "Dự kiến sản phẩm",
                    "Kết quả đầu ra (sản phẩm)", "Sản phẩm hoàn thành", "Hình thức văn bản/Sản phẩm"),
    "kpi": ("KPI", "Chỉ tiêu liên quan", "Kết quả cần đạt (Định lượng)", "Chỉ tiêu, KPI đo lường", "Mục tiêu cần đạt"),
    "lead": ("Cơ quan chủ trì", "Đơn vị chủ trì", "Chủ trì", "Cơ quan, đơn vị chủ trì", "Cơ quan\nthực hiện", "ĐV chủ trì",
             "Đơn vị chủ trì\n(Rõ người)", "CƠ QUAN CHỦ TRÌ", "Đơn vị chủ trì, tham mưu", "Phòng, ban chủ trì"),
    "support": ("Cơ quan phối hợp", "Đơn vị phối hợp", "Phối hợp", "Cơ quan, đơn vị phối hợp", "Đơn vị phối hợp, cung cấp số liệu"),
    "deadline": ("Thời gian", "Thời hạn", "Thời gian hoàn thành", "Thời hạn hoàn thành\n(Rõ thời gian)", "Tiến độ", "Hạn hoàn thành",
                 "Thời gian\nthực hiện", "Thời gian thực hiện, hoàn thành", "Tiến độ thực hiện", "Mốc thời gian"),
    "note": ("Ghi chú", "GHI CHÚ"),
    "extra": ("Kinh phí (triệu đồng)", "Lãnh đạo phụ trách", "Nguồn lực", "Mức độ ưu tiên"),
}  # fmt: skip
_OFFICES = {
    "Chính phủ": ("Bộ Khoa học và Công nghệ", "Bộ Công an", "Bộ Tài chính", "Văn phòng Chính phủ", "Bộ Giáo dục và Đào tạo",
                  "Các bộ, ngành, địa phương", "Bộ Tài chính, Bộ Công Thương", "Ngân hàng Nhà nước Việt Nam"),
    "UBND tỉnh": ("Sở Khoa học và Công nghệ", "Sở Nội vụ", "Công an tỉnh", "Văn phòng UBND tỉnh", "Sở Văn hóa, Thể thao và Du lịch",
                  "Sở Tài chính; Sở Xây dựng", "Các sở, ban, ngành; UBND các xã, phường", "Trung tâm Phục vụ hành chính công", "Báo và Phát thanh, Truyền hình tỉnh"),
    "Sở Xây dựng": ("Văn phòng Sở", "Phòng Kế hoạch - Tài chính", "Phòng Quản lý quy hoạch và phát triển đô thị", "Thanh tra Sở",
                    "Trung tâm Tư vấn và Kiểm định", "Các phòng chuyên môn; đơn vị trực thuộc Sở", "P. KH-TC"),
    "UBND xã": ("Văn phòng HĐND và UBND xã", "Phòng Kinh tế", "Phòng Văn hóa - Xã hội", "Công an xã", "UBND xã; VPĐU xã",
                "Trung tâm Phục vụ hành chính công xã", "Uỷ ban MTTQ VN xã", "Ban Chỉ huy Quân sự xã"),
}  # fmt: skip
_SUPPORTS = ("Các cơ quan, đơn vị liên quan", "Các bộ, ngành, địa phương", "Các phòng, đơn vị trực thuộc", "", "Các sở, ban, ngành",
             "Sở Tài chính, Sở Nội vụ và các đơn vị có liên quan", "Các doanh nghiệp viễn thông, điện lực")  # fmt: skip
_VERBS = ("Rà soát, bổ sung", "Xây dựng và ban hành", "Tổ chức tuyên truyền, quán triệt", "Số hóa", "Tham mưu UBND ban hành", "Đẩy mạnh",
          "Hoàn thành việc", "Kết nối, chia sẻ", "Nâng cấp", "Bồi dưỡng", "02 mô hình thí điểm:", "100% đơn vị thực hiện")  # fmt: skip
_THINGS = ("quy trình giải quyết thủ tục hành chính nội bộ", "cơ sở dữ liệu cán bộ, công chức, viên chức (dữ liệu gốc)", "hạ tầng số tại xã, phường",
           "kiến thức AI cho cán bộ lãnh đạo, quản lý các cấp; công chức chuyên trách", "nền tảng dữ liệu dùng chung LGSP", "Đề án 06/CP năm 2026",
           "Nghị quyết số 57-NQ/TW ngày 22/12/2024 của Bộ Chính trị và Kế hoạch số 02-KH/BCĐTW ngày 19/6/2025", "hệ thống camera giám sát an ninh, giao thông",
           "phong trào “Bình dân học vụ số”; cài đặt VNeID mức độ 2", "chữ ký số, chứng thư số cho 100% công chức", "trung tâm dữ liệu cấp độ 3 theo TCVN 9250:2021")  # fmt: skip
_TAILS = ("", "", " trên địa bàn tỉnh", " giai đoạn 2026 - 2030, tầm nhìn đến năm 2045", " theo hướng dẫn của Bộ Khoa học và Công nghệ; bảo đảm “đúng, đủ, sạch, sống”",
          ", gồm: (i) rà soát hiện trạng; (ii) lập danh mục; (iii) triển khai, báo cáo kết quả trước ngày 20 hằng tháng")  # fmt: skip
_LISTS = (
    "\n- Rà soát, lập danh mục;\n- Tổ chức thực hiện và báo cáo.",
    "\n+ Giai đoạn 1: chuẩn bị;\n+ Giai đoạn 2: vận hành.",
)
_PRODUCTS = ("Kế hoạch", "Báo cáo", "Quyết định của Chủ tịch UBND", "Văn bản chỉ đạo; Báo cáo kết quả", "Hệ thống đi vào hoạt động", "Nghị quyết",
             "100% hồ sơ được số hóa", "Tối thiểu 02 hội nghị/năm", "Đề án được phê duyệt", "")  # fmt: skip
_KPIS = ("≥ 90%", "100% TTHC", "Tối thiểu 98% dữ liệu được chuẩn hóa", "01 đề án", "")
_DEADLINES = ("30/6/2026", "Quý II/2026", "Tháng 9/2026", "Năm 2026", "Thường xuyên", "Trước 30/9/2026", "2026 - 2028", "Hằng năm", "12/2026",
              "Trong quý III/2026", "Thực hiện thường xuyên", "20 ngày sau khi Tỉnh ủy ban hành văn bản", "Theo tiến độ của Trung ương",
              "Quý I/2026 lựa chọn nhiệm vụ. Quý IV/2026 báo cáo kết quả", "Trước ngày 15/10/2026")  # fmt: skip
_SECTIONS = ("Nâng cao nhận thức, đột phá về đổi mới tư duy", "HOÀN THIỆN THỂ CHẾ", "Hạ tầng số", "Phát triển nguồn nhân lực chất lượng cao, trọng dụng nhân tài",
             "Chuyển đổi số trong hoạt động của cơ quan nhà nước; bảo đảm an toàn thông tin", "Kinh tế số", "Xã hội số", "Tổ chức thực hiện")  # fmt: skip
_NOTES = ("", "", "", "NV theo KH 05-KH/BCĐTW", "Lồng ghép", "Khi có yêu cầu")
_EXTRAS = ("500", "1.200", "Phó Chủ tịch UBND", "Cao", "Trung bình")


@frozen
class Way:
    """The choices of one document."""

    columns: tuple[str, ...]
    heads: dict[str, str]
    head_rows: int = 1
    """One row, two rows with a common heading over lead and support, or three."""
    numbering: str = ""
    """`(1)`, `1` or `A`; empty: none."""
    sections: str = "merged"
    """`merged`, `beside` (number apart), `plain`, `paragraph` (a table each), `none`."""
    section_form: str = "{0}. {1}"
    parts: str = "parent"
    """How tasks of several parts stand: `parent` row, `tall` (number and task merged over them), `details` (parent
    row whose lead and deadline reach down)."""
    part_number: str = "{0}.{1}"
    number_form: str = "{0}"
    tall_cells: bool = False
    """Equal products, leads and days under one another are one merged cell."""
    repeated: int = 0
    """Headings again after so many rows."""
    apart: bool = False
    """The headings are a table of their own."""
    size: int = 11
    page: tuple[int, int] = (297, 210)
    borders: str = "all"
    """`all`, `rows` (horizontal rules only) or `none`."""
    split_rows: bool = True
    noise: bool = False
    auto_numbers: bool = False
    front: bool = True
    others: bool = False
    """Tables of another kind stand before and after."""
    ragged: bool = False
    """Borders dragged by hand: every row has its own by some tenths of a millimetre, some by more."""
    inline: bool = False
    """No column of numbers: they stand before the text of the task."""


@frozen
class Place:
    """A cell as drawn."""

    text: str
    span: int = 1
    tall: str = ""
    """`top` begins a vertical merge, `more` goes on with it."""
    field: str = ""


@define
class Drawn:
    """The body rows and what a person reads in them."""

    rows: list[list[Place]] = field(factory=list)
    kinds: list[str] = field(factory=list)
    tasks: list[Task] = field(factory=list)
    sections: list[Section] = field(factory=list)


def wild_plan(rng: random.Random, count: int | None = None) -> Plan:
    """A plan of 10 to 150 rows in the words of another office."""
    agency = rng.choice(list(_OFFICES))
    count = count or rng.choice((10, 12, 18, 26, 32, 45, 53, 80, 110, 150))
    many = rng.randint(2, 6)
    has = {"subtask": rng.random() < 0.3, "kpi": rng.random() < 0.4, "note": rng.random() < 0.4, "parts": rng.random() < 0.6,
           "support": rng.random() < 0.85, "deliverable": rng.random() < 0.9}  # fmt: skip
    sections = [Section(roman(index + 1), _SECTIONS[(index * 3 + many) % len(_SECTIONS)]) for index in range(many)]
    restart, number = rng.random() < 0.5, 0
    tasks: list[Task] = []
    for index, section in enumerate(sections):
        number = 0 if restart else number
        until = count * (index + 1) // many
        while len(tasks) < until:
            number += 1
            parts = rng.choice((1, 1, 1, 2, 3, 4)) if has["parts"] else 1
            tasks += _group(rng, agency, section.number, number, parts, has)
    groups, indicators = _indicators(rng, agency) if rng.random() < 0.3 else ((), ())
    return understand(
        Plan(Properties("mau", "Mẫu", 2026), (Unit("A", "A"),), (), tuple(sections), tuple(tasks), groups, indicators)
    )


def _group(rng: random.Random, agency: str, section: str, number: int, parts: int, has: dict[str, bool]) -> list[Task]:  # noqa: PLR0917
    work = _work(rng)
    same = {"lead": rng.choice(_OFFICES[agency]), "deadline": rng.choice(_DEADLINES), "support": rng.choice(_SUPPORTS)}
    found = []
    for part in range(1, parts + 1):
        keep = rng.random() < 0.5
        found.append(
            Task("", section, str(number), str(part) if parts > 1 else None, work,
                 _work(rng) if has["subtask"] or parts > 1 else "", rng.choice(_PRODUCTS) if has["deliverable"] else "",
                 rng.choice(_KPIS) if has["kpi"] else "", same["lead"] if keep else rng.choice(_OFFICES[agency]),
                 (same["support"] if keep else rng.choice(_SUPPORTS)) if has["support"] else "",
                 Deadline(same["deadline"] if keep else rng.choice(_DEADLINES)), rng.choice(_NOTES) if has["note"] else "")
        )  # fmt: skip
    return found


def _work(rng: random.Random) -> str:
    return f"{rng.choice(_VERBS)} {rng.choice(_THINGS)}{rng.choice(_TAILS)}" + (
        rng.choice(_LISTS) if rng.random() < 0.08 else ""
    )


def _indicators(rng: random.Random, agency: str) -> tuple[tuple[Section, ...], tuple[Indicator, ...]]:
    groups = (Section("I", "Chỉ tiêu về hạ tầng số"), Section("II", "Chỉ tiêu về dữ liệu số"))
    items = [
        Indicator("", group.number, str(number), f"Tỷ lệ {rng.choice(_THINGS)}", rng.choice(("%", "Dịch vụ", "Thứ bậc", "Doanh nghiệp", "% GDP")),
                  Target(rng.choice(("100%", "≥ 80", "98%", "Đạt", "02", "≤ 3 Đông Nam Á; ≤ 50 thế giới"))), rng.choice(_OFFICES[agency]))
        for group in groups for number in range(1, rng.randint(3, 9))
    ]  # fmt: skip
    return groups, tuple(items)


def way_of(plan: Plan, rng: random.Random) -> Way:
    """Choices that fit the plan."""
    used = [
        name
        for name in ("deliverable", "kpi", "lead", "support", "deadline", "note")
        if any(_text(task, name) for task in plan.tasks)
    ]
    if rng.random() < 0.4:
        rng.shuffle(used)
    parted = any(task.subnumber for task in plan.tasks)
    two = any(task.subtask and not task.subnumber for task in plan.tasks)
    columns = ["number", "task", *(["subtask"] if two else []), *used]
    if rng.random() < 0.25:
        columns.insert(rng.randint(len(columns) - 1, len(columns)), "extra")
    parts = "tall" if two else rng.choice(("parent", "details", "parent")) if parted else ""
    auto = not parts and rng.random() < 0.3
    sections = rng.choice(("merged", "beside", "plain", "merged", "paragraph", "plain"))
    inline = parts in ("", "tall") and not auto and rng.random() < 0.15
    if inline:
        columns.remove("number")
        sections = "merged" if sections in ("beside", "plain") else sections
    tall = rng.random() < 0.4
    ragged = rng.random() < 0.4 and not tall and parts in ("", "parent")
    return Way(
        tuple(columns), {name: rng.choice(HEADS[name]) for name in columns}, rng.choice((1, 1, 2)), rng.choice(("", "", "(1)", "1", "A")),
        sections, rng.choice(("{0}. {1}", "{0}. {1}", "{0}/ {1}", "{0} - {1}", "{0}. {1}", "Mục {0}. {1}")), parts,
        rng.choice(("{0}.{1}", "{0}.{1}", "{0}.{1}.", "{2})", "{2}", "-")), "{0}" if auto or inline else rng.choice(("{0}", "{0}", "{0}.", "0{0}")),
        tall, rng.choice((0, 0, 0, 9)), rng.random() < 0.1, rng.choice((9, 10, 11, 12, 13)),
        rng.choice(((297, 210), (297, 210), (210, 297), (420, 297))), "all", rng.random() < 0.7, rng.random() < 0.5,
        auto, rng.random() < 0.8, rng.random() < 0.5, ragged, inline,
    )  # fmt: skip


def drawn(plan: Plan, way: Way) -> Drawn:
    """The rows of the table, and the plan as it is to be read from them."""
    out = Drawn(sections=[] if way.sections == "none" else list(plan.sections))
    section = None
    index = 0
    while index < len(plan.tasks):
        task = plan.tasks[index]
        if task.section != section and way.sections != "none":
            section = task.section
            title = next(item.title for item in plan.sections if item.number == section)
            _section_row(out, way, section, title)
        group = [item for item in plan.tasks[index:] if (item.section, item.number) == (task.section, task.number)]
        _group_rows(out, way, group)
        index += len(group)
    if way.tall_cells:
        _merge_down(out, way)
    out.sections = [item for item in out.sections if any(task.section == item.number for task in out.tasks)]
    return out


def _section_row(out: Drawn, way: Way, number: str, title: str) -> None:
    width = len(way.columns)
    if way.sections in ("merged", "paragraph"):
        row = [Place(way.section_form.format(number, title), width)]
    elif way.sections == "beside":
        row = [Place(number), Place(title, width - 1)]
    else:
        row = [Place(number), Place(title), *[Place("") for _ in range(width - 2)]]
    out.rows.append(row)
    out.kinds.append("section")


def _group_rows(out: Drawn, way: Way, group: list[Task]) -> None:
    many = len(group) > 1
    first = attrs.evolve(group[0], subnumber=None) if not many else group[0]
    shared = way.parts == "details" and many
    if many and way.parts != "tall":
        details = {name: Place(_text(first, name), 1, "top", name) for name in ("lead", "deadline")} if shared else {}
        out.rows.append([_head_cell(way, name, first, details) for name in way.columns])
        out.kinds.append("parent")
    for part, task in enumerate(group, 1):
        row, read = [], task if not shared else attrs.evolve(task, lead=first.lead, deadline=first.deadline)
        letter = chr(ord("a") + part - 1)
        mark = way.part_number.format(task.number, part, letter) if many and way.parts != "tall" else ""
        number = mark or way.number_form.format(task.number)
        for name in way.columns:
            if name == "number":
                tall = _tall(many and way.parts == "tall", part)
                row.append(Place("" if tall == "more" else number, 1, tall))
            elif name == "task" and way.parts == "tall":
                shown = f"{number}. {task.task}" if way.inline else task.task
                row.append(Place("" if many and part > 1 else shown, 1, _tall(many, part)))
            elif name == "task":
                shown = task.subtask if many else task.task
                row.append(Place(f"{number}. {shown}" if way.inline else shown))
            elif shared and name in ("lead", "deadline"):
                row.append(Place("", 1, "more", name))
            else:
                row.append(
                    Place(
                        _EXTRAS[(part + len(task.task)) % len(_EXTRAS)] if name == "extra" else _text(task, name),
                        1,
                        "",
                        name,
                    )
                )
        out.rows.append(row)
        out.kinds.append("task")
        shown = way.number_form.format(task.number).strip(".")
        out.tasks.append(attrs.evolve(read, number=shown, subnumber=mark.strip(".)") if mark and mark != "-" else None))


def _head_cell(way: Way, name: str, task: Task, details: dict[str, Place]) -> Place:
    if name == "number":
        return Place(way.number_form.format(task.number))
    return Place(task.task) if name == "task" else details.get(name, Place(""))


def _tall(merged: bool, part: int) -> str:
    return ("top" if part == 1 else "more") if merged else ""


def _merge_down(out: Drawn, way: Way) -> None:
    """Equal texts under one another made one merged cell."""
    for col, name in enumerate(way.columns):
        if name not in ("deliverable", "lead", "support", "deadline"):
            continue
        for index in range(1, len(out.rows)):
            if out.kinds[index] != "task" or out.kinds[index - 1] != "task":
                continue
            above, cell = out.rows[index - 1][col], out.rows[index][col]
            if cell.text and not cell.tall and _full_text(out, index - 1, col) == cell.text:
                if not above.tall:
                    out.rows[index - 1][col] = attrs.evolve(above, tall="top")
                out.rows[index][col] = attrs.evolve(cell, text="", tall="more")


def _full_text(out: Drawn, index: int, col: int) -> str:
    while out.rows[index][col].tall == "more":
        index -= 1
    return out.rows[index][col].text


def head_rows(way: Way) -> list[list[Place]]:
    """The headings, with their numbering row."""
    pair = [index for index, name in enumerate(way.columns) if name in ("lead", "support")]
    rows: list[list[Place]] = []
    if way.head_rows == 2 and len(pair) == 2 and pair[1] == pair[0] + 1:
        first, second = [], []
        for index, name in enumerate(way.columns):
            if index == pair[0]:
                first.append(Place("Phân công thực hiện", 2))
            elif index != pair[1]:
                first.append(Place(way.heads[name], 1, "top"))
            second.append(Place("Chủ trì" if name == "lead" else "Phối hợp") if index in pair else Place("", 1, "more"))
        rows += [first, second]
    else:
        rows.append([Place(way.heads[name]) for name in way.columns])
    if way.numbering:
        forms = {"(1)": "({0})", "1": "{0}", "A": "{0}"}[way.numbering]
        marks: list[Any] = (
            [*range(1, len(way.columns) + 1)] if way.numbering != "A" else ["A", "B", *range(1, len(way.columns) - 1)]
        )
        rows.append([Place(forms.format(mark)) for mark in marks])
    return rows


def _text(task: Task, name: str) -> str:
    return task.deadline.text if name == "deadline" else str(getattr(task, name, "") or "")
