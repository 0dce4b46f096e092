"""Settings from the environment: what is told about one that cannot be used."""

import pytest
from pydantic import ValidationError

from service.config.settings import Settings, problems_of


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({"web_port": "abc"}, "LASTCALL_WEB_PORT: 'abc' is not a whole number", id="no number"),
        pytest.param({"web_port": "70000"}, "LASTCALL_WEB_PORT: '70000' must be 65535 or less", id="too much"),
        pytest.param({"database_pool": "0"}, "LASTCALL_DATABASE_POOL: '0' must be 1 or more", id="too little"),
        pytest.param({"flush_seconds": "soon"}, "LASTCALL_FLUSH_SECONDS: 'soon' is not a number", id="a word"),
        pytest.param({"flush_seconds": "0"}, "LASTCALL_FLUSH_SECONDS: '0' must be more than 0", id="none at all"),
        pytest.param(
            {"log_format": "xml"}, "LASTCALL_LOG_FORMAT: 'xml' must be 'auto', 'console' or 'json'", id="choice"
        ),
        pytest.param(
            {"database_url": "mysql://root:pw@db/x"},
            "LASTCALL_DATABASE_URL: mysql:// is not PostgreSQL: postgresql://user:password@host:port/name",
            id="another database",
        ),
        pytest.param(
            {"database_url": "db.example"},
            "LASTCALL_DATABASE_URL: is not a URL: postgresql://user:password@host:port/name",
            id="no scheme",
        ),
        pytest.param(
            {"keep_hourly_days": "200", "keep_daily_days": "100"},
            "LASTCALL_KEEP_DAILY_DAYS: 100 is less than LASTCALL_KEEP_HOURLY_DAYS, which is 200",
            id="days that go before their hours",
        ),
        pytest.param({"slack_token": b"\xff"}, "LASTCALL_SLACK_TOKEN: is invalid", id="a secret is not shown"),
    ],
)
def test_variable_that_cannot_be_used_is_told_in_plain_words(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate(given)
    assert problems_of(raised.value) == [told]


def test_all_variables_that_cannot_be_used_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LASTCALL_WEB_PORT", "abc")
    monkeypatch.setenv("LASTCALL_LOG_LEVEL", "loud")
    with pytest.raises(ValidationError) as raised:
        Settings()
    assert problems_of(raised.value) == [
        "LASTCALL_WEB_PORT: 'abc' is not a whole number",
        "LASTCALL_LOG_LEVEL: 'loud' must be 'debug', 'info', 'warning' or 'error'",
    ]
