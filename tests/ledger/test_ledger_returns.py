"""Returns in the ledger: every value and finding exactly, each file once, a whole run or nothing."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError

from nq57xl.forms.model import Value
from nq57xl.ledger import tables
from nq57xl.ledger.decisions import Decision, DecisionKind
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.rules.findings import Finding, Verdict
from nq57xl.rules.schema import CellValue
from tests.amounts import amount
from tests.ledger_kit import CLOCK, NOON, PERIOD, digest, dump, judged, value
from tests.samples import sample_plan


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    root = tmp_path / "Báo cáo tháng 4 (Sở Xây dựng)"
    root.mkdir()
    return Workspace(root)


@pytest.fixture
def ledger(workspace: Workspace) -> Iterator[Ledger]:
    with Ledger.open(workspace, CLOCK, "Vũ") as opened:
        opened.record_plan(sample_plan())
        yield opened


# returns


def test_return_round_trip(ledger: Ledger) -> None:
    """A return comes back equal: values of every type, findings, times, nothing rounded."""
    contents: tuple[CellValue, ...] = (
        0.1,
        1 / 3,
        1e-300,
        -0.0,
        80.0,
        dt.date(2026, 4, 14),
        "",
        None,
        "Đã xong\nDòng 2",
    )
    item = judged(
        "a",
        "accepted_with_warnings",
        values=tuple(value(number, content, str(content)) for number, content in enumerate(contents)),
        findings=(
            Finding("DATE_ODD", "warning", "Ngày lạ", "Xem lại", "Kết quả", "B7", "led", "I.1", "finished_on", "1/2"),
            Finding("MACROS", "note", "Có macro"),
        ),
    )
    (record,) = ledger.record_returns(PERIOD, [item], NOON)
    assert record.judged == item
    assert ledger.returns(PERIOD) == (record,)
    assert ledger.return_by_hash(item.source.sha256) == record
    found = ledger.returns(PERIOD)[0].judged.values
    assert [(type(one.value), repr(one.value)) for one in found] == [(type(one), repr(one)) for one in contents]


@settings(max_examples=amount(200, 5000))
@given(st.one_of(st.text(st.characters(exclude_categories=())), st.floats(allow_nan=False), st.dates(), st.none()))
def test_cell_values_pack(content: CellValue) -> None:
    """Every text, number, date and blank survives packing; half characters become U+FFFD and nothing else changes."""
    text, kind = tables.pack(content)
    again = tables.unpack(text, kind)
    assert again == (tables.clean(content) if isinstance(content, str) else content)
    assert type(again) is type(content)
    if text is not None:
        text.encode()


def test_undecodable_file_name(ledger: Ledger) -> None:
    """A file name that is no UTF-8 spoils neither its own return nor the run."""
    item = judged("a")
    name = os.fsdecode("báo c".encode() + b"\xe1o.xlsx")
    odd = attrs.evolve(item, source=attrs.evolve(item.source, path=f"inbox/{name}", name=name))
    ledger.record_returns(PERIOD, [odd, judged("b")], NOON)
    assert len(ledger.returns(PERIOD)) == 2


def test_times_are_vietnamese(ledger: Ledger, workspace: Workspace) -> None:
    """Times are stored as ISO 8601 with +07:00, whatever zone they came in; a naive one is Vietnamese already."""
    utc = judged("a", received=dt.datetime(2026, 4, 17, 18, 30, tzinfo=dt.UTC))
    naive = judged("b", received=dt.datetime(2026, 4, 17, 8, 0))
    ledger.record_returns(PERIOD, [utc, naive], NOON)
    assert any("'2026-04-18T01:30:00+07:00'" in line for line in dump(workspace))
    assert any("'2026-04-17T08:00:00+07:00'" in line for line in dump(workspace))
    assert ledger.returns(PERIOD)[0].judged.source.received_at.utcoffset() == dt.timedelta(hours=7)


def test_same_file_twice(ledger: Ledger, workspace: Workspace) -> None:
    """Collecting a file again changes nothing, in the same run and in the next one; for another period it is judged."""
    first = ledger.record_returns(PERIOD, [judged("a"), judged("a", "rejected")], NOON)
    before = dump(workspace)
    again = ledger.record_returns(PERIOD, [judged("a", "duplicate"), judged("a")], NOON)
    assert len(first) == 1
    assert again == ()
    assert dump(workspace) == before
    known = ledger.known_files([digest("a"), digest("b")])
    assert {sha256: (file.unit, file.form_period) for sha256, file in known.items()} == {digest("a"): ("VP", PERIOD)}
    assert known[digest("a")].periods == {PERIOD}
    (other,) = ledger.record_returns("2026-05", [judged("a")], NOON)
    assert other.period == "2026-05"
    assert ledger.known_files([digest("a")])[digest("a")].periods == {PERIOD, "2026-05"}


def test_unreadable_files_stay_unknown(ledger: Ledger) -> None:
    """Files without a hash could not be read: they are not recorded, and do not make one another duplicates."""
    nothing = judged("a", "unrecognised", None)
    nothing = attrs.evolve(nothing, source=attrs.evolve(nothing.source, sha256=""))
    assert ledger.record_returns(PERIOD, [nothing, judged("b"), nothing], NOON) == ledger.returns(PERIOD)
    assert not ledger.known_files([""])
    assert len(ledger.returns(PERIOD)) == 1


def test_a_file_is_opened_for_its_period(ledger: Ledger) -> None:
    """A file that stayed locked for one period is opened for another: what was recorded for the first stays, and can
    still be opened; no third period tries again."""
    locked = judged("a", "unrecognised", None, findings=(Finding("FILE_ENCRYPTED", "error", "Có mật khẩu"),))
    ledger.record_returns(PERIOD, [locked], NOON)
    (opened,) = ledger.record_returns("2026-05", [judged("a")], NOON)
    (file,) = ledger.known_files([opened.judged.source.sha256]).values()
    assert [file.is_shut(of, unlocking=True) for of in (PERIOD, "2026-05", "2026-06")] == [True, False, False]
    assert ledger.record_returns("2026-05", [judged("a")], NOON) == ()
    ledger.record_returns("2026-06", [locked], NOON)
    (opened,) = ledger.record_returns("2026-06", [judged("a")], NOON)
    assert (opened.period, opened.judged.verdict) == ("2026-06", "accepted")
    verdicts = [[item.judged.verdict for item in ledger.returns(of)] for of in (PERIOD, "2026-05", "2026-06")]
    assert verdicts == [["unrecognised"], ["accepted"], ["accepted"]]


def test_run_all_or_nothing(ledger: Ledger, workspace: Workspace) -> None:
    """A failure in the last return of a run leaves no trace of the first."""
    before = dump(workspace)
    bad = attrs.evolve(judged("c"), verdict=cast(Verdict, None))
    with pytest.raises(IntegrityError):
        ledger.record_returns(PERIOD, [judged("a", values=(value(1, "x"),)), judged("b"), bad], NOON)
    assert dump(workspace) == before


def test_returns_of_one_period(ledger: Ledger) -> None:
    """Returns come in the order of collection, with their own values and findings, for the period asked for."""
    note = Finding("MACROS", "note", "Có macro")
    ledger.record_returns(PERIOD, [judged("b", values=(value(1, "b"), value(2, 2.0))), judged("a")], NOON)
    ledger.record_returns("2026-05", [judged("c", values=(value(1, "c"),))], NOON)
    ledger.record_returns(PERIOD, [judged("d", values=(value(1, "d"),), findings=(note,))], NOON)
    found = ledger.returns(PERIOD)
    assert [record.judged.source.sha256 for record in found] == [digest("b"), digest("a"), digest("d")]
    assert [[item.value for item in record.judged.values] for record in found] == [["b", 2.0], [], ["d"]]
    assert [len(record.judged.findings) for record in found] == [0, 0, 1]


def test_how_far_rows_have_come_is_read_as_decided(ledger: Ledger) -> None:
    """A rejected return stays rejected when its time is put right; taken, its cell with an error is blank here, too."""
    wrong = Finding("PERCENT_OUT_OF_RANGE", "error", "Tỷ lệ ngoài 0-100%", table="led", task="I.1", field="percent")
    cells: dict[str, CellValue] = {"progress": "in_progress", "percent": 1.5}
    said = tuple(Value("led", "I.1", name, str(told), told, "Kết quả", "B1") for name, told in cells.items())
    (kept,) = ledger.record_returns(PERIOD, [judged("a", "rejected", values=said, findings=(wrong,))], NOON)
    told = []
    for kind, content, reason in (("received", NOON.isoformat(), "Thư đến trước"), ("take", "", "Hết hạn")):
        ledger.decide(Decision(kept.id, cast(DecisionKind, kind), content, reason, NOON, "Vũ"), {})
        (found,) = ledger.progress({(PERIOD, "VP")})
        told.append((found.judged.verdict, [item.field for item in found.judged.values]))
    assert told == [("rejected", ["progress", "percent"]), ("accepted_with_warnings", ["progress"])]


def test_queries_do_not_grow(ledger: Ledger) -> None:
    """Reading the returns of a period takes the same number of queries for two returns as for forty."""
    said: list[str] = []
    event.listen(Engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    counts = []
    for batch in (range(2), range(2, 40)):
        items = [judged(f"r{number}", values=(value(1, "x"),)) for number in batch]
        ledger.record_returns(PERIOD, items, NOON)
        said.clear()
        ledger.returns(PERIOD)
        counts.append(len(said))
    assert counts[0] == counts[1] <= 7


def test_first_seen(ledger: Ledger) -> None:
    """A file keeps the moment at which it was first seen, also when the run that saw it was killed."""
    item = judged("a")
    assert ledger.first_seen([item.source], NOON) == {item.source.sha256: NOON}
    later = NOON + dt.timedelta(hours=13)
    assert not ledger.known_files([item.source.sha256])
    assert ledger.first_seen([item.source], later) == {item.source.sha256: NOON}
    ledger.record_returns(PERIOD, [item], later)
    assert ledger.first_seen([item.source], later) == {item.source.sha256: NOON}


def test_where_the_content_is_kept(ledger: Ledger, workspace: Workspace) -> None:
    """The ledger says where in the archive a file stands, also when it was seen before it was archived."""
    archived, over_limit = judged("a"), judged("b", "unrecognised", None)
    ledger.first_seen([archived.source, over_limit.source], NOON)
    workspace.archive_bytes(b"a", digest("a"), "a.xlsx")
    ledger.record_returns(PERIOD, [archived, over_limit], NOON)
    with ledger._engine.connect() as connection:
        found = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT name, path FROM files")}
    assert found == {"a.xlsx": f"archive/{digest('a')[:2]}/{digest('a')}.xlsx", "b.xlsx": None}


def test_run_is_an_event(ledger: Ledger) -> None:
    """A run that records something is an event of its own transaction; a run of duplicates is none."""
    ledger.record_returns(PERIOD, [judged("a"), judged("b", "rejected"), judged("c")], NOON)
    ledger.record_returns(PERIOD, [judged("a")], NOON)
    (noted,) = ledger.events()
    assert (noted.at, noted.who, noted.what) == (NOON, "Vũ", "collect")
    assert noted.detail == {"period": PERIOD, "verdicts": {"accepted": 2, "rejected": 1}}
