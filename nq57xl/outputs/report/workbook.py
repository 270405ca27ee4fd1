"""The consolidated workbooks as bytes: the report, its sources beside it, and the internal one with the contacts."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from attrs import frozen

from nq57xl.outputs.report.changes import addendum_page, change_page
from nq57xl.outputs.report.overview import overview_sheet
from nq57xl.outputs.report.plan_results import indicator_page, plan_page
from nq57xl.outputs.report.problems import problem_page, proposal_page
from nq57xl.outputs.report.sheet_parts import source_labels, source_page
from nq57xl.outputs.report.units import internal_page, quality_page, submission_page, unit_page
from nq57xl.results.comparison import compare_periods
from nq57xl.results.model import Consolidation
from nq57xl.results.overview import overview_of
from nq57xl.xlsx.pages import Chart, PlacedSheet
from nq57xl.xlsx.write_pages import link_targets, report_workbook

REPORT, SOURCES = "bao-cao-tong-hop.xlsx", "nguon-so-lieu.xlsx"


@frozen
class _ReportBooks:
    """The report and its sources, each as placed sheets: links go from one to the other."""

    report: tuple[PlacedSheet, ...]
    sources: tuple[PlacedSheet, ...]
    charts: Mapping[str, tuple[Chart, ...]]
    _title: str
    _labels: Mapping[str, str]

    def report_bytes(self) -> bytes:
        """bao-cao-tong-hop.xlsx."""
        found = link_targets(self.sources, SOURCES)
        traced = {name: attrs.evolve(found[name], label=label) for name, label in self._labels.items() if name in found}
        return report_workbook(f"Báo cáo tổng hợp {self._title}", self.report, self.charts, traced)

    def source_bytes(self, report: str = REPORT) -> bytes:
        """nguon-so-lieu.xlsx; `report`: name of the other one."""
        return report_workbook(f"Nguồn số liệu {self._title}", self.sources, beside=link_targets(self.report, report))


def report_books(c: Consolidation) -> _ReportBooks:
    """Both workbooks of a consolidation, placed. The same consolidation gives the same bytes."""
    compared = compare_periods(c.earlier_periods[-1], c) if c.earlier_periods else None
    plan = plan_page(c, compared).placed()
    indicators = indicator_page(c).placed() if c.indicators else None
    units = unit_page(c, plan).placed()
    front, charts = overview_sheet(overview_of(c), plan, indicators, units)
    changes = (change_page(c, compared).placed(),) if compared else ()
    middle = (plan, indicators, problem_page(c).placed(), units, *changes, proposal_page(c).placed())
    report = (front, *(sheet for sheet in middle if sheet is not None))
    added = (addendum_page(c, c.addendum).placed(),) if c.addendum else ()
    sources = (source_page(c, contacts=False).placed(), submission_page(c).placed(), *added)
    return _ReportBooks(report, sources, {front.page.name: charts}, c.period.title, source_labels(c))


def render_internal(c: Consolidation) -> bytes:
    """noi-bo.xlsx: contacts, with where each was typed. The same consolidation gives the same bytes."""
    scored = (quality_page(c, c.quality).placed(),) if c.quality is not None else ()
    sheets = (internal_page(c).placed(), *scored, source_page(c, contacts=True).placed())
    return report_workbook(f"Nội bộ: {c.title}", sheets)
