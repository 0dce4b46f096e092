"""Who may own a service that nobody is known to own."""

from datetime import UTC, date, datetime

import pytest

from service.core.candidates import (
    ActedOnIt,
    Candidate,
    Evidence,
    HoldsKey,
    Neighbourhood,
    OwnsNeighbours,
    PastAct,
    SameName,
    candidates,
)

TEAMS = {"search-ranker": "find", "search-index": "find", "search-ui": "web", "cart": "payments"}


def test_neighbours_by_name_are_ranked_by_how_many_they_own() -> None:
    assert candidates("search-api", (), (), Neighbourhood(TEAMS)) == (
        Candidate("find", OwnsNeighbours(2, 3, "search")),
        Candidate("web", OwnsNeighbours(1, 3, "search")),
    )


def test_closest_neighbours_count_alone() -> None:
    teams = TEAMS | {"search-api-eu": "edge"}
    assert candidates("search-api-us", (), (), Neighbourhood(teams)) == (
        Candidate("edge", OwnsNeighbours(1, 1, "search-api")),
    )


def test_whoever_acted_on_it_comes_first_the_latest_act_before() -> None:
    acted = [
        PastAct("ada", "acknowledge", datetime(2025, 6, 2, 9, tzinfo=UTC)),
        PastAct("bob", "commit", datetime(2025, 6, 3, 9, tzinfo=UTC)),
        PastAct("ada", "snooze", datetime(2025, 6, 1, 9, tzinfo=UTC)),
    ]
    assert candidates("search-api", acted, (), Neighbourhood(TEAMS)) == (
        Candidate("bob", ActedOnIt("commit", date(2025, 6, 3))),
        Candidate("ada", ActedOnIt("acknowledge", date(2025, 6, 2))),
        Candidate("find", OwnsNeighbours(2, 3, "search")),
    )


def test_whoever_holds_its_key_comes_after_those_who_acted_and_before_those_of_like_names() -> None:
    acted = [PastAct("ada", "acknowledge", datetime(2025, 6, 2, 9, tzinfo=UTC))]
    assert candidates("search-api", acted, ["eve@example.com", "ada"], Neighbourhood(TEAMS)) == (
        Candidate("ada", ActedOnIt("acknowledge", date(2025, 6, 2))),
        Candidate("eve@example.com", HoldsKey()),
        Candidate("find", OwnsNeighbours(2, 3, "search")),
    )


def test_team_of_the_services_name_is_likelier_than_its_neighbours() -> None:
    found = candidates("web-shop", (), (), Neighbourhood(TEAMS | {"web-x": "cart"}))
    assert [one.who for one in found] == ["web", "cart"]


def test_team_that_is_two_candidates_is_named_once_for_the_better_reason() -> None:
    assert candidates("web-shop", (), (), Neighbourhood({"web-x": "web"})) == (Candidate("web", SameName()),)


def test_service_like_no_other_has_no_candidate() -> None:
    assert candidates("zebra", (), (), Neighbourhood(TEAMS)) == ()


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        (ActedOnIt("commit", date(2025, 6, 3)), "promised a day on Tue 3 Jun 2025"),
        (HoldsKey(), "holds the key that it calls with"),
        (SameName(), "the service's name begins with the team's"),
        (OwnsNeighbours(2, 3, "search"), "owns 2 of 3 services named search-*"),
        (OwnsNeighbours(1, 1, "search-api"), "owns 1 of 1 service named search-api-*"),
    ],
)
def test_evidence_is_a_clause(evidence: Evidence, why: str) -> None:
    assert Candidate("find", evidence).why == why
