"""The calls that the benchmarks send: flat records of 600 bytes, as 40 services would log them.

Needs nothing but msgspec, so that the environment of the peers can import it too.
"""

import json
from datetime import UTC, datetime, timedelta

import msgspec

RECORD_BYTES = 600
SERVICES = 40
MODELS = ("gpt-4.5-preview", "gpt-4o", "gpt-4.1", "o3", "gpt-4o-mini")
START = datetime(2025, 6, 2, 9, tzinfo=UTC)
STEP = timedelta(milliseconds=14.4)
"""Between two calls: a million take four hours."""


class Call(msgspec.Struct, gc=False):
    """The ten fields that counting needs, with the types that they should have, and nothing checked."""

    time: str
    service: str
    environment: str
    provider: str
    model: str
    served_model: str
    status: int
    input_tokens: int
    output_tokens: int
    latency_ms: float


def record(number: int) -> bytes:
    call = fields(number)
    call["note"] = "x" * (RECORD_BYTES - len(json.dumps(call)) - len(', "note": ""'))
    return json.dumps(call).encode()


def fields(number: int) -> dict[str, object]:
    """The request id and the time are of this call alone."""
    model = model_of(number)
    return {
        "time": time_of(number),
        "service": service_of(number),
        "environment": "production",
        "provider": "openai",
        "model": model,
        "served_model": model,
        "operation": "chat",
        "status": 200,
        "input_tokens": input_tokens(number),
        "output_tokens": output_tokens(number),
        "latency_ms": 350.5 + number % 900,
        "streaming": False,
        "request_id": f"req_{number:016x}",
    }


def moment(number: int) -> datetime:
    return START + number * STEP


def time_of(number: int) -> str:
    return moment(number).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def service_of(number: int) -> str:
    return f"service-{number % SERVICES}"


def model_of(number: int) -> str:
    return MODELS[number % len(MODELS)]


def input_tokens(number: int) -> int:
    return number % 4_000


def output_tokens(number: int) -> int:
    return number % 700
