"""identity.yaml and the catalog's records, joined."""

from typing import Any

import msgspec
import pytest

from service.adapters.catalog.identity import build_knowledge, load_identity
from service.core.identity import Model, Resolver, Unresolved, known_platforms

IDENTITY = load_identity()


def resolved(raw: str, platform: str, *records: tuple[str, str, tuple[str, ...]]) -> Model | Unresolved:
    return Resolver(build_knowledge(IDENTITY, known_platforms(), records)).resolve(raw, provider=platform)


def test_record_makes_a_new_id_known_on_its_platform_alone() -> None:
    record = ("openai-api", "gpt-9-2030-01-01", ("gpt-9",))
    assert resolved("gpt-9-2030-01-01", "openai", record) == Model("openai-api", "gpt-9-2030-01-01", "snapshot")
    assert resolved("gpt-9", "openai", record) == Model("openai-api", "gpt-9-2030-01-01", "snapshot")
    assert isinstance(resolved("gpt-9", "groq", record), Unresolved)
    assert isinstance(resolved("gpt-9-2030-01-02", "openai", record), Unresolved)


def test_record_never_folds_a_floating_alias() -> None:
    record = ("openai-api", "gpt-4o-2024-08-06", ("gpt-4o",))
    assert resolved("gpt-4o", "openai", record) == Model("openai-api", "gpt-4o", "alias")


def test_record_in_the_platforms_spelling_joins_what_is_known() -> None:
    record = ("aws-bedrock", "anthropic.claude-v2:1", ())
    assert resolved("us.anthropic.claude-v2:1", "aws.bedrock", record) == Model("aws-bedrock", "claude-2.1", "snapshot")


def test_record_that_is_no_id_is_left_out() -> None:
    record = ("chatgpt-app", "GPT-4o in Custom GPTs (Business, Enterprise, Edu)", ())
    assert isinstance(resolved(record[1], "chatgpt", record), Unresolved)


@pytest.mark.parametrize("maker", IDENTITY["makers"], ids=str)
def test_name_has_one_meaning(maker: str) -> None:
    content: dict[str, Any] = IDENTITY["makers"][maker]
    models, pinned, floating = (set(content.get(k, ())) for k in ("models", "pinned", "floating"))
    assert len(models) + len(pinned) + len(floating) == len(models | pinned | floating)


@pytest.mark.parametrize("maker", IDENTITY["makers"], ids=str)
def test_pin_ends_at_a_name_that_is_known(maker: str) -> None:
    content: dict[str, Any] = IDENTITY["makers"][maker]
    known = {*content.get("models", ()), *content.get("floating", ())}
    targets = {*content.get("pinned", {}).values(), *content.get("short", {}).get("pinned", {}).values()}
    assert targets <= known


def test_names_are_lower_case_and_sorted() -> None:
    platforms = [msgspec.to_builtins(each.names) for each in known_platforms()]
    for content in (*IDENTITY["makers"].values(), *platforms):
        for key in ("models", "floating", "pinned"):
            names = list(content.get(key, ()))
            assert names == sorted(names)
            assert all(name == name.lower() for name in names)
