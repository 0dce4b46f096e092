"""LiteLLM beyond a plain call: what asks no model, batches, and the alias that stands for the model on failure."""

from typing import Any

import pytest

from service.core.usage import Decoded, UsageEvent
from service.formats.decoder import decode
from tests.builders import make_record
from tests.calls import events_of

PAYLOAD: dict[str, Any] = {
    "id": "x-1",
    "call_type": "acompletion",
    "status": "success",
    "custom_llm_provider": "openai",
    "total_tokens": 150,
    "prompt_tokens": 120,
    "completion_tokens": 30,
    "startTime": 1795071731.216,
    "endTime": 1795071735.396,
    "model": "openai/gpt-4o",
    "model_group": "smart",
    "api_base": "https://api.openai.com/v1",
    "metadata": {"user_api_key_alias": "billing-key"},
    "hidden_params": {"model_id": "9f1d"},
}


def decoded_payload(**given: Any) -> Decoded:
    decoded = decode(make_record(PAYLOAD | given))
    assert not decoded.rejections
    return decoded


def payload_events(**given: Any) -> tuple[UsageEvent, ...]:
    return events_of(decoded_payload(**given))


CALL_TYPES = [
    ("completion", "chat"),
    ("acompletion", "chat"),
    ("text_completion", "text_completion"),
    ("responses", "chat"),
    ("aresponses", "chat"),
    ("anthropic_messages", "chat"),
    ("aembedding", "embeddings"),
    ("arerank", "rerank"),
    ("aimage_generation", "image"),
    ("image_edit", "image"),
    ("aspeech", "speech"),
    ("atranscription", "transcription"),
    ("amoderation", "moderation"),
    ("agenerate_content_stream", "generate_content"),
    ("pass_through_endpoint", "pass_through_endpoint"),
    ("allm_passthrough_route", "allm_passthrough_route"),
    ("_arealtime", "_arealtime"),
    ("arun_thread", "arun_thread"),
    ("arun_thread_stream", "arun_thread_stream"),
    ("aocr", "aocr"),
    ("acreate_interaction", "acreate_interaction"),
    ("create_video", "create_video"),
    ("acreate_video", "acreate_video"),
    ("avideo_remix", "avideo_remix"),
    ("a_word_of_the_next_release", "a_word_of_the_next_release"),
]


@pytest.mark.parametrize(("call_type", "operation"), CALL_TYPES, ids=[call_type for call_type, _ in CALL_TYPES])
def test_call_type_that_asks_a_model_is_a_call(call_type: str, operation: str) -> None:
    (event,) = payload_events(call_type=call_type)
    assert (event.operation, event.requested_id) == (operation, "openai/gpt-4o")


@pytest.mark.parametrize(
    "call_type",
    [
        *("create_batch", "acreate_batch", "retrieve_batch", "aretrieve_batch", "acancel_batch", "alist_batches"),
        *("create_file", "acreate_file", "afile_retrieve", "file_content", "afile_list", "afile_delete"),
        *("create_fine_tuning_job", "alist_fine_tuning_jobs", "acancel_fine_tuning_job"),
        *("get_assistants", "acreate_assistants", "adelete_assistant"),
        *("create_thread", "aget_thread", "add_message", "a_add_message", "aget_messages"),
        *("aget_responses", "adelete_responses", "alist_input_items", "acancel_responses"),
        *("count_tokens", "acount_tokens", "search", "asearch", "vector_store_search", "avector_store_create"),
        *("acreate_container", "alist_container_files", "acreate_skill", "acreate_realtime_client_secret"),
        *("avideo_retrieve", "video_content", "video_list", "avideo_delete", "avideo_get_character"),
        *("call_mcp_tool", "list_mcp_tools", "arun_code", "acode_interpreter_tool", "asend_message"),
    ],
)
def test_call_type_that_manages_or_polls_is_passed_over(call_type: str) -> None:
    decoded = decoded_payload(call_type=call_type)
    assert decoded.calls == ()
    assert [(one.kind, one.format) for one in decoded.passed] == [("management", "litellm")]


@pytest.mark.parametrize("call_type", [None, 7, "", []], ids=["null", "number", "empty", "list"])
def test_odd_call_type_costs_only_the_operation(call_type: Any) -> None:
    decoded = decode(make_record(PAYLOAD | {"call_type": call_type}))
    if call_type == []:
        assert [one.reason for one in decoded.rejections] == ["bad_field"]
    else:
        assert [event.operation for event in events_of(decoded)] == [None]


@pytest.mark.parametrize(
    ("hidden", "models", "tokens"),
    [
        pytest.param({"batch_models": None}, [], [], id="still running"),
        pytest.param({"batch_models": []}, [], [], id="finished without a model"),
        pytest.param({}, [], [], id="no word of models"),
        pytest.param(None, [], [], id="no hidden parameters"),
        pytest.param({"batch_models": ["gpt-4o-2024-08-06"]}, ["gpt-4o-2024-08-06"], [(120, 30)], id="of one model"),
        pytest.param(
            {"batch_models": ["gpt-4o-2024-08-06", "gpt-4o-mini"]},
            ["gpt-4o-2024-08-06", "gpt-4o-mini"],
            [(None, None), (None, None)],
            id="of two models, whose tokens nobody can share out",
        ),
    ],
)
def test_batch_is_a_call_of_each_of_its_models_once_it_has_finished(
    hidden: Any, models: list[str], tokens: list[Any]
) -> None:
    events = payload_events(call_type="aretrieve_batch", model="", hidden_params=hidden)
    assert [event.requested_id for event in events] == models
    assert [(event.input_tokens, event.output_tokens) for event in events] == tokens
    assert {event.requested_field for event in events} <= {"model"}


@pytest.mark.parametrize(
    ("given", "requested"),
    [
        pytest.param({"model": "smart"}, ("smart", "alias"), id="the alias, and nothing that says what was sent"),
        pytest.param(
            {"model": "smart", "hidden_params": {"litellm_model_name": "anthropic/claude-opus-4"}},
            ("anthropic/claude-opus-4", "model"),
            id="hidden parameters say what was sent",
        ),
        pytest.param(
            {"model": "smart", "hidden_params": {"litellm_model_name": "azure/triage-prod"}},
            ("azure/triage-prod", "deployment"),
            id="what was sent is a deployment",
        ),
        pytest.param(
            {"model": "smart", "model_map_information": {"model_map_key": "claude-opus-4"}},
            ("claude-opus-4", "model"),
            id="the price list says what was sent",
        ),
        pytest.param(
            {"model": "smart", "model_map_information": {"model_map_key": "smart"}},
            ("smart", "alias"),
            id="the price list knows the alias only",
        ),
        pytest.param(
            {
                "model": "smart",
                "hidden_params": {"litellm_model_name": "openai/gpt-4o"},
                "model_map_information": {"model_map_key": "gpt-4"},
            },
            ("openai/gpt-4o", "model"),
            id="hidden parameters go first",
        ),
        pytest.param(
            {"model": "smart", "hidden_params": {"litellm_model_name": ""}, "model_map_information": None},
            ("smart", "alias"),
            id="an empty word says nothing",
        ),
        pytest.param(
            {"model": "gpt-4", "model_group": "gpt-4"}, ("gpt-4", "alias"), id="an alias that is spelt like a model"
        ),
        pytest.param({"model": "gpt-4", "model_group": None}, ("gpt-4", "model"), id="no gateway, so no alias"),
        pytest.param({}, ("openai/gpt-4o", "model"), id="another word than the alias"),
    ],
)
def test_alias_on_failure_is_read_as_a_model_only_where_something_else_says_so(
    given: dict[str, Any], requested: tuple[str, str]
) -> None:
    (event,) = payload_events(status="failure", **given)
    assert (event.requested_id, event.requested_field) == requested
    assert event.failed


def test_alias_of_an_answered_call_is_what_was_sent() -> None:
    (event,) = payload_events(model="smart", model_group="smart")
    assert (event.requested_id, event.requested_field) == ("smart", "model")
