"""How exact the importer is: makes documents of known plans, imports them, compares cell by cell, prints the figures.

python -m tools.import_accuracy [--pdf] [--count 12]

Four families of made-up documents, whose makers share nothing but the plans' records: `mẫu` (tools/import_samples),
`tự do` (tools/import_wild), `mạng` and `sổ` (tools/import_offices, which know who leads, who is inside and who belongs to
a group). DOCUMENT=TRUTH pairs of one's own, TRUTH a master appendix, are compared with --own.
"""

# ruff: noqa: E501 - sentences read better unbroken

from __future__ import annotations

import argparse
import datetime as dt
import random
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs
from attrs import define, field

from nq57xl.errors import Nq57Error
from nq57xl.plan.appendix_read import BUNDLED_PLANS, bundled_appendix, read_appendix
from nq57xl.plan.importer.assemble import import_document
from nq57xl.plan.importer.read import read_document
from nq57xl.plan.lint import lint
from nq57xl.plan.model import Plan
from nq57xl.plan.review_questions import ReviewedPlan
from nq57xl.plan.units import loose_key
from nq57xl.text.legacy import one_line
from tools.import_offices import Sample, ledger_sample, web_sample
from tools.import_plans import random_plan
from tools.import_samples import docx_of, look_of, pdf_of, text_of, xlsx_of
from tools.import_wild import drawn, way_of, wild_plan
from tools.import_wild_docx import wild_docx
from tools.import_wild_xlsx import wild_xlsx, xlsx_way

TODAY = dt.date(2026, 11, 26)
FIELDS = (
    "section",
    "number",
    "subnumber",
    "task",
    "subtask",
    "deliverable",
    "kpi",
    "lead",
    "support",
    "deadline",
    "note",
)
INDICATOR_FIELDS = ("group", "number", "indicator", "unit", "target", "lead")


@define
class Score:
    """Figures over one or more documents."""

    cells: int = 0
    right: int = 0
    flagged: int = 0
    wrong_flagged: int = 0
    units: int = 0
    units_wrong: int = 0
    """Units of the document that would get no form though they should, or one though they should not."""
    leads_wrong: int = 0
    """Rows led by somebody else than the document says."""
    groups: int = 0
    groups_wrong: int = 0
    """Collectives filled though their words do not tell, or the other way round."""
    no_form: int = 0
    """Led rows that reach nobody; lint names each."""
    no_form_silent: int = 0
    """Those of them that lint does not name."""
    answers: int = 0
    """Questions of the review."""
    missing_rows: int = 0
    extra_rows: int = 0
    wrong: list[str] = field(factory=list)

    def add(self, other: Score) -> None:
        self.cells += other.cells
        self.right += other.right
        self.flagged += other.flagged
        self.wrong_flagged += other.wrong_flagged
        for name in (
            "units",
            "units_wrong",
            "leads_wrong",
            "groups",
            "groups_wrong",
            "no_form",
            "no_form_silent",
            "answers",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.missing_rows += other.missing_rows
        self.extra_rows += other.extra_rows
        self.wrong = self.wrong + other.wrong

    def line(self) -> str:
        good = (self.right + self.wrong_flagged) / self.cells if self.cells else 1
        told = (
            f"; đơn vị {self.units} sai {self.units_wrong}, dòng sai chủ trì {self.leads_wrong}, nhóm {self.groups} sai "
            f"{self.groups_wrong}, dòng không đến ai {self.no_form} (không báo {self.no_form_silent}), câu hỏi {self.answers}"
            if self.units
            else ""
        )
        return (
            f"{self.cells:6d} ô, đúng {self.right / max(1, self.cells):7.2%}, đúng hoặc đã đánh dấu {good:7.2%}, "
            f"đánh dấu "
            f"{self.flagged / max(1, self.cells):6.2%}, thiếu {self.missing_rows} dòng, thừa {self.extra_rows} dòng{told}"
        )


def compare(truth: Plan, got: ReviewedPlan) -> Score:
    """The figures of one import."""
    score = Score(wrong=[])
    flags = {(item.sheet, item.task, item.field) for item in got.review if item.sheet}
    tables: tuple[tuple[str, tuple[str, ...], tuple[Any, ...], tuple[Any, ...]], ...] = (
        ("Nhiệm vụ", FIELDS, truth.tasks, got.plan.tasks),
        ("Chỉ tiêu", INDICATOR_FIELDS, truth.indicators, got.plan.indicators),
    )
    for sheet, fields, wanted, found in tables:
        score.missing_rows += max(0, len(wanted) - len(found))
        score.extra_rows += max(0, len(found) - len(wanted))
        for one, other in zip(wanted, found, strict=False):
            for name in fields:
                right = _text(one, name) == _text(other, name)
                flagged = (sheet, other.code, name) in flags
                score.cells += 1
                score.right += right
                score.flagged += flagged
                if not right and flagged:
                    score.wrong_flagged += 1
                elif not right:
                    score.wrong.append(f"{other.code} {name}: «{_text(one, name)}» ← «{_text(other, name)}»")
    return score


def judged(sample: Sample, got: ReviewedPlan) -> Score:
    """The figures of one import, with those of units, groups and led rows without a form."""
    score = compare(sample.truth, got)
    plan = got.plan
    names = {unit.code: loose_key(unit.name) for unit in plan.units}
    inside = {loose_key(unit.name) for unit in plan.units if not unit.external}
    wanted = {loose_key(name) for name in sample.inside}
    score.units, score.units_wrong = len(wanted), len(inside ^ wanted)
    score.leads_wrong = sum(
        {names[code] for code in task.lead_units} != {loose_key(name) for name in leads}
        for task, leads in zip(plan.tasks, sample.leads, strict=False)
    )
    members = {loose_key(group.name): group.members for group in plan.groups}
    score.groups = len(sample.groups)
    score.groups_wrong = sum(bool(members.get(loose_key(name))) != whole for name, whole in sample.groups)
    outside = {unit.code for unit in plan.units if unit.external}
    nobody = {task.code for task in plan.tasks if not set(task.lead_units) - outside}
    named = {item.task for item in lint(plan) if item.severity == "error" and item.field == "lead"}
    score.no_form, score.no_form_silent = len(nobody), len(nobody - named)
    score.answers = sum(not question.detail for question in ReviewedPlan(plan, got.review).questions)
    return score


def _text(record: object, name: str) -> str:
    value = getattr(record, name)
    return one_line(str(getattr(value, "text", value) or ""))


def bundled(name: str) -> Plan:
    """A bundled plan."""
    return read_appendix(bundled_appendix(name)).plan


def run(data: bytes, name: str) -> ReviewedPlan:
    """An import as the command does it."""
    return import_document(read_document(data, name), Path(name).stem, TODAY)


def looks(rng: random.Random) -> dict[str, object]:
    """Random choices of a layout."""
    return {
        "heads": rng.randrange(5),
        "numbering": rng.random() < 0.5,
        "two_level": rng.random() < 0.3,
        "sections": rng.choice(("merged", "plain")),
        "repeat": rng.random() < 0.7,
        "font": rng.choice((9, 10, 11, 12, 13)),
        "center": rng.random() < 0.4,
    }


def samples(count: int, seed: int) -> Iterable[tuple[str, Plan, dict[str, object]]]:
    """Names, plans and looks."""
    rng = random.Random(seed)
    for name in BUNDLED_PLANS:
        yield name, bundled(name), looks(rng)
    for index in range(count):
        plan = random_plan(rng)
        yield f"mau-{index:02d}", plan, looks(rng)


Totals = dict[tuple[str, str], Score]
"""Family and format -> figures."""


def main() -> None:
    """Prints the figures by family and kind of document."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pdf", action="store_true")
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--seed", type=int, default=57)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--own", nargs="*", default=())
    options = parser.parse_args()
    totals: Totals = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        made = [*_regular(totals, folder, options), *_wild(totals, folder, options)]
        offices = _offices(totals, folder, options)
        if options.pdf:
            pdfs = pdf_of([path for _, _, path in made], folder / "pdf")
            for (family, plan, _), pdf in zip(made, pdfs, strict=True):
                _note(totals, (family, "pdf"), pdf.stem, compare(plan, run(pdf.read_bytes(), pdf.name)), options.show)
            pdfs = pdf_of([path for _, _, path in offices], folder / "pdf")
            for (family, sample, _), pdf in zip(offices, pdfs, strict=True):
                _note(totals, (family, "pdf"), pdf.stem, judged(sample, run(pdf.read_bytes(), pdf.name)), options.show)
    texts = Path(__file__).resolve().parents[2] / "shared" / "plans"
    pairs = [(texts / f"{name}.txt", bundled(name)) for name in BUNDLED_PLANS if (texts / f"{name}.txt").is_file()]
    pairs += [
        (Path(one), read_appendix(Path(two).read_bytes()).plan)
        for one, two in (item.split("=") for item in options.own)
    ]
    for path, plan in pairs:
        try:
            score = compare(plan, run(path.read_bytes(), path.name))
            _note(totals, ("thật", path.suffix[1:]), path.stem, score, options.show)
        except Nq57Error as error:
            print(path.name, error)
    for (family, kind), score in totals.items():
        print(f"{family:6s} {kind:5s} {score.line()}")


Made = list[tuple[str, Plan, Path]]
"""Family, what is to be read, the Word document."""


def _regular(totals: Totals, folder: Path, options: argparse.Namespace) -> Made:
    made = []
    for name, plan, choice in samples(options.count, options.seed):
        look = look_of(plan, **choice)
        path = folder / f"{name}.docx"
        path.write_bytes(docx_of(plan, look))
        made.append(("mẫu", plan, path))
        _note(totals, ("mẫu", "docx"), name, compare(plan, run(path.read_bytes(), path.name)), options.show)
        bare = attrs.evolve(plan, indicators=())
        _note(totals, ("mẫu", "xlsx"), name, compare(bare, run(xlsx_of(bare, look), f"{name}.xlsx")), options.show)
    return made


def _wild(totals: Totals, folder: Path, options: argparse.Namespace) -> Made:
    made = []
    for index in range(options.count):
        rng = random.Random(options.seed * 1000 + index)
        plan = wild_plan(rng)
        way = way_of(plan, rng)
        name = f"tu-do-{index:02d}"
        rows = drawn(plan, way)
        truth = attrs.evolve(plan, tasks=tuple(rows.tasks), sections=tuple(rows.sections))
        score = compare(truth, run(wild_docx(plan, rows, way, rng), f"{name}.docx"))
        _note(totals, ("tự do", "docx"), name, score, options.show)
        # a program prints tracked changes and marks of notes: no one could take them out again
        path = folder / f"{name}.docx"
        path.write_bytes(wild_docx(plan, rows, attrs.evolve(way, noise=False), rng))
        made.append(("tự do", truth, path))
        sheet_way = xlsx_way(way)
        rows = drawn(plan, sheet_way)
        truth = attrs.evolve(plan, tasks=tuple(rows.tasks), sections=tuple(rows.sections))
        score = compare(truth, run(wild_xlsx(plan, rows, sheet_way, rng), f"{name}.xlsx"))
        _note(totals, ("tự do", "xlsx"), name, score, options.show)
    return made


def _offices(totals: Totals, folder: Path, options: argparse.Namespace) -> list[tuple[str, Sample, Path]]:
    made = []
    for family, maker in (("mạng", web_sample), ("sổ", ledger_sample)):
        for index in range(options.count):
            sample = maker(random.Random(options.seed * 1000 + 500 + index), index)
            kind = sample.name.rpartition(".")[2]
            _note(totals, (family, kind), sample.name, judged(sample, run(sample.data, sample.name)), options.show)
            if kind == "docx":
                path = folder / sample.name
                path.write_bytes(sample.data)
                made.append((family, sample, path))
    return made


def _note(totals: Totals, kind: tuple[str, str], name: str, score: Score, show: int) -> None:
    totals.setdefault(kind, Score(wrong=[])).add(score)
    if show and (score.wrong or score.missing_rows or score.extra_rows):
        print(*kind, name, score.line())
        for item in score.wrong[:show]:
            print("   ", item)


__all__ = ["bundled", "compare", "run", "text_of"]

if __name__ == "__main__":
    main()
