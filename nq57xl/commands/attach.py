"""attach: the signed copy that follows a return is filed with it; it is never read as data."""

from __future__ import annotations

from pathlib import Path

from nq57xl.commands.merge import require_issued
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.forms.values import Source
from nq57xl.ledger.archive import archive_file
from nq57xl.ledger.model import SignedCopy
from nq57xl.text.clock import in_vietnam
from nq57xl.text.files import sha256_of
from nq57xl.xlsx import limits

_PDF = b"%PDF-"


def attach(office: Office, unit: str, file: Path, period_code: str | None) -> SignedCopy:
    """Files a signed copy (.pdf) of a unit's report; the same file twice is filed once.

    Raises Nq57Error for what is no PDF, too large or missing, and for a unit that the period does not know.
    """
    if not file.is_file():
        raise Nq57Error(f"Không có tệp «{file}».")
    size = file.stat().st_size
    if size > limits.FILE_BYTES:
        raise Nq57Error(f"«{file.name}» quá lớn ({size >> 20} MB): hãy quét lại với độ phân giải thấp hơn.")
    with file.open("rb") as stream:
        if _PDF not in stream.read(1024):
            raise Nq57Error(f"«{file.name}» không phải tệp .pdf: bản ký là tệp .pdf có số, ngày và chữ ký.")
    with office.changing("attach") as ledger:
        period = office.valid(period_code, ledger)[1]
        forms = ledger.current_forms(period.code)
        require_issued(forms, period)
        known = {form.unit.casefold(): form.unit for form in forms}
        if unit.casefold() not in known:
            raise Nq57Error(f"Kỳ {period.title} không có đơn vị mang mã «{unit}».")
        code, sha256 = known[unit.casefold()], sha256_of(file)
        for copy in ledger.signed_copies(period.code):
            if (copy.unit, copy.sha256) == (code, sha256):
                return copy
        now = office.clock.now()
        archive_file(office.workspace, file, sha256)
        ledger.first_seen([Source(str(file), file.name, sha256, size, in_vietnam(now), "first_seen")], now)
        ledger.event("attach", {"period": period.code, "unit": code, "file": file.name, "sha256": sha256})
        return next(copy for copy in reversed(ledger.signed_copies(period.code)) if copy.sha256 == sha256)
