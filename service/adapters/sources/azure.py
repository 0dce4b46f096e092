"""The models of an Azure account, from Azure Resource Manager.

Fields as in azure-mgmt-cognitiveservices 14.1.0: AccountModel, ModelDeprecationInfo, ReplacementConfig.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from pydantic import SecretStr
from yarl import URL

from service.adapters.sources.http import Http
from service.adapters.sources.listing import UNREADABLE, Page, Provider
from service.adapters.sources.source import Failed, utc_day
from service.core.catalog.finding import Finding
from service.core.catalog.lifecycle import Shutdown

LOGIN = "https://login.microsoftonline.com"
MANAGEMENT = "https://management.azure.com"
API_VERSION = "2025-09-01"
_CREDENTIAL = (
    "Set LASTCALL_AZURE_TENANT_ID, LASTCALL_AZURE_CLIENT_ID and LASTCALL_AZURE_CLIENT_SECRET to an application that has"
    " the role Reader on the account."
)
_DATED = re.compile(r"\d{4}(-\d{2}-\d{2}(-preview)?)?")
"""A version that is part of the id: gpt-4o-2024-08-06, gpt-35-turbo-0301. Others are numbers: 1, 2."""


class _Deprecation(msgspec.Struct):
    inference: str | None = None
    deprecation_status: str | None = msgspec.field(name="deprecationStatus", default=None)
    """Planned: a confirmed day. Tentative: an estimate."""


class _Replacement(msgspec.Struct, rename="camel"):
    target_model_name: str | None = None
    target_model_version: str | None = None


class _Model(msgspec.Struct, rename="camel"):
    name: str
    format: str | None = None
    """OpenAI: a model of Azure OpenAI. Others are of Azure AI Foundry."""
    version: str | None = None
    is_default_version: bool | None = None
    lifecycle_status: str | None = None
    deprecation: _Deprecation | None = None
    replacement_config: _Replacement | None = None


class _Models(msgspec.Struct, rename="camel"):
    value: tuple[_Model, ...]
    next_link: str | None = None


class _Token(msgspec.Struct):
    access_token: str
    expires_in: int


def read_models(body: bytes, _now: datetime) -> Page:
    answer = msgspec.json.decode(body, type=_Models)
    findings = (finding for model in answer.value if (finding := _finding(model)))
    return Page(tuple(dict.fromkeys(findings)), answer.next_link or None)


def _finding(model: _Model) -> Finding | None:
    """None: another version of a Foundry model, whose requests name no version."""
    is_openai = model.format == "OpenAI"
    if not is_openai and model.is_default_version is False:
        return None
    deprecation, following = model.deprecation, model.replacement_config
    is_estimate = deprecation is not None and deprecation.deprecation_status != "Planned"
    return Finding(
        "azure-openai" if is_openai else "azure-foundry",
        _id(model.name, model.version),
        shutdown=_shutdown(model.lifecycle_status, deprecation),
        replacements=(_id(following.target_model_name, following.target_model_version),)
        if following and following.target_model_name
        else (),
        standing="inferred" if is_estimate else None,
        in_service=model.lifecycle_status != "Deprecated",
    )


def _shutdown(status: str | None, deprecation: _Deprecation | None) -> Shutdown | None:
    """Deprecating: only existing deployments may still use it. Deprecated: retired, calls get status 410."""
    if deprecation is not None and deprecation.inference:
        return Shutdown(utc_day(deprecation.inference), "exact")
    return Shutdown(None, "unknown") if status in {"Deprecating", "Deprecated"} else None


def _id(name: str, version: str | None) -> str:
    return f"{name}-{version}" if version and _DATED.fullmatch(version) else name


def account_provider(account: str) -> Provider:
    """`account` is the resource id: /subscriptions/.../resourceGroups/.../providers/Microsoft.CognitiveServices/..."""
    return Provider(
        "azure",
        f"{MANAGEMENT}{account}/models?api-version={API_VERSION}",
        "https://learn.microsoft.com/en-us/azure/foundry/openai/concepts/model-retirement-schedule",
        _CREDENTIAL,
        read_models,
    )


class AzureLogin:
    """Tokens of an application (OAuth 2 client credentials), each kept until shortly before it ends."""

    def __init__(self, http: Http, tenant: str, client: str, secret: SecretStr, *, login: str = LOGIN) -> None:
        self._http, self._client, self._secret = http, client, secret
        self._url = URL(f"{login}/{tenant}/oauth2/v2.0/token")
        self._token: _Token | None = None
        self._until: datetime | None = None

    async def __call__(self, _url: URL, now: datetime) -> Mapping[str, str] | Failed:
        if self._token is None or self._until is None or now >= self._until:
            token = await self._ask()
            if isinstance(token, Failed):
                return token
            self._token, self._until = token, now + timedelta(seconds=token.expires_in - 60)
        return {"Authorization": f"Bearer {self._token.access_token}"}

    async def _ask(self) -> _Token | Failed:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client,
            "client_secret": self._secret.get_secret_value(),
            "scope": f"{MANAGEMENT}/.default",
        }
        document = await self._http.post(self._url, form, credential=_CREDENTIAL)
        if isinstance(document, Failed):
            return Failed("http_400", _CREDENTIAL, is_refusal=True) if document.reason == "http_400" else document
        try:
            return msgspec.json.decode(document.body, type=_Token)
        except msgspec.MsgspecError:
            return UNREADABLE
