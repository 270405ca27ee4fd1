"""The notice after the due day by Decree 30/2020/NĐ-CP: a thông báo inside an office, a công văn between agencies."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nq57xl import resources
from nq57xl.errors import Nq57Error
from nq57xl.forms.wording import data_window, day_in_words, plan_name
from nq57xl.outputs.mail_draft import plain
from nq57xl.outputs.reminders import OWES, OwingUnit
from nq57xl.plan.model import Period, Plan, name_on
from nq57xl.text.legacy import bare
from nq57xl.xlsx.package import repacked

TEMPLATE = "thong-bao-nhac.docx"
NOTICE_FILE = "thong-bao-nhac.docx"
_AGENCIES = (
    "so ",
    "ubnd",
    "uy ban",
    "ban quan ly",
    "cong an",
    "bo chi huy",
    "xa ",
    "phuong ",
    "thanh tra tinh",
    "ban dan",
)
"""How names of agencies begin, without accents; other units are parts of one office."""
_BLANK_NUMBER = "        "


def between_agencies(names: Sequence[str]) -> bool:
    """The units are agencies of their own, most of them: they get a công văn, not the office's own thông báo."""
    agencies = sum(bare(name).startswith(_AGENCIES) for name in names)
    return bool(names) and agencies * 2 > len(names)


def render_notice(
    plan: Plan, period: Period, today: dt.date, counts: tuple[int, int], units: Sequence[OwingUnit], *, workspace: Path
) -> bytes:
    """The notice as .docx; `counts`: units that have reported, and all. The same arguments give the same bytes.

    Number and day are left blank. Raises Nq57Error where the office's own template is wrong.
    """
    from docx.opc.exceptions import PackageNotFoundError
    from docxtpl import DocxTemplate
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    path, written = resources.find("templates", TEMPLATE, workspace), io.BytesIO()
    try:
        template = DocxTemplate(path)
        words = _words(plan, period, today, counts, units)
        template.render(words, SandboxedEnvironment(undefined=StrictUndefined), autoescape=True)
        template.save(written)
    except (TemplateError, PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise Nq57Error(
            f"Mẫu templates/{TEMPLATE} sai: {error}. Hãy sửa lại mẫu hoặc xóa để dùng mẫu có sẵn."
        ) from error
    return repacked(written.getvalue())


def _words(
    plan: Plan, period: Period, today: dt.date, counts: tuple[int, int], units: Sequence[OwingUnit]
) -> dict[str, Any]:
    own = plan.properties
    gatherer = next((plain(unit.name) for unit in plan.units if unit.code == own.gatherer), "đơn vị tổng hợp")
    agency, letters = plain(name_on(own.agency, today)), own.symbol.partition("-")[2]
    letter = between_agencies([unit.name for unit in plan.units if not unit.external])
    kind = f"/{letters}-{own.gatherer}" if letter else f"/TB-{letters}"
    accepted, total = counts
    return {
        "letter": letter,
        "parent": plain(name_on(own.parent, today)).upper(),
        "agency": agency.upper(),
        "place": plain(name_on(own.place, today)),
        "day": f"ngày      tháng      năm {today.year}",
        "number": f"{_BLANK_NUMBER}{kind.rstrip('-')}",
        "subject": f"gửi báo cáo {period.title} thực hiện {plain(plan_name(own.title))}",
        "recipients": [unit.name for unit in units],
        "opening": (
            f"Thời hạn các đơn vị gửi báo cáo {period.title} (số liệu {data_window(period)}) về {gatherer} là hết "
            f"{day_in_words(period.due)}. Đến {day_in_words(today)}, đã có báo cáo được chấp nhận của "
            f"{accepted}/{total} đơn vị; các đơn vị sau chưa hoàn thành:"
        ),
        "units": [{"name": unit.name, "owes": OWES[unit.owes]} for unit in units],
        "request": (
            f"{agency} đề nghị các đơn vị có tên trên khẩn trương hoàn thành và gửi báo cáo về {gatherer} trong "
            "thời gian sớm nhất"
        ),
        "signature": own.signatory,
        "copies": [
            "- Như trên;" if letter else "- Các đơn vị có tên trên;",
            "- Lãnh đạo cơ quan;",
            f"- Lưu: VT, {own.gatherer}.",
        ],
    }
