"""Documents of the second family: as Word and Excel users really make such tables, with what a person reads in them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import attrs
import pytest

from nq57xl.plan.importer.assemble import import_document
from nq57xl.plan.importer.read import read_document
from nq57xl.plan.model import Plan
from nq57xl.plan.review_questions import ReviewedPlan
from tests import office
from tests.amounts import amount
from tests.import_kit import TODAY
from tools.import_accuracy import Score, compare, judged
from tools.import_offices import ledger_sample, web_sample
from tools.import_wild import Way, drawn, way_of, wild_plan
from tools.import_wild_docx import wild_docx
from tools.import_wild_xlsx import wild_xlsx, xlsx_way


def read(data: bytes, name: str) -> ReviewedPlan:
    return import_document(read_document(data, name), Path(name).stem, TODAY)


def drawn_plan(seed: int, **changes: Any) -> tuple[Plan, Way, Plan, random.Random]:  # noqa: ANN401 - fields of Way
    """A plan, its way, what is to be read, and the generator for the rest."""
    rng = random.Random(seed)
    plan = wild_plan(rng, rng.choice((10, 18, 26)))
    way = attrs.evolve(way_of(plan, rng), **changes)
    made = drawn(plan, way)
    return plan, way, attrs.evolve(plan, tasks=tuple(made.tasks), sections=tuple(made.sections)), rng


def assert_exact(truth: Plan, made: ReviewedPlan, about: object) -> Score:
    """Every cell right, no row lost or added, the sections too, few flags."""
    score = compare(truth, made)
    assert (score.wrong, score.missing_rows, score.extra_rows) == ([], 0, 0), about
    assert [(item.number, item.title) for item in made.plan.sections] == [
        (item.number, item.title) for item in truth.sections
    ], about
    assert score.flagged <= 0.05 * score.cells, about
    return score


@pytest.mark.parametrize("seed", range(amount(7, 200)))
def test_word_documents_of_every_make_are_read_exactly(seed: int) -> None:
    """Ragged borders, split tables, drawn numbers, tracked changes, repeated headings: every cell is right."""
    plan, way, truth, rng = drawn_plan(seed)
    assert_exact(truth, read(wild_docx(plan, drawn(plan, way), way, rng), "x.docx"), way)


@pytest.mark.parametrize("seed", range(amount(6, 200)))
def test_workbooks_of_every_make_are_read_exactly(seed: int) -> None:
    """Numbers as numbers, typed days, merges, hidden columns, sheets of other things: every cell is right."""
    rng = random.Random(1000 + seed)
    plan = wild_plan(rng, rng.choice((10, 18, 26)))
    way = xlsx_way(way_of(plan, rng))
    made = drawn(plan, way)
    truth = attrs.evolve(plan, tasks=tuple(made.tasks), sections=tuple(made.sections))
    assert_exact(truth, read(wild_xlsx(plan, made, way, rng), "x.xlsx"), way)


@pytest.mark.needs("soffice")
def test_pdfs_of_every_make_are_right_or_flagged(tmp_path: Path) -> None:
    """Pages of several sizes, rows, merged cells and headings cut by them: every row found, cells right or flagged."""
    truths, files = [], []
    for seed in range(amount(2, 40)):
        plan, way, truth, rng = drawn_plan(seed + 40, noise=False)
        files.append(tmp_path / f"p{seed}.docx")
        files[-1].write_bytes(wild_docx(plan, drawn(plan, way), way, rng))
        truths.append(truth)
    pdfs = office.convert_all(files, "pdf")
    total = Score(wrong=[])
    for truth, pdf in zip(truths, pdfs, strict=True):
        total.add(compare(truth, read(pdf.read_bytes(), pdf.name)))
    assert (total.missing_rows, total.extra_rows) == (0, 0)
    assert len(total.wrong) <= 0.005 * total.cells, total.wrong[:5]
    assert total.flagged <= 0.05 * total.cells


def test_a_table_for_each_section_with_its_title_as_text_between() -> None:
    """ "II. Kinh tế số" between two tables is the section of the rows under it."""
    plan, way, truth, rng = drawn_plan(3, sections="paragraph", inline=False, noise=False)
    made = read(wild_docx(plan, drawn(plan, way), way, rng), "x.docx")
    assert made.plan.sections and {task.section for task in made.plan.tasks} == {item.number for item in truth.sections}


def test_lists_of_members_and_costs_are_no_tasks() -> None:
    """Tables of other kinds before and after the appendix add no row."""
    plan, way, truth, rng = drawn_plan(5, others=True, front=True, noise=False)
    made = read(wild_docx(plan, drawn(plan, way), way, rng), "x.docx")
    assert (len(made.plan.tasks), len(made.plan.indicators)) == (len(truth.tasks), len(truth.indicators))
    assert not any("Nguyễn Văn A" in task.task for task in made.plan.tasks)


def test_the_letterhead_in_a_table_gives_the_properties() -> None:
    """Number, date, agency, days and signer are read from the borderless tables that Word users set them in."""
    plan, way, _, rng = drawn_plan(7, front=True, noise=False)
    found = read(wild_docx(plan, drawn(plan, way), way, rng), "x.docx").plan.properties
    assert (found.number, found.symbol, str(found.issued_on)) == ("15", "KH-SXD", "2026-03-12")
    assert (found.agency[0].name, found.internal_day, found.report_day) == ("Sở Xây dựng", 20, 25)
    assert found.signatory.name == "Nguyễn Văn An"


@pytest.mark.parametrize("index", range(amount(6, 60)))
def test_documents_of_offices_reach_the_right_units(index: int) -> None:
    """Web pages and ledgers of six kinds of agency: cells, leads and insiders right, collectives filled only by their
    words, and every led row that reaches nobody is named by lint."""
    for maker in (web_sample, ledger_sample):
        sample = maker(random.Random(9000 + index), index)
        score = judged(sample, read(sample.data, sample.name))
        assert (score.wrong, score.missing_rows, score.extra_rows) == ([], 0, 0), sample.name
        assert (score.units_wrong, score.leads_wrong, score.groups_wrong, score.no_form_silent) == (0, 0, 0, 0), (
            sample.name
        )
        assert score.flagged <= 0.05 * score.cells and score.answers <= 12, sample.name
