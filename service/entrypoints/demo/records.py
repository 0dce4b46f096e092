"""Calls -> Kafka records, in the formats of an OpenTelemetry Collector, a LiteLLM proxy and Kong's kafka-log plugin."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from service.entrypoints.demo.company import Route

ENVIRONMENT = "production"


@dataclass(frozen=True, slots=True)
class SimulatedCall:
    """A simulated call."""

    service: str
    team: str | None
    at: datetime
    provider: str
    model: str
    served: str | None
    """None: the call failed because the model is gone."""
    input_tokens: int
    output_tokens: int
    latency_ms: int

    @property
    def id(self) -> str:
        return hashlib.blake2b(f"{self.service}{self.at.isoformat()}".encode(), digest_size=12).hexdigest()


HOSTS = {
    "openai": "api.openai.com",
    "anthropic": "api.anthropic.com",
    "gemini": "generativelanguage.googleapis.com",
}
GONE = "The model `{}` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations"
SPANS_A_RECORD = 32

Value = tuple[bytes, bytes]
"""Key and value of a Kafka record."""


def encode(route: Route, calls: Iterable[SimulatedCall]) -> Iterator[Value]:
    """Records of one service's calls; OpenTelemetry packs several calls into a record, a gateway writes one record per
    call."""
    match route:
        case "otlp_spans":
            batch = list(calls)
            for start in range(0, len(batch), SPANS_A_RECORD):
                yield _otlp(batch[start : start + SPANS_A_RECORD])
        case "litellm":
            yield from ((call.service.encode(), msgspec.json.encode(_litellm(call))) for call in calls)
        case "kong":
            yield from ((call.service.encode(), msgspec.json.encode(_kong(call))) for call in calls)


def _otlp(calls: list[SimulatedCall]) -> Value:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    first = calls[0]
    _attributes(
        resource.resource.attributes,
        {"service.name": first.service, "deployment.environment.name": ENVIRONMENT},
    )
    scope = resource.scope_spans.add()
    scope.scope.name = "opentelemetry.instrumentation.openai_v2"
    for call in calls:
        start = int(call.at.timestamp() * 1e9)
        span = scope.spans.add(
            trace_id=bytes.fromhex(call.id + "0" * 8),
            span_id=bytes.fromhex(call.id[:16]),
            name=f"chat {call.model}",
            kind=Span.SpanKind.SPAN_KIND_CLIENT,
            start_time_unix_nano=start,
            end_time_unix_nano=start + call.latency_ms * 1_000_000,
        )
        attributes: dict[str, str | int] = {
            "gen_ai.operation.name": "embeddings" if "embedding" in call.model else "chat",
            "gen_ai.provider.name": call.provider,
            "gen_ai.request.model": call.model,
            "server.address": HOSTS[call.provider],
        }
        if call.served is None:
            attributes["error.type"] = "NotFoundError"
            span.status.code = Status.StatusCode.STATUS_CODE_ERROR
            span.status.message = (
                f"Error code: 404 - {{'error': {{'message': '{GONE.format(call.model)}', "
                "'type': 'invalid_request_error', 'param': None, 'code': 'model_not_found'}}"
            )
        else:
            attributes |= {
                "gen_ai.response.model": call.served,
                "gen_ai.response.id": f"chatcmpl-{call.id}",
                "gen_ai.usage.input_tokens": call.input_tokens,
                "gen_ai.usage.output_tokens": call.output_tokens,
            }
        _attributes(span.attributes, attributes)
    return first.service.encode(), request.SerializeToString()


def _attributes(target: Any, values: dict[str, str | int]) -> None:
    for key, value in values.items():
        attribute: KeyValue = target.add(key=key)
        if isinstance(value, int):
            attribute.value.int_value = value
        else:
            attribute.value.string_value = value


def _litellm(call: SimulatedCall) -> dict[str, Any]:
    start = call.at.timestamp()
    failed = call.served is None
    return {
        "id": f"chatcmpl-{call.id}",
        "trace_id": call.id,
        "litellm_call_id": call.id,
        "call_type": "acompletion",
        "stream": False,
        "status": "failure" if failed else "success",
        "custom_llm_provider": call.provider,
        "total_tokens": 0 if failed else call.input_tokens + call.output_tokens,
        "prompt_tokens": 0 if failed else call.input_tokens,
        "completion_tokens": 0 if failed else call.output_tokens,
        "startTime": start,
        "endTime": start + call.latency_ms / 1000,
        "response_time": call.latency_ms / 1000,
        "model": f"{call.provider}/{call.model}",
        "model_group": call.model,
        "api_base": f"https://{HOSTS[call.provider]}",
        "metadata": {
            "user_api_key_alias": call.service,
            "user_api_key_team_alias": call.team,
            "requester_custom_headers": {"x-service-name": call.service},
        },
        "cache_hit": False,
        "request_tags": [f"env:{ENVIRONMENT}"],
        "messages": None,
        "response": {} if failed else {"id": f"chatcmpl-{call.id}", "model": call.served},
        "error_str": f"litellm.NotFoundError: OpenAIException - {GONE.format(call.model)}" if failed else None,
        "error_information": {
            "error_code": "404" if failed else "",
            "error_class": "NotFoundError" if failed else "",
            "error_message": GONE.format(call.model) if failed else "",
        },
    }


def _kong(call: SimulatedCall) -> dict[str, Any]:
    failed = call.served is None
    status = 404 if failed else 200
    return {
        "request": {"id": call.id, "uri": "/ai/v1/chat/completions", "method": "POST", "headers": {}},
        "response": {"status": status, "headers": {"content-type": "application/json"}},
        "upstream_status": str(status),
        "latencies": {"kong": 3, "proxy": call.latency_ms, "request": call.latency_ms + 4},
        "consumer": {"username": call.service, "custom_id": f"svc:{call.service}"},
        "service": {"name": "ai-chat"},
        "route": {"name": "ai-chat-route"},
        "started_at": int(call.at.timestamp() * 1000),
        "workspace_name": ENVIRONMENT,
        "ai": {
            "proxy": {
                "meta": {
                    "provider_name": call.provider,
                    "request_model": call.model,
                    "response_model": call.served or call.model,
                    "llm_latency": call.latency_ms,
                    "request_mode": "oneshot",
                },
                "usage": {
                    "prompt_tokens": 0 if failed else call.input_tokens,
                    "completion_tokens": 0 if failed else call.output_tokens,
                    "total_tokens": 0 if failed else call.input_tokens + call.output_tokens,
                },
            }
        },
    }
