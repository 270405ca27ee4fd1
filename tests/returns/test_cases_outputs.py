"""No character that a unit typed changes its meaning in any output: signs before figures, line breaks, bullets."""

from __future__ import annotations

import html
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import openpyxl
import pytest

from tests.case_book import Book
from tests.case_kit import PERIOD, RECEIVED, base, form, nq57xl, prepare

TYPED = {
    "led IV.1 result": "-5% hồ sơ giấy",
    "led IV.1 difficulties": "-15 biên chế so với đề án",
    "led IV.1 cause": "+3 tỷ đồng chưa giải ngân",
    "led IV.1 proposal": "−7 ngày xử lý mỗi hồ sơ",
    "led IV.1 next_work": "–9% chi phí in ấn",
    "led I.2 result": "Giảm hồ sơ giấy:\n-11% ở cấp sở\n-12% ở cấp xã",
    "led I.2 kpi_achieved": "±13% sai số",
    "led I.2 difficulties": "- Thiếu người\n- Thiếu máy",
    "led I.2 proposal": "* Bổ sung 14 biên chế\n* Giảm 16 thủ tục",
    "led I.2 next_work": "1. Họp rà soát\n2. Trình ký",
    "led I.2 evidence_title": "=17+1 hồ sơ",
    "supporting II.3 contribution": "-18 thủ tục sau rà soát",
    "indicator CT.I.1 note": "-19% so với cùng kỳ",
    "difficulty 01 content": "-21% kinh phí được giao",
    "difficulty 01 proposal": "<22> & \"23\" 'việc'",
    "proposal 01 title": "Giảm -24 biên chế",
    "proposal 01 reason": "{{ 25 }} {% việc %} {# 26 #}",
}
"""What is typed into which cell."""
SIGNED = {key: text for key, text in TYPED.items() if re.search(r"(^|\n)[-+−–±]\d", text)}


def norm(text: str) -> str:
    """The text without what only sets it: white space, letter case, kinds of minus signs."""
    return " ".join(unicodedata.normalize("NFC", re.sub("[−–]", "-", text)).split()).casefold()


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Every output of a month in which the texts were reported, with all text that is in it."""
    root = tmp_path_factory.mktemp("outputs") / "so"
    prepare(root)
    book = Book(base(form(root)))
    for key, text in TYPED.items():
        book.put(key, text)
    inbox = root / "inbox" / RECEIVED.isoformat()
    inbox.mkdir(parents=True)
    (inbox / "vp.xlsx").write_bytes(book.packed())
    for command in ("collect", "merge", "export"):
        done = nq57xl("-w", root, command, "--period", PERIOD)
        assert done.code == 0, done.err[-300:]
    folder = root / "out" / PERIOD / "tong-hop"
    found = {path.name: norm(text_of(path)) for path in sorted(folder.iterdir())}
    return {name: text for name, text in found.items() if text}


def text_of(path: Path) -> str:
    """All text in a file, piece by piece on lines of their own; "" for what is no text."""
    if path.suffix == ".xlsx":
        return "\n".join(in_workbook(path))
    if path.suffix == ".docx":
        with zipfile.ZipFile(path) as archive:
            xml = archive.read("word/document.xml").decode("utf-8")
        return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"</w:p>|<w:br/>", "\n", xml)))
    if path.suffix == ".html":
        return html.unescape(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8")))
    if path.suffix == ".json":
        return "\n".join(str(item["value"]) for item in json.loads(path.read_text(encoding="utf-8"))["facts"])
    return path.read_text(encoding="utf-8-sig") if path.suffix in (".txt", ".csv") else ""


def in_workbook(path: Path) -> Iterator[str]:
    for sheet in openpyxl.load_workbook(path).worksheets:
        yield from (str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)


def test_the_workbook_and_the_data_hold_every_text_as_typed(outputs: Mapping[str, str]) -> None:
    """Letter by letter, but for white space."""
    for name in ("bao-cao-tong-hop.xlsx", "du-lieu.json"):
        assert not [text for text in TYPED.values() if norm(text) not in outputs[name]], name


def test_a_sign_is_never_lost(outputs: Mapping[str, str]) -> None:
    """Wherever a signed figure stands, in whatever output, its sign stands before it."""
    lost = []
    for name, text in outputs.items():
        for typed in SIGNED.values():
            for line in typed.split("\n"):
                found = re.match(r"[-+−–±](\d.*)", line)
                for there in re.finditer(re.escape(norm(found[1])), text) if found else ():
                    before = text[: there.start()].rstrip()[-1:]
                    if before != norm(line)[0]:
                        lost.append(f"{name}: {text[max(0, there.start() - 20) : there.end()]!r}")
    assert not lost


def test_the_document_speaks_of_the_results(outputs: Mapping[str, str]) -> None:
    """The test above would hold for a document that says nothing."""
    assert "hồ sơ giấy" in outputs["bao-cao.docx"]
    assert norm("Thiếu người") in outputs["bao-cao.docx"]
