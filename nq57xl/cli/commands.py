"""init, import, show, lint, generate, collect, status, merge, remind, calendar, demo: an ordinary month's commands."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import click

from nq57xl.cli import environment
from nq57xl.cli.terminal import (
    FILE,
    FOLDER,
    MOMENT,
    SEVERITIES,
    VERDICTS,
    WORKBOOK,
    NamedPath,
    as_json,
    collected_file_json,
    command,
    console,
    finding_json,
    office,
    password_options,
    period_option,
    print_answers,
    print_collected_file,
    print_json,
    print_merged,
    print_table,
    talk,
)
from nq57xl.rules.codec import json_fields
from nq57xl.text.legacy import visible

if TYPE_CHECKING:
    from nq57xl.commands.collect import Collected
    from nq57xl.commands.init import ImportedAppendix
    from nq57xl.commands.standing import PeriodOverview
    from nq57xl.plan.model import Plan


@command("Tạo thư mục làm việc từ một kế hoạch.")
@click.argument("folder", metavar="THƯ_MỤC", type=FOLDER)
@click.option("--plan", metavar="KẾ_HOẠCH", help="bql-2026, sxd-2026 hoặc đường dẫn tệp phụ lục .xlsx.")
@click.option(
    "--from",
    "previous",
    type=FOLDER,
    metavar="THƯ_MỤC_CŨ",
    help="Nối tiếp thư mục làm việc năm trước: đơn vị, địa chỉ, cài đặt, mẫu riêng, việc chưa xong.",
)
@click.option(
    "--confirm",
    is_flag=True,
    help="Dùng các quyết định ở so-sanh-nam-truoc.xlsx của thư mục này: dòng nào nối tiếp dòng nào của năm trước.",
)
def _init(context: click.Context, folder: Path, plan: str | None, previous: Path | None, confirm: bool) -> None:
    """Tạo thư mục làm việc từ kế hoạch có sẵn (bql-2026, sxd-2026) hoặc từ tệp phụ lục .xlsx."""
    from nq57xl.commands.init import confirm_continued
    from nq57xl.commands.init import init as run

    if confirm != (plan is None) or (confirm and previous is not None):
        raise click.UsageError(
            "Ghi --plan KẾ_HOẠCH (thêm --from THƯ_MỤC_CŨ nếu nối tiếp năm trước), hoặc chỉ --confirm."
        )
    started = confirm_continued(environment.office_at(folder)) if plan is None else run(folder, plan, previous)
    for row in started.continued:
        told = " (năm trước đã hoàn thành)" if row.finished else ""
        click.echo(f"{row.code}: {row.new}{told}" + ("" if row.confirmed else " (chờ xác nhận)"))
    if previous is not None or confirm:
        waiting = sum(not row.confirmed for row in started.continued)
        talk(f"{len(started.continued)} dòng nối tiếp năm trước, giữ nguyên mã; {waiting} dòng chờ xác nhận.")
        talk(*(f"Việc năm trước chưa xong, kế hoạch mới không có: {text}" for text in started.unfinished))
    if started.book is not None and not confirm:
        talk(f"Mở {started.book}, xem cột «Quyết định», lưu lại, rồi chạy «nq57xl init {folder} --confirm».")
    talk(f"Đã tạo thư mục làm việc «{folder}»: {len(started.plan.tasks)} đầu việc, {len(started.plan.units)} đơn vị.")
    talk("Bước tiếp theo: xem và sửa phu-luc.xlsx, rồi chạy «nq57xl generate --period KỲ».")


@command("In kế hoạch như chương trình đã hiểu.")
@click.option(
    "--version",
    "number",
    type=int,
    metavar="SỐ",
    help="In phiên bản này của kế hoạch: 1 là bản đầu, mỗi lần điều chỉnh thêm một.",
)
@as_json
def _show(context: click.Context, number: int | None, json_: bool) -> None:
    """In kế hoạch như chương trình đã hiểu: đơn vị, đầu việc, thời hạn, chỉ tiêu."""
    from nq57xl.commands.init import show as run

    plan = run(office(context), number)
    if json_:
        print_json(plan.as_json())
    else:
        _print_plan(plan)


@command("Kiểm tra phụ lục trước khi phát hành.")
@click.option(
    "--write", is_flag=True, help="Ghi kết quả vào trang «Soát kế hoạch» của phu-luc.xlsx, có liên kết tới ô."
)
@as_json
def _lint(context: click.Context, write: bool, json_: bool) -> None:
    """Kiểm tra phụ lục: điểm phải sửa trước khi phát hành, điểm nên xem lại."""
    from nq57xl.commands import init as run
    from nq57xl.rules.findings import grouped

    if write:
        findings, kept = run.write_lint(office(context))
        talk("Trang «Soát kế hoạch» không đổi." if kept is None else f"Đã ghi trang «Soát kế hoạch»; tệp cũ ở {kept}")
    else:
        findings = office(context).lint()
    if json_:
        print_json({"findings": [finding_json(item) for item in findings]})
    elif findings:
        rows = [
            (SEVERITIES[point.severity], point.first.task or "", point.cell, point.text, point.first.fix)
            for point in grouped(findings)  # many of one pattern are one line, with the proposal for the first
        ]
        print_table(("Mức", "Mã", "Ô", "Nội dung", "Cách xử lý"), rows)
        count = Counter(SEVERITIES[item.severity].lower() for item in findings)
        talk(", ".join(f"{number} {name}" for name, number in count.items()))
    else:
        click.echo("Không có điểm nào cần sửa.")
    sys.exit(1 if any(item.severity == "error" for item in findings) else 0)


@command("Lập phụ lục từ văn bản kế hoạch.")
@click.argument("document", metavar="VĂN_BẢN", required=False, type=FILE)
@click.option(
    "--review",
    "answered",
    type=FILE,
    metavar="TỆP.xlsx",
    help="Đưa câu trả lời ở trang «Cần rà soát» của phụ lục này vào phụ lục.",
)
@click.option("-o", "--output", type=WORKBOOK, metavar="TỆP.xlsx", help="Ghi phụ lục ra tệp này.")
@as_json
def _import_(
    context: click.Context, document: Path | None, answered: Path | None, output: Path | None, json_: bool
) -> None:
    """Lập phụ lục gốc từ văn bản kế hoạch (.docx, .pdf, .txt, .xlsx, .md, .html). Mã thoát 1 nếu có ô cần rà soát."""
    from nq57xl.commands.init import import_plan, take_review

    if answered is not None and document is None:
        made = take_review(answered, output, context.obj)
    elif document is not None and answered is None:
        if output is None:
            raise click.UsageError("Thiếu «-o TỆP.xlsx»: nơi ghi phụ lục.")
        made = import_plan(document, output, environment.clock().now().date(), context.obj)
    else:
        raise click.UsageError("Cần một văn bản kế hoạch, hoặc «--review TỆP.xlsx».")
    if json_:
        review = [attrs.asdict(item) for item in made.review]
        print_json({"rows": len(made.plan.tasks), "indicators": len(made.plan.indicators), "review": review})
    else:
        _print_imported(made)
    sys.exit(1 if made.review else 0)


def _due_period(context: click.Context) -> str:
    """The period that is due, once the person at the keyboard has agreed. Raises click.UsageError otherwise."""
    from nq57xl.commands.desk import period_to_issue
    from nq57xl.errors import Nq57Error
    from nq57xl.forms.wording import deadline_in_words, period_line

    try:
        due = period_to_issue(office(context))
    except Nq57Error as error:
        raise click.UsageError(f"Thiếu --period KỲ. {error}") from error
    proposal = f"{period_line(due)}. {deadline_in_words(due.due)}."
    try:
        agreed = click.confirm(f"{proposal} Phát hành biểu mẫu kỳ này?", default=True, err=True)
    except click.Abort:
        agreed = False
    if not agreed:
        raise click.UsageError(f"Chưa chọn kỳ: kỳ đến hạn là {due.code}; ghi --period {due.code} hoặc kỳ khác.")
    return due.code


@command("Lập biểu mẫu của kỳ cho từng đơn vị.")
@period_option("hỏi, đề xuất kỳ đến hạn")
@click.option("--unit", "units", multiple=True, metavar="MÃ", help="Chỉ lập cho đơn vị này (dùng được nhiều lần).")
@click.option(
    "--with-support",
    is_flag=True,
    help="Kèm nội dung các đơn vị phối hợp đã báo cáo trong kỳ vào biểu của đơn vị chủ trì; giữ những gì đơn vị này đã "
    "nhập.",
)
@click.option(
    "--drafts/--no-drafts",
    default=True,
    show_default=True,
    help="Ghi vào thong-bao/: thư nháp kèm biểu mẫu, lời nhắn từng đơn vị, lời cho nhóm, một tệp .zip đủ biểu mẫu.",
)
def _generate(
    context: click.Context, period: str | None, units: tuple[str, ...], with_support: bool, drafts: bool
) -> None:
    """Lập và ghi nhận biểu mẫu của kỳ cho từng đơn vị; bên cạnh mỗi dòng là số liệu kỳ trước đã được nhận."""
    from nq57xl.commands.generate import generate as run
    from nq57xl.commands.generate import write_drafts

    period = period or _due_period(context)
    done = run(office(context), period, units, with_support=with_support)
    for item in done.forms:
        click.echo(str(item.path))
        if not item.is_new:
            talk(f"{item.form.unit}: không thay đổi (bản {item.form.version}).")
        elif item.changes:
            talk(f"{item.form.unit}: bản {item.form.version} – {'; '.join(item.changes)}.")
        else:
            talk(f"{item.form.unit}: phát hành lần đầu.")
    talk(f"Danh sách gửi: {done.sending_list}", f"Hạn đơn vị gửi về: {done.period.due:%d/%m/%Y}.")
    if drafts:
        made = write_drafts(office(context), period)
        talk(*made.problems)
        talk(f"{len(made.drafts)} thư nháp, {made.group.name}, {made.archive.name}: {made.archive.parent}")


@command("Nhận, kiểm tra tệp đơn vị gửi về.")
@click.argument("sources", nargs=-1, metavar="[TỆP_HOẶC_THƯ_MỤC]...", type=NamedPath())
@period_option()
@click.option("--received", type=MOMENT, metavar="NGÀY", help="Thời điểm nhận, ví dụ 2026-04-16 hoặc 2026-04-16T15:30.")
@click.option("--strict", is_flag=True, help="Mã thoát 1 nếu có tệp nào không được nhận.")
@click.option(
    "--combine",
    is_flag=True,
    help="Ô để trống được lấy từ các bản trước của cùng đơn vị trong kỳ (hai người cùng làm một báo cáo).",
)
@password_options
@as_json
def _collect(  # noqa: PLR0917 - click passes them by name
    context: click.Context,
    sources: tuple[Path, ...],
    period: str | None,
    received: datetime | None,
    strict: bool,
    combine: bool,
    passwords: tuple[str, ...],
    json_: bool,
) -> None:
    """Nhận tệp đơn vị gửi về (mặc định: thư mục inbox/), kiểm tra, ghi sổ và lập biểu trả lại."""
    from nq57xl.commands.collect import collect as run
    from nq57xl.rules.findings import ACCEPTED

    done = run(office(context), sources, period, received, passwords=passwords, combine=combine)
    if json_:
        returns = [collected_file_json(item) for item in done.returns]
        document = {"period": done.period.code, "returns": returns}
        document["period_findings"] = [finding_json(finding) for finding in done.period_findings]
        if done.signed:
            document["signed"] = [json_fields(copy, "unit file sha256 at") for copy in done.signed]
        print_json(document)
    else:
        _print_collected(done)
    print_answers(done.answers)
    fine = (*ACCEPTED, "duplicate", "superseded")
    sys.exit(1 if strict and any(item.verdict not in fine for item in done.returns) else 0)


@command("Ai đã báo cáo, ai chưa, đúng hạn hay chậm.")
@period_option()
@as_json
@click.option("--text", is_flag=True, help="In đoạn văn để dán vào tin nhắn, thư nhắc.")
def _status(context: click.Context, period: str | None, json_: bool, text: bool) -> None:
    """Ai đã báo cáo, ai chưa, đúng hạn hay chậm, còn vướng gì."""
    from nq57xl.commands.status import status as run

    here = run(office(context), period)
    if not json_ and not text:
        _print_status(here)
        return
    from nq57xl.outputs.texts import status_json, status_text

    if json_:
        print_json(status_json(here.status, here.plan, here.period))
    else:
        click.echo(status_text(here.status, here.plan, here.period, context.obj))


def _print_status(here: PeriodOverview) -> None:
    """The table of who has reported."""
    from nq57xl.text.clock import moment_words

    status = here.status
    rows = []
    for unit in status.units:
        late = "" if unit.on_time is None else ("đúng hạn" if unit.on_time else f"chậm {unit.days_late} ngày")
        late += ", nộp sau khi chốt" if unit.after_close else ""
        counts = (str(unit.errors or ""), str(unit.warnings or ""))
        rows.append((unit.code, unit.name, VERDICTS[unit.state], moment_words(unit.received_at), late, *counts))
    click.echo(f"Kỳ {here.period.title}, hạn gửi {status.due:%d/%m/%Y}")
    if status.closed_at is not None:
        click.echo(f"Số liệu đã chốt lúc {status.closed_at:%H:%M ngày %d/%m/%Y}; bản nộp sau chỉ vào phần bổ sung.")
        if here.missing_at_close:
            click.echo(f"Khi chốt còn thiếu báo cáo của: {', '.join(here.missing_at_close)}.")
    print_table(("Mã", "Đơn vị", "Tình trạng", "Nhận lúc", "Đúng hạn", "Phải sửa", "Nên xem lại"), rows)
    for copy in status.signed:
        click.echo(f"Bản ký ({copy.unit}): {copy.file}, lưu {moment_words(copy.at)}.")
    if status.reminded_at is not None:
        click.echo(f"Nhắc lần gần nhất: {moment_words(status.reminded_at)} ({', '.join(status.reminded)}).")
    for unit in status.units:
        for record in unit.excluded:
            click.echo(f"Không đưa vào tổng hợp ({unit.code}): {record.judged.source.path} – {record.excluded}")
    for record in status.unrecognised:
        click.echo(f"Không nhận ra: {record.judged.source.path} – {record.judged.findings[0].message}")
    for finding in status.period_findings:
        click.echo(f"Liên quan nhiều đơn vị: {finding.message}")
    missing = [unit.name for unit in status.units if unit.state in ("missing", "rejected")]
    short = f"Còn thiếu: {', '.join(missing)}." if missing else "Chưa đủ báo cáo của các tháng."
    click.echo("Đã đủ báo cáo." if status.complete else short)


@command("Lập báo cáo tổng hợp của kỳ.")
@period_option()
@click.option("-o", "--output", type=WORKBOOK, metavar="TỆP", help="Ghi ra tệp này.")
def _merge(context: click.Context, period: str | None, output: Path | None) -> None:
    """Lập báo cáo tổng hợp từ các báo cáo đã nhận."""
    from nq57xl.commands.merge import merge as run

    print_merged(run(office(context), period, output))


@command("Soạn lời nhắc đơn vị còn thiếu, phải sửa, cần giải trình.")
@period_option()
@click.option("--sent", is_flag=True, help="Ghi nhận đã nhắc bằng tay: các đơn vị nêu tên, hoặc mọi đơn vị còn nợ.")
@click.argument("units", metavar="[ĐƠN_VỊ]...", nargs=-1)
@as_json
def _remind(context: click.Context, period: str | None, sent: bool, units: tuple[str, ...], json_: bool) -> None:
    """Soạn lời nhắc theo ngày đang chạy: một lời cho nhóm (số lượng, tên đơn vị), một lời và một thư nháp cho từng đơn
    vị còn thiếu báo cáo, phải sửa hoặc cần giải trình, kèm biểu mẫu. Không tự gửi. Chạy lại trong ngày thì lời nhắc
    không đổi. Đã gửi bằng tay thì ghi lại bằng --sent."""
    from nq57xl.commands import remind as use

    if sent:
        names = use.note_reminded(office(context), period, units)
        if json_:
            print_json({"sent": names})
        else:
            click.echo(f"Đã ghi nhận nhắc: {', '.join(names) or 'không ai'}.")
        return
    if units:
        raise click.UsageError("Tên đơn vị chỉ dùng cùng --sent.")
    done = use.remind(office(context), period)
    talk(*done.problems)
    if json_:
        owing = []
        for item in done.units:
            draft = str(item.draft) if item.draft else None
            files = {"text": str(item.text), "draft": draft, "attached": item.unit.file or None}
            owing.append(json_fields(item.unit, "code name owes points") | files)
        when = {"period": done.period.code, "day": done.day.isoformat(), "due": done.period.due.isoformat()}
        told = {"reminding_days": [day.isoformat() for day in done.days], "group": done.group, "units": owing}
        print_json({**when, **told, "notice": str(done.notice) if done.notice else None})
        return
    click.echo(done.group.rstrip())
    talk(*(f"{item.unit.name}: {item.draft or item.text}" for item in done.units))
    if done.notice is not None:
        talk(f"Văn bản nhắc chung: {done.notice}")
    if done.day not in done.days:
        later = f"; ngày nhắc tới là {done.next_day:%d/%m/%Y}" if done.next_day else ""
        talk(f"Hôm nay không phải ngày nhắc theo lịch của kỳ{later}.")


@command("Lịch báo cáo của năm (.xlsx, .ics).")
@click.argument("year", metavar="[NĂM]", type=click.IntRange(2000, 2099), required=False)
@as_json
def _calendar(context: click.Context, year: int | None, json_: bool) -> None:
    """In lịch báo cáo của năm: ngày chốt số liệu, hạn của đơn vị, hạn của cơ quan cho từng tháng, quý, sáu tháng, chín
    tháng, năm; ghi ra tệp Excel để in và tệp .ics để đưa vào lịch điện thoại, thư. Ngày nghỉ hoán đổi, cách chuyển hạn
    trùng ngày nghỉ đặt ở trang Kế hoạch của phu-luc.xlsx."""
    from nq57xl.commands.remind import year_calendar

    done = year_calendar(office(context), year)
    talk(*done.problems)
    if json_:
        periods = [json_fields(item.period, "code title start cutoff due report_due") for item in done.lines]
        print_json({"year": done.year, "periods": periods, "files": [str(path) for path in done.files]})
        return
    rows = [(one.period.title, *one.days, one.note) for one in done.lines]
    headings = ("Kỳ", "Chốt số liệu", "Hạn đơn vị", "Hạn cơ quan", "Ghi chú")
    print_table(headings, rows, f"Lịch báo cáo năm {done.year}")
    talk(*(f"Đã ghi {path}" for path in done.files))


@command("Chạy thử cả vòng với số liệu giả định.")
@click.argument("folder", metavar="[THƯ_MỤC]", required=False, type=FOLDER)
@click.option(
    "--province",
    is_flag=True,
    help="Hai cấp: một tỉnh, 6 cơ quan, mỗi cơ quan 4 đến 8 đơn vị, ba tháng (mặc định trong out/demo-tinh, vài phút).",
)
def _demo(_context: click.Context, folder: Path | None, province: bool) -> None:
    """Chạy thử cả vòng với số liệu giả định của hai kế hoạch có sẵn."""
    if province:
        _tell_province(folder or Path("out") / "demo-tinh")
    else:
        _tell_demo(folder or Path("out") / "demo")


def _tell_demo(folder: Path) -> None:
    """Plays the demo in `folder`, and ends with the paths of the consolidated workbooks."""
    from rich.rule import Rule

    from nq57xl.commands.collect import Collected
    from nq57xl.commands.demo import demo
    from nq57xl.commands.generate import Generated
    from nq57xl.commands.merge import Merged
    from nq57xl.commands.standing import PeriodOverview
    from nq57xl.rules.findings import to_answer

    out = console()
    reports: list[Path] = []
    plan, step = "", 0
    for scene in demo(folder):
        if scene.plan != plan:
            plan, step = scene.plan, 0
            out.print(Rule(f"Kế hoạch {plan}"))
        step += 1
        out.print(f"{step:2d}. {scene.title}")
        lines: list[str] = []
        match scene.outcome:
            case Generated(forms=forms):
                lines = [f"{item.form.unit_name}: {item.path.name}" for item in forms]
            case Collected(returns=returns, answers=answers):
                for item in returns:
                    lines.append(f"{VERDICTS[item.verdict]}: {Path(item.source.path).name}")
                    lines += [f"  – {point.cell} {point.text} {point.fix}" for point in to_answer(item.findings)]
                lines += [f"Biểu trả lại: {path.name}" for path in answers.sent_back]
            case Path() as path:
                lines = [str(path)]
            case PeriodOverview() as overview:
                _print_status(overview)
            case Merged(outputs=outputs):
                reports += outputs
        for line in lines:
            out.print(f"      {line}")
    out.print(Rule("Báo cáo tổng hợp"))
    for path in reports:
        out.print(str(path), soft_wrap=True)


def _tell_province(folder: Path) -> None:
    """Plays the province in `folder`, and ends with the paths of its consolidated workbooks."""
    from nq57xl.commands.collect import Collected
    from nq57xl.commands.demo import PROVINCE, ProvincePlay
    from nq57xl.commands.merge import Merged
    from nq57xl.commands.upward import UpwardReport
    from nq57xl.rules.findings import ACCEPTED

    reports: list[Path] = []
    for number, step in enumerate(ProvincePlay(folder).scenes(), start=1):
        told, outcome = "", step.outcome
        if isinstance(outcome, Collected):
            taken = sum(item.verdict in ACCEPTED for item in outcome.returns)
            told = f": nhận {taken}/{len(outcome.returns)} báo cáo"
        elif isinstance(outcome, UpwardReport):
            told = f": {outcome.filled} ô, còn {len(outcome.points)} điểm cần người xử lý"
        elif isinstance(outcome, Merged) and outcome.report.is_relative_to(folder / PROVINCE):
            reports.append(outcome.report)
        console().print(f"{number:3d}. {step.title}{told}")
    for path in reports:
        console().print(str(path), soft_wrap=True)


def _print_imported(made: ImportedAppendix) -> None:
    """How much was read, and what to look at."""
    talk(f"Đã ghi «{made.output}»: {len(made.plan.tasks)} đầu việc, {len(made.plan.indicators)} chỉ tiêu.")
    if not made.review:
        talk("Không có ô nào cần rà soát.")
        return
    rows = []
    for item in made.review[:_SHOWN]:
        value = item.value if len(item.value) <= 60 else f"{item.value[:59]}…"
        rows.append((item.sheet or "–", item.cell, item.task, item.source, item.reason, value))
    print_table(("Trang", "Ô", "Mã", "Nguồn", "Cần xem vì", "Nội dung đang ghi"), rows)
    rest = len(made.review) - _SHOWN
    more = f" (còn {rest} chỗ nữa không in ở đây)" if rest > 0 else ""
    talk(f"Cần rà soát {len(made.review)} chỗ{more}: xem trang «Cần rà soát» của {made.output.name}.")


_SHOWN = 40
_DATELESS = {"done": "đã thực hiện", "ongoing": "thường xuyên"}


def _print_plan(plan: Plan) -> None:
    """The plan as tables."""
    click.echo(f"{plan.properties.title} ({plan.properties.id})")
    units = [(unit.code, unit.name, "; ".join(unit.aliases), "có" if unit.external else "") for unit in plan.units]
    print_table(("Mã", "Đơn vị", "Tên khác", "Ngoài cơ quan"), units, "Đơn vị")
    tasks = []
    for task in plan.tasks:
        due = f"{task.due:%d/%m/%Y}" if task.due else _DATELESS.get(task.deadline.kind, "không xác định")
        who = (", ".join(task.lead_units), ", ".join(task.support_units))
        tasks.append((task.code, task.subtask or task.task, *who, task.deadline.text, due))
    print_table(("Mã", "Nhiệm vụ", "Chủ trì", "Phối hợp", "Thời hạn", "Ngày hạn"), tasks, "Đầu việc")
    indicators = [
        (item.code, item.indicator, item.unit, item.target.text, ", ".join(item.lead_units)) for item in plan.indicators
    ]
    if indicators:
        print_table(("Mã", "Chỉ tiêu", "Đơn vị tính", "Mục tiêu", "Theo dõi"), indicators, "Chỉ tiêu")


def _print_collected(done: Collected) -> None:
    """One line for each new file, the number of those that were known, then what has to be answered."""
    known = [item for item in done.returns if item.verdict == "duplicate"]
    for item in done.returns:
        if item.verdict != "duplicate":
            print_collected_file(item)
    if known:
        click.echo(f"Đã nhận từ trước, không xét lại: {len(known)} tệp.")
    for copy in done.signed:
        click.echo(visible(f"Bản ký của {copy.unit}: {copy.file}"))
    if not done.returns and not done.signed:
        talk("Không có tệp nào để nhận.")
    for finding in done.period_findings:
        click.echo(f"Liên quan nhiều đơn vị: {finding.message} {finding.fix}")
    for path in done.answers.sent_back:
        talk(f"Biểu trả lại đơn vị: {path}")
    if any(finding.code == "LOST_FROM_EARLIER" for item in done.returns for finding in item.findings):
        talk("Có bản để trống những ô bản trước đã nhập; nếu là hai nửa của một báo cáo: «nq57xl collect --combine».")
