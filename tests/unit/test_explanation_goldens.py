"""Whole explanations as a person reads them, kept beside the tests as the messages are.

To write them anew after a change that is meant: `LASTCALL_WRITE_GOLDENS=1` for a run of this file.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.core.calendar import Calendar, Freeze
from service.core.condition import InWords, SlackAuth
from service.core.escalation.hold import Snoozed
from service.core.explanation.answer import Explanation
from service.core.explanation.exposure import explain_exposure
from service.core.explanation.notification import Recipient, explain_notification
from service.core.explanation.silence import Untracked, explain_untracked
from service.entrypoints.cli.explain import show_explanation
from tests.builders import make_day, make_owner
from tests.explained import Played, at

GOLDEN = Path(__file__).parent / "golden" / "explanations"
DOCUMENT = (Path(__file__).parents[2] / "docs" / "escalation.md").read_text()
FROZEN = Calendar(
    make_owner().calendar.zone, country="DE", freezes=(Freeze(date(2025, 7, 1), date(2025, 7, 20), "sale"),)
)


def late_discovery() -> Explanation[Any]:
    """The owner's, on a Thursday: the manager is held back."""
    return explain_notification(Played().decides("2025-07-03T08:00")[0], at("2025-07-03T09:00"))


def new_caller() -> Explanation[Any]:
    """Found in the stream, a minute after its first call."""
    first = {"since": date(2025, 7, 2), "first_at": at("2025-07-02T12:20"), "last_at": at("2025-07-02T12:20")}
    owner = make_owner(rule="owners[0], lastcall.yaml:3")
    return explain_notification(Played(owner=owner, given=first).decides("2025-07-02T12:21")[0], at("2025-07-02T12:22"))


def held_back() -> Explanation[Any]:
    played = Played()
    played.decides("2025-07-03T08:00")
    (manager,) = played.decides("2025-07-04T08:00")
    return explain_notification(manager, at("2025-07-04T09:00"))


def waiting_for_the_afternoon() -> Explanation[Any]:
    """A first call on a Saturday, of a service whose team has no person's address."""
    owner = make_owner(people=())
    first = {"since": date(2025, 6, 21), "first_at": at("2025-06-21T10:30")}
    told = Played(owner=owner, given=first).decides("2025-06-23T09:00")[0]
    waits = replace(told, state="pending", settled_at=None, attempts=0, outcome=None, not_before=at("2025-06-23T13:00"))
    return explain_notification(waits, at("2025-06-23T10:00"))


def rerouted() -> Explanation[Any]:
    told = Played().decides("2025-04-14T07:00")
    meant = Recipient("1", "#search", "team", "failed", "is_archived")
    given: dict[str, Any] = {
        "destination": "#fallback",
        "audience": "fallback",
        "came_from": meant,
        "state": "pending",
        "attempts": 2,
    }
    blocked = InWords.of(SlackAuth(error="invalid_auth", advice="Set LASTCALL_SLACK_TOKEN to a token that is valid."))
    record = replace(told[1], **given, outcome="invalid_auth", settled_at=None, troubles=(blocked,))
    return explain_notification(record, at("2025-04-14T09:00"))


def told_at_last() -> Explanation[Any]:
    played = Played(owner=make_owner(calendar=FROZEN))
    for now in ("2025-04-14T07:00", "2025-05-02T07:00", "2025-06-02T07:00", "2025-06-17T08:00"):
        played.decides(now)
    return explain_exposure(played.situation("2025-06-17T12:00"))


def not_announced_yet() -> Explanation[Any]:
    return explain_exposure(Played().situation("2025-04-13T12:00"))


def snoozed() -> Explanation[Any]:
    played = Played()
    played.decides("2025-06-16T07:00")
    assert played.campaign is not None
    played.campaign = replace(
        played.campaign, hold=Snoozed("ada@example.com", at("2025-06-20T10:00"), date(2025, 6, 27))
    )
    return explain_exposure(played.situation("2025-06-23T12:00"))


def nobody_looked() -> Explanation[Any]:
    return explain_exposure(Played().situation("2025-06-16T12:00", looked_at=at("2025-06-13T18:00")))


def month_end_job() -> Explanation[Any]:
    days = [make_day(date(2025, 3, 31)), make_day(date(2025, 4, 30), calls=400, errors=12)]
    given = {"days": days, "last_at": at("2025-04-30T23:10"), "until": date(2025, 4, 30)}
    return explain_exposure(Played(given=given).situation("2025-05-20T12:00"))


def unknown_model() -> Explanation[Any]:
    return explain_untracked(
        Untracked("search-api", "", "azure-openai", "prod-chat", is_known=False, calls_28d=1200),
        None,
        date(2025, 6, 16),
    )


EXPLAINED: dict[str, Callable[[], Explanation[Any]]] = {
    made.__name__: made
    for made in (
        late_discovery,
        new_caller,
        held_back,
        waiting_for_the_afternoon,
        rerouted,
        told_at_last,
        not_announced_yet,
        snoozed,
        nobody_looked,
        month_end_job,
        unknown_model,
    )
}


@pytest.mark.parametrize("name", EXPLAINED)
def test_explanation_reads_as_agreed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    show_explanation(EXPLAINED[name]())
    read = capsys.readouterr().out
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("LASTCALL_WRITE_GOLDENS"):
        golden.write_text(read, encoding="utf-8")
    assert read == golden.read_text(encoding="utf-8")


def test_the_document_shows_one() -> None:
    assert (GOLDEN / "new_caller.txt").read_text(encoding="utf-8") in DOCUMENT
