"""What a workbook carries beyond cells: macros, links, queries, embedded objects. Noted by name, never followed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nq57xl.returns.parts import Attributes, Package, local

MACROS, EXTERNAL, DDE, EMBEDDED, QUERIES = (
    "macro",
    "liên kết tới tệp khác",
    "liên kết DDE/OLE tới chương trình khác",
    "đối tượng nhúng",
    "kết nối dữ liệu",
)
_CALL = re.compile(r"\b(?:DDE|WEBSERVICE|CALL|REGISTER\.ID)\s*\(", re.IGNORECASE)
_TOPIC = re.compile(r"\|\s*'")
_PROGRAM = re.compile(r"[A-Za-z]\w*\s*\Z")
_NAME = 200
"""Letters before the sign in which a program's name is looked for."""


def is_call(formula: str) -> bool:
    """Whether a formula reaches for another program or the network: =cmd|'/c calc'!A0, WEBSERVICE(...)."""
    if _CALL.search(formula):
        return True
    topics = (found.start() for found in _TOPIC.finditer(formula))
    return any(_PROGRAM.search(formula[max(0, at - _NAME) : at]) for at in topics)


def active_xlsx(package: Package, formulas: Iterable[str]) -> tuple[str, ...]:
    """Vietnamese names of what an .xlsx carries, in a fixed order."""
    names = [name.lower() for name in package.names()]
    links = [name for name in names if "/externallinks/" in name and name.endswith(".xml")]
    programs = any(_reaches_programs(package, name) for name in links) or any(map(is_call, formulas))
    found = {
        MACROS: any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in names),
        EXTERNAL: bool(links),
        DDE: programs,
        EMBEDDED: any(part in name for name in names for part in ("/embeddings/", "/activex/", "/ctrlprops/")),
        QUERIES: any(
            name.endswith(("/connections.xml", "customdata/item1.data")) or "/querytables/" in name for name in names
        ),
    }
    return tuple(title for title, present in found.items() if present)


def active_ods(
    names: Iterable[str], formulas: Iterable[str], *, links: bool = False, calls: bool = False
) -> tuple[str, ...]:
    """The same for an OpenDocument spreadsheet: by the names of its parts, and by what its content links to."""
    lowered = [name.lower() for name in names]
    found = {
        MACROS: any(name.startswith(("basic/", "scripts/")) and name.count("/") > 1 for name in lowered),
        EXTERNAL: links,
        DDE: calls or any(map(is_call, formulas)),
        EMBEDDED: any(name.startswith("object ") for name in lowered),
    }
    return tuple(title for title, present in found.items() if present)


def _reaches_programs(package: Package, part: str) -> bool:
    """Whether an external link is a DDE or OLE link, and not one to a workbook."""
    found = False

    def start(tag: str, _: Attributes) -> None:
        nonlocal found
        found = found or local(tag) in ("ddeLink", "oleLink")

    package.parse(part, start)
    return found
