"""bao-cao.docx: the report to the People's Committee by Decree 30/2020/NĐ-CP, filled into a template of the office."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from nq57xl import resources
from nq57xl.errors import Nq57Error
from nq57xl.records.consolidation import Consolidation
from nq57xl.report import document_results, document_review
from nq57xl.report.consolidate import COLLECTIVE_RULE
from nq57xl.report.document_tables import counts_table, indicator_rows, task_rows
from nq57xl.report.document_words import BLANK_DAY, in_full, report_number, several
from nq57xl.report.figures import figures
from nq57xl.report.wording import report_title

TEMPLATE = "bao-cao.docx"
_DATE = (2026, 1, 1, 0, 0, 0)
"""Time of every part of the file: the same ledger gives the same bytes."""
_UNPRINTABLE = re.compile(
    "[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""What XML cannot hold, and signs that turn the direction of reading."""


def render_document(c: Consolidation, workspace: Path | None = None) -> bytes:
    """The document as .docx. The same consolidation and template give the same bytes.

    Texts from outside are values, never templates: nothing in them is run. `workspace` is where an office keeps its
    own template (templates/bao-cao.docx). Raises Nq57Error when that one cannot be read or names something unknown.
    """
    from docx.opc.exceptions import PackageNotFoundError
    from docxtpl import DocxTemplate
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    path = resources.find("templates", TEMPLATE, workspace)
    written = io.BytesIO()
    try:
        template = DocxTemplate(path)
        template.render(_safe(context(c)), SandboxedEnvironment(undefined=StrictUndefined), autoescape=True)
        _fit_columns(template.docx)
        template.save(written)
    except (TemplateError, PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Nq57Error(
            f"Mẫu templates/{TEMPLATE} sai: {error}. Hãy sửa lại mẫu hoặc xóa để dùng mẫu có sẵn."
        ) from error
    return repacked(written.getvalue())


def context(c: Consolidation) -> dict[str, Any]:
    """Everything that the template may name (docs/van-phong.md)."""
    f = figures(c)
    parent, agency, recipient, place = c.letterhead
    signatory = c.plan.properties.signatory
    return {
        "parent": parent.upper(),
        "agency": agency.upper(),
        "agency_name": agency,
        "number": report_number(c),
        "place": place,
        "day": f"ngày      tháng      năm {c.period.report_due.year}",
        "title": f"{report_title(c)}, {c.period.title}",
        "recipients": [in_full(name.strip()) for name in recipient.split(";") if name.strip()],
        "gaps": document_results.gaps(c, f),
        "basis": document_results.basis(c),
        "steering": document_results.steering(c, f),
        "overall": document_results.overall(c, f),
        "counts": counts_table(c, f),
        "sections": tuple(document_results.by_section(c, f)),
        "indicators": document_results.indicators(c, f),
        "highlights": document_review.highlights(c),
        "shortcomings": document_review.shortcomings(c),
        "causes": document_review.causes(c),
        "next_period": document_review.next_period(c),
        "proposals": document_review.proposals(c),
        "closing": _closing(c),
        "signature": signatory,
        "copies": _copies(c),
        "attached": f"Kèm theo Báo cáo số {report_number(c)} {BLANK_DAY} của {agency}",
        "period": c.period.title,
        "task_rows": task_rows(c),
        "task_note": f"Ghi chú: {COLLECTIVE_RULE}" if any(several(row) for row in c.tasks) else "",
        "indicator_rows": indicator_rows(c),
    }


def _closing(c: Consolidation) -> str:
    """The last sentence, without the "./." of the template."""
    _, agency, recipient, _ = c.letterhead
    reader = f", kính báo cáo {in_full(recipient)}" if recipient else ""
    return f"Trên đây là kết quả thực hiện Kế hoạch {c.period.title} của {agency}{reader}"


def _copies(c: Consolidation) -> list[str]:
    """Nơi nhận: the recipient, whoever gathers above (both plans name it), the office's own people, the files."""
    gatherer = c.plan.properties.gatherer
    above = [unit.name for unit in c.plan.units if unit.external and unit.name.startswith("Sở Khoa học và Công nghệ")]
    lines = ["Như trên", *(f"{name} (tổng hợp)" for name in above), "Lãnh đạo cơ quan", "Các phòng, đơn vị"]
    return [*(f"- {line};" for line in lines), f"- Lưu: VT{', ' + gatherer if gatherer else ''}."]


def _safe(value: Any) -> Any:  # noqa: ANN401 - any part of the context
    """The value with every text escaped for XML; braces, too, so that no text can look like a template."""
    from markupsafe import Markup, escape

    if isinstance(value, str):
        text = _UNPRINTABLE.sub("", value).replace("\t", " ")
        return Markup(str(escape(text)).replace("{", "&#123;").replace("}", "&#125;"))
    if isinstance(value, Mapping):
        return {key: _safe(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_safe(item) for item in value]
    if attrs.has(type(value)):
        return attrs.evolve(
            value, **{item.name: _safe(getattr(value, item.name)) for item in attrs.fields(type(value))}
        )
    return value


def _fit_columns(docx: Any) -> None:  # noqa: ANN401 - python-docx has no types
    """Columns as wide as the cells of the first row ask for: docxtpl makes all of them equal where it adds some."""
    from docx.oxml.ns import qn

    for table in docx.tables:
        grid = table._tbl.tblGrid.findall(qn("w:gridCol"))
        asked = [int(cell._tc.width or 0) for cell in table.rows[0].cells]
        if len(grid) == len(asked) and all(asked):
            whole = sum(int(column.get(qn("w:w"))) for column in grid)
            for column, width in zip(grid, asked, strict=True):
                column.set(qn("w:w"), str(round(whole * width / sum(asked))))


def repacked(data: bytes) -> bytes:
    """The same parts in the same order with fixed times."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            fixed = zipfile.ZipInfo(item.filename, _DATE)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(fixed, source.read(item))
    return packed.getvalue()
