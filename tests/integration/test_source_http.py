"""A source may answer anything: what is retried, what is bounded, and what is not followed."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from yarl import URL

from service.adapters.directory.http import open_http
from service.adapters.sources.document import DocumentSource, Kind
from service.adapters.sources.http import ATTEMPTS, MAX_BYTES, Http
from service.adapters.sources.listing import with_headers
from service.adapters.sources.model_lists import OPENAI
from service.adapters.sources.source import Failed, Read, Unchanged
from service.core.catalog.finding import Finding
from tests.source_server import (
    NOW,
    Handler,
    SourceServer,
    answer,
    by_id,
    conditional,
    cut,
    failure,
    gzip_of,
    reading,
    redirect,
    slow,
)

MODELS = {"object": "list", "data": [{"id": "gpt-4o", "object": "model", "shutdown_date": "2027-01-14"}]}
FEED = Kind("feed", "reported", "https://feed.example", lambda body: (Finding("openai-api", body.decode()),))
PAGE = replace(FEED, standing="provider")


@pytest.fixture
async def server() -> AsyncIterator[SourceServer]:
    async with open_http(timeout_seconds=2) as session, SourceServer() as running:
        yield running.use(Http(session))


def feed(server: SourceServer, kind: Kind = FEED) -> DocumentSource:
    return DocumentSource(server.http, kind, server.url)


async def test_document_is_unchanged_while_the_server_says_so(server: SourceServer) -> None:
    server.handler = conditional(b"gpt-4o", etag='"1"')
    first = await feed(server).read(None, NOW)
    assert isinstance(first, Read)
    assert isinstance(await feed(server).read(first.version, NOW), Unchanged)
    assert server.asked[1].headers["If-Modified-Since"] == "Tue, 01 Dec 2026 00:00:00 GMT"


async def test_document_with_another_etag_is_read_again(server: SourceServer) -> None:
    server.handler = conditional(b"gpt-4o", etag='"1"')
    first = await feed(server).read(None, NOW)
    assert isinstance(first, Read)
    server.handler = conditional(b"gpt-5", etag='"2"')
    assert [one.id for one in (await reading(feed(server), first.version)).findings] == ["gpt-5"]


async def test_same_bytes_are_unchanged_without_an_etag(server: SourceServer) -> None:
    server.handler = answer(MODELS)
    first = await server.model_list(OPENAI).read(None, NOW)
    assert isinstance(first, Read)
    assert isinstance(await server.model_list(OPENAI).read(first.version, NOW), Unchanged)


async def test_another_release_reads_the_same_bytes_again(server: SourceServer) -> None:
    server.handler = conditional(b"gpt-4o", etag='"1"')
    first = await feed(server).read(None, NOW)
    assert isinstance(first, Read)
    before = type(first.version)(first.version.digest, "0.0.1", first.version.etag)
    assert isinstance(await feed(server).read(before, NOW), Read)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(answer(b"busy", status=429, headers={"Retry-After": "0"}), id="too many requests"),
        pytest.param(answer(b"oops", status=500, headers={"Retry-After": "0"}), id="server error"),
        pytest.param(cut, id="half an answer"),
    ],
)
async def test_fault_that_passes_is_retried(server: SourceServer, fault: Handler) -> None:
    server.scripted.append(fault)
    server.handler = answer(MODELS)
    assert list(by_id(await reading(server.model_list(OPENAI)))) == ["gpt-4o"]


async def test_retry_waits_as_long_as_the_server_asks(server: SourceServer) -> None:
    server.scripted.append(answer(b"busy", status=429, headers={"Retry-After": "1"}))
    server.handler = answer(MODELS)
    begun = time.monotonic()
    await reading(server.model_list(OPENAI))
    assert time.monotonic() - begun >= 1


async def test_retry_after_a_date_counts_from_the_servers_own_clock(server: SourceServer) -> None:
    headers = {"Retry-After": "Tue, 01 Dec 2026 06:00:01 GMT", "Date": "Tue, 01 Dec 2026 06:00:00 GMT"}
    server.scripted.append(answer(b"busy", status=503, headers=headers))
    server.handler = answer(MODELS)
    begun = time.monotonic()
    await reading(server.model_list(OPENAI))
    assert time.monotonic() - begun >= 1


@pytest.mark.parametrize(
    ("fault", "reason", "requests", "is_refusal"),
    [
        pytest.param(answer(b"", status=500, headers={"Retry-After": "0"}), "http_500", ATTEMPTS, False, id="500"),
        pytest.param(answer(b"", status=429, headers={"Retry-After": "3600"}), "http_429", 1, False, id="long pause"),
        pytest.param(answer(b"", status=401), "http_401", 1, True, id="wrong key"),
        pytest.param(answer(b"", status=404), "http_404", 1, True, id="not there"),
        pytest.param(answer(b"", status=304), "http_304", 1, True, id="unchanged, which nobody asked"),
        pytest.param(answer(b'{"data": ['), "unreadable_answer", 1, False, id="garbage"),
        pytest.param(answer(b"\xff\xfe"), "unreadable_answer", 1, False, id="no text"),
        pytest.param(answer(b"[" * 100_000), "unreadable_answer", 1, False, id="nests without end"),
        pytest.param(answer({"error": {"message": "no"}}), "unreadable_answer", 1, False, id="another object"),
        pytest.param(
            answer({"data": [*MODELS["data"], {"id": "o3", "shutdown_date": "soon"}]}),
            "unreadable_answer",
            1,
            False,
            id="a day that is none",
        ),
        pytest.param(
            answer(b"<html>Sign in</html>", content_type="text/html"), "answer_is_html", 1, True, id="login page"
        ),
        pytest.param(answer(b" " * (MAX_BYTES + 1)), "answer_too_large", 1, True, id="too large"),
        pytest.param(gzip_of(MAX_BYTES * 4), "answer_too_large", 1, True, id="gzip bomb"),
    ],
)
async def test_failure_has_a_reason(
    server: SourceServer, fault: Handler, reason: str, requests: int, is_refusal: bool
) -> None:
    server.handler = fault
    failed = await failure(server.model_list(OPENAI))
    assert (failed.reason, failed.is_refusal, len(server.asked)) == (reason, is_refusal, requests)


async def test_refused_key_is_named(server: SourceServer) -> None:
    server.handler = answer(b"", status=401)
    assert "LASTCALL_OPENAI_API_KEY" in (await failure(server.model_list(OPENAI))).remedy


async def test_broken_compression_is_no_answer(server: SourceServer) -> None:
    server.handler = answer(b"\x1f\x8bnot gzip", headers={"Content-Encoding": "gzip"})
    assert (await failure(server.model_list(OPENAI))).reason == "connection_broke"


async def test_answer_that_does_not_come_is_given_up(server: SourceServer) -> None:
    server.handler = slow(server)
    assert (await failure(server.model_list(OPENAI))).reason == "timeout"


async def test_server_that_is_down_is_no_connection(server: SourceServer) -> None:
    source = DocumentSource(server.http, FEED, URL("http://127.0.0.1:9/"))
    assert (await failure(source)).reason == "no_connection"


async def test_address_that_is_none_is_refused(server: SourceServer) -> None:
    assert (await failure(DocumentSource(server.http, FEED, URL("http:///nowhere")))).reason == "no_url"


async def test_key_that_cannot_be_sent_is_refused(server: SourceServer) -> None:
    broken = server.model_list(OPENAI, with_headers({"Authorization": "Bearer a\nb"}))
    failed = await failure(broken)
    assert (failed.reason, failed.remedy, server.asked) == ("invalid_request", OPENAI.credential, [])


async def test_proxy_of_the_environment_is_used(server: SourceServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", str(server.url.origin()))
    monkeypatch.setenv("no_proxy", "")
    server.handler = answer(b"gpt-4o")
    await reading(DocumentSource(server.http, FEED, URL("http://feed.example/feed.json")))
    assert [one.headers["Host"] for one in server.asked] == ["feed.example"]


async def test_key_does_not_follow_a_redirect(server: SourceServer) -> None:
    async with SourceServer(answer(MODELS)) as elsewhere:
        server.handler = redirect(elsewhere.url)
        assert (await failure(server.model_list(OPENAI))).reason == "redirected"
        assert elsewhere.asked == []


async def test_providers_page_is_not_read_from_another_host(server: SourceServer) -> None:
    async with SourceServer(answer(b"gpt-4o")) as elsewhere:
        server.handler = redirect(elsewhere.url)
        assert (await failure(feed(server, PAGE))).reason == "redirected"
        assert elsewhere.asked == []


async def test_feed_may_move(server: SourceServer) -> None:
    async with SourceServer(answer(b"gpt-4o")) as elsewhere:
        server.handler = redirect(elsewhere.url)
        assert [one.id for one in (await reading(feed(server))).findings] == ["gpt-4o"]


async def test_feed_that_redirects_in_a_circle_is_given_up(server: SourceServer) -> None:
    server.handler = redirect(server.url)
    assert (await failure(feed(server))).reason == "too_many_redirects"


async def test_next_page_at_another_host_is_not_asked(server: SourceServer) -> None:
    async with SourceServer(answer(MODELS)) as elsewhere:
        following = replace(
            OPENAI, read=lambda body, now: replace(OPENAI.read(body, now), following=f"{elsewhere.url}")
        )
        server.handler = answer(MODELS)
        assert (await failure(server.model_list(following))).reason == "next_page_elsewhere"
        assert elsewhere.asked == []


async def test_pages_without_end_are_given_up(server: SourceServer) -> None:
    endless = replace(OPENAI, read=lambda body, now: replace(OPENAI.read(body, now), following="?page=again"))
    server.handler = answer(MODELS)
    assert (await failure(server.model_list(endless))).reason == "too_many_pages"


async def test_second_page_that_fails_fails_the_reading(server: SourceServer) -> None:
    first = replace(OPENAI, read=lambda body, now: replace(OPENAI.read(body, now), following="?page=2"))
    server.scripted.append(answer(MODELS))
    server.handler = answer(b"", status=403)
    assert await server.model_list(first).read(None, NOW) == Failed("http_403", OPENAI.credential, is_refusal=True)
