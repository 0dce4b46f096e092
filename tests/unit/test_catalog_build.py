"""Records meet the ids of the logs in one canonical model, and different dates keep ids apart."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from service.core.catalog.build import Assembled, assemble
from service.core.catalog.file import PlatformFile
from service.core.catalog.lifecycle import Shutdown
from service.core.catalog.names import learn_names
from service.core.identity import Knowledge, Maker, Names, Resolver, known_platforms

GPT_4_SERIES = Names(
    models=frozenset({"gpt-4o-2024-08-06", "gpt-4o-2024-11-20", "gpt-4.5-preview-2025-02-27", "gpt-4.1", "codex-1"}),
    pinned={"gpt-4.5-preview": "gpt-4.5-preview-2025-02-27"},
    floating=frozenset({"gpt-4o"}),
)
KNOWLEDGE = Knowledge(makers={"openai": Maker(GPT_4_SERIES, api="openai-api")}, names={}, platforms=known_platforms())


def record(name: str, **fields: Any) -> dict[str, Any]:
    source = {
        "url": "https://example.com/deprecations",
        "accessed": "2026-08-21",
        "kind": fields.pop("kind", "provider"),
    }
    return {"id": name, "sources": [source], "last_verified": "2026-08-21", **fields}


def file_of(records: Sequence[dict[str, Any]], platform: str = "openai-api", after: str = "error") -> PlatformFile:
    return msgspec.convert(
        {
            "platform": platform,
            "provider": "openai",
            "default_after_shutdown": after,
            "source": "https://example.com/deprecations",
            "models": records,
        },
        PlatformFile,
    )


def assembled(*records: dict[str, Any], after: str = "error") -> Assembled:
    return assemble([file_of(records, after=after)], Resolver(KNOWLEDGE))


def test_record_is_keyed_by_the_canonical_model_of_its_id() -> None:
    (built,) = assembled(record("gpt-4.5-preview", replacements=[{"id": "gpt-4.1"}])).records
    assert built.key == ("openai-api", "gpt-4.5-preview-2025-02-27")
    assert built.id == "gpt-4.5-preview"
    assert [(r.id, r.model) for r in built.replacements] == [("gpt-4.1", "gpt-4.1")]


def test_replacement_that_identity_does_not_know_keeps_its_id() -> None:
    (built,) = assembled(record("gpt-4.1", replacements=[{"id": "gpt-9", "external": True}])).records
    assert [(r.id, r.model) for r in built.replacements] == [("gpt-9", None)]


def test_two_ids_of_one_model_with_equal_dates_become_one_record_with_the_announced_ones_facts() -> None:
    day = {"day": "2025-07-14"}
    (built,) = assembled(
        record("gpt-4.5-preview", shutdown=day, kind="tracker"),
        record("gpt-4.5-preview-2025-02-27", shutdown=day, announced="2025-04-14"),
    ).records
    assert built.id == "gpt-4.5-preview-2025-02-27"
    assert built.aliases == ("gpt-4.5-preview",)
    assert built.announced == date(2025, 4, 14)
    assert built.standing == "provider"


def test_two_ids_of_one_model_with_different_dates_clash() -> None:
    result = assembled(
        record("gpt-4.5-preview", shutdown={"day": "2025-07-14"}),
        record("gpt-4.5-preview-2025-02-27", shutdown={"day": "2025-07-15"}),
    )
    assert result.clashes == (("openai-api", "gpt-4.5-preview-2025-02-27", "gpt-4.5-preview"),)


def test_record_of_an_alias_wins_over_the_facts_of_the_record_that_lists_it() -> None:
    built = assembled(
        record("gpt-4o-2024-08-06", aliases=["gpt-4o"], shutdown={"day": "2027-01-14"}),
        record("gpt-4o", shutdown={"day": "2027-02-14"}),
    ).records
    assert {r.model: r.shutdown.on for r in built}["gpt-4o"] == date(2027, 2, 14)


def test_id_and_alias_that_identity_does_not_know_are_named() -> None:
    result = assembled(record("gpt-9"), record("gpt-4.1", aliases=["gpt-4.1-nonsense"]))
    assert result.unresolved == (("openai-api", "gpt-9"), ("openai-api", "gpt-4.1-nonsense"))


def test_record_says_what_follows_the_shutdown_where_its_platform_is_silent() -> None:
    kept, other = assembled(
        record("gpt-4.1"), record("gpt-4o", after_shutdown="unsupported_but_served"), after="redirect"
    ).records
    assert (kept.after_shutdown, other.after_shutdown) == ("redirect", "unsupported_but_served")


def test_record_without_a_shutdown_is_a_model_in_service() -> None:
    (built,) = assembled(record("gpt-4.1")).records
    assert built.shutdown == Shutdown(None, "unknown")
    assert built.is_deprecated is False


def test_record_with_trackers_alone_is_reported() -> None:
    (built,) = assembled(record("gpt-4.1", kind="tracker")).records
    assert built.standing == "reported"


def test_ids_with_different_dates_are_learned_as_different_models() -> None:
    file = file_of(
        [
            record("gpt-4.5-preview", shutdown={"day": "2025-07-14"}),
            record("gpt-4.5-preview-2025-02-27", shutdown={"day": "2025-07-15"}),
        ]
    )
    platform_pins = Knowledge(KNOWLEDGE.makers, {"openai-api": Names(frozenset({"unrelated"}))}, KNOWLEDGE.platforms)
    result = assemble([file], Resolver(learn_names(platform_pins, [file])))
    assert result.clashes == ()
    assert {r.model: r.shutdown.on for r in result.records} == {
        "gpt-4.5-preview": date(2025, 7, 14),
        "gpt-4.5-preview-2025-02-27": date(2025, 7, 15),
    }


def test_alias_that_is_a_model_elsewhere_means_the_record_on_its_platform() -> None:
    azure = file_of([record("codex-1-2025-09-15", aliases=["codex-1"])], platform="azure-openai")
    known = Knowledge(KNOWLEDGE.makers, {"azure-openai": Names(frozenset({"codex-1-2025-09-15"}))}, KNOWLEDGE.platforms)
    resolver = Resolver(learn_names(known, [azure]))
    assert resolver.resolve("codex-1", provider="azure").model == "codex-1-2025-09-15"  # type: ignore[union-attr]
    assert resolver.resolve("codex-1", provider="openai").model == "codex-1"  # type: ignore[union-attr]


def test_floating_alias_is_not_learned_as_its_record() -> None:
    file = file_of([record("gpt-4o-2024-08-06", aliases=["gpt-4o"])])
    resolver = Resolver(learn_names(KNOWLEDGE, [file]))
    assert resolver.resolve("gpt-4o", provider="openai").model == "gpt-4o"  # type: ignore[union-attr]
