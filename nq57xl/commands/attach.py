"""attach: the signed copy that follows a return is filed with it; it is never read as data."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePath

from nq57xl.commands.office import Office
from nq57xl.commands.signed_copies import note_copy
from nq57xl.commands.standing import require_issued
from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Source
from nq57xl.ledger.model import SignedCopy
from nq57xl.ledger.workspace import archive_bytes
from nq57xl.text.clock import in_vietnam
from nq57xl.xlsx import limits
from nq57xl.xlsx.limits import Refused
from nq57xl.xlsx.sniff import sniff


def attach(office: Office, unit: str, file: Path, period_code: str | None) -> SignedCopy:
    """Files a signed copy (.pdf or a scanned picture) of a unit's report; the same file twice is filed once.

    Raises Nq57Error for another kind of file, one too large or missing, and a unit that the period does not know.
    """
    try:
        size = file.stat().st_size
        data = file.read_bytes() if size <= limits.FILE_BYTES else b""
    except OSError as error:
        raise Nq57Error(f"Không mở được tệp «{file}»: hãy kiểm tra lại đường dẫn.") from error
    if size > limits.FILE_BYTES:
        raise _too_large(file.name, size)
    return attach_bytes(office, unit, file.name, data, period_code)


def attach_bytes(office: Office, unit: str, name: str, data: bytes, period_code: str | None) -> SignedCopy:
    """The same for content that is no file here; `name` is what the sender called it."""
    if len(data) > limits.FILE_BYTES:
        raise _too_large(name, len(data))
    if not _is_scan(data):
        raise Nq57Error(f"«{name}» không phải tệp .pdf hoặc ảnh quét: bản ký là tệp có số, ngày và chữ ký.")
    with office.changing("attach") as ledger:
        period = office.valid(period_code, ledger)[1]
        forms = ledger.current_forms(period.code)
        require_issued(forms, period)
        known = {form.unit.casefold(): form.unit for form in forms}
        if unit.casefold() not in known:
            raise Nq57Error(f"Kỳ {period.title} không có đơn vị mang mã «{unit}».")
        sha256, now = hashlib.sha256(data).hexdigest(), in_vietnam(office.clock.now())
        archive_bytes(office.workspace, data, sha256, name)
        source = Source(name, name, sha256, len(data), now, "first_seen")
        return note_copy(office, ledger, (period.code, known[unit.casefold()]), source)


def signed_copies(office: Office, unit: str, period_code: str) -> tuple[SignedCopy, ...]:
    """What was filed with the unit's report of a period, oldest first."""
    with office.reading() as ledger:
        period = office.valid(period_code, ledger)[1]
        return tuple(copy for copy in ledger.signed_copies(period.code) if copy.unit == unit)


def _is_scan(data: bytes) -> bool:
    """The content is what a scanner or a phone makes: a .pdf or a picture."""
    try:
        return sniff(data) in ("pdf", "picture")
    except Refused:
        return False


def _too_large(name: str, size: int) -> Nq57Error:
    return Nq57Error(f"«{PurePath(name).name}» quá lớn ({size >> 20} MB): hãy quét lại với độ phân giải thấp hơn.")
