"""Causes: each is stored and read back as it was, and told apart from the others by its key."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import msgspec
import pytest

from service.core.escalation.campaign import NotifiedOwner
from service.core.escalation.cause import (
    AtStep,
    BrokenPromise,
    Cause,
    Confirmed,
    DateMoved,
    FailsAgain,
    HeldBack,
    Kind,
    Migrated,
    NewOwner,
    NewsCause,
    Redirected,
    Relapse,
    Repeat,
    Resumed,
    StepDue,
    Withdrawn,
    in_words,
    key_of,
    kind_of,
)
from service.core.messages.group import URGENT_FIRST
from service.core.messages.news import NEWS
from service.core.wording.delivery import KINDS

STEP = AtStep(name="+1d", policy="default", repeat_days=1)
DAY = date(2025, 7, 15)
NOW = datetime(2025, 7, 15, 7, tzinfo=UTC)
FORMER = NotifiedOwner("search", ("ada@example.com",))
CAUSES: tuple[Cause, ...] = (
    StepDue(step=STEP, day=DAY),
    Repeat(step=STEP, day=DAY),
    FailsAgain(step=STEP, day=DAY),
    HeldBack(step=STEP, day=DAY, owner_told_on=DAY),
    Relapse(step=STEP, at=NOW, silent_since=DAY, back_since=DAY, calls=3),
    Resumed(step=STEP, at=NOW, closed_as="misattributed"),
    BrokenPromise(step=STEP, promised_on=DAY),
    NewOwner(step=STEP, at=NOW, former=FORMER),
    Migrated(at=NOW, last_at=NOW, quiet_days=3),
    DateMoved(before=DAY, after=None),
    Confirmed(before=DAY, after=DAY),
    Withdrawn(at=NOW, before=DAY),
    Redirected(day=DAY, answered=9, redirected=7, since=DAY),
)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: type(cause).__name__)
def test_cause_comes_back_as_it_was_stored(cause: Cause) -> None:
    assert msgspec.json.decode(msgspec.json.encode(cause), type=Cause) == cause
    assert in_words(cause)


def test_no_two_causes_of_one_moment_share_a_key() -> None:
    assert len({key_of(cause) for cause in CAUSES}) == len(CAUSES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(Repeat(step=STEP, day=DAY), Repeat(step=STEP, day=DAY + timedelta(days=1)), id="two repeats"),
        pytest.param(
            Migrated(at=NOW, last_at=NOW, quiet_days=3),
            Migrated(at=NOW + timedelta(days=9), last_at=NOW, quiet_days=3),
            id="two silences",
        ),
        pytest.param(DateMoved(before=DAY, after=None), DateMoved(before=None, after=DAY), id="to and fro"),
    ],
)
def test_what_is_told_twice_has_two_keys(one: Cause, other: Cause) -> None:
    assert key_of(one) != key_of(other)


def test_words_say_who_hears_otherwise_because_of_the_forecast() -> None:
    due = StepDue(step=AtStep(name="-30d", policy="default", before_freeze=True))
    assert in_words(due, spared=("manager",), early=("director",)) == (
        "30 days before the change freeze, by policy default; not to the manager, as the calls reach zero in time at "
        "this pace; earlier than planned to the director, as at this pace they do not"
    )


@pytest.mark.parametrize("cause", get_args(NewsCause))
def test_each_cause_of_news_is_worded_ordered_and_explained(cause: type[NewsCause]) -> None:
    kind = str(cause.__struct_config__.tag)

    assert cause in NEWS
    assert cause in URGENT_FIRST
    assert kind in get_args(Kind)
    assert kind in KINDS


def test_no_cause_is_left_out_here() -> None:
    assert {type(one) for one in CAUSES} == set(get_args(Cause))


@pytest.mark.parametrize("cause", CAUSES, ids=lambda one: type(one).__name__)
def test_kind_of_news_is_its_tag(cause: Cause) -> None:
    tag = str(cause.__struct_config__.tag)

    assert kind_of(cause) == (tag if isinstance(cause, get_args(NewsCause)) else "notice")
