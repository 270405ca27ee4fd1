"""What an imported plan leaves to a person: questions with the answers to tick."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nq57xl.commands.import_plan import answer_questions, open_questions
from nq57xl.web.jobs import Progress, Tell
from nq57xl.web.site import plain_words, site_of

_FIELDS = 3000


def show(request: Request) -> Response:
    """The questions; what holds as long as nobody answers."""
    site, slug = site_of(request), request.path_params["slug"]
    return site.page(request, "review.html.j2", tab="plan", questions=open_questions(site.office(slug)))


async def take(request: Request) -> Response:
    """The answers that were ticked."""
    site, slug = site_of(request), request.path_params["slug"]
    async with request.form(max_files=0, max_fields=_FIELDS) as form:
        answers = {name.removeprefix("k:"): plain_words(form, name, 500) for name in form if name.startswith("k:")}
    back = f"/so/{slug}/ke-hoach/ra-soat"

    def work(tell: Tell) -> str:
        left = answer_questions(site.office(slug), answers)
        tell(Progress("Đã ghi trả lời vào phu-luc.xlsx; bản cũ giữ ở backup/.", "good"))
        tell(Progress(f"Còn {left} câu hỏi." if left else "Đã trả lời hết."))
        return back if left else f"/so/{slug}/ke-hoach"

    return site.start(slug, "Ghi trả lời rà soát", back, work)


ROUTES = [
    Route("/so/{slug}/ke-hoach/ra-soat", show),
    Route("/so/{slug}/ke-hoach/ra-soat/tra-loi", take, methods=["POST"]),
]
