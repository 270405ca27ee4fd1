"""init, import, show, lint: a workspace from a plan or its document, or one that goes on from the year before."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl import resources
from nq57xl.commands.office import Office, bytes_of
from nq57xl.commands.standing import PreviousReports
from nq57xl.errors import Nq57Error
from nq57xl.forms.build import reporting_units
from nq57xl.forms.model import EarlierAnswer
from nq57xl.ledger.workspace import Workspace
from nq57xl.plan.amend import Origin, amended, read_comparison, write_comparison
from nq57xl.plan.appendix_kept import Appendix
from nq57xl.plan.appendix_read import BUNDLED_PLANS, bundled_appendix, read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.compare import Decisions, compare_plans
from nq57xl.plan.importer.assemble import import_document
from nq57xl.plan.importer.headings import heading_words
from nq57xl.plan.importer.read import read_document
from nq57xl.plan.lint import with_lint_sheet
from nq57xl.plan.model import Plan, PlanComparison, RowTable
from nq57xl.plan.periods import parse_period
from nq57xl.plan.review_questions import TITLE, Question, Review, ReviewedPlan, read_review
from nq57xl.rules.codec import to_json
from nq57xl.rules.findings import Finding
from nq57xl.rules.schema import Schema
from nq57xl.text.files import write_atomic


@frozen
class ImportedAppendix:
    """What was written."""

    output: Path
    plan: Plan
    review: tuple[Review, ...]


def import_plan(document: Path, output: Path, today: date, workspace: Path | None = None) -> ImportedAppendix:
    """Reads the document and writes its master appendix. `today`: its year stands in where the document tells none;
    `workspace`: a folder whose schemas/import_headings.yml names headings that the office taught.

    Raises Nq57Error when the document cannot be read or holds no table of tasks, and when the output is the appendix
    of a workspace in use; then nothing is written.
    """
    _require_free(output)
    made = read_plan(document, today, workspace)
    if made.appendix is not None:  # it stays as it is, with what is still asked in it
        read = read_review(made.data)
        write_atomic(output, made.appendix.coded(made.data))
        return ImportedAppendix(output, made.plan, read[1] if read else ())
    write_atomic(output, write_appendix(made.plan, made.review))
    return ImportedAppendix(output, made.plan, made.review)


def take_review(appendix: Path, output: Path | None = None, workspace: Path | None = None) -> ImportedAppendix:
    """Takes in the answers on the sheet «Cần rà soát» and writes the appendix again, with what is still open.

    Writes over the file itself without `output`. Headings that were taught go to the workspace, else beside the output.
    Raises Nq57Error when the file is no master appendix, has no such sheet, or holds cells that cannot be read.
    """
    target = output or appendix
    _require_free(target)
    data = bytes_of(appendix)
    read = read_review(data)
    if read is None:
        raise Nq57Error(f"«{appendix}» không có trang «{TITLE}»: hãy dùng tệp do lệnh import ghi ra.")
    done = _answered_appendix(data, appendix.name, read)
    write_atomic(target, write_appendix(done.plan, done.review))
    _teach_headings(workspace or target.parent, done.headings)
    return ImportedAppendix(target, done.plan, done.review)


def _answered_appendix(data: bytes, name: str, read: tuple[dict[str, str], tuple[Review, ...]]) -> ReviewedPlan:
    """The appendix with those answers in it. Raises Nq57Error naming the cells that cannot be read."""
    answers, points = read
    appendix = read_appendix(data, name)
    require_readable(appendix.findings, name)
    return ReviewedPlan(appendix.plan, points).answered(answers)


def require_readable(findings: Sequence[Finding], name: str) -> None:
    """Raises Nq57Error naming the cells of an appendix that cannot be read: writing it anew would lose them."""
    if findings:
        lines = "\n".join(f"- {item.sheet}!{item.cell}: {item.message} {item.fix}" for item in findings)
        raise Nq57Error(f"«{name}» còn ô không đọc được, hãy sửa trước:\n{lines}")


def _teach_headings(folder: Path, headings: Mapping[str, tuple[str, ...]]) -> None:
    """Adds headings to the folder's own schemas/import_headings.yml."""
    import yaml

    if not headings:
        return
    path = folder / "schemas" / "import_headings.yml"
    known = (resources.yaml_of(path.read_text(encoding="utf-8")) if path.is_file() else None) or {}
    tasks = known.setdefault("task", {})
    for name, texts in headings.items():
        tasks[name] = list(dict.fromkeys([*(tasks.get(name) or ()), *texts]))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, yaml.safe_dump(known, allow_unicode=True, sort_keys=False).encode())


def _require_free(output: Path) -> None:
    if output.exists() and (output.parent / "nq57xl.db").exists():
        raise Nq57Error(f"«{output}» là phụ lục của thư mục làm việc đang dùng: hãy chọn tên tệp khác.")


@frozen
class PlanDocument:
    """A plan as its document has it."""

    path: Path
    data: bytes
    plan: Plan
    review: tuple[Review, ...] = ()
    """What a person should look at, where it was imported from a document."""
    appendix: Appendix | None = None
    """The document is a master appendix: its own import."""

    @property
    def sha256(self) -> str:
        """Of its content."""
        return hashlib.sha256(self.data).hexdigest()


def read_plan(document: Path, today: date, workspace: Path | None = None) -> PlanDocument:
    """The plan in a document. Raises Nq57Error when it cannot be read or holds no table of tasks."""
    data = bytes_of(document)
    if data[:4] == b"PK\x03\x04":
        with suppress(Nq57Error):
            own = read_appendix(data, document.name)
            return PlanDocument(document, data, own.plan, appendix=own)
    made = import_document(read_document(data, document.name), document.stem, today, heading_words(workspace))
    return PlanDocument(document, data, made.plan, made.review)


def replace_appendix(office: Office, data: bytes, name: str) -> Path:
    """Takes the workbook as the office's appendix; gives where the present one is kept.

    Raises Nq57Error where it cannot be read or is another plan's, WorkbookOpenError while phu-luc.xlsx is open; then
    nothing is written.
    """
    new = read_appendix(data, name).plan.properties
    with office.writing("appendix"):
        present = office.appendix().plan.properties
        if new.id != present.id:
            raise Nq57Error(
                f"«{name}» là phụ lục của kế hoạch «{new.id}», không phải «{present.id}»: hãy tạo thư mục làm việc "
                "riêng cho kế hoạch đó."
            )
        return office.put_appendix(data)


def open_questions(office: Office) -> tuple[Question, ...]:
    """What is still asked about phu-luc.xlsx, those that decide most first; none once forms were issued."""
    with office.reading() as ledger:
        if ledger.latest_period() is not None:
            return ()
    read = read_review(office.workspace.appendix.read_bytes())
    return ReviewedPlan(office.appendix().plan, read[1]).questions if read else ()


def answer_questions(office: Office, answers: Mapping[str, str]) -> int:
    """Takes the answers (by key) into phu-luc.xlsx, which is kept as it was in backup/; gives how many are still open.

    Raises Nq57Error without answers and where forms were issued already, WorkbookOpenError while phu-luc.xlsx is open.
    """
    known = {question.key for question in open_questions(office)}
    given = {key: answer for key, answer in answers.items() if key in known and answer}
    if not given:
        raise Nq57Error("Chưa trả lời câu hỏi nào, hoặc đã phát hành biểu mẫu nên không hỏi nữa: sửa ở phu-luc.xlsx.")
    with office.writing("review"):
        data = office.workspace.appendix.read_bytes()
        read = read_review(data)
        done = _answered_appendix(data, office.workspace.appendix.name, (given, read[1] if read else ()))
        office.put_appendix(write_appendix(done.plan, done.review))
        _teach_headings(office.workspace.root, done.headings)
        return len(done.questions)


_BOOK, _COPY = "so-sanh-nam-truoc.xlsx", "ke-hoach-moi.xlsx"
_TOLD_IN = {"tasks": "led", "indicators": "indicator"}
"""Table of the plan -> of the form in which units tell of its rows."""
_Said = Mapping[str, Mapping[tuple[str, str], EarlierAnswer]]
"""Unit -> (table, row key) -> what it last reported in the old year."""


@frozen
class _ContinuedRow:
    """A row of the new plan that goes on with one of the old year."""

    table: str
    code: str
    """In both plans."""
    old: str
    new: str
    """What is to be done, in words."""
    finished: bool
    """The last report of the old year says that it is done: it is asked anew."""
    confirmed: bool
    """Word for word the same, or the office has said so; another one shows nothing of the old year until it has."""


@frozen
class NextYear:
    """What the new workspace took over."""

    workspace: Workspace
    plan: Plan
    continued: tuple[_ContinuedRow, ...]
    unfinished: tuple[str, ...] = ()
    """Rows of the old year that are not finished and that the new plan does not have, in words."""
    book: Path | None = None
    """Where the office confirms; None where there is nothing to confirm."""


@frozen
class _MatchedYears:
    """The two years side by side."""

    comparison: PlanComparison
    plan: Plan
    """Next year's plan that comes of it."""
    said: _Said
    confirmed: bool
    """The office has decided on every row."""
    schema: Schema

    def finished(self, table: RowTable, code: str) -> bool:
        """The last report of any unit says that it is done."""
        return table == "tasks" and any(_done(told.get(("led", code))) for told in self.said.values())

    def state(self, table: RowTable, code: str) -> str:
        """What the old year last said of the row, a line for each unit; "" for nothing."""
        names = {unit.code: unit.name for unit in self.comparison.old.units}
        measures = {item.code: item.measure for item in self.comparison.old.indicators}
        lines = []
        for unit, told in self.said.items():
            if (earlier := told.get((_TOLD_IN[table], code))) is not None:
                measured = attrs.evolve(earlier, measure=earlier.measure or measures.get(code, ""))
                words = (measured.led_words if table == "tasks" else measured.indicator_words)(self.schema)
                lines.append(f"{names.get(unit, unit)} – {' '.join(words.split())}")
        return "\n".join(lines)

    @property
    def continued(self) -> tuple[_ContinuedRow, ...]:
        """Rows of next year's plan with the code of an old one, in the new plan's order."""
        found = []
        for row in self.comparison.rows:
            before, after = self.comparison.before(row), self.comparison.after(row)
            if before is not None and (after is not None or "kept" in row.kinds):
                sure = self.confirmed or "changed" not in row.kinds
                done = self.finished(row.table, before.code)
                texts = (before.line(), (after or before).line())
                found.append(_ContinuedRow(row.table, before.code, *texts, finished=done, confirmed=sure))
        return tuple(found)

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Old rows that are not finished and go on nowhere."""
        here = {row.code for row in self.continued if row.table == "tasks"}
        left = [row for row in self.comparison.old.tasks if row.code not in here and not row.done_before]
        return tuple(row.line(with_code=True) for row in left if not self.finished("tasks", row.code))

    @property
    def kept(self) -> dict[str, list[tuple[str, str, EarlierAnswer]]]:
        """What the first form shows of the old year: unfinished rows that go on for sure."""
        sure = {(_TOLD_IN[row.table], row.code) for row in self.continued if row.confirmed}
        return {
            unit: [(*place, row) for place, row in told.items() if place in sure and not _done(row)]
            for unit, told in self.said.items()
        }


def _next_year(folder: Path, new: Plan, old_folder: Path) -> NextYear:
    """Makes next year's workspace; units with names and addresses, settings, own templates and schemas go on.

    Rows of the new plan that say what rows of the old one said keep their codes. What was last reported of unfinished
    ones is shown beside them in the first form: of those word for word the same at once, of the others once the office
    has confirmed them in a workbook (`confirm_continued`). Raises Nq57Error when the old folder is no workspace or is
    the new one.
    """
    if old_folder.resolve() == folder.resolve():
        raise Nq57Error("Thư mục năm mới phải khác thư mục năm cũ.")
    workspace = Workspace(folder)
    made = _matched(Office.at(old_folder), new)
    for name in ("templates", "schemas"):
        if (old_folder / name).is_dir():
            shutil.copytree(old_folder / name, folder / name, dirs_exist_ok=True)
    write_atomic(workspace.appendix, write_appendix(made.plan))
    write_atomic(workspace.last_year, to_json(made.kept).encode())
    workspace.inbox.mkdir(parents=True, exist_ok=True)
    unsure = [row for row in made.continued if not row.confirmed]
    book = _write_book(Office.at(folder), made, old_folder) if unsure or made.unfinished else None
    return NextYear(workspace, made.plan, made.continued, made.unfinished, book)


def waiting_book(office: Office) -> Path | None:
    """The workbook in which the office confirms, while it can still be confirmed: no form is issued yet."""
    path = office.workspace.out / "nam-truoc" / _BOOK
    with office.reading() as ledger:
        return path if path.is_file() and not ledger.periods() else None


def confirm_continued(office: Office, book: Path | None = None) -> NextYear:
    """Puts next year's plan in place as the office decided in the workbook; the old year is read once more.

    Raises Nq57Error once forms are issued, or where phu-luc.xlsx or the old folder is no longer what was compared.
    """
    path = book or office.workspace.out / "nam-truoc" / _BOOK
    try:
        origin, decisions = read_comparison(path.read_bytes(), path.name)
    except OSError as error:
        raise Nq57Error(f"Không đọc được «{path}»: hãy chạy «nq57xl init … --from» trước.") from error
    copy = office.workspace.out / "nam-truoc" / _COPY
    if not origin.previous or not copy.is_file() or _digest(copy.read_bytes()) != origin.sha256:
        raise Nq57Error(
            f"Tệp {path.name} không phải bảng so sánh với năm trước do «nq57xl init --from» lập, hoặc {_COPY} cạnh đó "
            "không còn như khi lập."
        )
    with office.changing("init") as ledger:
        if ledger.periods():
            raise Nq57Error("Đã phát hành biểu mẫu: từ đây điều chỉnh kế hoạch bằng «nq57xl amend».")
        before = {str(event.detail.get("plan_version")) for event in ledger.events() if event.what == "init"}
        if office.appendix().plan.version not in {origin.plan_version, *before}:
            raise Nq57Error(
                "phu-luc.xlsx đã thay đổi sau khi lập bảng so sánh với năm trước: hãy xác nhận trước, rồi mới sửa phụ "
                f"lục; bản ban đầu làm lại được bằng «nq57xl init … --from {origin.previous}» ở thư mục khác."
            )
        new = read_appendix(copy.read_bytes()).plan
        old = Office.at(Path(origin.previous), office.clock)
        compared = compare_plans(old.appendix().plan, new)
        # of the old year's rows no line has to be there: it may have got some since, which are told as unfinished
        asked = tuple(row for row in compared.rows if row.index is not None)
        decisions.require_whole(attrs.evolve(compared, rows=asked), path.name)
        made = _matched(old, new, decisions)
        office.put_appendix(write_appendix(made.plan))
        write_atomic(office.workspace.last_year, to_json(made.kept).encode())
        version = office.appendix().plan.version
        codes = [row.code for row in made.continued]
        ledger.event("init", {"from": origin.previous, "continued": codes, "plan_version": version})
        return NextYear(office.workspace, made.plan, made.continued, made.unfinished, path)


def _matched(office: Office, new: Plan, decisions: Decisions | None = None) -> _MatchedYears:
    """The old year, read only, beside the new plan."""
    old = office.appendix().plan
    with office.reading() as ledger:
        comparison = compare_plans(old, new, decisions)
        plan = amended(comparison, ledger.used_codes())
        year = new.properties.year if new.properties.year != old.properties.year else old.properties.year + 1
        # days of a year are that year's: swapped days, ad hoc reports, Hạn chuẩn of tasks that the new plan sets again
        own = attrs.evolve(plan.properties, ad_hoc=(), days_off=(), days_worked=())
        goes_on = {
            row.code
            for row in comparison.of("tasks")
            if row.index is not None and new.tasks[row.index].standard_deadline is None
        }
        tasks = tuple(
            attrs.evolve(row, standard_deadline=None)
            if row.code in goes_on and row.standard_deadline and row.standard_deadline.year < year
            else row
            for row in plan.tasks
        )
        plan = attrs.evolve(plan, properties=attrs.evolve(own, id=new.properties.id, year=year), tasks=tasks)
        first = parse_period(f"{year}-01", plan.properties)
        history = PreviousReports(ledger, old)
        said = {unit.code: history.before(unit.code, first) for unit in reporting_units(old, first)}
    return _MatchedYears(comparison, plan, said, decisions is not None, office.schema())


def _write_book(office: Office, made: _MatchedYears, old_folder: Path) -> Path:
    """The workbook in which the office confirms, and beside it the new plan as it was compared."""
    data = write_appendix(made.comparison.new)
    start = dt.date(made.plan.properties.year, 1, 1)
    version = office.appendix().plan.version
    origin = Origin(_COPY, _digest(data), version, start, previous=str(old_folder.resolve()))
    states = {
        (row.table, row.code): state
        for row in made.comparison.rows
        if row.code and (state := made.state(row.table, row.code))
    }
    content = write_comparison(made.comparison, origin, states)
    path = office.workspace.out / "nam-truoc" / _BOOK
    write_atomic(path, content)
    write_atomic(path.with_name(_COPY), data)
    return path


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _done(row: EarlierAnswer | None) -> bool:
    progress = row.values.get("progress") if row is not None else None
    return progress is not None and progress.value == "done"


def init(folder: Path, plan: str, previous: Path | None = None) -> NextYear:
    """Makes the folder a workspace with that plan; `previous`: the workspace of the year before, which goes on there.

    `plan` is the name of a bundled plan or the path of a master appendix; answers on its sheet «Cần rà soát» are taken
    in. Raises Nq57Error when the folder already is a workspace, or the plan cannot be read; then nothing is written.
    """
    workspace = Workspace(folder)
    if workspace.appendix.exists():
        raise Nq57Error(f"Thư mục «{folder}» đã có phu-luc.xlsx; hãy chọn thư mục khác, hoặc dùng luôn thư mục này.")
    if plan not in BUNDLED_PLANS and not Path(plan).is_file():
        names = ", ".join(BUNDLED_PLANS)
        raise Nq57Error(f"Không có kế hoạch «{plan}»: dùng một trong {names}, hoặc đường dẫn tới tệp phụ lục .xlsx.")
    data = bundled_appendix(plan) if plan in BUNDLED_PLANS else bytes_of(Path(plan))
    appendix = read_appendix(data, Path(plan).name)
    read = read_review(data)
    if read is not None and read[0]:
        done = _answered_appendix(data, Path(plan).name, read)
        content, made = write_appendix(done.plan, done.review), done.plan
        _teach_headings(workspace.root, done.headings)
    else:
        content, made = appendix.coded(data), appendix.plan
    if previous is not None:
        return _next_year(folder, made, previous)
    write_atomic(workspace.appendix, content)
    workspace.inbox.mkdir(parents=True, exist_ok=True)
    return NextYear(workspace, made, ())


def show(office: Office, number: int | None = None) -> Plan:
    """The plan as it was understood, also when lint finds errors in it.

    `number`: that version of it; 1 is the first, each amendment begins the next. Raises Nq57Error for another number.
    """
    if number is None:
        return office.appendix_to_show().plan
    with office.reading() as ledger:
        known = ledger.amendments()
        if not 1 <= number <= len(known) + 1:
            raise Nq57Error(f"Không có phiên bản {number} của kế hoạch; các phiên bản: 1 đến {len(known) + 1}.")
        return office.appendix().plan if number > len(known) else ledger.plan(known[number - 1].before)


def write_lint(office: Office) -> tuple[tuple[Finding, ...], Path | None]:
    """The findings, and where the appendix was kept before the sheet «Soát kế hoạch» was put into it.

    None: the sheet said the same already. Raises WorkbookOpenError when the appendix is open, Nq57Error when its XML
    cannot be added to; then nothing is written.
    """
    with office.writing("lint"):
        appendix = office.appendix_with_codes()
        findings = office.lint(appendix)
        data = office.workspace.appendix.read_bytes()
        content = with_lint_sheet(data, appendix.plan, findings, office.workspace.root)
        return findings, None if content == data else office.put_appendix(content)
