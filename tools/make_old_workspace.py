"""Makes tests/data/old_workspace/ with the program of an earlier commit: workspaces as they lie on offices' disks.

    git worktree add --detach ../earlier 421ebb3
    python -m tools.make_old_workspace ../earlier

The earlier program is driven through its command line alone, each command at its own moment (NQ57XL_NOW). People are
played with openpyxl: forms are filled in by tests.filler, which knows nothing of nq57xl, and single cells by the keys
in the hidden first column and row. What the earlier program itself makes of the returns that are left to be collected,
and of both months, goes beside each workspace (`expected.json`), from a copy that is thrown away.

It is run once for a commit and kept as the record of what the archives hold: no office makes its workspace again.
"""

from __future__ import annotations

import datetime as dt
import email.message
import email.policy
import email.utils
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from tests.filler import fill

TARGET = Path(__file__).resolve().parent.parent / "tests" / "data" / "old_workspace"
APRIL, MAY = "2026-04", "2026-05"
KEPT_BACKUPS = 3
VIETNAM = dt.timezone(dt.timedelta(hours=7))
FIELDS = {
    "1. Kết quả": ("progress", "percent", "result"),
    "2. Minh chứng": (
        *("kpi_achieved", "completion_date", "evidence_number", "evidence_date", "evidence_title", "evidence_link"),
    ),
    "3. Vướng mắc": ("difficulties", "cause", "proposal", "next_work", "explanation"),
}
Cells = dict[tuple[str, str, str], object]


def row(code: str, progress: str | None, **entries: object) -> Cells:
    """Every cell of a task's row: those given, and the others blank."""
    entries["progress"] = progress
    return {(sheet, f"led|{code}", name): entries.get(name) for sheet, names in FIELDS.items() for name in names}


def cell(sheet: Any, row: str, column: str) -> Any:  # noqa: ANN401 - openpyxl's sheet and cell
    """The cell of those keys, wherever it stands."""
    line = next(item.row for (item,) in sheet.iter_rows(max_col=1) if item.value == row)
    place = next(item.column for (item,) in sheet.iter_cols(max_row=1) if item.value == column)
    return sheet.cell(line, place)


def typed(path: Path, entries: Mapping[tuple[str, str, str], object], target: Path | None = None) -> Path:
    """Types into the cells named by (sheet, row key, column key)."""
    book = load_workbook(path)
    for (sheet, line, column), value in entries.items():
        cell(book[sheet], line, column).value = value
    target = target or path
    book.save(target)
    return target


def saved_on(path: Path, moment: dt.datetime) -> Path:
    """Puts the day of the story, not today's, into the workbook's own note of when it was saved."""
    held = zipfile.ZipFile(path).namelist()
    parts = {name: zipfile.ZipFile(path).read(name) for name in held}
    stamp = moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    core = parts["docProps/core.xml"]
    parts["docProps/core.xml"] = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, core)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return path


class Desk:
    """One office with the earlier program, and the units around it."""

    def __init__(self, program: Path, root: Path) -> None:
        self.program, self.root = program, root
        self.sent = root.parent / "gui-ve"
        self.sent.mkdir(parents=True)
        self.seeds: dict[tuple[str, str], int] = {}

    def run(self, at: str, *words: str, root: Path | None = None) -> str:
        """One command at that moment ("04-13T09:00"), in the workspace or a copy of it; what it printed."""
        environment = os.environ | {
            "PYTHONPATH": str(self.program), "PYTHONDONTWRITEBYTECODE": "1",
            "NQ57XL_NOW": f"2026-{at}", "LOGNAME": "vanthu",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "nq57xl", *words],
            cwd=root or self.root, env=environment, capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{words}: {done.stdout}{done.stderr}")
        print(f"{at} {' '.join(words)}")
        return done.stdout

    def form(self, unit: str, period: str, folder: str = "bieu-mau") -> Path:
        """The form as issued, or as sent back."""
        return self.root / "out" / period / folder / f"NQ57_{period}_{unit}.xlsx"

    def report(self, unit: str, period: str, at: str, entries: Cells, name: str = "") -> Path:
        """A unit's whole report, filled in at that moment, with some cells typed as given."""
        seed = self.seeds.setdefault((unit, period), len(self.seeds) + 1)
        moment = dt.datetime.fromisoformat(f"2026-{at}").replace(tzinfo=VIETNAM)
        target = self.sent / (name or f"NQ57_{period}_{unit}.xlsx")
        fill(self.form(unit, period), target, seed=seed, today=moment.date())
        typed(target, {**entries, ("8. Ký xác nhận", "signoff|signed_on", "value"): moment.date()})
        return saved_on(target, moment)

    def mended(self, unit: str, period: str, at: str, entries: Mapping[tuple[str, str, str], object]) -> Path:
        """The form that was sent back, with some cells put right."""
        target = self.sent / f"NQ57_{period}_{unit} (lần 2).xlsx"
        typed(self.form(unit, period, "tra-lai"), entries, target)
        return saved_on(target, dt.datetime.fromisoformat(f"2026-{at}").replace(tzinfo=VIETNAM))

    def laid(self, path: Path, folder: str = "") -> str:
        """Moves the file into inbox/; its path in the workspace."""
        target = self.root / "inbox" / folder / path.name
        target.parent.mkdir(exist_ok=True)
        shutil.move(path, target)
        return target.relative_to(self.root).as_posix()

    def collect(self, at: str, period: str, path: Path, *options: str) -> None:
        """Lays the file into inbox/ and collects it."""
        done = json.loads(self.run(at, "collect", self.laid(path), "--period", period, "--json", *options))
        for item in done["returns"]:
            wrong = [f"{x['code']} {x['cell']}" for x in item["findings"] if x["severity"] in ("error", "warning")]
            print("   ", item["file"], item["unit"], item["verdict"], *wrong)

    def edit(self, period: str, *lines: tuple[str, object, str, str]) -> None:
        """Types lines into bien-tap.xlsx: place, entry, kind, reason."""
        path = self.root / "out" / period / "tong-hop" / "bien-tap.xlsx"
        entries: Cells = {}
        for place, entry, kind, reason in lines:
            for column, text in (("entry", entry), ("kind", kind), ("author", "Ngọc An"), ("reason", reason)):
                entries["Biên tập", place, column] = text
        typed(path, entries)

    def amended_appendix(
        self, name: str, entries: Mapping[str, str], added: tuple[str | None, ...] | None = None
    ) -> str:
        """An edited copy of phu-luc.xlsx: cells of the sheet of tasks, and one more row; its path in the workspace."""
        book = load_workbook(self.root / "phu-luc.xlsx")
        sheet = book["Nhiệm vụ"]
        for address, value in entries.items():
            sheet[address].value = value
        if added:
            line = next(number for number in range(5, 500) if not sheet.cell(number, 2).value)
            for column, text in enumerate(added, 1):
                sheet.cell(line, column).value = text
        target = self.root / "van-ban" / name
        target.parent.mkdir(exist_ok=True)
        book.save(target)
        return target.relative_to(self.root).as_posix()


DONE = {
    "percent": 1.0, "result": "Đã làm sạch 12.540 hồ sơ, đồng bộ về IOC", "kpi_achieved": "100% hồ sơ",
    "completion_date": dt.date(2026, 4, 7), "evidence_number": "12/KH-BQL", "evidence_date": dt.date(2026, 4, 7),
    "evidence_title": "Kế hoạch đồng bộ dữ liệu", "difficulties": "Kinh phí về chậm",
}  # fmt: skip
IDLE = "Chưa phát sinh"
GOING = "Đang thực hiện"
REWORD, CORRECT = "Rút gọn câu chữ", "Sửa số liệu theo điện thoại"


def april_of_vp(percent: float) -> Cells:
    """The led rows of Văn phòng in April."""
    going = {"percent": percent, "result": "Đã trình dự thảo lần 2; 03 phòng đã góp ý", "cause": "Chờ thẩm định giá"}
    idle = {key: value for code in ("II.3", "III.4", "III.5") for key, value in row(code, IDLE).items()}
    return row("I.1", GOING, **going) | idle | row("III.6", "Hoàn thành", **DONE)


def bql(desk: Desk) -> None:
    """Everything that can happen in a month; April closed with an addendum, the plan amended from May on."""
    desk.run("04-01T08:00", "init", str(desk.root), "--plan", "bql-2026", root=desk.sent)
    desk.run("04-01T08:10", "generate", "--period", APRIL)
    wrong = row("I.2", GOING, percent="khoảng một phần ba", result="Đã góp ý dự thảo cơ chế")
    desk.collect("04-13T09:00", APRIL, desk.report("VP", APRIL, "04-13T08:30", april_of_vp(0.45)))
    desk.collect("04-14T10:15", APRIL, desk.report("QLCNC", APRIL, "04-14T09:00", wrong))
    both: Cells = {
        ("4. Phối hợp", "statement|statement", "lead"): None,
        ("4. Phối hợp", "supporting|I.1", "contribution"): "Đã góp ý dự thảo dự án",
        ("4. Phối hợp", "supporting|I.1", "nothing"): "Không phát sinh",
    }
    for code in ("I.2", "II.3", "III.4", "III.5", "III.6"):
        both["4. Phối hợp", f"supporting|{code}", "contribution"] = None
        both["4. Phối hợp", f"supporting|{code}", "nothing"] = "Không phát sinh"
    desk.collect("04-15T08:00", APRIL, desk.report("QLDT", APRIL, "04-15T07:45", both))
    mended = {("1. Kết quả", "led|I.2", "percent"): 0.35}
    desk.collect("04-16T14:00", APRIL, desk.mended("QLCNC", APRIL, "04-16T13:30", mended))
    desk.collect("04-16T14:05", APRIL, no_form(desk.sent / "BC thang 4 (1) - SUA.xlsx"))
    desk.run("04-17T17:00", "status", "--period", APRIL)
    desk.collect("04-21T09:30", APRIL, desk.report("QLDN", APRIL, "04-17T15:00", {}))
    desk.run("04-21T10:00", "received", "QLDN", "--period", APRIL, "--at", "2026-04-17T16:30",
             "--reason", "Gửi qua hộp thư của đồng chí Phó Chánh Văn phòng")  # fmt: skip
    desk.run("04-21T10:10", "exclude", "QLDT", "--period", APRIL, "--reason", "Phòng xin gửi lại")
    desk.run("04-21T15:00", "readmit", "QLDT", "--period", APRIL, "--reason", "Phòng báo giữ nguyên bản cũ")
    desk.run("04-21T15:30", "merge", "--period", APRIL)
    desk.edit(APRIL, ("VP|led|I.1|percent", 0.6, CORRECT, "Chị Hoa báo lại"),
              ("VP|led|I.1|result", "Đã trình dự thảo lần 2", REWORD, "Rút gọn"))  # fmt: skip
    desk.run("04-22T08:00", "merge", "--period", APRIL)
    desk.run("04-22T09:00", "close", "--period", APRIL, "--reason", "Trình lãnh đạo Ban")
    again = desk.report("VP", APRIL, "04-24T08:00", april_of_vp(0.8), "NQ57_2026-04_VP bổ sung.xlsx")
    desk.collect("04-24T09:00", APRIL, again)
    desk.run("04-24T09:30", "merge", "--period", APRIL)
    desk.run("04-24T09:40", "export", "--period", APRIL, "--format", "json", "--format", "csv")
    document = desk.amended_appendix(
        "phu-luc dieu chinh.xlsx",
        {"K8": "Quý III/2026", "H10": "100% cơ sở dữ liệu đồng bộ về IOC, cập nhật hằng ngày"},
        (None, "III", "7", None, "Số hóa hồ sơ lưu trữ của Ban Quản lý", None, "Kho hồ sơ số", "12.000 hồ sơ",
         "Văn phòng", None, "30/11/2026"),
    )  # fmt: skip
    desk.run("04-27T09:00", "amend", document, "--effective", "2026-05-01")
    desk.run("04-27T10:00", "amend", "--confirm", "out/dieu-chinh/so-sanh-ke-hoach.xlsx")
    desk.run("05-02T08:00", "generate", "--period", MAY)
    further = desk.amended_appendix("phu-luc thang 7.xlsx", {"K5": "30/9/2026"})
    desk.run("05-05T09:00", "amend", further, "--effective", "2026-07-01")
    _may_of_bql(desk)


def _may_of_bql(desk: Desk) -> None:
    """Returns of May that nobody has collected yet."""
    new = row("III.7", GOING, percent=0.1, result="Đã khảo sát kho lưu trữ", cause="Chờ kinh phí")
    vp = row("I.1", GOING, percent=0.85, result="Đã nghiệm thu giai đoạn 1", cause="Chờ thẩm định giá")
    vp |= row("II.3", IDLE) | row("III.4", "Thường xuyên", result="Đã rà soát 18 thủ tục") | row("III.5", IDLE) | new
    desk.laid(desk.report("VP", MAY, "05-14T08:00", vp), "2026-05-14")
    qlcnc = row("I.2", GOING, percent=0.5, result="Đã gửi văn bản phối hợp", cause="Sở KH&CN chưa trả lời")
    desk.laid(desk.report("QLCNC", MAY, "05-15T08:00", qlcnc, "bao cao QLCNC.xlsx"), "2026-05-15")
    wrong: Cells = {("8. Ký xác nhận", "signoff|approved_by", "value"): None}
    desk.laid(desk.report("QLDT", MAY, "05-15T09:00", wrong), "2026-05-15")


def sxd(desk: Desk) -> None:
    """April not closed: one unit rejected, one in an archive and left out, one of two halves; no amendment."""
    desk.run("04-01T08:00", "init", str(desk.root), "--plan", "sxd-2026", root=desk.sent)
    desk.run("04-01T08:10", "generate", "--period", APRIL)
    desk.collect("04-13T09:00", APRIL, desk.report("VP", APRIL, "04-13T08:30", {}))
    wrong: Cells = {
        ("1. Kết quả", "led|II.2.1", "percent"): 140,
        ("1. Kết quả", "led|II.2.2", "result"): None,
    }
    going = {"percent": 0.4, "result": "Đã cập nhật 12 đồ án quy hoạch", "cause": "Thiếu bản vẽ gốc"}
    plain = row("II.2.1", GOING, **going) | row("II.2.2", GOING, **going)
    desk.collect("04-14T09:00", APRIL, desk.report("QLQH", APRIL, "04-14T08:30", plain | wrong))
    inside = desk.report("KCATGT", APRIL, "04-15T08:30", {}, "báo cáo tháng 4.xlsx")
    archive = desk.sent / "KCATGT thang 4.zip"
    with zipfile.ZipFile(archive, "w") as package:
        package.write(inside, f"Phòng KCATGT/{inside.name}")
    inside.unlink()
    desk.collect("04-15T09:00", APRIL, archive)
    led = row("II.3", GOING, percent=0.5, result="Đã tổng hợp nhu cầu kinh phí", cause="Chờ phân bổ")
    first = desk.report("KHTC", APRIL, "04-16T08:00", led, "KHTC phần chung.xlsx")
    second = desk.sent / "KHTC phần chủ trì.xlsx"
    shutil.copy2(desk.form("KHTC", APRIL), second)
    typed(second, {place: value for place, value in led.items() if value is not None})
    saved_on(second, dt.datetime(2026, 4, 16, 9, tzinfo=VIETNAM))
    typed(first, dict.fromkeys(led))
    saved_on(first, dt.datetime(2026, 4, 16, 8, tzinfo=VIETNAM))
    desk.collect("04-16T10:00", APRIL, first)
    desk.collect("04-16T11:00", APRIL, second, "--combine")
    desk.run("04-20T09:00", "exclude", "KCATGT", "--period", APRIL, "--reason", "Phòng xin rút để sửa số liệu")
    desk.run("04-21T08:00", "merge", "--period", APRIL)
    desk.edit(APRIL, ("KHTC|led|II.3|percent", 0.55, CORRECT, "Anh Bình báo lại"))
    desk.run("04-21T09:00", "merge", "--period", APRIL)
    desk.run("05-02T08:00", "generate", "--period", MAY)
    right: Cells = {
        ("1. Kết quả", "led|II.2.1", "percent"): 0.4,
        ("1. Kết quả", "led|II.2.2", "result"): "Đã cập nhật 12 đồ án quy hoạch",
    }
    desk.mended("QLQH", APRIL, "05-04T08:00", right)
    desk.laid(desk.report("VP", MAY, "05-14T08:30", {}), "2026-05-14")
    later = {"percent": 0.6, "result": "Đã cập nhật 20 đồ án quy hoạch", "cause": "Thiếu bản vẽ gốc"}
    both = row("II.2.1", GOING, **later) | row("II.2.2", GOING, **later | {"completion_date": dt.date(2026, 5, 8)})
    desk.laid(desk.report("QLQH", MAY, "05-15T08:30", both), "2026-05-15")
    led = row("II.3", GOING, percent=0.7, result="Đã trình phân bổ kinh phí", cause="Chờ phân bổ")
    desk.laid(mail(desk.report("KHTC", MAY, "05-15T10:00", led), dt.datetime(2026, 5, 15, 10, 20, tzinfo=VIETNAM)))


def no_form(path: Path) -> Path:
    """A workbook that is no form."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["STT", "Nội dung", "Kết quả"])
    sheet.append([1, "Báo cáo tháng 4 của phòng", "Đang thực hiện"])
    book.save(path)
    return path


def mail(path: Path, at: dt.datetime) -> Path:
    """The file as an attachment of a mail; the file itself is gone."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Phòng Kế hoạch tài chính <khtc@example.vn>", "vanthu@example.vn"
    message["Subject"], message["Date"] = "Báo cáo tháng 5/2026", email.utils.format_datetime(at)
    message["Message-ID"] = "<bao-cao-thang-5@example.vn>"
    message.set_content("Kính gửi Văn phòng báo cáo tháng 5.\n")
    subtype = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    message.add_attachment(path.read_bytes(), maintype="application", subtype=subtype, filename=path.name)
    path.unlink()
    target = path.with_suffix(".eml")
    target.write_bytes(message.as_bytes())
    return target


def expected(desk: Desk) -> dict[str, Any]:
    """What the earlier program makes of what is left, and of both months: its own JSON, from a copy."""
    copy = desk.root.parent / "copy" / desk.root.name
    shutil.copytree(desk.root.parent / "gui-ve", copy.parent / "gui-ve")
    shutil.copytree(desk.root, copy)
    at, found = "05-18T09:00", {}
    waiting = sorted(path.as_posix() for path in copy.parent.joinpath("gui-ve").iterdir())
    if waiting:
        done = desk.run(at, "collect", "../gui-ve", "--period", APRIL, "--json", root=copy)
        found[f"collect {APRIL}"] = json.loads(done)
    days = sorted(path for path in copy.joinpath("inbox").iterdir() if path.is_dir() or path.suffix == ".eml")
    names = [path.relative_to(copy).as_posix() for path in days]
    found[f"collect {MAY}"] = json.loads(desk.run(at, "collect", *names, "--period", MAY, "--json", root=copy))
    for period in (APRIL, MAY):
        found[f"status {period}"] = json.loads(desk.run(at, "status", "--period", period, "--json", root=copy))
        desk.run(at, "merge", "--period", period, root=copy)
        path = desk.run(at, "export", "--period", period, "--format", "json", root=copy).strip()
        found[f"export {period}"] = json.loads((copy / path).read_text(encoding="utf-8"))
    found["diff"] = json.loads(desk.run(at, "diff", APRIL, MAY, "--json", root=copy))
    found["edits"] = json.loads(desk.run(at, "edits", "--period", APRIL, "--json", root=copy))
    found["history"] = json.loads(desk.run(at, "amend", "--history", "--json", root=copy))
    return found


def pack(folder: Path, name: str) -> Path:
    """The archive: the workspace, what units have sent and nobody has taken in, what the earlier program made of it."""
    root = folder / name
    for path in sorted(root.joinpath("backup").glob("*.db"))[:-KEPT_BACKUPS]:
        path.unlink()
    cleared = ("nq57xl.lock*", f"out/{APRIL}/bieu-mau/NQ57*", "out/*/thong-bao/*.eml", "out/*/tong-hop/*.html")
    for path in (path for pattern in cleared for path in root.glob(pattern)):
        path.unlink()
    target = TARGET / f"{name}.tar.xz"

    def plain(item: tarfile.TarInfo) -> tarfile.TarInfo:
        item.uid = item.gid = 0
        item.uname = item.gname = ""
        item.mtime = int(dt.datetime(2026, 5, 16, 12, tzinfo=VIETNAM).timestamp())
        return item

    with tarfile.open(target, "w:xz", preset=9) as archive:
        for part in (name, "gui-ve", "expected.json"):
            archive.add(folder / part, part, filter=plain)
    return target


def main() -> None:
    program = Path(sys.argv[1]).resolve()
    TARGET.mkdir(parents=True, exist_ok=True)
    for play in (bql, sxd):
        with tempfile.TemporaryDirectory(prefix="nq57-") as held:
            folder, name = Path(held), f"{play.__name__}-2026"
            desk = Desk(program, folder / name)
            play(desk)
            found = expected(desk)
            (folder / "expected.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
            path = pack(folder, name)
            print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
