"""import: a master appendix from a plan document; needs no workspace."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from attrs import frozen

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_read import read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.importer.assemble import Imported, import_document
from nq57xl.plan.importer.read import read_document
from nq57xl.plan.model import Plan
from nq57xl.plan.review_sheet import Review
from nq57xl.text.files import write_atomic


@frozen
class ImportedAppendix:
    """What was written."""

    output: Path
    plan: Plan
    review: tuple[Review, ...]


def import_plan(document: Path, output: Path, today: date) -> ImportedAppendix:
    """Reads the document and writes its master appendix. `today`: its year stands in where the document tells none.

    Raises Nq57Error when the document cannot be read or holds no table of tasks, and when the output is the appendix
    of a workspace in use; then nothing is written.
    """
    if output.suffix.lower() != ".xlsx":
        raise Nq57Error(f"Tệp kết quả «{output}» phải có đuôi .xlsx.")
    if output.exists() and (output.parent / "nq57xl.db").exists():
        raise Nq57Error(f"«{output}» là phụ lục của thư mục làm việc đang dùng: hãy chọn tên tệp khác.")
    made = _imported(document, today)
    write_atomic(output, write_appendix(made.plan, made.review))
    return ImportedAppendix(output, made.plan, made.review)


def _imported(document: Path, today: date) -> Imported:
    try:
        data = document.read_bytes()
    except OSError as error:
        raise Nq57Error(f"Không đọc được «{document}»: hãy kiểm tra đường dẫn và quyền đọc tệp.") from error
    if data[:4] == b"PK\x03\x04":
        # a master appendix is its own import
        try:
            return Imported(read_appendix(data, document.name).plan)
        except Nq57Error:
            pass
    return import_bytes(data, document, today)


def import_bytes(data: bytes, document: Path, today: date) -> Imported:
    """The plan in a document of that name. Raises Nq57Error when it cannot be read or holds no table of tasks."""
    return import_document(read_document(data, document.name), document.stem, today)
