"""click speaks Vietnamese."""

from __future__ import annotations

import ast
import importlib
import re
import string
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from nq57xl.cli import vietnamese

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

    vietnamese.install(nhom)
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


def sentences(module: str) -> Iterator[tuple[str, str]]:
    """(function, sentence) of every call of `_` and `ngettext` in a module's source."""
    source = importlib.import_module(module).__file__
    assert source is not None
    for node in ast.walk(ast.parse(Path(source).read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        literal = node.args[1] if node.func.id == "ngettext" else node.args[0]
        if node.func.id in ("_", "ngettext") and isinstance(literal, ast.Constant):
            yield node.func.id, str(literal.value)


@pytest.mark.parametrize("module", vietnamese.MODULES)
def test_every_sentence_is_translated(module: str) -> None:
    """Every translatable sentence of the installed click has a translation."""
    tables = {"_": vietnamese.TEXTS, "ngettext": vietnamese.PLURALS}
    assert [said for name, said in sentences(module) if said not in tables[name]] == []


@pytest.mark.parametrize("pair", [*vietnamese.TEXTS.items(), *vietnamese.PLURALS.items()])
def test_translations_use_known_words(pair: tuple[str, str]) -> None:
    """A translation names only placeholders that click fills in."""
    names = [{name for _, name, _, _ in string.Formatter().parse(item) if name} for item in pair]
    assert names[1] <= names[0]
