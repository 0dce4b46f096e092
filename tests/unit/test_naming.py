"""Which exposure is meant, of those that a service has."""

import pytest

from service.core.exposure import ExposureKey
from service.core.naming import Ambiguous, ExposureNames, Missing, meant, no_such_service

LIVE = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview-2025-02-27")
STAGING = LIVE._replace(environment="staging")
NOWHERE = LIVE._replace(environment="")
FLOATING = ExposureKey("search-api", "production", "openai-api", "gpt-4o")
PINNED = ExposureKey("search-api", "production", "openai-api", "gpt-4o-2024-08-06")
AZURE = FLOATING._replace(platform="azure-openai")


def candidate(key: ExposureKey, *ids: str, spelled: tuple[str, ...] = ()) -> ExposureNames:
    return ExposureNames(key, frozenset({key.model, *ids}), frozenset(spelled))


CANDIDATES = [
    candidate(LIVE, "gpt-4.5-preview", spelled=("gpt-4.5-preview", "openai/GPT-4.5-preview")),
    candidate(STAGING, "gpt-4.5-preview"),
    candidate(NOWHERE, "gpt-4.5-preview"),
    candidate(FLOATING, spelled=("gpt-4o", "prod-chat")),
    candidate(PINNED, spelled=("gpt-4o", "prod-chat")),
    candidate(AZURE),
]


def asked(
    model: str | None = None, environment: str | None = None, platform: str | None = None
) -> ExposureKey | Ambiguous | Missing:
    return meant(CANDIDATES, model=model, environment=environment, platform=platform)


@pytest.mark.parametrize(
    ("named", "key"),
    [
        pytest.param(("gpt-4.5-preview-2025-02-27", "staging"), STAGING, id="canonical"),
        pytest.param(("gpt-4.5-preview", "staging"), STAGING, id="as the platform spells it"),
        pytest.param((" GPT-4.5-Preview ", "staging"), STAGING, id="in any case"),
        pytest.param(("openai/gpt-4.5-preview",), LIVE, id="as its requests spell it"),
        pytest.param(("gpt-4.5-preview", ""), NOWHERE, id="an empty environment is the one without a name"),
        pytest.param(("gpt-4o", None, "openai-api"), FLOATING, id="its own name before those of requests"),
        pytest.param((None, None, "azure-openai"), AZURE, id="whatever tells it from the others"),
    ],
)
def test_names_that_are_enough_find_the_one(named: tuple[str | None, ...], key: ExposureKey) -> None:
    assert asked(*named) == key


def test_name_of_the_service_alone_is_said_to_be_too_little() -> None:
    answer = asked()

    assert isinstance(answer, Ambiguous)
    assert answer.error.endswith("uses of deprecated models.")


def test_several_are_listed_and_none_is_chosen() -> None:
    answer = asked("gpt-4.5-preview")

    assert answer == Ambiguous((NOWHERE, LIVE, STAGING), narrowed=True)
    assert isinstance(answer, Ambiguous)
    assert answer.error == "search-api has 3 matching uses."
    assert answer.remedy == (
        "Specify the model, environment or platform: "
        'gpt-4.5-preview-2025-02-27 in no environment (named "") on openai-api; '
        "gpt-4.5-preview-2025-02-27 in production on openai-api; "
        "gpt-4.5-preview-2025-02-27 in staging on openai-api."
    )


def test_one_name_of_two_models_is_ambiguous_where_it_is_neithers_own() -> None:
    assert asked("prod-chat") == Ambiguous((FLOATING, PINNED), narrowed=True)


def test_a_model_is_never_meant_by_the_beginning_of_its_name() -> None:
    answer = meant(CANDIDATES[:1], model="gpt-4.5", environment=None, platform=None)

    assert answer == Missing(
        "search-api has no matching use.", "It has: gpt-4.5-preview-2025-02-27 in production on openai-api."
    )


def test_a_long_list_says_how_many_it_leaves_out() -> None:
    many = [candidate(LIVE._replace(environment=f"e{n:02}")) for n in range(12)]

    answer = meant(many, model=None, environment=None, platform=None)

    assert isinstance(answer, Ambiguous)
    assert "in e09 on openai-api; and 2 more." in answer.remedy
    assert "e10" not in answer.remedy


@pytest.mark.parametrize(
    ("service", "remedy"),
    [
        pytest.param("serach-api", "Did you mean search-api?", id="misspelled"),
        pytest.param("search-api", "`lastcall due --within 365d` lists the services.", id="known, and not exposed"),
    ],
)
def test_a_service_without_exposures_is_said_to_have_none(service: str, remedy: str) -> None:
    assert no_such_service(service, ["search-api", "billing-run"]) == Missing(
        f"{service} has not called a deprecated model.", remedy
    )
