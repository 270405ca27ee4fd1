"""Runs the tables of cases in tests/cases/: each case is the base return with one thing otherwise, as a unit sent it.

Black box: the program is reached by its command line alone, results are what `collect --json` prints and what the
ledger's file holds. All cases of a table are collected in one run, as a full inbox is. README.md there explains the
tables to whoever adds a line.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from nq57xl.cli import main
from nq57xl.resources import yaml_of
from tests.case_book import Book, Key, key_of, places
from tests.case_edits import EDITS
from tests.postgresql import copied, lasting_folder

TABLES = Path(__file__).parent / "cases"
TABLE_NAMES = ("shown", "kept", "impossible", "displaced")
"""Tables of cases that are one file each; `runs` holds those that are several."""
PERIOD, RECEIVED = "2026-04", date(2026, 4, 16)
ISSUED_AT, NOW = "2026-04-01T08:00:00", "2026-05-20T09:00:00"
NEIGHBOURS = frozenset({"LOST_FROM_EARLIER"})
"""What a return is told because of others of its unit in the same run, which are other cases here."""
TERMINAL = "terminal.txt"
"""In the workspace: what the runs said on stderr."""
SEVERITIES = ("error", "warning", "repaired", "note")

Case = dict[str, Any]
Finding = dict[str, Any]


class Done(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded


class Outcome(NamedTuple):
    """What became of one file."""

    verdict: str
    findings: tuple[Finding, ...]
    values: dict[Key, str | float | None]
    """As the ledger holds them; dates as 2026-04-10."""


def in_a_process(*arguments: str | Path, now: str = NOW) -> Done:
    """The same as an office runs it: what its worker processes say on the terminal is on stderr, too."""
    command = [sys.executable, "-m", "nq57xl", *map(str, arguments)]
    environment = {**os.environ, "NQ57XL_NOW": now}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace"))


def nq57xl(*arguments: str | Path, now: str = NOW) -> Done:
    """The command line, in this process; a traceback is code -1, with its text on stderr."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    code = 0
    with (
        mock.patch.object(sys, "argv", ["nq57xl", *map(str, arguments)]),
        mock.patch.dict(os.environ, {"NQ57XL_NOW": now}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except Exception:
            code = -1
            traceback.print_exc(file=err)
    texts = []
    for stream in (out, err):
        stream.flush()
        stream.buffer.seek(0)
        texts.append(stream.buffer.read().decode("utf-8", "replace"))
    return Done(code, *texts)


# --- the base -------------------------------------------------------------------------------------------------------


def prepare(root: Path, *, others: bool = False) -> None:
    """A workspace of sxd-2026 with VP's form of April issued; `others`: all units', and VP's of March and May."""
    copied(_prepared(others), root)


@functools.cache
def _prepared(others: bool) -> Path:
    """The workspace of which all others of this process are copies."""
    root = lasting_folder() / "so"
    assert nq57xl("init", root, "--plan", "sxd-2026", now=ISSUED_AT).code == 0
    one = ("--unit", "VP")
    wanted = (("2026-03", one), (PERIOD, ()), ("2026-05", one)) if others else ((PERIOD, one),)
    for period, units in wanted:
        done = nq57xl("-w", root, "generate", "--period", period, *units, now=ISSUED_AT)
        assert done.code == 0, done.err
    return root


def form(root: Path, unit: str = "VP", period: str = PERIOD) -> bytes:
    """The form as it was issued."""
    return (root / "out" / period / "bieu-mau" / f"NQ57_{period}_{unit}.xlsx").read_bytes()


@functools.lru_cache(maxsize=4)
def base(issued: bytes) -> bytes:
    """The form filled in as base.yml says."""
    book = Book(issued)
    said = yaml_of((TABLES / "base.yml").read_text(encoding="utf-8"))
    told = {tuple(key.split()[:2]) for key in said}
    for table, row, field in places(issued):
        if (table, field) == ("led", "progress") and (table, row) not in told:
            book.put(f"led {row} progress", "Chưa phát sinh")
        if (table, field) == ("indicator", "no_data") and (table, row) not in told:
            book.put(f"indicator {row} no_data", "Chưa có số liệu kỳ này")
    for key, content in said.items():
        book.put(key, content)
    return book.packed()


# --- cases ----------------------------------------------------------------------------------------------------------


def load(*names: str) -> list[Case]:
    """The cases of some tables, in order; raises ValueError for two with one id."""
    cases: list[Case] = []
    for name in names:
        cases += yaml_of((TABLES / f"{name}.yml").read_text(encoding="utf-8")) or []
    ids = [case["id"] for case in cases]
    twice = {item for item in ids if ids.count(item) > 1}
    if twice:
        raise ValueError(f"two cases with one id: {sorted(twice)}")
    return cases


def content_of(case: Case) -> Any:  # noqa: ANN401 - whatever a table of cases holds
    """What the case types into its own cell: `text: …` and the like may stand in the line itself."""
    kinds = ("number", "text", "date", "bool", "error_name", "formula", "runs", "v", "xml")
    looks = ("format", "numFmtId", "strike", "font", "super", "sub", "link", "result", "t", "shared")
    if not any(name in case for name in kinds):
        return None
    return {name: case[name] for name in (*kinds, *looks) if name in case}


def sent(case: Case, filled: bytes, stamp: int) -> bytes:
    """The file that the case speaks of."""
    book = Book(filled)
    if "cell" in case:
        content = content_of(case)
        if content is not None or case.get("blank"):
            book.put(case["cell"], content)
    for key, content in case.get("typed", {}).items():
        book.put(key, content)
    for edit in case.get("book", []):
        ((name, arguments),) = edit.items()
        EDITS[name](book, **(arguments or {}))
    data = book.packed(stamp)
    for edit in case.get("file", []):
        ((name, arguments),) = edit.items()
        data = FILE_EDITS[name](data, **(arguments or {}))
    return data


def typed(case: Case) -> dict[str, object]:
    """What the case types, by cell; empty where it does more than type."""
    if any(word in case for word in ("book", "file", "received")):
        return {}
    own = {} if "cell" not in case or not (content_of(case) or "blank" in case) else {case["cell"]: content_of(case)}
    return {**own, **case.get("typed", {})}


def _scope(cell: str) -> str:
    """What a cell's error may hush: its own findings, or all of its row's where the row's rules compare cells."""
    table, row, field = key_of(cell)
    if field.startswith("evidence_"):  # number, day and link are proof together
        return f"{table} {row} evidence"
    return f"{table} {row}" if table == "indicator" or field == "progress" else cell


def _clash(one: str, other: str) -> bool:
    """Whether two cells must not be wrong in one file."""
    a, b = _scope(one), _scope(other)
    return one.startswith(f"{b} ") or other.startswith(f"{a} ") or a == b


def packs(cases: Sequence[Case]) -> Iterator[list[Case]]:
    """The cases in groups that can share a file: of one verdict, and in different cells."""
    groups: list[tuple[list[str], list[Case]]] = []
    for case in cases:
        cells = [*typed(case), *case.get("values", ())]
        alone = case["verdict"] not in ("accepted", "rejected") or not typed(case) or any("!" in cell for cell in cells)
        for others, members in groups:
            clashes = alone or not others or members[0]["verdict"] != case["verdict"]
            if not clashes and not any(_clash(one, other) for one in cells for other in others):
                others.extend(cells)
                members.append(case)
                break
        else:
            groups.append(([] if alone else cells, [case]))
    yield from (members for _, members in groups)


def packed(group: Sequence[Case], filled: bytes, stamp: int) -> bytes:
    """One file with all that the cases of a group say."""
    if len(group) == 1:
        return sent(group[0], filled, stamp)
    book = Book(filled)
    for case in group:
        for key, content in typed(case).items():
            book.put(key, content)
    return book.packed(stamp)


def _tail(data: bytes, size: int) -> bytes:
    return data + b"\0" * size


def _cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


FILE_EDITS: Mapping[str, Callable[..., bytes]] = {"tail": _tail, "cut": _cut}
"""What can be done to the finished zip."""


# --- running --------------------------------------------------------------------------------------------------------


def outcomes(
    root: Path, files: Mapping[str, tuple[date, bytes]], command: Callable[..., Done] = nq57xl
) -> dict[str, Outcome | Done]:
    """What becomes of each file, all collected in one run; a run that fails is halved until one file is to blame."""
    inbox = root / "inbox"
    paths = {}
    for name, (day, data) in files.items():
        paths[name] = inbox / day.isoformat() / f"{name}.xlsx"
        paths[name].parent.mkdir(parents=True, exist_ok=True)
        paths[name].write_bytes(data)
    return dict(_collected(root, paths, command))


def _collected(
    root: Path, paths: Mapping[str, Path], command: Callable[..., Done]
) -> Iterator[tuple[str, Outcome | Done]]:
    done = command("-w", root, "collect", *paths.values(), "--period", PERIOD, "--json")
    with (root / TERMINAL).open("a", encoding="utf-8") as terminal:
        terminal.write(done.err)
    if done.code == 0:
        told = {Path(item["file"]).stem: item for item in done.document["returns"]}
        yield from ((name, _outcome(root, told[name])) for name in paths)
        return
    if len(paths) == 1:
        yield from ((name, done) for name in paths)
        return
    names = list(paths)
    for half in (names[: len(names) // 2], names[len(names) // 2 :]):
        yield from _collected(root, {name: paths[name] for name in half}, command)


def _outcome(root: Path, told: Mapping[str, Any]) -> Outcome:
    """The verdict as recorded: `collect` calls one superseded that a later case beat."""
    with contextlib.closing(sqlite3.connect(root / "nq57xl.db")) as ledger:
        row = ledger.execute("SELECT id, verdict FROM returns WHERE sha256 = ?", (told["sha256"],)).fetchone()
        number, verdict = row or (0, told["verdict"])
        lines = ledger.execute(
            "SELECT row_table, row_key, field, value, value_type FROM return_values WHERE return_id = ?", (number,)
        ).fetchall()
    values = {(table, key, field): _typed(value, kind) for table, key, field, value, kind in lines}
    findings = tuple(item for item in told["findings"] if item["code"] not in NEIGHBOURS)
    if len(findings) < len(told["findings"]) and not any(item["severity"] == "warning" for item in findings):
        verdict = "accepted" if verdict == "accepted_with_warnings" else verdict
    return Outcome(verdict, findings, values)


def _typed(value: str | None, kind: str) -> str | float | None:
    return float(value) if kind == "number" and value is not None else value


# --- judging --------------------------------------------------------------------------------------------------------


def problems(group: Sequence[Case], case: Case, outcome: Outcome | Done, form_places: Mapping[Key, Any]) -> list[str]:
    """What came out otherwise than the case says, of a file with all cases of its group; empty where all is right."""
    if isinstance(outcome, Done):
        return [f"collect ended with {outcome.code}: {outcome.err.strip().splitlines()[-1:]}"]
    return [
        *_verdict_problems(case, outcome),
        *_finding_problems(group, case, outcome, form_places),
        *(_value_problems(case, outcome) if outcome.verdict.startswith("accepted") else ()),
    ]


def _verdicts(case: Case) -> list[str]:
    return [word.strip() for word in str(case["verdict"]).split(" or ")]


def _verdict_problems(case: Case, outcome: Outcome) -> Iterator[str]:
    if outcome.verdict not in _verdicts(case):
        yield f"verdict {outcome.verdict}, not {case['verdict']}"


def _expected(case: Case) -> dict[str, list[dict[str, Any]]]:
    """Severity -> findings that the case names; a verdict with no finding named means one at the case's own cell."""
    found: dict[str, list[dict[str, Any]]] = {}
    for severity in (*SEVERITIES, "told"):
        said = case.get(severity)
        items = said if isinstance(said, list) else [] if said is None else [said]
        found[severity] = [{"code": item} if isinstance(item, str) else dict(item) for item in items]
    implied = {"rejected": "error", "accepted_with_warnings": "warning"}
    for verdict, severity in implied.items():
        if verdict in _verdicts(case) and not found[severity] and case.get(severity) != []:
            found[severity] = [{"code": "any"}]
    for items in found.values():
        for item in items:
            item.setdefault("at", case.get("cell", ""))
    return found


def _finding_problems(
    group: Sequence[Case], case: Case, outcome: Outcome, form_places: Mapping[Key, Any]
) -> Iterator[str]:
    if outcome.verdict == "unrecognised" and "unrecognised" in _verdicts(case):
        return  # what is said of a whole file has no cell
    for severity, expected in _expected(case).items():
        there = [item for item in outcome.findings if severity in (item["severity"], "told")]
        optional = " or " in str(case["verdict"]) and severity != "told"
        for wanted in expected:
            if not optional and not any(named(item, wanted, form_places) for item in there):
                yield f"no {severity} {_named(wanted)}; there: {_brief(there)}"
        if severity in ("error", "warning"):
            known = [wanted for one in group for wanted in _expected(one)[severity]]
            others = [item for item in there if not any(named(item, wanted, form_places) for wanted in known)]
            if others and not any(one.get("others") for one in group):
                yield f"{severity} not asked for: {_brief(others)}"


def named(item: Finding, wanted: Mapping[str, Any], form_places: Mapping[Key, Any]) -> bool:
    if wanted.get("code", "any") not in ("any", item["code"]):
        return False
    says = wanted.get("says", [])
    if not all(
        text in f"{item['message']} {item['value']} {item['sheet']}"
        for text in ([says] if isinstance(says, str) else says)
    ):
        return False
    if wanted.get("task", item["task"]) != item["task"]:
        return False
    at = wanted.get("at", "")
    if not at or at == "anywhere":
        return True
    if "!" in at:
        return bool(at == f"{item['sheet']}!{item['cell']}")
    if wanted.get("moved"):
        _, row, field = key_of(at)
        return item["field"] == field and item["task"] in (row, None)
    place = form_places[key_of(at)]
    return bool((item["sheet"], item["cell"]) == (place.sheet, place.cell))


def _named(wanted: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value!r}" for name, value in wanted.items() if value)


def _brief(items: Sequence[Finding]) -> str:
    return "; ".join(f"{item['code']} {item['sheet']}!{item['cell']} «{item['message'][:90]}»" for item in items) or "–"


def _value_problems(case: Case, outcome: Outcome) -> Iterator[str]:
    wanted = dict(case.get("values", {}))
    if "value" in case:
        wanted[case["cell"]] = case["value"]
    for key, value in wanted.items():
        held = outcome.values.get(key_of(key))
        options = value if isinstance(value, list) else [value]
        if not any(_same(held, option) for option in options):
            yield f"value of {key}: {held!r}, not {value!r}"
    if "cell" in case:
        held = str(outcome.values.get(key_of(case["cell"]), ""))
        yield from (f"holds {text!r}: {held!r}" for text in _texts(case.get("never")) if text in held)
        yield from (f"lacks {text!r}: {held!r}" for text in _texts(case.get("contains")) if text not in held)


def _texts(said: Any) -> list[str]:  # noqa: ANN401 - whatever a table of cases holds
    return [] if said is None else [str(text) for text in (said if isinstance(said, list) else [said])]


def _same(held: str | float | None, wanted: Any) -> bool:  # noqa: ANN401 - whatever a table of cases holds
    if isinstance(wanted, date):
        return bool(held == wanted.isoformat())
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return isinstance(held, float) and abs(held - wanted) <= 1e-9 * max(1, abs(wanted))
    return bool(held == wanted)
