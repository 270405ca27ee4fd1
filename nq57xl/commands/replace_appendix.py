"""Another phu-luc.xlsx in place of the present one, which is kept in backup/."""

from __future__ import annotations

from pathlib import Path

from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.ledger.lock import writing
from nq57xl.plan.appendix_read import read_appendix
from nq57xl.text import files


def replace_appendix(office: Office, data: bytes, name: str) -> Path:
    """Takes the workbook as the office's appendix; gives where the present one is kept.

    Raises Nq57Error where it cannot be read or is another plan's, WorkbookOpenError while phu-luc.xlsx is open; then
    nothing is written.
    """
    new = read_appendix(data, name).plan.properties
    with writing(office.workspace, "appendix", office.clock, office.person):
        present = office.appendix().plan.properties
        if new.id != present.id:
            raise Nq57Error(
                f"«{name}» là phụ lục của kế hoạch «{new.id}», không phải «{present.id}»: hãy tạo thư mục làm việc "
                "riêng cho kế hoạch đó."
            )
        path = office.workspace.appendix
        files.require_closed(path)
        kept = office.keep_appendix(path.read_bytes())
        files.write_atomic(path, data)
        return kept
