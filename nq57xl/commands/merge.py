"""merge: the consolidated workbooks of a period, and what goes with them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl.commands.consolidated import as_now, consolidated, keep_past
from nq57xl.commands.edits import EditBooks, read_edit_books, write_edit_book
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod
from nq57xl.errors import Nq57Error, WorkbookOpenError
from nq57xl.ledger.model import Closing
from nq57xl.ledger.outputs import write_guarded
from nq57xl.ledger.workspace import Workspace
from nq57xl.outputs.document import placeholders, render_document
from nq57xl.outputs.overview_page import overview_page
from nq57xl.outputs.report.workbook import REPORT, SOURCES, render_internal, report_books
from nq57xl.outputs.texts import tracking_page, tracking_text
from nq57xl.results.model import Consolidation
from nq57xl.rules.codec import content_hash

_INTERNAL = "noi-bo.xlsx"


@frozen
class Merged:
    """The consolidated workbooks as written."""

    report: Path
    internal: Path
    sources: Path
    """Beside the report: where each of its values comes from."""
    beside: bool
    """True: somebody had edited one of the files, so the new one was written beside it."""
    consolidation: Consolidation
    edits: EditBooks
    """What the office had typed into bien-tap.xlsx."""
    companions: tuple[Path, ...] = ()
    """What goes with the workbook: the document, the texts for the tracking system."""
    edit_book: Path | None = None
    """Where bien-tap.xlsx was written; None when it could not be."""
    problem: str = ""
    """Why not."""
    unwritten: int = 0
    """Highlighted places of the document that the office still has to write."""

    @property
    def outputs(self) -> tuple[Path, ...]:
        """Everything that shows the consolidation, as written."""
        return (self.report, self.sources, self.internal, *self.companions)


def merge(office: Office, period_code: str | None, output: Path | None = None) -> Merged:
    """Writes the consolidated workbook from the accepted returns, and the internal one beside it."""
    with office.changing("merge") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        here.require_issued(or_months=True)
        return _written(here, *_current(here), output)


def merged_consolidation(here: OfficePeriod) -> Consolidation:
    """The consolidation of the period as its report shows it; that is written anew where it numbers its sources
    otherwise."""
    c, edits = _current(here)
    noted = [event.detail for event in here.ledger.events("merge") if event.detail["period"] == here.code]
    if not noted or noted[-1].get("sources") != _sources_print(c):
        _written(here, c, edits)
    return c


def _current(here: OfficePeriod) -> tuple[Consolidation, EditBooks]:
    """The period as the ledger has it, after what was typed into bien-tap.xlsx has been taken over.

    Edits of a period that is made of months belong to these.
    """
    edits = EditBooks() if here.reported_months else read_edit_books(here)
    return consolidated(here), edits


def _written(here: OfficePeriod, c: Consolidation, edits: EditBooks, output: Path | None = None) -> Merged:
    if here.reported_months:
        merged = write_reports(here, c, edits, output)
    else:
        # what came after a close is edited, too: it goes to the addendum
        now = c if c.closing is None else as_now(attrs.evolve(here, period=c.period))
        merged = write_reports(here, c, edits, output, now=now)
        keep_past(here, c)
    here.ledger.event("merge", {"period": here.code, "file": merged.report.name, "sources": _sources_print(c)})
    return merged


def _sources_print(c: Consolidation) -> str:
    """Names the lines of the list of sources, in their order."""
    cells = (
        (item.unit, item.value.table, item.value.key, item.value.field, item.value.typed, item.source.sha256)
        for item in c.traced
    )
    return content_hash(tuple(cells))


def write_reports(
    here: OfficePeriod,
    c: Consolidation,
    taken: EditBooks,
    output: Path | None = None,
    *,
    now: Consolidation | None = None,
) -> Merged:
    """Writes everything that shows the consolidation; `output` is another place for the workbook and its sources.

    Contacts and internal assessments never leave the workspace. Everything is made before the first file is written: a
    template that the office has spoilt leaves no half report. What a closed period had then is taken from the archive;
    the workbook is made anew only for an addendum. `now`: the period as it is edited, for bien-tap.xlsx; while somebody
    has that open, it is told, and what was typed is recorded already. Raises Nq57Error where `output` is another of
    these files.
    """
    workspace = here.office.workspace
    folder = workspace.report_dir(c.period.code)
    wanted = output or folder / REPORT
    sources = wanted.with_name(SOURCES)
    books = cache(lambda: report_books(c))
    beside: dict[Path, Callable[[], bytes]] = {
        folder / _INTERNAL: lambda: render_internal(c),
        sources: lambda: books().source_bytes(wanted.name),
    }
    beside |= {folder / name: make for name, make in _companions(c, workspace.root).items()}
    if wanted.resolve() in [path.resolve() for path in beside]:
        raise Nq57Error(f"«{wanted}» là chỗ của tệp khác trong bộ báo cáo: hãy chọn tên khác cho -o.")
    makers = {wanted: lambda: books().report_bytes(), **beside}
    kept = {path: _as_closed(workspace, path, c.closing) for path in makers}
    if c.addendum is not None:
        kept[wanted] = kept[sources] = None
    planned = {path: kept[path] or make() for path, make in makers.items()}
    written = [write_guarded(here.ledger, path, data) for path, data in planned.items()]
    report, internal, sources_written, *companions = written
    moved = written != list(planned)
    merged = Merged(report, internal, sources_written, moved, c, taken, tuple(companions), unwritten=placeholders(c))
    try:
        return merged if now is None else attrs.evolve(merged, edit_book=write_edit_book(here, now, taken))
    except WorkbookOpenError as error:
        return attrs.evolve(merged, problem=str(error))


def _companions(c: Consolidation, workspace: Path) -> dict[str, Callable[[], bytes]]:
    """Name of what goes with the workbook, and how it is made."""
    return {
        "bao-cao.docx": lambda: render_document(c, workspace),
        "theo-doi.txt": lambda: tracking_text(c, workspace),
        "theo-doi.html": lambda: tracking_page(c, workspace),
        "tong-quan.html": lambda: overview_page(c, workspace),
    }


def _as_closed(workspace: Workspace, path: Path, closing: Closing | None) -> bytes | None:
    """What stood at that path when the period was closed; None for one that is open, or where nothing stood."""
    sha256 = closing.outputs.get(workspace.key_of(path)) if closing is not None else None
    copy = workspace.archived(sha256) if sha256 else None
    return copy.read_bytes() if copy is not None else None
