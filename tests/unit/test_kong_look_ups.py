"""Kong's look-ups by meaning, plugins beside the proxy, and Lua's empty tables."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from service.core.usage import UsageEvent
from service.formats.decoder import decode
from service.formats.recognition import recognise
from tests.builders import make_record
from tests.calls import events_of

META = {"provider_name": "openai", "request_model": "gpt-4o", "response_model": "gpt-4o", "request_mode": "oneshot"}
USAGE = {"prompt_tokens": 120, "completion_tokens": 30, "prompt_tokens_details": {"cached_tokens": 8}}
LOOK_UP = {
    "cache_status": "Miss",
    "embeddings_provider": "mistral",
    "embeddings_model": "mistral-embed",
    "embeddings_latency": 12,
    "embeddings_tokens": 9,
}
JUDGE = {"meta": META | {"request_model": "gpt-4"}, "usage": USAGE}
LOG: dict[str, Any] = {
    "request": {"id": "6ab9", "uri": "/chat", "headers": {"x-consumer-username": "from-header"}},
    "upstream_uri": "/v1/chat/completions",
    "upstream_status": "200",
    "response": {"status": 200, "headers": {"x-cache-status": "Miss"}},
    "latencies": {"kong": 4},
    "consumer": {"username": "billing-api", "tags": ["team:payments"]},
    "started_at": 1795071731216,
}


def kong_events(ai: Any, **given: Any) -> tuple[UsageEvent, ...]:
    decoded = decode(make_record(LOG | {"ai": ai} | given))
    assert not decoded.rejections
    return events_of(decoded)


def words(events: tuple[UsageEvent, ...]) -> list[tuple[str | None, str | None]]:
    return [(event.operation, event.requested_id) for event in events]


CHAT, EMBEDDED = ("chat", "gpt-4o"), ("embeddings", "mistral-embed")


@pytest.mark.parametrize(
    ("plugin", "given", "expected"),
    [
        pytest.param({"cache": LOOK_UP}, {}, [EMBEDDED, CHAT], id="a miss: a look-up and a call"),
        pytest.param({"cache": LOOK_UP | {"cache_status": "Hit"}}, {}, [EMBEDDED], id="a hit: the look-up alone"),
        pytest.param(
            {"cache": LOOK_UP},
            {"response": {"status": 200, "headers": {"x-cache-status": "Hit"}}},
            [EMBEDDED],
            id="a hit by the header",
        ),
        pytest.param({"cache": {"cache_status": "Miss"}}, {}, [CHAT], id="a cache that compares text"),
        pytest.param({"cache": {"cache_status": "Hit"}}, {}, [], id="a hit of such a cache"),
        pytest.param({"rag-inject": LOOK_UP}, {}, [EMBEDDED, CHAT], id="text looked up to be put into the prompt"),
        pytest.param({"cache": LOOK_UP, "rag-inject": LOOK_UP}, {}, [EMBEDDED, EMBEDDED, CHAT], id="both"),
        pytest.param(
            {"cache": LOOK_UP | {"embeddings_model": "UNSPECIFIED"}}, {}, [("embeddings", None), CHAT], id="?"
        ),
    ],
)
def test_look_up_by_meaning_is_a_call_of_an_embeddings_model(
    plugin: dict[str, Any], given: dict[str, Any], expected: list[Any]
) -> None:
    assert words(kong_events({"proxy": {"meta": META, "usage": USAGE} | plugin}, **given)) == expected


def test_every_field_of_a_look_up() -> None:
    (event, _) = kong_events(
        {"proxy": {"meta": META, "cache": LOOK_UP}}, upstream_status="404", response={"status": 404}
    )
    assert (event.reporter, event.provider, event.service, event.key_owner) == (
        "kong",
        "mistral",
        "billing-api",
        "payments",
    )
    assert (event.input_tokens, event.output_tokens, event.latency_ms, event.request_id) == (9, None, 12.0, "6ab9")
    assert (event.status, event.failed, event.streaming) == (None, False, None)


def test_look_up_of_a_guard_is_reported_under_its_own_name() -> None:
    (event,) = kong_events({"ai-semantic-prompt-guard": LOOK_UP})
    assert (event.reporter, event.operation) == ("ai-semantic-prompt-guard", "embeddings")


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        ("Miss", ["ai-request-transformer", "kong", "ai-llm-as-judge", "ai-response-transformer"]),
        ("Hit", ["ai-request-transformer", "ai-response-transformer"]),
    ],
)
def test_each_plugin_with_statistics_made_a_call(cache: str, expected: list[str]) -> None:
    proxy = {"meta": META, "usage": USAGE, "cache": {"cache_status": cache}, "ai-llm-as-judge": JUDGE}
    transformer = {"meta": META | {"request_model": "gpt-4o-mini"}, "usage": USAGE}
    ai = {"ai-request-transformer": transformer, "proxy": proxy, "ai-response-transformer": transformer}
    assert [event.reporter for event in kong_events(ai)] == expected


FULL = LOG | {
    "ai": {
        "proxy": {
            "meta": META,
            "usage": USAGE,
            "cache": LOOK_UP,
            "rag-inject": LOOK_UP,
            "payload": {"request": "secret prompt", "response": "secret answer"},
            "tried_targets": [{"provider": "openai", "model": "gpt-4o", "host": "api.openai.com"}],
            "ai-llm-as-judge": JUDGE,
        },
        "ai-request-transformer": {"meta": META, "usage": USAGE},
    }
}


def tables(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, part in tree.items():
        if isinstance(part, dict | list):
            yield (*path, key)
            if isinstance(part, dict):
                yield from tables(part, (*path, key))


def with_empty(path: tuple[str, ...], empty: Any) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(FULL))
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = empty
    return changed


@pytest.mark.parametrize("empty", [[], {}], ids=["list", "object"])
@pytest.mark.parametrize("path", list(tables(FULL)), ids=".".join)
def test_empty_table_of_lua_is_read_at_once_and_costs_only_what_it_would_hold(
    path: tuple[str, ...], empty: Any
) -> None:
    record = with_empty(path, empty)
    form = recognise(record.keys())
    assert form is not None
    msgspec.json.decode(json.dumps(record), type=form.guarded)
    decoded = decode(make_record(record))
    assert decoded.rejections == ()
    assert bool(decoded.calls) is (path != ("ai",))
