"""generate: writes the forms of a period and records each as issued."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import attrs
from attrs import frozen

from nq57xl.commands.office import Office
from nq57xl.errors import Nq57Error
from nq57xl.forms.build import build_form, reporting_units
from nq57xl.forms.layout import layout
from nq57xl.forms.render import render_form
from nq57xl.forms.sending import render_sending_list
from nq57xl.ledger.guarded import write_guarded
from nq57xl.ledger.store import Ledger
from nq57xl.plan.lint import lint
from nq57xl.plan.periods import parse_period
from nq57xl.plan.version import plan_version
from nq57xl.records.findings import Finding
from nq57xl.records.form import Form, FormRow
from nq57xl.records.plan import Period, Plan
from nq57xl.records.schema import Schema


class PlanHasErrorsError(Nq57Error):
    """The master appendix has errors; they are in `findings`."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        lines = [f"- {item.sheet}!{item.cell}: {item.message} {item.fix}" for item in findings]
        head = f"Phụ lục còn {len(findings)} lỗi, chưa phát hành biểu mẫu. Sửa phu-luc.xlsx rồi chạy lại:"
        super().__init__("\n".join([head, *lines]))


@frozen
class Issued:
    """One form of the period after `generate`."""

    form: Form
    path: Path
    is_new: bool
    """False: nothing changed since it was issued."""
    changes: tuple[str, ...] = ()
    """What changed since the version before, in words."""


@frozen
class Generated:
    """All forms asked for, and the sending list."""

    period: Period
    forms: tuple[Issued, ...]
    sending_list: Path


def generate(office: Office, period_code: str, units: Sequence[str] = ()) -> Generated:
    """Issues the forms of a period. Unchanged plan: the same bytes again; changed plan: a new version.

    Raises PlanHasErrorsError while lint has errors, Nq57Error for an unknown unit or period.
    """
    with office.changing("generate") as ledger:
        appendix = office.appendix_with_codes()
        errors = tuple(
            item for item in lint(appendix.plan, appendix.findings, appendix.places) if item.severity == "error"
        )
        if errors:
            raise PlanHasErrorsError(errors)
        period = parse_period(period_code, appendix.plan.properties)
        run = _Run(office, ledger, appendix.plan, office.schema(), period)
        issued = tuple(run.issue(code) for code in run.wanted(units))
        contents = {item.form.issue_id: render_form(item.form) for item in issued}
        run.record(issued, contents)
        return run.write(issued, contents)


@frozen
class _Run:
    """One run of the command."""

    office: Office
    ledger: Ledger
    plan: Plan
    schema: Schema
    period: Period

    def wanted(self, units: Sequence[str]) -> list[str]:
        """Codes of the units whose forms are asked for, in the plan's order."""
        known = [unit.code for unit in reporting_units(self.plan, self.period)]
        asked = {code.upper() for code in units}
        if unknown := sorted(asked - {code.upper() for code in known}):
            raise Nq57Error(f"Không có đơn vị báo cáo mang mã {', '.join(unknown)}; các mã có: {', '.join(known)}.")
        return [code for code in known if not units or code.upper() in asked]

    def issue(self, unit: str) -> Issued:
        """The unit's form as last issued when nothing changed, else a new version."""
        path = self._folder / self.office.workspace.form_name(self.period.code, unit)
        last = self.ledger.current_form(unit, self.period.code)
        if last is not None:
            again = self._build(unit, last.issue_id, last.version, last.issued_on, last.plan_version)
            if again == last:
                return Issued(last, path, is_new=False)
        today = self.office.clock.now().date()
        number = last.version + 1 if last else 1
        form = self._build(unit, uuid.uuid4().hex, number, today, plan_version(self.plan))
        return Issued(form, path, is_new=True, changes=changes(last, form) if last else ())

    def _build(self, unit: str, issue_id: str, version: int, issued_on: date, plan: str) -> Form:
        form = build_form(
            self.plan,
            self.schema,
            unit,
            self.period,
            issue_id=issue_id,
            version=version,
            issued_on=issued_on,
            plan_version=plan,
            workspace=self.office.workspace.root,
        )
        return attrs.evolve(form, cells=layout(form))

    def record(self, issued: Sequence[Issued], contents: Mapping[str, bytes]) -> None:
        """The new forms into the ledger, before any file is written."""
        new = [item for item in issued if item.is_new]
        if not new:
            return
        self.ledger.record_plan(self.plan)
        digests = {key: hashlib.sha256(content).hexdigest() for key, content in contents.items()}
        files = {item.form.issue_id: (item.path.name, digests[item.form.issue_id]) for item in new}
        self.ledger.issue([item.form for item in new], files)
        detail = {item.form.unit: [f"bản {item.form.version}", *item.changes] for item in new}
        self.ledger.event(self.office.who(), "generate", {"period": self.period.code, "forms": detail})

    def write(self, issued: Sequence[Issued], contents: Mapping[str, bytes]) -> Generated:
        """The workbooks and the sending list of all forms issued so far for the period."""
        written = tuple(attrs.evolve(item, path=self._put(item.path, contents[item.form.issue_id])) for item in issued)
        forms = self.ledger.current_forms(self.period.code)
        files = {form.unit: self.office.workspace.form_name(self.period.code, form.unit) for form in forms}
        files |= {item.form.unit: item.path.name for item in written}
        emails = {unit.code: unit.email for unit in self.plan.units}
        listing = render_sending_list(forms, files, emails, self.office.workspace.root)
        return Generated(self.period, written, self._put(self._folder / "danh-sach-gui.xlsx", listing))

    @property
    def _folder(self) -> Path:
        return self.office.workspace.forms_dir(self.period.code)

    def _put(self, path: Path, content: bytes) -> Path:
        return write_guarded(self.ledger, self.office.workspace, path, content)


def changes(old: Form, new: Form) -> tuple[str, ...]:
    """What a new version of a form changed, in words: rows added, dropped and changed, by code."""
    before, after = _rows(old), _rows(new)
    said = [f"thêm {key}" for _, key in after.keys() - before.keys()]
    said += [f"bỏ {key}" for _, key in before.keys() - after.keys()]
    for place in before.keys() & after.keys():
        if before[place] != after[place]:
            said.append(f"sửa {place[1]}")
    if not said:
        said.append(
            "sửa bố cục hoặc thông tin chung của biểu mẫu"
            if old.schema == new.schema
            else "sửa quy tắc, danh mục của biểu mẫu"
        )
    return tuple(sorted(said))


def _rows(form: Form) -> dict[tuple[str, str], FormRow]:
    return {(table.table, row.key): row for table in form.tables for row in table.rows}
