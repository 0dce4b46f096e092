"""A service with the real OpenAI client and a real OpenTelemetry SDK, through Kafka, to an answer in the terminal."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import openai
import pytest
from aiohttp import web
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from sqlalchemy import text

from service.adapters.postgres.database import Database
from tests.broker_topics import make_topic, produce, read_all
from tests.database_contents import everything_in
from tests.processes import connected, lastcall, running, until

pytestmark = pytest.mark.slow

PROMPT = "secret prompt: what did the customer complain about?"
COMPLETION = "secret completion: the parcel was late"
MODEL = "gpt-4.5-preview"


class KafkaValues(SpanExporter):
    """What the OpenTelemetry Collector's Kafka exporter writes for a batch of spans, in memory."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.values.append(encode_spans(spans).SerializeToString())
        return SpanExportResult.SUCCESS


async def test_calls_of_an_instrumented_service_are_found_without_their_prompts(
    kafka: str, database_url: str, database: Database, tmp_path: Path
) -> None:
    values = await _calls_of_the_service()
    assert PROMPT.encode() in b"".join(values), "the instrumentation writes prompts down: else this proves nothing"

    topic, dead_letters = await make_topic(kafka, partitions=2), await make_topic(kafka)
    env = connected(kafka, database_url, topic, dead_letters, LASTCALL_LOG_LEVEL="debug")
    async with running("consume", env=env, folder=tmp_path) as consumer:
        await produce(kafka, topic, [*values, values[0][:-1]])

        async def applied() -> bool:
            async with database.connect() as connection:
                read = await connection.execute(text("SELECT sum(records) FROM watermarks"))
                return bool(read.scalar_one() == len(values) + 1)

        await until(applied)
        log = consumer.said
    await lastcall("tick", "--now", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", env=env, folder=tmp_path)

    who = await lastcall("who", MODEL, "--json", env=env, folder=tmp_path)
    [exposure] = who.answer["exposures"]
    assert exposure["service"] == "complaints-triage"
    assert exposure["environment"] == "production"
    assert (exposure["platform"], exposure["id"], exposure["requested_ids"]) == ("openai-api", MODEL, [MODEL])
    assert (exposure["calls_7d"], exposure["errors_7d"]) == (3, 1)
    assert exposure["tokens_7d"] == 2 * (1200 + 300)

    letters = await read_all(kafka, dead_letters)
    assert len(letters) == 1
    for place in (await everything_in(database), log, who.out, repr([letter.headers for letter in letters])):
        assert "secret" not in place


async def _calls_of_the_service() -> list[bytes]:
    """Two calls are answered; the third is refused, for the model is gone. Returns what the exporter was given."""
    exporter = KafkaValues()
    provider = TracerProvider(
        resource=Resource.create({"service.name": "complaints-triage", "deployment.environment.name": "production"})
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    instrumentor = OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        async with _api(answers=2) as url, openai.AsyncOpenAI(base_url=url, api_key="sk-test", max_retries=0) as client:
            with provider.get_tracer("complaints").start_as_current_span("POST /complaints"):
                for _ in range(2):
                    await _ask(client)
                with pytest.raises(openai.NotFoundError):
                    await _ask(client)
    finally:
        instrumentor.uninstrument()
        await asyncio.to_thread(provider.shutdown)
    return exporter.values


async def _ask(client: openai.AsyncOpenAI) -> None:
    await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": PROMPT}])


@asynccontextmanager
async def _api(*, answers: int) -> AsyncIterator[str]:
    """Chat completions as OpenAI's API answers them; after so many answers the model is gone."""
    left = iter(range(answers))

    async def complete(request: web.Request) -> web.Response:
        asked = await request.json()
        if next(left, None) is None:
            message = f"The model `{asked['model']}` does not exist or you do not have access to it."
            error = {"message": message, "type": "invalid_request_error", "param": None, "code": "model_not_found"}
            return web.json_response({"error": error}, status=404)
        reply = {"role": "assistant", "content": COMPLETION, "refusal": None}
        return web.json_response(
            {
                "id": "chatcmpl-BYqWq2nJ1v8",
                "object": "chat.completion",
                "created": int(datetime.now(UTC).timestamp()),
                "model": "gpt-4.5-preview-2025-02-27",
                "choices": [{"index": 0, "message": reply, "logprobs": None, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1200, "completion_tokens": 300, "total_tokens": 1500},
            },
            headers={"x-request-id": "req_5f2e"},
        )

    application = web.Application()
    application.router.add_post("/v1/chat/completions", complete)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()
