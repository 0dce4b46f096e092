"""Each offering of a model has its own end: spellings found in logs and price tables, and what each means."""

import csv
from pathlib import Path

import pytest

from service.adapters.catalog.files import load_catalog
from service.core.identity import Model

with (Path(__file__).parent / "data" / "offerings.csv").open(newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))
LOADED = load_catalog()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['provider']}|{row['raw']}: {row['why']}")
def test_offering_is_not_folded_into_another(row: dict[str, str]) -> None:
    """`day`: empty without a deprecation, `undated` without a day. `through`: the router in front of the maker."""
    answer = LOADED.resolver.resolve(row["raw"], provider=row["provider"] or None)
    assert isinstance(answer, Model)
    assert (answer.platform, answer.model) == (row["platform"], row["model"])
    record = LOADED.catalog.get(answer.platform, answer.model)
    if record is None or not record.is_deprecated:
        assert not row["day"]
    else:
        assert (f"{record.shutdown.on or 'undated'}", record.through or "") == (row["day"], row["through"])


@pytest.mark.parametrize(
    ("raw", "host", "platform"),
    [
        ("claude-sonnet-4-5", "aws-external-anthropic.us-east-1.api.aws", "anthropic-api"),
        ("gpt-4o", "acme.openai.azure.us", "azure-openai"),
        ("kimi-k2.5", "acme.services.ai.azure.us", "azure-foundry"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "bedrock-runtime.us-gov-west-1.amazonaws.com", "aws-bedrock"),
    ],
)
def test_host_of_a_government_or_a_makers_platform_on_a_cloud(raw: str, host: str, platform: str) -> None:
    assert LOADED.resolver.resolve(raw, host=host).platform == platform
