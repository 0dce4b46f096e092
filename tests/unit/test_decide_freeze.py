"""decide() around a freeze that reaches up to the shutdown, Mon 14 Jul 2025. 9:00 in Berlin is 7:00 UTC."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from service.core.calendar import Calendar, Freeze
from service.core.escalation.campaign import Campaign
from service.core.escalation.case import Case
from service.core.escalation.decide import decide
from service.core.escalation.decision import Decision, Notify, Open, Replan, Wait
from service.core.escalation.policy import DEFAULT_POLICY
from tests.builders import make_campaign, make_exposure, make_owner

OWNER = make_owner(
    calendar=Calendar(ZoneInfo("Europe/Berlin"), freezes=(Freeze(date(2025, 6, 9), date(2025, 7, 20), "summer sale"),))
)


def ask(campaign: Campaign | None, now: str, since: date) -> Decision:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    last = moment - timedelta(hours=1)
    exposure = make_exposure(since=since, until=last.date(), last_at=last)
    return decide(campaign, Case(exposure, OWNER, moment), DEFAULT_POLICY)


def test_step_is_told_so_many_days_before_the_freeze() -> None:
    """Sat 10 May is 30 days before it."""
    opened = ask(None, "2025-05-09T07:00", date(2025, 5, 1))
    assert isinstance(opened, Open)
    early = ask(opened.campaign, "2025-05-12T06:59", date(2025, 5, 1))
    assert isinstance(early, Wait)
    assert early.until == datetime(2025, 5, 12, 7, tzinfo=UTC)
    told = ask(opened.campaign, "2025-05-12T07:00", date(2025, 5, 1))
    assert isinstance(told, Notify)
    assert told.tellings[0].step == "-30d"


def test_caller_found_in_the_freeze_is_told_in_working_hours_the_owner_first() -> None:
    opened = ask(None, "2025-06-18T01:00", date(2025, 6, 17))
    assert isinstance(opened, Open)
    assert [telling.audiences for telling in opened.tellings] == [("owner", "team")]
    assert opened.tellings[0].not_before == datetime(2025, 6, 18, 7, tzinfo=UTC)
    again = ask(opened.campaign, "2025-06-18T01:00", date(2025, 6, 17))
    assert isinstance(again, Wait), "asking again at one now does nothing"
    above = ask(opened.campaign, "2025-06-19T07:00", date(2025, 6, 17))
    assert isinstance(above, Notify)
    assert [telling.audiences for telling in above.tellings] == [("oncall", "manager", "director")]


def test_step_is_armed_again_where_a_freeze_that_pulled_it_forward_is_taken_away() -> None:
    """-30d was told on 12 May, before the freeze; without it, it stands on 14 June."""
    since, now = date(2025, 5, 1), datetime(2025, 5, 13, 7, tzinfo=UTC)
    told = ask(make_campaign("announced", "-60d", frozen_from=date(2025, 6, 9)), "2025-05-12T07:00", since)
    assert isinstance(told, Notify)
    exposure = make_exposure(since=since, until=now.date(), last_at=now)
    planned = decide(told.campaign, Case(exposure, make_owner(), now), DEFAULT_POLICY)
    assert isinstance(planned, Replan)
    assert planned.tellings == (), "nobody hears of it"
    assert (planned.campaign.plan_version, planned.campaign.frozen_from) == (2, None)
    assert planned.campaign.done_with("-30d") is None
    assert isinstance(decide(planned.campaign, Case(exposure, make_owner(), now), DEFAULT_POLICY), Wait)


def test_freeze_that_is_added_makes_a_step_due_and_no_news_of_the_date() -> None:
    """Without it -30d was ahead; it is 30 days before the freeze, which begins on 9 June."""
    planned = ask(make_campaign("announced", "-60d"), "2025-05-13T07:00", date(2025, 5, 1))
    assert isinstance(planned, Replan)
    assert [(one.kind, one.step) for one in planned.tellings] == [("notice", "-30d")]
    assert (planned.campaign.plan_version, planned.campaign.frozen_from) == (2, date(2025, 6, 9))
