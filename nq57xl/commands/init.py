"""init: a workspace from a bundled plan or a master appendix."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from nq57xl.errors import Nq57Error
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.appendix_read import NAMES, bundled_appendix, read_appendix, write_codes
from nq57xl.plan.model import Plan
from nq57xl.text.files import write_atomic


@frozen
class _NewWorkspace:
    """A new workspace."""

    workspace: Workspace
    plan: Plan


def init(folder: Path, plan: str) -> _NewWorkspace:
    """Makes the folder a workspace with that plan.

    `plan` is the name of a bundled plan or the path of a master appendix. Raises Nq57Error when the folder already is
    a workspace, or the plan cannot be read; then nothing is written.
    """
    workspace = Workspace(folder)
    if workspace.appendix.exists():
        raise Nq57Error(f"Thư mục «{folder}» đã có phu-luc.xlsx; hãy chọn thư mục khác, hoặc dùng luôn thư mục này.")
    data = _appendix(plan)
    appendix = read_appendix(data, Path(plan).name)
    write_atomic(workspace.appendix, write_codes(data, appendix.new_codes))
    workspace.inbox.mkdir(parents=True, exist_ok=True)
    return _NewWorkspace(workspace, appendix.plan)


def _appendix(plan: str) -> bytes:
    if plan in NAMES:
        return bundled_appendix(plan)
    path = Path(plan)
    if not path.is_file():
        names = ", ".join(NAMES)
        raise Nq57Error(f"Không có kế hoạch «{plan}»: dùng một trong {names}, hoặc đường dẫn tới tệp phụ lục .xlsx.")
    return path.read_bytes()
