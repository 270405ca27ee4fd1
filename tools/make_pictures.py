"""Makes the pictures of docs/pictures from the workbooks in out/demo (LibreOffice, pdftotext, pdftoppm).

python tools/make_pictures.py [out/demo]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PICTURES = REPOSITORY / "docs" / "pictures"
DOTS = 80
"""Per inch: an A4 page in landscape is 936 pixels wide, the width of a page on the web."""

WANTED = (
    ("form", "sxd*/out/*/bieu-mau/NQ57_*_VP.xlsx", "KẾT QUẢ THỰC HIỆN NHIỆM VỤ"),
    ("report", "sxd*/out/*/tong-hop/bao-cao-tong-hop.xlsx", ""),
)
"""Name of the picture, where its workbook stands in the demo, and a text of the page to show (else the first page)."""


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


def page_with(pdf: Path, text: str) -> int:
    """Number of the first page that holds the text; 1 when none does."""
    pages = run("pdftotext", "-layout", pdf, "-").split("\f")
    wanted = "".join(text.split())
    return next((number for number, page in enumerate(pages, 1) if wanted in "".join(page.split())), 1)


def picture(name: str, workbook: Path, text: str) -> Path:
    """Writes docs/pictures/NAME.png."""
    with tempfile.TemporaryDirectory(prefix="nq57xl-pictures-") as temporary:
        folder = Path(temporary)
        pdf = to_pdf(workbook, folder)
        page = page_with(pdf, text) if text else 1
        target = PICTURES / name
        run("pdftoppm", "-png", "-singlefile", "-r", str(DOTS), "-f", str(page), "-l", str(page), pdf, target)
    return target.with_suffix(".png")


def main() -> None:
    """Makes every picture; exits 1 and says why when a program or a workbook is missing."""
    missing = [name for name in ("soffice", "pdftotext", "pdftoppm") if shutil.which(name) is None]
    if missing:
        sys.exit(f"not on this machine: {', '.join(missing)}")
    demo = Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "out" / "demo"
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, pattern, text in WANTED:
        found = sorted(demo.glob(pattern))
        if not found:
            sys.exit(f"no {pattern} below {demo}: run make demo first")
        print(picture(name, found[0], text))


if __name__ == "__main__":
    main()
