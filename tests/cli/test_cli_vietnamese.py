"""click speaks Vietnamese."""

from __future__ import annotations

import ast
import gettext
import importlib
import re
import string
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po
from click.testing import CliRunner

from nq57xl.cli import _speak_vietnamese
from tools.compile_messages import SOURCE, compiled

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
"""The modules of click that ask gettext; _winconsole, imported on Windows alone, speaks to programmers."""

ENGLISH = re.compile(
    r"\b(usage|options?|commands?|arguments?|args|error|missing|invalid|value|show|exit|help for|such|try|default|"
    r"required|mean|does|not|text|integer|path|file|directory|range|unexpected|requires?)\b",
    re.IGNORECASE,
)


@pytest.fixture
def group() -> click.Group:
    """A small group with one of everything."""

    @click.group(help="Nhóm lệnh mẫu.")
    def nhom() -> None: ...

    @nhom.command("xem", help="Xem một tệp.")
    @click.argument("tep", metavar="TỆP", type=click.Path(exists=True))
    @click.option("--ten", required=True, help="Tên.")
    @click.option("--muc", type=click.Choice(["a", "b"]), default="a", show_default=True, help="Mức.")
    @click.option("--so", type=click.IntRange(1, 5), help="Số.")
    @click.option("--ngay", type=click.DateTime(["%d/%m/%Y"]), metavar="NGÀY", help="Ngày.")
    @click.option("--noi", type=click.Path(), help="Nơi ghi.")
    @click.option("--nhanh", is_flag=True, help="Nhanh.")
    def xem(**_words: object) -> None: ...

    _speak_vietnamese(nhom)
    return nhom


def english(text: str) -> list[str]:
    """English words of click's own; names of options are ASCII and not counted."""
    return ENGLISH.findall(re.sub(r"--?\w+", "", text))


@pytest.mark.parametrize("arguments", [["--help"], ["xem", "--help"]])
def test_help_is_vietnamese(group: click.Group, arguments: list[str]) -> None:
    """Help pages hold no English heading, placeholder or note."""
    page = CliRunner().invoke(group, arguments)
    assert page.exit_code == 0
    assert "Cách dùng: " in page.output
    assert "Tùy chọn:" in page.output
    assert "Hiển thị trợ giúp này." in page.output
    assert english(page.output) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["xme"], "Không có lệnh «xme»."),
        (["xem"], "Thiếu tham số 'TỆP'."),
        (["xem", "."], "Thiếu tùy chọn '--ten'."),
        (["xem", ".", "thừa", "--ten", "x"], "Thừa tham số: thừa"),
        (["xem", "không-có", "--ten", "x"], "«không-có» không tồn tại."),
        (["xem", ".", "--ten"], "Tùy chọn «--ten» cần 1 giá trị đi kèm."),
        (["xem", ".", "--ten", "x", "--muc", "c"], "«c» không thuộc danh sách 'a', 'b'."),
        (["xem", ".", "--ten", "x", "--so", "9"], "9 nằm ngoài khoảng 1<=x<=5."),
        (["xem", ".", "--ten", "x", "--so", "chín"], "«chín» không phải là giá trị hợp lệ."),
        (["xem", ".", "--ten", "x", "--ngay", "hôm nay"], "«hôm nay» không đúng dạng '%d/%m/%Y'."),
        (["xem", ".", "--tne", "x"], "Không có tùy chọn «--tne»."),
        (["xem", ".", "--nhanh=1"], "Tùy chọn «--nhanh» không nhận giá trị."),
    ],
)
def test_usage_errors_are_vietnamese(group: click.Group, arguments: list[str], said: str) -> None:
    """Each usage error says in Vietnamese what is wrong, exits 2 and keeps no English."""
    page = CliRunner().invoke(group, arguments)
    assert page.exit_code == 2
    assert "Lỗi: " in page.output
    assert said in page.output
    assert english(page.output) == []


def sentences(module: str) -> Iterator[str]:
    """Every sentence that a module's source passes to gettext; of two forms the one for many."""
    source = importlib.import_module(module).__file__
    assert source is not None
    for node in ast.walk(ast.parse(Path(source).read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        literal = node.args[1] if node.func.id == "ngettext" else node.args[0]
        if node.func.id in ("_", "ngettext") and isinstance(literal, ast.Constant):
            yield str(literal.value)


def messages() -> list[tuple[list[str], str]]:
    """(English in one form or two, Vietnamese) of the catalogue's source."""
    with SOURCE.open("rb") as file:
        items = [(item.id, item.string) for item in read_po(file) if item.id]
    return [
        ([ids] if isinstance(ids, str) else list(ids), said if isinstance(said, str) else (said or [""])[0])
        for ids, said in items
    ]


@pytest.mark.parametrize("module", MODULES)
def test_every_sentence_is_translated(module: str) -> None:
    """Every translatable sentence of the installed click has a translation."""
    known = {ids[-1] for ids, said in messages() if said}
    assert [said for said in sentences(module) if said not in known] == []


@pytest.mark.parametrize("pair", [(ids[-1], said) for ids, said in messages()])
def test_translations_use_known_words(pair: tuple[str, str]) -> None:
    """A translation names only placeholders that click fills in."""
    names = [{name for _, name, _, _ in string.Formatter().parse(item) if name} for item in pair]
    assert names[1] <= names[0]


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    """messages.mo, which gettext reads, says every sentence as messages.po does; compiled anew it is the same file."""
    assert SOURCE.with_suffix(".mo").read_bytes() == compiled()
    with SOURCE.with_suffix(".mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)
    for ids, said in messages():
        assert (catalogue.ngettext(ids[0], ids[1], 2) if len(ids) > 1 else catalogue.gettext(ids[0])) == said


def test_an_english_machine_hears_vietnamese(monkeypatch: pytest.MonkeyPatch, group: click.Group) -> None:
    """What the machine's own settings ask for does not matter once the program has started."""
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("LANGUAGE", "en")
    _speak_vietnamese(group)
    assert "Không có lệnh «xme»." in CliRunner().invoke(group, ["xme"]).output
