"""Log events of coding agents: developers call models too.

Each agent writes one event for an answered call and one for a failed call, among many other events.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from service.core.usage import Call, Who
from service.formats.dialects.genai import Telemetry


class _Event(NamedTuple):
    """Names of an agent's attributes that a call is read from."""

    reporter: str
    provider: str
    failed: bool = False
    """True: the event is always a failed call. Otherwise status and error decide."""
    input_tokens: str = "input_token_count"
    output_tokens: str = "output_token_count"
    cached_tokens: str = "cached_content_token_count"
    status: str = "status_code"
    error_text: str = "error"
    providers: Mapping[str, str] = {}
    """Platform by `auth_type`, if the agent reports its sign-in."""


_CLAUDE_CODE = _Event("claude-code", "anthropic", False, "input_tokens", "output_tokens", "cache_read_tokens")
_GEMINI_CLI = _Event("gemini-cli", "google", providers={"vertex-ai": "gcp.vertex_ai"})
_CODEX = _Event("codex", "openai", status="http.response.status_code", error_text="error.message")
_EVENTS: Mapping[str, _Event] = {
    "claude_code.api_request": _CLAUDE_CODE,
    "claude_code.api_error": _CLAUDE_CODE._replace(failed=True),
    "gemini_cli.api_response": _GEMINI_CLI,
    "gemini_cli.api_error": _GEMINI_CLI._replace(failed=True),
    "codex.api_request": _CODEX,
    "codex.websocket_request": _CODEX,
}
"""docs.anthropic.com/en/docs/claude-code/monitoring-usage; google-gemini/gemini-cli docs/cli/telemetry.md;
developers.openai.com/codex/config-advanced, section otel. Codex reports the tokens of a call in another event."""
_ENDPOINT = "endpoint"
_LISTS_MODELS = "/models"
"""Codex uses the same event when it lists models."""
_AUTH_TYPE = "auth_type"
_SCOPES = {"com.anthropic.claude_code": "claude_code"}
"""Scopes whose event names lack the agent's name."""

WANTED = frozenset(
    {"model", "duration_ms", "request_id", _ENDPOINT, _AUTH_TYPE}
    | {one.input_tokens for one in _EVENTS.values()}
    | {one.output_tokens for one in _EVENTS.values()}
    | {one.cached_tokens for one in _EVENTS.values()}
    | {one.status for one in _EVENTS.values()}
    | {one.error_text for one in _EVENTS.values()}
)


def is_call(attributes: Mapping[str, Any]) -> bool:
    """For an event that has a `full_name`."""
    endpoint = attributes.get(_ENDPOINT)
    return not (isinstance(endpoint, str) and endpoint.endswith(_LISTS_MODELS))


def full_name(event: Any, body: Any, scope: str) -> str | None:
    """Full name of a coding agent's event, from its name, its body or its scope."""
    for name in (event, body):
        if isinstance(name, str) and name in _EVENTS:
            return name
    agent = next((agent for start, agent in _SCOPES.items() if scope.startswith(start)), None)
    name = f"{agent}.{event}"
    return name if name in _EVENTS else None


def call_of(name: str, telemetry: Telemetry) -> Call:
    event, attributes = _EVENTS[name], telemetry.attributes
    status, error_text = attributes.get(event.status), attributes.get(event.error_text)
    who = Who(
        format=telemetry.format,
        reporter=event.reporter,
        service=telemetry.caller.service,
        environment=telemetry.caller.environment,
        provider=_provider(event, attributes),
        requested_id=attributes.get("model"),
        operation="chat",
        status=status,
        failed=True if event.failed or error_text else None,
        error_text=error_text if isinstance(error_text, str) else None,
    )
    return Call(
        who,
        telemetry.at,
        attributes.get(event.input_tokens),
        attributes.get(event.output_tokens),
        attributes.get(event.cached_tokens),
        _milliseconds(attributes.get("duration_ms")),
        attributes.get("request_id") or telemetry.trace,
    )


def _provider(event: _Event, attributes: Mapping[str, Any]) -> str | None:
    if not _is_own(attributes.get("model")):
        return None
    auth_type = attributes.get(_AUTH_TYPE)
    return event.providers.get(auth_type, event.provider) if isinstance(auth_type, str) else event.provider


def _is_own(model: Any) -> bool:
    """True: the model has the spelling of its maker's own API, not that of a cloud which the agent may use."""
    return isinstance(model, str) and not any(mark in model for mark in ("@", "/", ":", "anthropic."))


def _milliseconds(value: Any) -> Any:
    return float(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12 else value
