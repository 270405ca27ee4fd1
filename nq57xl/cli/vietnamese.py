"""Makes click speak Vietnamese: headings, usage errors, hints.

click passes every sentence through the names `_` and `ngettext` of its modules (gettext). They are replaced by a
look-up in a dictionary, so no compiled catalogue and no locale of the machine is needed. A sentence that a later
version of click adds stays English until it is added here; a test names it.
"""

from __future__ import annotations

import gettext
import importlib

import click

MODULES = (
    "click._termui_impl",
    "click.core",
    "click.decorators",
    "click.exceptions",
    "click.formatting",
    "click.parser",
    "click.shell_completion",
    "click.termui",
    "click.types",
    "click.utils",
)
"""The modules of click that hold `_` or `ngettext`; _winconsole, imported on Windows alone, speaks to programmers."""

TEXTS = {
    # headings and notes of the help page
    "Usage:": "Cách dùng:",
    "Options": "Tùy chọn",
    "Positional arguments": "Tham số",
    "Commands": "Lệnh",
    "Show this message and exit.": "Hiển thị trợ giúp này.",
    "Show the version and exit.": "Hiển thị số phiên bản.",
    "%(prog)s, version %(version)s": "%(prog)s, phiên bản %(version)s",
    "deprecated": "không nên dùng nữa",
    "required": "bắt buộc",
    "(dynamic)": "(tính khi chạy)",
    "default: {default}": "mặc định: {default}",
    "env var: {var}": "biến môi trường: {var}",
    # usage errors
    "Error: {message}": "Lỗi: {message}",
    "Try '{command} {option}' for help.": "Xem trợ giúp: {command} {option}",
    "Invalid value: {message}": "Giá trị không hợp lệ: {message}",
    "Invalid value for {param_hint}: {message}": "Giá trị không hợp lệ của {param_hint}: {message}",
    "Missing argument": "Thiếu tham số",
    "Missing option": "Thiếu tùy chọn",
    "Missing parameter": "Thiếu tham số",
    "Missing {param_type}": "Thiếu tham số",
    "Missing parameter: {param_name}": "Thiếu tham số: {param_name}",
    "Missing command.": "Thiếu tên lệnh.",
    "No such option {name!r}.": "Không có tùy chọn «{name}».",
    "No such command {name!r}.": "Không có lệnh «{name}».",
    "Option {name!r} does not take a value.": "Tùy chọn «{name}» không nhận giá trị.",
    "Argument {name!r} takes {nargs} values.": "Tham số «{name}» cần {nargs} giá trị.",
    "Invalid start character for option ({option})": "Ký tự đầu của tùy chọn không hợp lệ ({option})",
    "Name '{name}' defined twice": "Tên «{name}» khai báo hai lần",
    "Value must be an iterable.": "Giá trị phải là một danh sách.",
    # values of the wrong kind
    "Choose from:\n\t{choices}": "Chọn một trong:\n\t{choices}",
    "Choice({choices})": "Lựa chọn({choices})",
    "{value!r} is not a valid {number_type}.": "«{value}» không phải là giá trị hợp lệ.",
    "{value} is not in the range {range}.": "{value} nằm ngoài khoảng {range}.",
    "{value!r} is not a valid UUID.": "«{value}» không phải là mã UUID.",
    "{value!r} is not a valid boolean. Recognized values: {states}": "«{value}» không phải là có hay không: {states}",
    # files
    "file": "tệp",
    "directory": "thư mục",
    "path": "đường dẫn",
    "{name} {filename!r} does not exist.": "«{filename}» không tồn tại.",
    "{name} {filename!r} is a file.": "«{filename}» là một tệp, không phải thư mục.",
    "{name} {filename!r} is a directory.": "«{filename}» là một thư mục, không phải tệp.",
    "{name} {filename!r} is not readable.": "Không có quyền đọc «{filename}».",
    "{name} {filename!r} is not writable.": "Không có quyền ghi «{filename}».",
    "{name} {filename!r} is not executable.": "Không có quyền chạy «{filename}».",
    "Could not open file {filename!r}: {message}": "Không mở được tệp «{filename}»: {message}",
    "unknown error": "lỗi không rõ",
    "Unknown standard stream '{name}'": "Không có luồng chuẩn «{name}»",
    # talking at the keyboard
    "Aborted!": "Đã dừng.",
    "Do you want to continue?": "Tiếp tục?",
    "Confirm the action without prompting.": "Đồng ý mà không hỏi lại.",
    "Repeat for confirmation": "Nhập lại để xác nhận",
    "Error: The two entered values do not match.": "Lỗi: hai lần nhập không giống nhau.",
    "Error: invalid input": "Lỗi: nội dung nhập không hợp lệ",
    "Press any key to continue...": "Nhấn phím bất kỳ để tiếp tục...",
    "{editor}: Editing failed": "{editor}: không soạn thảo được",
    "{editor}: Editing failed: {e}": "{editor}: không soạn thảo được: {e}",
    "Unknown color {colour!r}": "Không có màu «{colour}»",
    "Couldn't detect Bash version, shell completion is not supported.": (
        "Không xác định được phiên bản Bash, không hỗ trợ gợi ý lệnh."
    ),
    "Shell completion is not supported for Bash versions older than 4.4.": "Bash cũ hơn 4.4 không hỗ trợ gợi ý lệnh.",
    "d": " ngày",
    # slips of a programmer
    "DeprecationWarning: The command {name!r} is deprecated.{extra_message}": (
        "Cảnh báo: lệnh «{name}» không nên dùng nữa.{extra_message}"
    ),
    "DeprecationWarning: The {param_type} {name!r} is deprecated.{extra_message}": (
        "Cảnh báo: «{name}» không nên dùng nữa.{extra_message}"
    ),
    "Could not determine name for option with declarations {decls!r}": "Không rõ tên của tùy chọn {decls!r}",
    (
        "No options defined but a name was passed ({name}). Did you mean to declare an argument instead? "
        "Did you mean to pass '--{name}'?"
    ): "Khai báo tùy chọn thiếu dấu gạch: {name}",
    "Arguments take exactly one parameter declaration, got {length}: {decls}.": "Tham số chỉ có một tên: {decls}.",
    "Boolean option {decl!r} cannot use the same flag for true/false.": "Tùy chọn {decl!r} có một tên cho hai nghĩa.",
}

PLURALS = {
    "Got unexpected extra arguments ({args})": "Thừa tham số: {args}",
    "Takes {nargs} values but {len} were given.": "Cần {nargs} giá trị nhưng nhận được {len}.",
    "(Did you mean one of: {possibilities}?)": "Có phải ý bạn là {possibilities}?",
    "Option {name!r} requires {nargs} arguments.": "Tùy chọn «{name}» cần {nargs} giá trị đi kèm.",
    "{value!r} is not one of {choices}.": "«{value}» không thuộc danh sách {choices}.",
    "{value!r} does not match the formats {formats}.": "«{value}» không đúng dạng {formats}.",
    "{len_type} values are required, but {len_value} were given.": (
        "Cần {len_type} giá trị nhưng nhận được {len_value}."
    ),
}
"""By the English plural; Vietnamese has one form for every number, so the singular is not needed."""

_METAVARS = {
    "text": "CHỮ",
    "integer": "SỐ",
    "integer range": "SỐ",
    "float": "SỐ",
    "float range": "SỐ",
    "filename": "TỆP",
    "file": "TỆP",
    "directory": "THƯ_MỤC",
    "path": "ĐƯỜNG_DẪN",
}


def text(message: str) -> str:
    """What click asks gettext for, in Vietnamese."""
    return TEXTS.get(message) or gettext.gettext(message)


def _plural(singular: str, plural_: str, number: int) -> str:
    """What click asks ngettext for, in Vietnamese."""
    return PLURALS.get(plural_) or gettext.ngettext(singular, plural_, number)


def install(command: click.Command | None = None) -> None:
    """Replaces click's gettext by the dictionary, and the English placeholders of `command` and all below it.

    To be called before click parses or prints anything; calling it again changes nothing.
    """
    for name in MODULES:
        module = importlib.import_module(name)
        for attribute, function in (("_", text), ("ngettext", _plural)):
            if hasattr(module, attribute):
                setattr(module, attribute, function)
    if command is not None:
        _placeholders(command)


def _placeholders(command: click.Command) -> None:
    if command.options_metavar == "[OPTIONS]":
        command.options_metavar = "[TÙY_CHỌN]"
    for param in command.params:
        if isinstance(param, click.Option) and param.metavar is None and not param.is_flag and not param.count:
            param.metavar = _METAVARS.get(param.type.name)
    if isinstance(command, click.Group):
        command.subcommand_metavar = "LỆNH [THAM_SỐ]..."
        for item in command.commands.values():
            _placeholders(item)
