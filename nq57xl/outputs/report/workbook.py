"""The consolidated workbooks as bytes: the report, and the internal one with the contacts."""

from __future__ import annotations

from nq57xl.outputs.report.addendum import addendum_page
from nq57xl.outputs.report.appendix import appendix_page
from nq57xl.outputs.report.changes import change_page
from nq57xl.outputs.report.due import due_page
from nq57xl.outputs.report.explanations import explain_page
from nq57xl.outputs.report.indicators import indicator_page
from nq57xl.outputs.report.internal import internal_page, quality_page
from nq57xl.outputs.report.overview import overview
from nq57xl.outputs.report.problems import problem_page
from nq57xl.outputs.report.proposals import proposal_page
from nq57xl.outputs.report.sources import source_page
from nq57xl.outputs.report.submissions import submission_page
from nq57xl.outputs.report.summary import summary
from nq57xl.outputs.report.units import unit_page
from nq57xl.results.comparison import compare_periods
from nq57xl.results.consolidation import Consolidation
from nq57xl.results.wording import report_title
from nq57xl.xlsx.pages import ColumnRanges, place
from nq57xl.xlsx.write_pages import report_workbook


def render_report(c: Consolidation) -> bytes:
    """bao-cao-tong-hop.xlsx. The same consolidation gives the same bytes."""
    compared = compare_periods(c.earlier_periods[-1], c) if c.earlier_periods else None
    appendix, indicators, submissions = (
        place(page) for page in (appendix_page(c, compared), indicator_page(c), submission_page(c))
    )
    rows = ColumnRanges(appendix), ColumnRanges(indicators), ColumnRanges(submissions)
    tables = summary(c, *rows)
    front = overview(c, *rows, tables)
    sheets = (
        place(front.page),
        appendix,
        indicators,
        place(tables.page),
        place(unit_page(c, ColumnRanges(appendix))),
        place(problem_page(c)),
        place(due_page(c)),
        place(proposal_page(c)),
        place(explain_page(c)),
        *([place(change_page(c, compared))] if compared else []),
        submissions,
        place(source_page(c, contacts=False)),
        *((place(addendum_page(c, c.addendum)),) if c.addendum else ()),
    )
    return report_workbook(f"Báo cáo tổng hợp {c.period.title}", sheets, {front.page.name: front.charts})


def render_internal(c: Consolidation) -> bytes:
    """noi-bo.xlsx: contacts, with where each was typed. The same consolidation gives the same bytes."""
    scored = (place(quality_page(c, c.quality)),) if c.quality is not None else ()
    sheets = (place(internal_page(c)), *scored, place(source_page(c, contacts=True)))
    return report_workbook(f"Nội bộ: {report_title(c)}", sheets)
