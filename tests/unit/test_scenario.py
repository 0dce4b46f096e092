"""scenario.yaml: what is read, what is refused, and how its use goes on."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from service.adapters.catalog.files import LoadedCatalog, load_catalog
from service.config.located import ConfigError
from service.config.scenario import ScenarioFile, load_scenario, scenario_schema
from service.core.scenario import CallSpan, Shape, Use, lifecycle
from tests.builders import make_deprecation, make_world

SERVICE = "services:\n  - service: cart\n    platform: openai-api\n    model: gpt-4.5-preview\n    calls: "


@pytest.fixture(scope="module")
def loaded() -> LoadedCatalog:
    return load_catalog()


def load(folder: Path, loaded: LoadedCatalog, text: str) -> ScenarioFile:
    file = folder / "scenario.yaml"
    file.write_text(text)
    return load_scenario(file, make_world())


def make_use(*spans: CallSpan, moves: tuple[tuple[date, date], ...] = ()) -> Use:
    return Use("cart", "", spans, lifecycle(make_deprecation(), moves))


@pytest.mark.parametrize(
    ("shape", "calls"),
    [
        pytest.param("flat", [60, 60, 60, 60, 60, 60, 60], id="the same each day"),
        pytest.param("weekly", [60, 60, 60, 60, 60, 0, 0], id="none at the weekend"),
        pytest.param("linear", [60, 50, 40, 30, 20, 10, 0], id="down to nothing on the last day"),
    ],
)
def test_shape_says_how_the_calls_go(shape: Shape, calls: list[int]) -> None:
    span = CallSpan(60, date(2025, 6, 2), date(2025, 6, 8), shape)
    assert [span.calls_on(date(2025, 6, day)) for day in range(2, 9)] == calls
    assert (span.calls_on(date(2025, 6, 1)), span.calls_on(date(2025, 6, 9))) == (0, 0)


def test_linear_span_of_one_day_has_its_first_calls() -> None:
    assert CallSpan(60, date(2025, 6, 2), date(2025, 6, 2), "linear").calls_on(date(2025, 6, 2)) == 60


def test_overlapping_spans_add_up() -> None:
    use = make_use(CallSpan(10, date(2025, 6, 1)), CallSpan(5, date(2025, 6, 2), date(2025, 6, 2)))
    exposure = use.as_of(datetime(2025, 6, 3, 12, tzinfo=UTC))
    assert exposure is not None
    assert [day.calls for day in exposure.days] == [10, 15, 10]
    assert (exposure.first_at, exposure.last_at) == (
        datetime(2025, 6, 1, tzinfo=UTC),
        datetime(2025, 6, 3, 12, tzinfo=UTC),
    )


def test_next_call_is_after_the_pause() -> None:
    use = make_use(CallSpan(10, date(2025, 6, 2), date(2025, 6, 13), "weekly"), CallSpan(1, date(2025, 6, 30)))
    friday, last = datetime(2025, 6, 6, 9, tzinfo=UTC), datetime(2025, 6, 13, 9, tzinfo=UTC)
    assert use.next_call(friday) == datetime(2025, 6, 9, tzinfo=UTC)
    assert use.next_call(last) == datetime(2025, 6, 30, tzinfo=UTC)
    assert make_use(CallSpan(10, date(2025, 6, 2), date(2025, 6, 13))).next_call(last) is None


def test_calls_fail_from_the_shutdown_that_was_known_on_the_day() -> None:
    use = make_use(CallSpan(10, date(2025, 7, 12)), moves=((date(2025, 7, 16), date(2025, 8, 14)),))
    exposure = use.as_of(datetime(2025, 7, 17, tzinfo=UTC))
    assert exposure is not None
    assert [day.end_of_life for day in exposure.days] == [0, 0, 10, 10, 0, 0]
    assert exposure.deadline == date(2025, 8, 14)


def test_move_announces_what_was_not_announced() -> None:
    record = make_deprecation(announced=None, shutdown_on=None, precision="unknown", replacements=())
    before, after = lifecycle(record, [(date(2025, 6, 2), date(2025, 9, 1))])
    assert not before.deprecation.is_deprecated
    assert (after.deprecation.announced, after.deprecation.shutdown.deadline) == (date(2025, 6, 2), date(2025, 9, 1))


def test_model_may_have_any_spelling(tmp_path: Path, loaded: LoadedCatalog) -> None:
    text = SERVICE.replace("gpt-4.5-preview", "openai/gpt-4.5-preview") + "[{since: 2025-03-01, a_day: 9}]"
    (use,) = load(tmp_path, loaded, text).scenario.uses
    assert use.lifecycle[0].deprecation.shutdown.deadline == date(2025, 7, 14)
    assert use.spans == (CallSpan(9, date(2025, 3, 1)),)


def test_span_of_the_scenario_ends_two_weeks_after_the_last_shutdown(tmp_path: Path, loaded: LoadedCatalog) -> None:
    scenario = load(tmp_path, loaded, SERVICE + "[{since: 2025-03-01, a_day: 9}]").scenario
    assert (scenario.first_day, scenario.last_day) == (date(2025, 3, 1), date(2025, 7, 28))


def test_owner_of_the_file_says_its_line(tmp_path: Path, loaded: LoadedCatalog) -> None:
    text = SERVICE + "[{since: 2025-03-01, a_day: 9}]\nowners:\n  - {services: [cart], team: shop}\n"
    (rule,) = load(tmp_path, loaded, text).owners
    assert (rule.owner.team, rule.owner.rule) == ("shop", "owners[0], scenario.yaml:7")


def test_schema_is_one() -> None:
    Draft202012Validator.check_schema(scenario_schema())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("services: []", r":1: services: the list is empty\. Add at least one entry", id="nobody"),
        pytest.param(SERVICE + "[]", r":5: services\[0\]\.calls: the list is empty", id="no calls"),
        pytest.param(
            SERVICE + "[{since: 2025-02-30, a_day: 1}]", r":5: .*since: '2025-02-30' is not a day\. Write", id="no day"
        ),
        pytest.param(
            SERVICE + "[{since: 2025-03-01, a_day: many}]", r":5: .*a_day: 'many' is not a whole number", id="no number"
        ),
        pytest.param(
            SERVICE + "[{since: 2025-03-01, a_day: -1}]", r"a_day: -1 is less than 0\. Write 0 or more", id="negative"
        ),
        pytest.param(
            SERVICE + "[{since: 2025-03-02, until: 2025-03-01, a_day: 1}]",
            r":5: .*until: 2025-03-01 is before 2025-03-02\. Swap the two",
            id="backwards",
        ),
        pytest.param(
            SERVICE + "[{since: 2025-03-02, a_day: 1, shape: linear}]",
            r":5: services\[0\]\.calls\[0\]: a linear span needs an end\. Add `until:`",
            id="linear for ever",
        ),
        pytest.param(
            SERVICE + "[{since: 2025-03-02, a_day: 1, then: 1}]", r"only a linear span has a `then`", id="flat then"
        ),
        pytest.param(
            SERVICE + "[{since: 2025-03-02, a_day: 1, shape: wekly}]", r"Did you mean 'weekly'\?", id="near shape"
        ),
        pytest.param(
            SERVICE + "[{since: 1066-10-14, a_day: 1}]",
            r"since: the year 1066 is out of range\. Use 2000 to 2199",
            id="old",
        ),
        pytest.param(
            SERVICE.replace("gpt-4.5-preview", "gpt-4.5-previw") + "[{since: 2025-03-02, a_day: 1}]",
            r":4: .*model: 'gpt-4.5-previw' is not a model of openai-api that lastcall knows\. Did you mean 'gpt-4",
            id="no model",
        ),
        pytest.param(
            SERVICE.replace("openai-api", "openai-ap") + "[{since: 2025-03-02, a_day: 1}]",
            r":3: .*platform: 'openai-ap' is not a platform\. Did you mean 'openai-api'\?",
            id="no platform",
        ),
        pytest.param(
            SERVICE + "[{since: 2025-03-02, a_day: 1}]\n"
            "dates: [{since: 2025-06-01, platform: openai-api, model: o3, shutdown: 2025-07-01}]",
            r":6: dates\[0\]\.model: no service here calls o3 of openai-api",
            id="a date of nobody's model",
        ),
        pytest.param(
            SERVICE + "[{since: 2025-03-02, a_day: 1}]\nowners: [{services: [cart], team: a, timezone: Mars}]",
            r":6: owners\[0\]\.timezone: 'Mars' is not a time zone",
            id="an owner's zone",
        ),
        pytest.param(
            SERVICE + "[{since: 2025-03-02, a_day: 1}]\nowners: [{team: a}]", r":6: owners\[0\]: 'services'", id="owner"
        ),
    ],
)
def test_error_names_line_what_and_remedy(tmp_path: Path, loaded: LoadedCatalog, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(tmp_path, loaded, text)


def test_all_problems_are_told_at_once(tmp_path: Path, loaded: LoadedCatalog) -> None:
    text = SERVICE.replace("openai-api", "openai") + "[{since: 2025-03-02, until: 2025-03-01, a_day: x}]"
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, loaded, text)
    assert [problem.line for problem in raised.value.problems] == [3, 5, 5]
