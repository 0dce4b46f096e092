"""What a request that changes something must be, beyond one that reads: the guard asks it of every such request.

A browser sends the password that it remembers, and reaches loopback, for any page that it shows. So a change wants the
bearer token where there is one, which no browser adds by itself; a body of JSON, which a foreign page cannot send
without being asked for it first, which nothing here answers; and no sign that another site is the sender.
"""

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Message, Receive

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY = 16_384
"""Bytes. An act is a few names, a day and a reason."""
OWN_SITE = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class Refused:
    status: int
    error: str
    remedy: str


TOO_LARGE = Refused(413, "The body is too large.", f"Send at most {MAX_BODY:,} bytes.")


def refuse_change(headers: Headers, *, with_token: bool) -> Refused | None:
    """`with_token`: this install has one, and the request knows it. None: the request may change something."""
    if with_token and not headers.get("authorization", "").lower().startswith("bearer "):
        return Refused(
            403, "A change wants the bearer token.", "Send `Authorization: Bearer <LASTCALL_API_TOKEN>`, no password."
        )
    if _is_foreign(headers):
        return Refused(
            403, "Another site has sent this.", "Use the command, or the API from a program; no page may act for you."
        )
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Refused(415, "The body is not JSON.", "Send it with `Content-Type: application/json`.")
    if (length := headers.get("content-length", "0")).isdecimal() and int(length[:20]) > MAX_BODY:
        return TOO_LARGE
    return None


def _is_foreign(headers: Headers) -> bool:
    if headers.get("sec-fetch-site", "none").lower() not in OWN_SITE:
        return True
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower()


async def take_body(receive: Receive) -> Receive | None:
    """The request's `receive` with all of the body read. None: it is larger than `MAX_BODY`."""
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
