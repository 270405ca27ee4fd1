"""Drafts of mails: opened by mail programs ready to send; nothing is ever sent from here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses

from nq57xl.text.legacy import one_line

_ADDRESS = re.compile(r"[!-~]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_LINE, _FOLD = 60, "\r\n "
_XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def mail_draft(
    to: Sequence[Address], subject: str, bodies: Sequence[str], attached: tuple[str, bytes] | None, *, mark: str
) -> bytes:
    """A mail that mail programs open ready to send (X-Unsent).

    `bodies`: the text, and the same as a page where there is one; `attached`: name and content of a workbook; `mark`:
    what makes the boundaries, so that they never come from chance.
    """
    message = EmailMessage(policy=SMTP)
    text, *pages = bodies
    message.set_content(text, cte="base64")
    for page in pages:
        message.add_alternative(page, subtype="html", cte="base64")
        message.set_boundary(f"=_nq57-{mark}-hai-dang")
    if attached is not None:
        name, content = attached
        message.add_attachment(content, maintype="application", subtype=_XLSX, filename=name)
        message.set_boundary(f"=_nq57-{mark}-kem-tep")
    return "".join(_head(to, subject)).encode("ascii") + message.as_bytes()


def _head(to: Sequence[Address], subject: str) -> Iterator[str]:
    """Lines of the mail's head; folded here, because EmailMessage loses blanks where it folds Vietnamese words."""
    yield "X-Unsent: 1\r\n"
    if to:
        people = (f"{_words(item.display_name)} <{item.addr_spec}>".strip() for item in to)
        yield f"To: {f',{_FOLD}'.join(people)}\r\n"
    yield f"Subject: {_words(subject)}\r\n"


def _words(text: str) -> str:
    """The text as encoded words of RFC 2047, each short enough for a line."""
    return Header(text, "utf-8", maxlinelen=_LINE).encode(linesep="\r\n") if text else ""


def addresses(text: str, name: str) -> tuple[Address, ...]:
    """The addresses in a cell of the appendix or a mail's head, each under that name; what is none is left out."""
    found = [address for _, address in getaddresses([plain(text).replace(";", ",")])]
    return tuple(Address(display_name=name, addr_spec=item) for item in found if _ADDRESS.fullmatch(item))


def plain(text: str) -> str:
    """A text from outside on one line: no control characters, no signs that turn the direction of reading."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return one_line("".join(" " if unicodedata.category(letter) in ("Cc", "Cf", "Cs") else letter for letter in text))
