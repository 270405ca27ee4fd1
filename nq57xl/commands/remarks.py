"""remark: the office's own word on a cell of a return, by a command or written into kiem-tra.xlsx."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from attrs import frozen

from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form, FormCell, Slot, cells_of
from nq57xl.ledger.decisions import CellRemark, Decision, held_of
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import archive_file
from nq57xl.outputs.check_book import LONGEST_REMARK, RemarkLine, remark_lines
from nq57xl.plan.model import Period, Plan
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import Finding
from nq57xl.text import files
from nq57xl.text.addresses import a1
from nq57xl.text.files import hash_unless_open
from nq57xl.text.legacy import fold

_ADDRESS = re.compile(r"(?:(.+)!)?([A-Za-z]{1,3}[0-9]{1,7})")


@frozen
class RemarksTaken:
    """What was put on record."""

    recorded: int = 0
    """New remarks, and those withdrawn."""
    problems: tuple[str, ...] = ()
    """Lines that could not be understood, and files that could not be written anew, in words."""


def take_remarks(office: Office, ledger: Ledger, plan: Plan, period: Period) -> RemarksTaken:
    """Records what is new on the page of remarks of each kiem-tra.xlsx that is not as the program wrote it.

    One whose lines are all understood may be written anew: a copy is in the archive. The caller holds the lock.
    """
    recorded, problems = 0, list[str]()
    target = office.workspace.check_book(period.code)
    for path in (target, *sorted(target.parent.glob(f"{target.stem} (*).xlsx"))):
        sha256 = hash_unless_open(path) if path.is_file() else ""
        if not sha256 or ledger.was_written(office.workspace.key_of(path), sha256):
            continue
        copy = archive_file(office.workspace, path, sha256)
        raw = next(office.read_files([copy] if copy else []), None)
        if raw is None or isinstance(raw, Finding):
            problems.append(f"Không đọc được ý kiến trong «{path.name}»: {raw.message if raw else 'tệp quá lớn'}")
            continue
        wrong, reworded = list[str](), dict[int, tuple[str, str]]()
        for line in remark_lines(raw):
            try:
                recorded += _take_line(office, ledger, plan, period, line, reworded)
            except Nq57Error as error:
                wrong.append(f"«{path.name}», trang «{line.page}», dòng {line.row}: {error}")
        problems += wrong
        if not wrong:
            ledger.note_outputs([(office.workspace.key_of(path), sha256)])
            if path != target:
                files.remove(path)
    return RemarksTaken(recorded, tuple(problems))


def _take_line(  # noqa: PLR0917 - of one line
    office: Office, ledger: Ledger, plan: Plan, period: Period, line: RemarkLine, reworded: dict[int, tuple[str, str]]
) -> int:
    """Records a line where it says something new; how many decisions that takes.

    `reworded`: what other lines of the same workbook have made of remarks: one may stand on several.
    """
    if len(line.text) > LONGEST_REMARK:
        raise Nq57Error(f"ý kiến dài {len(line.text)} ký tự, nhiều nhất {LONGEST_REMARK}; hãy rút gọn.")
    known = {item.id: item for item in ledger.remarks(period.code)}.get(line.number)
    if line.number and known is None:
        was, now = reworded.get(line.number, (line.text, line.text))
        if line.text not in (was, now):
            raise Nq57Error(f"ý kiến số {line.number} đã được sửa khác ở dòng khác của tệp này («{now}»).")
        return 0  # withdrawn since, or a number that somebody typed beside nothing
    if known is not None:
        if line.text == known.text:
            return 0
        reworded[known.id] = (known.text, line.text)
        _withdraw(office, ledger, known)
        if not line.text:
            return 1
        place = (known.sheet, known.address)
        record = next(item for item in reversed(ledger.returns(known.period)) if item.judged.unit == known.unit)
        return 1 + _record(office, ledger, record, known.cell, place, line.text)
    units = {fold(name): unit.code for unit in plan.units for name in (unit.code, unit.name)}
    code = line.place.partition("|")[0] or units.get(fold(line.unit))
    if code is None:
        raise Nq57Error(f"không có đơn vị «{line.unit}»; hãy ghi mã đơn vị như ở trang «Đơn vị».")
    own = [item for item in ledger.returns(period.code) if item.judged.unit == code and not item.excluded]
    if not own:
        raise Nq57Error(f"đơn vị «{code}» chưa nộp báo cáo nào trong kỳ.")
    return note_remark(office, ledger, max(own, key=lambda item: item.order), line)


def note_remark(office: Office, ledger: Ledger, record: ReturnRecord, line: RemarkLine) -> int:
    """Records a remark on a cell of a return, once; how many decisions that takes. Raises Nq57Error."""
    if not line.text:
        raise Nq57Error("chưa ghi nội dung ý kiến.")
    form = ledger.form_by_id(record.judged.issue_id or "")
    if form is None:
        raise Nq57Error("tệp này không phải biểu mẫu đã phát: ghi ý kiến chung trong thư thay cho ý kiến về một ô.")
    cell, place = _cell_meant(form, record, line)
    held = {(item.cell, item.text) for item in ledger.remarks(record.period) if item.unit == record.judged.unit}
    return 0 if (cell, line.text) in held else _record(office, ledger, record, cell, place, line.text)


def _record(  # noqa: PLR0917 - of one remark
    office: Office, ledger: Ledger, record: ReturnRecord, cell: tuple[str, str, str], place: tuple[str, str], text: str
) -> int:
    value = _remark_value(cell, *place, held_of(record, cell))
    source = record.judged.source
    detail = {"period": record.period, "unit": record.judged.unit, "file": source.path, "sha256": source.sha256}
    where = {"cell": "!".join(filter(None, place)), "text": text}
    ledger.decide(Decision(record.id, "remark", value, text, office.clock.now(), office.person), detail | where)
    return 1


def _withdraw(office: Office, ledger: Ledger, known: CellRemark) -> None:
    where = {"period": known.period, "unit": known.unit, "cell": f"{known.sheet}!{known.address}", "text": ""}
    ended = Decision(known.return_id, "remark", str(known.id), "", office.clock.now(), office.person)
    ledger.decide(ended, where | {"reason": f"rút ý kiến số {known.id}"})


def _cell_meant(form: Form, record: ReturnRecord, line: RemarkLine) -> tuple[tuple[str, str, str], tuple[str, str]]:
    """The cell of the form that a line means, and where it stands in the return."""
    cells = cells_of(record.judged.values)
    found: dict[tuple[str, str, str], tuple[str, str]] = {}
    for slot, title in _entries(form):
        place = (slot.table, slot.key, slot.field)
        value = cells.get(place)
        where = (value.sheet, value.cell) if value is not None and value.cell else (title, a1(slot.row, slot.col))
        if _is_meant(form, slot, where, line):
            found[place] = where
    if len(found) == 1:
        return next(iter(found.items()))
    what = " ".join(filter(None, [line.sheet, line.task, line.column]))
    if not found:
        raise Nq57Error(
            f"không có ô nhập nào ứng với «{what}»; ghi mã dòng và tên cột, hoặc trang và ô (1. Kết quả!K7)."
        )
    raise Nq57Error(f"«{what}» ứng với {len(found)} ô; hãy ghi thêm trang hoặc mã dòng.")


def _entries(form: Form) -> Iterator[tuple[Slot, str]]:
    for sheet in layout(form):
        yield from ((slot, sheet.title) for slot in sheet.slots if slot.role == "entry")


def _is_meant(form: Form, slot: Slot, where: tuple[str, str], line: RemarkLine) -> bool:
    if line.place:
        return (slot.table, slot.key) == line.cell[:2] and line.cell[2] in slot.fields
    address = _ADDRESS.fullmatch(line.column.replace("'", "").replace("$", ""))
    sheet = line.sheet or (address[1] if address else "") or ""
    wanted = ((sheet, where[0]), (line.task, slot.key))
    if any(said and fold(said) != fold(own) for said, own in wanted):
        return False
    if address:
        return address[2].upper() == where[1]
    fields = [form.schema.table(slot.table).field(name) for name in slot.fields]
    heads = {item.title for sheet in form.schema.sheets for item in sheet.columns if item.name == slot.field}
    names = heads.union(*((item.title, item.name) for item in fields))
    return bool(line.column) and fold(line.column) in map(fold, names)


def _remark_value(cell: FormCell, sheet: str, address: str, held: tuple[str, str]) -> str:
    """A remark's cell as its decision keeps it."""
    return json.dumps([*cell, sheet, address, *held], ensure_ascii=False)
