from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from service.core.catalog.lifecycle import Catalog, Deprecation, Replacement, Shutdown
from service.core.checklist import Checklist, Tick
from service.core.digest import MAX_LINES, MAX_UNOWNED, ORGANISATION, Draft, Picture, Rejected, UnresolvedId, has_news
from service.core.escalation.hold import Acknowledged, KeptOpen, Waived
from service.core.exposure import DayOfUse, Exposure, ExposureKey
from service.core.notification import Digest, Unread, WeekTotals
from service.core.ownership import NOBODY, Owner
from service.core.week import Week
from tests.builders import make_broken_promise, make_campaign, make_deprecation

WEEK = Week.parse("2025-W27")
GPT_4_5 = Deprecation(
    platform="openai-api",
    model="gpt-4.5-preview",
    id="gpt-4.5-preview",
    announced=date(2025, 4, 14),
    shutdown=Shutdown(date(2025, 7, 14), "exact"),
    replacements=(Replacement("o3", None, recommended=False), Replacement("gpt-4.1", "gpt-4.1")),
)


def owner_of(service: str) -> Owner:
    return Owner(team=service.partition("-")[0]) if "-" in service else NOBODY


def exposure(service: str, calls: dict[int, int], *, gone_on_last: int = 0) -> Exposure:
    """Calls by the day of June 2025, past 30 for July, at noon; so many of the last day's are told that the model is
    gone."""
    days = {date(2025, 6, 1) + timedelta(days=day - 1): n for day, n in sorted(calls.items())}
    noons = [datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in days]
    uses = [DayOfUse(day, n, 0, 0, 0, 0, 0, 0) for day, n in days.items()]
    uses[-1] = structs.replace(uses[-1], end_of_life=gone_on_last)
    return Exposure.of(service, "production", GPT_4_5, uses, first_at=noons[0], last_at=noons[-1])


def digest_of(
    *exposures: Exposure, audience: str = "search", records: Sequence[Deprecation] = (), **given: Any
) -> Digest:
    """`records`: of the catalog; `given`: of the picture."""
    draft = Draft(Picture(**({"week": WEEK} | given)), owner_of, Catalog(records, digest="test"))
    for one in exposures:
        draft.add(one)
    return draft.digest(audience)


def test_team_hears_of_its_own_calls_this_week_and_the_week_before() -> None:
    digest = digest_of(
        exposure("search-api", {22: 1, 23: 10, 29: 20, 30: 100, 36: 7}),
        exposure("mail-writer", {30: 5}),
        told=frozenset({ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview")}),
    )
    assert [(line.service, line.calls, line.calls_before) for line in digest.lines] == [("search-api", 107, 30)]
    line = digest.lines[0]
    assert (line.team, line.replacement, line.told, line.new) == ("search", "gpt-4.1", True, False)


def test_caller_that_went_quiet_in_the_week_has_migrated() -> None:
    gone = exposure("search-old", {26: 1, 27: 1, 28: 1})
    long_gone = exposure("search-older", {20: 1, 21: 1, 22: 1})
    digest = digest_of(gone, long_gone)
    assert [line.service for line in digest.migrated] == ["search-old"]
    assert digest.lines == ()


def test_monthly_job_is_still_a_caller_in_a_week_without_calls() -> None:
    monthly = exposure("search-report", {1: 4, 20: 4})
    digest = digest_of(monthly)
    assert [(line.service, line.calls, line.calls_before) for line in digest.lines] == [("search-report", 0, 0)]


def test_caller_first_seen_in_the_week_is_new_and_untold() -> None:
    digest = digest_of(exposure("search-new", {35: 3}))
    assert [(line.new, line.told) for line in digest.lines] == [(True, False)]


@pytest.mark.parametrize(
    ("week", "sunday", "still_open"),
    [
        pytest.param("2025-W26", 29, ("latency", "cost", "users"), id="14 days before the shutdown when it is read"),
        pytest.param("2025-W25", 22, (), id="21 days before"),
    ],
)
def test_progress_is_told_and_what_is_open_is_named_when_the_day_is_near(
    week: str, sunday: int, still_open: tuple[str, ...]
) -> None:
    june = datetime(2025, 6, 10, tzinfo=UTC)
    done = Checklist((Tick("model", "ada@example.com", june), Tick("prompts", "ada@example.com", june)))
    key = ExposureKey("search-api", "production", "openai-api", "gpt-4.5-preview")

    line = digest_of(exposure("search-api", {sunday: 1}), week=Week.parse(week), checklists={key: done}).lines[0]

    assert (line.ticked, line.checklist_open) == (2, still_open)


def test_organisation_alone_hears_of_rejections_and_of_who_has_no_owner() -> None:
    calling = exposure("ghost", {35: 1}), exposure("search-api", {35: 1})
    given: dict[str, Any] = {
        "rejected": [Rejected("llm", "empty", 2), Rejected("llm", "bad_json", 9)],
        "unresolved": [
            UnresolvedId("x1", "search-api", 3),
            UnresolvedId("x1", "ghost", 5),
            UnresolvedId("x2", "ghost", 1),
        ],
    }
    whole = digest_of(*calling, audience=ORGANISATION, **given)
    assert whole.unowned == ("ghost",)
    assert whole.unread == (
        Unread(kind="rejection", what="bad_json", count=9, where=("llm",)),
        Unread(kind="rejection", what="empty", count=2, where=("llm",)),
        Unread(kind="unresolved", what="x1", count=8, where=("ghost", "search-api")),
        Unread(kind="unresolved", what="x2", count=1, where=("ghost",)),
    )
    team = digest_of(*calling, **given)
    assert team.unowned == ()
    assert team.unread == (Unread(kind="unresolved", what="x1", count=3, where=("search-api",)),)


def test_ids_beyond_the_fifty_most_used_are_counted() -> None:
    digest = digest_of(unresolved=[UnresolvedId(f"id-{n:02}", "search-api", 100 - n) for n in range(53)])
    assert (len(digest.unread), digest.unread_more) == (50, 3)
    assert digest.unread[-1].what == "id-49"


def test_digest_without_news_is_for_nobody() -> None:
    assert not has_news(digest_of())
    assert has_news(digest_of(exposure("search-api", {35: 1})))


ADA = "ada@example.com"
LAST_WEEK = datetime(2025, 6, 24, 9, tzinfo=UTC)
WAIVED = Waived(ADA, LAST_WEEK, date(2025, 7, 9), "switched off in August")
WAIVED_BY_ADA = "waived by ada@example.com until Wed 9 Jul 2025: switched off in August"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param({}, ("active", None, None, None), id="nothing"),
        pytest.param(
            {"hold": WAIVED}, ("waived", None, WAIVED_BY_ADA, date(2025, 7, 9)), id="a waiver that ends next week"
        ),
        pytest.param(
            {"hold": structs.replace(WAIVED, until=date(2025, 7, 14))},
            ("waived", None, WAIVED_BY_ADA.replace("Wed 9", "Mon 14"), None),
            id="a waiver that ends later",
        ),
        pytest.param(
            {"hold": structs.replace(WAIVED, until=date(2025, 7, 6))}, ("active", None, None, None),
            id="a waiver that is over",
        ),
        pytest.param(
            {"hold": structs.replace(WAIVED, at=datetime(2025, 7, 7, 8, tzinfo=UTC))}, ("active", None, None, None),
            id="a waiver of after the week",
        ),
        pytest.param(
            {"acknowledged": Acknowledged(ADA, LAST_WEEK, "-30d", datetime(2025, 7, 8, 7, tzinfo=UTC))},
            ("active", None, "acknowledged by ada@example.com on Tue 24 Jun 2025, until Tue 8 Jul 2025", None),
            id="acknowledged",
        ),
        pytest.param(
            {"promise": make_broken_promise(date(2025, 7, 4))}, ("active", date(2025, 7, 4), None, None),
            id="a broken promise",
        ),
        pytest.param(
            {"promise": make_broken_promise(date(2025, 7, 7))}, ("active", None, None, None),
            id="a promise of after the week",
        ),
        pytest.param(
            {"promise": make_broken_promise(date(2025, 7, 6))}, ("active", None, None, None),
            id="calls after the week broke it",
        ),
        pytest.param(
            {"kept_open": KeptOpen(ADA, datetime(2025, 7, 7, 9, tzinfo=UTC))},
            ("active", None, None, None),
            id="kept open after the week",
        ),
    ],
)  # fmt: skip
def test_what_people_had_asked_by_the_weeks_end_is_told(asked: dict[str, Any], said: tuple[object, ...]) -> None:
    calling = exposure("search-api", dict.fromkeys(range(1, 37), 5))
    campaigns = {calling.key: make_campaign("announced", **asked)}

    line = digest_of(calling, campaigns=campaigns).lines[0]

    act_in_force = line.act_in_force and line.act_in_force.in_words()
    assert (line.state, line.promised_on, act_in_force, line.waiver_ends_on) == said


def test_risk_that_has_come_true_is_no_longer_shown_as_waived() -> None:
    calling = exposure("search-api", dict.fromkeys(range(1, 37), 5))
    failing = exposure("search-api", dict.fromkeys(range(1, 37), 5), gone_on_last=5)
    campaigns = {calling.key: make_campaign("announced", hold=WAIVED)}

    line = digest_of(failing, campaigns=campaigns).lines[0]

    assert line.act_in_force is not None
    assert (line.state, line.act_in_force.in_words()) == ("broken", WAIVED_BY_ADA)


# --- more than anybody reads ------------------------------------------------------------------------------------------

O3 = Deprecation(platform="openai-api", model="o3", id="o3", shutdown=Shutdown(date(2026, 12, 11), "exact"))


def many(count: int) -> list[Exposure]:
    """The first calls most; 3 calls the week before, each."""
    return [exposure(f"search-{n:03}", {29: 3, 36: 1000 - n}) for n in range(count)]


def test_uses_beyond_the_lines_are_counted_by_model() -> None:
    o3 = [replace(one, deprecation=O3) for one in many(5)]
    digest = digest_of(*many(MAX_LINES + 3), *o3)
    assert len(digest.lines) == MAX_LINES
    assert [line.service for line in digest.lines[-2:]] == [f"search-{MAX_LINES - 2}", "search-000"]
    assert [(one.model, one.uses, one.calls, one.calls_before) for one in digest.unlisted] == [
        ("gpt-4.5-preview", 4, 801 + 800 + 799 + 798, 12),
        ("o3", 4, 999 + 998 + 997 + 996, 12),
    ]


def test_totals_count_what_is_listed_and_what_is_not() -> None:
    gone = exposure("search-old", {26: 1, 27: 1, 28: 1})
    digest = digest_of(*many(300), gone)
    assert digest.totals == WeekTotals(
        services=300,
        migrated=1,
        new=0,
        broken_promises=0,
        unowned=0,
        models=1,
        calls=300 * 1000 - sum(range(300)),
        calls_before=903,
        migrated_uses=1,
    )


def test_broken_promise_and_waiver_that_ends_are_listed_however_far_down() -> None:
    calling = many(MAX_LINES + 9)
    campaigns = {
        calling[-1].key: make_campaign("announced", promise=make_broken_promise(date(2025, 6, 27))),
        calling[-2].key: make_campaign("announced", hold=WAIVED),
    }
    listed = [line.service for line in digest_of(*calling, campaigns=campaigns).lines]
    assert listed[-2:] == [calling[-2].service, calling[-1].service]
    assert len(listed) == MAX_LINES


def test_of_many_services_without_an_owner_those_with_the_most_calls_are_asked_about() -> None:
    ghosts = [exposure(f"ghost{n:02}", {35: 100 + n}) for n in range(MAX_UNOWNED + 2)]
    digest = digest_of(*ghosts, audience=ORGANISATION)
    assert digest.unowned == tuple(f"ghost{n:02}" for n in range(2, MAX_UNOWNED + 2))
    assert digest.totals
    assert digest.totals.unowned == MAX_UNOWNED + 2


def test_what_fails_and_what_ends_soon_are_listed_before_a_soft_day_of_long_ago() -> None:
    soft = replace(GPT_4_5, model="soft", id="soft", shutdown=Shutdown(date(2025, 1, 1), "no_sooner_than"))
    soon = replace(GPT_4_5, model="soon", id="soon", shutdown=Shutdown(date(2025, 7, 9), "exact"))
    calling = many(MAX_LINES + 50)
    failing = exposure("search-broken", {29: 3, 36: 5}, gone_on_last=5)
    digest = digest_of(
        *(replace(one, deprecation=soft) for one in calling), *(replace(one, deprecation=soon) for one in many(5)),
        *calling, failing,
    )  # fmt: skip
    models = [line.model for line in digest.lines]
    assert (digest.lines[0].service, digest.lines[0].state) == ("search-broken", "broken")
    assert models[1:6] == ["soon"] * 5
    assert models.count("soft") == 1


def test_replacement_that_is_gone_itself_is_not_named() -> None:
    calling = exposure("search-api", {35: 1})
    gone = make_deprecation(
        model="gpt-4.1",
        id="gpt-4.1",
        shutdown_on=date(2025, 6, 1),
        replacements=(Replacement("gpt-5", "gpt-5"),),
    )

    assert digest_of(calling).lines[0].replacement == "gpt-4.1"
    assert digest_of(calling, records=[gone]).lines[0].replacement == "gpt-5"
