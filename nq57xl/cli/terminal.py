"""What the commands share: the group, how one is declared, options, the terminal, what several of them print.

That is said of returns and of a report, as JSON or in words."""

from __future__ import annotations

import functools
import inspect
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from nq57xl import __version__
from nq57xl.cli import environment
from nq57xl.rules.codec import json_fields
from nq57xl.rules.findings import Finding, to_answer
from nq57xl.text.legacy import visible

if TYPE_CHECKING:
    from rich.console import Console

    from nq57xl.commands.answers import Answers
    from nq57xl.commands.merge import Merged
    from nq57xl.commands.office import Office
    from nq57xl.returns.model import JudgedReturn

_Function = TypeVar("_Function", bound=Callable[..., Any])

_ORDER = (
    "serve init show lint import amend generate check collect watch status exclude readmit received take remark "
    "recheck verify waive remind attach history calendar merge upward edits close diff export schema log demo "
    "ledger backup restore"
)


class _InOrder(click.Group):
    """Lists the commands in the order in which an office uses them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in that order."""
        return _ORDER.split()


class NamedPath(click.Path):
    """A file or folder that the user names; an empty name, which would mean the present folder, is wrong usage, and so
    is another `suffix` than a file to be written must have for programs to open it."""

    def __init__(self, *, file_okay: bool = True, dir_okay: bool = True, suffix: str = "") -> None:
        self.suffix = suffix
        super().__init__(file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """The path."""
        if not str(value).strip():
            self.fail("đường dẫn để trống.", param, ctx)
        if not str(value).strip().lower().endswith(self.suffix):
            self.fail(f"tệp kết quả «{value}» phải có đuôi {self.suffix}.", param, ctx)
        return super().convert(value, param, ctx)


FILE, FOLDER = NamedPath(dir_okay=False), NamedPath(file_okay=False)
WORKBOOK = NamedPath(dir_okay=False, suffix=".xlsx")


@click.group(
    cls=_InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help="Thu thập báo cáo bằng Excel: lập biểu mẫu, nhận, kiểm tra và tổng hợp báo cáo của các đơn vị.",
)
@click.version_option(__version__, "--version", message="nq57xl %(version)s", help="In số phiên bản.")
@click.option(
    "-w",
    "--workspace",
    "folder",
    type=NamedPath(),
    default=Path(),
    help="Thư mục làm việc của đơn vị tổng hợp (mặc định: thư mục hiện tại).",
)
@click.pass_context
def cli(context: click.Context, folder: Path) -> None:
    """The group; remembers the workspace. A file of commands puts its own here when it is imported."""
    context.obj = folder


def command(short_help: str, *, name: str = "", more: str = "") -> Callable[[Callable[..., None]], click.Command]:
    """Makes a function, which gets click's context first, a command. Its docstring is the help, with `more` behind it;
    its name is the command's, unless another is given."""

    def declare(function: Callable[..., None]) -> click.Command:
        own, help = name or function.__name__.strip("_"), f"{inspect.getdoc(function) or ''} {more}".strip()
        return cli.command(own, short_help=short_help, help=help)(click.pass_context(function))

    return declare


def print_json(document: object) -> None:
    """The one JSON document that a command with --json prints."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))


MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
"""A day or a moment as people type it for a time of receipt."""
as_json = click.option("--json", "json_", is_flag=True, help="In kết quả dạng JSON ra stdout.")


def period_option(default: str = "kỳ phát hành gần nhất") -> Callable[[_Function], _Function]:
    """--period: month, quarter, half-year or year; `default`: in words, what it is when it is not given."""
    text = "Kỳ báo cáo: 2026-04 (hoặc 4/2026), 2026-Q2, 2026-H1, 2026-9M, 2026 hoặc đột xuất 2026-DX1"
    return click.option("--period", "period", metavar="KỲ", help=f"{text} (mặc định: {default}).")


def password_options(command: _Function) -> _Function:
    """--password, repeatable, and --ask-password: the command's `passwords` hold the one typed, too."""

    @functools.wraps(command)
    def asking(context: click.Context, passwords: tuple[str, ...], ask: bool, **given: Any) -> None:  # noqa: ANN401
        if ask:
            passwords = (*passwords, click.prompt("Mật khẩu mở tệp", hide_input=True, err=True))
        command(context, passwords=passwords, **given)

    given = click.option(
        "--password",
        "passwords",
        multiple=True,
        metavar="MẬT_KHẨU",
        help="Mật khẩu mở tệp được mã hóa (.xlsx, .xls, .ods), dùng được nhiều lần; không được ghi lại ở đâu.",
    )
    asked = click.option("--ask-password", "ask", is_flag=True, help="Hỏi mật khẩu tại bàn phím, không hiện chữ.")
    return given(asked(cast("_Function", asking)))


def office(context: click.Context) -> Office:
    """The office whose workspace the group's -w names."""
    return environment.office_at(context.obj, announce=talk)


def talk(*messages: str) -> None:
    """Talk and progress go to stderr, a line each, so that stdout holds data only."""
    for message in messages:
        click.echo(message, err=True)


def print_table(headings: Iterable[str], rows: Iterable[Iterable[str]], title: str | None = None) -> None:
    """A table for people; `title` stands above its left edge."""
    from rich.table import Table

    table = Table(*headings, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    console().print(table)


def console() -> Console:
    """A console on stdout; wide when it is a file or a pipe, so that no line is broken there."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else 160
    return Console(file=sys.stdout, width=width, highlight=False, emoji=False, markup=False)


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
