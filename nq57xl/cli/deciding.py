"""exclude, readmit, received, take, recheck, waive, remark, check, verify, log, amend, edits, close.

What the office decides on returns that came in, on the plan, by its own hand, at the end of a period."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from nq57xl.cli.terminal import (
    FILE,
    MOMENT,
    VERDICTS,
    WORKBOOK,
    NamedPath,
    as_json,
    collected_file_json,
    command,
    finding_json,
    office,
    password_options,
    period_option,
    print_collected_file,
    print_json,
    print_merged,
    print_problems,
    print_table,
    talk,
)
from nq57xl.rules.codec import json_fields

if TYPE_CHECKING:
    from nq57xl.commands.amend import Amended
    from nq57xl.commands.decide import Decided
    from nq57xl.ledger.decisions import DecisionKind, Waiver
    from nq57xl.plan.model import Amendment, PlanRowChange

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


def _tell_decided(done: Decided, json_: bool) -> None:
    """One decision: which return, whether anything changed, and where its unit stands now."""
    from nq57xl.text.clock import moment_words

    record, unit, source = done.record, done.unit, done.record.judged.source
    if json_:
        which = {"period": record.period, "file": source.path, "sha256": source.sha256, "unit": record.judged.unit}
        stands = {
            "excluded": record.excluded or None,
            "state": unit.state if unit else None,
            "counting": unit.counting.judged.source.sha256 if unit and unit.counting else None,
        }
        how = json_fields(source, "received_at received_basis")
        print_json({"decision": done.kind, "changed": done.changed} | which | how | stands)
        return
    told = _DECISIONS[done.kind][2 if done.changed else 3]
    click.echo(f"{told}: {source.path} (kỳ {record.period})")
    click.echo(f"   Thời điểm nhận: {moment_words(source.received_at)}; mã băm {source.sha256[:10]}.")
    if unit is not None:
        counts = f", theo {unit.file}" if unit.counting is not None else ""
        click.echo(f"   {unit.name}: {VERDICTS[unit.state]}{counts}.")


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
        _tell_decided(done, json_)

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
    if json_:
        returns = []
        for item in done.returns:
            judged, now = item.record.judged, item.now
            which = {"file": judged.source.path, "sha256": judged.source.sha256, "unit": judged.unit}
            verdicts = {"before": judged.verdict, "verdict": now.verdict if now else None, "outcome": item.outcome}
            found = [finding_json(finding) for finding in now.findings] if now else []
            returns.append({**which, **verdicts, "findings": found})
        print_json({"period": done.period.code, "returns": returns})
        return
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
    if json_:
        print_json(json_fields(done, "files outputs problems notes"))
    else:
        for line in done.problems:
            click.echo(line)
        talk(*done.notes, f"Đã đối chiếu {done.files} tệp đã lưu, {done.outputs} tệp đã lập.")
        click.echo("Có chỗ không khớp, xem ở trên." if done.problems else "Sổ, bản lưu và kết quả khớp nhau.")
    sys.exit(1 if done.problems else 0)


@command("Nhật ký: ai đã làm gì, khi nào, vì sao.")
@period_option("mọi kỳ")
@click.option("--last", type=click.IntRange(min=1), metavar="SỐ", help="Chỉ in chừng này việc gần nhất.")
@as_json
def _log(context: click.Context, period: str | None, last: int | None, json_: bool) -> None:
    """In nhật ký của thư mục làm việc: ai đã làm gì, khi nào, vì sao; việc cũ trước, việc mới sau."""
    from nq57xl.commands.status import event_in_words, events

    found = events(office(context), period, last)
    if json_:
        print_json({"events": [json_fields(item, "id at who what detail") for item in found]})
        return
    if not found:
        click.echo("Chưa có việc nào được ghi.")
    for event in found:
        who = event.who or "không rõ người dùng"
        click.echo(f"{event.at:%d/%m/%Y %H:%M} – {who}: {event_in_words(event)}")


@command("Kiểm tra thử một tệp, không ghi nhận.")
@click.argument("file", metavar="TỆP", type=NamedPath())
@period_option()
@click.option("--out", "output", type=WORKBOOK, metavar="TỆP", help="Ghi biểu đã đánh dấu ra tệp này.")
@password_options
@as_json
def _check(  # noqa: PLR0917 - click passes them by name
    context: click.Context, file: Path, period: str | None, output: Path | None, passwords: tuple[str, ...], json_: bool
) -> None:
    """Kiểm tra thử một tệp như lệnh collect sẽ làm, không ghi nhận gì vào thư mục làm việc. Mã thoát 0 nếu tệp sẽ được
    nhận, 1 nếu không."""
    from nq57xl.commands.collect import check_file

    done = check_file(office(context), file, period, passwords=passwords, output=output)
    if json_:  # as `collect --json`, and whether the ledger has the file already
        returns = [
            collected_file_json(item) | {"recorded": item.source.sha256 in done.recorded} for item in done.returns
        ]
        print_json({"period": done.period.code, "returns": returns})
    else:
        for item in done.returns:
            print_collected_file(item)
            if item.source.sha256 in done.recorded:
                click.echo("   Tệp này đã được ghi nhận từ trước.")
        if done.marked is not None:
            talk(f"Biểu đã đánh dấu: {done.marked}")
        talk(f"Chỉ kiểm tra thử cho {done.period.title}; chưa ghi nhận gì.")
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
    talk(*done.problems)
    if json_:
        print_json(json_fields(done, "recorded problems"))
    else:
        click.echo(f"Đã ghi nhận {done.recorded} ý kiến." if done.recorded else "Không có ý kiến nào mới.")


def _waiver_json(item: Waiver) -> dict[str, Any]:
    return json_fields(item, "id unit code task field since until reason at who") | {"ended": item.ended or None}


def _tell_waivers(found: tuple[Waiver, ...], json_: bool) -> None:
    from nq57xl.plan.periods import title_of

    if json_:
        print_json({"waivers": [_waiver_json(item) for item in found]})
        return
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
        _tell_waivers(use.waivers(office(context)), json_)
        return
    if end is not None:
        done = use.end_waiver(office(context), end, reason)
    elif unit and code and until:
        done = use.waive(office(context), unit, code, until, reason, task=task, field=field)
    else:
        raise click.UsageError("Cần ĐƠN_VỊ, MÃ điểm nên xem lại, --until và --reason; hoặc --list; hoặc --end SỐ.")
    print_problems(done.problems)
    if json_:
        print_json(_waiver_json(done.waiver) | {"covered": done.covered})
    elif end is None:
        covered = f"áp dụng cho {done.covered} điểm nên xem lại đang có"
        click.echo(f"Đã miễn giải trình, số {done.waiver.id}: {covered}.")
    else:
        since = f"lần miễn đó từng áp dụng từ kỳ {done.waiver.since}"
        click.echo(f"Đã chấm dứt việc miễn giải trình số {end} ({since}).")


def _amended_json(done: Amended) -> dict[str, Any]:
    """`amend --json`: every row of which something is to be said, and what is written where."""
    rows: dict[str, list[dict[str, Any]]] = {"tasks": [], "indicators": []}
    for row in done.comparison.changes:
        how = {"similarity": round(row.similarity, 3), "text": _wording(done, row)}
        changes = {"changes": [attrs.asdict(item) for item in row.fields]}
        rows[row.table].append(json_fields(row, "code kinds") | how | changes)
    return {
        "effective": done.effective_from.isoformat(),
        "applied": done.applied,
        "already": done.already,
        "file": None if done.file is None else str(done.file),
        "general": [attrs.asdict(item) for item in done.comparison.general],
        **rows,
        "unchanged": sum(not row.kinds for row in done.comparison.rows),
        "periods": list(done.periods),
        "review": [attrs.asdict(item) for item in done.review],
    }


def _wording(done: Amended, row: PlanRowChange) -> str:
    """The row in its new wording; in the old one where the new plan does not have it."""
    found = done.comparison.after(row) or done.comparison.before(row)
    return found.line() if found is not None else ""


def _print_amended(done: Amended) -> None:
    """The comparison as a table, and what to do next."""
    from nq57xl.plan.appendix import SHEETS

    if done.file is None and not done.already:
        click.echo("Bản mới không khác phụ lục đang dùng; không ghi gì.")
        return
    if done.already:
        click.echo(f"Bản điều chỉnh này đã được áp dụng từ trước, hiệu lực từ {done.effective_from:%d/%m/%Y}.")
    else:
        for item in done.comparison.general:
            click.echo(f"{item.title}: {item.before or '(chưa có)'} → {item.after or '(không còn)'}")
        rows = []
        for row in done.comparison.changes:
            if row.kinds != ("kept",):
                likeness = f"{row.similarity:.0%}" if row.code is not None and row.index is not None else ""
                moved = (f"{one.title}: {one.before or '(trống)'} → {one.after or '(trống)'}" for one in row.fields)
                words = (row.words, likeness, _wording(done, row), "\n".join(moved))
                rows.append((SHEETS[row.table].title, row.code or "mới", *words))
        print_table(("Bảng", "Mã", "Khác biệt", "Giống nhau", "Nội dung", "Trước → sau"), rows)
    for table in ("tasks", "indicators"):
        if told := done.comparison.counts_in_words(table):
            talk(f"{SHEETS[table].title}: {told}.")
    if done.already:
        return
    if done.review:
        talk(f"Văn bản còn {len(done.review)} ô cần rà soát (trang «Cần rà soát» của phụ lục mới).")
    if not done.applied:
        talk(f"Chưa thay đổi gì. Bảng so sánh, hiệu lực từ {done.effective_from:%d/%m/%Y}: {done.file}")
        talk(f'Xem, sửa cột Quyết định nếu cần, rồi chạy: nq57xl amend --confirm "{done.file}"')
        return
    talk(f"Đã áp dụng từ {done.effective_from:%d/%m/%Y}; phụ lục cũ lưu ở {done.file}")
    if done.periods:
        talk(f"Các kỳ đã phát hành cần phát hành lại biểu mẫu: {', '.join(done.periods)}.")


def _tell_history(found: Sequence[Amendment], json_: bool) -> None:
    """The versions of the plan with the day from which each holds."""
    if json_:
        amendments = [
            {
                "version": number,
                "effective": item.effective_from.isoformat(),
                **json_fields(item, "document sha256 at who"),
                "rows": [json_fields(row, "table code kinds") for row in item.rows],
            }
            for number, item in enumerate(found, 2)
        ]
        print_json({"amendments": amendments})
        return
    if not found:
        click.echo("Kế hoạch chưa được điều chỉnh lần nào.")
        return
    rows = [("1", "", "", "", "", "bản đầu")]
    for number, item in enumerate(found, 2):
        day, at = f"{item.effective_from:%d/%m/%Y}", f"{item.at:%d/%m/%Y %H:%M}"
        rows.append((str(number), day, item.document, at, item.who, item.counts_in_words))
    print_table(("Phiên bản", "Hiệu lực từ", "Văn bản", "Ghi nhận lúc", "Người thực hiện", "Thay đổi"), rows)


@command("Điều chỉnh kế hoạch: so sánh, xác nhận, áp dụng.")
@click.argument("document", metavar="[VĂN_BẢN]", required=False, type=FILE)
@click.option(
    "--effective",
    type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]),
    metavar="NGÀY",
    help="Ngày hiệu lực của bản điều chỉnh, ví dụ 2026-07-01 (mặc định khi so sánh: ngày của văn bản, hoặc hôm nay).",
)
@click.option("--yes", is_flag=True, help="Áp dụng ngay, không qua bảng so sánh.")
@click.option(
    "--confirm",
    "comparison",
    type=FILE,
    metavar="TỆP",
    help="Áp dụng theo bảng so sánh đã xem (và sửa cột Quyết định nếu cần).",
)
@click.option(
    "--partial", is_flag=True, help="Văn bản chỉ sửa một phần: đầu việc không có trong văn bản thì giữ nguyên."
)
@click.option("--history", "show_history", is_flag=True, help="In các lần điều chỉnh đã áp dụng.")
@as_json
def _amend(  # noqa: PLR0917 - click passes them by name
    context: click.Context,
    document: Path | None,
    effective: datetime | None,
    yes: bool,
    comparison: Path | None,
    partial: bool,
    show_history: bool,
    json_: bool,
) -> None:
    """So sánh phụ lục mới (hoặc văn bản điều chỉnh) với phụ lục đang dùng và lập bảng so-sanh-ke-hoach.xlsx; với --yes
    hoặc --confirm thì áp dụng: mã đầu việc giữ nguyên, phụ lục cũ lưu ở backup/, sổ ghi phiên bản và ngày hiệu lực."""
    from nq57xl.commands import amend as run

    here = office(context)
    if show_history:
        _tell_history(run.applied_amendments(here), json_)
        return
    day = effective.date() if effective else None
    if comparison is not None:
        done = run.confirm_amendment(here, comparison, document, day)
    elif document is None:
        raise click.UsageError("Cần văn bản mới, hoặc --confirm TỆP, hoặc --history.")
    elif yes and day is None:
        raise click.UsageError("--yes cần --effective NGÀY: ngày hiệu lực của bản điều chỉnh.")
    else:
        done = run.propose_amendment(here, document, day, partial=partial, apply=yes)
    if json_:
        print_json(_amended_json(done))
    else:
        _print_amended(done)


@command("Các biên tập của văn phòng trong kỳ.")
@period_option()
@as_json
def _edits(context: click.Context, period: str | None, json_: bool) -> None:
    """Liệt kê biên tập đã ghi nhận từ bien-tap.xlsx: ô nào, trước, sau, ai sửa, vì sao, lúc nào."""
    from nq57xl.commands.merge import edits as run
    from nq57xl.results.wording import EDIT_STATES

    listed = run(office(context), period)
    now: dict[int, str] = {item.edit.id: item.state for item in listed.edits}
    newest = {item.new.place: item.id for item in listed.history}
    edits, rows = [], []
    for item in listed.history:  # one that another has taken the place of is `replaced`
        new, where = item.new, {"file": item.source.path, "sha256": item.source.sha256}
        state = now.get(item.id) or ("withdrawn" if item.id == newest[new.place] else "replaced")
        what = {"id": item.id, "unit": new.unit, "table": new.table, "task": new.key, **json_fields(new, "field kind")}
        how = {"before": new.before, "after": new.typed, **json_fields(new, "author reason"), **json_fields(item, "at")}
        edits.append(what | how | {"state": state} | where | json_fields(new, "sheet cell"))
        cells = (str(item.id), new.unit, *listed.place(new), new.before, new.typed, new.author, new.reason)
        rows.append((*cells, f"{item.at:%H:%M %d/%m/%Y}", EDIT_STATES[state]))
    if json_:
        print_json({"period": listed.period.code, "edits": edits})
    elif rows:
        headings = ("TT", "Đơn vị", "Dòng", "Nội dung", "Trước", "Sau", "Người sửa", "Lý do", "Lúc", "Tình trạng")
        print_table(headings, rows)
    else:
        talk(f"Chưa có biên tập nào của {listed.period.title}.")


@command("Chốt số liệu của kỳ.")
@period_option()
@click.option("--reason", default="", metavar="LÝ_DO", help="Lý do, ghi vào sổ; bắt buộc khi mở lại.")
@click.option("--reopen", is_flag=True, help="Mở lại kỳ đã chốt.")
@click.option("--erase-contacts", "erase", is_flag=True, help="Xóa điện thoại, thư điện tử của người lập ở kỳ đã chốt.")
def _close(context: click.Context, period: str | None, reason: str, reopen: bool, erase: bool) -> None:
    """Lập báo cáo rồi chốt số liệu của kỳ: từ đó báo cáo giữ nguyên; báo cáo nộp sau, biên tập sau chỉ vào trang «Bổ
    sung sau chốt»."""
    from nq57xl.commands import merge as use
    from nq57xl.commands.decide import erase_contacts

    if erase:
        count = erase_contacts(office(context), period, reason)
        talk(f"Đã xóa {count} ô liên hệ. Tệp gốc các đơn vị gửi vẫn nguyên trong archive/.")
        return
    if reopen:
        opened = use.reopen(office(context), period, reason)
        talk(f"Đã mở lại {opened.title}. Báo cáo lập sau đây dùng số liệu mới nhất.")
        return
    done = use.close(office(context), period, reason)
    print_merged(done.merged)
    talk(f"Đã chốt {done.period.title}: {len(done.closing.outputs)} tệp được ghi mã băm và lưu trong archive/.")
    if done.missing:
        talk("Đã chốt khi chưa đủ báo cáo; trang đầu báo cáo nêu rõ đơn vị còn thiếu.")
