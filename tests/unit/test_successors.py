"""What is offered instead of a model that is going away."""

from datetime import date
from typing import Any

import pytest

from service.core.catalog.lifecycle import Catalog, Deprecation, Replacement
from service.core.prices import NoPrice, Rates, Tier, TokenMix
from service.core.successors import Successor, options, successors
from tests.builders import make_deprecation

TODAY = date(2025, 6, 2)
MIX = TokenMix(calls=1_000, input_tokens=3_000_000, output_tokens=500_000, cached_tokens=0)
OLD = make_deprecation()


def living(id_: str, **given: Any) -> Deprecation:
    """A model in service, without a day."""
    usual = {
        "model": id_,
        "id": id_,
        "announced": None,
        "shutdown_on": None,
        "precision": "unknown",
        "replacements": (),
    }
    return make_deprecation(**(usual | given))


def ending(id_: str, on: date, **given: Any) -> Deprecation:
    return living(id_, announced=date(2025, 5, 1), shutdown_on=on, precision="exact", **given)


def text(usd: float, context: int | None = None) -> Rates:
    """A model of text; a token of input costs as much as one of output."""
    return Rates(input=(Tier(0, usd),), output=(Tier(0, usd),), context=context)


EMBEDDINGS = Rates(input=(Tier(0, 0.02),), kinds=frozenset({"input"}))
AUDIO = Rates(
    input=(Tier(0, 2.0),), output=(Tier(0, 2.0),), kinds=frozenset({"input", "output", "input_audio", "output_audio"})
)


def offered(
    *records: Deprecation,
    old: Deprecation = OLD,
    answered: tuple[str, ...] = (),
    prices: dict[str, Rates] | None = None,
    mix: TokenMix = MIX,
) -> list[Successor]:
    """`prices`: those of models that are not plain text at $1."""
    known = {record.model: text(1.0) for record in records} | {old.model: text(75.0)} | (prices or {})
    catalog = Catalog([old, *records], digest="test")
    return list(
        successors(
            old,
            options(old, catalog, answered, today=TODAY),
            lambda model: known.get(model, NoPrice("not_listed")),
            mix,
            today=TODAY,
        )
    )


def ids(some: list[Successor]) -> list[str]:
    return [one.id for one in some]


def test_providers_replacement_comes_first_and_then_the_cheapest() -> None:
    found = offered(living("dear"), living("cheap"), living("gpt-4.1"), prices={"dear": text(9.0), "cheap": text(0.1)})

    assert [(one.id, one.by_provider) for one in found] == [("gpt-4.1", True), ("cheap", False), ("dear", False)]


def test_cost_is_that_of_a_month_of_the_uses_own_tokens() -> None:
    (found,) = offered(living("gpt-4.1"), prices={"gpt-4.1": text(2.0)})

    # 3.5 M tokens at $2 a million are $7 in 28 days
    assert found.usd_per_month == pytest.approx(7 * 365 / 12 / 28)


def test_dead_replacement_is_not_offered_but_what_replaces_it() -> None:
    dead = ending("gpt-4.1", TODAY, replacements=(Replacement("gpt-5", "gpt-5"),))

    assert ids(offered(dead, living("gpt-5"))) == ["gpt-5"]


def test_replacements_that_name_each_other_are_followed_once() -> None:
    dead = ending("gpt-4.1", TODAY, replacements=(Replacement("gpt-4.5-preview", "gpt-4.5-preview"),))

    assert offered(dead) == []


def test_end_of_the_replacement_is_shown_with_it() -> None:
    (found,) = offered(ending("gpt-4.1", date(2025, 12, 1)))

    assert (found.ends_on, found.precision) == (date(2025, 12, 1), "exact")
    assert found.is_short_lived(TODAY)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(ending("other", date(2025, 6, 2)), id="gone today"),
        pytest.param(ending("other", date(2025, 7, 14)), id="ends with the old one"),
        pytest.param(living("other", platform="azure-openai"), id="on another platform"),
        pytest.param(living("other", released=date(2025, 6, 3)), id="not released yet"),
        pytest.param(living("other", announced=date(2024, 9, 15)), id="announced to end, without a day"),
    ],
)
def test_model_that_is_no_successor(record: Deprecation) -> None:
    assert offered(record, old=make_deprecation(replacements=())) == []


@pytest.mark.parametrize(
    ("prices", "mix"),
    [
        pytest.param({"other": EMBEDDINGS}, MIX, id="writes no text"),
        pytest.param({"other": AUDIO}, MIX, id="of audio"),
        pytest.param({"gpt-4.5-preview": EMBEDDINGS}, MIX, id="the old one is of embeddings"),
        pytest.param({"other": text(1.0, context=3_000)}, MIX, id="a context below the mean call of 3,500 tokens"),
    ],
)
def test_model_that_does_not_fit_the_use(prices: dict[str, Rates], mix: TokenMix) -> None:
    assert offered(living("other"), old=make_deprecation(replacements=()), prices=prices, mix=mix) == []


@pytest.mark.parametrize(
    ("old", "other", "is_offered"),
    [
        pytest.param("gemini-2.5-pro", "gemini-3.8-flash-lite-tts", False, id="speaks"),
        pytest.param("llama-3.1-8b-instant", "openai/gpt-oss-safeguard-20b", False, id="classifies"),
        pytest.param("gemini-2.5-pro", "gemini-robotics-er-2", False, id="for robots"),
        pytest.param("gemini-2.5-pro-preview-tts", "gemini-3.8-flash-tts", True, id="both speak"),
        pytest.param("gemini-2.5-pro-preview-tts", "gemini-3.5-flash", False, id="writes only"),
    ],
)
def test_model_for_another_purpose_is_no_successor(old: str, other: str, is_offered: bool) -> None:
    found = offered(living(other), old=make_deprecation(id=old, model=old, replacements=()))

    assert ids(found) == ([other] if is_offered else [])


def test_announced_model_without_a_day_is_offered_if_the_provider_names_it() -> None:
    (found,) = offered(living("gpt-4.1", announced=date(2025, 5, 1)))

    assert found.is_short_lived(TODAY)


def test_model_without_a_price_is_offered_only_if_the_provider_names_it() -> None:
    catalog = Catalog([OLD, living("gpt-4.1"), living("other")], digest="test")
    found = successors(OLD, options(OLD, catalog, (), today=TODAY), lambda _: NoPrice("not_listed"), MIX, today=TODAY)

    assert [(one.id, one.usd_per_month) for one in found] == [("gpt-4.1", None)]


def test_without_a_price_of_the_old_model_its_tokens_tell_what_fits() -> None:
    old = make_deprecation(model="unpriced", replacements=())
    records, prices = (living("chat"), living("vectors")), {"chat": text(1.0), "vectors": EMBEDDINGS}

    def fitting(mix: TokenMix) -> list[str]:
        catalog = Catalog([old, *records], digest="test")
        some = successors(
            old,
            options(old, catalog, (), today=TODAY),
            lambda m: prices.get(m, NoPrice("not_listed")),
            mix,
            today=TODAY,
        )
        return ids(list(some))

    assert fitting(MIX) == ["chat"]
    assert fitting(TokenMix(10, 1_000, 0, 0)) == ["vectors"]
    assert fitting(TokenMix(0, 0, 0, 0)) == []


def test_remaining_life_comes_before_the_price() -> None:
    found = offered(
        living("gpt-5-preview"),
        ending("soon", date(2025, 9, 1)),
        ending("later", date(2026, 3, 1)),
        living("promised", shutdown_on=date(2026, 1, 1), precision="no_sooner_than"),
        living("stays"),
        old=make_deprecation(replacements=()),
        prices={"stays": text(50.0), "gpt-5-preview": text(0.1)},
    )

    assert ids(found) == ["stays", "later", "promised", "soon", "gpt-5-preview"]


@pytest.mark.parametrize(
    ("id_", "is_preview"),
    [
        pytest.param("gemini-3-flash-preview", True, id="at the end"),
        pytest.param("gpt-4o-realtime-preview-2024-12-17", True, id="before a date"),
        pytest.param("gemini-2.0-flash-exp", True, id="experimental"),
        pytest.param("expert-1", False, id="a part of a word"),
    ],
)
def test_preview_is_short_lived(id_: str, is_preview: bool) -> None:
    (found,) = offered(living(id_), old=make_deprecation(replacements=()))

    assert (found.is_preview, found.is_short_lived(TODAY)) == (is_preview, is_preview)


def test_model_that_answers_in_the_company_is_living_without_a_record() -> None:
    found = offered(old=make_deprecation(replacements=()), answered=("house-model",), prices={"house-model": text(1.0)})

    assert ids(found) == ["house-model"]


def test_end_that_is_announced_later_is_not_known_yet() -> None:
    (found,) = offered(living("gpt-4.1", announced=date(2025, 7, 1), shutdown_on=date(2025, 12, 1), precision="exact"))

    assert (found.ends_on, found.is_deprecated) == (None, False)
