"""How the quality of reports is scored: principles, rules and weights as schemas/quality.yml declares them."""

from __future__ import annotations

from attrs import frozen


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
