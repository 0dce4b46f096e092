"""What a notice says about callers, volume, owners and evidence."""

from datetime import date

import pytest

from service.core.candidates import ActedOnIt, Candidate, HoldsKey, SameName
from service.core.messages.render import render
from tests.builders import make_notice
from tests.message_text import TODAY, as_text, at, posted, read


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


ANSWER = (
    "Answer with lastcall reassign {0} --team TEAM --person EMAIL, POST /api/v1/owners/{0} or a rule in lastcall.yaml: "
    "the owner is told from then on."
)


def test_unowned_service_asks_for_an_owner() -> None:
    assert f"Who owns search-api? {ANSWER.format('search-api')}" in read(make_notice(team=None)).splitlines()


def test_unowned_service_is_shown_with_who_may_own_it_and_why() -> None:
    notice = make_notice(
        team=None,
        candidates=(
            Candidate("ada", ActedOnIt("acknowledge", date(2025, 6, 2))),
            Candidate("<!channel>", HoldsKey()),
        ),
    )
    assert (
        "Who owns search-api? Perhaps ada (acknowledged it on Mon 2 Jun 2025) or <!channel> (holds the key that "
        f"it calls with). {ANSWER.format('search-api')}"
    ) in read(notice).splitlines()
    assert "<!channel>" not in posted(render([notice], page=None, now=TODAY))


def test_unowned_services_are_asked_for_in_one_question() -> None:
    notices = [
        make_notice(service="mail", team=None),
        make_notice(service="chat", team=None, candidates=(Candidate("chat", SameName()),)),
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
    message = render([notice], page="https://lastcall.example", now=TODAY)
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
