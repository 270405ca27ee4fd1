"""Who may talk to the desk: this computer's own browser, after a link that works once; nobody else's page.

Three doors, each shut by itself: the Host header must name this server (a strange name that leads here is DNS
rebinding), a request that another site's page sends is refused (Sec-Fetch-Site, else Origin), and every page but the
entry wants the cookie that the one-time link gave.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

from attrs import define, field
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_UPLOAD_BYTES = 100 * 1024 * 1024
"""Of one request: photographs make returns of some 20 MB, and an office drops several at once."""
_OVERHEAD = 1024 * 1024
_CODE_SECONDS = 300.0
"""A one-time link is opened at once by the program that made it."""
_OPEN = ("/vao", "/tinh/", "/ma-vao")
"""Paths that want no cookie: the entry, the page's own look, and what a second double-click asks."""

_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not no-referrer: browsers would then send "Origin: null" with the page's own forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@define
class Keys:
    """One-time codes of links, and the cookies that they were exchanged for; in memory alone."""

    port: int = 0
    """Of the desk: cookies do not tell ports apart, and two desks on one computer must not overwrite each other's."""
    launch: str = field(factory=lambda: secrets.token_urlsafe(32))
    """Known to the program's own starter: with it a second double-click gets a link of its own."""
    _codes: dict[str, float] = field(factory=dict)
    _cookies: set[str] = field(factory=set)

    @property
    def cookie(self) -> str:
        """Name of the cookie."""
        return f"nq57_{self.port}"

    def new_code(self) -> str:
        """A code that opens the desk once."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = time.monotonic() + _CODE_SECONDS
        return code

    def exchange(self, code: str) -> str | None:
        """The cookie for a code; None for one that is unknown, used or too old."""
        until = self._codes.pop(code, 0.0)
        if until < time.monotonic():
            return None
        cookie = secrets.token_urlsafe(32)
        self._cookies.add(cookie)
        return cookie

    def known(self, cookies: Mapping[str, str]) -> bool:
        """Among a browser's cookies is one that this run of the program gave."""
        cookie = cookies.get(self.cookie, "")
        return any(secrets.compare_digest(cookie, known) for known in self._cookies)


class Guard:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self.app, self.keys = app, keys
        self.hosts = {f"127.0.0.1:{keys.port}", f"localhost:{keys.port}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses, or hands on with a bounded body and the headers that keep the page to itself."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        refused = self._refusal(scope, headers)
        if refused is not None:
            await refused(scope, receive, send)
            return
        await self.app(scope, _bounded(receive), _with_headers(send, scope["path"]))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        path, method = scope["path"], scope["method"]
        if headers.get("host", "").lower() not in self.hosts:
            return _plain("Địa chỉ không đúng: trang này chỉ mở được trên chính máy đang chạy NQ57.", 400)
        if not _own_page(headers, method, self.hosts):
            return _plain("Yêu cầu từ trang khác bị từ chối.", 403)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length[:12]) > _UPLOAD_BYTES + _OVERHEAD:
            return _plain("Quá 100 MB trong một lần gửi: hãy chia thành nhiều lần.", 413)
        if not path.startswith(_OPEN) and not self.keys.known(cookie_parser(headers.get("cookie", ""))):
            return _plain("Phiên làm việc đã hết: hãy bấm đúp biểu tượng NQ57 để mở lại trang.", 403)
        return None


def _own_page(headers: Mapping[str, str], method: str, hosts: set[str]) -> bool:
    """The request comes from a page of ours, or from the address bar."""
    site = headers.get("sec-fetch-site")
    safe = method in ("GET", "HEAD")
    if site is not None:
        return site == "same-origin" or (safe and site == "none")
    origin = headers.get("origin")
    if origin is not None:
        return origin.removeprefix("http://") in hosts
    return safe or "x-nq57-launch" in headers


def _plain(text: str, status: int) -> Response:
    return PlainTextResponse(text, status, headers=_HEADERS)


def _bounded(receive: Receive) -> Receive:
    """The body up to the limit, whatever its length said: a chunked request has none to look at."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > _UPLOAD_BYTES + _OVERHEAD:
            raise HTTPException(413)
        return message

    return limited


def _with_headers(send: Send, path: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "max-age=3600" if path.startswith("/tinh/") else "no-store")
        await send(message)

    return sending
