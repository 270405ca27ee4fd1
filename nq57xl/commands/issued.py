"""Forms that were issued, with what goes with each: the message to paste, the mail with the form attached."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path

from attrs import frozen

from nq57xl import resources
from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Form
from nq57xl.forms.wording import data_window, deadline_in_words, form_file_name, plan_name
from nq57xl.ledger.outputs import write_all_guarded
from nq57xl.outputs.mail_draft import addresses, plain
from nq57xl.outputs.mail_draft import mail_draft as draft_of
from nq57xl.outputs.sending import SENDING_LIST, covering_text, render_sending_list, subject


@frozen
class FormToSend:
    """One unit's form of a period."""

    form: Form
    path: Path
    email: str
    """"" where the appendix has none."""
    subject: str
    text: str


def forms_to_send(office: Office, period_code: str) -> tuple[FormToSend, ...]:
    """The forms issued for the period that lie in bieu-mau/, in the plan's order."""
    with office.reading() as ledger:
        plan, period = office.valid(period_code, ledger)
        emails = {unit.code: unit.email for unit in plan.units}
        folder = office.workspace.forms_dir(period.code)
        found = []
        for form in ledger.current_forms(period.code):
            path = folder / form_file_name(period.code, form.unit)
            if path.is_file():
                text = covering_text(form, office.workspace.root)
                found.append(FormToSend(form, path, emails.get(form.unit, ""), subject(form), text))
        return tuple(found)


def mail_draft(office: Office, period_code: str, unit: str) -> bytes:
    """The mail to the unit with its form attached, as a file that mail programs open to send (RFC 822, X-Unsent).

    Raises Nq57Error when the unit has no form of the period.
    """
    item = next((item for item in forms_to_send(office, period_code) if item.form.unit == unit), None)
    if item is None:
        raise Nq57Error(f"Đơn vị «{unit}» chưa có biểu mẫu của kỳ này: hãy phát hành trước.")
    return _draft(item)


def _draft(item: FormToSend) -> bytes:
    to = addresses(item.email, plain(item.form.unit_name))
    return draft_of(to, item.subject, (item.text,), (item.path.name, item.path.read_bytes()), mark=item.form.short_id)


@frozen
class DraftsToSend:
    """What goes out with the forms of a period, as written; a text to paste stands beside each draft."""

    group: Path
    """One text for the units' group."""
    drafts: tuple[Path, ...]
    """A mail for each unit but the gathering one: an office writes none to itself."""
    archive: Path
    """Every form in one .zip."""
    problems: tuple[str, ...] = ()


def write_drafts(office: Office, period_code: str) -> DraftsToSend:
    """Writes a mail draft and a text to paste for each form issued, one text for the group, and a .zip of all forms.

    They stand in thong-bao/, and danh-sach-gui.xlsx names the drafts. The same forms give the same bytes. Raises
    Nq57Error when no form of the period was issued.
    """
    items = forms_to_send(office, period_code)
    if not items:
        raise Nq57Error("Kỳ này chưa phát hành biểu mẫu nào.")
    with office.changing("generate") as ledger:
        plan, period = office.valid(period_code, ledger)
        folder = office.workspace.letters_dir(period.code)
        words = {
            "period": period,
            "plan": plan_name(plan.properties.title),
            "window": data_window(period),
            "deadline": deadline_in_words(period.due),
            "gatherer": items[0].form.gatherer,
            "names": [item.form.unit_name for item in items],
        }
        text = resources.fill("texts/gui-nhom.txt.j2", words, office.workspace.root)
        group, archive = folder / "gui-nhom.txt", folder / f"bieu-mau-{period.code}.zip"
        drafts = {
            folder / f"gui-{item.path.stem}.eml": _draft(item)
            for item in items
            if item.form.unit != plan.properties.gatherer
        }
        texts = {
            folder / f"gui-{item.path.stem}.txt": item.text.replace("\n", "\r\n").encode()
            for item in items
            if item.form.unit != plan.properties.gatherer
        }
        outputs = {group: text.replace("\n", "\r\n").encode(), archive: _zipped(items), **drafts, **texts}
        outputs[office.workspace.forms_dir(period.code) / SENDING_LIST] = _listed(office, items, folder, drafts)
        written, failed = write_all_guarded(ledger, office.workspace, outputs)
        made = tuple(written[path] for path in drafts if path in written)
        return DraftsToSend(written.get(group, group), made, written.get(archive, archive), tuple(map(str, failed)))


def _listed(office: Office, items: Sequence[FormToSend], folder: Path, drafts: Collection[Path]) -> bytes:
    """The sending list with the draft that goes with each form."""
    files = {}
    for item in items:
        draft = folder / f"gui-{item.path.stem}.eml"
        told = f"\nThư nháp: {folder.name}/{draft.name}" if draft in drafts else ""
        files[item.form.unit] = f"{item.path.name}{told}"
    emails = {item.form.unit: item.email for item in items}
    return render_sending_list([item.form for item in items], files, emails, office.workspace.root)


def _zipped(items: Sequence[FormToSend]) -> bytes:
    """The forms in one .zip, with a fixed time."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for item in items:
            archive.writestr(zipfile.ZipInfo(item.path.name, (2026, 1, 1, 8, 0, 0)), item.path.read_bytes())
    return stream.getvalue()
