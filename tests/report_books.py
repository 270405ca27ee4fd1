"""Workbooks of the report for tests: random consolidations, reading sheets back, LibreOffice."""

from __future__ import annotations

import functools
import io
import warnings
from pathlib import Path
from typing import Any

import attrs
import openpyxl

from nq57xl.plan.appendix_read import bundled_appendix, read_appendix
from nq57xl.plan.model import Period, Plan
from nq57xl.plan.periods import parse_period
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation
from nq57xl.rules.load import load_schema
from tests import office
from tests.report_fills import random_status
from tests.samples import sample_period, sample_plan

SCHEMA = load_schema()


@functools.cache
def case(which: str) -> tuple[Plan, Period]:
    """The sample plan, or a bundled one, with its April."""
    if which == "sample":
        return sample_plan(), sample_period()
    plan = read_appendix(bundled_appendix(which)).plan
    return plan, parse_period("2026-04", plan.properties)


@functools.cache
def consolidated(which: str, seed: int) -> Consolidation:
    """A consolidation of random returns."""
    plan, period = case(which)
    return consolidate(plan, period, SCHEMA, random_status(plan, period, seed))


@functools.cache
def with_earlier(which: str, seed: int, periods: int = 3) -> Consolidation:
    """The same after so many earlier periods."""
    plan, _ = case(which)
    months = [parse_period(f"2026-{month:02d}", plan.properties) for month in range(4 - periods, 5)]
    *before, here = (
        consolidate(plan, period, SCHEMA, random_status(plan, period, seed + number))
        for number, period in enumerate(months)
    )
    return attrs.evolve(here, earlier_periods=tuple(before))


def sheets(data: bytes, *, values: bool = True) -> Any:  # noqa: ANN401 - openpyxl's workbook
    """The workbook as openpyxl reads it, with cached values or with formulas."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparkline Group extension")
        return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


def table(sheet: Any, first: str) -> list[dict[str, Any]]:  # noqa: ANN401
    """Rows under the heading row whose first cell is `first`, by heading."""
    rows = list(sheet.iter_rows(values_only=True))
    start = next(i for i, row in enumerate(rows) if row[0] == first and any(row[1:]))
    heads = [str(head) for head in rows[start]]
    return [dict(zip(heads, row, strict=True)) for row in rows[start + 1 :]]


def overview_counts(sheet: Any, first: str) -> dict[str, tuple[Any, Any]]:  # noqa: ANN401
    """Title -> (count, share) of a table of figures at the top of the overview, by its first heading."""
    rows = list(sheet.iter_rows(values_only=True))
    found: dict[str, tuple[Any, Any]] = {}
    for number, row in enumerate(rows):
        if row[0] == first:
            for place, title in enumerate(row[1:], start=1):
                if title:
                    found[str(title)] = (rows[number + 1][place], rows[number + 2][place])
    return found


def convert(path: Path, tmp_path: Path, kind: office.Target) -> Path:
    """The file converted by LibreOffice, recalculated on load."""
    return office.convert(path, kind, recalc=True, out=tmp_path / "out")
