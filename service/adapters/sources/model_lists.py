"""The lists of models of OpenAI, Anthropic, Mistral, Gemini and Cohere, with the company's own key.

Fields as in the providers' Python packages: openai 3.57.0, anthropic 2.14.0, mistralai 3.7.0, google-genai 3.6.1,
cohere 7.3.1.
"""

from datetime import date, datetime
from typing import Literal
from urllib.parse import urlencode

import msgspec

from service.adapters.sources.listing import Page, Provider
from service.adapters.sources.source import utc_day
from service.core.catalog.finding import Finding
from service.core.catalog.lifecycle import Shutdown

_UNDATED = Shutdown(None, "unknown")


class _OpenaiModel(msgspec.Struct):
    """openai.types.Model"""

    id: str
    shutdown_date: str | None = None


class _OpenaiList(msgspec.Struct):
    data: tuple[_OpenaiModel, ...]


def read_openai(body: bytes, _now: datetime) -> Page:
    """Fine-tunes are left out: they end with their base model, and their names are the company's own."""
    models = msgspec.json.decode(body, type=_OpenaiList).data
    return Page(
        tuple(
            Finding("openai-api", model.id, shutdown=_exact(model.shutdown_date))
            for model in models
            if not model.id.startswith("ft:")
        )
    )


class _AnthropicModel(msgspec.Struct):
    """anthropic.types.ModelInfo"""

    id: str
    lifecycle: Literal["active", "deprecated", "retired"]
    created_at: str | None = None
    """1970 if the release is not known."""
    deprecated_at: str | None = None
    retires_at: str | None = None


class _AnthropicList(msgspec.Struct):
    data: tuple[_AnthropicModel, ...]
    has_more: bool = False
    last_id: str | None = None


_ANTHROPIC_QUERY = [("limit", "1000"), *(("lifecycle", stage) for stage in ("active", "deprecated", "retired"))]


def read_anthropic(body: bytes, _now: datetime) -> Page:
    """`retires_at` in the past is no end unless `lifecycle` is retired: the retirement is overdue."""
    answer = msgspec.json.decode(body, type=_AnthropicList)
    following = "?" + urlencode([*_ANTHROPIC_QUERY, ("after_id", answer.last_id)]) if answer.last_id else None
    return Page(tuple(map(_of_anthropic, answer.data)), following if answer.has_more else None)


def _of_anthropic(model: _AnthropicModel) -> Finding:
    released = _day(model.created_at)
    is_going = model.lifecycle != "active"
    return Finding(
        "anthropic-api",
        model.id,
        released=released if released and released.year > 1970 else None,
        announced=_day(model.deprecated_at),
        shutdown=_exact(model.retires_at) or (_UNDATED if is_going else None),
        in_service=model.lifecycle != "retired",
    )


class _MistralModel(msgspec.Struct):
    """mistralai.client.models.BaseModelCard"""

    id: str
    type: str = "base"
    aliases: tuple[str, ...] | None = None
    deprecation: str | None = None
    """The day of removal, as the package words it: "is deprecated and will be removed on"."""
    deprecation_replacement_model: str | None = None


class _MistralList(msgspec.Struct):
    data: tuple[_MistralModel, ...]


def read_mistral(body: bytes, _now: datetime) -> Page:
    """The list has each alias as a model of its own; an alias is of a model only if it is not such a model."""
    models = msgspec.json.decode(body, type=_MistralList).data
    listed = {model.id for model in models}
    return Page(
        tuple(
            Finding(
                "mistral-api",
                model.id,
                aliases=tuple(sorted(set(model.aliases or ()) - listed)),
                shutdown=_exact(model.deprecation),
                replacements=(model.deprecation_replacement_model,) if model.deprecation_replacement_model else (),
            )
            for model in models
            if model.type == "base"
        )
    )


class _GeminiModel(msgspec.Struct):
    """google.genai.types.Model"""

    name: str
    """models/gemini-2.5-pro"""


class _GeminiList(msgspec.Struct):
    models: tuple[_GeminiModel, ...]
    next_page_token: str | None = msgspec.field(name="nextPageToken", default=None)


def read_gemini(body: bytes, _now: datetime) -> Page:
    """The list has no dates: it says which models are in service."""
    answer = msgspec.json.decode(body, type=_GeminiList)
    token = answer.next_page_token
    return Page(
        tuple(Finding("gemini-api", model.name.removeprefix("models/"), in_service=True) for model in answer.models),
        "?" + urlencode({"pageSize": 1000, "pageToken": token}) if token else None,
    )


class _CohereModel(msgspec.Struct):
    """cohere.GetModelResponse"""

    name: str
    is_deprecated: bool | None = None
    finetuned: bool | None = None


class _CohereList(msgspec.Struct):
    models: tuple[_CohereModel, ...]
    next_page_token: str | None = None


def read_cohere(body: bytes, _now: datetime) -> Page:
    """`is_deprecated` has no date."""
    answer = msgspec.json.decode(body, type=_CohereList)
    token = answer.next_page_token
    return Page(
        tuple(
            Finding("cohere-api", model.name, shutdown=_UNDATED if model.is_deprecated else None)
            for model in answer.models
            if not model.finetuned
        ),
        "?" + urlencode({"page_size": 1000, "page_token": token}) if token else None,
    )


def _day(given: str | None) -> date | None:
    return utc_day(given) if given else None


def _exact(given: str | None) -> Shutdown | None:
    day = _day(given)
    return None if day is None else Shutdown(day, "exact")


OPENAI = Provider(
    "openai",
    "https://api.openai.com/v1/models",
    "https://developers.openai.com/api/docs/deprecations",
    "Set LASTCALL_OPENAI_API_KEY to a key that may list models.",
    read_openai,
    frozenset({"openai-api"}),
)
ANTHROPIC = Provider(
    "anthropic",
    "https://api.anthropic.com/v1/models?" + urlencode(_ANTHROPIC_QUERY),
    "https://platform.claude.com/docs/en/about-claude/model-deprecations",
    "Set LASTCALL_ANTHROPIC_API_KEY to a valid key.",
    read_anthropic,
    frozenset({"anthropic-api"}),
)
MISTRAL = Provider(
    "mistral",
    "https://api.mistral.ai/v1/models",
    "https://docs.mistral.ai/getting-started/models",
    "Set LASTCALL_MISTRAL_API_KEY to a valid key.",
    read_mistral,
    frozenset({"mistral-api"}),
)
GEMINI = Provider(
    "gemini",
    "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000",
    "https://ai.google.dev/gemini-api/docs/deprecations",
    "Set LASTCALL_GEMINI_API_KEY to a valid key.",
    read_gemini,
    frozenset({"gemini-api"}),
)
COHERE = Provider(
    "cohere",
    "https://api.cohere.com/v1/models?page_size=1000",
    "https://docs.cohere.com/docs/deprecations",
    "Set LASTCALL_COHERE_API_KEY to a valid key.",
    read_cohere,
    frozenset({"cohere-api"}),
)
