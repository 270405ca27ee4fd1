"""The first sheet's text: rendered from its template when the form is built, and kept in the form."""

from __future__ import annotations

from pathlib import Path

import attrs

from nq57xl import resources
from nq57xl.forms import wording
from nq57xl.records.form import Form
from nq57xl.text.normalise import clean

PROGRESS, PAGES, LEGEND = "[tiến độ]", "[các trang]", "[chú giải]"
"""Lines of the template in whose place the live progress, the list of sheets and the legend stand."""


def guide_of(form: Form, workspace: Path | None = None) -> Form:
    """The form with the lines of its guide, from templates/texts/huong-dan.md.j2 (or the workspace's own copy)."""
    template = resources.find("templates", "texts/huong-dan.md.j2", workspace).read_text(encoding="utf-8")
    lines = (clean(line) for line in fill(template, form).splitlines())
    return attrs.evolve(form, guide=tuple(line for line in lines if line))


def fill(template: str, form: Form) -> str:
    """A jinja2 text about a form; StrictUndefined, so that a misspelt word in an office's template is told."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.from_string(template).render(
        form=form,
        plan=wording.plan_name(form.plan_title),
        period_line=wording.period_line(form.period),
        window=f"số liệu {wording.data_window(form.period)}",
        deadline=wording.deadline_in_words(form.period.due),
        frequency=wording.frequency(form.period),
        file_name=wording.file_name(form),
        signoff=next((sheet.title for sheet in form.schema.sheets if sheet.table == "signoff"), ""),
    )
