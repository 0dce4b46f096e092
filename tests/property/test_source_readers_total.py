"""Readers of sources take any bytes: they give findings, or raise what their callers expect."""

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.catalog.files import load_catalog
from service.adapters.sources import azure, bedrock, model_lists
from service.adapters.sources.document import UNREADABLE, AlteredBundleError
from service.adapters.sources.feeds import deprecations_info, litellm, models_dev
from service.adapters.sources.files import own_file
from service.adapters.sources.model_eol import feed_kind, feed_url
from service.adapters.sources.pages import ANTHROPIC_PAGE, OPENAI_PAGE
from service.core.identity import Resolver
from tests.source_server import NOW

LISTS = {
    model_lists.read_openai: {"data": [{"id": "o3", "shutdown_date": "2026-12-11"}]},
    model_lists.read_anthropic: {
        "data": [{"id": "c", "lifecycle": "deprecated", "created_at": "2025-01-01", "retires_at": "2026-12-11"}],
        "has_more": True,
        "last_id": "c",
    },
    model_lists.read_mistral: {
        "data": [{"id": "m", "type": "base", "aliases": ["l"], "deprecation": "2026-12-11T00:00:00Z"}]
    },
    model_lists.read_gemini: {"models": [{"name": "models/g"}], "nextPageToken": "2"},
    model_lists.read_cohere: {"models": [{"name": "c", "is_deprecated": True}], "next_page_token": "2"},
    bedrock.read_models: {
        "modelSummaries": [
            {
                "modelId": "b",
                "modelLifecycle": {"status": "LEGACY", "legacyTime": "2026-01-01", "endOfLifeTime": "2026-12-11"},
            }
        ]
    },
    azure.read_models: {
        "value": [
            {
                "name": "gpt-4o",
                "version": "2024-08-06",
                "format": "OpenAI",
                "deprecation": {"inference": "2026-12-11T00:00:00Z", "deprecationStatus": "Planned"},
                "replacementConfig": {"targetModelName": "gpt-5"},
            }
        ],
        "nextLink": "?skip=2",
    },
}
EOL = {"spec": "model-eol/0.1", "publisher": "openai", "models": [{"id": "o3", "distributions": [{"via": "azure"}]}]}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates().map(str) | st.just("0001-01-01"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@cache
def resolver() -> Resolver:
    return load_catalog().resolver


@cache
def documents() -> list[tuple[Callable[[bytes], object], Any]]:
    known = resolver()
    tracked = {"provider": "OpenAI", "model_id": "o3", "shutdown_date": "2026-12-11", "deprecation_date": "2026-06-11"}
    return [
        (litellm(known).read, {"o3": {"litellm_provider": "openai", "deprecation_date": "2026-12-11"}}),
        (deprecations_info(known).read, [tracked]),
        (models_dev(known).read, {"groq": {"models": {"llama3-8b-8192": {"status": "deprecated"}}}}),
        (feed_kind(feed_url("https://feed.example"), known).read, EOL),
        (own_file("own", "own").read, {"bundle": "lastcall-catalog/1", "made": "2026-12-01", "platforms": {}}),
    ]


def replaced(data: st.DataObject, value: Any) -> Any:
    """`value` with one part replaced by anything."""
    value = copy.deepcopy(value)
    place = value
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(ANYTHING)
            break
        place = place[key]
    return value


@pytest.mark.parametrize("read", LISTS, ids=lambda read: f"{read.__module__.rpartition('.')[2]}.{read.__name__}")
@given(data=st.data())
def test_list_with_anything_in_it_is_read_or_refused(read: Any, data: st.DataObject) -> None:
    refused = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError)
    with suppress(*refused):
        read(json.dumps(replaced(data, LISTS[read])).encode(), NOW)


@given(data=st.data())
def test_document_with_anything_in_it_is_read_or_refused(data: st.DataObject) -> None:
    read, content = data.draw(st.sampled_from(documents()))
    with suppress(*UNREADABLE, AlteredBundleError):
        read(json.dumps(replaced(data, content)).encode())


TABLE = st.lists(
    st.sampled_from(["| Shutdown date | Model | Replacement |", "| 2026-12-11 | `o3` | `o4` |", "### 2026-06-11: x"])
    | st.text("|`-# ,0123456789abJan\n"),
    max_size=8,
).map("\n".join)
CSV = st.lists(st.sampled_from(["platform,id,source", "groq,a,https://x", 'groq,"a']) | st.text(), max_size=5).map(
    "\n".join
)


@given(body=st.binary() | TABLE.map(str.encode) | CSV.map(lambda text: text.encode(errors="replace")))
def test_text_is_read_or_refused(body: bytes) -> None:
    for kind in (OPENAI_PAGE, ANTHROPIC_PAGE, own_file("own", "own")):
        with suppress(*UNREADABLE, AlteredBundleError):
            kind.read(body)
