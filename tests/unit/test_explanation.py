"""What an explanation says of one thing, and when it says that something is wrong."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.core.calendar import Calendar, Freeze
from service.core.condition import InWords, Undecidable
from service.core.condition_ingest import ConsumerBehind
from service.core.escalation.cause import DateMoved, Migrated, Redirected, Withdrawn
from service.core.escalation.delay import in_words
from service.core.escalation.hold import Snoozed, Waived
from service.core.escalation.policy import DEFAULT_POLICY, Policy, Step, parse_offset
from service.core.explanation import Explanation, explain_exposure, explain_notification, explain_untracked
from service.core.explanation.silence import Untracked
from service.core.explanation.steps import Heard
from service.core.notification import Facts, Notice, Trouble
from tests.builders import make_day, make_deprecation, make_digest, make_news, make_owner
from tests.explained import Played, at

MAY = at("2025-05-01T10:00")
BERLIN = make_owner().calendar.zone
NAMED: dict[str, Any] = {"service": "s", "environment": "", "platform": "openai-api", "model": "m", "id": "i"}
BEHIND = ConsumerBehind(topic="llm", unread_since=at("2025-04-10T00:00"))
NOT_READ = "Not all records since 2025-04-10 00:00 UTC are read; until then, silence closes no campaign."
RUN_MORE = (
    "Check that `lastcall consume` runs and reaches Kafka; if it does, run more of them, or look for a transaction that"
    " never ends (kafka-transactions find-hanging)."
)


def said(explanation: Explanation[Any], label: str) -> tuple[str, ...]:
    return next((point.sentences for point in explanation.points if point.label == label), ())


def notice_of(played: Played, now: str) -> Notice:
    facts = played.decides(now)[0].facts
    assert isinstance(facts, Notice)
    return facts


def why_later(notice: Notice) -> tuple[str, ...]:
    return tuple(map(in_words, notice.delays))


def of(facts: Facts | None, **given: Any) -> Explanation[Any]:
    """As it is explained an hour after it went out."""
    told = Played().decides("2025-04-14T07:00")[0]
    return explain_notification(replace(told, facts=facts, **given), at("2025-04-14T08:00"))


# --- what a notice notes for later ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calendar", "first_at", "now", "planned_on", "delays"),
    [
        pytest.param(Calendar(BERLIN), None, "2025-06-30T07:00", date(2025, 6, 30), (), id="on its day"),
        pytest.param(
            Calendar(BERLIN),
            None,
            "2025-06-16T07:00",
            date(2025, 6, 14),
            ("Sat 14 Jun 2025 is no working day",),
            id="its day is a Saturday",
        ),
        pytest.param(
            Calendar(BERLIN, country="DE", freezes=(Freeze(date(2025, 7, 1), date(2025, 7, 20), "sale"),)),
            None,
            "2025-05-02T07:00",
            date(2025, 5, 2),
            ("counted from Tue 1 Jul 2025, when changes are frozen up to the shutdown (sale)",),
            id="a freeze reaches up to the shutdown",
        ),
        pytest.param(
            Calendar(BERLIN, country="DE", freezes=(Freeze(date(2025, 7, 10), date(2025, 7, 20), "sale"),)),
            None,
            "2025-06-10T07:00",
            date(2025, 6, 10),
            ("counted from Thu 10 Jul 2025, when changes are frozen up to the shutdown (sale)",),
            id="the day after Whit Monday",
        ),
        pytest.param(
            Calendar(BERLIN, country="DE"),
            "2025-06-09T10:00",
            "2025-06-10T07:00",
            date(2025, 5, 15),
            (
                "the first call on record is of Mon 9 Jun 2025, 10:00 UTC",
                "Mon 9 Jun 2025 is a public holiday (DE)",
            ),
            id="first called on Whit Monday",
        ),
        pytest.param(
            Calendar(BERLIN),
            None,
            "2025-07-01T20:00",
            date(2025, 6, 30),
            (
                "it was due on Mon 30 Jun 2025, 07:00 UTC, and was looked at only on Tue 1 Jul 2025, 20:00 UTC",
                "Tue 1 Jul 2025, 20:00 UTC is outside of the owner's working hours, 09:00 to 18:00 in Europe/Berlin, "
                "so it goes out on Wed 2 Jul 2025, 07:00 UTC",
            ),
            id="lastcall was away",
        ),
    ],
)
def test_notice_notes_its_day_and_what_it_waited_for(
    calendar: Calendar, first_at: str | None, now: str, planned_on: date, delays: tuple[str, ...]
) -> None:
    given = {"first_at": at(first_at), "since": at(first_at).date()} if first_at else {}
    notice = notice_of(Played(owner=make_owner(calendar=calendar), given=given), now)
    assert (notice.planned_on, why_later(notice)) == (planned_on, delays)


def test_step_that_an_earlier_day_made_due_blames_the_day() -> None:
    played = Played()
    for now in ("2025-04-14T07:00", "2025-05-15T07:00"):
        played.decides(now)
    played.given = {"deprecation": make_deprecation(shutdown_on=date(2025, 6, 13))}
    _, told = (
        record.facts for record in played.decides("2025-06-02T07:00") if record.destination == "user:ada@example.com"
    )
    assert isinstance(told, Notice)
    assert (told.cause.step.name, told.missed.steps) == ("-14d", ("-30d",))
    assert (told.missed.moved_on, why_later(told)) == (
        date(2025, 6, 2),
        ("the day of the shutdown was set only on Mon 2 Jun 2025",),
    )


def test_repeat_is_explained_by_its_own_day() -> None:
    """-30d is Saturday 14 June; the Saturday of a week later comes on Monday the 23rd."""
    policy = Policy("weekly", (Step(parse_offset("-30d"), ("owner",), 7),))
    played = Played(policy=policy)
    assert why_later(notice_of(played, "2025-06-16T07:00")) == ("Sat 14 Jun 2025 is no working day",)
    assert why_later(notice_of(played, "2025-06-23T07:00")) == ("Sat 21 Jun 2025 is no working day",)


def test_those_held_back_waited_for_the_owner_of_now() -> None:
    played = Played()
    for now in ("2025-04-14T07:00", "2025-05-15T07:00", "2025-06-16T07:00"):
        played.decides(now)
    assert played.campaign
    played.campaign = replace(played.campaign, owner_told_at=None)
    assert notice_of(played, "2025-06-30T07:00").recipients.held == ("manager",)
    played.owner = make_owner(people=("cy@example.com",))
    played.decides("2025-07-01T07:00")
    told = notice_of(played, "2025-07-02T07:00")
    assert why_later(told) == ("held back until the owner, told on Tue 1 Jul 2025, had a business day",)


@pytest.mark.parametrize(
    ("second_hand", "who"),
    [
        pytest.param(False, "the provider announced it", id="by the provider"),
        pytest.param(True, "it was reported", id="by others"),
    ],
)
def test_step_that_waited_for_the_announcement_says_who_made_it(*, second_hand: bool, who: str) -> None:
    deprecation = make_deprecation(announced=date(2025, 6, 18), second_hand=second_hand)
    by_days = Policy("by days", DEFAULT_POLICY.steps[1:])
    told = notice_of(Played(given={"deprecation": deprecation}, policy=by_days), "2025-06-18T07:00")
    assert why_later(told)[0] == f"{who} only on Wed 18 Jun 2025"


def test_step_that_waited_for_a_snooze_says_so() -> None:
    played = Played()
    played.decides("2025-06-16T07:00")
    assert played.campaign is not None
    played.campaign = replace(played.campaign, hold=Snoozed("ada", at("2025-06-27T10:00"), date(2025, 7, 2)))
    assert why_later(notice_of(played, "2025-07-02T07:00")) == ("snoozed by ada until Wed 2 Jul 2025",)


def test_notice_notes_who_is_held_back_and_who_stands_in() -> None:
    notice = notice_of(Played(owner=make_owner(people=(), rule="owners[3]")), "2025-07-03T08:00")
    assert notice.recipients.held == ("manager",)
    assert notice.recipients.substitutes == (("owner", "team"),)
    assert notice.owner.rule == "owners[3]"


def test_day_of_what_was_missed_is_the_ladders_and_no_common_calendars() -> None:
    """Counted from the freeze the step fell on 2 May, when the service did not call yet."""
    frozen = Calendar(BERLIN, freezes=(Freeze(date(2025, 7, 1), date(2025, 7, 20), "sale"),))
    given = {"first_at": at("2025-05-10T10:00"), "since": date(2025, 5, 10)}
    notice = notice_of(Played(owner=make_owner(calendar=frozen), given=given), "2025-06-02T07:00")
    assert (notice.cause.step.name, notice.missed.steps, notice.missed.last_due) == (
        "-30d",
        ("announced", "-60d"),
        date(2025, 5, 2),
    )
    (late,) = (one for one in said(of(notice), "why now") if one.startswith("Not sent before"))
    assert late.endswith("because the first call was seen only on Sat 10 May 2025.")


def test_step_of_a_day_off_was_not_missed_where_a_higher_one_comes_on_the_next_working_day() -> None:
    """Nine days before is a Saturday, seven days before the Monday after it."""
    steps = tuple(Step(parse_offset(name), ("owner",)) for name in ("-30d", "-9d", "-7d"))
    played = Played(policy=Policy("close", steps))
    played.decides("2025-06-16T07:00")
    assert notice_of(played, "2025-07-07T07:00").missed.steps == ()


def test_late_by_a_day_off_and_another_day_was_missed() -> None:
    steps = tuple(Step(parse_offset(name), ("owner",)) for name in ("-30d", "-9d", "-6d"))
    played = Played(policy=Policy("close", steps))
    played.decides("2025-06-16T07:00")
    notice = notice_of(played, "2025-07-08T07:00")
    assert (notice.missed.steps, notice.missed.last_due) == (("-9d",), date(2025, 7, 5))


# --- notifications ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "about", "evidence"),
    [
        pytest.param(
            make_news(Migrated(at=MAY, last_at=at("2025-04-01T10:00"), quiet_days=1), **NAMED),
            "To ada@example.com: the calls have ended: s, i on OpenAI API.",
            ("The last call was on Tue 1 Apr 2025, 10:00 UTC; its quiet period was 1 day.",),
            id="migrated",
        ),
        pytest.param(
            make_news(DateMoved(before=date(2025, 7, 14), after=None), **NAMED, source="https://p.example"),
            "To ada@example.com: the shutdown moved: s, i on OpenAI API.",
            ("The shutdown has no day any more: Mon 14 Jul 2025 no longer holds.", "Source: https://p.example"),
            id="date moved",
        ),
        pytest.param(
            make_news(Withdrawn(at=MAY, before=date(2025, 7, 14)), **NAMED),
            "To ada@example.com: the end was taken back: s, i on OpenAI API.",
            ("The shutdown has no day any more: Mon 14 Jul 2025 no longer holds.",),
            id="withdrawn",
        ),
        pytest.param(
            make_news(
                Redirected(day=date(2025, 4, 2), answered=9, redirected=7, since=date(2025, 4, 1)), **NAMED
            ),
            "To ada@example.com: another model answers: s, i on OpenAI API.",
            (
                "On Wed 2 Apr 2025 another model answered 7 of 9 answered calls; so it is since Tue 1 Apr 2025.",
            ),
            id="redirected",
        ),
        pytest.param(
            Trouble(condition=BEHIND), "To ada@example.com: trouble of lastcall itself: consumer_behind, llm.",
            (NOT_READ, RUN_MORE), id="trouble",
        ),
        pytest.param(make_digest(), "To ada@example.com: digest of week 2025-W27 for search.", (), id="digest"),
        pytest.param(None, "To ada@example.com: notice, whose facts this release cannot read.", (), id="newer release"),
    ],
)  # fmt: skip
def test_every_kind_of_fact_is_explained(facts: Facts | None, about: str, evidence: tuple[str, ...]) -> None:
    explanation = of(facts)
    assert explanation.about == about
    assert said(explanation, "evidence") == evidence
    assert said(explanation, "why now")[0].startswith("At the announcement, by policy default")
    assert explanation.wrong is None


@pytest.mark.parametrize(
    ("given", "error"),
    [
        pytest.param({}, None, id="delivered"),
        pytest.param(
            {"state": "pending", "attempts": 0},
            "It was to go out on Mon 14 Apr 2025, 07:00 UTC, and is pending.",
            id="nothing sends it",
        ),
        pytest.param({"state": "pending", "not_before": at("2025-04-14T09:00")}, None, id="its time is to come"),
        pytest.param(
            {"state": "failed", "outcome": "is_archived"},
            "ada@example.com could not be notified: is_archived.",
            id="failed",
        ),
        pytest.param(
            {"state": "unknown", "outcome": "timeout"},
            "It was to be looked up again on Mon 14 Apr 2025, 07:00 UTC, and is perhaps delivered.",
            id="nothing looks it up",
        ),
        pytest.param({"state": "unknown", "troubles": (InWords.of(BEHIND),)}, NOT_READ, id="something is in the way"),
    ],
)
def test_what_is_not_delivered_is_wrong_once_it_should_be(given: dict[str, Any], error: str | None) -> None:
    wrong = of(make_digest(), **given).wrong
    assert (wrong.error if wrong else None) == error


def test_what_was_perhaps_delivered_has_no_time_but_that_of_the_next_look_up() -> None:
    explanation = of(
        make_digest(), state="unknown", outcome="timeout", settled_at=None, not_before=at("2025-04-14T09:00")
    )
    assert said(explanation, "what became of it")[0] == (
        "Perhaps delivered: timeout; looked up again on Mon 14 Apr 2025, 09:00 UTC."
    )


# --- exposures --------------------------------------------------------------------------------------------------------


def explained(now: str, *, played: Played | None = None, **given: Any) -> Explanation[Any]:
    return explain_exposure((played or Played()).situation(now, **given))


def scheduled(explanation: Explanation[Any], step: str) -> str:
    return next(line for line in said(explanation, "ladder") if line.startswith(f"{step}"))


def statuses(explanation: Explanation[Any]) -> dict[str, str]:
    return {one.step: one.status for one in explanation.evidence.ladder}


def holding(hold: Waived) -> Played:
    played = Played()
    played.decides("2025-06-16T07:00")
    assert played.campaign is not None
    played.campaign = replace(played.campaign, hold=hold)
    return played


@pytest.mark.parametrize(
    ("deprecation", "until", "why"),
    [
        pytest.param(
            make_deprecation(announced=None, shutdown_on=None, precision="unknown"),
            None,
            "The model is not deprecated.",
            id="not deprecated",
        ),
        pytest.param(
            make_deprecation(), date(2025, 4, 4), "The calls ended before the first notice was due.", id="quiet"
        ),
        pytest.param(
            make_deprecation(announced=date(2025, 4, 18)), None, "The end is not announced yet.", id="not announced"
        ),
    ],
)
def test_why_nobody_was_told(deprecation: Any, until: date | None, why: str) -> None:
    given: dict[str, Any] = {"deprecation": deprecation}
    if until:
        given |= {"until": until, "last_at": at(f"{until}T12:00")}
    explanation = explained("2025-04-14T12:00", played=Played(given=given))
    assert said(explanation, "why nobody was told")[0] == why
    assert explanation.wrong is None


def test_notice_that_waits_is_said_under_not_yet() -> None:
    decided, send_now_at = at("2025-04-14T12:00"), at("2025-04-15T09:00")
    waiting = Heard("1", "announced", "#search", "team", "pending", decided, send_now_at, None)
    explanation = explained("2025-04-14T13:00", heard=(waiting,))
    assert said(explanation, "why nobody was told") == ()
    (first, *_) = said(explanation, "why nobody was told yet")
    assert first.startswith("It is written, and not delivered yet. To #search: goes out on ")


def test_step_that_was_perhaps_told_is_said_with_its_next_look_up() -> None:
    heard = Heard("1", "-30d", "#search", "team", "unknown", at("2025-04-14T12:00"), at("2025-04-15T09:00"), "timeout")
    (first, *_) = said(explained("2025-04-14T13:00", heard=(heard,)), "why nobody was told yet")
    assert first == (
        "It is written, and not delivered yet. "
        "To #search: perhaps delivered: timeout; looked up again on Tue 15 Apr 2025, 09:00 UTC."
    )


def test_silence_that_may_be_our_own_is_wrong_while_the_consumer_is_behind() -> None:
    given = {"until": date(2025, 4, 9), "last_at": at("2025-04-09T12:00")}
    played = Played(given=given)
    read_to = replace(played.situation("2025-04-14T12:00").case, known_until=at("2025-04-10T00:00"))
    explanation = explained("2025-04-14T12:00", played=played, case=read_to, troubles=(BEHIND,))
    assert explanation.wrong is not None
    assert explanation.wrong.error == NOT_READ
    assert f"{NOT_READ} {RUN_MORE}" in said(explanation, "why nobody was told")


def test_undecidable_is_wrong() -> None:
    bug = Undecidable(service="s", environment="", platform="openai-api", model="m", error="KeyError")
    assert explained("2025-04-14T06:00", troubles=(bug,)).wrong is not None


@pytest.mark.parametrize(
    ("given", "is_wrong"),
    [
        pytest.param({"looked_at": at("2025-04-14T11:58")}, False, id="a tick is to come"),
        pytest.param({"looked_at": at("2025-04-14T09:00")}, True, id="no tick comes"),
        pytest.param({"looked_at": None}, True, id="none ever came"),
        pytest.param({"looked_at": None, "superseded": "catalog"}, False, id="another release decides"),
        pytest.param({"looked_at": None, "superseded": "lastcall.yaml"}, False, id="another process decides"),
    ],
)
def test_what_is_due_and_seen_by_no_tick_is_wrong(given: dict[str, Any], is_wrong: bool) -> None:
    assert (explained("2025-04-14T12:00", **given).wrong is not None) is is_wrong


def test_nobody_of_the_last_decision_could_be_told() -> None:
    played = Played()
    played.decides("2025-04-14T07:00")
    heard = tuple(
        replace(one, state="failed", outcome="is_archived") for one in played.situation("2025-04-15T07:00").heard
    )
    explanation = explained("2025-04-15T07:00", played=played, heard=heard)
    assert explanation.wrong is not None
    assert explanation.wrong.error == "ada@example.com and #search could not be notified."
    assert scheduled(explanation, "announced") == (
        "announced, Mon 14 Apr 2025: to ada@example.com (owner) and #search (team), not delivered: is_archived."
    )
    assert (
        explained("2025-04-15T07:00", played=played, heard=(replace(heard[0], state="pending"), heard[1])).wrong is None
    )


def test_past_the_end_with_nobody_told_and_no_step_to_come_is_wrong() -> None:
    """The calls are answered, and the only step speaks of calls that fail."""
    (failing,) = (step for step in DEFAULT_POLICY.steps if step.at.while_failing)
    explanation = explained("2025-07-16T12:00", played=Played(policy=Policy("late", (failing,))))
    assert statuses(explanation) == {"+0d while failing": "if_failing"}
    assert explanation.wrong is not None
    assert explanation.wrong.error.startswith("Nobody was notified, and its state is now: past its day, still answered")


def test_step_whose_day_came_waits_while_somebody_asked_for_it() -> None:
    waived = Waived("mia", at("2025-06-20T10:00"), date(2025, 8, 1), "we switch it off")
    explanation = explained("2025-07-01T12:00", played=holding(waived))
    assert statuses(explanation)["-14d"] == "waits"
    assert explanation.evidence.state == "waived"
    assert said(explanation, "state")[0] == "Waived: waived by mia until Fri 1 Aug 2025: we switch it off."
    assert "In force: waived by mia until Fri 1 Aug 2025: we switch it off." in said(explanation, "campaign")


def test_held_back_are_shown_with_when_they_hear() -> None:
    played = Played()
    played.decides("2025-07-03T08:00")
    assert scheduled(explained("2025-07-03T12:00", played=played), "-14d") == (
        "-14d, Mon 30 Jun 2025: to ada@example.com (owner) and #search (team), delivered on Thu 3 Jul 2025, 08:00 UTC; "
        "the manager held back until Fri 4 Jul 2025, 08:00 UTC, so that the owner has a business day."
    )


def test_after_the_close_a_step_comes_only_if_it_calls_again() -> None:
    played = Played(given={"until": date(2025, 6, 16), "last_at": at("2025-06-16T06:00")})
    played.decides("2025-06-16T07:00")
    played.decides("2025-06-20T07:00")
    explanation = explained("2025-06-21T07:00", played=played)
    assert statuses(explanation)["-7d"] == "if_reopened"
    assert said(explanation, "campaign")[0] == (
        "Closed on Fri 20 Jun 2025, 07:00 UTC, as the calls had ended; opened on Mon 16 Jun 2025, 07:00 UTC."
    )
    assert [one.step for one in explanation.evidence.news] == ["migrated"]


def test_no_firm_day_has_no_steps_but_the_announcement() -> None:
    soft = make_deprecation(precision="no_sooner_than")
    explanation = explained("2025-04-14T12:00", played=Played(given={"deprecation": soft}))
    assert set(statuses(explanation).values()) == {"due", "no_day"}
    assert "Shutdown: not before Mon 14 Jul 2025." in said(explanation, "dates")


def test_quiet_period_says_what_it_was_learned_from() -> None:
    days = [make_day(date(2025, 4, day)) for day in (1, 6, 11)]
    given = {"days": days, "last_at": at("2025-04-11T12:00"), "until": date(2025, 4, 11)}
    state = said(explained("2025-04-14T06:00", played=Played(given=given)), "state")
    assert state[2] == (
        "Its quiet period is 10 days, twice the longest gap of 5 days between its days of use: "
        "without a call it is quiet from Mon 21 Apr 2025, 12:00 UTC."
    )


# --- what is no exposure ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deprecation", "why"),
    [
        pytest.param(None, "The catalog has no record of m on this platform: no end of it is known.", id="no record"),
        pytest.param(
            make_deprecation(announced=None, shutdown_on=None, precision="unknown"),
            "The provider has not announced an end of it.",
            id="not deprecated",
        ),
        pytest.param(make_deprecation(), "Its end will be announced on Mon 14 Apr 2025.", id="not announced yet"),
    ],
)
def test_use_that_is_no_exposure_says_why(deprecation: Any, why: str) -> None:
    use = Untracked("s", "", "openai-api", "m", is_known=True, calls_28d=1, deprecation=deprecation)
    explanation = explain_untracked(use, date(2025, 4, 13))
    assert said(explanation, "why nobody was told") == (why,)
    assert explanation.wrong is None


def test_a_shutdown_that_only_others_report_is_explained_as_unconfirmed() -> None:
    posted = make_deprecation(sources=("https://dev.to/a-post",), second_hand=True)
    played = Played(given={"deprecation": posted})
    told = explain_notification(played.decides("2025-04-14T07:00")[0], at("2025-04-14T08:00"))
    dates = said(explain_exposure(played.situation("2025-04-14T08:00")), "dates")

    assert "Shutdown: Mon 14 Jul 2025, not confirmed." in dates
    assert dates[-1] == "Reported by dev.to, not confirmed by the provider."
    assert said(told, "evidence")[-1] == "Reported by dev.to, not confirmed by the provider."


def test_one_run_on_record_teaches_no_rhythm_and_its_steps_wait_for_nothing() -> None:
    once = {"days": (date(2025, 6, 13),), "until": date(2025, 6, 13), "last_at": at("2025-06-13T10:00")}
    explained = explain_exposure(Played(given=once).situation("2025-06-20T10:00"))

    assert "it counts as migrated until it calls again." in said(explained, "state")[0]
    assert "the shortest that there is, as one day of use shows no rhythm yet" in said(explained, "state")[2]
    assert said(explained, "ladder")[1:4] == (
        "-60d, Thu 15 May 2025: its day has come, and no campaign is open.",
        "-30d, Sat 14 Jun 2025: its day has come, and no campaign is open.",
        "-14d, Mon 30 Jun 2025: only if it calls again.",
    )


def test_days_close_together_teach_no_longer_rhythm_before_a_month_is_on_record() -> None:
    young = explain_exposure(Played(given={"since": date(2025, 6, 10)}).situation("2025-06-20T10:00"))
    old = explain_exposure(Played(given={"since": date(2025, 3, 1)}).situation("2025-06-20T10:00"))

    assert "close together, and 11 days on record show no longer rhythm yet:" in said(young, "state")[2]
    assert "as its days of use are close together:" in said(old, "state")[2]


def test_a_step_that_is_told_in_the_message_of_a_failing_one_is_listed_with_it() -> None:
    fails = {"days": (make_day(date(2025, 7, 16), errors=3, end_of_life=3),)}
    played = Played(given=fails)
    played.decides("2025-07-16T13:00")
    ladder = said(explain_exposure(played.situation("2025-07-16T14:00")), "ladder")
    of_calls = next(line for line in ladder if line.startswith("+1d"))

    assert of_calls.startswith("+1d, Tue 15 Jul 2025: to ada@example.com (owner), #search (team)")
    assert "on Wed 16 Jul 2025, 13:00 UTC, in one message with step +0d while failing; each day" in of_calls
