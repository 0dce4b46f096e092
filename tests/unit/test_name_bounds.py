"""A flood of names costs names, and never the fact that a model is called."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.adapters.catalog.files import load_catalog
from service.core.name_flood import (
    TOO_MANY,
    TOO_MANY_SERVICES,
    Allowance,
    Bounds,
    Ledger,
    Placed,
    as_identified,
    may_overflow,
    place,
)
from service.core.series import SeriesKey

RESOLVER = load_catalog().resolver
HOUR = datetime(2025, 6, 2, 10, tzinfo=UTC)
DYING = "gpt-4.5-preview"
DYING_MODEL = "gpt-4.5-preview-2025-02-27"
FEW = Bounds(
    services=Allowance(5, 2),
    series=Allowance(100, 5),
    of_service=(Allowance(5, 1), Allowance(4, 1), Allowance(3, 1), Allowance(2, 1)),
)


def make_key(**given: Any) -> SeriesKey:
    values: dict[str, Any] = {
        "service": "search-api",
        "environment": "production",
        "reporter": "sdk",
        "provider": "openai",
        "host": None,
        "requested_id": DYING,
        "requested_field": "model",
        "served_id": None,
    }
    return SeriesKey(**(values | given))


class World:
    """What a database and a process know, from batch to batch."""

    def __init__(self, bounds: Bounds = FEW) -> None:
        self.bounds = bounds
        self.ledger = Ledger(HOUR, bounds)
        self.made: dict[SeriesKey, Placed] = {}

    def bring(self, keys: Iterable[SeriesKey], calls: int = 1) -> dict[SeriesKey, SeriesKey]:
        strangers = {key: calls for key in keys if key not in self.made}
        placed = place(strangers, self.made, self.ledger, RESOLVER)
        self.made |= {at.key: at for at in placed.values() if at.key not in self.made}
        return {key: at.key for key, at in placed.items()}

    def next_hour(self) -> None:
        """The totals stay, and nothing is new."""
        old = self.ledger
        self.ledger = Ledger(old.hour + timedelta(hours=1), self.bounds, old.services, old.series, old.of_service)


def test_names_within_the_bounds_stay_as_they_are() -> None:
    keys = [make_key(service=f"service-{n}") for n in range(5)]
    assert World().bring(keys) == {key: key for key in keys}


def test_service_beyond_the_bound_loses_its_name_and_nothing_else() -> None:
    world = World()
    world.bring(make_key(service=f"service-{n}") for n in range(5))
    late = [
        make_key(service="late-1"),
        make_key(service="late-2", environment="staging"),
        make_key(service="late-3", environment="staging", reporter="gateway"),
    ]
    world.ledger.new_services = 2  # this hour's trickle is used up
    counted = world.bring(late)
    assert {(at.service, at.environment, at.reporter) for at in counted.values()} == {
        (TOO_MANY_SERVICES, "production", "sdk"),
        (TOO_MANY_SERVICES, "staging", "sdk"),
        (TOO_MANY_SERVICES, "staging", "gateway"),
    }
    assert {RESOLVER.identify_words(at) for at in counted.values()} == {("openai-api", DYING_MODEL, None)}


def test_service_beyond_the_bound_finds_its_name_in_a_later_hour() -> None:
    world = World()
    world.bring(make_key(service=f"service-{n}") for n in range(8))
    late = make_key(service="late")
    assert world.bring([late])[late].service == TOO_MANY_SERVICES
    world.next_hour()
    assert world.bring([late])[late] == late


def test_service_that_has_a_name_keeps_it_in_a_flood() -> None:
    world = World()
    world.bring([make_key()])
    world.bring(make_key(service=f"flood-{n}") for n in range(50))
    another = make_key(requested_id="gpt-4o")
    assert world.bring([another])[another] == another


def test_those_that_call_most_are_named_first() -> None:
    world = World()
    calls = {make_key(service=f"flood-{n}"): 1 for n in range(20)} | {make_key(service="zebra"): 40}
    placed = place(calls, set(), world.ledger, RESOLVER)
    assert placed[make_key(service="zebra")].key.service == "zebra"


@pytest.mark.parametrize(
    "word",
    [
        pytest.param({"requested_id": "made-up-{}"}, id="model"),
        pytest.param({"requested_id": "ft:gpt-4o-2024-08-06:acme::{}"}, id="fine-tunes of a known model"),
        pytest.param({"requested_id": "deployment-{}", "requested_field": "deployment"}, id="deployment"),
        pytest.param({"served_id": "answer-{}"}, id="what answered"),
        pytest.param({"provider": "provider-{}"}, id="provider"),
        pytest.param({"host": "tenant-{}.openai.azure.com"}, id="host of a platform"),
        pytest.param({"host": "10.0.0.{}"}, id="host of nobody"),
        pytest.param({"environment": "preview-{}"}, id="environment"),
        pytest.param({"reporter": "reporter-{}"}, id="reporter"),
    ],
)
def test_fresh_word_in_every_call_makes_few_series_and_loses_no_model(word: dict[str, str]) -> None:
    world = World()
    keys = [make_key(**{name: value.format(number) for name, value in word.items()}) for number in range(200)]
    counted = world.bring(keys)
    assert len(world.made) <= 5 + 4 + 3 + 2
    assert {at.service for at in counted.values()} == {"search-api"}
    for key, at in counted.items():
        assert RESOLVER.identify_words(at) == RESOLVER.identify_words(key)


def test_unknown_ids_beyond_the_bound_are_still_said_to_be_unknown_on_their_platform() -> None:
    world = World()
    counted = world.bring(make_key(requested_id=f"made-up-{n}") for n in range(200))
    folded = {at for key, at in counted.items() if at != key}
    assert {(at.provider, at.requested_id, at.environment, at.reporter) for at in folded} == {
        ("openai-api", TOO_MANY, "production", "sdk")
    }


def test_model_that_is_met_first_in_a_flood_of_unknown_ones_keeps_caller_and_environment() -> None:
    world = World()
    world.bring(make_key(requested_id=f"made-up-{n}") for n in range(200))
    dying = make_key()
    at = world.bring([dying])[dying]
    assert at == make_key(provider="openai-api", requested_id=DYING_MODEL)


def test_fresh_words_everywhere_end_in_one_series_a_model() -> None:
    world = World()
    fresh = [
        SeriesKey(f"s{n}", f"e{n}", f"r{n}", f"p{n}", f"h{n}", f"made-up-{n}", "model", f"x{n}") for n in range(500)
    ]
    world.bring(fresh)
    models = [make_key(service=f"t{n}", environment=f"e{n}", reporter=f"r{n}") for n in range(500)]
    counted = world.bring(models)
    assert len(world.made) <= 5 * 14 + 14 + 2
    assert {RESOLVER.identify_words(at).requested_model for at in counted.values()} == {DYING_MODEL}


def test_flood_of_days_makes_a_trickle_of_series() -> None:
    world = World()
    for hour in range(72):
        world.bring(make_key(service=f"pod-{hour}-{n}", requested_id=f"req-{hour}-{n}") for n in range(40))
        before = len(world.made)
        world.next_hour()
    assert before <= 100 + 72 * 5 + 2


def test_of_two_known_models_the_requested_one_stays_when_nothing_else_is_left() -> None:
    world = World(Bounds(Allowance(0, 0), Allowance(0, 0), (Allowance(0, 0),) * 4))
    key = make_key(served_id="gpt-4o-2024-08-06")
    at = world.bring([key])[key]
    assert at == SeriesKey(TOO_MANY_SERVICES, TOO_MANY, TOO_MANY, "openai-api", None, DYING_MODEL, "model", None)


def test_first_backlog_of_a_large_company_is_no_flood() -> None:
    ledger = Ledger(HOUR)
    keys = [make_key(service=f"service-{n}", requested_id=model) for n in range(5_000) for model in (DYING, "gpt-4o")]
    assert not may_overflow(keys, ledger)
    placed = place(dict.fromkeys(keys, 1), set(), ledger, RESOLVER)
    assert all(at == (key, 0) for key, at in placed.items())


def test_every_model_of_the_catalog_is_read_the_same_from_few_words() -> None:
    for record in load_catalog().catalog:
        key = make_key(provider=record.platform, requested_id=record.id, host=None)
        assert RESOLVER.identify_words(as_identified(key, RESOLVER)) == RESOLVER.identify_words(key)


def test_model_on_a_platform_that_nobody_knows_stays_there() -> None:
    key = make_key(provider="a-new-provider", host="llm.example.com", requested_id="meta-llama/llama-3.1-70b-instruct")
    read = as_identified(key, RESOLVER)
    assert RESOLVER.identify_words(read) == RESOLVER.identify_words(key)
    assert (read.provider, read.host) == (RESOLVER.identify_words(key).platform or TOO_MANY, None)
