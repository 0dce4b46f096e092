"""What holds a credential is neither stored nor shown, and no model's name is taken for one."""

import csv
import re
from pathlib import Path

import pytest

from service.adapters.catalog.files import SHIPPED, load_catalog
from service.core import values
from service.core.identity import Unresolved
from service.core.secret import SHORTEST_SECRET, holds_secret

RESOLVER = load_catalog().resolver
RANDOM = "a1B2c3D4e5F6g7H8i9J0"
SECRETS = [
    f"sk-{RANDOM}",
    f"SK-{RANDOM}",
    "sk-shortkey1234567",
    f"sk-proj-{RANDOM}",
    f"sk-ant-api03-{RANDOM}",
    f"sk_live_{RANDOM}",
    f"rk_live_{RANDOM}",
    f"openai/sk-proj-{RANDOM}",
    f"'sk-{RANDOM}",
    f"key=sk-{RANDOM}",
    f"sk%2D{RANDOM}",
    f"sk%252D{RANDOM}",
    f"my_sk-{RANDOM}",
    f"gsk_{RANDOM}",
    f"xai-{RANDOM * 4}",
    f"pplx-{RANDOM * 2}",
    f"csk-{RANDOM * 2}",
    f"nvapi-{RANDOM}-{RANDOM}_{RANDOM}",
    f"r8_{RANDOM}",
    f"fw_{RANDOM}",
    f"tgp_v1_{RANDOM}",
    f"hf_{RANDOM}",
    f"ghp_{RANDOM}",
    f"github_pat_{RANDOM}",
    f"glpat-{RANDOM}",
    f"dapi{'0123456789abcdef' * 2}",
    f"AIza{RANDOM}{RANDOM}",
    f"ya29.{RANDOM}",
    f"AQ.Ab8R{RANDOM}-{RANDOM}",
    f"ABSK{RANDOM}{RANDOM}==",
    f"lsv2_pt_{RANDOM}",
    f"pa-{RANDOM}-{RANDOM}_x",
    f"api-key: {RANDOM}",
    f"key-{RANDOM}",
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "xapp-1-A0123-4567",
    "xoxb-0123456789-0123",
    "xoxe-0123456789-0123",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    f"Bearer {RANDOM}",
    f"BEARER  {RANDOM}",
    f"Authorization: Bearer sk-proj-{RANDOM}",
    "Basic dXNlcjpwYXNzd29yZA==",
    "basic dXNlcjpwYXNz",
]
NAMES = [
    "pa-claims-adjudication-worker-production-eu1",
    *(
        "xai-org/grok-1",
        "pplx-70b-online",
        "Basic Assistant",
        "risk-assessment-service",
        "sk-payments-gateway",
        "desk-agent-of-the-house",
    ),
    *("chatcmpl-A1b2C3d4E5f6G7h8I9j0K1l2M3n4", "msg_01XFDUDYJgAACzvnptvVoYEL", "3f2b8a1c-9d4e-4f6a-8b7c-1d2e3f4a5b6c"),
    *("asia-southeast1", "hf_hub/model", "bearer-service", "key-management-service", "api keys of the team"),
]


@pytest.mark.parametrize("text", SECRETS)
def test_key_is_told_and_goes_nowhere(text: str) -> None:
    assert holds_secret(text)
    assert values.text(text) is None
    answer = RESOLVER.resolve(text)
    assert isinstance(answer, Unresolved)
    assert answer.reason == "not_an_id"


@pytest.mark.parametrize("text", NAMES)
def test_name_is_no_key(text: str) -> None:
    assert not holds_secret(text)


def test_no_text_of_the_catalog_or_the_sample_of_ids_is_a_key() -> None:
    with (Path(__file__).parent / "data" / "model_ids.csv").open(newline="", encoding="utf-8") as file:
        known = [row["raw_id"] for row in csv.DictReader(file)]
    for path in SHIPPED.glob("*.yaml"):
        known += re.findall(r"[^\s{}\[\],]+", path.read_text())
    assert len(known) > 10_000
    assert [text for text in known if holds_secret(text)] == []


def test_nothing_shorter_than_the_shortest_is_a_key() -> None:
    shortest = ["Basic" + " " + "a1" * 4, "sk-" + "a" * 11 + "1", "Bearer " + "a" * 8]
    assert min(len(text) for text in shortest if holds_secret(text)) == SHORTEST_SECRET
