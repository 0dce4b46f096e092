from datetime import UTC, date, datetime

import pytest

from service.core.candidates import Candidate, HoldsKey
from service.core.escalation.hold import ActInForce
from service.core.messages.render import render
from service.core.notification import Digest, DigestLine, Unlisted, Unread, WeekTotals
from service.core.wording.to_text import to_text
from tests.builders import make_digest, make_digest_line

NOW = datetime(2025, 7, 7, 7, tzinfo=UTC)


def read(digest: Digest) -> list[str]:
    message = render([digest], page=None, now=NOW)
    return [line for blocks in (message.blocks, *message.replies) for line in to_text(blocks).splitlines()]


def test_digest_says_what_dies_when_and_who_calls_it() -> None:
    digest = make_digest(
        lines=(
            make_digest_line(service="mail", calls=300, calls_before=600),
            make_digest_line(service="search-api", calls=12_400, calls_before=16_100),
            make_digest_line(
                service="mail", platform="azure-openai", model="gpt-4o", precision="no_sooner_than",
                shutdown_on=date(2026, 3, 31), replacement=None, calls=20, calls_before=10,
            ),
        )
    )  # fmt: skip
    assert read(digest) == [
        "Week 27: 2 services still call 2 models that are going away",
        "Mon 30 Jun 2025 to Sun 6 Jul 2025 · search",
        "12,720 calls in the week, down 24% from 16,710.",
        "🟠 gpt-4.5-preview on OpenAI API: Mon 14 Jul 2025, in 7 days. Move to gpt-4.1",
        "• search-api (production): 12,400 calls, down 23% from 16,100",
        "• mail (production): 300 calls, down 50% from 600",
        "⚪ gpt-4o on Azure OpenAI: not before Tue 31 Mar 2026",
        "• mail (production): 20 calls, up 100% from 10",
    ]


def test_digest_says_of_a_date_that_only_others_report_that_it_is_not_confirmed() -> None:
    lines = read(make_digest(lines=(make_digest_line(standing="reported"),)))
    assert "🟠 gpt-4.5-preview on OpenAI API: Mon 14 Jul 2025, not confirmed, in 7 days. Move to gpt-4.1" in lines


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param(make_digest_line(), "1,200 calls, as many as the week before", id="unchanged"),
        pytest.param(make_digest_line(calls=1201), "1,201 calls, up 1% from 1,200", id="a change is never 0%"),
        pytest.param(make_digest_line(calls=99_000), "99,000 calls, up from 1,200", id="many times"),
        pytest.param(make_digest_line(calls=0), "no call, down from 1,200", id="stopped this week"),
        pytest.param(make_digest_line(calls_before=0), "1,200 calls, none the week before", id="came back"),
        pytest.param(make_digest_line(calls_before=0, new=True), "new, 1,200 calls", id="new"),
        pytest.param(
            make_digest_line(calls=0, calls_before=0), "no call for two weeks, but it calls rarely", id="a monthly job"
        ),
        pytest.param(
            make_digest_line(told=False, state="broken"),
            "1,200 calls, as many as the week before, calls fail, nobody was told by Sun 6 Jul 2025",
            id="broken and untold",
        ),
        pytest.param(
            make_digest_line(promised_on=date(2025, 7, 4)),
            "1,200 calls, as many as the week before, the team promised to be done by Fri 4 Jul 2025, and was not",
            id="a broken promise",
        ),
        pytest.param(
            make_digest_line(
                act_in_force=ActInForce(what="acknowledged", by="<!here>", on=date(2025, 6, 30), until=date(2025, 7, 7))
            ),
            "1,200 calls, as many as the week before, acknowledged by <!here> on Mon 30 Jun 2025, until Mon 7 Jul 2025",
            id="acknowledged, by a name that pings nobody",
        ),
    ],
)
def test_line_says_what_moved(line: DigestLine, said: str) -> None:
    assert f"• search-api (production): {said}" in read(make_digest(lines=(line,)))


def test_organisation_hears_of_teams_of_what_is_unowned_and_of_what_could_not_be_read() -> None:
    digest = make_digest(
        audience="(organisation)",
        lines=(make_digest_line(service="ghost", team=None, new=True, calls_before=0), make_digest_line()),
        migrated=(make_digest_line(service="chat", calls=0, calls_before=500),),
        unowned=("ghost",),
        candidates={"ghost": (Candidate("<!channel>", HoldsKey()),)},
        unread=(
            Unread(kind="rejection", what="bad_json", count=1204, where=("llm-logs",)),
            Unread(kind="unresolved", what="team-gpt4", count=310, where=("a", "b", "c", "d", "e", "f", "g")),
        ),
        unread_more=3,
    )
    rule = "─" * 40
    assert read(digest) == [
        "Week 27: 2 services still call a model that is going away",
        "Mon 30 Jun 2025 to Sun 6 Jul 2025 · the whole organisation",
        "2,400 calls in the week, up 41% from 1,700. Of the services, 1 has migrated, 1 is new and 1 has no owner.",
        "🟠 gpt-4.5-preview on OpenAI API: Mon 14 Jul 2025, in 7 days. Move to gpt-4.1",
        "• ghost (production), no owner: new, 1,200 calls",
        "• search-api (production), search: 1,200 calls, as many as the week before",
        rule,
        "✅ Migrated",
        "• chat (production) no longer calls gpt-4.5-preview on OpenAI API",
        rule,
        "Who owns ghost? Perhaps <!channel> (holds the key that it calls with). "
        "Answer with lastcall reassign ghost --team TEAM --person EMAIL, POST /api/v1/owners/ghost "
        "or a rule in lastcall.yaml: the owner is told from then on.",
        rule,
        "What lastcall could not read. It is in none of the numbers above.",
        "• 1,204 records in topic llm-logs: broken JSON",
        "• 310 calls to team-gpt4, an id that lastcall does not know, by a, b, c, d, e and 2 more",
        "• 3 more unknown ids, each with fewer calls",
    ]


def test_digest_after_the_last_migration_says_that_it_is_done() -> None:
    digest = make_digest(migrated=(make_digest_line(calls=0),))
    assert read(digest)[0] == "Week 27: no service is known to call a model that is going away"
    assert render([digest], page=None, now=NOW).text == (
        "Week 27: no service is known to call a model that is going away. "
        "No call in the week, down from 1,200. Of the services, 1 has migrated."
    )


def test_waivers_that_end_this_week_are_listed_the_first_to_end_first() -> None:
    by_ada = ActInForce(what="waived", by="ada", until=date(2025, 7, 9), reason="why")
    lines = tuple(
        make_digest_line(
            service=service, model=model, state="waived", act_in_force=by_ada, waiver_ends_on=date(2025, 7, day)
        )
        for service, model, day in (("mail", "gpt-4", 11), ("search", "gpt-4", 9), ("search", "o1", 9))
    )
    told = read(make_digest(lines=lines))
    begin = told.index("⏳ Waivers that end this week. Escalation goes on afterwards.")
    assert told[begin + 1 : begin + 4] == [
        "• search (production), gpt-4: until Wed 9 Jul 2025",
        "• search (production), o1: until Wed 9 Jul 2025",
        "• mail (production), gpt-4: until Fri 11 Jul 2025",
    ]


def test_summary_counts_broken_promises() -> None:
    told = read(make_digest(lines=(make_digest_line(promised_on=date(2025, 7, 4)),)))
    assert "1,200 calls in the week, as many as the week before. Of the services, 1 has broken its promise." in told


def test_what_is_beyond_the_lines_is_counted() -> None:
    totals = WeekTotals(
        services=412, migrated=61, new=2, broken_promises=0, unowned=53, models=1, calls=90_000, calls_before=100_000,
        migrated_uses=63,
    )  # fmt: skip
    listed = make_digest_line()
    unlisted = Unlisted(platform=listed.platform, model=listed.model, uses=410, calls=1_500, calls_before=3_000)
    lines = read(
        make_digest(
            lines=(listed,),
            unlisted=(unlisted,),
            migrated=(make_digest_line(service="gone"),),
            unowned=("ghost",),
            totals=totals,
        )
    )
    assert lines[0] == "Week 27: 412 services still call a model that is going away"
    assert lines[2] == (
        "90,000 calls in the week, down 10% from 100,000. Of the services, 61 have migrated, 2 are new and 53 have no "
        "owner."
    )
    assert [line for line in lines if " more" in line] == [
        "• and 410 more: 1,500 calls, down 50% from 3,000",
        "• and 62 more",
        "• and 52 more",
    ]
