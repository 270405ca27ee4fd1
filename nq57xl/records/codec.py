"""Records to JSON and back, for the ledger and for hashes: one converter, so that both read the same text."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import cattrs
from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_union_passthrough

T = TypeVar("T")


def _make() -> cattrs.Converter:
    converter = make_converter(forbid_extra_keys=True)
    # limits and facts hold plain JSON scalars; they pass through as they are
    configure_union_passthrough(str | int | float | bool | None, converter)
    return converter


CONVERTER = _make()


def to_json(record: Any) -> str:  # noqa: ANN401 - any record
    """Canonical JSON text of a record: sorted keys, real letters."""
    import json

    return json.dumps(CONVERTER.unstructure(record), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str, kind: type[T]) -> T:
    """The record that `to_json` wrote. Raises cattrs.BaseValidationError when it does not fit."""
    import json

    return CONVERTER.structure(json.loads(text), kind)


def content_hash(record: Any) -> str:  # noqa: ANN401 - any record
    """First 12 hex digits of the SHA-256 of the canonical text: names a version of a plan or schema."""
    return hashlib.sha256(to_json(record).encode()).hexdigest()[:12]
