"""The verdict on each file: read in a process of its own, recognised, rejoined, checked. Nothing is written here."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.utils import parseaddr
from functools import cache, cached_property, partial
from itertools import islice, zip_longest
from pathlib import Path, PurePath

import attrs
from attrs import define, frozen

from nq57xl.commands.office import fault
from nq57xl.commands.standing import OfficePeriod
from nq57xl.forms.model import Form, Source
from nq57xl.forms.wording import FORM_FILE
from nq57xl.plan.model import Unit
from nq57xl.returns.check import check, check_file, plan_rows
from nq57xl.returns.combine import combine as combine_with
from nq57xl.returns.combine import left_out_findings
from nq57xl.returns.identify import identify, recognise
from nq57xl.returns.model import AnsweredForm, JudgedReturn, Return, days_after_receipt
from nq57xl.returns.rejoin import rejoin
from nq57xl.returns.sources import with_mail_time
from nq57xl.rules.findings import ACCEPTED, Finding, make
from nq57xl.xlsx.cells import RawWorkbook

_BATCH = 200
"""Files whose rows are judged in one frame for each kind: enough that pandera costs little for each of them, few
enough that the batch fits into memory beside nothing else of the run."""


def judge(
    here: OfficePeriod, copies: Mapping[Source, Path], *, passwords: Sequence[str] = (), combine: bool = False
) -> Iterator[list[JudgedReturn]]:
    """The verdict on each file, in order, a few hundred at a time, with what became of its rows in the plan.

    `copies`: of each file the archived copy, which is read: what is judged is what is kept, whatever happens to the
    files handed in; they should come in the order of receipt. `passwords`: to be tried on encrypted ones; `combine`:
    blanks are filled from what the same unit sent before. What the caller records of a batch is known when the next
    one is judged.
    """
    ledger = here.ledger
    read = _Reading(here, cache(partial(ledger.current_forms, here.code)))
    raws = zip(copies, here.office.read_files([*copies.values()], passwords), strict=True)
    while batch := [read.rejoined(source, raw) for source, raw in islice(raws, _BATCH)]:
        returns = [item for item in batch if isinstance(item, Return)]
        units_of = frozenset(item.form.unit for item in returns)
        judging = _Judging(here, units_of, cache(partial(ledger.newest_issues, units_of)))
        results = {item.source.sha256: item for item in batch if isinstance(item, JudgedReturn)}
        for wave in _waves(sorted(returns, key=lambda item: item.source.received_at), combine=combine):
            results |= {item.source.sha256: item for item in judging.judged(wave, combine=combine)}
        yield [_with_plan_rows(here, results[item.source.sha256]) for item in batch]


def _with_plan_rows(here: OfficePeriod, judged: JudgedReturn) -> JudgedReturn:
    """The return with what became of its rows in the plan; facts that never change a verdict."""
    form = here.ledger.form_by_id(judged.issue_id, cells=False) if judged.issue_id else None
    if form is None or form.period.code != here.code:
        return judged
    return attrs.evolve(judged, findings=judged.findings + here.office.in_own_words(plan_rows(form, here.plan)))


@frozen
class _Reading:
    """What a run needs to recognise the files and put them together with their forms."""

    here: OfficePeriod
    forms: Callable[[], Sequence[Form]]
    """Of the period: asked for only where they are needed."""

    def rejoined(self, source: Source, raw: RawWorkbook | Finding) -> Return | JudgedReturn:
        """The return in that file; else that it is none, and why."""
        in_own_words = self.here.office.in_own_words
        try:
            form, told = (None, [raw]) if isinstance(raw, Finding) else self._recognised(raw)
            dated, doubts = with_mail_time(source, self.here.office.clock.now(), form.issued_on if form else None)
            if form is None or isinstance(raw, Finding):
                return unread(dated, in_own_words((*_origin(dated), *doubts, *told)))
            if raw.saved_at is not None and raw.saved_at.date() >= form.issued_on:
                dated = attrs.evolve(dated, saved_at=raw.saved_at)
            back = rejoin(dated, raw, form)
            doubts = (*doubts, *_other_unit(dated, form, self.here.plan.units))
            # in the office's words from here on: its severities decide which cells the rules pass over
            return attrs.evolve(back, findings=in_own_words((*told, *_origin(dated), *doubts, *back.findings)))
        except Exception:
            return unread(source, in_own_words([fault("nhận biểu mẫu và ghép dòng, cột")]))

    def _recognised(self, raw: RawWorkbook) -> tuple[Form | None, Sequence[Finding]]:
        """The form that came back, and what is to be told of how it was recognised; or why it is none."""
        ledger, identity = self.here.ledger, identify(raw)
        if identity is None:
            found = recognise(raw, self.forms())
            return (None, [make("FILE_NOT_A_FORM")]) if found is None else (found[0], [found[1]])
        form = ledger.form_by_id(identity.issue_id) if identity.issue_id else None
        if form is None and identity.short_id:
            form = ledger.form_by_short(identity.short_id)
        if form is None:
            return None, [make("FILE_UNKNOWN_ISSUE", words={"value": identity.short_id or identity.issue_id or ""})]
        return form, [*identity.differing_carriers(form)]


def _waves(returns: Sequence[Return], *, combine: bool) -> Iterator[Sequence[Return]]:
    """All at once; where returns are made of earlier ones, the first of each unit, then the second of each ..."""
    if not combine:
        yield returns
        return
    by_unit: dict[str, list[Return]] = {}
    for item in returns:
        by_unit.setdefault(item.form.unit, []).append(item)
    for wave in zip_longest(*by_unit.values()):
        yield [item for item in wave if item is not None]


@define
class _Judging:
    """Where the returns of a batch are judged, each beside what its own unit sent before."""

    here: OfficePeriod
    units: frozenset[str]
    """Whose returns are judged: only theirs of before are read, so that memory does not grow with the period."""
    newest: Callable[[str], Mapping[str, str]]
    """Period -> unit -> issue id of the newest form."""

    @cached_property
    def _returned_before(self) -> dict[str, list[JudgedReturn]]:
        """By unit its returns of the period, accepted and rejected, oldest first; none that the office left out."""
        returned: dict[str, list[JudgedReturn]] = defaultdict(list)
        records = self.here.ledger.returns(self.here.code, units=self.units)
        for record in sorted(records, key=lambda record: record.order):
            judged = record.judged
            read = judged.verdict in ACCEPTED or judged.verdict == "rejected"
            if judged.unit is not None and read and judged.form_period == self.here.code and not record.excluded:
                returned[judged.unit].append(judged)
        return returned

    def judged(self, wave: Sequence[Return], *, combine: bool) -> Iterator[JudgedReturn]:
        """The verdicts; `wave` in the order of received times."""
        for item, broken in self._checked(wave, combine=combine):
            try:
                judged = broken if isinstance(broken, JudgedReturn) else self._judged(item, broken, combine=combine)
                if judged.unit is not None and judged.form_period == self.here.code:
                    self._returned_before[judged.unit].append(judged)
            except Exception:
                judged = self._failed(item)
            yield judged

    def _checked(
        self, wave: Sequence[Return], *, combine: bool
    ) -> list[tuple[Return, tuple[Finding, ...] | JudgedReturn]]:
        """Each return with what it breaks; one by one where together they meet a fault of the program's."""
        try:
            returns = [combine_with(item, self._before(item)) for item in wave] if combine else wave
            return list(zip(returns, check(returns), strict=True))
        except Exception:
            if len(wave) == 1:
                return [(wave[0], self._failed(wave[0]))]
            return [pair for item in wave for pair in self._checked([item], combine=combine)]

    def _failed(self, item: Return) -> JudgedReturn:
        return unread(item.source, self.here.office.in_own_words([fault("kiểm tra số liệu")]))

    def _before(self, item: Return) -> list[AnsweredForm]:
        """The unit's returns of the period that came before that one, oldest first."""
        found, source = [], item.source
        for judged in self._returned_before[item.form.unit] if item.form.period.code == self.here.code else ():
            form, other = self.here.ledger.form_by_id(judged.issue_id or "", cells=False), judged.source
            if form is not None and other.sha256 != source.sha256 and other.received_at <= source.received_at:
                found.append(AnsweredForm(form, judged))
        return found

    def _judged(self, item: Return, broken: tuple[Finding, ...], *, combine: bool) -> JudgedReturn:
        found = (*item.findings, *broken, *days_after_receipt(item.values, item.source.received_at))
        if not combine:
            found += left_out_findings(item, found, self._before(item))
        form = item.form
        newest = self.newest(form.period.code).get(form.unit, form.issue_id)
        current = form if newest == form.issue_id else self.here.ledger.form_by_id(newest, cells=False)
        told = self.here.office.in_own_words((*check_file(item.source, form, self.here.code, current), *found))
        return item.judged(told)


def unread(source: Source, findings: Sequence[Finding]) -> JudgedReturn:
    """A file that is no return: kept and told, with the reasons, the main one first."""
    order = sorted(findings, key=lambda item: item.severity != "error")
    return JudgedReturn(source, "unrecognised", None, None, None, findings=tuple(order))


def _origin(source: Source) -> Iterator[Finding]:
    """The mail that brought the file: provenance that stays with the return."""
    if source.sender or source.subject:
        words = {"sender": source.sender or "không rõ người gửi", "subject": source.subject or "không có tiêu đề"}
        yield make("FROM_MAIL", words=words, value=source.sender)


_NAME_PARTS = re.compile(r"[\W_]+")


def _other_unit(source: Source, form: Form, units: Sequence[Unit]) -> Iterator[Finding]:
    """The mail comes from another unit's address than the form's, or the file's name holds another one's code.

    As a word, in whatever letters: "QLQH.xlsx", "Báo cáo qlqh (1).xlsx". A code of the unit that gathers says for whom
    the file is; one in the pattern of a form's name is told elsewhere.
    """
    address = parseaddr(source.sender)[1]
    owners: Mapping[str, Unit] = {unit.email.casefold(): unit for unit in units if unit.email}
    owner = owners.get(address.casefold())
    own = next((unit.email.casefold() for unit in units if unit.code == form.unit), "")
    if owner is not None and owner.code != form.unit and address.casefold() != own:
        about = {"value": address, "other": owner.name, "unit": form.unit_name}
        yield make("SENDER_OTHER_UNIT", words=about, value=source.sender)
    words = _NAME_PARTS.split(PurePath(source.name).stem.casefold())
    if form.unit.casefold() in words or FORM_FILE.search(source.name):
        return
    others = {
        word: unit.code
        for unit in units
        if (word := unit.code.casefold()) in words and unit.name != form.gatherer and len(word) > 1
    }
    if code := next((others[word] for word in words if word in others), None):
        yield make("NAME_OTHER_UNIT", words={"value": code, "unit": form.unit_name}, value=source.name)
