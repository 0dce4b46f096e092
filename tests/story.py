"""A story: what services call and owners do, day by day, and what Slack is given for it.

The records are decoded, counted, decided on and delivered by the real parts, on a real PostgreSQL and over HTTP. Only
the clock is the story's, and Slack is tests/slack_server.py. A message that the story did not expect fails it.
"""

import itertools
import tempfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr
from sqlalchemy import Row, select

from service.adapters.catalog.files import LoadedCatalog
from service.adapters.postgres.database import Database
from service.adapters.postgres.series_store import SeriesBook
from service.adapters.postgres.tables import messages, notifications
from service.adapters.postgres.usage_store import UsageStore
from service.adapters.queries.listing import ExposureFilter
from service.adapters.slack.transport import open_slack
from service.config.company import Company, load_company
from service.config.world import World, world_of
from service.core.catalog.lifecycle import Catalog, Deprecation, Shutdown
from service.core.escalation.act import Act
from service.core.exposure import ExposureKey, State
from service.core.ownership import Owner
from service.core.wording import to_slack
from service.core.wording.blocks import read_blocks
from service.core.wording.to_text import thread_to_text
from service.engine import ask
from service.engine.act import Acted, act
from service.engine.deliver import DeliveryReport
from service.engine.reassign import reassign
from service.engine.tick import VERBS, Engine, tick
from service.engine.world import Worlds, look_up
from tests.builders import make_world
from tests.callers import Caller
from tests.calls import count_calls
from tests.company_slack import invite, slack_of
from tests.slack_server import Posted, SlackServer

HALF_A_DAY = timedelta(hours=12)
Told = dict[str, dict[str, dict[str, set[str]]]]
"""Day -> service (or platform) -> step -> who."""


@dataclass(frozen=True)
class News:
    """One thing that a message tells."""

    kind: str
    step: str
    service: str
    platform: str


@dataclass(frozen=True)
class SentMessage:
    """A message that Slack took."""

    at: datetime
    to: str
    """As lastcall.yaml spells it."""
    text: str
    """All of it and of its thread, as its readers see it."""
    posts: int
    """The root, and its replies in the thread."""
    news: tuple[News, ...]

    @property
    def is_digest(self) -> bool:
        return all(one.kind == "digest" for one in self.news)

    def __str__(self) -> str:
        told = Counter(f"{one.platform} {one.step}" for one in self.news)
        return f"{self.at:%a %Y-%m-%d %H:%M} {self.to}: {dict(told)} {self.text.splitlines()[0]}"


@dataclass
class Story:
    """`open_story` makes one. Days and hours are UTC's."""

    database: Database
    engine: Engine
    slack: SlackServer
    now: datetime
    messages: list[SentMessage] = field(default_factory=list)
    """Every message but digests."""
    digests: list[SentMessage] = field(default_factory=list)
    """They come by the week, and are no surprise."""

    def __post_init__(self) -> None:
        self._callers: list[Caller] = []
        self._surprises: list[SentMessage] = []
        self._cleaned_on: date | None = None
        self._posts = 0
        self._moves = itertools.count(1)
        self._store = self._open_store()

    def calls(
        self,
        service: str,
        model: str = "gpt-4.5-preview",
        *,
        provider: str = "openai",
        per_day: int = 3,
        since: date = date.min,
        until: date = date.max,
        on: Callable[[date], bool] = lambda day: True,
        fails_from: date | None = None,
        key_owner: str | None = None,
        answered_by: str | None = None,
    ) -> None:
        """`since` and `until` are included. From `fails_from` on the provider answers that the model is gone.
        `answered_by` is another model, which answers instead."""
        self._callers.append(
            Caller(
                service,
                model,
                provider,
                per_day,
                lambda day: since <= day <= until and on(day),
                fails_from,
                key_owner=key_owner,
                answered_by=answered_by,
            )
        )

    def moves_date(self, platform: str, id_: str, *, to: date) -> None:
        """The provider names another day for the shutdown."""
        record = self.record(platform, id_)
        plans = (*record.superseded, record.shutdown)
        self.learns(replace(record, shutdown=Shutdown(to, "exact"), superseded=plans, standing="provider"))

    def learns(self, *records: Deprecation) -> None:
        """The next catalog has these records in place of the present ones."""
        old, changed = self.engine.worlds.latest.catalog, {record.key: record for record in records}
        digest = f"{old.digest[:40]}, moved {next(self._moves)}"
        catalog = Catalog([changed.get(one.key, one) for one in old], digest=digest)
        self.engine.worlds.replace(replace(self.engine.worlds.latest, catalog=catalog))
        self._store = self._open_store()

    def owners_change(self, lastcall_yaml: str) -> None:
        """lastcall.yaml is another one from here on. Slack knows whom it names."""
        company = _load(lastcall_yaml)
        world = self.engine.worlds.latest
        self.engine.worlds.replace(world_of(world.catalog, world.resolver, company, world.topics, prices=world.prices))
        invite(company, self.slack)

    async def asks(self, asked: Act, service: str, model: str = "gpt-4.5-preview") -> None:
        """Somebody acts on the service's use of a model of OpenAI's, and is not refused."""
        key = ExposureKey(service, "production", *self.record("openai-api", model).key)
        done = await act(self.database, self.engine.worlds.latest, key, asked, now=self.now)
        assert isinstance(done, Acted), done

    async def answers(self, service: str, *, team: str, people: Sequence[str] = (), author: str) -> None:
        """Somebody says who owns the service, as by `lastcall reassign`."""
        owner = await reassign(
            self.database, self.engine.worlds.latest, service, team=team, people=people, author=author, now=self.now
        )
        assert isinstance(owner, Owner), owner

    async def fast_forward(
        self, *, until: date | None = None, days: float = 0, every: timedelta = timedelta(hours=6)
    ) -> None:
        """Through the whole of day `until`, or so many days on, with a tick each `every`."""
        end = _end_of(until) if until else self.now + timedelta(days=days)
        while self.now < end:
            since, self.now = self.now, min(self.now + every, end)
            await self._call(since)
            await self._tick()

    async def scheduler_is_down(self, *, until: date) -> None:
        """Through the whole of that day: calls are counted, and nobody decides or tells anything."""
        while self.now < _end_of(until):
            since, self.now = self.now, self.now + timedelta(days=1)
            await self._call(since)

    async def world(self) -> World:
        return await look_up(self.database, self.engine.worlds, now=self.now)

    async def state(self, service: str) -> State:
        """Of its only exposure, as the page shows it."""
        (only,) = (
            await ask.exposures(self.database, await self.world(), ExposureFilter(service=service), now=self.now)
        ).items
        return only.state

    # --- what was told --------------------------------------------------------------------------------------------

    def expect_message(self, to: str, *, on: date, containing: str | tuple[str, ...] = ()) -> SentMessage:
        """One message, which is no surprise from here on."""
        parts = (containing,) if isinstance(containing, str) else containing
        there = [one for one in self._surprises if one.to == to and one.at.date() == on]
        found = next((one for one in there if all(part in one.text for part in parts)), None)
        said = "\n\n".join(f"{one}\n{one.text}" for one in there) or self._list_surprises()
        assert found, f"{to} was not told {parts} on {on}, but:\n{said}"
        self._surprises.remove(found)
        return found

    def message(self, to: str, *, on: date) -> SentMessage:
        """The one that was told there on that day, digests apart."""
        (only,) = (one for one in self.messages if one.to == to and one.at.date() == on)
        return only

    def expect_told(self, expected: Told, *, by: Literal["service", "platform"] = "service") -> None:
        """All that was told and not expected yet, neither more nor less, and nothing twice."""
        told = Counter(
            f"{message.at.date()} {getattr(news, by)} {news.step}: {message.to}"
            for message in self._surprises
            for news in message.news
            if news.kind != "digest"
        )
        wanted = Counter(
            f"{day} {key} {step}: {to}"
            for day, keys in expected.items()
            for key, steps in keys.items()
            for step, who in steps.items()
            for to in who
        )
        missing, besides = sorted((wanted - told).elements()), sorted((told - wanted).elements())
        assert not missing + besides, "\n".join(["not told:", *missing, "told besides:", *besides])
        self._surprises.clear()

    def expect_nothing_else(self) -> None:
        assert not self._surprises, f"nobody expected\n{self._list_surprises()}"

    def _list_surprises(self) -> str:
        return "\n".join(map(str, self._surprises))

    # --- the engine -----------------------------------------------------------------------------------------------

    def record(self, platform: str, id_: str) -> Deprecation:
        catalog = self.engine.worlds.latest.catalog
        (record,) = (one for one in catalog if one.platform == platform and id_ in (one.id, *one.aliases))
        return record

    def _open_store(self) -> UsageStore:
        world = self.engine.worlds.latest
        return UsageStore(self.database, SeriesBook(world.catalog, world.resolver))

    async def _call(self, since: datetime) -> None:
        """What was called after `since` and up to now."""
        calls = [call for caller in self._callers for call in caller.calls(since, self.now)]
        if calls:
            loaded = LoadedCatalog(self.engine.worlds.latest.catalog, self.engine.worlds.latest.resolver)
            await count_calls(self.database, loaded, calls, self.now, store=self._store)

    async def _tick(self) -> None:
        cleans, self._cleaned_on = self._cleaned_on != self.now.date(), self.now.date()
        verbs = VERBS if cleans else [verb for verb in VERBS if verb != "clean_up"]
        ticked = await tick(self.engine, now=self.now, only=verbs)
        assert not ticked.failures, ticked.failures
        delivery = ticked.results["deliver"]
        assert delivery == DeliveryReport(delivered=getattr(delivery, "delivered", 0)), delivery
        new = [message async for message in self._new_messages()] if self.slack.posts[self._posts :] else []
        twice = [to for to, count in Counter(message.to for message in new).items() if count > 1]
        assert not twice, f"more than one message at one tick: {twice}"
        self.digests += [message for message in new if message.is_digest]
        told = [message for message in new if not message.is_digest]
        self.messages += told
        self._surprises += told

    async def _new_messages(self) -> AsyncIterator[SentMessage]:
        """What Slack took since it was asked last. Each message is there once, whole."""
        posts: dict[str, dict[int, Posted]] = defaultdict(dict)
        for posted in self.slack.posts[self._posts :]:
            mark = posted.metadata["event_payload"]
            number = mark.get("reply", 0)
            assert number not in posts[mark["id"]], f"posted twice: {posted.text}"
            posts[mark["id"]][number] = posted
        self._posts = len(self.slack.posts)
        async with self.database.connect() as connection:
            m = messages.c
            told = select(m.id, m.destination, m.text, m.blocks, m.replies, *notifications.c)
            rows = (await connection.execute(told.join(notifications).where(messages.c.id.in_(posts)))).all()
        for id_, parts in posts.items():
            of_message = [row for row in rows if str(row.id) == id_]
            assert {row.state for row in of_message} == {"delivered"}, of_message
            root, *replies = map(read_blocks, (of_message[0].blocks, *of_message[0].replies))
            shown = [parts[number].blocks for number in range(len(parts))]
            assert shown == [[to_slack.block(one) for one in part] for part in (root, *replies)]
            text = "\n".join((of_message[0].text, thread_to_text(root, replies)))
            yield SentMessage(self.now, of_message[0].destination, text, len(parts), tuple(map(_news, of_message)))


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _news(row: Row[Any]) -> News:
    return News(
        row.kind, row.step or row.kind, *(row.facts.get("use", {}).get(name, "") for name in ("service", "platform"))
    )


@asynccontextmanager
async def open_story(database: Database, lastcall_yaml: str, *, begins: date) -> AsyncIterator[Story]:
    """Once it is told, nothing unexpected may have been heard."""
    company = _load(lastcall_yaml)
    async with (
        slack_of(company) as slack,
        open_slack(SecretStr(slack.token), api_url=slack.url, pace_seconds=0) as transport,
    ):
        engine = Engine(database, Worlds(make_world(company=company)), {"slack": transport}, None)
        story = Story(database, engine, slack, datetime.combine(begins, time(), UTC))
        yield story
        story.expect_nothing_else()


def _load(lastcall_yaml: str) -> Company:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lastcall.yaml"
        file.write_text(lastcall_yaml)
        return load_company(file)
