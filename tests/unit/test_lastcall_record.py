"""lastcall's own record, and that its documents say what the code does."""

import json
import re
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from service.core.usage import UsageEvent
from service.formats.decoder import decode
from service.formats.dialects import lastcall
from service.formats.recognition import keys_of
from tests.builders import make_record
from tests.calls import events_of

DOCUMENT = (Path(__file__).parents[2] / "docs" / "record-format.md").read_text()
SCHEMA = json.loads((files("service.formats") / "lastcall.schema.json").read_text())
CALL: dict[str, Any] = {
    "time": "2025-06-30T11:14:03.120+02:00",
    "service": "billing-api",
    "environment": "production",
    "reporter": "my-gateway",
    "provider": "openai",
    "host": "https://api.openai.com/v1",
    "model": "gpt-4.5-preview",
    "served_model": "gpt-4.5-preview-2025-02-27",
    "operation": "chat",
    "status": 200,
    "input_tokens": 1240,
    "output_tokens": 310,
    "cached_tokens": 1024,
    "latency_ms": 4180,
    "streaming": False,
    "request_id": "chatcmpl-1",
    "key_owner": "ada@example.com",
}


def own_event(call: dict[str, Any]) -> UsageEvent:
    (event,) = events_of(decode(make_record(call)))
    return event


def test_every_field() -> None:
    assert own_event(CALL) == UsageEvent(
        format="lastcall",
        reporter="my-gateway",
        at=datetime(2025, 6, 30, 9, 14, 3, 120_000, tzinfo=UTC),
        service="billing-api",
        environment="production",
        provider="openai",
        host="api.openai.com",
        requested_id="gpt-4.5-preview",
        served_id="gpt-4.5-preview-2025-02-27",
        operation="chat",
        status=200,
        input_tokens=1240,
        output_tokens=310,
        cached_tokens=1024,
        latency_ms=4180.0,
        streaming=False,
        request_id="chatcmpl-1",
        key_owner="ada@example.com",
    )


def test_schema_document_and_code_name_the_same_fields() -> None:
    documented = {
        name for row in re.findall(r"^\| (`.*?) \|", DOCUMENT, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert set(SCHEMA["properties"]) == documented == keys_of(lastcall.DIALECT.shape)


def test_example_of_the_document_is_valid_and_is_read() -> None:
    example = json.loads(re.findall(r"```json\n(.*?)\n```", DOCUMENT, re.DOTALL)[0])
    jsonschema.validate(example, SCHEMA)
    jsonschema.validate(CALL, SCHEMA)
    assert own_event(example).requested_id == "gpt-4.5-preview"


@pytest.mark.parametrize(
    "time",
    [
        "2025-06-30T09:14:03Z",
        "2025-06-30 09:14:03",
        "2025-06-30T09:14:03.000000000Z",
        1751274843,
        1751274843.0,
        1751274843000,
    ],
    ids=["UTC", "no offset is UTC", "nanoseconds", "seconds", "fraction", "milliseconds"],
)
def test_time_in_each_form(time: str | float) -> None:
    assert own_event(CALL | {"time": time}).at == datetime(2025, 6, 30, 9, 14, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "time",
    ["soon", "", "2025-06-30", 12, 1e300, -1, True, [], "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00"],
)
def test_time_that_is_none_is_rejected(time: Any) -> None:
    decoded = decode(make_record(CALL | {"time": time}))
    assert (events_of(decoded), [r.reason for r in decoded.rejections]) == ((), ["bad_time"])


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(
            {"ts": CALL["time"], "service": "a", "model": "m", "own": 1}, id="time and caller, and fields of its own"
        ),
        pytest.param({"provider": "openai", "model": "m"}, id="nothing but known fields"),
    ],
)
def test_shape_is_recognised(call: dict[str, Any]) -> None:
    assert own_event(call).requested_id == "m"


@pytest.mark.parametrize(
    "call",
    [
        pytest.param({"model": "m"}, id="model alone"),
        pytest.param({"model": "m", "messages": []}, id="a request's body"),
        pytest.param({"provider": "openai", "model": "m", "created_at": "2026"}, id="somebody else's log"),
    ],
)
def test_other_shapes_are_not_guessed(call: dict[str, Any]) -> None:
    assert [r.reason for r in decode(make_record(call)).rejections] == ["unknown_format"]
    assert len(events_of(decode(make_record(call), "lastcall"))) == 1


def test_error_message_is_read_and_not_kept() -> None:
    message = "Error code: 404 - {'error': {'message': 'secret prompt', 'code': 'model_not_found'}}"
    event = own_event(CALL | {"status": 404, "error_message": message})
    assert (event.error_code, event.end_of_life, event.failed) == ("model_not_found", True, True)
    assert "secret prompt" not in repr(event)


def test_name_that_somebody_chose_is_marked() -> None:
    assert own_event(CALL | {"model_kind": "deployment"}).requested_field == "deployment"
    assert [r.reason for r in decode(make_record(CALL | {"model_kind": "endpoint"})).rejections] == ["bad_field"]


@pytest.mark.parametrize(
    "value",
    ["x" * 257, "a\0b", "a\nb", "\u202eevil", "sk-" + "a" * 40, "   ", 7, None],
    ids=["long", "NUL", "line feed", "right-to-left mark", "key", "blank", "number", "null"],
)
def test_unusable_text_is_unknown(value: Any) -> None:
    event = own_event(CALL | {"model": value, "service": value, "request_id": value})
    assert (event.requested_id, event.service, event.request_id) == (None, None, None)
