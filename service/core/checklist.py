"""What a migration consists of, as the end of GPT-4.5 taught: changing the model's name was the small part."""

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
    """What is done once it is ticked."""
    why: str
    """What teams found out late."""


ITEMS = (
    Item("model", "The model's name is changed wherever it is set",
         "Code, configuration, fallbacks and batch jobs may each name it; one that is missed goes on calling."),
    Item("prompts", "Prompts are tuned and evaluated again",
         "The same prompt gets other answers from another model; compare them on cases of your own."),
    Item("latency", "Latency is worked out anew",
         "Timeouts, retries and what people wait for were set for the speed of the old model."),
    Item("cost", "Cost is worked out anew",
         "A token of GPT-4.1 cost a small part of one of GPT-4.5; others cost more, and answer at greater length."),
    Item("users", "Users are told",
         "Those who rely on the answers notice that they changed, and ask why nobody said so."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tick:
    item: ItemId
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Checklist:
    """One exposure's. It decides nothing: that the calls have ended, the records say."""

    ticks: tuple[Tick, ...] = ()
    """At most one an item."""

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
        """What is open, in the last `NEAR_DAYS` before the day and after it: then it is named one by one."""
        if deadline is None or (deadline - today).days > NEAR_DAYS:
            return ()
        return tuple(item.id for item in self.open)

    def tick_of(self, item: ItemId) -> Tick | None:
        return next((tick for tick in self.ticks if tick.item == item), None)

    def as_of(self, moment: datetime) -> "Checklist":
        """The ticks that were there by `moment`, of those that are there now."""
        return Checklist(tuple(tick for tick in self.ticks if tick.at <= moment))


def parse_item(text: str) -> ItemId:
    """Raises ValueError with what there is."""
    found = next((item for item in ITEM_IDS if item == text.strip().lower()), None)
    if found is None:
        raise ValueError(f"{text!r} is no item of the checklist; there are {', '.join(ITEM_IDS)}")
    return found


def known_ticks(ticks: Iterable[tuple[str, str, datetime]]) -> Checklist:
    """(item, author, at) as stored -> the checklist, without items that this release does not know."""
    stored = {item: (author, at) for item, author, at in ticks}
    return Checklist(tuple(Tick(item, *stored[item]) for item in ITEM_IDS if item in stored))
