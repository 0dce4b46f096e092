"""Access control: one ASGI layer in front of all routes, so that no route can omit it.

Health and metrics are open. All other paths need the token. Without a configured token they are served on loopback
only, and only to requests that name a loopback host: this prevents DNS rebinding by a page in a local browser.
"""

import base64
import hmac
import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.config.settings import Settings
from service.entrypoints.web.changing import SAFE, TOO_LARGE, refuse_change, take_body

OPEN = frozenset({"/healthz", "/readyz", "/metrics"})
MAX_URL = 4096
CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
"""No name in a log contains one: formats remove them, and PostgreSQL accepts no NUL."""

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Access:
    """Access settings. `closed`: no token, and not on loopback."""

    mode: Literal["token", "loopback", "closed"]
    token: bytes = b""

    @classmethod
    def of(cls, settings: Settings) -> "Access":
        token = settings.api_token.get_secret_value() if settings.api_token else ""
        if token:
            return cls("token", token.encode())
        return cls("loopback" if is_loopback(settings.web_host) else "closed")


def is_loopback(host: str) -> bool:
    """`host`: a name or an address; an IPv6 address with or without brackets."""
    bare = host.removeprefix("[").removesuffix("]")
    if bare == "localhost":
        return True
    try:
        return ip_address(bare).is_loopback
    except ValueError:
        return False


class Guard:
    def __init__(self, inner: ASGIApp, *, access: Access) -> None:
        self._inner = inner
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        strange = self._refuse(scope)
        scope.setdefault("state", {})["is_known"] = strange is None
        refusal = _bad_address(scope) or (None if scope["path"] in OPEN else strange)
        if refusal is None and scope["method"] not in SAFE:
            refusal, receive = await self._taken(scope, receive)
        await (refusal or self._inner)(scope, receive, _with_headers(send))

    async def _taken(self, scope: Scope, receive: Receive) -> tuple[Response | None, Receive]:
        """For a request that changes data: the refusal, if any, and the whole body."""
        refused = refuse_change(Headers(scope=scope), with_token=self._access.mode == "token")
        taken = None if refused else await take_body(receive)
        if taken is not None:
            return None, taken
        refused = refused or TOO_LARGE
        return _say(scope["path"], refused.status, refused.error, refused.remedy), receive

    def _refuse(self, scope: Scope) -> Response | None:
        """None: the request may see everything."""
        path: str = scope["path"]
        headers = Headers(scope=scope)
        if self._access.mode == "closed":
            return _say(
                path,
                403,
                "No token is configured, so only /healthz, /readyz and /metrics are served.",
                "Set LASTCALL_API_TOKEN, or listen on loopback (LASTCALL_WEB_HOST=127.0.0.1).",
            )
        if self._access.mode == "loopback":
            return None if is_loopback(_host_name(headers.get("host", ""))) else _say(
                path,
                421,
                "Without a token lastcall serves localhost only.",
                "Open http://127.0.0.1 on the machine itself, or set LASTCALL_API_TOKEN.",
            )  # fmt: skip
        if hmac.compare_digest(_token(headers.get("authorization", "")), self._access.token):
            return None
        scheme = "Bearer" if path.startswith("/api/") else 'Basic realm="lastcall", charset="UTF-8"'
        return _say(
            path,
            401,
            "The token is missing or wrong.",
            "Send `Authorization: Bearer <LASTCALL_API_TOKEN>`; in a browser, give the token as the password.",
            {"www-authenticate": scheme},
        )


def _bad_address(scope: Scope) -> Response | None:
    path: str = scope["path"]
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_URL:
        return _say(path, 414, "The address is too long.", "Use fewer or shorter parameters.")
    if CONTROL.search(path.encode(errors="replace") + unquote_to_bytes(scope["query_string"])):
        error = "The address has control characters in it."
        return _say(path, 422, error, "Leave out %00 to %1F and %7F.")
    return None


def _token(authorization: str) -> bytes:
    """From `Bearer <token>`, or from the password of `Basic`, which browsers can send."""
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except ValueError:
            return b""
    return b""


def _host_name(host: str) -> str:
    """Without the port: `[::1]:8080` -> `[::1]`."""
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _say(path: str, status: int, error: str, remedy: str, headers: dict[str, str] | None = None) -> Response:
    if path.startswith("/api/"):
        return JSONResponse({"error": error, "remedy": remedy}, status, headers)
    return PlainTextResponse(f"{error}\n{remedy}\n", status, headers)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending
