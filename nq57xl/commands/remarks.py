"""remark: the office's own word on a return or a cell of it, by a command or written into kiem-tra.xlsx."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from attrs import frozen

from nq57xl.commands.answers import answer
from nq57xl.commands.decide import find_return
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import Nq57Error
from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form, Slot, cells_of
from nq57xl.ledger.decisions import Decision, held_of
from nq57xl.outputs.check_book import LONGEST_REMARK, RemarkLine, remark_lines
from nq57xl.returns.model import ReturnRecord
from nq57xl.rules.findings import Finding
from nq57xl.text import files
from nq57xl.text.addresses import a1
from nq57xl.text.files import hash_unless_open
from nq57xl.text.legacy import fold, one_line

_ADDRESS = re.compile(r"(?:(.+)!)?([A-Za-z]{1,3}[0-9]{1,7})")


@frozen
class _RemarksTaken:
    """What was put on record."""

    recorded: int = 0
    """New remarks, and those withdrawn."""
    problems: tuple[str, ...] = ()
    """Lines that could not be understood, and files that could not be written anew, in words."""


def remark(
    office: Office, wanted: str, period: str | None, text: str, cell: Sequence[str] | None = None
) -> _RemarksTaken:
    """Notes a remark on a return, which goes to the unit with the next letter; or on a cell of it, which goes back with
    the marked form and stays until it is answered.

    `wanted`: the return, by unit, file or hash; `cell`: row code ("" where the cell says it all), then address
    ("1. Kết quả!K7") or title of the column. Raises Nq57Error for an unknown return or cell, or no text.
    """
    if cell is None and not text.strip():
        raise Nq57Error("Chưa ghi nội dung nhận xét.")
    with office.changing("remark") as ledger:
        record = find_return(ledger, office.appendix().plan, wanted, period)
        here = OfficePeriod.of(office, ledger, record.period)
        if cell is not None:
            line = RemarkLine(0, 0, record.judged.unit or "", "", cell[0], cell[1], one_line(text))
            recorded = _note_remark(here, record, line)
        else:
            about = {"period": record.period, "unit": record.judged.unit, "sha256": record.judged.source.sha256}
            ledger.event("remark", about | {"text": text.strip()})
            recorded = 1
        return _RemarksTaken(recorded, answer(here, here.standing()).problems)


def read_remarks(office: Office, period_code: str | None) -> _RemarksTaken:
    """Takes in what the office wrote into kiem-tra.xlsx of a period, and brings the answers in line with it."""
    with office.changing("remark") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        taken = take_remarks(here)
        return _RemarksTaken(taken.recorded, (*taken.problems, *answer(here, here.standing()).problems))


def take_remarks(here: OfficePeriod) -> _RemarksTaken:
    """Records what is new on the page of remarks of each kiem-tra.xlsx that is not as the program wrote it.

    One whose lines are all understood may be written anew: a copy is in the archive. The caller holds the lock.
    """
    office, ledger, recorded, problems = here.office, here.ledger, 0, list[str]()
    target = office.workspace.check_book(here.code)
    for path in (target, *sorted(target.parent.glob(f"{target.stem} (*).xlsx"))):
        sha256 = hash_unless_open(path) if path.is_file() else ""
        if not sha256 or ledger.was_written(office.workspace.key_of(path), sha256):
            continue
        raw = next(office.read_files([office.workspace.archive_file(path, sha256)]))
        if isinstance(raw, Finding):
            problems.append(f"Không đọc được ý kiến trong «{path.name}»: {raw.message}")
            continue
        wrong, reworded = list[str](), dict[int, tuple[str, str]]()
        for line in remark_lines(raw):
            try:
                recorded += _take_line(here, line, reworded)
            except Nq57Error as error:
                wrong.append(f"«{path.name}», trang «{line.page}», dòng {line.row}: {error}")
        problems += wrong
        if not wrong:
            ledger.note_outputs([(office.workspace.key_of(path), sha256)])
            if path != target:
                files.remove(path)
    return _RemarksTaken(recorded, tuple(problems))


def _take_line(here: OfficePeriod, line: RemarkLine, reworded: dict[int, tuple[str, str]]) -> int:
    """Records a line where it says something new; how many decisions that takes.

    `reworded`: what other lines of the same workbook have made of remarks: one may stand on several.
    """
    if len(line.text) > LONGEST_REMARK:
        raise Nq57Error(f"ý kiến dài {len(line.text)} ký tự, nhiều nhất {LONGEST_REMARK}; hãy rút gọn.")
    ledger = here.ledger
    known = {item.id: item for item in ledger.remarks(here.code)}.get(line.number)
    if line.number and known is None:
        was, now = reworded.get(line.number, (line.text, line.text))
        if line.text not in (was, now):
            raise Nq57Error(f"ý kiến số {line.number} đã được sửa khác ở dòng khác của tệp này («{now}»).")
        return 0  # withdrawn since, or a number that somebody typed beside nothing
    if known is not None:
        if line.text == known.text:
            return 0
        reworded[known.id] = (known.text, line.text)
        where = {"period": known.period, "unit": known.unit, "cell": f"{known.sheet}!{known.address}", "text": ""}
        ended = Decision(known.return_id, "remark", str(known.id), "", here.office.clock.now(), here.office.person)
        ledger.decide(ended, where | {"reason": f"rút ý kiến số {known.id}"})
        if not line.text:
            return 1
        place = (known.sheet, known.address)
        record = next(item for item in reversed(ledger.returns(known.period)) if item.judged.unit == known.unit)
        return 1 + _record(here, record, known.cell, place, line.text)
    units = {fold(name): unit.code for unit in here.plan.units for name in (unit.code, unit.name)}
    code = line.place.partition("|")[0] or units.get(fold(line.unit))
    if code is None:
        raise Nq57Error(f"không có đơn vị «{line.unit}»; hãy ghi mã đơn vị như ở trang «Đơn vị».")
    own = [item for item in ledger.returns(here.code) if item.judged.unit == code and not item.excluded]
    if not own:
        raise Nq57Error(f"đơn vị «{code}» chưa nộp báo cáo nào trong kỳ.")
    return _note_remark(here, max(own, key=lambda item: item.order), line)


def _note_remark(here: OfficePeriod, record: ReturnRecord, line: RemarkLine) -> int:
    """Records a remark on a cell of a return, once; how many decisions that takes. Raises Nq57Error."""
    if not line.text:
        raise Nq57Error("chưa ghi nội dung ý kiến.")
    form = here.ledger.form_by_id(record.judged.issue_id or "")
    if form is None:
        raise Nq57Error("tệp này không phải biểu mẫu đã phát: ghi ý kiến chung trong thư thay cho ý kiến về một ô.")
    cell, place = _cell_meant(form, record, line)
    held = {(item.cell, item.text) for item in here.ledger.remarks(record.period) if item.unit == record.judged.unit}
    return 0 if (cell, line.text) in held else _record(here, record, cell, place, line.text)


def _record(
    here: OfficePeriod, record: ReturnRecord, cell: tuple[str, str, str], place: tuple[str, str], text: str
) -> int:
    # a remark's cell as its decision keeps it
    value = json.dumps([*cell, *place, *held_of(record, cell)], ensure_ascii=False)
    source = record.judged.source
    detail = {"period": record.period, "unit": record.judged.unit, "file": source.path, "sha256": source.sha256}
    where = {"cell": "!".join(filter(None, place)), "text": text}
    noted = Decision(record.id, "remark", value, text, here.office.clock.now(), here.office.person)
    here.ledger.decide(noted, detail | where)
    return 1


def _cell_meant(form: Form, record: ReturnRecord, line: RemarkLine) -> tuple[tuple[str, str, str], tuple[str, str]]:
    """The cell of the form that a line means, and where it stands in the return."""
    cells = cells_of(record.judged.values)
    found: dict[tuple[str, str, str], tuple[str, str]] = {}
    entries = ((slot, sheet.title) for sheet in layout(form) for slot in sheet.slots if slot.role == "entry")
    for slot, title in entries:
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
