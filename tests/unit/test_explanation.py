"""Why somebody is notified of an exposure, or nobody."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.core.condition import Undecidable
from service.core.escalation.hold import Waived
from service.core.escalation.policy import DEFAULT_POLICY, Policy, policy_from_json
from service.core.explanation.answer import Explanation
from service.core.explanation.exposure import explain_exposure
from service.core.explanation.notification import explain_notification
from service.core.explanation.silence import Untracked, explain_untracked
from service.core.explanation.steps import Notification
from tests.builders import make_day, make_deprecation
from tests.explained import BEHIND, NOT_READ, RUN_MORE, Played, at, said


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
    pending = Notification("1", "announced", "#search", "team", "pending", decided, send_now_at, None)
    explanation = explained("2025-04-14T13:00", notifications=(pending,))
    assert said(explanation, "why nobody was told") == ()
    (first, *_) = said(explanation, "why nobody was told yet")
    assert first.startswith("It is written, and not delivered yet. To #search: goes out on ")


def test_step_that_was_perhaps_told_is_said_with_its_next_look_up() -> None:
    decided, looked_up_at = at("2025-04-14T12:00"), at("2025-04-15T09:00")
    unknown = Notification("1", "-30d", "#search", "team", "unknown", decided, looked_up_at, "timeout")
    (first, *_) = said(explained("2025-04-14T13:00", notifications=(unknown,)), "why nobody was told yet")
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
    situation = played.situation("2025-04-15T07:00")
    failed = tuple(replace(one, state="failed", outcome="is_archived") for one in situation.notifications)
    explanation = explained("2025-04-15T07:00", played=played, notifications=failed)
    assert explanation.wrong is not None
    assert explanation.wrong.error == "ada@example.com and #search could not be notified."
    assert scheduled(explanation, "announced") == (
        "announced, Mon 14 Apr 2025: to ada@example.com (owner) and #search (team), not delivered: is_archived."
    )
    one_pending = (replace(failed[0], state="pending"), failed[1])
    assert explained("2025-04-15T07:00", played=played, notifications=one_pending).wrong is None


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
    use = Untracked("s", "", "openai-api", "m", is_known=True, calls_28d=1)
    explanation = explain_untracked(use, deprecation, date(2025, 4, 13))
    assert said(explanation, "why nobody was told") == (why,)
    assert explanation.wrong is None


def test_a_shutdown_that_only_others_report_is_explained_as_unconfirmed() -> None:
    posted = make_deprecation(sources=("https://dev.to/a-post",), standing="reported")
    played = Played(given={"deprecation": posted})
    told = explain_notification(played.decides("2025-04-14T07:00")[0], at("2025-04-14T08:00"))
    dates = said(explain_exposure(played.situation("2025-04-14T08:00")), "dates")

    assert "Shutdown: Mon 14 Jul 2025, not confirmed." in dates
    assert dates[-1] == "Reported by dev.to, not confirmed by the provider."
    assert said(told, "evidence")[-1] == "Reported by dev.to, not confirmed by the provider."


def test_steps_of_a_reported_end_say_who_waits_for_the_provider() -> None:
    own = policy_from_json(
        {
            "name": "own",
            "steps": [
                {"at": "-60d", "tell": ["director"]},
                {"at": "-30d", "tell": ["owner", "manager"], "repeat": "2d"},
                {"at": "-7d", "tell": ["director"]},
            ],
        }
    )
    played = Played(policy=own, given={"deprecation": make_deprecation(standing="reported")})
    played.decides("2025-06-16T07:00")

    assert said(explain_exposure(played.situation("2025-06-17T08:00")), "ladder") == (
        "-60d, Thu 15 May 2025: passed over, as a higher step was due with it.",
        "-30d, Sat 14 Jun 2025: to ada@example.com (owner), delivered on Mon 16 Jun 2025, 07:00 UTC; "
        "the manager only once the provider says so, or while calls fail.",
        "-7d, Mon 7 Jul 2025: only once the provider says so, or while calls fail.",
    )


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


def test_step_after_the_shutdown_is_said_to_depend_on_calls() -> None:
    played = Played()
    played.decides("2025-07-14T07:00")
    next_step = " ".join(said(explained("2025-07-14T08:00", played=played), "what comes next"))
    assert "If the model is still called, step +1d is sent to " in next_step
    assert "If nothing changes" not in next_step
