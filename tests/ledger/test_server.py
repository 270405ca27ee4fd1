"""A ledger on a real PostgreSQL server: the same tables, the same answers, one writer, nothing lost on the way."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
from sqlalchemy import inspect, make_url

from nq57xl.cli import environment
from nq57xl.commands.backup import ledger_to_file, ledger_to_server, restore, verify, write_backup
from nq57xl.commands.collect import collect
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.init import init
from nq57xl.commands.merge import merge
from nq57xl.commands.office import Office
from nq57xl.commands.status import events, status
from nq57xl.errors import LedgerBusyError, Nq57Error
from nq57xl.ledger import migrate
from nq57xl.ledger.storage import changing, reading, storage_of, writing
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.tables import METADATA
from nq57xl.ledger.workspace import Workspace
from nq57xl.results.overview import figures
from nq57xl.text.clock import Clock
from tests.april_kit import DUE, moment
from tests.case_kit import nq57xl
from tests.ledger_kit import CLOCK, dump, judged
from tests.postgresql import PASSWORD, server

pytestmark = pytest.mark.needs("postgresql")
PERIOD = "2026-04"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with server() as found:
        yield found


@pytest.fixture
def workspace(address: str, tmp_path: Path) -> Workspace:
    """An empty workspace of an office with a Vietnamese name, its ledger on the server."""
    root = tmp_path / "Sở Xây dựng – tháng 4"
    root.mkdir()
    return Workspace(root, address)


@pytest.fixture(scope="module")
def april(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose ledger is a file: April issued, four returns collected, one of them rejected, merged."""
    root = tmp_path_factory.mktemp("sổ") / "Ban Quản lý"
    init(root, "bql-2026")
    play(Office.at(root, Clock(moment(1))))
    return root


def test_the_same_tables_stand_on_the_server(workspace: Workspace) -> None:
    """Every table and column of the migrations is there, and text sorts by its bytes as in SQLite."""
    with Ledger.open(workspace, CLOCK) as ledger, ledger.viewing() as connection:
        found = inspect(connection)
        assert set(found.get_table_names()) == set(METADATA.tables)
        for name, table in METADATA.tables.items():
            assert {column["name"] for column in found.get_columns(name)} == set(table.c.keys())
        order = connection.exec_driver_sql(
            "SELECT DISTINCT collation_name FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND data_type = 'text'"
        ).scalars()
        assert list(order) == ["C"]


def test_a_month_is_the_same_on_the_server(address: str, april: Path, tmp_path: Path) -> None:
    """The month of `april`, played with its ledger on the server: same standing, same figures, no file of a ledger."""
    root = tmp_path / "trên máy chủ"
    init(root, "bql-2026")
    office = Office.at(root, Clock(moment(1)), server=address)
    play(office)
    assert not (root / "nq57xl.db").exists() and not list((root / "backup").glob("*.db"))
    local = Office.at(april, Clock(moment(1)))
    assert standing(office) == standing(local)
    assert verify(office).problems == ()
    assert figures(merge(office, PERIOD).consolidation) == figures(merge(local, PERIOD).consolidation)


def play(office: Office) -> None:
    """April issued, four returns collected, one of them rejected, merged."""
    for number, item in enumerate(generate(office, PERIOD).forms):
        target = office.workspace.inbox / f"{item.form.unit}.xlsx"
        Department(number, DUE).fill(item.path, target, mistakes=number == 0)
    collect(office, [], PERIOD, moment(15))
    merge(office, PERIOD)


def standing(office: Office) -> list[tuple[object, ...]]:
    """Where each unit stands, in few words."""
    units = status(office, PERIOD).status.units
    return [
        (unit.code, unit.state, unit.received_at, Path(unit.file).name, unit.errors, unit.warnings) for unit in units
    ]


def test_there_and_back_nothing_is_lost(address: str, april: Path, tmp_path: Path) -> None:
    """File to server to file: every row as it was; the next ids go on; the file as it was stays in backup/."""
    root = shutil.copytree(april, tmp_path / "chuyển")
    office = Office.at(root, Clock(moment(16)), server=address)
    before = rows_of(Workspace(root))
    copied = ledger_to_server(office)
    assert not (root / "nq57xl.db").exists() and (root / copied.kept).is_file()
    assert copied.counts["returns"] == 4
    assert [item.what for item in events(office)][-1] == "ledger"
    assert rows_of(office.workspace, without=1) == before
    with Ledger.open(office.workspace, office.clock) as ledger:
        (record,) = ledger.record_returns(PERIOD, [judged("mới")], moment(16))
        assert record.id == 5
    ledger_to_file(office)
    again = rows_of(Workspace(root))
    assert set(before) <= set(again)
    assert len(again) > len(before)


def rows_of(workspace: Workspace, *, without: int = 0) -> list[str]:
    """Every row, in a notation that both databases share; `without`: events at the end that are left out."""
    ledger = storage_of(workspace).engine(read_only=True)
    with reading(ledger) as connection:
        found = [
            f"{table.name}: {tuple(row)}"
            for table in METADATA.sorted_tables
            if table.name not in ("migrations", "events")
            for row in connection.execute(table.select().order_by(*table.primary_key.columns))
        ]
        kept = connection.execute(METADATA.tables["events"].select().order_by(METADATA.tables["events"].c.id)).all()
        found += [f"events: {tuple(row)}" for row in kept[: len(kept) - without]]
    ledger.dispose()
    return found


def test_one_writer_at_a_time_and_it_is_named(workspace: Workspace) -> None:
    """A second command waits, then says who writes; readers do not wait; a killed holder frees the lock."""
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom nq57xl.ledger.storage import writing\n"
        "from nq57xl.ledger.workspace import Workspace\nfrom nq57xl.text.clock import Clock\n"
        "with writing(Workspace(Path(sys.argv[1]), sys.argv[2]), 'collect', Clock(), 'chị Hoa'):\n"
        "    print('held', flush=True)\n    time.sleep(60)\n"
    )
    with Ledger.open(workspace, CLOCK) as ledger:
        ledger.event("before")
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(workspace.root), workspace.server], stdout=subprocess.PIPE
    )
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    with pytest.raises(LedgerBusyError, match="chị Hoa"), writing(workspace, "merge", CLOCK, wait=0.3):
        pass
    with Ledger.open(workspace, CLOCK, read_only=True) as ledger:
        assert [item.what for item in ledger.events()] == ["before"]
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with writing(workspace, "merge", CLOCK, wait=10):
        pass


def test_a_reader_sees_the_ledger_as_it_was_while_another_writes(workspace: Workspace) -> None:
    """In the middle of a transaction a reader is answered at once, with what was recorded before."""
    with Ledger.open(workspace, CLOCK) as writer:
        writer.event("one")
        with writer.transaction() as connection:
            writer.add_event(connection, "two", {})
            started = time.monotonic()
            with Ledger.open(workspace, CLOCK, read_only=True) as reader:
                assert [item.what for item in reader.events()] == ["one"]
            assert time.monotonic() - started < 5
        with Ledger.open(workspace, CLOCK, read_only=True) as reader:
            assert [item.what for item in reader.events()] == ["one", "two"]


def test_writers_in_turn_lose_nothing(workspace: Workspace) -> None:
    """Four threads, ten commands each, on one ledger: forty events."""

    def write(name: int) -> None:
        for number in range(10):
            with writing(workspace, "collect", CLOCK), Ledger.open(workspace, CLOCK) as ledger:
                ledger.event("seen", {"by": name, "number": number})

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Ledger.open(workspace, CLOCK, read_only=True) as ledger:
        assert len({(item.detail["by"], item.detail["number"]) for item in ledger.events()}) == 40


def test_an_older_ledger_on_the_server_is_brought_up_to_date(workspace: Workspace) -> None:
    """A schema one step behind is upgraded by whoever writes and told; whoever reads is told to write first."""
    storage = storage_of(workspace, create=True)
    engine = storage.engine()
    with changing(engine) as connection:
        migrate.migrate(connection, CLOCK.now(), migrate.MIGRATIONS[:-1])
    engine.dispose()
    with pytest.raises(Nq57Error, match="nâng cấp"), Ledger.open(workspace, CLOCK, read_only=True):
        pass
    with Ledger.open(workspace, CLOCK) as ledger:
        assert "Máy chủ tự giữ" in ledger.upgraded
        assert [item.what for item in ledger.events()] == ["upgrade"]


def test_file_and_server_are_never_both_the_ledger(address: str, april: Path, tmp_path: Path) -> None:
    """A file beside a server's address is refused, naming the way out; a server’s ledger without one too."""
    root = shutil.copytree(april, tmp_path / "hai sổ")
    with pytest.raises(Nq57Error, match="ledger copy"), Ledger.open(Workspace(root, address), CLOCK):
        pass
    ledger_to_server(Office.at(root, Clock(moment(16)), server=address))
    with pytest.raises(Nq57Error, match="NQ57XL_LEDGER"), Ledger.open(Workspace(root), CLOCK):
        pass


def test_a_lost_schema_is_not_begun_anew(address: str, april: Path, tmp_path: Path) -> None:
    """Returns lie in the archive and the server knows nothing: refused, not replaced by an empty ledger."""
    root = shutil.copytree(april, tmp_path / "mất sổ")
    (root / "nq57xl.db").unlink()
    shutil.rmtree(root / "backup")
    with pytest.raises(Nq57Error, match="không có trên máy chủ"), Ledger.open(Workspace(root, address), CLOCK):
        pass


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "sai-mật-khẩu"}, "không nhận người dùng, mật khẩu"),
        ({"database": "khong_co"}, "tên cơ sở dữ liệu"),
        ({"query": {"host": "/nonexistent"}}, "Không kết nối được máy chủ"),
        ({"drivername": "mysql"}, "không phải địa chỉ sổ dữ liệu"),
    ],
)
def test_what_a_user_can_cause_is_told_without_the_password(
    workspace: Workspace, change: dict[str, object], said: str
) -> None:
    """Wrong password, database, host or kind of server: words, no traceback, no password anywhere."""
    url = make_url(workspace.server).set(**change)  # type: ignore[arg-type]
    there = attrs.evolve(workspace, server=url.render_as_string(hide_password=False))
    with pytest.raises(Nq57Error, match=said) as caught, Ledger.open(there, CLOCK):
        pass
    assert not {PASSWORD, "sai-mật-khẩu"} & set(str(caught.value).split("'"))
    assert "mật-khẩu" not in str(caught.value) and PASSWORD not in str(caught.value)
    assert PASSWORD not in repr(there)


def test_the_commands_take_the_server_from_the_environment(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NQ57XL_LEDGER names the server for every command."""
    init(workspace.root, "bql-2026")
    monkeypatch.setenv("NQ57XL_LEDGER", workspace.server)
    office = environment.office_at(workspace.root)
    assert office.workspace == workspace
    done = nq57xl("-w", workspace.root, "generate", "--period", PERIOD)
    assert done.code == 0, done.err
    with office.reading() as ledger:
        assert len(ledger.current_forms(PERIOD)) == 4
    assert any("forms" in line for line in dump(workspace))


def test_a_backup_needs_no_server(address: str, tmp_path: Path) -> None:
    """A workspace whose ledger is on the server goes into one zip and stands up elsewhere with a file; all agrees."""
    root = tmp_path / "trên máy chủ"
    init(root, "bql-2026")
    office = Office.at(root, Clock(moment(1)), server=address)
    play(office)
    with (tmp_path / "sao lưu.zip").open("wb") as file:
        write_backup(office, file)
    restore((tmp_path / "sao lưu.zip").read_bytes(), tmp_path / "máy khác")
    there = Office.at(tmp_path / "máy khác", Clock(moment(1)))
    assert standing(there) == standing(office)
    assert verify(there).problems == ()
    assert (tmp_path / "máy khác" / "nq57xl.db").is_file()
