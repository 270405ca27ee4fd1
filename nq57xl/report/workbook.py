"""The consolidated workbooks as bytes: the report, and the internal one with the contacts."""

from __future__ import annotations

from nq57xl.records.consolidation import Consolidation
from nq57xl.report.addendum_sheet import addendum_page
from nq57xl.report.appendix_sheet import appendix_page
from nq57xl.report.book import Book
from nq57xl.report.change_sheet import change_page
from nq57xl.report.compare import compare
from nq57xl.report.due_sheet import due_page
from nq57xl.report.explain_sheet import explain_page
from nq57xl.report.indicator_sheet import indicator_page
from nq57xl.report.internal_sheet import internal_page
from nq57xl.report.layout import place
from nq57xl.report.overview_sheet import overview
from nq57xl.report.problem_sheet import problem_page
from nq57xl.report.proposal_sheet import proposal_page
from nq57xl.report.quality_sheet import quality_page
from nq57xl.report.ranges import Range
from nq57xl.report.source_sheet import source_page
from nq57xl.report.submission_sheet import submission_page
from nq57xl.report.summary_sheet import summary
from nq57xl.report.unit_sheet import unit_page
from nq57xl.report.wording import report_title


def render_report(c: Consolidation) -> bytes:
    """bao-cao-tong-hop.xlsx. The same consolidation gives the same bytes."""
    compared = compare(c.earlier[-1], c) if c.earlier else None
    appendix, indicators, submissions = (
        place(page) for page in (appendix_page(c, compared), indicator_page(c), submission_page(c))
    )
    rows = Range(appendix), Range(indicators), Range(submissions)
    tables = summary(c, *rows)
    front = overview(c, *rows, tables)
    sheets = (
        place(front.page),
        appendix,
        indicators,
        place(tables.page),
        place(unit_page(c, Range(appendix))),
        place(problem_page(c)),
        place(due_page(c)),
        place(proposal_page(c)),
        place(explain_page(c)),
        *([place(change_page(c, compared))] if compared else []),
        submissions,
        place(source_page(c, contacts=False)),
        *((place(addendum_page(c, c.addendum)),) if c.addendum else ()),
    )
    return Book(f"Báo cáo tổng hợp {c.period.title}", sheets, {front.page.name: front.charts}).bytes()


def render_internal(c: Consolidation) -> bytes:
    """noi-bo.xlsx: contacts, with where each was typed. The same consolidation gives the same bytes."""
    scored = (place(quality_page(c, c.quality)),) if c.quality is not None else ()
    sheets = (place(internal_page(c)), *scored, place(source_page(c, contacts=True)))
    return Book(f"Nội bộ: {report_title(c)}", sheets, {}).bytes()
