"""The document of fills in the words of real offices: what a chief of office would strike out stands nowhere."""

from __future__ import annotations

import itertools
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

from nq57xl.outputs.document import placeholders, render_document
from nq57xl.outputs.texts import overview_page, tracking_text
from nq57xl.results.model import Consolidation
from tests import office
from tests.conftest import NIGHTLY, REPOSITORY
from tests.document_kit import blocks, opened, under
from tests.report_books import sheets
from tests.report_fills import render_report
from tests.spoken_fills import MODES, Mode, spoken

PLANS = ("bql-2026", "sxd-2026")
NEVER = ("xlsx", "nq57", "phần mềm", "được chấp nhận không nêu", "Không áp dụng", "Chưa đạt", "Cấp quyết định:")
"""What the People's Committee is not told: files, programs, other words than the house's."""
BROKEN = re.compile(
    r"(\d\d) đầu việc: \1 |\b00 |\.\.(?!\.)(?<!\.\.\.)|;;|: *[;.]|\( *[;)]|,,|,;|(?<!\.\.)\.;|\bhOÀN|%\.:"
)
"""A count after itself, signs doubled or left alone, a capital taken from a word of capitals."""
BY_DAY = (
    *(("sxd-2026", mode, "docx") for mode in ("mixed", "full", "long", "levels")),
    *(("sxd-2026", mode, "xlsx") for mode in ("full", "mixed")),
    ("bql-2026", "full", "docx"),
)
"""Plan, fill and kind of what is printed by day."""
BEGUN = re.compile(r"^(?:- )?[a-zđàáâãèéêìíòóôõùúýăơưạ-ỹ]+(?: |$)")
"""A line that begins with a small letter."""


@cache
def made(which: str, mode: Mode) -> Consolidation:
    return spoken(which, MODES[mode], 5, mode)


@cache
def document_of(which: str, mode: Mode) -> bytes:
    return render_document(made(which, mode))


@cache
def report_of(which: str, mode: Mode) -> bytes:
    return render_report(made(which, mode))


@cache
def body_of(which: str, mode: Mode) -> list[str]:
    texts = blocks(opened(document_of(which, mode)))
    return texts[: next(number for number, text in enumerate(texts) if text.startswith("Phụ lục"))]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("which", PLANS)
def test_read_aloud(which: str, mode: Mode) -> None:
    """Whole sentences in the house's words: no file, program or cut text; every item of a list begins with a capital
    and ends with its sign; a count is never followed by itself; what is done stands in no shortcoming but as late; each
    task of the text has its number in the appendix; the places left for the office are as many as `merge` tells."""
    c = made(which, mode)
    body = body_of(which, mode)
    start = next(number for number, text in enumerate(body) if text.startswith("I. "))
    cut = "".join(f"{row.task.task}{row.task.subtask}" for row in c.tasks)
    cut += "".join(row.indicator.indicator for row in c.indicators)
    for text in body[start:]:
        assert text.count("…") <= cut.count("…"), text
        assert not any(words in text for words in NEVER), text
        assert not BEGUN.match(text), text
        assert not BROKEN.search(text), text
        if text.startswith("- "):
            assert text.endswith((";", ".")), text
    assert sum(text.startswith("[") for text in body) == placeholders(c)
    short = "\n".join(under(body, "2. Tồn tại, hạn chế"))
    known = {row.task.cited_number: row for row in c.tasks}
    for code in re.findall(r"\(([IVX]+\.[\d.]+)\)", "\n".join(body)):
        assert code in known
    for line in short.split("\n"):
        done = [row for code, row in known.items() if f"({code})" in line and row.standing.progress == "done"]
        assert not done or "hoàn thành sau thời hạn" in line


@pytest.mark.parametrize("mode", MODES)
def test_late_tasks_stand_with_reason_and_remedy(mode: Mode) -> None:
    """The longest overdue tasks are named with unit, day and days; reason and remedy stand with them or, where they are
    too long, are said to stand in the appendix."""
    c = made("sxd-2026", mode)
    lines = under(body_of("sxd-2026", mode), "2. Tồn tại, hạn chế")
    for row in c.tasks:
        state = row.standing.timeliness
        line = next((text for text in lines if text.startswith("- ") and f"({row.task.cited_number})" in text), "")
        if line and state is not None and state.code == "overdue":
            causes = [text for entry in row.entries if (text := entry.values.get("cause"))]
            assert not causes or "Nguyên nhân" in line


@pytest.mark.needs("soffice")
@pytest.mark.needs("pdftotext")
def test_pages_of_every_fill(tmp_path: Path) -> None:
    """Whatever was filled in, the signature stands on page 3 of bql's document at the latest, on page 5 of sxd's; the
    overview of the workbook is page 1 alone, the plan takes 6 pages, the whole workbook of April 18; no page holds
    nothing but headings (by day of sxd's fills, which are the longer ones, and of the longest of bql's; of the
    workbooks those whose pages are counted)."""
    paths = []
    for which in PLANS:
        for mode in MODES:
            for ending, made_by in (("docx", document_of), ("xlsx", report_of)):
                if NIGHTLY or (which, mode, ending) in BY_DAY:
                    paths.append(tmp_path / f"{which}-{mode}-{ending}.{ending}")
                    paths[-1].write_bytes(made_by(which, mode))
    for pdf in office.convert_all(paths, "pdf"):
        done = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], check=True, capture_output=True, timeout=60)
        pages = done.stdout.decode("utf-8").split("\f")
        if pdf.stem.endswith("docx"):
            last = next(number for number, page in enumerate(pages, start=1) if "Nơi nhận:" in page)
            assert last <= (3 if pdf.stem.startswith("bql") else 5), pdf.stem
        else:
            assert "KẾ HOẠCH VÀ KẾT QUẢ THỰC HIỆN" in pages[1], pdf.stem
            after = next(n for n, page in enumerate(pages[2:], start=2) if "NỘI DUNG KẾ HOẠCH" not in page)
            filled = pdf.stem.split("-")[2]
            assert after - 1 <= 6 or filled == "long", pdf.stem
            assert len(pages) - 1 <= 18 or filled not in ("done", "none", "full"), pdf.stem
            for before, page in itertools.pairwise(pages[:-1]):
                own = set(page.split("\n")) - set(before.split("\n"))
                assert sum(map(len, own)) > 40, (pdf.stem, page)


@pytest.mark.parametrize("mode", MODES)
def test_one_word_for_one_thing_in_what_is_made(mode: Mode) -> None:
    """Workbook, page and text of every fill use none of the words that schemas/words.yml rules out."""
    c = made("sxd-2026", mode)
    texts = [
        str(cell.value) for sheet in sheets(report_of("sxd-2026", mode)) for row in sheet.iter_rows() for cell in row
    ]
    texts += [overview_page(c).decode(), tracking_text(c).decode()]
    words = yaml.safe_load((REPOSITORY / "schemas" / "words.yml").read_text(encoding="utf-8"))
    ruled_out = [never for item in words for never in item["never"] if never[0].isalpha() and "}" not in never]
    assert len(ruled_out) > 8
    assert not [(never, text) for never in ruled_out for text in texts if never in text]
