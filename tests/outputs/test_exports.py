"""Data for other systems: every counting cell and computed standing, exact, in three formats that agree; task texts."""

from __future__ import annotations

import csv
import datetime as dt
import html.parser
import io
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, get_args

import attrs
import jsonschema
import pytest

from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Value
from nq57xl.outputs.exports import _COLUMNS, Format, _facts, export_bytes
from nq57xl.outputs.texts import _task_text, tracking_page, tracking_text
from nq57xl.results.model import Consolidation
from tests.conftest import REPOSITORY
from tests.report_books import consolidated

CASES = [
    pytest.param(kind, marks=[pytest.mark.needs("pyarrow")] if kind == "parquet" else []) for kind in get_args(Format)
]
SCHEMA: dict[str, Any] = json.loads((REPOSITORY / "schemas" / "du-lieu.schema.json").read_text(encoding="utf-8"))
PLANS = ("sample", "bql-2026", "sxd-2026")
HOSTILE = '=HYPERLINK("http://x")|<script>alert(1)</script> & {{ 7*7 }} "ngoặc"\n- dòng hai'


@cache
def filled(which: str, seed: int = 4) -> Consolidation:
    return consolidated(which, seed)


def with_text(c: Consolidation, text: str) -> Consolidation:
    """The consolidation in which the first result of a row, and its line in the sources, is that text."""
    row = next(item for item in c.tasks if any("result" in entry.values for entry in item.entries))
    entry = next(item for item in row.entries if "result" in item.values)
    old = entry.values["result"]
    new = attrs.evolve(old, typed=text, value=text)
    entries = tuple(attrs.evolve(e, values=e.values | {"result": new}) if e is entry else e for e in row.entries)
    tasks = tuple(attrs.evolve(row, entries=entries) if item is row else item for item in c.tasks)
    traced = tuple(attrs.evolve(item, value=new) if item.value is old else item for item in c.traced)
    return attrs.evolve(c, tasks=tasks, traced=traced)


def exact(text: str, kind: str) -> str | float | dt.date | bool | None:
    """A cell of the CSV as the value it says."""
    if kind in ("number", "percent"):
        return float(text)
    if kind == "date":
        return dt.date.fromisoformat(text)
    if kind == "flag":
        return text == "true"
    return None if kind == "none" else text


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("which", PLANS)
def test_every_counting_cell_is_there_once(which: str) -> None:
    """Plain loops over the counting returns find every cell with its value, as typed, and where it stands."""
    c = filled(which)
    wanted: list[tuple[str, Value, str]] = []
    for unit in c.status.units:
        if unit.counting is not None:
            source = unit.counting.judged.source
            wanted += [
                (unit.code, value, source.sha256)
                for value in unit.counting.judged.values
                if value.field not in ("phone", "email")
            ]
    told = [fact for fact in _facts(c) if fact.origin != "computed"]
    assert {(f.unit, f.table, f.row, f.field, f.typed, f.value, f.sha256, f.sheet, f.cell) for f in told} == {
        (unit, v.table, v.key, v.field, v.typed, v.value, sha256, v.sheet, v.cell) for unit, v, sha256 in wanted
    }
    assert len(told) == len(wanted)
    assert {fact.origin for fact in told} == {"return"}


@pytest.mark.parametrize("which", PLANS)
def test_standings_are_those_of_the_report(which: str) -> None:
    """Each row of the plan has its state; progress, timeliness, days, percentage and due day where they are known."""
    c = filled(which)
    told = {(f.row, f.field): f.value for f in _facts(c) if f.table == "standing"}
    for row in c.tasks:
        code, standing = row.task.code, row.standing
        assert told.pop((code, "state")) == standing.state
        assert told.pop((code, "progress"), None) == standing.progress
        state = standing.timeliness
        assert told.pop((code, "timeliness"), None) == (state.code if state else None)
        assert told.pop((code, "days"), None) == (state.days if state else None)
        assert told.pop((code, "due"), None) == row.task.due
        told.pop((code, "percent"), None)
    assert told == {}
    results = {(f.row, f.unit, f.field): f.value for f in _facts(c) if f.table == "indicator_result"}
    for item in c.indicators:
        for entry in item.entries:
            where = (item.indicator.code, entry.unit)
            assert results.pop((*where, "state")) == entry.state
            assert results.pop((*where, "result"), None) == entry.result
            assert results.pop((*where, "gap"), None) == entry.gap
            assert results.pop((*where, "reached"), None) == entry.reached
    assert results == {}


@pytest.mark.parametrize("which", PLANS)
def test_csv_and_json_say_the_same(which: str) -> None:
    """CSV and JSON hold the same lines with the same exact values in the same order."""
    c = filled(which)
    lines = [*_facts(c)]
    document = json.loads(export_bytes(c, "json"))
    written = rows_of(export_bytes(c, "csv"))
    assert len(document["facts"]) == len(written) == len(lines)
    for fact, one, row in zip(lines, document["facts"], written, strict=True):
        assert tuple(row) == _COLUMNS
        plain = fact.value.isoformat() if isinstance(fact.value, dt.date) else fact.value
        assert (one["value"], one["type"]) == (plain, fact.type)
        kind = fact.type
        if not str(fact.value).startswith(("=", "+", "-", "@")) or kind in ("number", "percent"):
            assert exact(row["value"], kind) == fact.value


@pytest.mark.needs("pyarrow")
@pytest.mark.parametrize("which", PLANS)
def test_parquet_says_the_same(which: str) -> None:
    """Parquet holds the same lines in the same order, each value as a number or a day where it is one."""
    import pyarrow.parquet as pq

    c = filled(which)
    lines = [*_facts(c)]
    table = pq.read_table(io.BytesIO(export_bytes(c, "parquet"))).to_pylist()
    assert len(table) == len(lines)
    for fact, stored in zip(lines, table, strict=True):
        if fact.type in ("number", "percent"):
            assert stored["number"] == fact.value
        assert stored["day"] == (fact.value if isinstance(fact.value, dt.date) else None)
        assert [stored[name] for name in ("unit", "table", "row", "field", "typed", "sha256", "cell")] == [
            getattr(fact, name) for name in ("unit", "table", "row", "field", "typed", "sha256", "cell")
        ]


@pytest.mark.parametrize("which", PLANS)
def test_json_keeps_to_its_published_schema(which: str) -> None:
    """The document validates, with and without contacts; a changed key or type does not."""
    c = filled(which)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for contacts in (False, True):
        document = json.loads(export_bytes(c, "json", contacts=contacts))
        jsonschema.validate(document, SCHEMA)
    document["facts"][0]["cel"] = document["facts"][0].pop("cell")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_contacts_only_where_asked_for() -> None:
    """Phones and e-mail addresses of people are in no export unless it is asked for."""
    c = filled("sxd-2026")
    for kind in ("csv", "json"):
        assert b"@dongnai.gov.vn" not in export_bytes(c, kind)
    assert [fact for fact in _facts(c, contacts=True) if fact.field == "email"]
    assert b"@dongnai.gov.vn" in export_bytes(c, "csv", contacts=True)


def test_the_csv_runs_nothing_in_excel() -> None:
    """A text that begins like a formula has an apostrophe in the CSV alone; numbers below zero stay numbers."""
    c = with_text(filled("bql-2026"), HOSTILE)
    row = next(row for row in rows_of(export_bytes(c, "csv")) if "HYPERLINK" in row["typed"])
    assert row["typed"] == row["value"] == f"'{HOSTILE}"
    assert export_bytes(c, "csv").startswith(b"\xef\xbb\xbf")
    one = next(item for item in json.loads(export_bytes(c, "json"))["facts"] if "HYPERLINK" in item.get("typed", ""))
    assert one["typed"] == HOSTILE
    overdue = [
        row for row in rows_of(export_bytes(c, "csv")) if row["field"] == "days" and row["value"].startswith("-")
    ]
    assert all(float(row["value"]) < 0 for row in overdue)


@pytest.mark.parametrize("kind", CASES)
def test_same_bytes(kind: Any) -> None:  # noqa: ANN401 - a Format
    """The same consolidation gives the same bytes."""
    assert export_bytes(filled("sample"), kind) == export_bytes(consolidated("sample", 4), kind)


def test_columns_are_the_published_ones() -> None:
    """The columns of the table are stable; a new one comes last."""
    value = ("plan", "period", "unit", "table", "row", "field", "type", "value", "typed", "origin")
    source = ("file", "sha256", "sheet", "cell", "received_at", "received_basis")
    assert _COLUMNS[:16] == value + source


def test_the_page_tells_every_column_and_computed_field() -> None:
    """docs/du-lieu.md names the columns, the tables and the computed fields that there are, and no others."""
    page = (REPOSITORY / "docs" / "du-lieu.md").read_text(encoding="utf-8")
    columns, computed = (
        part.split("\n\n")[0].splitlines()[2:] for part in re.split(r"(?m)^(?=\| (?:cột|bảng) \|)", page)[1:]
    )
    told = {name for row in columns for name in re.findall(r"`([a-z0-9_]+)`", row.split("|")[1])}
    assert told == set(_COLUMNS)
    fields = {
        (row.split("|")[1].strip(" `"), name)
        for row in computed
        for name in re.findall(r"`([a-z]+)`", row.split("|")[2])
    }
    there = {
        (f.table, f.field) for seed in range(6) for f in _facts(filled("sxd-2026", seed)) if f.origin == "computed"
    }
    assert fields == there


# texts for the tracking system


class Tags(html.parser.HTMLParser):
    """Tags and attributes of a page, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words += data.split()


@pytest.mark.parametrize("which", PLANS)
def test_each_task_has_its_text(which: str) -> None:
    """Every row with news has its block with the three headings; every text of a lead stands under its unit's name."""
    c = filled(which)
    text = tracking_text(c).decode().replace("\r\n", "\n")
    parts = text.split("\n==== NHIỆM VỤ ")[1:]
    quiet = text.partition("Không có nội dung mới trong kỳ: ")[2]
    told = [row for row in c.tasks if not re.search(rf"[( ]{re.escape(row.task.cited_number)}[,)]", quiet)]
    assert all(entry.before or not entry.values for row in c.tasks if row not in told for entry in row.entries)
    for part, row in zip(parts, told, strict=True):
        at = [
            part.index(f"\n{head}:\n") for head in ("Kết quả nổi bật", "Khó khăn, vướng mắc", "Nhiệm vụ kỳ tiếp theo")
        ]
        assert at == sorted(at)
        sections = {"result": part[at[0] : at[1]], "difficulties": part[at[1] : at[2]], "next_work": part[at[2] :]}
        for entry in row.entries:
            for name, section in sections.items():
                if name in entry.values:
                    assert f"{entry.name}: {entry.values[name].typed}" in section
        if row.standing.timeliness is not None and row.standing.timeliness.code == "overdue":
            assert f"Chậm: Quá hạn {-(row.standing.timeliness.days or 0)} ngày." in part


def test_the_page_has_simple_tags_only() -> None:
    """Headings, paragraphs, bold and line breaks; a unit's text is never markup and never a template."""
    c = with_text(filled("bql-2026"), HOSTILE)
    page = Tags(tracking_page(c).decode())
    assert page.tags <= {"html", "head", "meta", "title", "body", "h1", "h2", "h3", "p", "b", "br"}
    assert page.attributes <= {"lang", "charset"}
    assert "<script>alert(1)</script>" in page.words or '=HYPERLINK("http://x")|<script>alert(1)</script>' in page.words
    assert "{{" in page.words
    assert "{{ 7*7 }}" in tracking_text(c).decode()


def test_silence_is_told() -> None:
    """A row that nobody reported names its leads and says so; nothing is made up."""
    c = filled("sxd-2026")
    silent = [row for row in c.tasks if row.standing.state in ("unreported", "partly_reported")]
    for row in silent:
        told = _task_text(row, c)
        assert set(told["silent"]) == {entry.name for entry in row.entries if entry.expected and not entry.reported}
        assert told["delay"] == ""


def test_the_office_words_the_texts_itself(tmp_path: Path) -> None:
    """A template of the workspace is used; a wrong one is refused with its name."""
    own = tmp_path / "templates" / "texts" / "theo-doi.txt.j2"
    own.parent.mkdir(parents=True)
    own.write_text("{% for task in tasks %}{{ task.code }} {% endfor %}", encoding="utf-8")
    c = filled("sample")
    assert tracking_text(c, tmp_path).decode().split() == [row.task.code for row in c.tasks]
    own.write_text("{{ khong_co }}", encoding="utf-8")
    with pytest.raises(Nq57Error, match=r"theo-doi\.txt"):
        tracking_text(c, tmp_path)
