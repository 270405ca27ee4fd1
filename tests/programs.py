"""Other programs that open, fill and save forms: LibreOffice, Gnumeric, ExcelJS, SheetJS; traits of two more."""

from __future__ import annotations

import functools
import io
import json
import os
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tests import office
from tests.conftest import SAVERS
from tests.returns_kit import Typed

SECONDS = 120


def saved_by_libreoffice(folder: Path, data: bytes, suffix: office.Target) -> bytes:
    """The workbook opened and saved by LibreOffice."""
    (folder / "in.xlsx").write_bytes(data)
    return office.convert(folder / "in.xlsx", suffix, out=folder / suffix).read_bytes()


@functools.cache
def saved_by_gnumeric(data: bytes, suffix: str) -> bytes:
    """The workbook opened and saved by Gnumeric."""
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name, "in.xlsx"), Path(name, f"out.{suffix}")
        source.write_bytes(data)
        command = ["ssconvert", str(source), str(target)]
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
        return target.read_bytes()


def filled_by_node(
    folder: Path, data: bytes, typed: Typed, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], bytes]:
    """The workbook opened, typed into and saved by programs built on ExcelJS or SheetJS, in Viet Nam's time zone.

    `wanted`: program and ending of the file, by which the files come back.
    """
    told = [
        [sheet, cell, {"date": value.isoformat()} if isinstance(value, date) else value]
        for (sheet, cell), value in typed.items()
    ]
    source, values = folder / "in.xlsx", folder / "typed.json"
    source.write_bytes(data)
    values.write_text(json.dumps(told), encoding="utf-8")
    targets = {(program, suffix): folder / f"{program}.{suffix}" for program, suffix in wanted}
    pairs = [str(part) for (program, _), target in targets.items() for part in (program, target)]
    command = ["node", str(SAVERS / "fill.mjs"), str(source), str(values), *pairs]
    subprocess.run(
        command, check=True, capture_output=True, timeout=SECONDS, env={**os.environ, "TZ": "Asia/Ho_Chi_Minh"}
    )
    return {key: target.read_bytes() for key, target in targets.items()}


# --- programs that do not run here: what their files are known to be like (pitfalls.md 10) ----------------------------


def as_google_sheets(data: bytes) -> bytes:
    """No properties at all, an empty drawing for each sheet, no protection of the workbook."""
    parts = _unzipped(data)
    kept = {name: content for name, content in parts.items() if not name.startswith("docProps/")}
    for name in ("[Content_Types].xml", "_rels/.rels"):
        text = kept[name].decode()
        kept[name] = re.sub(r"<(?:Override|Relationship) [^>]*docProps/[^>]*/>", "", text).encode()
    drawing = '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"/>'
    for number in range(1, sum(name.startswith("xl/worksheets/sheet") for name in kept) + 1):
        kept[f"xl/drawings/drawing{number}.xml"] = drawing.encode()
    return _zipped(kept)


def as_wps(data: bytes) -> bytes:
    """Further Dublin Core elements in the core properties, the build number as a property of WPS's own."""
    parts = _unzipped(data)
    core = parts["docProps/core.xml"].decode()
    space = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    more = f"<dc:publisher {space}>WPS</dc:publisher><dc:format {space}>xlsx</dc:format>"
    assert "</cp:coreProperties>" in core
    parts["docProps/core.xml"] = core.replace("</cp:coreProperties>", f"{more}</cp:coreProperties>").encode()
    parts["docProps/custom.xml"] = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
        b'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
        b'<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="KSOProductBuildVer">'
        b"<vt:lpwstr>1066-12.2.0.18638</vt:lpwstr></property></Properties>"
    )
    return _zipped(parts)


def _unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()
