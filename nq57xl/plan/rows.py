"""Records of a plan as rows of cells, and back."""

from __future__ import annotations

from datetime import date
from typing import Any

import attrs

from nq57xl.plan.sheets import CUTOFFS, NAME_KINDS, VOCABULARIES
from nq57xl.records.plan import (
    DatedName,
    Deadline,
    Indicator,
    IndicatorGroup,
    Plan,
    Properties,
    Section,
    Settings,
    Signatory,
    Target,
    Task,
    Unit,
    UnitGroup,
)

Cells = dict[str, Any]
"""Column key -> str, int, bool, date, tuple of str, or None."""


def card_cells(properties: Properties) -> Cells:
    """The lines of the plan's card."""
    cells = attrs.asdict(properties, recurse=False)
    signatory = properties.signatory
    return cells | {
        "cutoff": CUTOFFS[properties.cutoff],
        "authority": signatory.authority,
        "position": signatory.position,
        "signer": signatory.name,
    }


def name_rows(properties: Properties) -> list[Cells]:
    """The names with their days of validity, a row each."""
    return [
        {"kind": title, **attrs.asdict(item)}
        for field, title in NAME_KINDS.items()
        for item in getattr(properties, field)
    ]


def settings_cells(settings: Settings) -> Cells:
    """The lines of the settings card."""
    return attrs.asdict(settings) | {"vocabulary": VOCABULARIES[settings.vocabulary]}


def table_rows(plan: Plan) -> dict[str, list[Cells]]:
    """Sheet id -> its rows."""
    return {
        "units": [attrs.asdict(item, recurse=False) for item in plan.units],
        "groups": [attrs.asdict(item, recurse=False) for item in plan.groups],
        "sections": [attrs.asdict(item) for item in plan.sections],
        "tasks": [attrs.asdict(item, recurse=False) | {"deadline": item.deadline.text} for item in plan.tasks],
        "indicator_groups": [attrs.asdict(item) for item in plan.indicator_groups],
        "indicators": [attrs.asdict(item, recurse=False) | {"target": item.target.text} for item in plan.indicators],
    }


def plan_of(card: Cells, names: list[Cells], tables: dict[str, list[Cells]], settings: Cells) -> Plan:
    """The plan that those cells hold, not yet understood."""
    return Plan(
        properties=_properties(card, names),
        units=tuple(Unit(**{**row, "external": bool(row.get("external"))}) for row in tables["units"]),
        groups=tuple(UnitGroup(**row) for row in tables["groups"]),
        sections=tuple(Section(**row) for row in tables["sections"]),
        tasks=tuple(_task(row) for row in tables["tasks"]),
        indicator_groups=tuple(IndicatorGroup(**row) for row in tables["indicator_groups"]),
        indicators=tuple(Indicator(**{**row, "target": Target(row["target"])}) for row in tables["indicators"]),
        settings=_settings(settings),
    )


def _settings(cells: Cells) -> Settings:
    known = {key: value for key, value in cells.items() if value is not None}
    known["vocabulary"] = next(
        (code for code, title in VOCABULARIES.items() if title == cells.get("vocabulary")), "own"
    )
    return Settings(**known)


def _task(row: Cells) -> Task:
    return Task(**{**row, "subnumber": row.get("subnumber") or None, "deadline": Deadline(row["deadline"])})


def _properties(card: Cells, names: list[Cells]) -> Properties:
    known = {item.name for item in attrs.fields(Properties)}
    plain = {key: value for key, value in card.items() if key in known and value is not None}
    plain["cutoff"] = next((code for code, title in CUTOFFS.items() if title == card.get("cutoff")), "decree")
    plain.setdefault("year", 0)
    signatory = Signatory(card.get("authority") or "", card.get("position") or "", card.get("signer") or "")
    dated: dict[str, Any] = {
        field: tuple(_name(row) for row in names if row["kind"] == title and row["name"])
        for field, title in NAME_KINDS.items()
    }
    return Properties(**plain, **dated, signatory=signatory)


def _name(row: Cells) -> DatedName:
    valid: tuple[date | None, date | None] = (row.get("valid_from"), row.get("valid_to"))
    return DatedName(row["name"], *valid)
