"""exclude, readmit, received, take, recheck, waive, log, check: on returns that came in, and what is printed of it."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nq57xl.cli.options import (
    MOMENT,
    NamedPath,
    answer,
    as_json,
    command,
    office,
    password_options,
    period_option,
    print_table,
    talk,
)
from nq57xl.cli.printing import VERDICTS, collected_file_json, finding_json, print_collected_file, print_problems
from nq57xl.rules.codec import json_fields

if TYPE_CHECKING:
    from nq57xl.commands.collect import Checked
    from nq57xl.commands.decide import Decided, RecheckRun
    from nq57xl.ledger.base import Event
    from nq57xl.ledger.decisions import DecisionKind, Waiver

_DECISIONS: dict[DecisionKind, tuple[str, str, str, str]] = {
    "exclude": (
        "Để một báo cáo ra ngoài bản tổng hợp.",
        "Để một báo cáo ra ngoài bản tổng hợp; đơn vị trở về báo cáo trước đó, nếu có.",
        "Đã để ra ngoài bản tổng hợp",
        "Không thay đổi gì, báo cáo đã ở ngoài bản tổng hợp từ trước",
    ),
    "readmit": (
        "Đưa báo cáo đã để ngoài trở lại.",
        "Đưa báo cáo đã để ra ngoài trở lại bản tổng hợp.",
        "Đã đưa trở lại bản tổng hợp",
        "Không thay đổi gì, báo cáo không bị để ra ngoài",
    ),
    "received": (
        "Đính chính thời điểm nhận.",
        "Đính chính thời điểm nhận của một báo cáo: đúng hạn hay chậm, bản nào mới hơn được tính lại.",
        "Đã đính chính thời điểm nhận",
        "Không thay đổi gì, thời điểm nhận đã đúng như vậy",
    ),
    "take": (
        "Nhận thay một báo cáo bị trả lại.",
        "Đơn vị tổng hợp tự chịu trách nhiệm nhận một báo cáo bị trả lại (ngày cuối, không liên hệ được đơn vị): ô có "
        "lỗi coi như để trống và được nêu tên.",
        "Đã nhận thay đơn vị, ô có lỗi coi như để trống",
        "Không thay đổi gì, báo cáo đã được nhận thay từ trước",
    ),
}
"""Short help and help of the command; what is told when the decision changed something, and when it did not."""
_MOMENT = "%d/%m/%Y %H:%M"


def _tell_decided(done: Decided) -> None:
    from nq57xl.text.clock import moment_words

    source = done.record.judged.source
    told = _DECISIONS[done.kind][2 if done.changed else 3]
    click.echo(f"{told}: {source.path} (kỳ {done.record.period})")
    click.echo(f"   Thời điểm nhận: {moment_words(source.received_at)}; mã băm {source.sha256[:10]}.")
    if (unit := done.unit) is not None:
        counts = f", theo {unit.file}" if unit.counting is not None else ""
        click.echo(f"   {unit.name}: {VERDICTS[unit.state]}{counts}.")


def _decided_json(done: Decided) -> dict[str, Any]:
    """One decision: which return, whether anything changed, and where its unit stands now."""
    record, unit, source = done.record, done.unit, done.record.judged.source
    which = {"period": record.period, "file": source.path, "sha256": source.sha256, "unit": record.judged.unit}
    stands = {
        "excluded": record.excluded or None,
        "state": unit.state if unit else None,
        "counting": unit.counting.judged.source.sha256 if unit and unit.counting else None,
    }
    how = json_fields(source, "received_at received_basis")
    return {"decision": done.kind, "changed": done.changed} | which | how | stands


def _tell_events(events: tuple[Event, ...]) -> None:
    """One line for each event, then what it is about."""
    from nq57xl.commands.log import event_in_words

    if not events:
        click.echo("Chưa có việc nào được ghi.")
    for event in events:
        who = event.who or "không rõ người dùng"
        click.echo(f"{event.at:{_MOMENT}} – {who}: {event_in_words(event)}")


def _checked_json(done: Checked) -> dict[str, Any]:
    """`check --json`: as `collect --json`, and whether the ledger has the file already."""
    returns = [collected_file_json(item) | {"recorded": item.source.sha256 in done.recorded} for item in done.returns]
    return {"period": done.period.code, "returns": returns}


def _tell_checked(done: Checked) -> None:
    """The verdicts; that nothing was recorded goes to stderr."""
    for item in done.returns:
        print_collected_file(item)
        if item.source.sha256 in done.recorded:
            click.echo("   Tệp này đã được ghi nhận từ trước.")
    if done.marked is not None:
        talk(f"Biểu đã đánh dấu: {done.marked}")
    talk(f"Chỉ kiểm tra thử cho {done.period.title}; chưa ghi nhận gì.")


_reason = click.option("--reason", required=True, metavar="LÝ_DO", help="Lý do, được ghi vào nhật ký.")


_NAMED = (
    "BÁO_CÁO là mã đơn vị (báo cáo được nhận gần nhất của đơn vị trong kỳ của --period), tên tệp như lệnh collect đã "
    "in, hoặc ít nhất 6 ký tự đầu của mã băm."
)


def _add_decision(kind: DecisionKind, short_help: str, help: str) -> None:
    """The command of a decision, which needs the return, the period, the reason; and the moment that it puts right."""

    @command(short_help, name=kind, more=f"{help} {_NAMED}")
    @click.argument("wanted", metavar="BÁO_CÁO")
    @period_option()
    @_reason
    @as_json
    def _run(
        context: click.Context, *, wanted: str, period: str | None, reason: str, json_: bool, at: datetime | None = None
    ) -> None:
        from nq57xl.commands.decide import decide

        done = decide(office(context), kind, wanted, period, reason, at=at)
        print_problems(done.problems)
        answer(done, json_, _decided_json, _tell_decided)

    if kind == "received":
        help = "Thời điểm đúng: 2026-04-16T08:00."
        _run.params.insert(2, click.Option(["--at"], required=True, type=MOMENT, metavar="NGÀY", help=help))


for _kind, _words in _DECISIONS.items():
    _add_decision(_kind, *_words[:2])


_OUTCOMES = {
    "unchanged": "không đổi",
    "counts": "đã ghi nhận kết quả mới",
    "proposed": "chờ xác nhận bằng --confirm",
    "missing": "không còn trong archive/",
}


def _rechecked_json(done: RecheckRun) -> dict[str, Any]:
    """One line for each return: the verdict before and now, and what became of it."""
    returns = []
    for item in done.returns:
        judged, now = item.record.judged, item.now
        which = {"file": judged.source.path, "sha256": judged.source.sha256, "unit": judged.unit}
        verdicts = {"before": judged.verdict, "verdict": now.verdict if now else None, "outcome": item.outcome}
        found = [finding_json(finding) for finding in now.findings] if now else []
        returns.append({**which, **verdicts, "findings": found})
    return {"period": done.period.code, "returns": returns}


@command("Chấm lại báo cáo đã lưu.", more=_NAMED)
@click.argument("wanted", metavar="[BÁO_CÁO]", required=False)
@period_option()
@_reason
@click.option("--confirm", is_flag=True, help="Ghi nhận cả những kết quả chỉ được đề xuất.")
@as_json
def _recheck(  # noqa: PLR0917 - click passes them by name
    context: click.Context, wanted: str | None, period: str | None, reason: str, confirm: bool, json_: bool
) -> None:
    """Chấm lại báo cáo đã lưu bằng chương trình hiện nay: kết quả tốt hơn được ghi nhận; kết quả xấu hơn, hoặc làm thay
    đổi số liệu đã nhận, chỉ được đề xuất cho đến khi có --confirm. Không ghi BÁO_CÁO: cả kỳ."""
    from nq57xl.commands.decide import recheck as run

    done = run(office(context), wanted, period, reason, confirm=confirm)
    print_problems(done.problems)
    answer(done, json_, _rechecked_json, _tell_rechecked)


def _tell_rechecked(done: RecheckRun) -> None:
    for item in done.returns:
        was = item.record.judged.verdict
        verdict = VERDICTS[item.now.verdict if item.now else was]
        click.echo(f"{item.record.judged.source.path}: {VERDICTS[was]} → {verdict} ({_OUTCOMES[item.outcome]})")
    if not done.returns:
        talk("Kỳ này chưa có báo cáo nào để chấm lại.")


@command("Đối chiếu sổ, bản lưu và kết quả.")
@as_json
def _verify(context: click.Context, json_: bool) -> None:
    """Đối chiếu sổ dữ liệu, các tệp đã lưu và các tệp đã lập: mọi mã băm, mọi tham chiếu; nêu cái gì thiếu và lấy lại
    từ đâu. Mã thoát 1 nếu có chỗ không khớp."""
    from nq57xl.commands.backup import verify as run

    done = run(office(context))

    def tell(_: object) -> None:
        for line in done.problems:
            click.echo(line)
        for line in done.notes:
            talk(line)
        talk(f"Đã đối chiếu {done.files} tệp đã lưu, {done.outputs} tệp đã lập.")
        click.echo("Có chỗ không khớp, xem ở trên." if done.problems else "Sổ, bản lưu và kết quả khớp nhau.")

    answer(done, json_, lambda found: json_fields(found, "files outputs problems notes"), tell)
    sys.exit(1 if done.problems else 0)


@command("Nhật ký: ai đã làm gì, khi nào, vì sao.")
@period_option("mọi kỳ")
@click.option("--last", type=click.IntRange(min=1), metavar="SỐ", help="Chỉ in chừng này việc gần nhất.")
@as_json
def _log(context: click.Context, period: str | None, last: int | None, json_: bool) -> None:
    """In nhật ký của thư mục làm việc: ai đã làm gì, khi nào, vì sao; việc cũ trước, việc mới sau."""
    from nq57xl.commands.log import events

    found = events(office(context), period, last)
    answer(found, json_, _events_json, _tell_events)


def _events_json(found: tuple[Event, ...]) -> dict[str, Any]:
    return {"events": [json_fields(item, "id at who what detail") for item in found]}


@command("Kiểm tra thử một tệp, không ghi nhận.")
@click.argument("file", metavar="TỆP", type=NamedPath())
@period_option()
@click.option("--out", "output", type=NamedPath(dir_okay=False), metavar="TỆP", help="Ghi biểu đã đánh dấu ra tệp này.")
@password_options
@as_json
def _check(  # noqa: PLR0917 - click passes them by name
    context: click.Context, file: Path, period: str | None, output: Path | None, passwords: tuple[str, ...], json_: bool
) -> None:
    """Kiểm tra thử một tệp như lệnh collect sẽ làm, không ghi nhận gì vào thư mục làm việc. Mã thoát 0 nếu tệp sẽ được
    nhận, 1 nếu không."""
    from nq57xl.commands.collect import check_file

    done = check_file(office(context), file, period, passwords=passwords, output=output)
    answer(done, json_, _checked_json, _tell_checked)
    sys.exit(0 if done.accepted else 1)


@command("Ghi ý kiến về một ô của báo cáo.", more=_NAMED)
@click.argument("wanted", metavar="[BÁO_CÁO]", required=False)
@period_option()
@click.option("--task", default="", metavar="MÃ_DÒNG", help="Đầu việc hoặc chỉ tiêu.")
@click.option("--cell", default="", metavar="Ô", help="Tên cột («Kết quả trong kỳ»), hoặc ô («1. Kết quả!K7»).")
@click.option("--text", default="", metavar="Ý_KIẾN", help="Lời gửi đơn vị.")
@as_json
def _remark(  # noqa: PLR0917 - click passes them by name
    context: click.Context, wanted: str | None, period: str | None, task: str, cell: str, text: str, json_: bool
) -> None:
    """Ghi ý kiến của đơn vị tổng hợp về một ô: ý kiến đi cùng biểu trả lại, còn nguyên cho đến khi đơn vị sửa ô hoặc
    giải trình trên dòng. Không ghi BÁO_CÁO: lấy các ý kiến đã ghi ở trang «Ý kiến» của kiem-tra.xlsx."""
    from nq57xl.commands.remarks import read_remarks, remark

    if wanted and cell and text:
        done = remark(office(context), wanted, period, text, (task, cell))
    elif wanted or cell or text:
        raise click.UsageError("Cần BÁO_CÁO, --cell và --text; hoặc không ghi gì để lấy ý kiến trong kiem-tra.xlsx.")
    else:
        done = read_remarks(office(context), period)
    for problem in done.problems:
        talk(problem)
    told = f"Đã ghi nhận {done.recorded} ý kiến." if done.recorded else "Không có ý kiến nào mới."
    answer(done, json_, lambda found: json_fields(found, "recorded problems"), lambda _: click.echo(told))


def _waiver_json(item: Waiver) -> dict[str, Any]:
    return json_fields(item, "id unit code task field since until reason at who") | {"ended": item.ended or None}


def _print_waivers(found: tuple[Waiver, ...]) -> None:
    from nq57xl.plan.periods import title_of

    if not found:
        click.echo("Chưa miễn giải trình điểm nên xem lại nào.")
        return
    rows = []
    for item in found:
        until, ended = title_of(item.until), title_of(item.ended) if item.ended else ""
        where = (item.task or "mọi dòng", item.field or "mọi ô")
        rows.append((str(item.id), item.unit, item.code, *where, title_of(item.since), until, item.reason, ended))
    headings = ("Số", "Đơn vị", "Nên xem lại", "Mã dòng", "Trường", "Từ kỳ", "Đến hết kỳ", "Lý do", "Chấm dứt từ")
    print_table(headings, rows)


@command("Miễn giải trình một điểm nên xem lại.")
@click.argument("unit", metavar="[ĐƠN_VỊ]", required=False)
@click.argument("code", metavar="[MÃ]", required=False)
@click.option("--task", default="", metavar="MÃ_DÒNG", help="Chỉ một đầu việc hoặc chỉ tiêu.")
@click.option("--field", default="", metavar="TRƯỜNG", help="Chỉ một ô của dòng: percent, result, value …")
@click.option("--until", metavar="KỲ", help="Kỳ cuối cùng được miễn: 2026-06, 2026-Q2, 2026 …")
@click.option("--reason", default="", metavar="LÝ_DO", help="Lý do, được ghi vào nhật ký.")
@click.option("--list", "listed", is_flag=True, help="In danh sách những điểm nên xem lại được miễn.")
@click.option("--end", type=click.IntRange(min=1), metavar="SỐ", help="Chấm dứt việc miễn mang số đó, từ kỳ này.")
@as_json
def _waive(  # noqa: PLR0917 - click passes them by name
    context: click.Context,
    unit: str | None,
    code: str | None,
    task: str,
    field: str,
    until: str | None,
    reason: str,
    listed: bool,
    end: int | None,
    json_: bool,
) -> None:
    """Điểm nên xem lại mà đơn vị đã giải trình ổn định thì không hỏi lại nữa: vẫn hiện, ghi rõ được miễn, đến hết kỳ
    của --until; báo cáo không còn điểm nên xem lại nào khác được chấp nhận hẳn. Điểm phải sửa thì không miễn. MÃ lấy
    trong «collect --json» hoặc kiem-tra.xlsx."""
    from nq57xl.commands import decide as use

    if listed:
        found = use.waivers(office(context))
        answer(found, json_, lambda items: {"waivers": [_waiver_json(item) for item in items]}, _print_waivers)
        return
    if end is not None:
        done = use.end_waiver(office(context), end, reason)
    elif unit and code and until:
        done = use.waive(office(context), unit, code, until, reason, task=task, field=field)
    else:
        raise click.UsageError("Cần ĐƠN_VỊ, MÃ điểm nên xem lại, --until và --reason; hoặc --list; hoặc --end SỐ.")
    print_problems(done.problems)
    told = (
        f"Đã miễn giải trình, số {done.waiver.id}: áp dụng cho {done.covered} điểm nên xem lại đang có."
        if end is None
        else f"Đã chấm dứt việc miễn giải trình số {end} (lần miễn đó từng áp dụng từ kỳ {done.waiver.since})."
    )
    answer(done, json_, lambda one: _waiver_json(one.waiver) | {"covered": one.covered}, lambda _: click.echo(told))
