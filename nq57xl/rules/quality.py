"""How the quality of reports is scored: principles, rules and weights as schemas/quality.yml declares them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import cattrs
from attrs import frozen

from nq57xl.errors import Nq57Error
from nq57xl.resources import read_schema
from nq57xl.rules.codec import CONVERTER


@frozen
class QualityRule:
    """One thing that is measured, as a share from 0 to 100 %."""

    code: str
    """Name of the measure in `report.quality`."""
    title: str
    """What is measured, in words."""
    weight: float


@frozen
class Principle:
    """One of the six principles."""

    code: str
    title: str
    weight: float
    rules: tuple[QualityRule, ...]


@frozen
class Quality:
    """The whole scheme."""

    principles: tuple[Principle, ...]
    green: float
    """Percent from which a score is green."""
    yellow: float
    """Percent from which it is yellow; below it is red."""
    identifiers: str
    """Code of the rule that must reach 100 %: below it the score is red, whatever it is."""


_FILE = "quality.yml"


def load_quality(measures: Collection[str], workspace: Path | None = None) -> Quality:
    """The scheme. Raises Nq57Error when the file is wrong or names something that is not among the measures."""
    try:
        found = CONVERTER.structure(read_schema(_FILE, workspace), Quality)
    except (cattrs.BaseValidationError, TypeError, ValueError) as error:
        raise Nq57Error(
            f"Tệp schemas/{_FILE} sai: thiếu mục, thừa mục hoặc sai kiểu. Hãy so với tệp có sẵn."
        ) from error
    rules = [rule for principle in found.principles for rule in principle.rules]
    unknown = [rule.code for rule in rules if rule.code not in measures]
    if unknown:
        raise Nq57Error(f"Tệp schemas/{_FILE} có tiêu chí không đo được: {', '.join(unknown)}. Hãy sửa hoặc bỏ.")
    weights = [item.weight for item in found.principles] + [rule.weight for rule in rules]
    if not rules or any(weight < 0 for weight in weights) or not sum(weights):
        raise Nq57Error(f"Tệp schemas/{_FILE} phải có tiêu chí, và trọng số không được âm.")
    return found
