"""Records to JSON and back, for the ledger and for hashes: one converter, so that both read the same text."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any, TypeVar

import attrs
import cattrs
from cattrs.gen import make_dict_unstructure_fn, override
from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_union_passthrough

from nq57xl.rules.schema import CellValue

_T = TypeVar("_T")


def _make() -> cattrs.Converter:
    converter = make_converter(forbid_extra_keys=True)
    # limits and facts hold plain JSON scalars; they pass through as they are
    configure_union_passthrough(str | int | float | bool | None, converter)

    def later(kind: Any) -> list[str]:  # noqa: ANN401 - whatever a field may be annotated with
        return [item.name for item in attrs.fields(kind) if item.metadata.get("later")] if attrs.has(kind) else []

    def without_later_defaults(kind: Any) -> Any:  # noqa: ANN401 - a hook
        omitted: dict[str, Any] = dict.fromkeys(later(kind), override(omit_if_default=True))
        return make_dict_unstructure_fn(kind, converter, **omitted)

    def is_cell(kind: Any) -> bool:  # noqa: ANN401 - whatever a field may be annotated with
        return bool(kind == CellValue)

    converter.register_unstructure_hook_factory(lambda kind: bool(later(kind)), without_later_defaults)
    # a date as an object of its own: a text may look like one
    converter.register_unstructure_hook_func(
        is_cell, lambda value: {"date": value.isoformat()} if isinstance(value, date) else value
    )
    converter.register_structure_hook_func(
        is_cell, lambda value, _: date.fromisoformat(value["date"]) if isinstance(value, dict) else value
    )
    return converter


CONVERTER = _make()


def to_json(record: Any) -> str:  # noqa: ANN401 - any record
    """Canonical JSON text of a record: sorted keys, real letters."""
    return json.dumps(CONVERTER.unstructure(record), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str, kind: type[_T]) -> _T:
    """The record that `to_json` wrote. Raises cattrs.BaseValidationError when it does not fit."""
    return CONVERTER.structure(json.loads(text), kind)


def json_fields(record: Any, names: str) -> dict[str, Any]:  # noqa: ANN401 - any record
    """Those fields of a record ("code name due") as JSON documents have them: days and moments as ISO 8601."""
    return {name: _plain(getattr(record, name)) for name in names.split()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - plain JSON
    if isinstance(value, date):
        return value.isoformat()
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def content_hash(record: Any) -> str:  # noqa: ANN401 - any record
    """First 12 hex digits of the SHA-256 of the canonical text: names a version of a plan or schema."""
    return hashlib.sha256(to_json(record).encode()).hexdigest()[:12]
