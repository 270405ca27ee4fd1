"""Judging again what is in the archive: what changed at once, what is only proposed and waits for the office's word."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nq57xl.commands.decide import Rechecked, RecheckOutcome, recheck
from nq57xl.errors import Nq57Error
from nq57xl.results.wording import VERDICTS
from nq57xl.rules.findings import to_answer
from nq57xl.web.jobs import Progress, Tell
from nq57xl.web.site import Site, plain_words, site_of

_OUTCOMES: dict[RecheckOutcome, str] = {
    "unchanged": "không đổi",
    "counts": "đã ghi nhận kết quả mới",
    "proposed": "chờ xác nhận",
    "missing": "không còn trong kho lưu",
}


def begin(site: Site, slug: str, period: str, sha256: str, reason: str, *, confirm: bool = False) -> Response:
    """Judges one return again, or with sha256 "" all of the period; the result stands on the period's page of it."""
    if not reason:
        raise Nq57Error("Chưa nêu lý do chấm lại.")
    page = f"/so/{slug}/ky/{period}/cham-lai"

    def work(tell: Tell) -> str:
        done = recheck(site.office(slug), sha256 or None, period, reason, confirm=confirm)
        for item in done.returns:
            tell(Progress(f"«{item.record.judged.source.name}»: {_OUTCOMES[item.outcome]}."))
        for problem in done.problems:
            tell(Progress(f"Đã ghi sổ, nhưng có tệp chưa lập lại được. {problem}", "warn"))
        told = site.rechecks.setdefault((slug, period), {})
        told |= {item.record.judged.source.sha256: (item, reason) for item in done.returns}
        return page

    return site.start(slug, "Xác nhận kết quả chấm lại" if confirm else "Chấm lại báo cáo đã lưu", page, work)


def show(request: Request) -> Response:
    """What the last run of this session said, with a button for each proposal."""
    site, slug, period = site_of(request), request.path_params["slug"], request.path_params["period"]
    found = site.rechecks.get((slug, period), {}).values()
    rows = [(item, reason, _new_points(item)) for item, reason in found]
    rows.sort(key=lambda row: row[0].outcome != "proposed")
    return site.page(
        request, "recheck.html.j2", tab="desk", period=period, rows=rows, verdicts=VERDICTS, outcomes=_OUTCOMES
    )


def _new_points(item: Rechecked) -> list[str]:
    """What the archived file is told now that it was not told before."""
    if item.now is None:
        return []
    before = {(one.code, one.sheet, one.cell) for one in item.record.judged.findings}
    new = [one for one in item.now.findings if (one.code, one.sheet, one.cell) not in before]
    return [f"{point.cell}: {point.text}" if point.cell else point.text for point in to_answer(new)]


async def run(request: Request) -> Response:
    """All returns of the period again, or the word of the office on one proposal."""
    site, slug, period = site_of(request), request.path_params["slug"], request.path_params["period"]
    async with request.form(max_files=0, max_fields=5) as form:
        reason, sha256 = plain_words(form, "ly_do"), plain_words(form, "tep")
    if sha256 and sha256 not in site.rechecks.get((slug, period), {}):
        raise HTTPException(404)
    return begin(site, slug, period, sha256, reason, confirm=bool(sha256))


ROUTES = [
    Route("/so/{slug}/ky/{period}/cham-lai", show),
    Route("/so/{slug}/ky/{period}/cham-lai/lam", run, methods=["POST"]),
]
