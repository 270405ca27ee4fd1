"""import: a master appendix from a plan document, reviewed in a workbook, put in place; needs no workspace."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path

from attrs import frozen

from nq57xl import resources
from nq57xl.commands.office import Office, bytes_of
from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_kept import Appendix
from nq57xl.plan.appendix_read import read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.importer.assemble import import_document
from nq57xl.plan.importer.headings import heading_words
from nq57xl.plan.importer.read import read_document
from nq57xl.plan.model import Plan
from nq57xl.plan.review_questions import TITLE, Question, Review, ReviewedPlan, read_review
from nq57xl.rules.findings import Finding
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
    done = answered_appendix(data, appendix.name, read)
    write_atomic(target, write_appendix(done.plan, done.review))
    teach_headings(workspace or target.parent, done.headings)
    return ImportedAppendix(target, done.plan, done.review)


def answered_appendix(data: bytes, name: str, read: tuple[dict[str, str], tuple[Review, ...]]) -> ReviewedPlan:
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


def teach_headings(folder: Path, headings: Mapping[str, tuple[str, ...]]) -> None:
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
    if output.suffix.lower() != ".xlsx":
        raise Nq57Error(f"Tệp kết quả «{output}» phải có đuôi .xlsx.")
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
        done = answered_appendix(data, office.workspace.appendix.name, (given, read[1] if read else ()))
        office.put_appendix(write_appendix(done.plan, done.review))
        teach_headings(office.workspace.root, done.headings)
        return len(done.questions)
