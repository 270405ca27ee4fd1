"""Forms that were issued, with what goes with each: the message to paste, the mail with the form attached."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from attrs import frozen

from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.forms.model import Form
from nq57xl.forms.wording import form_file_name
from nq57xl.outputs.sending import covering_text, subject


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
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = item.subject
    if item.email:
        mail["To"] = item.email
    mail["X-Unsent"] = "1"
    mail.set_content(item.text)
    mail.add_attachment(
        item.path.read_bytes(),
        maintype="application",
        subtype="vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        filename=item.path.name,
    )
    return mail.as_bytes()
