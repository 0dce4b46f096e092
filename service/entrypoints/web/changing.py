"""Checks of requests that change data, in addition to the checks of all requests.

A browser sends a remembered password with requests of any page, and any page can reach loopback. A change therefore
needs the bearer token, if there is one: no browser adds it by itself. It needs a JSON body: a foreign page cannot send
one without a preflight request, which lastcall does not answer. And it must not come from another site.
"""

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Message, Receive

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY = 16_384
"""Bytes. An act consists of a few names, a day and a reason."""
OWN_SITE = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class RefusedRequest:
    status: int
    error: str
    remedy: str


TOO_LARGE = RefusedRequest(413, "The body is too large.", f"Send at most {MAX_BODY:,} bytes.")


def refuse_change(headers: Headers, *, with_token: bool) -> RefusedRequest | None:
    """`with_token`: a token is configured, and the request has it. None: the request may change data."""
    if with_token and not headers.get("authorization", "").lower().startswith("bearer "):
        return RefusedRequest(
            403, "A change needs the bearer token.", "Send `Authorization: Bearer <LASTCALL_API_TOKEN>`, no password."
        )
    if _is_foreign(headers):
        return RefusedRequest(
            403, "Another site has sent this.", "Use the command, or the API from a program; no page may act for you."
        )
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return RefusedRequest(415, "The body is not JSON.", "Send it with `Content-Type: application/json`.")
    if (length := headers.get("content-length", "0")).isdecimal() and int(length[:20]) > MAX_BODY:
        return TOO_LARGE
    return None


def _is_foreign(headers: Headers) -> bool:
    if headers.get("sec-fetch-site", "none").lower() not in OWN_SITE:
        return True
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower()


async def take_body(receive: Receive) -> Receive | None:
    """Reads the whole body. None: it is larger than `MAX_BODY`."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return _first(message, receive)
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        more = message.get("more_body", False)
    return _first({"type": "http.request", "body": bytes(body), "more_body": False}, receive)


def _first(message: Message, then: Receive) -> Receive:
    waiting = [message]

    async def receive() -> Message:
        return waiting.pop() if waiting else await then()

    return receive
