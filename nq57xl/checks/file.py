"""Checks on the returned file as a whole: the right period, the right unit, the version of the form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from nq57xl.records.findings import Finding
from nq57xl.records.form import Form
from nq57xl.records.returns import Source
from nq57xl.rules.catalogue import make

_FILE_NAME = re.compile(r"NQ57_[0-9QH-]+_([A-Za-z0-9]+)")


def wrong_period(source: Source, form: Form, period: str, current: Form | None) -> Iterator[Finding]:
    """The form belongs to another period than the one that is being collected."""
    if form.period.code != period:
        yield make("WRONG_PERIOD", words={"form_period": form.period.code, "period": period})


def name_of_other_unit(source: Source, form: Form, period: str, current: Form | None) -> Iterator[Finding]:
    """The file is named like another unit's form."""
    match = _FILE_NAME.search(source.name)
    if match and match[1].upper() != form.unit.upper():
        yield make("NAME_OTHER_UNIT", words={"value": match[1], "unit": form.unit_name}, value=source.name)


def older_version(source: Source, form: Form, period: str, current: Form | None) -> Iterator[Finding]:
    """A newer version of this form has been issued since."""
    if current is not None and current.period.code == form.period.code and current.version > form.version:
        yield make("OLDER_VERSION", words={"version": form.version})


FILE_CHECKS: tuple[Callable[[Source, Form, str, Form | None], Iterator[Finding]], ...] = (
    wrong_period,
    name_of_other_unit,
    older_version,
)


def check_file(source: Source, form: Form, period: str, current: Form | None) -> tuple[Finding, ...]:
    """All findings about the file; `current` is the newest form issued to the same unit for the period."""
    return tuple(finding for check in FILE_CHECKS for finding in check(source, form, period, current))
