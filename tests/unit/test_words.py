from datetime import UTC, date, datetime

import pytest

from service.core import words


@pytest.mark.parametrize(
    ("n", "said"),
    [
        pytest.param(0, "0", id="nothing"),
        pytest.param(9_999, "9,999", id="small numbers stay exact"),
        pytest.param(10_000, "10 k", id="thousands need no decimals"),
        pytest.param(999_499, "999 k", id="the last of the thousands"),
        pytest.param(999_500, "1.0 M", id="rounding moves up a unit"),
        pytest.param(1_234_567, "1.2 M", id="one decimal below a hundred"),
        pytest.param(99_949_999, "99.9 M", id="the last with a decimal"),
        pytest.param(99_950_000, "100 M", id="a hundred needs none"),
        pytest.param(999_500_000, "1.0 B", id="billions"),
        pytest.param(1_234_000_000_000, "1,234 B", id="there is no unit above"),
    ],
)
def test_short_number_keeps_what_matters(n: int, said: str) -> None:
    assert words.short_number(n) == said


@pytest.mark.parametrize(
    ("days", "said"),
    [(27, "in 27 days"), (2, "in 2 days"), (1, "tomorrow"), (0, "today"), (-1, "yesterday"), (-3, "3 days ago")],
)
def test_distance_is_said_as_people_do(days: int, said: str) -> None:
    assert words.from_now(days) == said


def test_days_and_moments_name_weekday_and_zone() -> None:
    assert words.day(date(2025, 7, 14)) == "Mon 14 Jul 2025"
    assert words.moment(datetime(2025, 6, 17, 8, 2, tzinfo=UTC)) == "Tue 17 Jun 2025, 08:02 UTC"
    assert words.month(date(2025, 7, 1)) == "July 2025"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("announced", "at the announcement"),
        ("-30d", "30 days before the shutdown"),
        ("-1d", "1 day before the shutdown"),
        ("-7bd", "7 business days before the shutdown"),
        ("0d", "on the day of the shutdown"),
        ("+1d", "1 day after the shutdown"),
        ("+0d while failing", "on the day of the shutdown, while calls fail"),
        ("somebody's own", "somebody's own"),
    ],
)
def test_step_is_said_in_words(name: str, said: str) -> None:
    assert words.step(name) == said


def test_what_steps_have_in_common_is_said_once() -> None:
    assert words.steps(["-60d", "-30d", "-14d"]) == "60, 30 or 14 days before the shutdown"
    assert words.steps(["announced", "-60d"]) == "at the announcement or 60 days before the shutdown"
    assert words.steps(["-30d"]) == "30 days before the shutdown"


def test_platform_without_a_display_name_keeps_its_own() -> None:
    assert words.platform_name("openai-api") == "OpenAI API"
    assert words.platform_name("homegrown") == "homegrown"


def test_plural_knows_one() -> None:
    assert words.plural(1, "call") == "1 call"
    assert words.plural(12_400, "call") == "12,400 calls"


def test_repeat_is_said_by_its_rhythm() -> None:
    assert words.repeat(1) == "each day while it is still called"
    assert words.repeat(7) == "every 7 days while it is still called"


@pytest.mark.parametrize(
    ("destination", "said"),
    [
        ("user:ada@example.com", "ada@example.com"),
        ("usergroup:search-oncall", "@search-oncall"),
        ("pagerduty:PSCHED", "on call by PagerDuty schedule PSCHED"),
        ("pagerduty:service/PSERV", "on call by PagerDuty service PSERV"),
        ("#search", "#search"),
        ("U012ABCDE", "U012ABCDE"),
    ],
)
def test_address_is_said_as_people_write_it(destination: str, said: str) -> None:
    assert words.address(destination) == said


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        pytest.param(0.0, "$0.00", id="nothing"),
        pytest.param(0.0004, "less than $0.01", id="below a cent"),
        pytest.param(3.14159, "$3.14", id="cents"),
        pytest.param(309.6, "$310", id="whole dollars"),
        pytest.param(11_593.0, "$11,600", id="three digits that matter"),
    ],
)
def test_dollars(usd: float, said: str) -> None:
    assert words.dollars(usd) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        pytest.param(-0.973, "-97 %", id="less"),
        pytest.param(1.934, "+193 %", id="more"),
        pytest.param(-0.997, "-99.7 %", id="nearly all"),
        pytest.param(-1.0, "-100 %", id="all"),
    ],
)
def test_relative_change(share: float, said: str) -> None:
    assert words.change(share) == said


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        pytest.param(812.0, "812 ms", id="below a second"),
        pytest.param(4_000.0, "4.0 s", id="seconds"),
        pytest.param(75_300.0, "75 s", id="long"),
    ],
)
def test_duration(ms: float, said: str) -> None:
    assert words.duration(ms) == said
