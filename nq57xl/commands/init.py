"""init: a workspace from a bundled plan or a master appendix."""

from __future__ import annotations

from pathlib import Path

from nq57xl.commands.import_plan import answered_appendix, teach_headings
from nq57xl.commands.next_year import NextYear, next_year
from nq57xl.errors import Nq57Error
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.appendix_read import NAMES, bundled_appendix, read_appendix, write_codes
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.review_questions import read_review
from nq57xl.text.files import write_atomic


def init(folder: Path, plan: str, previous: Path | None = None) -> NextYear:
    """Makes the folder a workspace with that plan; `previous`: the workspace of the year before, which goes on there.

    `plan` is the name of a bundled plan or the path of a master appendix; answers on its sheet «Cần rà soát» are taken
    in. Raises Nq57Error when the folder already is a workspace, or the plan cannot be read; then nothing is written.
    """
    workspace = Workspace(folder)
    if workspace.appendix.exists():
        raise Nq57Error(f"Thư mục «{folder}» đã có phu-luc.xlsx; hãy chọn thư mục khác, hoặc dùng luôn thư mục này.")
    data = _appendix(plan)
    appendix = read_appendix(data, Path(plan).name)
    read = read_review(data)
    if read is not None and read[0]:
        done = answered_appendix(data, Path(plan).name, read)
        content, made = write_appendix(done.plan, done.review), done.plan
        teach_headings(workspace.root, done.headings)
    else:
        content, made = write_codes(data, appendix.new_codes), appendix.plan
    if previous is not None:
        return next_year(folder, made, previous)
    write_atomic(workspace.appendix, content)
    workspace.inbox.mkdir(parents=True, exist_ok=True)
    return NextYear(workspace, made, ())


def _appendix(plan: str) -> bytes:
    if plan in NAMES:
        return bundled_appendix(plan)
    path = Path(plan)
    if not path.is_file():
        names = ", ".join(NAMES)
        raise Nq57Error(f"Không có kế hoạch «{plan}»: dùng một trong {names}, hoặc đường dẫn tới tệp phụ lục .xlsx.")
    return path.read_bytes()
