"""`lastcall decode`, through Typer."""

import json
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from typer.testing import CliRunner

from service.core.usage import Reason
from service.entrypoints.cli.decode import decode
from service.entrypoints.cli.uncounted import REMEDIES
from service.formats.decoder import decode as decode_record
from service.formats.files import read_records

SAMPLES = Path(__file__).parents[1] / "samples"
RECORD = '{"service": "cart", "provider": "openai", "model": "gpt-4o", "time": "2025-06-30T09:14:03Z"}'
APP = typer.Typer()
APP.command()(decode)


def answers(*arguments: str) -> list[dict[str, Any]]:
    result = CliRunner().invoke(APP, [*arguments, "--json"])
    assert result.exit_code == 0
    assert "secret prompt" not in result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def largest_reporter(events: list[dict[str, Any]]) -> int:
    """The volume rule: of several reporters of one caller, model and hour, the largest."""
    reporters: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for event in events:
        model = event["requested_model"] or event["served_model"] or event["requested_id"]
        reporters[event["service"], event["platform"], model, event["at"][:13]][event["reporter"]] += 1
    return sum(max(counts.values()) for counts in reporters.values())


SAMPLE_TOTALS = {
    "otel_genai_traces_otlp_json": (7, 2),
    "otel_genai_logs_otlp_json": (4, 2),
    "otlp_proto_value": (5, 3),
    "openllmetry_otlp_json": (4, 1),
    "captured_openllmetry_otlp_proto": (9, 3),
    "captured_openinference_otlp_json": (9, 3),
    "litellm_standard_logging_payload": (6, 2),
    "captured_litellm_payload": (5, 2),
    "kong_kafka_log": (7, 2),
    "cloudevents_structured": (2, 1),
    "fluentbit_wrapper": (3, 3),
    "vector_wrapper": (2, 2),
    "gzip_value": (3, 3),
}
"""Calls and failed calls of each file."""


@pytest.fixture(scope="module")
def answers_by_file() -> dict[str, list[dict[str, Any]]]:
    """One run of the command over all files, dealt out again: reading the catalog takes longer than decoding them."""
    paths = {name: SAMPLES / f"{name}.jsonl" for name in SAMPLE_TOTALS}
    all_answers = iter(answers(*map(str, paths.values())))
    sizes = {name: sum(len(decode_record(r).calls) for r in read_records(path)) for name, path in paths.items()}
    dealt = {name: list(islice(all_answers, size)) for name, size in sizes.items()}
    assert next(all_answers, None) is None
    return dealt


@pytest.mark.parametrize("name", SAMPLE_TOTALS)
def test_sample_has_its_calls_errors_and_no_unknown_model(
    name: str, answers_by_file: dict[str, list[dict[str, Any]]]
) -> None:
    events = answers_by_file[name]
    failed = [event for event in events if event["error_code"] or (event["status"] or 0) >= 400]
    unknown = [event for event in events if not event["requested_model"] and not event["served_model"]]
    assert (largest_reporter(events), largest_reporter(failed)) == SAMPLE_TOTALS[name]
    assert unknown == []


def test_every_object_has_every_key(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"provider": "openai", "model": "gpt-4.5-preview", "time": "2025-06-30T09:14:03Z"}\nhello\n')
    event, rejection = answers(str(path))
    nothing = dict.fromkeys(("reporter", "at", "provider", "platform", "requested_id", "requested_model"))
    everything = {
        "kind": "event",
        "format": "lastcall",
        "reporter": "lastcall",
        "at": "2025-06-30T09:14:03Z",
        "service": None,
        "environment": None,
        "provider": "openai",
        "platform": "openai-api",
        "requested_id": "gpt-4.5-preview",
        "served_id": None,
        "requested_model": "gpt-4.5-preview-2025-02-27",
        "served_model": None,
        "operation": None,
        "status": None,
        "error_code": None,
        "end_of_life": False,
        "input_tokens": None,
        "output_tokens": None,
        "cached_tokens": None,
        "latency_ms": None,
        "streaming": None,
        "request_id": None,
        "key_owner": None,
        "reason": None,
    }
    assert event == everything
    unread = {"kind": "rejection", "format": None, "end_of_life": None, "reason": "unknown_format"}
    assert rejection == everything | nothing | unread


def test_table_ends_with_a_summary_where_calls_count_once() -> None:
    result = CliRunner().invoke(APP, [str(SAMPLES / "captured_openinference_otlp_json.jsonl")])
    words = " ".join(result.output.split())
    assert "1 record: 9 calls in 11 usage events (4 failed), 0 rejections, 0 records without a call" in words


def test_unreadable_file_is_bad_input(tmp_path: Path) -> None:
    result = CliRunner().invoke(APP, [str(tmp_path / "none"), "--json"])
    assert result.exit_code == 2


def test_markup_in_a_record_is_shown_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"service": "[red]x[/", "provider": "openai", "model": "gpt-4", "time": "2025-06-30T09:14:03Z"}')
    assert "[red]x" in CliRunner().invoke(APP, [str(path)]).output


def test_table_fits_a_terminal_of_80_columns(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(
        '{"service": "search-api", "provider": "openai", "model": "gpt-4o", "served_model": "gpt-4o-2024-08-06", '
        '"time": "2025-06-30T09:14:03Z", "status": 200, "input_tokens": 1200, "output_tokens": 109}\nhello\n'
    )
    lines = CliRunner().invoke(APP, [str(path)], env={"COLUMNS": "80"}).output.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["time", "(UTC)", "service", "requested", "served", "status", "tokens"],
        ["2025-06-30", "09:14", "search-api", "gpt-4o", "gpt-4o-2024-08-06", "200", "1,309"],
        ["record", "2", "-", "rejected:", "unknown_format", "-", "-", "-"],
    ]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        pytest.param("hello\n", 1, id="nothing was read"),
        pytest.param(f"hello\n{RECORD}\n", 0, id="something was"),
        pytest.param("", 0, id="there was nothing to read"),
    ],
)
def test_exit_code_tells_whether_nothing_was_read(tmp_path: Path, lines: str, code: int) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(lines)
    assert CliRunner().invoke(APP, [str(path)]).exit_code == code


def test_record_like_lastcalls_own_without_a_time_is_told_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"service": "cart", "model": "gpt-4o", "timestamp": "2025-06-30T09:14:03Z"}\n')
    assert "lastcall's own record has a `time` as well" in CliRunner().invoke(APP, [str(path)]).output


def test_each_reason_to_reject_has_a_remedy() -> None:
    assert set(REMEDIES) == set(get_args(Reason))
