"""The foundation models of AWS Bedrock in one region, with requests signed by AWS Signature Version 4.

Fields as in botocore 1.44.8, bedrock 2023-04-20: ListFoundationModels, FoundationModelLifecycle.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec
from pydantic import SecretStr
from yarl import URL

from service.adapters.sources.listing import Page, Provider
from service.adapters.sources.source import utc_day
from service.core.catalog.finding import Finding
from service.core.catalog.lifecycle import Shutdown

_ALGORITHM = "AWS4-HMAC-SHA256"
_NO_BODY = hashlib.sha256(b"").hexdigest()
_UNRESERVED = "-_.~"


class _Lifecycle(msgspec.Struct, rename="camel"):
    status: str
    """ACTIVE or LEGACY."""
    start_of_life_time: str | None = None
    legacy_time: str | None = None
    end_of_life_time: str | None = None


class _Model(msgspec.Struct, rename="camel"):
    model_id: str
    model_lifecycle: _Lifecycle | None = None


class _Models(msgspec.Struct, rename="camel"):
    model_summaries: tuple[_Model, ...]


def read_models(body: bytes, now: datetime) -> Page:
    models = msgspec.json.decode(body, type=_Models).model_summaries
    return Page(tuple(_finding(model, now) for model in models))


def _finding(model: _Model, now: datetime) -> Finding:
    """The end of an active model is the earliest one: AWS announces an end by making the model legacy."""
    lifecycle = model.model_lifecycle or _Lifecycle("ACTIVE")
    is_legacy = lifecycle.status == "LEGACY"
    legacy = utc_day(lifecycle.legacy_time) if lifecycle.legacy_time else None
    end = utc_day(lifecycle.end_of_life_time) if lifecycle.end_of_life_time else None
    planned = Shutdown(end, "exact" if end else "unknown")
    promised = Shutdown.earliest(end) if end else None
    return Finding(
        "aws-bedrock",
        model.model_id,
        released=utc_day(lifecycle.start_of_life_time) if lifecycle.start_of_life_time else None,
        announced=legacy if is_legacy and legacy and legacy <= now.date() else None,
        shutdown=planned if is_legacy else promised,
        in_service=True,
    )


def region_provider(region: str) -> Provider:
    return Provider(
        "bedrock",
        f"https://bedrock.{region}.amazonaws.com/foundation-models",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle.html",
        "Set LASTCALL_AWS_ACCESS_KEY_ID and LASTCALL_AWS_SECRET_ACCESS_KEY to keys with the permission"
        " bedrock:ListFoundationModels.",
        read_models,
    )


@dataclass(frozen=True, slots=True)
class AwsKeys:
    access_key_id: str
    secret_access_key: SecretStr
    session_token: SecretStr | None = None
    """Of temporary keys."""


class Signer:
    """Signs GET requests without a body.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """

    def __init__(self, keys: AwsKeys, region: str, service: str = "bedrock") -> None:
        self._keys, self._region, self._service = keys, region, service

    async def __call__(self, url: URL, now: datetime) -> Mapping[str, str]:
        return self.headers(url, now)

    def headers(self, url: URL, now: datetime) -> dict[str, str]:
        time = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        signed = {"host": _host(url), "x-amz-date": time}
        if self._keys.session_token is not None:
            signed["x-amz-security-token"] = self._keys.session_token.get_secret_value()
        names = ";".join(signed)
        query = "&".join(sorted(f"{_quoted(name)}={_quoted(value)}" for name, value in url.query.items()))
        lines = [f"{name}:{value}" for name, value in signed.items()]
        request = "\n".join(["GET", quote(url.raw_path, safe="/" + _UNRESERVED), query, *lines, "", names, _NO_BODY])
        scope = f"{time[:8]}/{self._region}/{self._service}/aws4_request"
        text = "\n".join([_ALGORITHM, time, scope, hashlib.sha256(request.encode()).hexdigest()])
        signature = self._sign(scope, text)
        credential = f"{self._keys.access_key_id}/{scope}"
        authorization = f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
        return {name: value for name, value in signed.items() if name != "host"} | {"Authorization": authorization}

    def _sign(self, scope: str, text: str) -> str:
        key = b"AWS4" + self._keys.secret_access_key.get_secret_value().encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


def _host(url: URL) -> str:
    return url.host_port_subcomponent or ""


def _quoted(text: str) -> str:
    return quote(text, safe=_UNRESERVED)
