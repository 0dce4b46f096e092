"""Amazon Bedrock's model invocation log, as it is and as a CloudWatch subscription brings it."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from service.core.usage import UsageEvent
from service.formats.decoder import decode
from tests.builders import make_record
from tests.calls import events_of

LOG: dict[str, Any] = {
    "schemaType": "ModelInvocationLog",
    "schemaVersion": "1.0",
    "timestamp": "2026-11-19T07:02:20Z",
    "accountId": "111122223333",
    "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/support-bot-role/botocore-session-1795071740"},
    "region": "us-east-1",
    "requestId": "4814d920-93ac-4a0f-aa21-63ab87dee509",
    "operation": "Converse",
    "modelId": "us.anthropic.claude-opus-4-1-20250805-v1:0",
    "input": {
        "inputBodyJson": {"messages": [{"content": [{"text": "secret prompt"}]}]},
        "inputTokenCount": 5120,
        "cacheReadInputTokenCount": 4096,
    },
    "output": {"outputBodyJson": {"metrics": {"latencyMs": 3640}}, "outputTokenCount": 840},
}
STREAMED = [
    {"type": "message_start", "message": {"usage": {"input_tokens": 1024}}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"invocationLatency": 9120, "firstByteLatency": 840}},
]


def bedrock_event(**given: Any) -> UsageEvent:
    decoded = decode(make_record(LOG | given))
    assert not decoded.rejections
    (event,) = events_of(decoded)
    return event


def test_every_field_of_a_good_call() -> None:
    event = bedrock_event()
    assert event == UsageEvent(
        format="bedrock",
        reporter="bedrock",
        at=datetime(2026, 11, 19, 7, 2, 20, tzinfo=UTC),
        service="support-bot-role",
        provider="aws.bedrock",
        requested_id="us.anthropic.claude-opus-4-1-20250805-v1:0",
        operation="chat",
        input_tokens=5120,
        output_tokens=840,
        cached_tokens=4096,
        latency_ms=3640.0,
        streaming=False,
        request_id="4814d920-93ac-4a0f-aa21-63ab87dee509",
    )
    assert "secret prompt" not in repr(event)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        pytest.param("Converse", ("chat", False), id="Converse"),
        pytest.param("ConverseStream", ("chat", True), id="Converse, streamed"),
        pytest.param("InvokeModel", ("InvokeModel", False), id="a body of the maker's own: the log's word stays"),
        pytest.param(
            "InvokeModelWithResponseStream", ("InvokeModelWithResponseStream", True), id="a body of its own, streamed"
        ),
        pytest.param(
            "InvokeModelWithBidirectionalStream", ("InvokeModelWithBidirectionalStream", True), id="speech to speech"
        ),
        pytest.param(None, (None, None), id="no word is unknown"),
        pytest.param(7, (None, None), id="a number says nothing"),
    ],
)
def test_operation_tells_what_was_asked_and_whether_it_streamed(
    operation: Any, expected: tuple[str | None, bool | None]
) -> None:
    event = bedrock_event(operation=operation)
    assert (event.operation, event.streaming) == expected


@pytest.mark.parametrize("operation", ["CountTokens", "ApplyGuardrail"])
def test_operation_that_asks_no_model_is_passed_over(operation: str) -> None:
    decoded = decode(make_record(LOG | {"operation": operation}))
    assert (decoded.calls, decoded.rejections) == ((), ())
    assert [(one.kind, one.format) for one in decoded.passed] == [("no_inference", "bedrock")]


@pytest.mark.parametrize(
    ("given", "service"),
    [
        pytest.param({"requestMetadata": {"service": "doc-summarizer", "app": "x"}}, "doc-summarizer", id="its tag"),
        pytest.param({"requestMetadata": {"app": "x"}}, "x", id="another tag"),
        pytest.param({"requestMetadata": {"service": 7, "team": "a"}}, "support-bot-role", id="no tag that names it"),
        pytest.param({"requestMetadata": []}, "support-bot-role", id="tags that are none"),
        pytest.param({}, "support-bot-role", id="the role, and not the session"),
        pytest.param(
            {"identity": {"arn": "arn:aws:sts::1:assumed-role/AWSReservedSSO_Dev_0a1b/ada@example.com"}},
            "AWSReservedSSO_Dev_0a1b",
            id="never the person of a session",
        ),
        pytest.param({"identity": {"arn": "arn:aws:iam::1:user/ci/ci-runner"}}, "ci-runner", id="a user below a path"),
        pytest.param({"identity": {"arn": ""}}, None, id="an empty ARN"),
        pytest.param({"identity": {"arn": 7}}, None, id="an ARN that is a number"),
        pytest.param({"identity": None}, None, id="nobody"),
    ],
)
def test_caller_is_its_tag_or_its_role_or_its_user(given: dict[str, Any], service: str | None) -> None:
    assert bedrock_event(**given).service == service


def test_environment_is_a_tag_of_the_request() -> None:
    assert bedrock_event(requestMetadata={"environment": "Prod"}).environment == "prod"


@pytest.mark.parametrize(
    ("body", "latency"),
    [
        pytest.param({"metrics": {"latencyMs": 1134}}, 1134.0, id="Converse"),
        pytest.param(STREAMED, 9120.0, id="last chunk of a stream"),
        pytest.param([], None, id="a stream without a chunk"),
        pytest.param({"embedding": "[omitted]"}, None, id="a body without metrics"),
        pytest.param("text", None, id="a body that is text"),
        pytest.param([7, *STREAMED], 9120.0, id="a chunk that is a number"),
        pytest.param(None, None, id="no body"),
    ],
)
def test_latency_is_where_the_body_has_it(body: Any, latency: float | None) -> None:
    event = bedrock_event(output={"outputBodyJson": body, "outputTokenCount": 12})
    assert (event.latency_ms, event.output_tokens) == (latency, 12)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ThrottlingException", "AccessDeniedException"])
def test_error_code_makes_a_failed_call(code: str) -> None:
    event = bedrock_event(errorCode=code, output=None)
    assert (event.failed, event.error_code, event.output_tokens, event.latency_ms) == (True, code, None, None)


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(
            "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/q7xk2m9abcde",
            id="an application's profile",
        ),
        pytest.param("arn:aws:bedrock:us-east-1:111122223333:provisioned-model/zk4n1c2d3e4f", id="provisioned"),
        pytest.param("anthropic.claude-3-opus-20240229-v1:0", id="a model"),
    ],
)
def test_id_is_kept_as_the_log_spells_it(model: str) -> None:
    event = bedrock_event(modelId=model)
    assert (event.requested_id, event.requested_field, event.served_id) == (model, "model", None)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"schemaType": "ModelInvocationLog", "modelId": "m"}, id="the schema's name"),
        pytest.param({"modelId": "m", "operation": "Converse", "requestId": "1"}, id="what a pipeline left of it"),
    ],
)
def test_shape_is_recognised_and_kafkas_time_stands_in(given: dict[str, Any]) -> None:
    (event,) = events_of(decode(make_record(given)))
    assert (event.format, event.at) == ("bedrock", datetime(2026, 11, 22, 5, tzinfo=UTC))


def test_time_that_is_none_is_rejected() -> None:
    (rejection,) = decode(make_record(LOG | {"timestamp": "soon"})).rejections
    assert (rejection.reason, rejection.format) == ("bad_time", "bedrock")


SUBSCRIPTION: dict[str, Any] = {
    "messageType": "DATA_MESSAGE",
    "owner": "111122223333",
    "logGroup": "/aws/bedrock/modelinvocations",
    "logStream": "aws/bedrock/modelinvocations",
    "subscriptionFilters": ["to-kafka"],
    "logEvents": [
        {"id": "1", "timestamp": 1795071780000, "message": json.dumps(LOG)},
        {"id": "2", "timestamp": 1795071785000, "message": json.dumps(LOG | {"timestamp": None})},
    ],
}
SECOND = datetime(2026, 11, 19, 7, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(SUBSCRIPTION, id="as it is"),
        pytest.param(gzip.compress(json.dumps(SUBSCRIPTION).encode()), id="gzip around it, as CloudWatch sends it"),
        pytest.param(gzip.compress(gzip.compress(json.dumps(SUBSCRIPTION).encode())), id="gzip twice"),
        pytest.param(
            {key: part for key, part in SUBSCRIPTION.items() if key != "messageType"}, id="told by its log group"
        ),
    ],
)
def test_each_log_event_of_a_subscription_is_a_record(value: Any) -> None:
    decoded = decode(make_record(value))
    assert decoded.rejections == ()
    assert [event.at for event in events_of(decoded)] == [datetime(2026, 11, 19, 7, 2, 20, tzinfo=UTC), SECOND]


def test_control_message_is_passed_over() -> None:
    message = "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."
    control = SUBSCRIPTION | {"messageType": "CONTROL_MESSAGE", "logEvents": [{"message": message}]}
    decoded = decode(make_record(control))
    assert (decoded.calls, decoded.rejections) == ((), ())
    assert [(one.kind, one.format) for one in decoded.passed] == [("control_message", "cloudwatch")]


def test_log_event_that_is_no_record_costs_itself() -> None:
    events = [{"message": "START RequestId: 1"}, {"id": "2"}, {"message": 7}, *SUBSCRIPTION["logEvents"]]
    decoded = decode(make_record(SUBSCRIPTION | {"logEvents": events}))
    assert len(events_of(decoded)) == 2
    assert [rejection.reason for rejection in decoded.rejections] == ["unknown_format", "bad_field", "bad_field"]
