"""Whole files of the named formats: those shaped after the documentation, and those that running parts wrote."""

from collections import Counter
from pathlib import Path

import pytest

from service.core.usage import Decoded
from service.formats.decoder import Decoder, decode
from service.formats.dialects import NAMES
from service.formats.files import FileRecord, read_records
from tests.builders import make_record
from tests.calls import events_of

SAMPLES = Path(__file__).parents[1] / "samples"
CAPTURES = sorted(SAMPLES.glob("captured_*"))


def decoded_file(name: str) -> list[Decoded]:
    return [decode(record) for record in read_records(SAMPLES / name)]


@pytest.mark.parametrize(
    ("name", "reporters", "failed"),
    [
        pytest.param("otel_genai_traces_otlp_json.jsonl", [4, 1, 1, 1], 2, id="agent and tool spans are no calls"),
        pytest.param("otel_genai_logs_otlp_json.jsonl", [4], 2, id="log events of whole operations"),
        pytest.param("otlp_proto_value.jsonl", [3, 2], 3, id="traces and logs in protobuf, told by shape"),
        pytest.param("openllmetry_otlp_json.jsonl", [2, 1, 1], 1, id="names of OpenLLMetry, old and new"),
        pytest.param("captured_openllmetry_otlp_proto.jsonl", [7, 2, 2], 4, id="the SDK reports its own calls too"),
        pytest.param("captured_openinference_otlp_json.jsonl", [7, 2, 2], 4, id="the SDK's spans are children"),
        pytest.param("litellm_standard_logging_payload.jsonl", [6], 2, id="single records and an array"),
        pytest.param("captured_litellm_payload.jsonl", [5], 2, id="LiteLLM 1.106.2"),
        pytest.param("kong_kafka_log.jsonl", [7], 2, id="3.12, 3.6 and an array"),
        pytest.param("cloudevents_structured.jsonl", [2], 1, id="data and data_base64"),
        pytest.param("fluentbit_wrapper.jsonl", [3], 3, id="log, log_processed, container prefix"),
        pytest.param("vector_wrapper.jsonl", [2], 2, id="message of a file and of a pod"),
        pytest.param("gzip_value.jsonl", [3], 3, id="one record, and two lines in one value"),
        pytest.param("aws_bedrock_model_invocation_log.jsonl", [6], 1, id="models, profiles, a stream, an error"),
        pytest.param("aws_bedrock_cloudwatch_subscription.jsonl", [4], 2, id="log events, gzip, a control message"),
        pytest.param("debezium_envelope.jsonl", [4, 1], 1, id="rows of spend logs that were written"),
        pytest.param("coding_agents_otlp_json.jsonl", [3, 2, 2], 3, id="Claude Code, Gemini CLI, Codex"),
        pytest.param("filebeat_wrapper.jsonl", [2], 0, id="Filebeat of a file and of a pod"),
        pytest.param("schema_registry_framed.jsonl", [1], 0, id="JSON after a schema's number"),
    ],
)
def test_sample_gives_its_calls_by_reporter(name: str, reporters: list[int], failed: int) -> None:
    decoded = decoded_file(name)
    events = [event for each in decoded for event in events_of(each)]
    assert sorted(Counter(event.reporter for event in events).values(), reverse=True) == reporters
    assert sum(event.failed for event in events) == failed
    assert not [rejection for each in decoded for rejection in each.rejections]


def test_each_dialect_has_a_sample() -> None:
    decoded = (decode(record) for path in SAMPLES.glob("*.jsonl") for record in read_records(path))
    assert {event.format for each in decoded for event in events_of(each)} == set(NAMES)


@pytest.mark.parametrize("name", ["nginx_json_access_log.jsonl", "cloudflare_ai_gateway_log_api.jsonl"])
def test_format_not_read_yet_is_rejected_and_never_guessed(name: str) -> None:
    for each in decoded_file(name):
        assert not events_of(each)
        assert [rejection.reason for rejection in each.rejections] == ["unknown_format"]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_no_prompt_is_in_what_is_decoded(path: Path) -> None:
    raw = b"".join(record.value or b"" for record in read_records(path))
    assert b"secret prompt" in raw
    assert "secret prompt" not in repr([decode(record) for record in read_records(path)])


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_remembering_the_format_changes_no_answer(path: Path) -> None:
    decoder = Decoder()
    for record in read_records(path):
        assert decoder.decode(record) == decoder.decode(record) == decode(record)


def test_topic_with_every_format_is_told_apart_record_by_record() -> None:
    decoder = Decoder()
    records = [record for path in sorted(SAMPLES.glob("*.jsonl")) for record in read_records(path)]
    mixed = [record.__class__("one-topic", n, record.value, headers=record.headers) for n, record in enumerate(records)]
    for record in mixed[::2] + mixed[1::2]:
        assert decoder.decode(record) == decode(record)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"model": "m"}, id="no record of ours"),
        pytest.param({"model": "m", "service": "a"}, id="ours without a time"),
        pytest.param(
            {"model": "m", "service": "a", "time": 1751274843, "call_type": "x"},
            id="LiteLLM's, with our fields",
        ),
        pytest.param(
            {"model": "m", "service": "a", "time": 1751274843, "message": "done", "agent": "b"},
            id="a log's words",
        ),
        pytest.param({"latencies": {}, "model": "m"}, id="half of Kong's"),
        pytest.param({"log": {"model": "m", "service": "a"}, "time": 1751274843}, id="wrapped"),
    ],
)
@pytest.mark.parametrize("name", ["our own", "litellm_standard_logging_payload", "kong_kafka_log"])
def test_what_came_before_changes_no_answer(name: str, other: dict[str, object]) -> None:
    decoder = Decoder()
    own = {"model": "gpt-4", "service": "a", "time": 1751274843}
    before = own if name == "our own" else next(read_records(SAMPLES / f"{name}.jsonl")).value
    assert events_of(decoder.decode(make_record(before)))
    assert decoder.decode(make_record(other)) == decode(make_record(other))


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.jsonl")), ids=lambda path: path.stem)
def test_fixed_format_is_read_alike_with_and_without_memory(path: Path) -> None:
    for name in NAMES:
        decoder = Decoder({path.name: name})
        for record in read_records(path):
            fixed = FileRecord(path.name, record.offset, record.value, headers=record.headers)
            assert decoder.decode(fixed) == decoder.decode(fixed) == decode(fixed, name)


def test_unwrapped_rows_of_debezium_are_read_alike_with_and_without_memory() -> None:
    call = {"time": 1751274843, "service": "a", "provider": "openai", "model": "gpt-4"}
    decoder = Decoder()
    for op, calls in (("c", 1), ("r", 1), ("u", 0), ("d", 0), ("c", 1)):
        record = make_record(call | {"__op": op})
        assert decoder.decode(record) == decode(record)
        assert len(decode(record).calls) == calls


def test_record_with_all_that_a_fixed_format_needs_is_no_envelope() -> None:
    record = make_record({"model": "gpt-4", "message": "done", "timestamp": 1751274843, "service": "a"})
    decoder = Decoder({record.topic: "lastcall"})
    assert decoder.decode(record) == decoder.decode(record) == decode(record, "lastcall")
    assert len(decode(record, "lastcall").calls) == 1
