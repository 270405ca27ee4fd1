"""What commands print of returns and of a report, and the JSON that they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from nq57xl.cli.options import talk
from nq57xl.rules.codec import json_fields
from nq57xl.rules.findings import Finding, to_answer
from nq57xl.text.legacy import visible

if TYPE_CHECKING:
    from nq57xl.commands.answers import Answers
    from nq57xl.commands.merge import Merged
    from nq57xl.returns.model import JudgedReturn


VERDICTS = {
    "missing": "Chưa báo cáo",
    "accepted": "Đã nhận",
    "accepted_with_warnings": "Đã nhận, có điểm cần xem lại",
    "rejected": "Trả lại",
    "unrecognised": "Không nhận ra",
    "duplicate": "Đã có từ trước",
    "superseded": "Đã có bản mới hơn",
}
"""Of a return, and of a unit, which may have none."""
SEVERITIES = {"error": "Phải sửa", "warning": "Nên xem lại", "repaired": "Đã sửa giúp", "note": "Ghi nhận"}


def finding_json(item: Finding) -> dict[str, Any]:
    """A finding as contract.md 6 prints it."""
    found = json_fields(item, "code severity sheet cell task field value message fix")
    return found | ({"waived": json_fields(item.waived, "until reason")} if item.waived else {})


def collected_file_json(item: JudgedReturn) -> dict[str, Any]:
    """One file of `collect --json` and `check --json`, and one line of `watch --json`."""
    known = {"file": item.source.path, "sha256": item.source.sha256, "unit": item.unit, "period": item.form_period}
    how = json_fields(item.source, "received_at received_basis")
    return known | how | {"verdict": item.verdict, "findings": [finding_json(one) for one in item.findings]}


def print_answers(answers: Answers) -> None:
    """The next step: where the letters and the check workbook stand; what could not be written."""
    if answers.drafts:
        talk(f"Thư trả lời đơn vị (mở tệp .eml để gửi): {answers.folder}")
    if answers.check_book:
        talk(f"Bước tiếp theo: xem các điểm cần xử lý ở {answers.check_book}")
    print_problems(answers.problems)


def print_problems(problems: Iterable[str]) -> None:
    """What could not be written of what is on record."""
    talk(*(f"Đã ghi sổ, nhưng có tệp chưa lập lại được. {problem}" for problem in problems))


def print_collected_file(item: JudgedReturn) -> None:
    """One file: its verdict, then what the unit has to do about it."""
    unit = f" ({item.unit})" if item.unit else ""
    click.echo(visible(f"{VERDICTS[item.verdict]}: {item.source.path}{unit}"))
    for point in to_answer(item.findings):
        place = point.cell if point.count == 1 else point.first.sheet
        where = f"{place}: " if place else ""
        click.echo(visible(f"   {SEVERITIES[point.severity]} – {where}{point.text} {point.fix}".rstrip()))
    for finding in item.findings:
        if finding.waived is not None:
            place = f"{finding.sheet}!{finding.cell}: " if finding.cell else ""
            click.echo(visible(f"   Nên xem lại – {place}{finding.message} {finding.fix}".rstrip()))
    quiet = Counter(finding.severity for finding in item.findings)
    if quiet["repaired"]:
        click.echo(f"   Đã sửa giúp {quiet['repaired']} chỗ.")


def print_merged(done: Merged) -> None:
    """Paths on stdout, talk on stderr."""
    for path in done.outputs:
        click.echo(str(path))
    if done.beside:
        talk("Báo cáo cũ đã được chỉnh sửa bằng tay nên giữ nguyên; bản mới ghi bên cạnh.")
    for finding in done.consolidation.status.period_findings:
        if finding.code.startswith("MONTH"):
            talk(f"{finding.message} {finding.fix}".rstrip())
    c = done.consolidation
    if c.closing is not None:
        talk(f"Số liệu đã chốt lúc {c.closing.at:%H:%M ngày %d/%m/%Y}: báo cáo giữ nguyên như khi chốt.")
        if c.missing:
            talk(f"Khi chốt còn thiếu báo cáo của: {', '.join(unit.name for unit in c.missing)}.")
        if c.addendum is not None:
            talk(
                f"Nhận sau khi chốt: {len(c.addendum.late)} báo cáo, {len(c.addendum.changes)} ô thay đổi; xem trang "
                "«Bổ sung sau chốt» của nguon-so-lieu.xlsx."
            )
    elif not done.consolidation.status.complete:
        missing = [unit.name for unit in done.consolidation.status.units if unit.counting is None]
        short = f"còn thiếu: {', '.join(missing)}" if missing else "chưa đủ báo cáo của các tháng"
        talk(f"Báo cáo chưa đầy đủ, {short}.")
    if done.unwritten:
        talk(f"bao-cao.docx còn {done.unwritten} chỗ tô vàng chờ văn phòng viết.")
    _print_recorded_edits(done)


def _print_recorded_edits(done: Merged) -> None:
    """What `merge` found in bien-tap.xlsx, and edits that no longer apply."""
    from nq57xl.results.wording import EDIT_STATES

    if done.edits.recorded:
        talk(f"Đã ghi nhận {done.edits.recorded} biên tập mới từ bien-tap.xlsx.")
    for path, item in done.edits.findings:
        place = f", trang «{item.sheet}», ô {item.cell}" if item.cell else ""
        talk(f"{path.name}{place}: {item.message} {item.fix}".rstrip())
    for edit in done.consolidation.edits:
        if edit.state != "applied":
            new = edit.edit.new
            talk(f"Biên tập {edit.name}, {new.key}: {EDIT_STATES[edit.state]}. Xem bien-tap.xlsx.")
    if done.problem:
        talk(f"Đã ghi sổ những gì anh, chị đã lưu, nhưng chưa lập lại được tệp biên tập. {done.problem}")
    if done.edit_book is not None and done.edit_book.name != "bien-tap.xlsx":
        talk(f"bien-tap.xlsx còn nội dung chưa ghi nhận nên giữ nguyên; bản mới ghi ở «{done.edit_book.name}».")
