"""Makes docs/pictures/screen-*.png: a form as a person sees it, in LibreOffice's own window of 1366 by 768.

python -m tools.make_screens

Needs LibreOffice with a window (libreoffice-calc, not -nogui), Xvfb, ImageMagick. The first screen of each sheet, a
dropdown opened, a filled row, the form that came back marked before and after it is put right. The same file is run a
second time by the system's Python, which has python3-uno, to drive the window.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIZE = "1366x768"
DISPLAY = ":57"
PLAN, UNIT, PERIOD = "sxd-2026", "VP", "2026-04"
COLOURS = 20
PROGRAMS = ("soffice", "Xvfb", "import")
_WAIT = 90
_DRAWN = 1.5
"""Seconds until a window shows what it was told, and until LibreOffice answers at first."""

_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>vi-VN</value></prop></item></oor:items>
"""
"""Days are typed day first, as in the offices that get the forms."""

Step = dict[str, Any]
"""What to do in a workbook: "type" texts into cells, go to a "cell", open its "list"; "name" of the picture then."""


def workspace(root: Path) -> tuple[Path, Path]:
    """The form of a unit as issued, and as it came back from a return with mistakes and a remark of the office's."""
    from nq57xl.commands.collect import collect
    from nq57xl.commands.demo import Department
    from nq57xl.commands.generate import generate
    from nq57xl.commands.init import init
    from nq57xl.commands.office import Office
    from nq57xl.commands.remarks import remark
    from nq57xl.forms.wording import form_file_name
    from nq57xl.text.clock import VIETNAM, Clock

    init(root, PLAN)
    noon = dt.datetime(2026, 4, 16, 12, tzinfo=VIETNAM)
    office = Office.at(root, Clock(noon))
    generate(office, PERIOD)
    name = form_file_name(PERIOD, UNIT)
    form, sent = office.workspace.forms_dir(PERIOD) / name, root / "gui-ve" / name
    Department(5, noon.date()).fill(form, sent, mistakes=True)
    collect(office, [sent], PERIOD, noon)
    with office.reading() as ledger:
        (record,) = ledger.returns(PERIOD)
    value = next(item for item in record.judged.values if (item.table, item.field) == ("led", "result"))
    remark(office, UNIT, PERIOD, "Ghi rõ số hồ sơ đã giải quyết trong kỳ.", (value.key, "result"))
    return form, office.workspace.back_dir(PERIOD) / name


def steps(form: Path, marked: Path) -> list[tuple[Path, list[Step]]]:
    """What is done in each workbook, and seen of it."""
    import openpyxl
    from openpyxl.utils import get_column_letter

    from nq57xl.text.legacy import bare

    book = openpyxl.load_workbook(form)
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    slugs = {
        sheet.title: "-".join("".join(c if c.isalnum() else " " for c in bare(sheet.title)).split()) for sheet in sheets
    }
    seen: list[Step] = [{"cell": [sheet.title, _first(sheet)], "name": slugs[sheet.title]} for sheet in sheets]
    results = sheets[1]
    columns = {str(cell.value): cell.column_letter for cell in results[1] if cell.value}
    keyed = (cells[0].row for cells in results.iter_rows() if str(cells[0].value or "").startswith("led|"))
    row = next(number for number in keyed if not results[f"{columns['progress']}{number}"].protection.locked)
    progress = [results.title, f"{columns['progress']}{row}"]
    typed = {
        "progress": "Hoàn thành",
        "result": "Đã trình và được ban hành; 03 phòng đã triển khai.",
        "completion_date": "08/04/2026",
        "evidence_number": "258/BC-VP ngày 06/4/2026",
        "evidence_title": "Báo cáo kết quả thực hiện tháng 4",
    }
    entries = [[results.title, f"{columns[name]}{row}", text] for name, text in typed.items() if name in columns]
    seen.append({"cell": progress, "list": True, "name": "danh-sach-chon"})
    seen.append({"type": entries, "cell": [results.title, f"{columns['result']}{row}"], "name": "dong-da-dien"})
    last = get_column_letter(results.max_column)
    seen.append({"cell": [results.title, f"{last}{row}"], "name": "dong-da-dien-kiem-tra"})
    return [(form, seen), (marked, _fixes(openpyxl.load_workbook(marked)))]


def _first(sheet: Any) -> str:  # noqa: ANN401 - openpyxl's
    """The first cell that takes an entry, else B2."""
    cells = (cell for row in sheet.iter_rows(min_row=2, min_col=2) for cell in row)
    return next((cell.coordinate for cell in cells if not cell.protection.locked), "B2")


def _fixes(book: Any) -> list[Step]:  # noqa: ANN401 - openpyxl's
    """The list «Cần sửa» and the first marked cell, before and after that cell is put right."""
    fix = book.worksheets[0]
    points = [[str(cell.value or "") for cell in row] for row in fix.iter_rows(min_col=2)]
    point = next(row for row in points if row[0].isdecimal() and row[3])
    cell, top = [point[2], point[3]], [fix.title, "B2"]
    title = str(book[cell[0]][_head_of(book[cell[0]], cell[1])].value)
    text = "10/04/2026" if title.startswith("Ngày") else "45%" if title.startswith("Tỷ lệ") else "Đang chờ ý kiến."
    return [
        {"cell": top, "name": "can-sua-truoc"},
        {"cell": cell, "name": "o-can-sua-truoc"},
        {"type": [[*cell, text]], "cell": cell, "name": "o-can-sua-sau"},
        {"cell": top, "name": "can-sua-sau"},
    ]


def _head_of(sheet: Any, address: str) -> str:  # noqa: ANN401 - openpyxl's
    """Address of the heading above a cell."""
    letters = "".join(filter(str.isalpha, address))
    row = next(cells[0].row for cells in sheet.iter_rows() if cells[0].value == "@head")
    return f"{letters}{row}"


def drive(orders: Path) -> None:
    """Under the system's Python: opens each workbook in the window and takes the pictures."""
    import uno
    from com.sun.star.beans import PropertyValue
    from com.sun.star.connection import NoConnectException

    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    until = time.monotonic() + _WAIT
    while True:
        try:
            context = resolver.resolve("uno:socket,host=127.0.0.1,port=2157;urp;StarOffice.ComponentContext")
            break
        except NoConnectException:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    dispatcher = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)

    def told(document: Any, command: str, **arguments: str) -> None:  # noqa: ANN401 - UNO objects
        items = []
        for name, value in arguments.items():
            item = PropertyValue()
            item.Name, item.Value = name, value
            items.append(item)
        dispatcher.executeDispatch(document.CurrentController.Frame, command, "", 0, tuple(items))

    def go(document: Any, place: list[str]) -> None:  # noqa: ANN401 - UNO objects
        document.CurrentController.setActiveSheet(document.Sheets.getByName(place[0]))
        told(document, ".uno:GoToCell", ToPoint=place[1])

    for file, seen in json.loads(orders.read_text(encoding="utf-8")):
        document = desktop.loadComponentFromURL(Path(file).as_uri(), "_blank", 0, ())
        time.sleep(_DRAWN * 3)
        for step in seen:
            for sheet, cell, text in step.get("type", ()):
                go(document, [sheet, cell])
                told(document, ".uno:EnterString", StringName=text)
            go(document, step["cell"])
            if step.get("list"):
                told(document, ".uno:DataSelect")  # whatever comes next closes it
            time.sleep(_DRAWN)
            target = orders.with_name(f"screen-{step['name']}.png")
            subprocess.run(["import", "-window", "root", str(target)], check=True)


def main() -> None:
    """Makes the pictures; exits 1 where a program is missing."""
    from tools.make_pictures import PICTURES, small

    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        sys.exit(f"not on this machine: {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="nq57xl-screens-") as temporary:
        folder = Path(temporary)
        wanted = [(str(path), seen) for path, seen in steps(*workspace(folder / "office"))]
        orders = folder / "orders.json"
        orders.write_text(json.dumps(wanted, ensure_ascii=False), encoding="utf-8")
        display = subprocess.Popen(["Xvfb", DISPLAY, "-screen", "0", f"{SIZE}x24"], stderr=subprocess.DEVNULL)
        (folder / "profile" / "user").mkdir(parents=True)
        (folder / "profile" / "user" / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
        shown = {**os.environ, "DISPLAY": DISPLAY, "SAL_USE_VCLPLUGIN": "gen"}
        command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--norestore", "--nologo"]
        command += ["--accept=socket,host=127.0.0.1,port=2157;urp;"]
        office = subprocess.Popen(command, env=shown, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            subprocess.run(["/usr/bin/python3", __file__, "--drive", str(orders)], env=shown, check=True)
        finally:
            office.terminate()
            display.terminate()
        for old in PICTURES.glob("screen-*.png"):
            old.unlink()
        for picture in sorted(folder.glob("screen-*.png")):
            kept = small(Path(shutil.copy(picture, PICTURES)), COLOURS)
            print(kept.name, kept.stat().st_size)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--drive"]:
        drive(Path(sys.argv[2]))
    else:
        main()
