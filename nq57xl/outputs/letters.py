"""Letters to those who sent something, and forms to send: what came, what became of it; text, page and mail draft."""

from __future__ import annotations

import re
import unicodedata
from base64 import encodebytes
from collections.abc import Sequence
from email.header import Header
from email.headerregistry import Address
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import frozen

from nq57xl.forms.build import text_about
from nq57xl.forms.model import Form
from nq57xl.forms.wording import data_window, day_in_words, deadline_in_words, form_file_name, plan_name
from nq57xl.plan.model import Period, Plan
from nq57xl.resources import fill
from nq57xl.results.standing import FiledReturn
from nq57xl.results.wording import BASES
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import REMARKED, Finding, Point, to_answer
from nq57xl.text.clock import moment_words
from nq57xl.text.legacy import one_line

_ATOM = r"[\w!#$%&'*+=?^`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@[A-Z0-9-]+(?:\.[A-Z0-9-]+)+", re.ASCII | re.IGNORECASE)
_BETWEEN_ADDRESSES = re.compile(r"[;,:/<>()\n]")
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
    head = ["X-Unsent: 1"]  # folded here, because EmailMessage loses blanks where it folds Vietnamese words
    if to:
        people = (f"{_encoded(item.display_name)} <{item.addr_spec}>".strip() for item in to)
        head.append(f"To: {f',{_FOLD}'.join(people)}")
    head.append(f"Subject: {_encoded(subject)}")
    return "".join(f"{line}\r\n" for line in head).encode("ascii") + whole


def _part(kind: str, content: bytes, *more: str) -> bytes:
    """One body of a mail. Written here: `email.message` takes twenty times as long for the same bytes."""
    head = (f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", *more, "MIME-Version: 1.0", "", "")
    return "\r\n".join(head).encode("ascii") + encodebytes(content).replace(b"\n", b"\r\n")


def _parts(kind: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    head = f'MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'
    bodies = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode("ascii"), part) for part in parts)
    return head.encode("ascii") + bodies + f"--{boundary}--\r\n".encode("ascii")


def _encoded(text: str) -> str:
    """The text as encoded words of RFC 2047, each short enough for a line."""
    return Header(text, "utf-8", maxlinelen=_LINE).encode(linesep="\r\n") if text else ""


def addresses(text: str, name: str) -> tuple[Address, ...]:
    """The addresses in a cell of the appendix or a mail's head, each under that name; what is none is left out.

    Read here: `email.utils` goes too deep for brackets in brackets, and calls "a..b@x.vn" an address.
    """
    parts = (plain(part).split() for part in _BETWEEN_ADDRESSES.split(text))
    # a blank parts addresses from one another, not "lan nguyen@x.vn" into one
    found = dict.fromkeys(word for words in parts if all("@" in word for word in words) for word in words)
    return tuple(Address(display_name=name, addr_spec=item) for item in found if _ADDRESS.fullmatch(item))


def plain(text: str) -> str:
    """A text from outside on one line: no control characters, no signs that turn the direction of reading."""
    if text.isprintable():
        return one_line(text)
    text = text.encode("utf-8", "replace").decode("utf-8")
    return one_line("".join(" " if unicodedata.category(letter) in ("Cc", "Cf", "Cs") else letter for letter in text))


_FIRST = 5
"""Points that a letter names: the marked form has them all."""


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
    points = to_answer(findings or item.record.judged.findings)
    letter = _letter_of(item, plan, period, points) | {
        "form_code": form_code,
        "marked": marked[0] if marked else "",
        "remarks": [*map(plain, remarks)],
    }
    names = ("tieu-de.txt", f"{letter['template']}.txt", f"{letter['template']}.html")
    subject, text, page = (fill(f"notices/{name}.j2", {"letter": letter}, workspace) for name in names)
    draft = mail_draft(letter["to"], plain(one_line(subject)), (text, page), marked, mark=letter["fingerprint"])
    return {".txt": text.replace("\n", "\r\n").encode(), ".html": page.encode(), ".eml": draft}


def _letter_of(item: FiledReturn, plan: Plan, period: Period, points: Sequence[Point]) -> dict[str, Any]:
    """What one letter says, as the templates of templates/notices/ see it under `letter`."""
    record, source, unit = item.record, item.record.judged.source, item.unit
    code = unit.code if unit else ""
    # the unit's own address first: a sender's can be anybody's, and a verdict is the unit's affair
    own = addresses(unit.email, plain(unit.name)) if unit else ()
    amended = [found for found in record.judged.findings if found.code in ("PLAN_ROWS_NEW", "PLAN_ROWS_DROPPED")]
    return {
        "name": letter_name(item, period.code),
        "template": "thong-bao" if item.newest else "bien-nhan",
        "fate": item.fate,
        "unit": plain(unit.name if unit else ""),  # "" for a file that is nobody's form
        "code": code,
        "own": bool(code) and code == plan.properties.gatherer,  # a note to the gathering unit itself, no letter
        "sender": plain(source.sender),
        "to": own or addresses(source.sender, "")[-1:],
        "plan": plain(plan_name(plan.properties.title)),
        "period": period.title,
        "window": data_window(period),
        "due": day_in_words(period.due),
        "deadline": deadline_in_words(period.due),
        "file": plain(source.name),
        "fingerprint": source.sha256[:8],  # by which the office finds the file
        "received": moment_words(source.received_at),
        "basis": BASES[source.received_basis],
        "days_late": max(0, (source.received_at.date() - period.due).days),
        "errors": item.count("error"),
        "warnings": sum(found.asks and found.severity == "warning" for found in record.judged.findings),
        "repaired": item.count("repaired"),
        "points": [*map(_point_words, points[:_FIRST])],
        "rest": sum(point.count for point in points[_FIRST:]),
        "used": _other(unit.counting if unit else None, record),
        "newest": _other(unit.newest if unit else None, record),
        # what became of the form's rows in the plan since it was issued
        "amended": [plain(f"{found.message} {found.fix}".strip()) for found in amended],
        "excluded": plain(record.excluded),
        "form_name": form_file_name(period.code, code or "…"),
        **gatherer_words(plan),
    }


def letter_name(item: FiledReturn, period: str) -> str:
    """File name of the letter, without suffix: by unit for the newest return, by content for every other file."""
    if item.newest and item.unit is not None:
        return form_file_name(period, item.unit.code, "")
    unit = f"-{item.unit.code}" if item.unit else ""
    return f"bien-nhan-{item.record.judged.source.sha256[:8]}{unit}"


def _point_words(point: Point) -> dict[str, Any]:
    """One point of a letter; its place is "Trang «1. Kết quả», ô G8", "" where the point is about the file."""
    first, error = point.first, point.severity == "error"
    sheet = f"Trang «{plain(first.sheet)}»" if first.sheet else ""
    cell = f"ô {plain(first.cell)}" if first.cell and point.count == 1 else ""
    return {
        "error": error,
        "level": "phải sửa" if error else "ý kiến" if first.code == REMARKED else "nên xem lại",
        "place": ", ".join(filter(None, (sheet, cell))),
        "text": plain(point.text),
        "fix": plain(point.fix),
    }


def _other(record: ReturnRecord | None, than: ReturnRecord) -> str:
    """When another return was received; "" when there is none but this one."""
    return moment_words(record.judged.source.received_at) if record is not None and record.id != than.id else ""


def gatherer_words(plan: Plan) -> dict[str, str]:
    """Name and addresses of the gathering unit, as templates call them."""
    unit = next((unit for unit in plan.units if unit.code == plan.properties.gatherer), None)
    emails = ", ".join(item.addr_spec for item in addresses(unit.email, "")) if unit else ""
    return {"gatherer": plain(unit.name if unit else "") or "đơn vị tổng hợp", "gatherer_email": emails}


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
