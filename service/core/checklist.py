"""The parts of a migration. For GPT-4.5 Preview, changing the model's name was the small part."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

ItemId = Literal["model", "prompts", "latency", "cost", "users"]
ITEM_IDS: tuple[ItemId, ...] = get_args(ItemId)
NEAR_DAYS = 14


@dataclass(frozen=True, slots=True)
class Item:
    id: ItemId
    words: str
    """What a tick means."""
    why: str
    """Why the item is on the list."""


ITEMS = (
    Item("model", "The model's name is changed wherever it is set",
         "Code, configuration, fallbacks and batch jobs may each name the model; a missed one continues to call it."),
    Item("prompts", "Prompts are tuned and evaluated again",
         "Another model answers the same prompt differently; compare the answers on your own cases."),
    Item("latency", "Latency is measured again",
         "Timeouts, retries and expected waiting times were set for the speed of the old model."),
    Item("cost", "Cost is calculated again",
         "Another model has other prices per token, and writes longer or shorter answers."),
    Item("users", "Users are informed",
         "People who rely on the answers notice a change, and ask why nobody informed them."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tick:
    item: ItemId
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Checklist:
    """The checklist of one exposure. It affects no decision: only the records show that calls have ended."""

    ticks: tuple[Tick, ...] = ()
    """At most one per item."""

    @property
    def done(self) -> int:
        return len(self.ticks)

    @property
    def open(self) -> tuple[Item, ...]:
        return tuple(item for item in ITEMS if self.tick_of(item.id) is None)

    @property
    def progress(self) -> str:
        """`2 of 5`"""
        return f"{self.done} of {len(ITEMS)}"

    def pressing(self, deadline: date | None, today: date) -> tuple[ItemId, ...]:
        """Open items to name in messages: only from `NEAR_DAYS` before the deadline on."""
        if deadline is None or (deadline - today).days > NEAR_DAYS:
            return ()
        return tuple(item.id for item in self.open)

    def tick_of(self, item: ItemId) -> Tick | None:
        return next((tick for tick in self.ticks if tick.item == item), None)

    def as_of(self, moment: datetime) -> "Checklist":
        """The present ticks that already existed at `moment`."""
        return Checklist(tuple(tick for tick in self.ticks if tick.at <= moment))


def parse_item(text: str) -> ItemId:
    """Raises ValueError with the list of items."""
    found = next((item for item in ITEM_IDS if item == text.strip().lower()), None)
    if found is None:
        raise ValueError(f"{text!r} is not an item of the checklist; the items are {', '.join(ITEM_IDS)}")
    return found


def known_ticks(ticks: Iterable[tuple[str, str, datetime]]) -> Checklist:
    """Stored (item, author, at) -> the checklist. Skips items that this release does not know."""
    stored = {item: (author, at) for item, author, at in ticks}
    return Checklist(tuple(Tick(item, *stored[item]) for item in ITEM_IDS if item in stored))
