"""generate: writes the forms of a period and what goes out with them, and records each as issued."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from nq57xl import resources
from nq57xl.commands.consolidated import prefilled
from nq57xl.commands.office import Office
from nq57xl.commands.standing import OfficePeriod, PreviousReports
from nq57xl.errors import Nq57Error
from nq57xl.forms.build import REOPEN, build_form, reporting_units
from nq57xl.forms.layout import layout
from nq57xl.forms.model import RECEIVED, Form, FormRow, SupporterAnswer, Value
from nq57xl.forms.render import render_forms
from nq57xl.forms.wording import data_window, deadline_in_words, form_file_name, plan_name
from nq57xl.ledger.outputs import write_all_guarded, write_guarded
from nq57xl.outputs.letters import FormToSend
from nq57xl.outputs.lists import SENDING_LIST, render_sending_list
from nq57xl.plan.model import Period, Plan
from nq57xl.rules.movement import BEFORE, DOCUMENTS_ELSEWHERE
from nq57xl.rules.schema import Schema
from nq57xl.xlsx.package import zipped

_BEFORE_TEXTS, _BEFORE_FACTS = ("previous", "done"), ("done_before", "done_period", "repeat", BEFORE)


def _form_changes(old: Form, new: Form) -> tuple[str, ...]:
    """Rows added, dropped and changed, by code; what units had reported apart from what the plan says."""
    before, after = _rows(old), _rows(new)
    said = [f"thêm {key}" for table, key in after.keys() - before.keys() if table != RECEIVED]
    said += [f"bỏ {key}" for table, key in before.keys() - after.keys() if table != RECEIVED]
    earlier, received = [], []
    for place in dict.fromkeys((*after, *before)):
        one, other = before.get(place), after.get(place)
        if one == other:
            continue
        if place[0] == RECEIVED:
            received.append(str(((other or one) or FormRow("")).facts.get("task", "")))
        elif one is not None and other is not None:
            if _plain(one) == _plain(other):
                earlier.append(place[1])
            else:
                said.append(f"sửa {place[1]}")
    said.sort()
    for words, keys in (("số liệu kỳ trước của", earlier), ("nội dung phối hợp của", received)):
        said += [f"{words} {', '.join(dict.fromkeys(keys))}"] if any(keys) else []
    same_rules = old.schema == new.schema
    about = "sửa bố cục hoặc thông tin chung của biểu mẫu" if same_rules else "sửa quy tắc, danh mục của biểu mẫu"
    return tuple(said or [about])


def _without_sources(form: Form) -> Form:
    """The form without the cells where the last period's words stand: the same words sent again are no change."""
    place = {"origin": None, "sheet": "", "cell": ""}
    tables = [
        attrs.evolve(
            table,
            rows=tuple(
                attrs.evolve(row, before=tuple(attrs.evolve(item, **place) for item in row.before))  # type: ignore[arg-type]
                for row in table.rows
            ),
        )
        for table in form.tables
    ]
    values = tuple(attrs.evolve(item, stated="") for item in form.values)
    return attrs.evolve(form, tables=tuple(tables), values=values)


def _plain(row: FormRow) -> FormRow:
    """The row without what was reported before."""
    return attrs.evolve(
        row,
        texts={name: text for name, text in row.texts.items() if name not in _BEFORE_TEXTS},
        facts={name: fact for name, fact in row.facts.items() if not name.startswith(_BEFORE_FACTS)},
        open=True,
    )


def _rows(form: Form) -> dict[tuple[str, str], FormRow]:
    """The rows as people see them: what was reported before by its words, not by the file that said it."""
    tables = [table for table in form.tables if table.table not in (REOPEN, "unchanged")]
    return {
        (table.table, row.key): attrs.evolve(
            row, before=(), facts={name: fact for name, fact in row.facts.items() if name != DOCUMENTS_ELSEWHERE}
        )
        for table in tables
        for row in table.rows
    }


@frozen
class _IssuedForm:
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
    forms: tuple[_IssuedForm, ...]
    sending_list: Path


def generate(office: Office, period_code: str, units: Sequence[str] = (), *, with_support: bool = False) -> Generated:
    """Issues the forms of a period. Unchanged plan: the same bytes again; changed plan: a new version.

    Accepted returns of earlier periods are part of what a form shows: when they change, so does its version. With
    `with_support` the form of a lead also shows what its supporters have reported in this period, and keeps what the
    lead itself has typed. Raises Nq57Error while lint has errors, and for an unknown unit or period.
    """
    with office.changing("generate") as ledger:
        appendix = office.appendix_with_codes()
        errors = tuple(item for item in office.lint(appendix) if item.severity == "error")
        if errors:
            lines = [f"- {item.sheet}!{item.cell}: {item.message} {item.fix}" for item in errors]
            head = f"Phụ lục còn {len(errors)} điểm phải sửa, chưa phát hành biểu mẫu. Sửa phu-luc.xlsx rồi chạy lại:"
            raise Nq57Error("\n".join([head, *lines]))
        here = OfficePeriod.of(office, ledger, period_code)
        history = PreviousReports(ledger, here.plan)
        plan, told = here.plan, prefilled(here)
        run = _FormIssuer(here, plan, plan.version, here.period, office.schema(), history, with_support, told)
        issued = tuple(run.issue(code) for code in run.wanted(units))
        rendered = render_forms([(item.form, item.form.values, ()) for item in issued])
        return run.written(issued, dict(zip((item.path for item in issued), rendered, strict=True)))


_IDENTITY = ("issue_id", "version", "issued_on", "plan_version")
"""What tells one version of a unit's form from another."""


@frozen
class _FormIssuer:
    """One run of the command."""

    here: OfficePeriod
    plan: Plan
    plan_version: str
    period: Period
    schema: Schema
    history: PreviousReports
    with_support: bool
    prefilled: Mapping[str, tuple[Value, ...]]
    """Of a longer period: unit -> what its months say together."""

    def wanted(self, units: Sequence[str]) -> list[str]:
        """Codes of the units whose forms are asked for, in the plan's order."""
        known = [unit.code for unit in reporting_units(self.plan, self.period)]
        asked = {code.upper() for code in units}
        if unknown := sorted(asked - {code.upper() for code in known}):
            raise Nq57Error(f"Không có đơn vị báo cáo mang mã {', '.join(unknown)}; các mã có: {', '.join(known)}.")
        return [code for code in known if not units or code.upper() in asked]

    def issue(self, unit: str) -> _IssuedForm:
        """The unit's form as last issued when nothing changed, else a new version."""
        path = self._folder / form_file_name(self.period.code, unit)
        last = self.here.ledger.current_form(unit, self.period.code)
        root = self.here.office.workspace.root
        before, received = self.history.before(unit, self.period), self._received(unit, last)
        build = partial(
            build_form, self.plan, self.schema, unit, self.period, workspace=root, previous=before, received=received
        )

        def built(values: tuple[Value, ...], **identity: Any) -> Form:  # noqa: ANN401
            form = build(values=values, **identity).with_added_rows(values)
            return attrs.evolve(form, cells=layout(form))

        values = self.prefilled.get(unit, ())
        if last is not None:
            typed = self._typed(unit)
            again = built(
                values if values and not typed else last.values, **{name: getattr(last, name) for name in _IDENTITY}
            )
            if _without_sources(again) == _without_sources(last):
                return _IssuedForm(last, path, is_new=False)
            values = typed or values  # a later version of a form keeps what its unit has typed into an earlier one
        version, today = last.version + 1 if last else 1, self.here.office.clock.now().date()
        new = dict(zip(_IDENTITY, (uuid.uuid4().hex, version, today, self.plan_version), strict=True))
        form = built(values, **new)
        return _IssuedForm(form, path, is_new=True, changes=_form_changes(last, form) if last else ())

    def _received(self, unit: str, last: Form | None) -> tuple[SupporterAnswer, ...]:
        """What the supporters of the rows that the unit leads have reported; without `with_support` as last issued."""
        if not self.with_support:
            return last.received if last is not None else ()
        names = {item.code: item.name for item in self.plan.units}
        texts = {
            (value.key, code): value.text
            for code, record in self.history.counting(self.period.code).items()
            for value in record.judged.values
            if (value.table, value.field) == ("supporting", "contribution") and value.typed.strip()
        }
        return tuple(
            SupporterAnswer(task.code, code, names.get(code, code), texts[task.code, code])
            for task in self.plan.tasks
            if unit in task.lead_units
            for code in task.support_units
            if (task.code, code) in texts
        )

    def _typed(self, unit: str) -> tuple[Value, ...]:
        """The cells of the unit's newest return for the period that was read, accepted or not, and not left out."""
        records = [
            record
            for record in self.history.returns(self.period.code)
            if record.judged.unit == unit and record.judged.form_period == self.period.code and not record.excluded
        ]
        newest = max(records, key=lambda record: record.order, default=None)
        return newest.judged.values if newest is not None else ()

    def written(self, issued: Sequence[_IssuedForm], contents: Mapping[Path, bytes]) -> Generated:
        """The new forms into the ledger, then the workbooks, and the sending list of all forms issued so far."""
        ledger, new = self.here.ledger, [item for item in issued if item.is_new]
        if new:
            ledger.record_plan(self.plan)
            digests = {item.path: hashlib.sha256(contents[item.path]).hexdigest() for item in new}
            files = {item.form.issue_id: (item.path.name, digests[item.path]) for item in new}
            ledger.issue([item.form for item in new], files)
            detail = {item.form.unit: [f"bản {item.form.version}", *item.changes] for item in new}
            ledger.event("generate", {"period": self.period.code, "forms": detail})
        placed, failed = write_all_guarded(ledger, contents)
        if failed:
            raise failed[0]
        written = tuple(attrs.evolve(item, path=placed[item.path]) for item in issued)
        paths = {item.form.unit: item.path for item in written}
        items = _to_send(self.here, paths)
        path = write_guarded(ledger, self._folder / SENDING_LIST, render_sending_list(items))
        return Generated(self.period, written, path)

    @property
    def _folder(self) -> Path:
        return self.here.office.workspace.forms_dir(self.period.code)


def _to_send(here: OfficePeriod, paths: Mapping[str, Path]) -> list[FormToSend]:
    """Every form issued for the period, in the plan's order; `paths`: unit -> where it stands, if not as usual."""
    emails, workspace = {unit.code: unit.email for unit in here.plan.units}, here.office.workspace
    found = []
    for form in here.ledger.current_forms(here.code):
        path = paths.get(form.unit) or workspace.forms_dir(here.code) / form_file_name(here.code, form.unit)
        found.append(FormToSend.of(form, path, emails.get(form.unit, ""), workspace.root))
    return found


def forms_to_send(office: Office, period_code: str) -> tuple[FormToSend, ...]:
    """The forms issued for the period that lie in bieu-mau/, in the plan's order."""
    with office.reading() as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        return tuple(item for item in _to_send(here, {}) if item.path.is_file())


@frozen
class _DraftsToSend:
    """What goes out with the forms of a period, as written; a text to paste stands beside each draft."""

    group: Path
    """One text for the units' group."""
    drafts: tuple[Path, ...]
    """A mail for each unit but the gathering one: an office writes none to itself."""
    archive: Path
    """Every form in one .zip."""
    problems: tuple[str, ...] = ()


def write_drafts(office: Office, period_code: str) -> _DraftsToSend:
    """Writes a mail draft and a text to paste for each form issued, one text for the group, and a .zip of all forms.

    They stand in thong-bao/, and danh-sach-gui.xlsx names the drafts. The same forms give the same bytes. Raises
    Nq57Error when no form of the period was issued.
    """
    items = forms_to_send(office, period_code)
    if not items:
        raise Nq57Error("Kỳ này chưa phát hành biểu mẫu nào.")
    with office.changing("generate") as ledger:
        here = OfficePeriod.of(office, ledger, period_code)
        plan, period = here.plan, here.period
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
        asked = [item for item in items if item.form.unit != plan.properties.gatherer]
        drafts = {folder / f"gui-{item.path.stem}.eml": item.draft(item.path.read_bytes()) for item in asked}
        texts = {group: text} | {folder / f"gui-{item.path.stem}.txt": item.text for item in asked}
        outputs = drafts | {path: text.replace("\n", "\r\n").encode() for path, text in texts.items()}
        outputs[archive] = zipped((item.path.name, item.path.read_bytes()) for item in items)
        told = {item.form.unit: f"{folder.name}/{path.name}" for item, path in zip(asked, drafts, strict=True)}
        outputs[office.workspace.forms_dir(period.code) / SENDING_LIST] = render_sending_list(items, told)
        written, failed = write_all_guarded(ledger, outputs)
        made = tuple(written[path] for path in drafts if path in written)
        return _DraftsToSend(written.get(group, group), made, written.get(archive, archive), tuple(map(str, failed)))
