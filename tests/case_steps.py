"""Runs the cases of tests/cases/runs.yml: several files, commands in order, what each must come to.

A case is a list of steps. What a step is called is a function here; its arguments are what stands beside it.
"""

from __future__ import annotations

import email.policy
import io
import os
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.case_book import Book, Key, Place, key_of, places
from tests.case_edits import EDITS
from tests.case_kit import PERIOD, SEVERITIES, Case, Done, base, form, named, nq57xl


class Run:
    """One case on its way: a workspace of its own, what went wrong so far."""

    def __init__(self, prepared: Path, root: Path) -> None:
        shutil.copytree(prepared, root)
        self.root = root
        self.problems: list[str] = []
        self.returns: dict[str, dict[str, Any]] = {}
        self.done = Done(0, "", "")
        self.stamp = 0

    def step(self, step: Mapping[str, Any]) -> None:
        """Does what one step says."""
        ((name, arguments),) = step.items()
        STEPS[name](self, **(arguments or {}))

    def wrong(self, text: str) -> None:
        """Notes what came out otherwise."""
        self.problems.append(text)


def play(case: Case, prepared: Path, root: Path) -> list[str]:
    """What came out otherwise than the case says; empty where all is right."""
    run = Run(prepared, root)
    for step in case["steps"]:
        run.step(step)
        if run.done.code == -1:
            return [*run.problems, f"{step}: traceback {run.done.err.strip().splitlines()[-1:]}"]
    return run.problems


# --- files ----------------------------------------------------------------------------------------------------------


def workbook(run: Run, unit: str = "VP", period: str = PERIOD, **case: Any) -> bytes:  # noqa: ANN401 - from a table
    """A return: the base, or another unit's or period's form as issued, with what the case types and edits."""
    issued = form(run.root, unit, period)
    book = Book(base(issued) if case.get("filled", (unit, period) == ("VP", PERIOD)) else issued)
    for key, content in case.get("typed", {}).items():
        book.put(key, content)
    for edit in case.get("book", []):
        ((name, arguments),) = edit.items()
        EDITS[name](book, **(arguments or {}))
    if "saved" in case:
        EDITS["saved"](book, at=str(case["saved"]))
    run.stamp += 1
    return book.packed(run.stamp)


def mail(run: Run, file: Mapping[str, Any] | None = None, **headers: Any) -> bytes:  # noqa: ANN401 - from a table
    """A mail with a return attached. `received` may be a list: the newest first, as servers write them."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = headers.get("sender", "Lan <lan@sxd.vn>")
    message["To"] = "VP <vp@sxd.vn>"
    message["Subject"] = headers.get("subject", "Báo cáo tháng 4")
    if headers.get("date"):
        message["Date"] = headers["date"]
    message["Message-ID"] = f"<{headers.get('number', 1)}@a.vn>"
    message.set_content(headers.get("text", "Kính gửi Văn phòng."))
    if file is not None:
        inner = {key: value for key, value in file.items() if key != "name"}
        data = str(inner["raw"]).encode("latin-1") if "raw" in inner else workbook(run, **inner)
        name = str(file.get("name", "bao cao.xlsx"))
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    received = headers.get("received", [])
    hops = [f"Received: from a.vn by b.vn with ESMTP id 1; {when}\n" for when in _list(received)]
    return "".join(hops).replace("\n", "\r\n").encode() + message.as_bytes()


def _list(said: Any) -> list[Any]:  # noqa: ANN401 - from a table
    return said if isinstance(said, list) else [said]


def put(run: Run, name: str, day: object = "", mtime: float = 0, **said: Any) -> None:  # noqa: ANN401 - from a table
    """Drops a file in the inbox: a return, a mail, a box of mails, an archive, or bytes as they are."""
    if "mail" in said:
        data = mail(run, **said["mail"])
    elif "mbox" in said:
        end = b"\r\n" if said.get("crlf") else b"\n"
        data = b""
        for item in said["mbox"]:
            text = mail(run, **item).replace(b"\r\n", b"\n").replace(b"\nFrom ", b"\n>From ")
            data += b"From lan@sxd.vn Thu Apr 16 08:00:00 2026\n" + text + b"\n\n"
        data = data.replace(b"\n", end)
    elif "zip" in said:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for item in said["zip"]:
                when = tuple(item.get("when", (2026, 4, 15, 8, 0, 0)))
                inner = {key: value for key, value in item.items() if key not in ("name", "when")}
                archive.writestr(zipfile.ZipInfo(item["name"], when), workbook(run, **inner))
        data = buffer.getvalue()
    elif "raw" in said:
        data = str(said["raw"]).encode("latin-1" if max(map(ord, said["raw"]), default=0) < 256 else "utf-8")
    else:
        data = workbook(run, **said)
    path = run.root / "inbox" / str(day) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if mtime:
        os.utime(path, (mtime, mtime))


def copy(run: Run, source: str, name: str) -> None:
    """Drops one of our own files, named by its path in the workspace, in the inbox."""
    shutil.copy(run.root / source, run.root / "inbox" / name)


def send_back(
    run: Run, name: str, unit: str = "VP", period: str = PERIOD, typed: Mapping[str, Any] | None = None
) -> None:
    """Drops the marked form of `tra-lai/` in the inbox, saved anew, with other things typed in it."""
    data = (run.root / "out" / period / "tra-lai" / f"NQ57_{period}_{unit}.xlsx").read_bytes()
    book = Book(data)
    for key, content in (typed or {}).items():
        book.put(key, content)
    (run.root / "inbox" / name).write_bytes(book.packed(7))


def write(run: Run, path: str, text: str = "") -> None:
    """Puts a text, or nothing, in the place of a file of the workspace."""
    (run.root / path).write_text(text, encoding="utf-8")


def delete(run: Run, path: str) -> None:
    """Removes files of the workspace; `path` may be a pattern."""
    found = list(run.root.glob(path))
    assert found, path
    for item in found:
        shutil.rmtree(item) if item.is_dir() else item.unlink()


# --- commands and what they must come to ----------------------------------------------------------------------------


def command(
    run: Run,
    arguments: Sequence[str],
    exit: int = 0,
    says: Sequence[str] = (),
    never: Sequence[str] = (),
) -> None:
    """Any command, its exit code, and words that it must or must not print."""
    run.done = nq57xl("-w", run.root, *arguments)
    text = run.done.out + run.done.err
    if run.done.code != exit:
        run.wrong(f"{' '.join(arguments)}: exit {run.done.code}, not {exit}: {text.strip()[-200:]}")
    run.problems += [
        f"{arguments[0]} does not say {word!r}: {text.strip()[-200:]}" for word in says if word not in text
    ]
    run.problems += [f"{arguments[0]} says {word!r}" for word in never if word in text]


def collect(
    run: Run,
    returns: Mapping[str, Any] | None = None,
    period: str = PERIOD,
    arguments: Sequence[str] = (),
    says: Sequence[str] = (),
) -> None:
    """Collects the inbox. `returns`: by file name (of a member, by its name inside), what each must come to."""
    run.done = nq57xl("-w", run.root, "collect", "--period", period, "--json", *arguments)
    if run.done.code:
        run.wrong(f"collect: exit {run.done.code}: {run.done.err.strip()[-200:]}")
        return
    document = run.done.document
    run.returns = {item["file"].replace("\\", "/").rpartition("/")[2]: item for item in document["returns"]}
    for name, wanted in (returns or {}).items():
        told = run.returns.get(name)
        if told is None:
            run.wrong(f"nothing told of {name}; told of {sorted(run.returns)}")
        else:
            run.problems += _return_problems(
                run, name, told, {"verdict": wanted} if isinstance(wanted, str) else wanted
            )
    found = [item["message"] for told in document["returns"] for item in told["findings"]]
    text = " ".join([*found, *(item["message"] for item in document["period_findings"])])
    run.problems += [f"no finding says {word!r}" for word in says if word not in text]


def _return_problems(run: Run, name: str, told: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    found = []
    if told["verdict"] not in [word.strip() for word in str(wanted.get("verdict", told["verdict"])).split(" or ")]:
        found.append(f"{name}: verdict {told['verdict']}, not {wanted['verdict']}: {_codes(told)}")
    for key in ("unit", "period", "received_at", "received_basis"):
        if key in wanted and told[key] != wanted[key]:
            found.append(f"{name}: {key} {told[key]}, not {wanted[key]}")
    cells = _cells(run)
    for severity in (*SEVERITIES, "told"):
        said = wanted.get(severity, [])
        there = [item for item in told["findings"] if severity in (item["severity"], "told")]
        for item in said if isinstance(said, list) else [said]:
            expected = {"code": item} if isinstance(item, str) else item
            if not any(named(finding, expected, cells) for finding in there):
                found.append(f"{name}: no {severity} {expected}; there: {_codes(told)}")
    found += [f"{name}: has {code}" for code in wanted.get("never", []) if code in _codes(told)]
    return found


def _codes(told: Mapping[str, Any]) -> list[str]:
    return [item["code"] for item in told["findings"]]


def _cells(run: Run) -> dict[Key, Place]:
    return places(form(run.root))


def status(run: Run, unit: str = "VP", period: str = PERIOD, **wanted: Any) -> None:  # noqa: ANN401 - from a table
    """Where a unit stands: state, file (its name), received_at, on_time, last_attempt."""
    run.done = nq57xl("-w", run.root, "status", "--period", period, "--json")
    if run.done.code:
        run.wrong(f"status: exit {run.done.code}: {run.done.err.strip()[-200:]}")
        return
    (told,) = [item for item in run.done.document["units"] if item["code"] == unit]
    told["file"] = (told["file"] or "").replace("\\", "/").rpartition("/")[2] or None
    for key, value in wanted.items():
        options = value if isinstance(value, list) else [value]
        if told[key] not in options:
            run.wrong(f"status of {unit}: {key} {told[key]!r}, not {value!r}")


def values(run: Run, cells: Mapping[str, Any], period: str = PERIOD) -> None:
    """What the export holds of cells of VP's; null for nothing."""
    run.done = nq57xl("-w", run.root, "export", "--period", period, "--format", "json")
    if run.done.code:
        run.wrong(f"export: exit {run.done.code}: {run.done.err.strip()[-200:]}")
        return
    import json

    document = json.loads(next(run.root.glob("out/*/tong-hop/du-lieu.json")).read_text(encoding="utf-8"))
    held = {}
    for item in document["facts"] if isinstance(document, dict) else document:
        held[item["unit"], item["table"], item["row"], item["field"]] = item["value"]
    for key, value in cells.items():
        table, row, field = key_of(key)
        there = held.get(("VP", table, row, field))
        if there != value:
            run.wrong(f"export of {key}: {there!r}, not {value!r}")


def exists(run: Run, path: str, count: int = 1) -> None:
    """How many files match a pattern in the workspace."""
    found = list(run.root.glob(path))
    if len(found) != count:
        run.wrong(f"{len(found)} of {path}, not {count}")


STEPS: Mapping[str, Callable[..., None]] = {
    step.__name__: step for step in (put, copy, send_back, write, delete, command, collect, status, values, exists)
}
"""Every step by its name."""
