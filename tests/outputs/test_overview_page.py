"""tong-quan.html: the first page for the phone says what the workbook's says, in one file, every word escaped."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import attrs
import pytest

from nq57xl.outputs.texts import overview_page, tracking_text
from nq57xl.plan.model import Unit
from nq57xl.results.model import RowStanding
from nq57xl.text.legacy import one_line
from tests.report_books import consolidated, with_earlier
from tests.results.test_report_figures import plain_stages

VOID = ("meta", "rect", "path", "br")


class _Tags(HTMLParser):
    """Collects elements with their attributes and checks that they nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("which", ["sample", "bql-2026", "sxd-2026"])
def test_the_page_stands_alone_and_is_accessible(which: str) -> None:
    """Nothing is loaded from elsewhere, no script runs, elements nest, each drawing has its words, headings follow."""
    page = overview_page(with_earlier(which, 2, 1)).decode()
    tags = _Tags()
    tags.feed(page)
    assert tags.open == []
    assert not [tag for tag, _ in tags.found if tag in ("script", "img", "link", "iframe", "form")]
    assert not [own for _, own in tags.found if {"src", "href", "onclick"} & set(own)]
    assert ("html", {"lang": "vi"}) in tags.found
    drawings = [own for tag, own in tags.found if tag == "svg"]
    assert all(own.get("aria-label") if own.get("role") == "img" else own.get("aria-hidden") for own in drawings)
    assert any(own.get("role") == "img" for own in drawings)
    assert [tag for tag, _ in tags.found].count("h1") == 1
    assert "@media print" in page


@pytest.mark.parametrize("which", ["bql-2026", "sxd-2026"])
def test_figures_and_names_are_those_of_the_cells(which: str) -> None:
    """Counts equal plain loops over typed cells; every overdue task stands with its units and days late."""
    for seed in range(4):
        c = consolidated(which, seed)
        page = unescape(overview_page(c).decode())
        rows = dict(re.findall(r'<th scope="row">([^<]+)</th><td class="n">(\d+)</td>', page))
        plain = plain_stages(c, None)
        assert {words: int(count) for words, count in rows.items()} == {words: plain[words] for words in rows}
        assert set(rows) == set(plain)
        for row in c.tasks:
            state = row.standing.timeliness
            if state is not None and state.code == "overdue" and state.days is not None:
                assert f"<b>{row.task.cited_number}. {one_line(row.task.own_work)}</b>" in page
                assert f"Quá hạn {-state.days} ngày" in page


def test_what_nobody_reported_is_not_called_unfinished() -> None:
    """Tasks past their day without a report are counted apart over the list, as on the workbook's first page."""
    c = consolidated("sample", 1)
    rows = tuple(attrs.evolve(row, standing=RowStanding("unreported")) for row in c.tasks)
    page = unescape(overview_page(attrs.evolve(c, tasks=rows)).decode())
    past = sum(row.task.due is not None and row.task.due < c.cutoff for row in rows)
    assert past
    title = f"Không có đầu việc báo cáo quá hạn; đã qua hạn mà chưa có báo cáo: {past:02d} đầu việc"
    assert f"<h2>{title}</h2>" in page


def test_every_word_is_escaped() -> None:
    """A unit's name or text that looks like markup is shown, never run."""
    c = consolidated("sample", 1)
    bad = "<script>alert(1)</script>"
    units = (attrs.evolve(c.units[0], status=attrs.evolve(c.units[0].status, name=bad, counting=None)), *c.units[1:])
    plan = attrs.evolve(c.plan, units=(Unit("X", bad), *c.plan.units))
    page = overview_page(attrs.evolve(c, units=units, plan=plan)).decode()
    assert bad not in page
    assert "&lt;script&gt;alert(1)" in page


def test_tasks_without_news_stand_in_one_line() -> None:
    """theo-doi.txt: a task of which nothing was told in the period has no section of its own, but is named last."""
    c = consolidated("sxd-2026", 4)
    text = tracking_text(c).decode()
    told = {row.task.code for row in c.tasks if any(e.values and not e.before for e in row.entries)}
    told |= {row.task.code for row in c.tasks if any(item.state == "text" for item in row.contributions)}
    sections = set(re.findall(r"==== NHIỆM VỤ (\S+) ====", text))
    last = text.rstrip().splitlines()[-1]
    assert sections == {row.task.cited_number for row in c.tasks if row.task.code in told}
    quiet = {row.task.cited_number for row in c.tasks if row.task.code not in told}
    assert quiet and last.startswith("Không có nội dung mới trong kỳ: ")
    assert {number for group in re.findall(r"\(([^)]*)\)", last) for number in group.split(", ")} == quiet
