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
    converter.register_unstructure_hook_factory(_has_later, lambda kind: _without_later_defaults(kind, converter))
    converter.register_unstructure_hook_func(_is_cell, _cell_to_json)
    converter.register_structure_hook_func(_is_cell, _cell_from_json)
    return converter


def _has_later(kind: Any) -> bool:  # noqa: ANN401 - whatever a field may be annotated with
    return attrs.has(kind) and any(item.metadata.get("later") for item in attrs.fields(kind))


def _without_later_defaults(kind: type[Any], converter: cattrs.Converter) -> Any:  # noqa: ANN401 - a hook
    later = {item.name: override(omit_if_default=True) for item in attrs.fields(kind) if item.metadata.get("later")}
    return make_dict_unstructure_fn(kind, converter, **later)  # type: ignore[arg-type]


def _is_cell(kind: Any) -> bool:  # noqa: ANN401 - whatever a field may be annotated with
    return bool(kind == CellValue)


def _cell_to_json(value: CellValue) -> Any:  # noqa: ANN401 - plain JSON
    """A date as an object of its own: a text may look like one."""
    return {"date": value.isoformat()} if isinstance(value, date) else value


def _cell_from_json(value: Any, _: type) -> CellValue:  # noqa: ANN401 - plain JSON
    return date.fromisoformat(value["date"]) if isinstance(value, dict) else value


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
