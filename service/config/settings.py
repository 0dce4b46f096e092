"""Settings from the environment. Secrets come from here or from files, never from lastcall.yaml."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.core.retention import Retention

DEFAULT_FILE = Path("lastcall.yaml")


class Settings(BaseSettings):
    """One variable `LASTCALL_<NAME>` per field, or a file of that name below `LASTCALL_SECRETS_DIR`."""

    model_config = SettingsConfigDict(env_prefix="LASTCALL_", extra="ignore", frozen=True)

    config: Path | None = Field(
        None, description="lastcall.yaml: owners, policies, topics. Default: ./lastcall.yaml if there is one."
    )
    data_dir: Path | None = Field(
        None, description="Folder of the embedded PostgreSQL. Default: the user's state directory."
    )

    database_url: SecretStr | None = Field(
        None, description="postgresql://user:password@host:port/name. Unset: embedded PostgreSQL."
    )
    database_pool: int = Field(5, ge=1, le=100, description="Maximum number of connections per process.")

    kafka_bootstrap_servers: str | None = Field(None, description="host:port[,host:port]. Unset: embedded broker.")
    kafka_topics: str = Field("lastcall", description="Topics to read, comma separated, if lastcall.yaml names none.")
    kafka_group: str = Field("lastcall", description="Consumer group.")
    kafka_dead_letter_topic: str = Field(
        "lastcall-dead-letters",
        description="Topic for the bytes of rejected records. If missing, created with the broker's defaults.",
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_ssl_ca: Path | None = Field(None, description="CA bundle that verifies the brokers.")
    kafka_ssl_cert: Path | None = Field(None, description="Client certificate.")
    kafka_ssl_key: Path | None = Field(None, description="Key of the client certificate.")

    flush_seconds: float = Field(0.5, gt=0, le=60, description="Longest time between counting a call and writing it.")
    flush_keys: int = Field(20_000, ge=1, description="Number of distinct (series, hour) pairs that triggers a write.")
    rejection_limit: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of rejected records, among the last thousand or more, that stops the consumer. 1: never.",
    )

    keep_hourly_days: int = Field(
        42, ge=35, le=3650, description="Minimum age in days at which hours of use are deleted, by whole months."
    )
    keep_daily_days: int = Field(400, ge=90, le=3650, description="Days for which days of use are kept.")
    keep_notifications_days: int = Field(
        400,
        ge=28,
        le=3650,
        description="Days for which notifications, messages and digests are kept after their campaign is closed.",
    )
    keep_rejections_days: int = Field(
        90, ge=14, le=3650, description="Days for which counts of rejected and passed-over records are kept."
    )
    keep_conditions_days: int = Field(
        90, ge=1, le=3650, description="Days for which conditions are kept after they end."
    )

    slack_token: SecretStr | None = Field(
        None, description="Bot token (xoxb-...). Unset: messages go to the outbox page and the terminal."
    )
    slack_api_url: str = Field("https://slack.com/api/", description="URL of another Slack server.")

    backstage_token: SecretStr | None = Field(None, description="Bearer token of the Backstage catalog's API.")
    pagerduty_token: SecretStr | None = Field(None, description="API key of PagerDuty; a read-only key is sufficient.")

    openai_api_key: SecretStr | None = Field(None, description="Key that may list the models of OpenAI.")
    anthropic_api_key: SecretStr | None = Field(None, description="Key that may list the models of Anthropic.")
    mistral_api_key: SecretStr | None = Field(None, description="Key that may list the models of Mistral.")
    gemini_api_key: SecretStr | None = Field(None, description="Key that may list the models of the Gemini API.")
    cohere_api_key: SecretStr | None = Field(None, description="Key that may list the models of Cohere.")
    azure_account: str | None = Field(
        None,
        pattern=r"^/subscriptions/[^/?#]+/resourceGroups/[^/?#]+/providers/Microsoft\.CognitiveServices/accounts/[^/?#]+$",
        description="Resource id of the Azure account whose models are listed.",
    )
    azure_tenant_id: str | None = Field(None, pattern=r"^[\w.-]+$", description="Tenant of the application below.")
    azure_client_id: str | None = Field(None, description="Application with the role Reader on the account.")
    azure_client_secret: SecretStr | None = Field(None, description="Secret of the application.")
    aws_region: str | None = Field(
        None, pattern="^[a-z0-9-]+$", description="Region whose Bedrock models are listed: us-east-1."
    )
    aws_access_key_id: str | None = Field(None, description="Key with the permission bedrock:ListFoundationModels.")
    aws_secret_access_key: SecretStr | None = Field(None, description="Secret of this key.")
    aws_session_token: SecretStr | None = Field(None, description="Session token, if the key is temporary.")

    web_host: str = Field("127.0.0.1", description="Listen address of the page and the API.")
    web_port: int = Field(8080, ge=0, le=65535, description="0: any free port.")
    api_token: SecretStr | None = Field(
        None, description="Bearer token of the API and the page. Required unless web_host is loopback."
    )
    public_url: str | None = Field(None, description="Public URL of the page, for links in messages.")

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "console", "json"] = "auto"

    @field_validator("database_url")
    @classmethod
    def _is_of_postgresql(cls, url: SecretStr | None) -> SecretStr | None:
        scheme, found, _ = url.get_secret_value().partition("://") if url is not None else ("postgresql", "://", "")
        if not found:
            raise ValueError("is not a URL: postgresql://user:password@host:port/name")
        if scheme.partition("+")[0] not in {"postgresql", "postgres"}:
            raise ValueError(f"{scheme}:// is not PostgreSQL: postgresql://user:password@host:port/name")
        return url

    @field_validator("keep_daily_days")
    @classmethod
    def _outlives_hours(cls, days: int, info: ValidationInfo) -> int:
        if days < (hourly := info.data.get("keep_hourly_days", 0)):
            raise ValueError(f"{days} is less than LASTCALL_KEEP_HOURLY_DAYS, which is {hourly}")
        return days

    @field_validator("slack_api_url")
    @classmethod
    def _ends_with_slash(cls, url: str) -> str:
        return url if url.endswith("/") else url + "/"

    @property
    def retention(self) -> Retention:
        return Retention(
            hourly=self.keep_hourly_days,
            daily=self.keep_daily_days,
            notifications=self.keep_notifications_days,
            rejections=self.keep_rejections_days,
            conditions=self.keep_conditions_days,
        )

    @property
    def config_file(self) -> Path | None:
        """The lastcall.yaml to read. None: there is none."""
        return self.config or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)


_WRONG = {
    "int_parsing": "is not a whole number",
    "float_parsing": "is not a number",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than_equal": "must be {le:g} or less",
    "literal_error": "must be {expected}",
}


def problems_of(error: ValidationError) -> list[str]:
    """The invalid variables, each with the reason: `LASTCALL_WEB_PORT: 'abc' is not a whole number`."""
    return [f"LASTCALL_{str(one['loc'][0]).upper()}: {_problem(one)}" for one in error.errors()]


def _problem(one: ErrorDetails) -> str:
    """Quotes the value only if it is not a secret."""
    if one["type"] == "value_error":
        return str(one["ctx"]["error"])
    why = _WRONG.get(one["type"])
    return f"{one['input']!r} {why.format(**one.get('ctx', {}))}" if why else "is invalid"
