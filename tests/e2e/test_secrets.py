"""Prompts that running parts wrote into their logs, through the whole of lastcall: found nowhere in it. And its own
credentials: in no log, whatever fails."""

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from service.adapters.postgres.database import Database
from service.formats.files import FileRecord, read_records
from tests.broker_topics import make_topic, produce, read_all
from tests.database_contents import everything_in
from tests.processes import PATIENCE, connected, lastcall, running, until
from tests.rows import NOW, put_notification

SAMPLES = Path(__file__).parents[1] / "samples"
CAPTURES = sorted(SAMPLES.glob("captured_*.jsonl"))
LITELLM, KONG = "litellm_standard_logging_payload.jsonl", "kong_kafka_log.jsonl"
SECRET = "secret prompt"
PAGES = ("/", "/outbox", "/metrics", "/readyz", "/api/v1/exposures", "/api/v1/notifications")


@pytest.fixture
def captured() -> list[FileRecord]:
    records = [record for path in CAPTURES for record in read_records(path)]
    assert all(SECRET.encode() in (record.value or b"") for record in records)
    return records


@pytest.mark.slow
async def test_no_prompt_of_a_kafka_record_is_stored_logged_or_shown(
    kafka: str, database_url: str, database: Database, tmp_path: Path, captured: list[FileRecord]
) -> None:
    topic, dead_letters = await make_topic(kafka), await make_topic(kafka)
    env = connected(kafka, database_url, topic, dead_letters, LASTCALL_LOG_LEVEL="debug", LASTCALL_REJECTION_LIMIT=1)
    values = [record.value or b"" for record in captured]
    broken = [value[: value.rindex(SECRET.encode()) + len(SECRET)] for value in values]
    async with running("consume", env=env, folder=tmp_path) as consumer:
        await produce(kafka, topic, [*values, *broken])
        await until(lambda: read(database, 2 * len(values)))
        ticked = await lastcall("tick", "--now", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", env=env, folder=tmp_path)
        shown = await pages(await consumer.says(r"serving (http://\S+)"))

    letters = await read_all(kafka, dead_letters)
    assert len(letters) == len(broken)
    stored = await everything_in(database)
    assert "usage_hourly" in stored
    assert SECRET not in stored
    assert SECRET.encode().hex() not in stored
    assert SECRET not in repr([(letter.key, letter.headers) for letter in letters])
    for said in (consumer.said, ticked.out, ticked.err, shown):
        assert SECRET not in said


async def test_no_prompt_of_a_file_is_stored_or_printed(database_url: str, database: Database, tmp_path: Path) -> None:
    env = connected("127.0.0.1:1", database_url, "lastcall", "dead-letters", LASTCALL_LOG_LEVEL="debug")
    broken = tmp_path / "broken.jsonl"
    broken.write_text(f'{{"messages": [{{"content": "{SECRET}"}}]}}\n{{"prompt": "{SECRET}\n')
    files = [*CAPTURES, broken]
    for command in ("decode", "ingest"):
        for form in ([], ["--json"]):
            ended = await lastcall(command, *files, *form, env=env, folder=tmp_path)
            assert ended.code == 0, ended.err
            assert SECRET not in ended.out + ended.err
    stored = await everything_in(database)
    assert "usage_hourly" in stored
    assert "rejections" in stored
    assert SECRET not in stored


async def test_holders_of_keys_bring_in_neither_a_secret_nor_an_end_user(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    env = connected("127.0.0.1:1", database_url, "lastcall", "dead-letters", LASTCALL_LOG_LEVEL="debug")
    end_user, key = "patient-4711@example.com", "sk-proj-c4n4ryc4n4ryc4n4ry"
    (litellm, *_), (kong, *_) = (map(json.loads, (SAMPLES / name).open()) for name in (LITELLM, KONG))
    people = {"user_api_key_user_id": end_user, "user_api_key_end_user_id": end_user, "user_api_key_team_alias": None}
    records = [
        litellm | {"end_user": end_user, "metadata": litellm["metadata"] | people | {"user_api_key_user_email": held}}
        for held in (end_user, end_user.upper(), key, f"Bearer {key}", "ada@example.com")
    ]
    records += [
        kong | {"consumer": {"username": "billing-api", "tags": [f"owner:{key}", f"team:{held}"]}}
        for held in (f"Authorization: Bearer {key}", "payments")
    ]
    own = {"time": "2025-06-30T09:14:03Z", "service": "mail", "provider": "openai", "model": "gpt-4.5-preview"}
    records += [own | {"key_owner": held, "user": end_user, "end_user": end_user} for held in (key, f"me %73{key[1:]}")]
    file = tmp_path / "held.jsonl"
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records))

    said = [await lastcall(*each, env=env, folder=tmp_path) for each in (("ingest", file), ("owners",))]

    assert [ended.code for ended in said] == [0, 0], said
    stored = await everything_in(database)
    assert {
        line.partition(",")[2].partition(",")[0] for line in stored.splitlines() if line.startswith("key_owners ")
    } == {
        "ada@example.com",
        "payments",
    }
    for text_ in (stored, *(ended.out + ended.err for ended in said)):
        assert end_user not in text_.lower()
        assert "c4n4ry" not in text_


@pytest.mark.slow
@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_no_credential_is_in_a_log_whatever_fails(
    database_url: str, database: Database, tmp_path: Path, log_format: str
) -> None:
    api_token, slack_token, password = "api-c4n4ry", "xoxb-sl4ck-c4n4ry", "p4ssw0rd-c4n4ry"
    env = connected(
        "127.0.0.1:1",
        make_url(database_url).set(password=password).render_as_string(hide_password=False),
        "lastcall",
        "dead-letters",
        LASTCALL_LOG_LEVEL="debug",
        LASTCALL_LOG_FORMAT=log_format,
        LASTCALL_API_TOKEN=api_token,
        LASTCALL_SLACK_TOKEN=slack_token,
        LASTCALL_SLACK_API_URL="http://127.0.0.1:1/api/",
    )
    async with database.begin() as connection:
        await put_notification(connection, state="pending", facts={"kind": "of no message"})
    unsendable = await lastcall("tick", "--now", f"{NOW:%Y-%m-%dT%H:%M:%SZ}", env=env, folder=tmp_path)
    async with database.begin() as connection:
        await connection.execute(text("DROP TABLE notifications CASCADE"))
    broken = await lastcall("tick", "--now", f"{NOW:%Y-%m-%dT%H:%M:%SZ}", env=env, folder=tmp_path)
    async with running("web", env=env, folder=tmp_path) as web:
        url = await web.says(r"serving (http://\S+)")
        async with httpx.AsyncClient(trust_env=False, base_url=url, timeout=PATIENCE, auth=("", api_token)) as client:
            assert (await client.get("/")).status_code == 500
        await web.says("UndefinedTable")
        said = [web.said, unsendable.out, unsendable.err, broken.out, broken.err]
    away = env | {"LASTCALL_DATABASE_URL": f"postgresql://lastcall:{password}@127.0.0.1:1/lastcall"}
    for command in ("tick", "--now", "2025-07-02"), ("doctor",), ("who", "gpt-4.5-preview"):
        ended = await lastcall(*command, env=away, folder=tmp_path)
        assert ended.code in {1, 3}
        said += [ended.out, ended.err]

    for mark in (api_token, slack_token, password, "─ locals ─", '"locals":'):
        assert not [each for each in said if mark in each]
    assert all("Traceback" in each for each in (web.said, unsendable.err, broken.err))


async def read(database: Database, records: int) -> bool:
    async with database.connect() as connection:
        count = await connection.execute(text("SELECT coalesce(sum(records), 0) FROM watermarks"))
        return bool(count.scalar_one() == records)


async def pages(url: str) -> str:
    """What the web shows, all in one text."""
    async with httpx.AsyncClient(trust_env=False, base_url=url, timeout=PATIENCE) as client:
        return "\n".join([(await client.get(page)).raise_for_status().text for page in PAGES])
