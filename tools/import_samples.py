"""Plan documents made from plans: what the importer is tested and measured on."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import field, frozen

from nq57xl.plan.model import Plan, Task

HEADS = {
    "number": ("STT", "TT", "Số TT", "Stt"),
    "task": ("Nhiệm vụ", "Mã Nhiệm vụ Tổng quát\n(1)", "Nội dung nhiệm vụ", "NHIỆM VỤ/CÔNG VIỆC", "Tên nhiệm vụ"),
    "subtask": ("Tiểu nhiệm vụ\n(Rõ việc)", "Tiểu Nhiệm vụ (Con) (Rõ Việc)", "Nhiệm vụ cụ thể", "Công việc cụ thể"),
    "deliverable": ("Sản phẩm", "Sản phẩm đầu ra bắt buộc (Rõ kết quả)", "Kết quả/Sản phẩm", "Kết quả yêu cầu"),
    "kpi": ("KPI Đo lường\nHiệu quả\n(Định lượng)", "Kết quả cần đạt (Định lượng)", "Chỉ tiêu liên quan"),
    "lead": ("Đơn vị chủ trì (Rõ người)", "Cơ quan chủ trì", "Chủ trì", "Phòng, đơn vị chủ trì", "Đơn vị thực hiện"),
    "support": ("Đơn vị phối hợp", "Cơ quan phối hợp", "Phối hợp"),
    "deadline": ("Thời hạn Hoàn thành (Rõ Thời gian)", "Thời gian thực hiện", "Thời hạn", "Tiến độ", "Hạn hoàn thành"),
    "note": ("Ghi chú", "Ghi Chú"),
}


@frozen
class Look:
    """How a document of a plan is laid out."""

    columns: tuple[str, ...]
    """Fields in order of the columns; without `number` the numbers stand in the text of the task."""
    heads: int = 0
    """Which of the synonyms."""
    numbering: bool = False
    """A row (1) (2) (3) under the headings."""
    two_level: bool = False
    """Lead and support under one heading."""
    sections: str = "merged"
    """`merged`: one wide cell; `plain`: number and title in their own columns."""
    repeat: bool = True
    """Heading row repeated on each page by the program."""
    font: int = 10
    center: bool = False
    preface: tuple[str, ...] = field(default=())
    """Paragraphs before the table."""
    after: tuple[str, ...] = field(default=())


def look_of(plan: Plan, **changes: Any) -> Look:  # noqa: ANN401 - fields of Look
    """A look with the columns that the plan needs."""
    used = ["number", "task"]
    for name in ("subtask", "deliverable", "kpi", "lead", "support", "deadline", "note"):
        if any(text_of(task, name) for task in plan.tasks):
            used.append(name)
    return Look(**{"columns": tuple(used), **changes})


def text_of(task: Task, name: str) -> str:
    """The text of a field as printed."""
    if name == "deadline":
        return task.deadline.text
    return str(getattr(task, name) or "")


def body_rows(plan: Plan, look: Look) -> list[tuple[str, list[str]]]:
    """(kind, texts): `section` rows have number and title, `task` rows a text for each column."""
    rows: list[tuple[str, list[str]]] = []
    section, before = None, None
    titles = {item.number: item.title for item in plan.sections}
    for task in plan.tasks:
        if task.section != section:
            section = task.section
            if section:
                rows.append(("section", [section, titles.get(section, "")]))
        again = before is not None and before.number == task.number and before.section == task.section
        texts = []
        for name in look.columns:
            text = text_of(task, name)
            if name == "task" and "number" not in look.columns:
                text = f"{task.number}. {text}"
            if name == "subtask" and task.subnumber:
                text = f"{task.subnumber} {text}"
            texts.append(text)
        rows.append(("again" if again else "task", texts))
        before = task
    return rows


def docx_of(plan: Plan, look: Look) -> bytes:
    """A Word document with the plan's text and its appendix."""
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm, Pt

    document = docx.Document()
    page = document.sections[0]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21)
    page.left_margin = page.right_margin = Cm(2)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(look.font)
    for text in look.preface:
        document.add_paragraph(text)
    _task_table(document, plan, look)
    if plan.indicators:
        document.add_paragraph("Chỉ tiêu")
        _indicator_table(document, plan)
    for text in look.after:
        document.add_paragraph(text)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _task_table(document: Any, plan: Plan, look: Look) -> None:  # noqa: ANN401 - python-docx
    columns = look.columns
    heads = [HEADS[name][look.heads % len(HEADS[name])] for name in columns]
    rows = body_rows(plan, look)
    top = (2 if look.two_level else 1) + look.numbering
    table = document.add_table(rows=top + len(rows), cols=len(columns))
    table.style = "Table Grid"
    cells = table._cells  # the public way is quadratic
    width = len(columns)
    _head_rows(cells, heads, columns, look)
    if look.repeat:
        for row in range(top):
            _repeat(table.rows[row])
    for index, (kind, texts) in enumerate(rows, top):
        line = cells[index * width : (index + 1) * width]
        if kind == "section" and look.sections == "merged":
            line[0].merge(line[-1]).text = f"{texts[0]}. {texts[1]}"
        elif kind == "section":
            line[0].text, line[1].text = texts
        else:
            for col, (name, text) in enumerate(zip(columns, texts, strict=True)):
                if kind == "again" and name in ("number", "task"):
                    above = cells[(index - 1) * width + col]
                    above.merge(line[col])
                else:
                    line[col].text = text
    if look.center:
        _center(cells)


def _head_rows(cells: Sequence[Any], heads: list[str], columns: tuple[str, ...], look: Look) -> None:
    width = len(columns)
    pair = [index for index, name in enumerate(columns) if name in ("lead", "support")]
    for col, text in enumerate(heads):
        if look.two_level and len(pair) == 2 and col in pair:
            cells[width + col].text = "Chủ trì" if col == pair[0] else "Phối hợp"
        elif look.two_level:
            cells[col].merge(cells[width + col]).text = text
        else:
            cells[col].text = text
    if look.two_level and len(pair) == 2:
        cells[pair[0]].merge(cells[pair[1]]).text = "Đơn vị thực hiện"
    if look.numbering:
        row = 2 if look.two_level else 1
        for col in range(width):
            cells[row * width + col].text = f"({col + 1})"


def _center(cells: Sequence[Any]) -> None:
    from docx.enum.table import WD_ALIGN_VERTICAL

    for cell in cells:
        cell.vertical_alignment = WD_ALIGN_VERTICAL.CENTER


def _repeat(row: Any) -> None:  # noqa: ANN401 - python-docx
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _indicator_table(document: Any, plan: Plan) -> None:  # noqa: ANN401 - python-docx
    heads = ("STT", "Nội dung chỉ tiêu phấn đấu đạt được đến cuối năm 2026", "Đơn vị tính/đo lường", "Kết quả",
             "Đơn vị chủ trì theo dõi, đánh giá")  # fmt: skip
    rows: list[list[str]] = []
    group = None
    titles = {item.number: item.title for item in plan.indicator_groups}
    for item in plan.indicators:
        if item.group != group:
            group = item.group
            rows.append([group, titles.get(group, ""), "", "", ""])
        rows.append([item.number, item.indicator, item.unit, item.target.text, item.lead])
    table = document.add_table(rows=1 + len(rows), cols=5)
    table.style = "Table Grid"
    cells = table._cells
    for index, texts in enumerate([list(heads), *rows]):
        for col, text in enumerate(texts):
            cells[index * 5 + col].text = text


def pdf_of(files: Sequence[Path], folder: Path) -> list[Path]:
    """The same documents as PDF, through LibreOffice, in one run."""
    folder.mkdir(parents=True, exist_ok=True)
    profile = (folder / "profile").resolve().as_uri()
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation={profile}", "--convert-to", "pdf", "--outdir", str(folder),
         *map(str, files)],
        check=True, capture_output=True, timeout=900,
    )  # fmt: skip
    return [folder / f"{path.stem}.pdf" for path in files]


def xlsx_of(plan: Plan, look: Look) -> bytes:
    """A workbook as an office would type the appendix."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "Phụ lục"
    for text in look.preface:
        sheet.append([text])
    sheet.append([HEADS[name][look.heads % len(HEADS[name])] for name in look.columns])
    if look.numbering:
        sheet.append([f"({index})" for index in range(1, len(look.columns) + 1)])
    for kind, texts in body_rows(plan, look):
        row = sheet.max_row + 1
        if kind == "section" and look.sections == "merged":
            sheet.cell(row, 1, f"{texts[0]}. {texts[1]}")
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(look.columns))
            continue
        for col, (name, text) in enumerate(zip(look.columns, texts, strict=False), 1):
            if kind == "again" and name in ("number", "task"):
                sheet.merge_cells(start_row=row - 1, end_row=row, start_column=col, end_column=col)
            elif name == "number" and text.isdigit():
                sheet.cell(row, col, int(text))
            else:
                sheet.cell(row, col, text or None)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
