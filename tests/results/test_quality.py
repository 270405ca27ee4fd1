"""The quality score: every share counted again by plain loops, the arithmetic of the rule, the lights, the setting."""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path
from typing import Any

import attrs
import pytest
from openpyxl import load_workbook
from openpyxl.workbook.workbook import Workbook

from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.merge import merge
from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Value
from nq57xl.ledger.model import UnitStatus
from nq57xl.outputs.report.workbook import render_internal
from nq57xl.plan.appendix_read import read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.results.consolidation import consolidate
from nq57xl.results.model import Consolidation
from nq57xl.results.quality import MEASURES, Score, scores
from nq57xl.results.standing import period_status
from nq57xl.returns.check import check, check_period
from nq57xl.returns.model import AnsweredForm, JudgedReturn, ReturnRecord
from nq57xl.rules.findings import Finding, verdict_of
from nq57xl.rules.load import Quality, _Principle, _QualityRule, load_schema
from tests.conftest import CheckOoxml
from tests.edit_kit import PERIOD, moment, office_at
from tests.odd_kit import Content, Key, put, report, spoilt
from tests.report_books import consolidated, sheets
from tests.report_fills import render_report
from tests.returns_kit import RESULTS, form_of, returned, row_of, source_of
from tests.samples import sample_period, sample_plan

QUALITY = Quality.load(MEASURES)
SEEDS = range(4)


def own(status: UnitStatus, *tables: str) -> list[Value]:
    """Cells of the unit's counting return."""
    values = status.counting.judged.values if status.counting is not None else ()
    return [item for item in values if not tables or item.table in tables]


def cell(values: list[Value], key: str, field: str) -> Any:  # noqa: ANN401
    return next((item.value for item in values if (item.key, item.field) == (key, field)), None)


def plainly(c: Consolidation, status: UnitStatus) -> dict[str, tuple[int, int]]:
    """Good and all of some measures, from the typed cells alone."""
    led = own(status, "led")
    done = [item.key for item in led if item.field == "progress" and item.value == "done"]
    days = [cell(led, key, name) for key in done for name in ("completion_date", "evidence_date")]
    days = [day for day in days if isinstance(day, dt.date)]
    cited = [k for k in done if (cell(led, k, "evidence_number") and cell(led, k, "evidence_date"))]
    mine = [task for task in c.plan.tasks if status.code in task.lead_units and not task.done_before]
    told = {item.key for item in led if item.field == "progress"}
    support = [task for task in c.plan.tasks if status.code in task.support_units and not task.done_before]
    stated = bool(own(status, "statement"))
    answered = {item.key for item in own(status, "supporting")}
    watched = [item for item in c.plan.indicators if status.code in item.lead_units]
    numbers = {item.key for item in own(status, "indicator") if item.field in ("value", "numerator")}
    named = {item.key for item in own(status, "indicator") if item.field == "source"}
    silent = {item.key for item in own(status, "indicator") if item.field == "no_data"}
    return {
        "submitted": (int(status.counting is not None), 1),
        "on_time": (int(status.counting is not None and status.days_late == 0), 1),
        "evidence": (len(cited), len(done)),
        "dates": (sum(day <= c.cutoff for day in days), len(days)),
        "recent": (sum(c.period.start <= day <= c.cutoff for day in days), len(days)),
        "led_rows": (sum(task.code in told for task in mine), len(mine)),
        "supporting_rows": (sum(stated or task.code in answered for task in support), len(support)),
        "indicators": (sum(item.code in numbers | silent for item in watched), len(watched)),
        "sources_named": (len(numbers & named), len(numbers)),
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("which", ["sample", "sxd-2026"])
def test_shares_are_what_plain_loops_count(which: str, seed: int) -> None:
    """For random fills of both plans every counted share equals an independent count over the typed cells."""
    c = consolidated(which, seed)
    *units, overall = scores(c, QUALITY)
    for score, own_report in zip(units, c.units, strict=True):
        expected = plainly(c, own_report.status)
        assert {code: score.counts[code] for code in expected} == expected
    for code, (good, whole) in overall.counts.items():
        assert (good, whole) == tuple(map(sum, zip(*(unit.counts[code] for unit in units), strict=True)))
        assert 0 <= good <= whole


@pytest.mark.parametrize("seed", SEEDS)
def test_the_score_is_the_weighed_mean_of_weighed_means(seed: int) -> None:
    """DQI = Σ(rule × W) / ΣW, from rules to principles to the whole; what cannot be measured weighs nothing."""
    for score in scores(consolidated("sample", seed), QUALITY):
        means = []
        for principle in QUALITY.principles:
            counted = [(*score.counts[rule.code], rule.weight) for rule in principle.rules]
            parts = [(100 * good / whole, weight) for good, whole, weight in counted if whole]
            mean = sum(a * b for a, b in parts) / sum(b for _, b in parts) if parts else None
            assert score.principles[principle.code] == pytest.approx(mean)
            means += [(mean, principle.weight)] if mean is not None else []
        assert score.total == pytest.approx(sum(a * b for a, b in means) / sum(b for _, b in means))


def scheme(*rules: tuple[str, float]) -> Quality:
    """One principle with these rules."""
    made = tuple(_QualityRule(code, code, weight) for code, weight in rules)
    return Quality((_Principle("p", "Một", 1, made),), 90, 75, "identifiers")


def alone(c: Consolidation, quality: Quality) -> Score:
    return scores(c, quality)[0]


def with_findings(c: Consolidation, *findings: Finding) -> Consolidation:
    """The same, the first unit's return carrying these findings."""
    first, *others = c.units
    record = first.status.counting
    assert record is not None
    judged: JudgedReturn = attrs.evolve(record.judged, findings=findings)
    status = attrs.evolve(first.status, counting=attrs.evolve(record, judged=judged))
    return attrs.evolve(c, units=(attrs.evolve(first, status=status), *others))


def reported() -> Consolidation:
    """A consolidation whose first unit has reported."""
    return next(c for seed in range(9) if (c := consolidated("sample", seed)).units[0].status.counting is not None)


def test_lights_follow_their_limits_and_identifiers_must_be_whole() -> None:
    """Green from 90, yellow from 75, red below; a row without its identifier is red however high the score is."""
    c = reported()
    rows = {(item.table, item.key) for item in own(c.units[0].status)}
    table, key = sorted(rows)[0]
    lost = Finding("ROW_MISSING", "error", "", table=table, task=key)
    quality = scheme(("submitted", 99), ("identifiers", 1))
    whole, spoiled = alone(c, quality), alone(with_findings(c, lost), quality)
    assert (whole.light, whole.total) == ("green", 100)
    assert spoiled.counts["identifiers"] == (len(rows) - 1, len(rows))
    assert spoiled.total is not None
    assert spoiled.total > 99
    assert spoiled.light == "red"
    for late, light in ((0, "green"), (1, "green"), (2, "yellow"), (4, "red")):
        weighed = scheme(("submitted", 10 - late), ("on_time", late))
        status = attrs.evolve(c.units[0].status, on_time=False)
        one = attrs.evolve(c, units=(attrs.evolve(c.units[0], status=status), *c.units[1:]))
        score = alone(one, weighed)
        assert (round(score.total or 0), score.light) == (100 - 10 * late, light)


@pytest.mark.parametrize(
    ("code", "severity", "measure"),
    [
        ("CONTRADICTION", "warning", "consistent_rows"),
        ("TEXT_NORMALISED", "repaired", "clean_cells"),
        ("RATIO_MISMATCH", "warning", "ratios"),
    ],
)
def test_findings_lower_their_own_measure(code: Any, severity: Any, measure: str) -> None:  # noqa: ANN401
    """One finding takes one row, or one cell, from the good ones of the principle it belongs to, and of no other."""
    for seed in range(30):
        c = consolidated("sample", seed)
        table = "indicator" if measure == "ratios" else "led"
        field = "numerator" if measure == "ratios" else "progress"
        found = next((item for item in own(c.units[0].status, table) if item.field == field), None)
        if found is not None:
            break
    assert found is not None
    before = alone(with_findings(c), QUALITY).counts
    spoiled = with_findings(c, Finding(code, severity, "", table=table, task=found.key, field=field))
    after = alone(spoiled, QUALITY).counts
    assert {name for name in before if before[name] != after[name]} == {measure}
    assert before[measure][0] - after[measure][0] == 1


def record_of(data: bytes, number: int, unit: str = "VP") -> ReturnRecord:
    """The workbook as `collect` would record it, received on that day of April."""
    back = returned(data, unit)
    (broken,) = check([back])
    findings = (*back.findings, *broken)
    source = attrs.evolve(source_of(), sha256=f"{number:064}", received_at=moment(number))
    form = form_of(unit)
    judged = JudgedReturn(source, verdict_of(findings), unit, PERIOD, form.issue_id, back.values, findings)
    return ReturnRecord(number, PERIOD, judged, source.received_at)


def of_records(*records: ReturnRecord, before: Consolidation | None = None) -> Consolidation:
    """The consolidation of April from those returns."""
    status = period_status("mau", sample_period(), [form_of("VP"), form_of("QLDT")], records, {})
    answered = [AnsweredForm(form_of(unit.code), unit.counting.judged) for unit in status.units if unit.counting]
    status = attrs.evolve(status, period_findings=tuple(check_period(answered)))
    c = consolidate(sample_plan(), sample_period(), load_schema(), status)
    return c if before is None else attrs.evolve(c, earlier_periods=(before,))


LED, LATER, OTHER = ("led", "I.1"), ("led", "II.1.1"), ("indicator", "CT.I.2")
STOOD_STILL: dict[Key, Content] = {(*LED, "percent"): 0.5, (*LED, "result"): "Đang lấy ý kiến"}
SPOILT: dict[str, dict[Key, Content]] = {
    "evidence": {(*LATER, "evidence_number"): "12/QĐ-SXD", (*LATER, "evidence_title"): "Quyết định"},
    "dates": {(*LATER, "completion_date"): dt.date(2026, 4, 15)},
    "recent": {(*LATER, "evidence_number"): "12/QĐ-SXD ngày 02/02/2026"},
    "ratios": {("indicator", "CT.I.1", "numerator"): 178},
    "led_rows": {(*LED, "progress"): None},
    "supporting_rows": {("supporting", "I.3", "contribution"): None},
    "indicators": {
        ("no_data_rest", "no_data_rest", "no_data_rest"): None,
        **{(*OTHER, name): None for name in ("value", "numerator", "denominator", "no_data")},
    },
    "clean_cells": {(*LED, "percent"): "80%"},
    "distinct": {("proposal", f"0{number}", "title"): "Nâng cấp hệ thống một cửa" for number in (1, 2)},
    "changed": STOOD_STILL,
    "consistent_rows": {(*LED, "completion_date"): dt.date(2026, 4, 10)},
    "readable_figures": {(*LED, "percent"): "khoảng tám mươi"},
    "sources_named": {("indicator", "CT.I.1", "source"): None},
}


def spoilt_by(cells: dict[Key, Content]) -> bytes:
    """A good report with these cells typed otherwise."""

    def change(book: Workbook) -> None:
        for key, content in cells.items():
            put(book, key, content)

    return spoilt(change)


def without_a_row(book: Workbook) -> None:
    sheet = book[RESULTS]
    sheet.delete_rows(row_of(sheet, "led|I.1"))


@functools.cache
def sent_well() -> tuple[ReturnRecord, ReturnRecord, Consolidation]:
    """A good report, that of a unit that works with it, and the period before."""
    return (
        record_of(spoilt_by({("indicator", "CT.I.1", "source"): "Phần mềm một cửa"}), 16),
        record_of(report("QLDT"), 15, "QLDT"),
        of_records(record_of(spoilt_by(STOOD_STILL), 14)),
    )


@pytest.mark.parametrize("measure", [rule.code for principle in QUALITY.principles for rule in principle.rules])
def test_every_measure_moves_with_what_came_in_first(measure: str) -> None:
    """A good report is whole in every measure; spoilt in one way it is not, and sent again put right it stays so."""
    good, other, before = sent_well()
    counted = alone(of_records(good, other, before=before), QUALITY).counts[measure]
    assert counted[0] == counted[1] > 0
    if measure == "submitted":
        records = [other]
    elif measure == "on_time":
        late = attrs.evolve(good.judged.source, received_at=moment(18))
        records = [attrs.evolve(good, judged=attrs.evolve(good.judged, source=late)), other]
    elif measure == "identifiers":
        records = [record_of(spoilt(without_a_row), 15), good, other]
    elif measure == "across_units":
        idle: dict[Key, Content] = {(*LED, "progress"): "Chưa phát sinh", (*LED, "percent"): None}
        records = [record_of(spoilt_by(idle), 16), other]
    else:
        records = [record_of(spoilt_by(SPOILT[measure]), 15), good, other]
    spoilt_count = alone(of_records(*records, before=before), QUALITY).counts[measure]
    assert spoilt_count[0] < spoilt_count[1]


def test_the_sheet_prints_the_rule_beside_the_score(check_ooxml: CheckOoxml) -> None:
    """noi-bo.xlsx alone carries the sheet: every rule with its weight and counts, limits in words."""
    c = attrs.evolve(consolidated("sample", 2), quality=QUALITY)
    data = render_internal(c)
    check_ooxml(data)
    assert render_internal(c) == data
    rows = list(sheets(data)["Chất lượng số liệu"].iter_rows(values_only=True))
    words = [str(value) for row in rows for value in row if value is not None]
    *_, overall = scores(c, QUALITY)
    for rule in (rule for principle in QUALITY.principles for rule in principle.rules):
        (row,) = [row for row in rows if row[1] == rule.title]
        assert row[2:5] == (rule.weight, *overall.counts[rule.code])
    assert any("xanh từ 90 điểm, vàng từ 75 đến dưới 90, đỏ dưới 75" in text for text in words)
    assert "Chất lượng số liệu" not in sheets(render_report(c)).sheetnames
    assert "Chất lượng số liệu" not in sheets(render_internal(attrs.evolve(c, quality=None))).sheetnames


def test_the_setting_is_off_and_lives_in_the_master_appendix(tmp_path: Path) -> None:
    """Off by default; «Có» at Cài đặt brings the sheet at the next merge."""
    plan = sample_plan()
    assert plan.settings.quality_score is False
    on = attrs.evolve(plan, settings=attrs.evolve(plan.settings, quality_score=True))
    assert read_appendix(write_appendix(on)).plan.settings.quality_score is True
    root = tmp_path / "so"
    init(root, "bql-2026")
    office = office_at(root, moment(18))
    generate(office, PERIOD, ["VP"])
    assert "Chất lượng số liệu" not in load_workbook(merge(office, PERIOD).internal).sheetnames
    book = load_workbook(root / "phu-luc.xlsx")
    for row in book["Cài đặt"].iter_rows():
        if row[0].value == "Chấm điểm chất lượng số liệu":
            row[1].value = "Có"
    book.save(root / "phu-luc.xlsx")
    assert "Chất lượng số liệu" in load_workbook(merge(office, PERIOD).internal).sheetnames


@pytest.mark.parametrize(
    "text",
    [
        "green: 90",
        "green: [",
        "90",
        "green: 90\nyellow: 75\nidentifiers: x\nprinciples: []",
        "green: 90\nyellow: 75\nidentifiers: x\nprinciples:\n"
        "  - {code: a, title: A, weight: 1, rules: [{code: magic, title: B, weight: 1}]}",
        "green: 90\nyellow: 75\nidentifiers: x\nprinciples:\n"
        "  - {code: a, title: A, weight: -1, rules: [{code: dates, title: B, weight: 1}]}",
    ],
)
def test_a_wrong_scheme_is_told(tmp_path: Path, text: str) -> None:
    """An office's own quality.yml that lacks something, weighs less than nothing or measures magic: told, not used."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "quality.yml").write_text(text, encoding="utf-8")
    with pytest.raises(Nq57Error, match=r"quality\.yml"):
        Quality.load(MEASURES, tmp_path)
