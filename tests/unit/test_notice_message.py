from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.core.condition_ingest import Gap
from service.core.escalation.cause import DateMoved, Migrated
from service.core.messages.message import Links, Message
from service.core.messages.render import render
from service.core.notification import Facts, News, Notice, Trouble, Undeliverable
from service.core.wording import to_slack
from service.core.wording.to_text import to_text
from tests.builders import make_news, make_notice

NOWHERE = Links()
TODAY = datetime(2025, 6, 2, tzinfo=UTC)


def posted(message: Message) -> str:
    return str([to_slack.block(one) for one in message.blocks])


def read(*facts: Facts, today: str = "2025-06-02") -> str:
    """What a person reads, the thread included."""
    return as_text(render(facts, links=NOWHERE, now=at(today)))


def as_text(message: Message) -> str:
    return "\n".join(to_text(blocks) for blocks in (message.blocks, *message.replies))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("today", "given", "headline", "sentence"),
    [
        pytest.param(
            "2025-06-02",
            {},
            "🟡 gpt-4.5-preview shuts down in 42 days",
            "gpt-4.5-preview on OpenAI API shuts down on Mon 14 Jul 2025, counted from 00:00 UTC. "
            "Calls fail from then on.",
            id="a day on the provider's page",
        ),
        pytest.param(
            "2025-07-13",
            {},
            "🔴 gpt-4.5-preview shuts down tomorrow",
            "gpt-4.5-preview on OpenAI API shuts down on Mon 14 Jul 2025, counted from 00:00 UTC. "
            "Calls fail from then on.",
            id="the last day before",
        ),
        pytest.param(
            "2025-07-14",
            {},
            "🔴 gpt-4.5-preview shuts down today",
            "gpt-4.5-preview on OpenAI API shuts down today, Mon 14 Jul 2025, counted from 00:00 UTC: "
            "calls can fail at any moment.",
            id="day 0 is urgent and not past",
        ),
        pytest.param(
            "2025-07-17",
            {"state": "overdue"},
            "🔴 gpt-4.5-preview is past its shutdown day and still answers",
            "gpt-4.5-preview on OpenAI API was to shut down on Mon 14 Jul 2025, 3 days ago. "
            "Calls are still answered, and can fail at any moment.",
            id="past and answered",
        ),
        pytest.param(
            "2025-07-17",
            {"state": "overdue", "after_shutdown": "redirect"},
            "🔴 gpt-4.5-preview is past its shutdown day and still answers",
            "gpt-4.5-preview on OpenAI API was to shut down on Mon 14 Jul 2025, 3 days ago. "
            "Calls are still answered, by another model if the provider did as it announced.",
            id="past and redirected",
        ),
        pytest.param(
            "2025-07-15",
            {"state": "broken"},
            "🔴 gpt-4.5-preview is shut down, and calls fail",
            "gpt-4.5-preview on OpenAI API was to shut down on Mon 14 Jul 2025, yesterday. Calls to it now fail.",
            id="past and failing",
        ),
        pytest.param(
            "2025-06-24",
            {"precision": "tentative"},
            "🟠 gpt-4.5-preview is expected to shut down in 20 days",
            "gpt-4.5-preview on OpenAI API is expected to shut down on Mon 14 Jul 2025, counted from 00:00 UTC. "
            "The provider may still move it. Calls fail from then on.",
            id="a tentative day",
        ),
        pytest.param(
            "2025-05-22",
            {"precision": "month", "shutdown_on": date(2025, 7, 1)},
            "🟡 gpt-4.5-preview shuts down in July 2025",
            "gpt-4.5-preview on OpenAI API shuts down in July 2025. The provider names no day; "
            "lastcall counts from Tue 1 Jul 2025. Calls fail from then on.",
            id="only the month is known",
        ),
        pytest.param(
            "2025-07-10",
            {"precision": "month", "shutdown_on": date(2025, 7, 1)},
            "🔴 gpt-4.5-preview can shut down any day now",
            "gpt-4.5-preview on OpenAI API shuts down in July 2025. The provider names no day: it can be any day now.",
            id="within the only month that is known",
        ),
        pytest.param(
            "2025-07-06",
            {"precision": "month", "shutdown_on": date(2025, 7, 1), "state": "overdue"},
            "🔴 gpt-4.5-preview can shut down any day now",
            "gpt-4.5-preview on OpenAI API shuts down in July 2025. The provider names no day: it can be any day now.",
            id="answered within the only month that is known",
        ),
        pytest.param(
            "2025-07-06",
            {"precision": "month", "shutdown_on": date(2025, 7, 1), "state": "broken"},
            "🔴 gpt-4.5-preview is shut down, and calls fail",
            "gpt-4.5-preview on OpenAI API was to shut down in July 2025 (no day named). Calls to it now fail.",
            id="failing within the only month that is known",
        ),
        pytest.param(
            "2025-08-03",
            {"precision": "month", "shutdown_on": date(2025, 7, 1), "state": "overdue"},
            "🔴 gpt-4.5-preview is past its shutdown day and still answers",
            "gpt-4.5-preview on OpenAI API was to shut down in July 2025 (no day named). "
            "Calls are still answered, and can fail at any moment.",
            id="answered after the only month that is known",
        ),
        pytest.param(
            "2025-07-17",
            {"precision": "tentative", "state": "overdue"},
            "🔴 gpt-4.5-preview is past its shutdown day and still answers",
            "gpt-4.5-preview on OpenAI API was expected to shut down on Mon 14 Jul 2025 (tentative), 3 days ago. "
            "Calls are still answered, and can fail at any moment.",
            id="past a tentative day",
        ),
        pytest.param(
            "2025-06-02",
            {"precision": "no_sooner_than"},
            "⚪ gpt-4.5-preview is going away, day not set",
            "gpt-4.5-preview on OpenAI API is going away. "
            "The provider keeps it until Mon 14 Jul 2025 at least, and has set no day.",
            id="no sooner than is no deadline",
        ),
        pytest.param(
            "2025-06-02",
            {"precision": "unknown", "shutdown_on": None},
            "⚪ gpt-4.5-preview is deprecated, day not set",
            "gpt-4.5-preview on OpenAI API is deprecated. The provider has set no day for its end.",
            id="no day at all",
        ),
    ],
)
def test_what_dies_when(today: str, given: dict[str, object], headline: str, sentence: str) -> None:
    lines = read(make_notice(**given), today=today).splitlines()
    assert lines[0] == headline
    assert lines[1] == sentence


def test_days_are_counted_to_when_the_message_goes_out() -> None:
    decided_seven_days_before = make_notice(step="-7d")
    lines = read(decided_seven_days_before, today="2025-07-14").splitlines()
    assert lines[0] == "🔴 gpt-4.5-preview shuts down today"
    lines = read(decided_seven_days_before, today="2025-07-16").splitlines()
    assert lines[0] == "🔴 gpt-4.5-preview is past its shutdown day and still answers"


@pytest.mark.parametrize("today", ["2025-06-02", "2025-07-19"])
def test_no_sooner_than_never_promises_an_end(today: str) -> None:
    message = render([make_notice(precision="no_sooner_than")], links=NOWHERE, now=at(today))
    for promise in ("shuts down", "shut down", "breaks", "fail"):
        assert promise not in as_text(message) + message.text


def test_volume_is_told_in_numbers_for_people() -> None:
    notice = make_notice(calls_7d=12_400, errors_7d=31, tokens_7d=1_234_567, calls_total=310_220)
    assert read(notice).splitlines()[3:8] == [
        "search-api (production) of team search still calls it:",
        "  Calls, last 7 days: 12,400, 31 failed",
        "  Tokens, last 7 days: 1.2 M",
        "  Last call: Mon 2 Jun 2025, 09:00 UTC",
        "  Calls since Sat 1 Mar 2025: 310,220",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"tokens_7d": None}, "not in the logs", id="no call said its tokens"),
        pytest.param({"tokens_7d": 0}, "none", id="the calls said zero"),
        pytest.param({"tokens_7d": None, "calls_7d": 0}, "none", id="no call"),
        pytest.param(
            {"tokens_7d": None, "errors_7d": 1200}, "none, as every call failed", id="failed, and silent on it"
        ),
        pytest.param({"tokens_7d": 0, "errors_7d": 1200}, "none, as every call failed", id="failed, and said zero"),
    ],
)
def test_tokens_that_are_not_known_are_no_number(given: dict[str, object], said: str) -> None:
    assert f"  Tokens, last 7 days: {said}" in read(make_notice(**given)).splitlines()


def test_caller_that_was_silent_this_week_is_told_why_it_hears() -> None:
    assert "search-api (production) of team search calls it now and then, and not in the last 7 days:" in read(
        make_notice(calls_7d=0)
    )


def test_caller_that_came_back_is_told_so() -> None:
    assert "had stopped calling it, and calls it again:" in read(make_notice(relapse=True))


def test_successor_is_named_or_said_to_be_missing() -> None:
    assert "Move to: gpt-4.1 or gpt-4o" in read(make_notice(replacements=("gpt-4.1", "gpt-4o")))
    assert "Move to: the provider names no successor." in read(make_notice(replacements=()))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param(
            {"first_at": at("2025-06-16T08:00"), "steps": ("announced", "-60d"), "last_due": date(2025, 5, 15)},
            "Late: you were not told at the announcement or 60 days before the shutdown, "
            "because the first call was seen only on Mon 16 Jun 2025.",
            id="the caller is new",
        ),
        pytest.param(
            {"steps": ("-30d",), "moved_on": date(2025, 6, 20)},
            "Late: you were not told 30 days before the shutdown, "
            "because the day of the shutdown was set only on Fri 20 Jun 2025.",
            id="the day has moved",
        ),
        pytest.param(
            {"announced": date(2025, 6, 17), "steps": ("-60d", "-30d"), "last_due": date(2025, 6, 14)},
            "Late: you were not told 60 or 30 days before the shutdown, "
            "because the provider announced it only on Tue 17 Jun 2025.",
            id="the provider gave short notice",
        ),
        pytest.param(
            {"steps": ("-60d", "-30d"), "last_due": date(2025, 6, 14)},
            "Late: you were not told 60 or 30 days before the shutdown, because lastcall did not send it in time.",
            id="it could have been told",
        ),
    ],
)
def test_late_notice_says_what_was_missed_and_why(given: dict[str, object], reason: str) -> None:
    assert reason in read(make_notice(**given)).splitlines()


def test_who_hears_next_is_said_in_advance() -> None:
    notice = make_notice(next_step="-14d", next_on=date(2025, 6, 30), next_audiences=("owner", "team", "manager"))
    assert (
        "If nothing changes, the owner, the team's channel and the manager are notified next on Mon 30 Jun 2025, "
        "14 days before the shutdown. Reminders end by themselves once the calls stop."
    ) in read(notice).splitlines()


@pytest.mark.parametrize(
    ("days", "rhythm"), [pytest.param(1, "each day", id="daily"), pytest.param(7, "every 7 days", id="weekly")]
)
def test_step_that_repeats_is_no_day_after_the_shutdown(days: int, rhythm: str) -> None:
    notice = make_notice(
        next_step="+1d", next_repeat_days=days, next_on=date(2025, 7, 21), next_audiences=("owner", "manager")
    )
    assert (
        "If nothing changes, the owner and the manager are notified next on Mon 21 Jul 2025, "
        f"and then {rhythm} while it is still called. Reminders end by themselves once the calls stop."
    ) in read(notice).splitlines()


def test_last_reminder_says_so() -> None:
    assert "No further reminder is planned." in read(make_notice()).splitlines()


ANSWER = (
    "Answer with lastcall reassign {0} --team TEAM --person EMAIL, POST /api/v1/owners/{0} or a rule in lastcall.yaml: "
    "the owner is told from then on."
)


def test_unowned_service_asks_for_an_owner() -> None:
    assert f"Who owns search-api? {ANSWER.format('search-api')}" in read(make_notice(team=None)).splitlines()


def test_unowned_service_is_shown_with_who_may_own_it_and_why() -> None:
    notice = make_notice(team=None, candidates=("ada (acknowledged it on Mon 2 Jun 2025)", "<!channel> (why)"))
    assert (
        "Who owns search-api? Perhaps ada (acknowledged it on Mon 2 Jun 2025) or <!channel> (why). "
        f"{ANSWER.format('search-api')}"
    ) in read(notice).splitlines()
    assert "<!channel>" not in posted(render([notice], links=NOWHERE, now=TODAY))


def test_unowned_services_are_asked_for_in_one_question() -> None:
    notices = [
        make_notice(service="mail", team=None),
        make_notice(service="chat", team=None, candidates=("chat (the service's name begins with the team's)",)),
        make_notice(),
    ]
    lines = read(*notices).splitlines()
    asked = lines.index(f"Who owns these 2 services? {ANSWER.format('SERVICE')}")
    assert lines[asked + 1 : asked + 3] == [
        "• chat: perhaps chat (the service's name begins with the team's)",
        "• mail",
    ]


@pytest.mark.parametrize(
    "service",
    [
        "x; rm -rf ~",
        "$(reboot)",
        "a`b`",
        "--team=evil",
        "a b",
        "a'b",
        "<!channel>",
        "a?b#c",
        "a\nb",
        "a" * 200,
        "(unknown)",
    ],
)
def test_command_never_holds_a_name_that_a_shell_would_read_otherwise(service: str) -> None:
    text = read(make_notice(service=service, team=None))
    assert ANSWER.format("SERVICE") in text
    assert text.count("lastcall reassign") == 1


def test_evidence_stands_below_with_its_source() -> None:
    notice = make_notice(
        source="https://provider.example/deprecations",
        requested_ids=("gpt-4.5-preview-2025-02-27", "gpt-4.5-preview"),
        request_ids=("req_1", "req_2"),
    )
    message = render([notice], links=Links("https://lastcall.example"), now=TODAY)
    assert as_text(message).splitlines()[-1] == (
        "Announced Mon 14 Apr 2025 (https://provider.example/deprecations) · Called as gpt-4.5-preview-2025-02-27 · "
        "Requests: req_1 and req_2 · Open lastcall (https://lastcall.example) · "
        "Answer: lastcall ack search-api, or commit, snooze, waive, explain"
    )


def test_many_services_of_one_deprecation_share_one_part() -> None:
    text = read(
        make_notice(service="mail-writer", calls_7d=1, errors_7d=1, tokens_7d=None),
        make_notice(service="month-end", team="finance", calls_7d=0, tokens_7d=None),
        make_notice(service="search-api", calls_7d=12_400),
    )
    assert text.splitlines()[3:7] == [
        "3 services still call it. In the last 7 days:",
        "• search-api (production), search: 12,400 calls, 340 k tokens, last on Mon 2 Jun 2025",
        "• mail-writer (production), search: 1 call, 1 failed, last on Mon 2 Jun 2025",
        "• month-end (production), finance: no call, last on Mon 2 Jun 2025",
    ]
    assert text.count("shuts down in 42 days") == 1


def test_steps_that_waited_for_one_reader_are_one_notice_at_the_last() -> None:
    waited = [
        make_notice(step="-14d", steps=("-30d",), last_due=date(2025, 6, 14), calls_7d=1000, relapse=True),
        make_notice(step="-7d", calls_7d=1100),
        make_notice(step="-3d", calls_7d=1200),
        make_notice(step="-3d", service="mail", calls_7d=34),
    ]
    assert render(waited, links=NOWHERE, now=TODAY).text.startswith(
        "2 services still call gpt-4.5-preview (OpenAI API), which shuts down in 42 days, on Mon 14 Jul 2025: "
        "1,234 calls in the last 7 days."
    )
    assert read(*waited).splitlines()[3:7] == [
        "2 services still call it. In the last 7 days:",
        "• search-api (production): 1,200 calls, 340 k tokens, last on Mon 2 Jun 2025 · calls again, had stopped",
        "      ◦ late: you were not told 30, 14 or 7 days before the shutdown, "
        "because lastcall did not send it in time",
        "• mail (production): 34 calls, 340 k tokens, last on Mon 2 Jun 2025",
    ]


def first_day(**given: object) -> Notice:
    """Heard of on 2 June, the day of its first notice; the calls are older."""
    late = {"steps": ("-60d",), "last_due": date(2025, 5, 15), "known_since": date(2025, 6, 2)}
    return make_notice(**(late | given))


def test_what_was_missed_before_lastcall_knew_of_it_is_told_as_such() -> None:
    assert (
        "Late: you were not told 60 days before the shutdown, "
        "because lastcall has known of it only since Mon 2 Jun 2025."
    ) in read(first_day()).splitlines()


def test_notices_that_waited_keep_the_days_that_their_ladder_had() -> None:
    """Counted from a freeze, 30 days before fell on 1 June, when lastcall did not know of it."""
    waited = [
        make_notice(step="-30d", planned_on=date(2025, 6, 1), known_since=date(2025, 6, 2)),
        make_notice(step="-14d", planned_on=date(2025, 6, 17), known_since=date(2025, 6, 2)),
    ]
    assert "because lastcall has known of it only since Mon 2 Jun 2025." in read(*waited)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(
            first_day(service="b", steps=("announced", "-60d"), last_due=date(2025, 5, 15)), id="of one model"
        ),
        pytest.param(first_day(service="b", model="o1-preview"), id="of two models"),
    ],
)
def test_why_a_first_message_is_late_is_said_once(second: Notice) -> None:
    text = read(first_day(), second)
    assert text.lower().count("late:") == 1
    assert (
        "Late: lastcall has known of these calls only since Mon 2 Jun 2025; what was due before was not told."
    ) in text.splitlines()


def test_other_reasons_to_be_late_stand_at_each() -> None:
    text = read(first_day(), first_day(service="b", known_since=date(2025, 3, 1)))
    assert text.count("late: you were not told") == 2


def test_step_that_came_round_again_was_not_missed() -> None:
    assert "Late" not in read(make_notice(step="+1d"), make_notice(step="+1d"))


@pytest.mark.parametrize("came_back", [False, True])
def test_only_what_holds_now_is_said_of_a_caller_that_stopped_meanwhile(came_back: bool) -> None:
    text = read(make_notice(), make_migrated(), *[make_notice(relapse=True)] * came_back)
    assert ("no longer calls" in text) is not came_back
    assert ("calls it again" in text) is came_back
    assert "still calls it" not in text


def test_what_differs_between_services_stands_at_each() -> None:
    text = read(
        make_notice(service="a", next_step="-14d", next_on=date(2025, 6, 30), next_audiences=("owner",)),
        make_notice(service="b", steps=("-60d",), last_due=date(2025, 5, 15), first_at=at("2025-05-20T10:00")),
    )
    assert text.splitlines()[4:9] == [
        "• a (production): 1,200 calls, 340 k tokens, last on Mon 2 Jun 2025",
        "      ◦ the owner is notified next on Mon 30 Jun 2025, 14 days before the shutdown",
        "• b (production): 1,200 calls, 340 k tokens, last on Mon 2 Jun 2025",
        "      ◦ late: you were not told 60 days before the shutdown, "
        "because the first call was seen only on Tue 20 May 2025",
        "      ◦ no further reminder is planned",
    ]


def test_several_deprecations_stand_urgent_first_behind_an_overview() -> None:
    text = read(
        make_notice(model="o3", shutdown_on=date(2026, 12, 11)),
        make_notice(model="gpt-4o", precision="no_sooner_than", shutdown_on=date(2026, 3, 31)),
        make_notice(state="broken"),
        today="2025-07-15",
    )
    assert text.splitlines()[:4] == [
        "3 models are going away",
        "🔴 gpt-4.5-preview on OpenAI API: Mon 14 Jul 2025, yesterday, calls fail · 1 service",
        "🟡 o3 on OpenAI API: Fri 11 Dec 2026, in 514 days · 1 service",
        "⚪ gpt-4o on OpenAI API: not before Tue 31 Mar 2026 · 1 service",
    ]
    headers = [line for line in text.splitlines() if line.startswith(("🔴", "🟡", "⚪"))][3:]
    assert headers == [
        "🔴 gpt-4.5-preview is shut down, and calls fail",
        "🟡 o3 shuts down in 514 days",
        "⚪ gpt-4o is going away, day not set",
    ]


@pytest.mark.parametrize(
    ("today", "facts", "text"),
    [
        pytest.param(
            "2025-06-17",
            [make_notice(calls_7d=12_400)],
            "search-api still calls gpt-4.5-preview (OpenAI API), which shuts down in 27 days, on Mon 14 Jul 2025: "
            "12,400 calls in the last 7 days. Move to gpt-4.1.",
            id="one notice",
        ),
        pytest.param(
            "2025-07-15",
            [make_notice(state="broken", calls_7d=402, errors_7d=380)],
            "search-api still calls gpt-4.5-preview (OpenAI API), which is shut down: "
            "380 of 402 calls in the last 7 days failed. Move to gpt-4.1.",
            id="calls fail",
        ),
        pytest.param(
            "2025-07-14",
            [make_notice(service="<!here>", replacements=(), calls_7d=0)],
            "<!here> still calls gpt-4.5-preview (OpenAI API), which shuts down today.",
            id="a nasty name, no calls, no successor",
        ),
        pytest.param(
            "2025-06-02",
            [make_notice(), make_notice(service="b", model="o3", shutdown_on=date(2025, 6, 5))],
            "2 services still call 2 models that are going away. The first: o3 (OpenAI API) shuts down in 3 days, "
            "on Thu 5 Jun 2025.",
            id="several models",
        ),
    ],
)
def test_fallback_text_is_one_sentence(today: str, facts: list[Facts], text: str) -> None:
    assert render(facts, links=NOWHERE, now=at(today)).text == text


def make_migrated(**given: Any) -> News:
    return make_news(Migrated(at=TODAY, last_at=at("2025-06-20T17:30"), quiet_days=3), **given)


def test_migration_is_good_news() -> None:
    message = render([make_migrated()], links=NOWHERE, now=TODAY)
    assert message.text == "search-api no longer calls gpt-4.5-preview (OpenAI API)."
    assert as_text(message).splitlines() == [
        "✅ search-api no longer calls gpt-4.5-preview",
        "gpt-4.5-preview on OpenAI API. Announced shutdown: Mon 14 Jul 2025. "
        "Its reminders end, and begin again if calls come back.",
        "• search-api (production): last call Fri 20 Jun 2025, 17:30 UTC, none for 3 days since",
    ]


@pytest.mark.parametrize(
    ("before", "after", "headline", "sentence"),
    [
        pytest.param(
            date(2025, 7, 14),
            date(2025, 6, 30),
            "📅 gpt-4.5-preview: shutdown moved from Mon 14 Jul 2025 to Mon 30 Jun 2025, 14 days earlier",
            "The announced shutdown of gpt-4.5-preview on OpenAI API moved from Mon 14 Jul 2025 to Mon 30 Jun 2025, "
            "14 days earlier. Reminders follow the new day.",
            id="earlier",
        ),
        pytest.param(
            None,
            date(2025, 7, 14),
            "📅 gpt-4.5-preview: shutdown had no day and now has one, Mon 14 Jul 2025",
            "The announced shutdown of gpt-4.5-preview on OpenAI API had no day and now has one, Mon 14 Jul 2025. "
            "Reminders follow the new day.",
            id="a first date",
        ),
        pytest.param(
            date(2025, 7, 14),
            None,
            "📅 gpt-4.5-preview: shutdown has no day any more: Mon 14 Jul 2025 no longer holds",
            "The announced shutdown of gpt-4.5-preview on OpenAI API has no day any more: Mon 14 Jul 2025 no longer "
            "holds.",
            id="taken back",
        ),
    ],
)
def test_moved_date_is_told_with_the_old_one(
    before: date | None, after: date | None, headline: str, sentence: str
) -> None:
    move = make_news(DateMoved(before=before, after=after))
    assert read(move).splitlines() == [headline, sentence, "It is called by search-api (production)."]


def test_operator_reads_what_is_wrong_and_what_to_do() -> None:
    trouble = Trouble(condition=Gap(topic="llm-logs", partition=0, first=5, last=8))
    message = render([trouble, trouble], links=NOWHERE, now=TODAY)
    assert message.text == "lastcall needs you: Kafka deleted the offsets 5 to 8 before lastcall had read them"
    assert as_text(message).splitlines() == [
        "⚠️ lastcall needs you: gap",
        "What: llm-logs/0: Kafka deleted the offsets 5 to 8 before lastcall had read them",
        "What to do: keep records longer (retention.ms, retention.bytes) or run more consumers",
    ]


def test_rerouted_message_names_whom_it_was_meant_for() -> None:
    text = read(Undeliverable(destination="#old", error="the channel is archived"), make_notice())
    assert text.splitlines()[:2] == [
        "📭 #old cannot be reached: the channel is archived. What was meant for it is in this message. "
        "Mend it in Slack or in lastcall.yaml.",
        "🟡 gpt-4.5-preview shuts down in 42 days",
    ]


def test_steps_are_counted_from_the_freeze_that_comes_before_the_shutdown() -> None:
    notice = make_notice(
        shutdown_on=date(2025, 7, 14), frozen_from=date(2025, 7, 7), freeze="summer sale", steps=("-60d",),
        last_due=date(2025, 5, 8),
        next_step="-30d", next_on=date(2025, 6, 9), next_audiences=("owner",),
    )  # fmt: skip
    text = read(notice)
    assert "Change freeze: from Mon 7 Jul 2025 (summer sale) up to the shutdown." in text
    assert "you were not told 60 days before the change freeze" in text
    assert "the owner is notified next on Mon 9 Jun 2025, 30 days before the change freeze" in text


def test_a_date_that_only_the_press_reports_is_said_to_be_unconfirmed() -> None:
    posted: dict[str, Any] = {"source": "https://dev.to/a-post", "second_hand": True}
    named: dict[str, Any] = {
        "service": "search-api",
        "environment": "",
        "platform": "gemini-api",
        "model": "m",
    }
    moved = make_news(DateMoved(before=date(2025, 7, 14), after=date(2025, 7, 21)), **named, **posted)

    told = read(
        make_notice(
            **posted,
            steps=("-60d",),
            last_due=date(2025, 5, 15),
            first_at=at("2025-05-20"),
            announced=date(2025, 5, 20),
        )
    )

    gone = make_news(Migrated(at=TODAY, last_at=at("2025-06-01"), quiet_days=3), **named, second_hand=True)

    assert "Reported by dev.to, not confirmed by the provider." in told
    assert "Announced" not in told
    assert "Reported shutdown: Mon 14 Jul 2025." in read(gone)
    assert "The reported shutdown of m on Gemini API moved from Mon 14 Jul 2025" in read(moved)
    assert "Reported by dev.to, not confirmed by the provider (https://dev.to/a-post)" in read(moved)
    assert "The provider" not in told + read(moved)


@pytest.mark.parametrize(
    ("today", "given", "headline", "sentence"),
    [
        pytest.param(
            "2025-07-11",
            {},
            "🔴 gpt-4.5-preview is reported to shut down in 3 days",
            "is reported to shut down on Mon 14 Jul 2025, counted from 00:00 UTC. "
            "If the report is right, calls fail from then on.",
            id="ahead",
        ),
        pytest.param(
            "2025-07-14",
            {"after_shutdown": "redirect"},
            "🔴 gpt-4.5-preview is reported to shut down today",
            "is reported to shut down today, Mon 14 Jul 2025, counted from 00:00 UTC: "
            "if the report is right, another model answers from now on.",
            id="today",
        ),
        pytest.param(
            "2025-07-17",
            {"state": "overdue", "after_shutdown": "unsupported_but_served"},
            "🔴 gpt-4.5-preview is past the day of its reported shutdown and still answers",
            "was reported to shut down on Mon 14 Jul 2025, 3 days ago. "
            "Calls are still answered, without support if the report is right.",
            id="past and answered",
        ),
        pytest.param(
            "2025-07-17",
            {"state": "redirected"},
            "🟠 gpt-4.5-preview is past the day of its reported shutdown, and another model answers",
            "was reported to shut down on Mon 14 Jul 2025, 3 days ago. Another model answers in its place.",
            id="past and answered by another",
        ),
        pytest.param(
            "2025-07-17",
            {"state": "broken"},
            "🔴 gpt-4.5-preview is shut down, and calls fail",
            "was reported to shut down on Mon 14 Jul 2025, 3 days ago. Calls to it now fail.",
            id="the calls show it",
        ),
        pytest.param(
            "2025-06-24",
            {"precision": "tentative"},
            "🟠 gpt-4.5-preview is reportedly expected to shut down in 20 days",
            "is reportedly expected to shut down on Mon 14 Jul 2025, counted from 00:00 UTC. "
            "The day may still move. If the report is right, calls fail from then on.",
            id="a tentative day",
        ),
        pytest.param(
            "2025-05-22",
            {"precision": "month", "shutdown_on": date(2025, 7, 1)},
            "🟡 gpt-4.5-preview is reported to shut down in July 2025",
            "is reported to shut down in July 2025. No day is reported; lastcall counts from Tue 1 Jul 2025. "
            "If the report is right, calls fail from then on.",
            id="only the month is known",
        ),
        pytest.param(
            "2025-07-10",
            {"precision": "month", "shutdown_on": date(2025, 7, 1), "state": "overdue"},
            "🔴 gpt-4.5-preview is reported to shut down this month",
            "is reported to shut down in July 2025. No day is reported: it can be any day now.",
            id="within the only month that is known",
        ),
        pytest.param(
            "2025-06-02",
            {"precision": "no_sooner_than"},
            "⚪ gpt-4.5-preview is reported to go away, day not known",
            "is reported to go away, not before Mon 14 Jul 2025. No day for its end is reported.",
            id="no sooner than",
        ),
        pytest.param(
            "2025-06-02",
            {"precision": "unknown", "shutdown_on": None},
            "⚪ gpt-4.5-preview is reported as deprecated, day not known",
            "is reported as deprecated. No day for its end is reported.",
            id="no day at all",
        ),
        pytest.param(
            "2025-06-02",
            {"precision": "unknown", "shutdown_on": None, "state": "broken"},
            "🔴 gpt-4.5-preview fails already, and no day is reported for its end",
            "fails already, and no day is reported for its end: calls are told that it is gone. It can be a brownout, "
            "after which calls are answered again, or the end itself, come early.",
            id="fails and no day is known",
        ),
    ],
)
def test_a_reported_end_is_no_fact(today: str, given: dict[str, object], headline: str, sentence: str) -> None:
    notice = make_notice(**given, source="https://dev.to/a-post", second_hand=True)
    message = render([notice], links=NOWHERE, now=at(today))
    lines = as_text(message).splitlines()
    assert lines[0] == headline
    by = "Reported by dev.to, not confirmed by the provider."
    assert lines[1] == f"gpt-4.5-preview on OpenAI API {sentence} {by}"


@pytest.mark.parametrize(
    ("today", "given", "said"),
    [
        ("2025-07-11", {}, "which is reported to shut down in 3 days, on Mon 14 Jul 2025: "),
        ("2025-07-17", {"state": "overdue"}, "which is past the day of its reported shutdown and still answers: "),
        ("2025-06-02", {"precision": "no_sooner_than"}, "which is reported to go away with its day not known: "),
    ],
)
def test_the_push_text_words_a_reported_end_as_a_report(today: str, given: dict[str, object], said: str) -> None:
    message = render([make_notice(**given, second_hand=True)], links=NOWHERE, now=at(today))
    assert said in message.text


def test_the_host_of_a_source_is_escaped() -> None:
    message = render([make_notice(source="https://<!channel>/post", second_hand=True)], links=NOWHERE, now=TODAY)

    assert "<!channel>" not in posted(message)
