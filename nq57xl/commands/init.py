"""init and show: a workspace from a bundled plan or a master appendix; the plan as it was understood."""

from __future__ import annotations

from pathlib import Path

from nq57xl.commands.amend import version
from nq57xl.commands.import_plan import answered_appendix, teach_headings
from nq57xl.commands.next_year import NextYear, next_year
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.ledger.lock import writing
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.appendix_read import NAMES, bundled_appendix, read_appendix, write_codes
from nq57xl.plan.appendix_write import with_lint_sheet, write_appendix
from nq57xl.plan.model import Plan
from nq57xl.plan.review_questions import read_review
from nq57xl.rules.findings import Finding
from nq57xl.text import files
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


def show(office: Office, number: int | None = None) -> Plan:
    """The plan as it was understood, also when lint finds errors in it; `number`: an earlier version of it."""
    return office.appendix_to_show().plan if number is None else version(office, number)


def write_lint(office: Office) -> tuple[tuple[Finding, ...], Path | None]:
    """The findings, and where the appendix was kept before the sheet «Soát kế hoạch» was put into it.

    None: the sheet said the same already. Raises WorkbookOpenError when the appendix is open, Nq57Error when its XML
    cannot be added to; then nothing is written.
    """
    with writing(office.workspace, "lint", office.clock, office.person):
        appendix = office.appendix_with_codes()
        findings = office.lint(appendix)
        path = office.workspace.appendix
        data = path.read_bytes()
        content = with_lint_sheet(data, appendix.plan, findings, office.workspace.root)
        if content == data:
            return findings, None
        files.require_closed(path)
        kept = office.keep_appendix(data)
        files.write_atomic(path, content)
        return findings, kept


def lint(office: Office) -> tuple[Finding, ...]:
    """Findings on the master appendix itself, errors first."""
    return office.lint(office.appendix_to_show())
