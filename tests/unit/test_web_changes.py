"""What a request must be that changes something: none of it asks the database, and none of it gets that far."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from service.adapters.postgres.database import open_database
from service.entrypoints.web.changing import MAX_BODY
from tests.web_client import web_client

NO_DATABASE = open_database("postgresql://nobody@127.0.0.1:1/none")
ANYWHERE = "0.0.0.0"  # noqa: S104  never bound
PATH = "/api/v1/exposures/checklist"
BODY = {"service": "search-api", "tick": ["prompts"], "author": "ada@example.com"}
BEARER = {"authorization": "Bearer s3cret"}
BASIC = {"authorization": "Basic " + base64.b64encode(b"anybody:s3cret").decode()}
JSON = {"content-type": "application/json"}
REACHED = 503
"""The database does not answer: the guard has let it through."""


@pytest.mark.parametrize(
    ("host", "token", "headers", "status"),
    [
        pytest.param("127.0.0.1", None, {}, REACHED, id="a program on the machine itself"),
        pytest.param(ANYWHERE, None, {}, 403, id="no token configured, not on loopback"),
        pytest.param(ANYWHERE, None, BEARER, 403, id="no token configured: none is right"),
        pytest.param(ANYWHERE, "s3cret", {}, 401, id="no token given"),
        pytest.param(ANYWHERE, "s3cret", BEARER, REACHED, id="the bearer token"),
        pytest.param(ANYWHERE, "s3cret", BASIC, 403, id="a password, which a browser sends for any page"),
        pytest.param("127.0.0.1", "s3cret", BASIC, 403, id="a password on loopback"),
        pytest.param("127.0.0.1", None, {"host": "evil.example"}, 421, id="loopback by a foreign name: rebinding"),
    ],
)
async def test_only_who_may_act_acts(host: str, token: str | None, headers: dict[str, str], status: int) -> None:
    async with web_client(NO_DATABASE, host=host, token=token) as client:
        response = await client.post(PATH, json=BODY, headers=headers)

    assert response.status_code == status
    assert response.json()["remedy"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"origin": "https://evil.example"}, 403, id="another origin"),
        pytest.param({"origin": "http://127.0.0.1:9999"}, 403, id="another port of this machine"),
        pytest.param({"origin": "null"}, 403, id="a sandboxed frame"),
        pytest.param({"origin": "http://["}, 403, id="a broken origin"),
        pytest.param({"sec-fetch-site": "cross-site"}, 403, id="another site"),
        pytest.param({"sec-fetch-site": "same-site"}, 403, id="another host of the site"),
        pytest.param({"content-type": "text/plain"}, 415, id="a form that looks like JSON"),
        pytest.param({"content-type": "application/x-www-form-urlencoded"}, 415, id="a form"),
        pytest.param({"content-type": "application/json; charset=utf-8"}, REACHED, id="JSON with its charset"),
        pytest.param(
            {"origin": "http://127.0.0.1:8080", "sec-fetch-site": "same-origin"}, REACHED, id="our own origin"
        ),
    ],
)
@pytest.mark.parametrize("token", [None, "s3cret"])
async def test_a_page_in_a_browser_cannot_act(headers: dict[str, str], status: int, token: str | None) -> None:
    sent = JSON | (BEARER if token else {}) | headers
    async with web_client(NO_DATABASE, token=token) as client:
        response = await client.post(PATH, json=BODY, headers=sent)

    assert response.status_code == status


async def test_no_other_origin_is_allowed_to_ask_whether_it_may() -> None:
    asked = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    async with web_client(NO_DATABASE) as client:
        response = await client.options(PATH, headers=asked)

    assert response.status_code == 405
    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_a_body_is_bounded_whether_or_not_it_says_its_length() -> None:
    body = b'{"service": "' + b"x" * MAX_BODY + b'"}'

    async def in_parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]

    async with web_client(NO_DATABASE) as client:
        at_once = await client.post(PATH, content=body, headers=JSON)
        chunked = await client.post(PATH, content=in_parts(), headers=JSON)
        lying = await client.post(PATH, content=body, headers=JSON | {"content-length": "9" * 5000})

    assert [each.status_code for each in (at_once, chunked, lying)] == [413, 413, 413]
    assert at_once.json()["remedy"] == "Send at most 16,384 bytes."


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param({"author": " "}, "author: an act needs an author", id="nobody"),
        pytest.param({"author": "a\nb"}, "author: an author is one line", id="two lines"),
        pytest.param({"author": "xoxb-1234567890-abc"}, "author: an author is a name", id="a credential"),
        pytest.param({"service": "a\x00b"}, "service: contains control characters", id="NUL"),
        pytest.param({"service": "\ud800"}, "service: Input should be a valid string", id="half a character"),
        pytest.param({"tick": ["tea"]}, "tick.0: Input should be 'model', 'prompts'", id="no such item"),
        pytest.param({"tick": []}, "name items in tick or untick", id="nothing asked"),
        pytest.param({"untick": ["prompts"]}, "prompts cannot be done and undone", id="both ways"),
        pytest.param(
            {"sevrice": "x"},
            "sevrice: there is no such field here; did you mean service? Known: service, model",
            id="misspelled",
        ),
    ],
)
async def test_a_wrong_act_is_told_what_is_wrong(wrong: dict[str, Any], said: str) -> None:
    async with web_client(NO_DATABASE) as client:
        response = await client.post(PATH, content=json.dumps(BODY | wrong), headers=JSON)

    assert response.status_code == 422
    assert said in response.json()["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 9000])
async def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    async with web_client(NO_DATABASE) as client:
        response = await client.post(PATH, content=body, headers=JSON)

    assert response.status_code in {400, 422}
    assert response.json()["remedy"]


async def test_reading_needs_no_bearer_and_no_origin() -> None:
    async with web_client(NO_DATABASE, token="s3cret", headers=BASIC | {"origin": "https://evil.example"}) as client:
        response: httpx.Response = await client.get(PATH, params={"service": "search-api"})

    assert response.status_code == REACHED


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(1_751_932_800, id="seconds"),
        pytest.param("1751932800", id="seconds as text"),
        pytest.param(1_751_932_800.0, id="a float"),
        pytest.param(True, id="a truth"),
        pytest.param("20250714", id="no hyphens"),
        pytest.param("2025-07-14T00:00:00", id="a time"),
        pytest.param("2025-02-30", id="no day of the calendar"),
        pytest.param(["2025-07-14"], id="a list"),
    ],
)
async def test_day_of_an_act_is_text_by_iso_8601(day: object) -> None:
    named = {"service": "search-api", "author": "ada@example.com"}
    async with web_client(NO_DATABASE) as client:
        for act in ({"act": "commit", "on": day}, {"act": "snooze", "until": day}):
            assert (await client.post("/api/v1/exposures/acts", json=named | act)).status_code == 422
        sound = await client.post("/api/v1/exposures/acts", json=named | {"act": "commit", "on": "2025-07-14"})

    assert sound.status_code == REACHED
