"""Whatever a log writes: each call has a series, the series are few, and no model is lost."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from service.adapters.catalog.files import load_catalog
from service.core.name_flood import LAST, Allowance, Bounds, Ledger, place
from service.core.series import SeriesKey

LOADED = load_catalog()
RESOLVER = LOADED.resolver
KNOWN = sorted({record.id for record in LOADED.catalog})[::40]
HOUR = datetime(2025, 6, 2, 10, tzinfo=UTC)

fresh = st.integers(0, 60).map(lambda number: f"word-{number}")
provider = st.none() | st.sampled_from(("openai", "azure.ai.openai", "aws.bedrock", "vertex_ai", "groq")) | fresh
host = st.none() | st.sampled_from(("api.openai.com", "acme.openai.azure.com")) | fresh.map("{}.example.com".format)
model = st.none() | st.sampled_from(KNOWN) | fresh | fresh.map("ft:gpt-4o-2024-08-06:acme::{}".format)
keys = st.builds(
    SeriesKey, fresh, fresh, fresh, provider, host, model, st.sampled_from(("model", "deployment", "alias")), model
)
allowances = st.builds(Allowance, st.integers(0, 3), st.integers(0, 2))
bounds = st.builds(
    Bounds, allowances, st.builds(Allowance, st.integers(0, 30), st.integers(0, 2)), st.tuples(*[allowances] * 4)
)


@given(batches=st.lists(st.dictionaries(keys, st.integers(1, 9), max_size=30), max_size=3), bounds=bounds)
def test_flood_costs_names_and_neither_calls_nor_models(
    batches: Sequence[dict[SeriesKey, int]], bounds: Bounds
) -> None:
    ledger = Ledger(HOUR, bounds)
    made: Counter[SeriesKey] = Counter()
    for batch in batches:
        strangers = {key: calls for key, calls in batch.items() if key not in made}
        placed = place(strangers, made.keys(), ledger, RESOLVER)
        assert placed.keys() == strangers.keys()
        for key, at in placed.items():
            made[at.key] += strangers[key]
            before, after = RESOLVER.identify_words(key), RESOLVER.identify_words(at.key)
            if at.level < LAST:
                assert after == before
            elif before.requested_model is not None:
                assert (after.platform, after.requested_model) == (before.platform, before.requested_model)
            else:
                assert after == before
    named = {key.service for key in made}
    assert len(named) <= max(bounds.services.freely, bounds.services.an_hour) + 1
    assert ledger.series == len(made)


@given(batch=st.dictionaries(keys, st.integers(1, 9), max_size=30), bounds=bounds)
def test_same_batch_is_placed_the_same_whatever_its_order(batch: dict[SeriesKey, int], bounds: Bounds) -> None:
    turned = dict(reversed(batch.items()))
    assert place(batch, (), Ledger(HOUR, bounds), RESOLVER) == place(turned, (), Ledger(HOUR, bounds), RESOLVER)
