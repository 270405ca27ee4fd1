"""The bundled plans say what the printed appendices say: compared with an independent transcription, cell by cell."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from nq57xl.plan.appendix_read import bundled_appendix, read_appendix
from nq57xl.plan.model import Plan
from tests import markdown

PLANS = ("bql-2026", "sxd-2026")


class Printed(NamedTuple):
    """What the transcription holds."""

    sections: list[tuple[str, str]]
    tasks: list[dict[str, str]]
    groups: list[tuple[str, str]]
    indicators: list[dict[str, str]]


def transcription(plan: str) -> Printed:
    """The tables of tests/data/<plan>.md; each row also names its section or group."""
    text = (Path(__file__).parents[1] / "data" / f"{plan}.md").read_text(encoding="utf-8")
    printed = Printed([], [], [], [])
    for (_, kind, heading), rows in markdown.tables(text):
        number, _, title = heading.partition(". ")
        titles, entries = (
            (printed.sections, printed.tasks) if kind == "Nhiệm vụ" else (printed.groups, printed.indicators)
        )
        titles.append((number, title))
        entries.extend({"section": number, **row} for row in rows)
    return printed


def bundled(plan: str) -> Plan:
    """The plan as the bundled master appendix holds it."""
    return read_appendix(bundled_appendix(plan), f"{plan}.xlsx").plan


@pytest.mark.parametrize(("plan", "rows", "indicators"), [("bql-2026", 6, 0), ("sxd-2026", 26, 27)])
def test_the_transcription_is_whole(plan: str, rows: int, indicators: int) -> None:
    """The transcription holds every row and indicator that the printed appendix counts."""
    printed = transcription(plan)
    assert len(printed.tasks) == rows
    assert len(printed.indicators) == indicators


@pytest.mark.parametrize("plan", PLANS)
def test_sections_are_verbatim(plan: str) -> None:
    """Sections stand in the printed order under their printed titles."""
    assert [(item.number, item.title) for item in bundled(plan).sections] == transcription(plan).sections


@pytest.mark.parametrize("plan", PLANS)
def test_tasks_are_verbatim(plan: str) -> None:
    """Every cell of every task equals the printed one, misprints and full stops included."""
    ours = [
        {
            "section": task.section,
            "number": task.number,
            "subnumber": task.subnumber or "",
            "task": task.task,
            "subtask": task.subtask,
            "deliverable": task.deliverable,
            "kpi": task.kpi,
            "lead": task.lead,
            "support": task.support,
            "deadline": task.deadline.text,
            "note": task.note,
        }
        for task in bundled(plan).tasks
    ]
    assert ours == transcription(plan).tasks


@pytest.mark.parametrize("plan", PLANS)
def test_indicators_are_verbatim(plan: str) -> None:
    """Groups and indicators, with unit of measure, target and lead, equal the printed ones."""
    plan_, printed = bundled(plan), transcription(plan)
    assert [(item.number, item.title) for item in plan_.indicator_groups] == printed.groups
    ours = [
        {
            "section": item.group,
            "number": item.number,
            "indicator": item.indicator,
            "unit": item.unit,
            "target": item.target.text,
            "lead": item.lead,
        }
        for item in plan_.indicators
    ]
    assert ours == printed.indicators
