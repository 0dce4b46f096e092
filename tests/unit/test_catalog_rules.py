"""The rules that a contribution must keep, each broken by hand once."""

from datetime import date
from typing import Any

import msgspec
import pytest

from service.core.catalog.file import PlatformFile
from service.core.catalog.rules import Breach, broken_rules

TODAY = date(2026, 11, 22)
SOURCE = {"url": "https://example.com/deprecations", "accessed": "2026-08-21"}


def record(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "sources": [SOURCE], "last_verified": "2026-08-21", **fields}


def problems(*records: dict[str, Any], after: str = "error") -> list[Breach]:
    file = {
        "platform": "openai-api",
        "provider": "openai",
        "default_after_shutdown": after,
        "source": "https://example.com/deprecations",
        "models": records,
    }
    return list(broken_rules(msgspec.convert(file, PlatformFile), today=TODAY))


GONE = {"shutdown": {"day": "2026-10-23"}}


def test_record_of_the_story_keeps_every_rule() -> None:
    old = record(
        "gpt-4.5-preview",
        aliases=["gpt-4.5-preview-2025-02-27"],
        released="2025-02-27",
        announced="2025-04-14",
        shutdown={"day": "2025-07-14", "precision": "exact"},
        replacements=[{"id": "gpt-4.1", "as_of": "2025-04-14"}],
    )
    assert problems(record("gpt-4.1-2025-04-14", aliases=["gpt-4.1"]), old) == []


@pytest.mark.parametrize(
    ("fields", "path", "what"),
    [
        pytest.param(
            {"announced": "2025-07-15", "shutdown": {"day": "2025-07-14"}},
            ("models", 0, "shutdown"),
            "announced 2025-07-15 is later than shutdown 2025-07-14",
            id="announced after the end",
        ),
        pytest.param(
            {"released": "2025-04-15", "announced": "2025-04-14"},
            ("models", 0, "announced"),
            "released 2025-04-15 is later than announced 2025-04-14",
            id="announced before there was a model",
        ),
        pytest.param(
            {"shutdown": {"precision": "exact"}},
            ("models", 0, "shutdown"),
            "precision exact with day None",
            id="exact without a day",
        ),
        pytest.param(
            {"shutdown": {"day": "2025-07-14", "precision": "unknown"}},
            ("models", 0, "shutdown"),
            "precision unknown with day 2025-07-14",
            id="unknown with a day",
        ),
        pytest.param(
            {"shutdown": {"day": "2025-07-14", "precision": "month"}},
            ("models", 0, "shutdown"),
            "the precision is month, but the day is 2025-07-14",
            id="a day made up for a month",
        ),
        pytest.param(
            {"shutdown": {"day": "2025-07-14"}, "superseded": [{"day": "2025-07-14"}]},
            ("models", 0, "superseded"),
            "the newest earlier plan equals the current plan",
            id="plan in force among the earlier ones",
        ),
        pytest.param(
            {"aliases": ["b"], "replacements": [{"id": "b"}]},
            ("models", 0, "replacements", 0),
            "a is replaced by itself",
            id="replaced by its own alias",
        ),
        pytest.param(
            {"replacements": [{"id": "b"}]},
            ("models", 0, "replacements", 0),
            "there is no record b",
            id="replacement that nobody described",
        ),
        pytest.param(
            {"redirect_to": "b"},
            ("models", 0, "redirect_to"),
            "redirect_to is set, but calls get error",
            id="redirect on a platform that fails calls",
        ),
        pytest.param(
            {"after_shutdown": "redirect", "redirect_to": "a"},
            ("models", 0, "redirect_to"),
            "a redirects to itself",
            id="redirect to itself",
        ),
        pytest.param(
            {"aliases": ["c", "b"]}, ("models", 0, "aliases"), "aliases are not sorted", id="aliases out of order"
        ),
        pytest.param({"aliases": ["a"]}, ("models", 0), "a already belongs to a", id="alias that is the id"),
        pytest.param(
            {"last_verified": "2026-08-20"},
            ("models", 0, "last_verified"),
            "a source was read later, on 2026-08-21",
            id="verified before its source was read",
        ),
        pytest.param(
            {"last_verified": "2026-11-23"},
            ("models", 0, "last_verified"),
            "2026-11-23 is in the future",
            id="verified tomorrow",
        ),
    ],
)
def test_broken_rule_is_an_error_at_its_place(fields: dict[str, Any], path: tuple[str | int, ...], what: str) -> None:
    (problem,) = problems(record("a", **fields))
    assert (problem.path, problem.what, problem.severity) == (path, what, "error")


def test_records_out_of_order_are_an_error() -> None:
    (problem,) = problems(record("b"), record("a"))
    assert (problem.path, problem.what) == (("models", 1), "a comes after b")


def test_alias_of_two_records_is_an_error() -> None:
    (problem,) = problems(record("a", aliases=["x"]), record("b", aliases=["x"]))
    assert (problem.path, problem.what) == (("models", 1), "x already belongs to a")


def test_replacement_may_be_named_by_an_alias() -> None:
    assert problems(record("a", replacements=[{"id": "b-latest"}]), record("b", aliases=["b-latest"])) == []


def test_external_replacement_needs_no_record() -> None:
    assert problems(record("a", replacements=[{"id": "elsewhere", "external": True}])) == []


def test_external_replacement_with_a_record_is_an_error() -> None:
    (problem,) = problems(record("a", replacements=[{"id": "b", "external": True}]), record("b"))
    assert problem.what == "b is marked external but has a record"


TRACKER = {"url": "https://example.com/tracker", "accessed": "2026-08-21", "kind": "tracker"}


@pytest.mark.parametrize(
    ("end", "replacement_ends", "said"),
    [
        pytest.param("2026-12-11", "2026-10-23", ["b ends on 2026-10-23, no later than a"], id="gone already"),
        pytest.param("2026-12-11", "2026-12-11", ["b ends on 2026-12-11, no later than a"], id="goes on the same day"),
        pytest.param("2026-12-11", "2026-12-12", [], id="goes a day later"),
    ],
)
def test_tracker_may_not_name_a_replacement_that_goes_as_soon(end: str, replacement_ends: str, said: list[str]) -> None:
    named: dict[str, Any] = {"shutdown": {"day": end}, "replacements": [{"id": "b"}]}
    other = record("b", shutdown={"day": replacement_ends})
    assert [
        one.what for one in problems(record("a", **named, sources=[TRACKER]), other) if one.severity == "error"
    ] == said
    assert [one for one in problems(record("a", **named), other) if one.severity == "error"] == [], "the provider may"


def test_announcement_after_the_copy_of_the_provider_is_not_the_providers_word() -> None:
    newer: dict[str, Any] = {"announced": "2026-08-22", "last_verified": "2026-08-22"}
    (problem,) = problems(record("a", **newer, shutdown={"day": "2027-01-14"}))
    assert problem.what == "announced on 2026-08-22, after the provider's page was read on 2026-08-21"
    assert problems(record("a", **newer, shutdown={"day": "2027-01-14", "standing": "reported"})) == []


def test_standing_of_the_provider_needs_its_source() -> None:
    (problem,) = problems(record("a", shutdown={"day": "2027-01-14", "standing": "provider"}, sources=[TRACKER]))
    assert problem.what == "standing provider, without a source of the provider"


def test_chain_that_ends_at_a_model_shut_down_is_a_warning() -> None:
    chain = [
        record("a", replacements=[{"id": "b"}], **GONE),
        record("b", replacements=[{"id": "c"}], **GONE),
        record("c", **GONE),
    ]
    found = problems(*chain)
    assert [(p.path, p.severity) for p in found] == [
        (("models", 0, "replacements"), "warning"),
        (("models", 1, "replacements"), "warning"),
    ]
    assert found[0].what == "following the replacements of a ends at c, which is shut down"


def test_chain_through_a_model_shut_down_to_one_in_service_is_fine() -> None:
    assert (
        problems(record("a", replacements=[{"id": "b"}]), record("b", replacements=[{"id": "c"}], **GONE), record("c"))
        == []
    )


def test_chain_that_comes_back_to_itself_is_a_warning() -> None:
    found = problems(record("a", replacements=[{"id": "b"}], **GONE), record("b", replacements=[{"id": "a"}], **GONE))
    assert [p.severity for p in found] == ["warning", "warning"]


def test_model_that_goes_today_is_shut_down_and_one_of_tomorrow_is_not() -> None:
    def ends(day: str) -> list[Breach]:
        return problems(record("a", replacements=[{"id": "b"}]), record("b", shutdown={"day": day}))

    assert len(ends("2026-11-22")) == 1
    assert ends("2026-11-23") == []


def test_redirect_is_fine_where_the_platform_redirects() -> None:
    assert problems(record("a", redirect_to="b"), after="redirect") == []
