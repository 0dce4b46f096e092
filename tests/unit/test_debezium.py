"""Rows of a database by way of Debezium: those that were written are records, what becomes of them later is none."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from service.core.usage import UsageEvent
from service.formats.decoder import Decoder, decode
from tests.builders import make_record
from tests.calls import events_of

CALL = {"service": "billing-api", "provider": "openai", "model": "gpt-4", "time": "2026-11-19T07:02:11Z"}
SOURCE = {"connector": "postgresql", "db": "litellm", "table": "LiteLLM_SpendLogs", "ts_ms": 1795071736000}
SPEND: dict[str, Any] = {
    "request_id": "chatcmpl-1",
    "call_type": "acompletion",
    "api_key": "88dc28d0f030c55ed4ab77ed8faf0981",
    "spend": 0.0123,
    "total_tokens": 1550,
    "prompt_tokens": 1240,
    "completion_tokens": 310,
    "startTime": 1795071731216,
    "endTime": 1795071735396,
    "request_duration_ms": 4180,
    "model": "openai/gpt-4.5-preview",
    "model_group": "smart",
    "custom_llm_provider": "openai",
    "api_base": "https://api.openai.com/v1",
    "user": "default_user_id",
    "metadata": json.dumps({"user_api_key_team_alias": "payments", "spend_logs_metadata": {"service": "billing-api"}}),
    "cache_hit": "False",
    "request_tags": json.dumps(["env:Production"]),
    "messages": "{}",
    "response": "{}",
    "status": "success",
}
ERROR = {"error_code": "404", "error_class": "NotFoundError", "error_message": "The model `x` has been deprecated"}


def change(op: Any, after: Any, before: Any = None, **given: Any) -> dict[str, Any]:
    return {"before": before, "after": after, "source": SOURCE, "op": op, "ts_ms": 1795071737000} | given


def connect(payload: Any) -> dict[str, Any]:
    return {"schema": {"type": "struct", "name": "litellm.public.x.Envelope", "fields": []}, "payload": payload}


def row_event(row: dict[str, Any]) -> UsageEvent:
    decoded = decode(make_record(row))
    assert not decoded.rejections
    (event,) = events_of(decoded)
    return event


def cloud_event(op: str, data: Any) -> dict[str, Any]:
    """Debezium's CloudEvents converter."""
    about = {"id": "name:x;lsn:29274832", "source": "/debezium/postgresql/x", "specversion": "1.0"}
    kind = {"type": "io.debezium.connector.postgresql.DataChangeEvent", "time": "2026-11-19T07:02:16Z"}
    return about | kind | {"datacontenttype": "application/json", "iodebeziumop": op, "data": data}


WRITTEN = [
    pytest.param(change("c", CALL), id="created"),
    pytest.param(change("r", CALL), id="read for a snapshot"),
    pytest.param({"op": "c", "after": CALL}, id="without a source"),
    pytest.param(change("c", json.dumps(CALL)), id="as JSON text, as MongoDB's documents are"),
    pytest.param(CALL | {"__op": "c"}, id="unwrapped"),
    pytest.param(CALL | {"__op": "r", "__deleted": "false"}, id="unwrapped, with a word whether it was deleted"),
    pytest.param(CALL | {"__deleted": False}, id="unwrapped, with nothing but that word"),
    pytest.param(cloud_event("c", {"before": None, "after": CALL}), id="in a CloudEvent"),
    pytest.param(cloud_event("r", connect({"before": None, "after": CALL})), id="in a CloudEvent with its schema"),
    pytest.param(cloud_event("r", CALL), id="unwrapped, in a CloudEvent"),
]
NOT_WRITTEN = [
    pytest.param(change("u", CALL, CALL), id="updated"),
    pytest.param(change("d", None, CALL), id="deleted"),
    pytest.param({"op": "d", "before": CALL, "source": SOURCE}, id="deleted, without after"),
    pytest.param(change("t", None), id="table emptied"),
    pytest.param({"op": "t", "source": SOURCE, "ts_ms": 1795071737000}, id="table emptied, short"),
    pytest.param(
        {"op": "m", "source": SOURCE, "ts_ms": 1795071737000, "message": {"prefix": "x", "content": "aGk="}},
        id="a logical message",
    ),
    pytest.param(change("c", None), id="created without a row"),
    pytest.param(change(None, CALL), id="no operation"),
    pytest.param(change(7, CALL), id="an operation that is a number"),
    pytest.param(CALL | {"__op": "u"}, id="unwrapped, updated"),
    pytest.param(CALL | {"__op": "d", "__deleted": "true"}, id="unwrapped, deleted"),
    pytest.param(CALL | {"__deleted": True}, id="unwrapped, nothing but that it was deleted"),
    pytest.param(cloud_event("u", {"before": None, "after": CALL}), id="in a CloudEvent, updated"),
    pytest.param(cloud_event("d", {"before": CALL, "after": None}), id="in a CloudEvent, deleted"),
    pytest.param(cloud_event("u", CALL), id="unwrapped, in a CloudEvent, updated"),
    pytest.param({"before": CALL, "after": CALL}, id="before and after, without an operation"),
]


@pytest.mark.parametrize("value", WRITTEN)
@pytest.mark.parametrize("wrap", [lambda value: value, connect], ids=["bare", "with Connect's schema"])
def test_row_that_was_written_is_a_record(value: dict[str, Any], wrap: Any) -> None:
    decoded = decode(make_record(wrap(value)))
    assert ([event.service for event in events_of(decoded)], decoded.rejections) == (["billing-api"], ())


@pytest.mark.parametrize("value", NOT_WRITTEN)
@pytest.mark.parametrize("wrap", [lambda value: value, connect], ids=["bare", "with Connect's schema"])
def test_what_becomes_of_a_row_is_passed_over_and_never_rejected(value: Any, wrap: Any) -> None:
    decoded = decode(make_record(wrap(value)))
    assert (decoded.calls, decoded.rejections) == ((), ())
    assert [(one.kind, one.format) for one in decoded.passed] == [("row_changed", "debezium")]


@pytest.mark.parametrize(
    ("operation", "calls"),
    [
        pytest.param(b"c", 1, id="created"),
        pytest.param(b'"r"', 1, id="read for a snapshot, as Connect's JSON converter writes it"),
        pytest.param(b"u", 0, id="updated"),
        pytest.param(b'"d"', 0, id="deleted"),
        pytest.param(b'{"schema": {"type": "string"}, "payload": "c"}', 1, id="created, with Connect's schema"),
        pytest.param(b'{"schema": {"type": "string"}, "payload": "u"}', 0, id="updated, with Connect's schema"),
        pytest.param(b"GET", 1, id="a header of that name of somebody else's"),
        pytest.param(b"\xff", 1, id="no text"),
        pytest.param(b"", 1, id="empty"),
        pytest.param(None, 1, id="a header without a value"),
    ],
)
def test_operation_of_an_unwrapped_row_may_be_a_header(operation: bytes | None, calls: int) -> None:
    decoder, record = Decoder(), make_record(CALL, headers=[("__op", operation)])
    decoder.decode(make_record(CALL))
    for decoded in (decode(record), decoder.decode(record)):
        assert (len(decoded.calls), decoded.rejections) == (calls, ())
        assert [(one.kind, one.format) for one in decoded.passed] == [("row_changed", "debezium")] * (1 - calls)


def test_row_that_was_changed_is_passed_over_in_a_topic_of_a_fixed_dialect() -> None:
    decoder = Decoder({"llm-requests": "lastcall"})
    records = [make_record(CALL), make_record(CALL | {"__op": "u"}), make_record(CALL | {"__deleted": "true"})]
    for record, calls in zip((*records, *records), (1, 0, 0, 1, 0, 0), strict=True):
        assert len(decoder.decode(record).calls) == len(decode(record, "lastcall").calls) == calls


def test_null_payload_of_connect_is_a_deleted_row() -> None:
    decoded = decode(make_record(connect(None)))
    assert (decoded.calls, decoded.rejections) == ((), ())
    assert [(one.kind, one.format) for one in decoded.passed] == [("deleted_row", "connect")]


@pytest.mark.parametrize(
    ("given", "second"),
    [
        pytest.param({}, 16, id="the database's time of the change"),
        pytest.param({"source": {"connector": "mysql"}}, 17, id="else the connector's"),
        pytest.param({"source": "x"}, 17, id="a source that is text"),
    ],
)
def test_row_without_a_time_has_the_time_of_its_change(given: dict[str, Any], second: int) -> None:
    row = {"service": "a", "provider": "openai", "model": "gpt-4"}
    (event,) = events_of(decode(make_record(change("c", row, **given))))
    assert event.at == datetime(2026, 11, 19, 7, 2, second, tzinfo=UTC)


def test_every_field_of_a_row_of_litellms_spend_logs() -> None:
    (event,) = events_of(decode(make_record(connect(change("c", SPEND)))))
    assert event == UsageEvent(
        format="litellm",
        reporter="litellm",
        at=datetime(2026, 11, 19, 7, 2, 11, 216_000, tzinfo=UTC),
        service="billing-api",
        environment="production",
        provider="openai",
        host="api.openai.com",
        requested_id="openai/gpt-4.5-preview",
        operation="chat",
        input_tokens=1240,
        output_tokens=310,
        latency_ms=4180.0,
        request_id="chatcmpl-1",
        key_owner="payments",
    )


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(1795071731216, id="milliseconds: a column of three digits"),
        pytest.param(1795071731216000, id="microseconds: a column of six"),
        pytest.param(1795071731216000000, id="nanoseconds"),
        pytest.param("2026-11-19T07:02:11.216Z", id="text: a column with a zone"),
    ],
)
def test_start_of_a_spend_log_in_each_unit(start: Any) -> None:
    event = row_event(change("c", SPEND | {"startTime": start}))
    assert event.at == datetime(2026, 11, 19, 7, 2, 11, 216_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"metadata": "{{{"}, (None, "production"), id="metadata that are no JSON"),
        pytest.param({"metadata": None, "request_tags": None}, (None, None), id="neither"),
        pytest.param({"request_tags": "env:prod"}, ("billing-api", None), id="tags that are no JSON"),
        pytest.param({"request_tags": '{"a": 1}'}, ("billing-api", None), id="tags that are no list"),
        pytest.param({"request_tags": "[7, null]"}, ("billing-api", None), id="tags that are no text"),
        pytest.param({"request_tags": ["env:eu"]}, ("billing-api", "eu"), id="tags that somebody has parsed"),
    ],
)
def test_text_columns_that_are_no_json_cost_only_what_they_hold(given: dict[str, Any], expected: Any) -> None:
    event = row_event(change("c", SPEND | given))
    assert (event.service, event.environment) == expected


def test_failed_spend_log_has_its_error_in_metadata() -> None:
    metadata = json.dumps({"user_api_key_alias": "billing-key", "error_information": ERROR})
    event = row_event(SPEND | {"status": "failure", "metadata": metadata, "__op": "c"})
    assert (event.service, event.status, event.error_code, event.end_of_life) == (
        "billing-key",
        404,
        "NotFoundError",
        True,
    )


@pytest.mark.parametrize("given", [{"cache_hit": "True"}, {"call_type": "aretrieve_batch"}])
def test_spend_log_that_asked_no_model_is_passed_over(given: dict[str, Any]) -> None:
    decoded = decode(make_record(change("c", SPEND | given)))
    assert (decoded.calls, decoded.rejections, len(decoded.passed)) == ((), (), 1)


def test_row_of_another_table_is_rejected() -> None:
    for value in (change("c", {"id": 1, "name": "x"}), {"id": 1, "name": "x", "__op": "c"}):
        assert [one.reason for one in decode(make_record(value)).rejections] == ["unknown_format"]


@pytest.mark.parametrize("fixed", [None, "lastcall"])
def test_topic_of_changes_gives_the_same_answers_with_memory(fixed: str | None) -> None:
    decoder = Decoder({} if fixed is None else {"llm-requests": fixed})
    values = [change("c", CALL), CALL | {"__op": "c"}, change("u", CALL, CALL), connect(change("r", CALL))]
    for value in (*values, *values, CALL | {"__op": "u"}, *values):
        record = make_record(value)
        assert decoder.decode(record) == decode(record, fixed)
