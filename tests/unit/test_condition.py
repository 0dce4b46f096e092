"""Conditions: every kind is stored as JSON, read again, and worded."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from service.core.batch import CommonestRejection
from service.core.catalog.suspicion import Suspicion
from service.core.condition import (
    Condition,
    DeliveryBroke,
    DirectoryDown,
    DirectoryUnread,
    InWords,
    SlackAuth,
    SlackDestination,
    SlackTokenMissing,
    SlackUnreachable,
    Undecidable,
    Unreadable,
    UnreadFiles,
    UnreadLines,
    read_condition,
)
from service.core.condition_catalog import CatalogHeld, CatalogStale
from service.core.condition_ingest import (
    ConsumerBehind,
    DeadLettersWait,
    FetchFailing,
    Gap,
    NameFlood,
    Offsets,
    RejectionFlood,
    TopicMissing,
    TopicRecreated,
    ValuesRefused,
)
from service.core.directory.backstage import SkippedFiles
from service.core.directory.codeowners import UnreadLine
from service.core.name_flood_news import Flood

AT = datetime(2025, 6, 2, 12, tzinfo=UTC)
BAD = UnreadLine(3, "not_an_owner", "acme/x")
EMPTY = Suspicion(reason="is_empty", number=20, of=20, example="openai-api gpt-4")
KNOWN: list[tuple[Condition, str]] = [
    (CatalogHeld(source="openai", proposal="3f2a9c01", suspicions=(EMPTY,)), "openai"),
    (CatalogStale(source="litellm", read_at=AT, error="timeout", advice="Check the network."), "litellm"),
    (CatalogStale(source="litellm", read_at=None, error="no_credential", advice="Set a key."), "litellm"),
    (TopicRecreated(topic="calls"), "calls"),
    (TopicMissing(topic="calls", error="TopicAuthorizationFailedError"), "calls"),
    (TopicMissing(topic="dead", error=None, is_dead_letter_topic=True, creation_error="PolicyViolationError"), "dead"),
    (ConsumerBehind(topic="calls", unread_since=AT), "calls"),
    (Gap(topic="calls", partition=2, first=5, last=8), "calls/2"),
    (
        ValuesRefused(
            offsets=(Offsets(source="file", topic="calls", partition=0, first=0, last=4),), calls=2, errors=("A", "B")
        ),
        "file calls/0 0 to 4",
    ),
    (NameFlood(flood=Flood("search-api", "model", 9, 9, 90, ("x-1", "x-2"))), "search-api"),
    (RejectionFlood(limit=0.5, commonest=CommonestRejection("bad_json", "", "calls", 0, 7)), "ingest"),
    (RejectionFlood(limit=0.5, commonest=None), "ingest"),
    (DeadLettersWait(topic="dead", error=None), "ingest"),
    (FetchFailing(error="KafkaError: none"), "ingest"),
    (
        Undecidable(service="s", environment="", platform="openai-api", model="m", error="KeyError"),
        "s / openai-api / m",
    ),
    (DeliveryBroke(destination="#a", error="KeyError"), "#a"),
    (SlackDestination(destination="#a", error="is_archived", instead="#b", advice="Unarchive it."), "#a"),
    (SlackDestination(destination="#a", error="timeout", instead=None, advice=None), "#a"),
    (SlackAuth(error="invalid_auth", advice="Set the token."), "slack"),
    (SlackUnreachable(error="no_connection"), "slack"),
    (SlackTokenMissing(), "slack"),
    (DirectoryDown(directory="backstage", error="http_500", as_of=AT, advice="lastcall retries."), "backstage"),
    (DirectoryUnread(directory="backstage", unread=UnreadFiles(files=SkippedFiles(2, "a.yaml"))), "backstage"),
    (DirectoryUnread(directory="codeowners", unread=UnreadLines(number=7, first=(BAD,))), "codeowners"),
    (Unreadable(stored_kind="of_tomorrow", subject="x"), "x"),
]
DOCUMENT = Path(__file__).parents[2] / "docs" / "operation.md"


@pytest.mark.parametrize(("condition", "subject"), KNOWN, ids=lambda one: getattr(one, "kind", ""))
def test_kind_is_read_as_it_was_stored_and_is_worded(condition: Condition, subject: str) -> None:
    stored = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(condition)))
    assert read_condition(condition.kind, condition.subject, stored) == condition
    said = InWords.of(condition)
    assert (said.kind, said.subject) == (condition.kind, subject)
    assert said.detail
    assert said.remedy


def test_every_kind_is_here_and_in_the_docs() -> None:
    assert {type(condition) for condition, _ in KNOWN} == {*get_args(Condition)}
    kinds = [str(one.__struct_config__.tag) for one in get_args(Condition) if one is not Unreadable]
    table = DOCUMENT.read_text().partition("## Conditions")[2].partition("## ")[0]
    assert sorted(re.findall(r"^\| `(\w+)` ", table, re.MULTILINE)) == sorted(kinds)


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"kind": "of_tomorrow", "depth": 7}, id="a kind of a later version"),
        pytest.param({"kind": "gap", "topic": "calls", "partition": "two"}, id="facts of a later version"),
        pytest.param([], id="no object"),
        pytest.param({"kind": "gap"}, id="facts missing"),
        pytest.param(
            {"kind": "directory_unread", "directory": "a", "unread": {"type": "lines", "number": 0, "first": []}},
            id="a line missing",
        ),
    ],
)
def test_facts_of_another_version_leave_kind_and_subject(facts: object) -> None:
    found = InWords.of(read_condition("of_tomorrow", "calls/7", facts))
    assert (found.kind, found.subject) == ("of_tomorrow", "calls/7")
    assert found.detail == "another version of lastcall found this, and this version cannot read its facts"
