"""The master appendix as it is kept for the next command: what was parsed, whole, or nothing."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable

import openpyxl
import pytest
from hypothesis import given, settings

from nq57xl.plan import appendix_kept
from nq57xl.plan.appendix_kept import Appendix
from nq57xl.plan.appendix_read import BUNDLED_PLANS, bundled_appendix, read_appendix
from nq57xl.plan.appendix_write import write_appendix
from nq57xl.plan.model import Plan
from tests.amounts import amount
from tests.plan_samples import PLANS


def require_same(data: bytes) -> Appendix:
    """Kept and read again it is the same in every field, also in those that no comparison looks at; returns it."""
    read = read_appendix(data)
    again = appendix_kept._from_kept(read.kept(data), data)
    assert again is not None
    assert again == read
    assert again.plan.version == read.plan.version
    assert [item.wording for item in again.findings] == [item.wording for item in read.findings]
    assert list(again.places) == list(read.places)
    return read


@settings(max_examples=amount(10, 300))
@given(PLANS)
def test_any_plan_is_kept_whole(plan: Plan) -> None:
    """Whatever its texts, a plan that is read from what was kept is the one that was parsed, with every place."""
    require_same(write_appendix(plan))


@pytest.mark.parametrize("name", BUNDLED_PLANS)
def test_a_bundled_plan_is_kept_whole(name: str) -> None:
    """Both plans that come with the program."""
    require_same(bundled_appendix(name))


def test_what_is_wrong_in_the_appendix_is_kept_too() -> None:
    """Unreadable cells, rows without a code, TCVN3 letters and lead units that nobody knows: findings and new codes."""
    book = openpyxl.load_workbook(io.BytesIO(bundled_appendix("sxd-2026")))
    page = book["Nhiệm vụ"]
    page["L5"], page["L6"], page["A7"], page["I8"] = "31/02/2026", "#REF!", None, "Phòng không có"
    page["E9"] = "Nhµ n­íc céng hßa x· héi chñ nghÜa"
    page["K10"] = 46203.5
    stream = io.BytesIO()
    book.save(stream)
    read = require_same(stream.getvalue())
    assert [(item.cell, item.code) for item in read.findings] == [("L5", "VALUE_UNREADABLE"), ("L6", "ERROR_CELL")]
    assert [cell for _, cell, _ in read.new_codes] == ["A7"]


def _marked(body: bytes) -> bytes:
    """With the mark that belongs to it, as somebody could make it who knows how."""
    return hashlib.sha256(appendix_kept._program() + hashlib.sha256(DATA).digest() + body).hexdigest().encode() + body


DATA = bundled_appendix("sxd-2026")
HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "cut": lambda text: text[:-1],
    "a letter changed": lambda text: text.replace("Văn phòng".encode(), "Văn Phòng".encode(), 1),
    "without its mark": lambda text: text[64:],
    "no JSON": lambda _: _marked(b"{"),
    "no UTF-8": lambda _: _marked(b'"\xff"'),
    "deep": lambda _: _marked(b"[" * 100_000),
    "a list": lambda _: _marked(b"[]"),
    "another structure": lambda text: _marked(json.dumps(json.loads(text[64:]) | {"more": 1}).encode()),
    "no plan": lambda text: _marked(json.dumps(json.loads(text[64:]) | {"plan": {"properties": 1}}).encode()),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_anything_else_is_nothing(how: str) -> None:
    """Damaged, foreign or made to deceive: nothing is read from it, nothing is raised."""
    text = read_appendix(DATA).kept(DATA)
    assert appendix_kept._from_kept(text, DATA) is not None
    assert appendix_kept._from_kept(HOSTILE[how](text), DATA) is None


def test_of_another_workbook_or_program_it_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The appendix was saved anew, or the program parses otherwise by now."""
    text = read_appendix(DATA).kept(DATA)
    assert appendix_kept._from_kept(text, bundled_appendix("bql-2026")) is None
    monkeypatch.setattr(appendix_kept, "_program", lambda: b"another")
    appendix_kept._from_kept.cache_clear()
    assert appendix_kept._from_kept(text, DATA) is None
