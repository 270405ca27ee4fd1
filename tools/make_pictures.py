"""Makes the pictures of docs/pictures from the workbooks in out/demo (LibreOffice, pdftohtml, pdftoppm).

python tools/make_pictures.py [out/demo]

Every sheet of a form as issued, two of the same form as it went back with marks, all of the consolidated report: the
first page of each, named after its tab. The report is that of June, after two more months played like the demo's, so
that it has something to compare with; further pages of its sheets follow; its sources, and the addendum after a close
and a late return. The office's kiem-tra.xlsx, bien-tap.xlsx and noi-bo.xlsx. Every page of the document of both plans,
named after plan and page.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from datetime import datetime
from html import unescape
from pathlib import Path

from PIL import Image

from nq57xl.commands.collect import collect
from nq57xl.commands.demo import Department
from nq57xl.commands.generate import generate
from nq57xl.commands.merge import close, merge
from nq57xl.commands.office import Office
from nq57xl.forms.render import render_form
from nq57xl.forms.wording import form_file_name
from nq57xl.ledger.store import Ledger
from nq57xl.ledger.workspace import Workspace
from nq57xl.outputs.report.sheet_parts import SHEETS
from nq57xl.plan.appendix_read import BUNDLED_PLANS
from nq57xl.text.clock import VIETNAM, Clock
from nq57xl.text.legacy import bare

REPOSITORY = Path(__file__).resolve().parent.parent
PICTURES = REPOSITORY / "docs" / "pictures"
PLAN, UNIT = "sxd-2026", "VP"
"""Whose form is shown: the one with every sheet."""
DOTS = 80
"""Per inch: an A4 page in landscape is 936 pixels wide, the width of a page on the web."""
DOCUMENT_DOTS = 60
"""The same for the document's pages and the further pages of a sheet, of which there are many."""
MARKED = ("Cần sửa", "1. Kết quả")
"""Sheets of the marked form on paper; on the screen it is shown by tools/make_screens.py."""
MONTHS = ("2026-05", "2026-06")
LONGEST = {"Kế hoạch và kết quả": 2}
"""Sheets of which so many pages are enough: the others look the same."""
COLOURS = 32
"""Enough for black letters with soft edges on white and a few calm fills."""
REPORT, SOURCES = "bao-cao-tong-hop.xlsx", "nguon-so-lieu.xlsx"
LIMIT = 150_000
"""Bytes of a picture."""
PROGRAMS = ("soffice", "pdfinfo", "pdftohtml", "pdftoppm")


def run(*command: str | Path) -> str:
    """Runs a program and returns what it printed; raises CalledProcessError with its message."""
    done = subprocess.run([str(part) for part in command], capture_output=True, check=True, timeout=300)
    return done.stdout.decode("utf-8", "replace")


def to_pdf(workbook: Path, folder: Path) -> Path:
    """The workbook printed by LibreOffice with a profile of its own."""
    profile = (folder / "profile").as_uri()
    run(
        "soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "pdf", "--outdir", folder, workbook
    )
    return folder / f"{workbook.stem}.pdf"


def first_pages(pdf: Path) -> dict[str, int]:
    """Tab name -> its first page: LibreOffice marks the sheets as an outline."""
    outline = run("pdftohtml", "-xml", "-stdout", "-i", pdf).partition("<outline>")[2]
    return {unescape(name): int(page) for page, name in re.findall(r'<item page="(\d+)">([^<]*)</item>', outline)}


def slug(tab: str) -> str:
    """ "1. Kết quả" as "1-ket-qua"."""
    return re.sub(r"[^a-z0-9]+", "-", bare(tab)).strip("-")


def pictures(name: str, workbook: Path, folder: Path, only: Collection[str] = ()) -> Iterator[Path]:
    """Writes docs/pictures/NAME-TAB.png for each sheet, or for those of these names."""
    pdf = to_pdf(workbook, folder)
    for tab, page in first_pages(pdf).items():
        if only and tab not in only:
            continue
        target = PICTURES / f"{name}-{slug(tab)}"
        run("pdftoppm", "-png", "-singlefile", "-r", str(DOTS), "-f", str(page), "-l", str(page), pdf, target)
        yield small(target.with_name(f"{target.name}.png"))


def further_pictures(name: str, workbook: Path, folder: Path) -> Iterator[Path]:
    """Writes docs/pictures/NAME-TAB-PAGE.png for each page of a sheet after its first."""
    pdf = to_pdf(workbook, folder)
    starts = first_pages(pdf)
    count = int(re.findall(r"Pages:\s+(\d+)", run("pdfinfo", pdf))[0])
    for tab, end in zip(starts, [*list(starts.values())[1:], count + 1], strict=True):
        for number in range(2, min(end - starts[tab], LONGEST.get(tab, end)) + 1):
            page = str(starts[tab] + number - 1)
            target = PICTURES / f"{name}-{slug(tab)}-{number}"
            run("pdftoppm", "-png", "-singlefile", "-r", str(DOCUMENT_DOTS), "-f", page, "-l", page, pdf, target)
            yield small(target.with_name(f"{target.name}.png"))


def after_more_months(demo: Path, folder: Path) -> Path:
    """The report of the last of MONTHS, in a copy of the demo's workspace: the first month one unit is missing."""
    root = folder / "later"
    shutil.copytree(demo / PLAN, root)
    report = root
    for number, code in enumerate(MONTHS):
        issued = generate(Office.at(root, Clock(noon(code, 1))), code)
        due = issued.period.due
        sent = []
        for seed, item in enumerate(issued.forms[: len(issued.forms) - 1 + number]):
            name = form_file_name(code, item.form.unit)
            Department(100 * number + seed, due).fill(Workspace(root).forms_dir(code) / name, folder / code / name)
            sent.append(folder / code / name)
        day = noon(code, due.day)
        office = Office.at(root, Clock(day))
        collect(office, sent, code, day)
        report = merge(office, code).report
    return report


def after_close(later: Path, folder: Path) -> Path:
    """The report of the last of MONTHS, closed, after one unit sent other figures; in a copy of that workspace."""
    root, code = folder / "closed", MONTHS[-1]
    shutil.copytree(later, root)
    unit = form_file_name(code, UNIT)
    day = noon(code, 20)
    close(Office.at(root, Clock(day)), code, "báo cáo đã trình ký")
    sent = folder / "late" / unit
    Department(999, day.date()).fill(Workspace(root).forms_dir(code) / unit, sent)
    office = Office.at(root, Clock(noon(code, 22)))
    collect(office, [sent], code, noon(code, 22))
    return merge(office, code).report


def noon(code: str, day: int) -> datetime:
    """Noon of a day of the month."""
    return datetime(int(code[:4]), int(code[5:]), day, 12, tzinfo=VIETNAM)


def small(picture: Path, colours: int = COLOURS) -> Path:
    """The picture with few colours; exits where it is too large all the same."""
    with Image.open(picture) as image:
        image.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(picture, optimize=True)
    if picture.stat().st_size > LIMIT:
        sys.exit(f"{picture} is larger than {LIMIT} bytes")
    return picture


def document_pictures(plan: str, document: Path, folder: Path) -> Iterator[Path]:
    """Writes docs/pictures/document-PLAN-PAGE.png for each page of a plan's document."""
    pdf = to_pdf(document, folder)
    run("pdftoppm", "-png", "-r", str(DOCUMENT_DOTS), pdf, PICTURES / f"document-{plan}")
    for picture in sorted(PICTURES.glob(f"document-{plan}-*.png")):
        yield small(picture)


def marked_form(workspace: Path) -> bytes:
    """The unit's form as it went back after its first return, with the ledger's own findings."""
    with Ledger.open(Workspace(workspace), Clock(), read_only=True) as ledger:
        period = ledger.latest_period() or ""
        judged = next(
            item.judged
            for item in ledger.returns(period)
            if item.judged.unit == UNIT and item.judged.verdict == "rejected"
        )
        form = ledger.form_by_id(judged.issue_id or "")
    assert form is not None  # a return with a verdict was issued
    return render_form(form, judged.values, judged.findings)


def workbooks(demo: Path, folder: Path) -> dict[str, Path]:
    """Name of each group of pictures -> its workbook. Raises StopIteration where the demo did not write one."""
    workspace = demo / PLAN
    marked = folder / "marked.xlsx"
    marked.write_bytes(marked_form(workspace))
    return {
        "form": next(workspace.glob(f"out/*/bieu-mau/NQ57_*_{UNIT}.xlsx")),
        "marked": marked,
        "report": after_more_months(demo, folder),
        "check": next(workspace.glob("out/*/kiem-tra.xlsx")),
        "edits": next(workspace.glob("out/*/tong-hop/bien-tap.xlsx")),
        "internal": next(workspace.glob("out/*/tong-hop/noi-bo.xlsx")),
    }


def main() -> None:
    """Makes every picture; exits 1 and says why when a program or the demo is missing."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        sys.exit(f"not on this machine: {', '.join(missing)}")
    demo = Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "out" / "demo"
    if not (demo / PLAN).is_dir():
        sys.exit(f"no {PLAN} below {demo}: run make demo first")
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob("*.png"):
        if not old.name.startswith("screen-"):  # of tools/make_screens.py
            old.unlink()
    with tempfile.TemporaryDirectory(prefix="nq57xl-pictures-") as temporary:
        folder = Path(temporary)
        for name, workbook in workbooks(demo, folder).items():
            for picture in pictures(name, workbook, folder, MARKED if name == "marked" else ()):
                print(picture.name, picture.stat().st_size)
        for picture in further_pictures("report", folder / "later" / "out" / MONTHS[-1] / "tong-hop" / REPORT, folder):
            print(picture.name, picture.stat().st_size)
        sources = folder / "later" / "out" / MONTHS[-1] / "tong-hop" / SOURCES
        for picture in pictures("sources", sources, folder):
            print(picture.name, picture.stat().st_size)
        closed = after_close(folder / "later", folder).with_name(SOURCES)
        for picture in pictures("sources", closed, folder, [SHEETS["addendum"].name]):
            print(picture.name, picture.stat().st_size)
        for plan in BUNDLED_PLANS:
            document = next((demo / plan).glob("out/*/tong-hop/bao-cao.docx"))
            for picture in document_pictures(plan, document, folder):
                print(picture.name, picture.stat().st_size)


if __name__ == "__main__":
    main()
