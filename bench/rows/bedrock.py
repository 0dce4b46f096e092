"""Bedrock's model invocation log, as S3 and CloudWatch have it."""

from collections.abc import Iterator
from typing import Any

import msgspec

from bench import calls
from bench.rows.row import Row

_MODELS = ("anthropic.claude-3-opus-20240229-v1:0", "us.amazon.nova-pro-v1:0", "meta.llama3-1-70b-instruct-v1:0")


class _Identity(msgspec.Struct, gc=False):
    arn: str


class _Input(msgspec.Struct, gc=False):
    tokens: int = msgspec.field(name="inputTokenCount")


class _Output(msgspec.Struct, gc=False):
    tokens: int = msgspec.field(name="outputTokenCount")


class _Invocation(msgspec.Struct, gc=False):
    timestamp: str
    region: str
    operation: str
    identity: _Identity
    input: _Input
    output: _Output
    request_id: str = msgspec.field(name="requestId")
    model_id: str = msgspec.field(name="modelId")


def rows() -> Iterator[Row]:
    yield Row("Bedrock", _build, msgspec.json.Decoder(_Invocation).decode)


def _build(number: int) -> bytes:
    role = f"arn:aws:sts::111122223333:assumed-role/{calls.service_of(number)}-task-role/ecs-{number % 40:04x}"
    answer = {"role": "assistant", "content": [{"text": "..."}]}
    usage = {"inputTokens": calls.input_tokens(number), "outputTokens": calls.output_tokens(number)}
    invocation: dict[str, Any] = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": calls.time_of(number)[:19] + "Z",
        "accountId": "111122223333",
        "identity": {"arn": role},
        "region": "us-east-1",
        "requestId": f"{number:08x}-6c84-43e5-aa27-85489a3f9c43",
        "operation": "Converse",
        "modelId": _MODELS[number % len(_MODELS)],
        "input": {
            "inputContentType": "application/json",
            "inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "..."}]}]},
            "inputTokenCount": calls.input_tokens(number),
        },
        "output": {
            "outputContentType": "application/json",
            "outputBodyJson": {
                "output": {"message": answer},
                "stopReason": "end_turn",
                "metrics": {"latencyMs": 350 + number % 900},
                "usage": usage,
            },
            "outputTokenCount": calls.output_tokens(number),
        },
        "requestMetadata": {"team": "content", "service": calls.service_of(number)},
    }
    return msgspec.json.encode(invocation)
