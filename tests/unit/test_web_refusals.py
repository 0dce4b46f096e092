"""What the web refuses, and what it says: none of it asks the database."""

import base64
from datetime import UTC, datetime

import httpx
import pytest

from service.adapters.postgres.database import open_database
from service.core.health import ConsumerHealth
from service.entrypoints.web.guard import is_loopback
from tests.web_client import web_client

NO_DATABASE = open_database("postgresql://nobody@127.0.0.1:1/none")
ANYWHERE = "0.0.0.0"  # noqa: S104  never bound
BEARER = {"authorization": "Bearer s3cret"}
NOT_ASCII = httpx.Headers({"authorization": "Basic \xe9\xe9"}, encoding="latin-1")
BASIC = {"authorization": "Basic " + base64.b64encode(b"anybody:s3cret").decode()}


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        pytest.param("/api/v1/exposures?limit=501", 422, "limit: Input should be less than or equal to 500", id="page"),
        pytest.param(
            "/api/v1/exposures?sate=active",
            422,
            "sate: there is no such field here; did you mean state? Known: ",
            id="misspelled",
        ),
        pytest.param("/api/v1/exposures?state=dead", 422, "state: Input should be 'active'", id="unknown state"),
        pytest.param("/api/v1/exposures?within=99999", 422, "within: Input should be less", id="span"),
        pytest.param("/api/v1/plan?from=2199-01-01", 422, "2199-04-01 is more than five years ahead.", id="far plan"),
        pytest.param("/api/v1/plan?from=2050-01-01&to=2050-01-02", 422, "2050-01-02 is more than", id="far day"),
        pytest.param("/api/v1/plan?from=1751932800", 422, "from: a day is text", id="a number as a day"),
        pytest.param("/api/v1/nothing", 404, "Not Found.", id="no such route"),
        pytest.param("/api/v1/notifications?service=%00", 422, "The address has control characters", id="NUL, service"),
        pytest.param("/api/v1/notifications?destination=a%1fb", 422, "The address has control", id="control character"),
        pytest.param("/api/v1/services/a%00b", 422, "The address has control characters", id="NUL in a name"),
        pytest.param("/api/v1/exposures", 503, "The database does not answer", id="database away"),
        pytest.param("/api/v1/exposures?team=" + "x" * 5000, 414, "The address is too long.", id="too long"),
    ],
)
async def test_a_wrong_request_is_told_what_is_wrong_and_what_to_do(path: str, status: int, said: str) -> None:
    async with web_client(NO_DATABASE) as client:
        response = await client.get(path)

    assert response.status_code == status
    assert response.json()["error"].startswith(said)
    assert response.json()["remedy"]


async def test_a_page_refuses_in_html_and_quotes_nothing_unescaped() -> None:
    async with web_client(NO_DATABASE) as client:
        response = await client.get("/", params={"<script>alert(1)</script>": "1"})

    assert response.status_code == 422
    assert "&lt;script&gt;" in response.text
    assert "<script" not in response.text


async def test_page_that_is_asked_of_nothing_says_how_to_ask() -> None:
    async with web_client(NO_DATABASE) as client:
        response = await client.get("/why")

    assert "<h1>Name a notification or a service: /why?service=search-api</h1>" in response.text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(
            {"act": "ack"}, "act: 'ack' is none of them; did you mean acknowledge? Known: ", id="the short word"
        ),
        pytest.param({"act": "x"}, "act: 'x' is none of them; known: acknowledge, snooze, commit", id="no such act"),
        pytest.param(
            {"act": "snoze"}, "act: 'snoze' is none of them; did you mean snooze? Known: ", id="a misspelled act"
        ),
        pytest.param({}, "act: Field required", id="no act"),
        pytest.param(
            {"act": "snooze", "service": "a", "author": "ada", "until": "2025-07-14", "untill": "x"},
            "snooze.untill: there is no such field here; did you mean until? Known: service, model, environment, "
            "platform, author, act, until",
            id="a field of that act",
        ),
    ],
)
async def test_wrong_act_is_told_which_there_are(body: dict[str, str], said: str) -> None:
    async with web_client(NO_DATABASE) as client:
        response = await client.post("/api/v1/exposures/acts", json=body)

    assert response.status_code == 422
    assert response.json()["error"].startswith(said)


@pytest.mark.parametrize(("path", "status"), [("/", 503), ("/outbox", 503), ("/services/a%00b", 422)])
async def test_a_page_says_what_to_do_too(path: str, status: int) -> None:
    async with web_client(NO_DATABASE) as client:
        response = await client.get(path)

    assert response.status_code == status
    assert "lastcall doctor" in response.text or "Leave out" in response.text


async def test_openapi_describes_every_answer() -> None:
    async with web_client(NO_DATABASE) as client:
        schema = (await client.get("/api/openapi.json")).json()

    answers = {
        f"{method} {path}": operation["responses"]["200"]["content"]["application/json"]["schema"]
        for path, operations in schema["paths"].items()
        if path.startswith("/api/")
        for method, operation in operations.items()
    }
    assert {"get /api/v1/exposures", "post /api/v1/exposures/checklist"} <= answers.keys()
    assert all(answers.values())
    assert schema["components"]["schemas"]["ExposureAnswer"]["properties"]["model"]["examples"]


@pytest.mark.parametrize(
    ("host", "token", "headers", "status"),
    [
        pytest.param("127.0.0.1", None, {}, 200, id="loopback needs no token"),
        pytest.param("127.0.0.1", None, {"host": "evil.example"}, 421, id="loopback by a foreign name: rebinding"),
        pytest.param("127.0.0.1", None, {"host": "[::1]:8080"}, 200, id="loopback by its IPv6 address"),
        pytest.param(ANYWHERE, None, {}, 403, id="no token, not on loopback: closed"),
        pytest.param(ANYWHERE, None, BEARER, 403, id="no token configured: none is right"),
        pytest.param(ANYWHERE, "s3cret", {}, 401, id="no token given"),
        pytest.param(ANYWHERE, "s3cret", {"authorization": "Bearer wrong"}, 401, id="wrong token"),
        pytest.param(ANYWHERE, "s3cret", {"authorization": "Basic !"}, 401, id="broken basic"),
        pytest.param(ANYWHERE, "s3cret", NOT_ASCII, 401, id="basic that is no ASCII"),
        pytest.param(ANYWHERE, "s3cret", {"authorization": "s3cret"}, 401, id="no scheme"),
        pytest.param(ANYWHERE, "s3cret", BEARER, 200, id="right token"),
        pytest.param(ANYWHERE, "s3cret", BASIC, 200, id="right token as a browser gives it"),
        pytest.param("127.0.0.1", "s3cret", {}, 401, id="a token that is set counts on loopback too"),
    ],
)
async def test_only_who_may_look_sees_the_api(
    host: str, token: str | None, headers: dict[str, str] | httpx.Headers, status: int
) -> None:
    async with web_client(NO_DATABASE, host=host, token=token, headers=headers) as client:
        response = await client.get("/api/openapi.json")
        static = await client.get("/static/lastcall.css")

    assert response.status_code == status
    assert static.status_code == status
    assert "s3cret" not in response.text


async def test_health_and_metrics_are_open_where_all_else_is_closed() -> None:
    async with web_client(NO_DATABASE, host=ANYWHERE) as client:
        assert (await client.get("/healthz")).json() == {"status": "alive"}
        assert (await client.get("/metrics")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/")).status_code == 403
        assert (await client.get("/outbox")).status_code == 403


async def test_a_browser_is_asked_for_the_token_and_a_program_for_a_bearer() -> None:
    async with web_client(NO_DATABASE, token="s3cret") as client:
        page, program = await client.get("/"), await client.get("/api/v1/exposures")

    assert page.headers["www-authenticate"] == 'Basic realm="lastcall", charset="UTF-8"'
    assert program.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/static/lastcall.css", "/api/openapi.json"])
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    async with web_client(NO_DATABASE) as client:
        headers = (await client.get(path)).headers

    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_a_database_that_is_away_is_said_and_metrics_go_on() -> None:
    async with web_client(NO_DATABASE) as client:
        ready, metrics = await client.get("/readyz"), await client.get("/metrics")

    assert ready.status_code == 503
    assert ready.json()["status"] == "not ready"
    assert ready.json()["problems"][0]["what"].startswith("the database does not answer")
    assert "127.0.0.1" not in ready.text
    assert "lastcall_records_total" in metrics.text


async def test_metrics_say_when_the_consume_loop_last_asked_kafka() -> None:
    polled = ConsumerHealth(running=True, last_poll_at=datetime(2025, 7, 2, 12, tzinfo=UTC))
    async with web_client(NO_DATABASE, consumer=lambda: polled) as client:
        metrics = (await client.get("/metrics")).text

    assert "lastcall_consumer_last_poll_timestamp_seconds 1.7514576e+09" in metrics


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_loopback_is_open_to_this_machine_alone(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", [ANYWHERE, "10.0.0.1", "localhost.evil.example", ""])
def test_any_other_address_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)
