"""Letters to those who sent something, and forms to send: what came, what became of it; text, page and mail draft."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from base64 import encodebytes
from collections.abc import Iterator, Mapping, Sequence
from email.header import Header
from email.headerregistry import Address
from email.utils import getaddresses, parseaddr
from pathlib import Path
from urllib.parse import quote

from attrs import field, frozen

from nq57xl.forms.build import text_about
from nq57xl.forms.model import Form
from nq57xl.forms.styles import DECREE_PAGE, STYLES
from nq57xl.forms.wording import data_window, day_in_words, deadline_in_words, form_file_name, period_line, plan_name
from nq57xl.ledger.model import UnitStatus
from nq57xl.plan.model import Period, Plan
from nq57xl.resources import fill
from nq57xl.results.standing import FiledReturn
from nq57xl.results.wording import BASES
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import REMARKED, Finding, Point, to_answer
from nq57xl.text.clock import moment_words
from nq57xl.text.legacy import one_line
from nq57xl.xlsx.metrics import Text, row_height
from nq57xl.xlsx.write import Workbook, Worksheet

_ADDRESS = re.compile(r"[!-~]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_LINE, _FOLD = 60, "\r\n "
_XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def mail_draft(
    to: Sequence[Address], subject: str, bodies: Sequence[str], attached: tuple[str, bytes] | None, *, mark: str
) -> bytes:
    """A mail that mail programs open ready to send (X-Unsent).

    `bodies`: the text, and the same as a page where there is one; `attached`: name and content of a workbook; `mark`:
    what makes the boundaries, so that they never come from chance.
    """
    kinds = zip(("plain", "html"), bodies, strict=False)
    texts = [
        _part(f'text/{kind}; charset="utf-8"', "\r\n".join(text.split("\n")).encode("utf-8", "replace"))
        for kind, text in kinds
    ]
    whole = texts[0] if len(texts) == 1 else _parts("alternative", f"=_nq57-{mark}-hai-dang", texts)
    if attached is not None:
        name, content = attached
        said = f'filename="{name}"' if name.isascii() else f"filename*=utf-8''{quote(name)}"
        workbook = _part(f"application/{_XLSX}", content, f"Content-Disposition: attachment; {said}")
        whole = _parts("mixed", f"=_nq57-{mark}-kem-tep", [whole, workbook])
    return "".join(_head(to, subject)).encode("ascii") + whole


def _part(kind: str, content: bytes, *more: str) -> bytes:
    """One body of a mail. Written here: `email.message` takes twenty times as long for the same bytes."""
    head = (f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", *more, "MIME-Version: 1.0", "", "")
    return "\r\n".join(head).encode("ascii") + encodebytes(content).replace(b"\n", b"\r\n")


def _parts(kind: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    head = f'MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'
    bodies = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode("ascii"), part) for part in parts)
    return head.encode("ascii") + bodies + f"--{boundary}--\r\n".encode("ascii")


def _head(to: Sequence[Address], subject: str) -> Iterator[str]:
    """Lines of the mail's head; folded here, because EmailMessage loses blanks where it folds Vietnamese words."""
    yield "X-Unsent: 1\r\n"
    if to:
        people = (f"{_words(item.display_name)} <{item.addr_spec}>".strip() for item in to)
        yield f"To: {f',{_FOLD}'.join(people)}\r\n"
    yield f"Subject: {_words(subject)}\r\n"


def _words(text: str) -> str:
    """The text as encoded words of RFC 2047, each short enough for a line."""
    return Header(text, "utf-8", maxlinelen=_LINE).encode(linesep="\r\n") if text else ""


def addresses(text: str, name: str) -> tuple[Address, ...]:
    """The addresses in a cell of the appendix or a mail's head, each under that name; what is none is left out."""
    found = [address for _, address in getaddresses([plain(text).replace(";", ",")])]
    return tuple(Address(display_name=name, addr_spec=item) for item in found if _ADDRESS.fullmatch(item))


def plain(text: str) -> str:
    """A text from outside on one line: no control characters, no signs that turn the direction of reading."""
    if text.isprintable():
        return one_line(text)
    text = text.encode("utf-8", "replace").decode("utf-8")
    return one_line("".join(" " if unicodedata.category(letter) in ("Cc", "Cf", "Cs") else letter for letter in text))


_FIRST = 5
"""Points that a letter names: the marked form has them all."""


@frozen
class _Step:
    """One point of a letter."""

    error: bool
    """True: it must be put right; False: it should be looked at again."""
    level: str
    """The same in words: "phải sửa", "nên xem lại"."""
    place: str
    """"Trang «1. Kết quả», ô G8"; "" where the point is about the file."""
    text: str
    fix: str


@frozen
class _Letter:
    """What one letter says; the templates of templates/notices/ see it as `letter`."""

    name: str
    """File name without suffix: "NQ57_2026-04_VP", "bien-nhan-1a2b3c4d"."""
    template: str
    """"thong-bao" for a unit's newest return, "bien-nhan" for every other file."""
    fate: str
    unit: str
    """Name of the unit; "" for a file that is nobody's form."""
    code: str
    sender: str
    """Of the mail that brought the file, as shown; "" where it came otherwise."""
    to: tuple[Address, ...]
    """Addresses of the draft: the unit's own, else the sender's."""
    plan: str
    """"Kế hoạch triển khai ..."."""
    period: str
    """"tháng 4/2026"."""
    window: str
    """"từ 15/3 đến 14/4/2026"."""
    due: str
    """"ngày 17 tháng 4 năm 2026"."""
    deadline: str
    """"Chậm nhất thứ Sáu, ngày 17 tháng 4 năm 2026"."""
    file: str
    """Name of the file received."""
    fingerprint: str
    """First characters of its SHA-256, by which the office finds it."""
    form_code: str
    """Short id of the form; "" where there is none."""
    received: str
    """"08:05 ngày 17/04/2026"."""
    basis: str
    """How the time is known."""
    days_late: int
    errors: int
    warnings: int
    repaired: int
    points: tuple[_Step, ...] = field(factory=tuple)
    """The first few."""
    rest: int = 0
    """How many points more there are."""
    marked: str = ""
    """Name of the marked form that goes with the letter; "" for none."""
    used: str = ""
    """When the return that counts was received, where that is another one; "" for none."""
    newest: str = ""
    """When the unit's newest return was received, where that is another one; "" for none."""
    amended: tuple[str, ...] = field(factory=tuple)
    """What became of the form's rows in the plan since it was issued, with what to do."""
    excluded: str = ""
    """The office's reason for leaving the file out."""
    remarks: tuple[str, ...] = field(factory=tuple)
    """What the office itself has to say about the return, oldest first."""
    form_name: str = ""
    """Name of the form as issued; "NQ57_2026-04_….xlsx" where the unit is not known."""
    gatherer: str = ""
    gatherer_email: str = ""
    own: bool = False
    """It is about the gathering unit's own report: a note, no letter."""


def write_letter(
    item: FiledReturn,
    plan: Plan,
    period: Period,
    *,
    form_code: str = "",
    marked: tuple[str, bytes] | None = None,
    findings: Sequence[Finding] = (),
    remarks: Sequence[str] = (),
    workspace: Path | None = None,
) -> dict[str, bytes]:
    """The letter about one return by suffix of its file: text, page and draft of a mail.

    `marked`: name and content of the form that goes back, where one does; `findings`: what it marks, with the cells in
    that form; `remarks`: the office's own. The same arguments give the same bytes. Raises Nq57Error when a template of
    the workspace is wrong.
    """
    name = marked[0] if marked else ""
    letter = _letter_of(item, plan, period, form_code=form_code, marked=name, findings=findings, remarks=remarks)
    return _written(letter, marked, workspace)


def _written(letter: _Letter, marked: tuple[str, bytes] | None, workspace: Path | None) -> dict[str, bytes]:
    names = ("tieu-de.txt", f"{letter.template}.txt", f"{letter.template}.html")
    subject, text, page = (fill(f"notices/{name}.j2", {"letter": letter}, workspace) for name in names)
    draft = mail_draft(letter.to, plain(one_line(subject)), (text, page), marked, mark=letter.fingerprint)
    return {".txt": text.replace("\n", "\r\n").encode(), ".html": page.encode(), ".eml": draft}


def _letter_of(
    item: FiledReturn,
    plan: Plan,
    period: Period,
    *,
    form_code: str,
    marked: str,
    findings: Sequence[Finding],
    remarks: Sequence[str],
) -> _Letter:
    record, source = item.record, item.record.judged.source
    code = item.unit.code if item.unit else ""
    points = to_answer(findings or record.judged.findings)
    return _Letter(
        name=letter_name(item, period.code),
        template="thong-bao" if item.newest else "bien-nhan",
        fate=item.fate,
        unit=plain(item.unit.name if item.unit else ""),
        code=code,
        own=bool(code) and code == plan.properties.gatherer,
        sender=plain(source.sender),
        to=_recipients(item.unit, source.sender),
        plan=plain(plan_name(plan.properties.title)),
        period=period.title,
        window=data_window(period),
        due=day_in_words(period.due),
        deadline=deadline_in_words(period.due),
        file=plain(source.name),
        fingerprint=source.sha256[:8],
        form_code=form_code,
        received=moment_words(source.received_at),
        basis=BASES[source.received_basis],
        days_late=max(0, (source.received_at.date() - period.due).days),
        errors=item.count("error"),
        warnings=sum(found.asks and found.severity == "warning" for found in record.judged.findings),
        repaired=item.count("repaired"),
        points=tuple(_step(point) for point in points[:_FIRST]),
        rest=sum(point.count for point in points[_FIRST:]),
        marked=marked,
        used=_other(item.unit.counting if item.unit else None, record),
        newest=_other(item.unit.newest if item.unit else None, record),
        amended=tuple(_amended_rows(record)),
        excluded=plain(record.excluded),
        remarks=tuple(map(plain, remarks)),
        form_name=form_file_name(period.code, code or "…"),
        **gatherer_words(plan),
    )


def _amended_rows(record: ReturnRecord) -> Iterator[str]:
    """What became of the form's rows in the plan since it was issued."""
    for found in record.judged.findings:
        if found.code in ("PLAN_ROWS_NEW", "PLAN_ROWS_DROPPED"):
            yield plain(f"{found.message} {found.fix}".strip())


def letter_name(item: FiledReturn, period: str) -> str:
    """File name of the letter, without suffix: by unit for the newest return, by content for every other file."""
    if item.newest and item.unit is not None:
        return form_file_name(period, item.unit.code, "")
    unit = f"-{item.unit.code}" if item.unit else ""
    return f"bien-nhan-{item.record.judged.source.sha256[:8]}{unit}"


def _step(point: Point) -> _Step:
    first = point.first
    sheet = f"Trang «{plain(first.sheet)}»" if first.sheet else ""
    cell = f"ô {plain(first.cell)}" if first.cell and point.count == 1 else ""
    error = point.severity == "error"
    level = "phải sửa" if error else "ý kiến" if point.first.code == REMARKED else "nên xem lại"
    return _Step(error, level, ", ".join(part for part in (sheet, cell) if part), plain(point.text), plain(point.fix))


def _other(record: ReturnRecord | None, than: ReturnRecord) -> str:
    """When another return was received; "" when there is none but this one."""
    return moment_words(record.judged.source.received_at) if record is not None and record.id != than.id else ""


def _recipients(unit: UnitStatus | None, sender: str) -> tuple[Address, ...]:
    """The unit's own address first: a sender's can be anybody's, and a verdict is the unit's affair."""
    if unit is not None and (own := addresses(unit.email, plain(unit.name))):
        return own
    return addresses(parseaddr(sender)[1], "")


def gatherer_words(plan: Plan) -> dict[str, str]:
    """Name and addresses of the gathering unit, as templates call them."""
    unit = next((unit for unit in plan.units if unit.code == plan.properties.gatherer), None)
    emails = ", ".join(item.addr_spec for item in addresses(unit.email, "")) if unit else ""
    return {"gatherer": plain(unit.name if unit else "") or "đơn vị tổng hợp", "gatherer_email": emails}


SENDING_LIST = "danh-sach-gui.xlsx"
_SHEET = "Danh sách gửi"
_HEADS = ("TT", "Đơn vị", "Mã", "Tệp biểu mẫu", "Hạn gửi về", "Thư điện tử", "Tiêu đề thư", "Nội dung thư")
_WIDTHS, _CENTRED = (5.0, 18.0, 8.0, 22.0, 11.0, 19.0, 20.0, 52.0), (0, 2, 4)
_LAST = len(_WIDTHS) - 1


@frozen
class FormToSend:
    """One unit's form with what goes with it."""

    form: Form
    path: Path
    """Where it lies."""
    email: str
    """"" where the appendix has none."""
    text: str
    """Of the message."""

    @classmethod
    def of(cls, form: Form, path: Path, email: str, workspace: Path | None = None) -> FormToSend:
        """With the text of the message, whose template an office may have in its workspace."""
        return cls(form, path, email, text_about(form, "texts/thu-gui-bieu-mau.txt.j2", workspace).strip())

    @property
    def subject(self) -> str:
        """Subject of the message."""
        return f"Biểu mẫu báo cáo {self.form.period.title} - {self.form.unit_name}"

    def draft(self, content: bytes) -> bytes:
        """The mail to the unit with its form attached, a file that mail programs open to send (RFC 822, X-Unsent)."""
        to = addresses(self.email, plain(self.form.unit_name))
        return mail_draft(to, self.subject, (self.text,), (self.path.name, content), mark=self.form.short_id)


def render_sending_list(items: Sequence[FormToSend], drafts: Mapping[str, str] | None = None) -> bytes:
    """The workbook's bytes; `drafts`: where the mails stand, by unit code. The same arguments give the same bytes."""
    forms = [item.form for item in items]
    issued = max((form.issued_on for form in forms), default=dt.date(2026, 1, 1))
    with Workbook(_SHEET, STYLES, created=dt.datetime.combine(issued, dt.time(8))) as book:
        sheet = book.sheet(_SHEET)
        sheet.widths(_WIDTHS)
        head = _heading(sheet, forms)
        for number, (item, form) in enumerate(zip(items, forms, strict=True), start=1):
            draft = (drafts or {}).get(form.unit)
            texts = (
                str(number),
                form.unit_name,
                form.unit,
                item.path.name + (f"\nThư nháp: {draft}" if draft else ""),
                f"{form.period.due:%d/%m/%Y}",
                item.email or "(chưa có)",
                item.subject,
                item.text,
            )
            for column, text in enumerate(texts):
                sheet.text(head + number, column, text, "text_center" if column in _CENTRED else "text")
            measured = [Text(text, width, indent=1) for text, width in zip(texts, _WIDTHS, strict=True)]
            sheet.height(head + number, row_height(measured))
        sheet.page(DECREE_PAGE)
        sheet.print_area(0, 0, head + len(forms), _LAST)
        sheet.head(head, head + len(forms), (0, _LAST), 2)
    return book.content


def _heading(sheet: Worksheet, forms: Sequence[Form]) -> int:
    """Title and period; gives the row of the column heads."""
    lines = [("DANH SÁCH GỬI BIỂU MẪU BÁO CÁO", "heading")]
    if forms:
        due = deadline_in_words(forms[0].period.due)
        lines.append((f"{period_line(forms[0].period)}. Hạn gửi về: {due[0].lower()}{due[1:]}.", "subheading"))
        lines.append(("Mỗi đơn vị một tệp; chép tiêu đề, nội dung thư ở hai cột cuối khi gửi.", "note"))
    for row, (text, style) in enumerate(lines):
        sheet.across(row, 0, _LAST, text, style)
        sheet.height(row, 24.0)
    for column, text in enumerate(_HEADS):
        sheet.text(len(lines), column, text, "head")
    sheet.height(len(lines), 30.0)
    return len(lines)
