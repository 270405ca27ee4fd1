"""The forms of both bundled plans on paper: nothing cut off, nothing too small, A4 or A3 landscape."""

from __future__ import annotations

import html
import re
import subprocess
from datetime import date
from pathlib import Path

import pytest

from nq57xl.forms.build import build_form, reporting_units
from nq57xl.forms.layout import layout
from nq57xl.forms.model import Form
from nq57xl.forms.render import render_form
from nq57xl.forms.styles import _page_breaks, _PrintedPages, block_pages, pages_of
from nq57xl.plan.appendix_read import BUNDLED_PLANS, bundled_appendix, read_appendix
from nq57xl.plan.periods import parse_period
from nq57xl.rules.load import load_schema
from tests import office
from tests.conftest import CheckOoxml
from tests.samples import ISSUE_ID

A4, A3 = (842, 595), (1191, 842)
SMALLEST = {842: 9.0, 1191: 8.0}
"""Points, by the paper's width."""
_EM_OF_LINE = 1.107
"""Height of a line of Times New Roman over its font size, as PDF readers report it."""


def _forms() -> dict[str, Form]:
    forms = {}
    for name in BUNDLED_PLANS:
        plan = read_appendix(bundled_appendix(name)).plan
        period = parse_period("2026-04", plan.properties)
        for unit in reporting_units(plan, period):
            forms[f"{name}_{unit.code}"] = build_form(
                plan,
                load_schema(),
                unit.code,
                period,
                issue_id=ISSUE_ID,
                version=1,
                issued_on=date(2026, 4, 1),
                plan_version="x",
            )
    return forms


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Form]:
    """The PDF of each form of both plans, made by LibreOffice."""
    folder = tmp_path_factory.mktemp("paper")
    forms = _forms()
    for name, form in forms.items():
        (folder / f"{name}.xlsx").write_bytes(render_form(form))
    office.convert_all([folder / f"{name}.xlsx" for name in forms], "pdf", out=folder)
    return {folder / f"{name}.pdf": form for name, form in forms.items()}


def _tool(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.needs("soffice", "pdftotext")
def test_every_text_is_printed_whole(printed: dict[Path, Form]) -> None:
    """Each locked text of each visible sheet stands in the PDF as one run: no row is too low for its text."""
    for path, form in printed.items():
        page = _squeezed(_tool("pdftotext", "-raw", str(path), "-"))
        texts = [
            slot.text
            for sheet in layout(form)
            if not sheet.hidden
            for slot in sheet.slots
            if slot.role == "text" and slot.text
        ]
        assert len(texts) > 100
        assert [text for text in texts if _squeezed(text) not in page] == [], path.name


@pytest.mark.needs("soffice", "pdftotext")
def test_no_text_is_too_small(printed: dict[Path, Form]) -> None:
    """The smallest printed word has at least 9 points on A4, 8 on A3."""
    for path in printed:
        for width, words in re.findall(r'<page width="([\d.]+)"[^>]*>(.*?)</page>', _bbox(path), re.S):
            heights = [
                float(bottom) - float(top)
                for top, bottom in re.findall(r'<word [^>]*yMin="([\d.]+)" [^>]*yMax="([\d.]+)"', words)
            ]
            assert min(heights) / _EM_OF_LINE >= SMALLEST[round(float(width))] - 0.02, path.name


def _bbox(path: Path) -> str:
    return _tool("pdftotext", "-bbox", str(path), "-")


@pytest.mark.needs("soffice", "pdftotext")
def test_pages_are_landscape_and_never_empty(printed: dict[Path, Form]) -> None:
    """Every page is A4 or A3 landscape and has words between header and footer."""
    for path, form in printed.items():
        pages = re.findall(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', _bbox(path), re.S)
        assert len(pages) >= len([sheet for sheet in layout(form) if not sheet.hidden])
        for width, height, words in pages:
            assert (round(float(width)), round(float(height))) in (A4, A3)
            body = [top for top in re.findall(r'yMin="([\d.]+)"', words) if 50 < float(top) < float(height) - 60]
            assert body, path.name


@pytest.mark.needs("soffice", "pdftotext")
def test_forms_take_few_pages(printed: dict[Path, Form]) -> None:
    """A form takes ten pages at most, one whose unit leads a few tasks five, however many it supports."""
    pages = {path.stem: int(re.findall(r"Pages:\s+(\d+)", _tool("pdfinfo", str(path)))[0]) for path in printed}
    led = {path.stem: table.rows for path, form in printed.items() if (table := form.table("led"))}
    few = [name for name, rows in led.items() if len(rows) <= 3]
    assert len(few) == 4 and len(led["sxd-2026_VP"]) > 20
    assert {name: pages[name] for name in few if pages[name] > 5} == {}
    assert max(pages.values()) <= 10, pages


@pytest.mark.needs("soffice", "pdftotext")
def test_no_section_heading_ends_a_page(printed: dict[Path, Form]) -> None:
    """Under every section heading stands a row of the section, on the same page."""
    for path, form in printed.items():
        headings = {f"{number}.{_squeezed(title)}" for table in form.tables for number, title in table.sections.items()}
        for page in re.findall(r"<page .*?</page>", _bbox(path), re.S):
            last = _last_line(page)
            assert last not in headings, (path.name, last)  # a heading is one line across the table


def _last_line(page: str) -> str:
    """The lowest line of a page above its footer, without blanks."""
    found = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="[\d.]+" yMax="[\d.]+">([^<]*)<', page)
    foot = float(re.findall(r'<page [^>]*height="([\d.]+)"', page)[0]) - 60
    words = [(float(top), float(left), html.unescape(text)) for left, top, text in found if float(top) < foot]
    lowest = max(top for top, _, _ in words)
    return "".join(text for _, text in sorted((left, text) for top, left, text in words if lowest - top < 2))


def test_page_breaks_keep_sections_together() -> None:
    """A heading that would be last on a page starts the next one; so does a row that does not fit; never twice."""
    heights = {0: 15.0, 1: 30.0, 2: 300.0, 3: 20.0, 4: 300.0, 5: 20.0, 6: 60.0}
    assert _page_breaks(heights, {3: 4, 5: 6}, 1, 100, 9) == [3]
    assert _page_breaks(heights, {5: 6}, 1, 100, 9) == [4]
    assert _page_breaks({1: 30.0, 2: 300.0, 3: 90.0, 4: 90.0}, {3: 4}, 1, 100, 9) == [3]
    assert _page_breaks({1: 30.0, 2: 600.0, 3: 600.0}, {}, 1, 100, 9) == [2, 3]


def test_the_fewest_pages_decide_on_paper_and_scale() -> None:
    """A4 where it is enough; A3 where it saves a page; smaller letters, of 8 points at least, only for a page less."""
    rows = dict.fromkeys(range(1, 5), 100.0)
    assert pages_of(rows, {}, 1, 714.0) == _PrintedPages(9, 0, [])
    assert pages_of({**rows, 5: 100.0, 6: 80.0}, {}, 1, 714.0) == _PrintedPages(9, 83, [])
    assert pages_of(dict.fromkeys(range(1, 8), 100.0), {}, 1, 714.0) == _PrintedPages(8, 0, [])
    wide = pages_of(dict.fromkeys(range(1, 10), 100.0), {}, 1, 1000.0)
    assert (wide.paper, wide.breaks) == (8, []) and 73 <= wide.percent <= 81


def test_blocks_of_the_guide_are_not_torn_apart() -> None:
    """A block that does not fit what is left of a page starts the next one; one that fits stays."""
    heights = {1: 200.0, 2: 30.0, 3: 200.0, 4: 30.0, 5: 100.0, 6: 30.0, 7: 100.0}
    higher = {row: 1.5 * height for row, height in heights.items()}
    assert block_pages(higher, [2, 4, 6]) == _PrintedPages(8, 100, [4])
    assert block_pages(heights, [2, 4, 6]) == _PrintedPages(8, 100, [])


def test_real_forms_are_strictly_valid_and_small(check_ooxml: CheckOoxml) -> None:
    """Every form of both plans passes the strict checker and stays under 60 KB, those with over 30 rows too."""
    for form in _forms().values():
        workbook = render_form(form)
        assert len(workbook) < 60_000
        check_ooxml(workbook)
