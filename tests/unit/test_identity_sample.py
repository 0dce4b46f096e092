"""A sample of the spellings found in logs, price tables and providers' pages, each with its one right answer."""

import csv
from pathlib import Path

import pytest

from service.adapters.catalog.files import load_catalog
from service.core.identity import Model

with (Path(__file__).parent / "data" / "model_ids.csv").open(newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))
RESOLVER = load_catalog().resolver


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['provider_hint']}|{row['raw_id']:.60}: {row['why']:.60}")
def test_spelling_means_this_model_on_this_platform(row: dict[str, str]) -> None:
    answer = RESOLVER.resolve(row["raw_id"], provider=row["provider_hint"] or None)
    assert (answer.platform or "") == row["platform"]
    assert (answer.model if isinstance(answer, Model) else "unresolved") == row["model"]
