"""The "rõ" criteria as data (schemas/clear.yml): which checks belong to which, and the words that they go by."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cattrs
import yaml
from attrs import frozen

from nq57xl import resources
from nq57xl.errors import Nq57Error
from nq57xl.records.codec import CONVERTER
from nq57xl.text.normalise import fold

FILE = "clear.yml"


@frozen
class Criterion:
    """One "rõ" with the findings that belong to it."""

    name: str
    checks: tuple[str, ...]
    """Codes of the catalogue."""
    also: tuple[str, ...] = ()
    """Other names of it: "rõ kết quả" for "rõ sản phẩm"."""

    def is_called(self, name: str) -> bool:
        """That is one of its names."""
        return fold(name).strip(" .;,") in {fold(item) for item in (self.name, *self.also)}


@frozen
class Clear:
    """The whole file."""

    criteria: tuple[Criterion, ...]
    vague_deliverables: tuple[str, ...] = ()
    measurable_words: tuple[str, ...] = ()
    filler_words: tuple[str, ...] = ()

    def applies(self, code: str, wanted: tuple[str, ...]) -> bool:
        """Whether a plan with those criteria asks for that check; a plan that names none, or none known, asks for all.

        A code that belongs to no criterion always applies.
        """
        mine = [item for item in self.criteria if code in item.checks]
        known = [name for name in wanted if any(item.is_called(name) for item in self.criteria)]
        return not mine or not known or any(item.is_called(name) for item in mine for name in known)

    def asks_for(self, code: str, wanted: tuple[str, ...]) -> str:
        """The plan's own name of a criterion that the check belongs to; "" where it names none."""
        names = (name for name in wanted for item in self.criteria if code in item.checks and item.is_called(name))
        return next(names, "")


def load_clear() -> Clear:
    """The criteria, with the workspace's own file before the packaged one. Raises Nq57Error when the file is wrong."""
    return _load(resources.find("schemas", FILE))


@cache
def _load(path: Path) -> Clear:
    try:
        return CONVERTER.structure(yaml.safe_load(path.read_text(encoding="utf-8")), Clear)
    except (yaml.YAMLError, UnicodeDecodeError, cattrs.BaseValidationError, TypeError, ValueError) as error:
        raise Nq57Error(f"Tệp schemas/{FILE} sai: thiếu mục, thừa mục hoặc sai kiểu. Hãy so với tệp có sẵn.") from error
