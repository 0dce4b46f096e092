"""Which of several words about a model counts, and what is only proposed."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.core.catalog.file import CurrentPlan, Entry, PlatformFile, ReplacementEntry, SourceEntry
from service.core.catalog.finding import Finding
from service.core.catalog.judgement import Evidence, Judgement, Record, judge
from service.core.catalog.lifecycle import Shutdown, Standing
from service.core.catalog.proposal import Decision, Verdict
from service.core.catalog.rules import broken_rules
from service.core.catalog.statement import Statement

PAGE = "https://provider.example/deprecations"
NOV_1, NOV_21, DEC_1 = date(2026, 11, 1), date(2026, 11, 21), date(2026, 12, 1)
JAN, FEB, MAR = (Shutdown(date(2027, month, 1), "exact") for month in (1, 2, 3))


def entry(id_: str, end: Shutdown | None = None, **given: Any) -> Entry:
    """As of the release, read at the provider on 2026-11-01."""
    kind = given.pop("kind", "provider")
    plan = CurrentPlan(end.on, end.precision) if end else CurrentPlan(precision="unknown")
    values: dict[str, Any] = {"sources": (SourceEntry(PAGE, NOV_1, kind),), "last_verified": NOV_1}
    return Entry(id=id_, shutdown=plan, **(values | given))


def said(id_: str, end: Shutdown | None = None, **given: Any) -> Statement:
    """By the provider's API since 2026-11-21."""
    facts = {name: given.pop(name) for name in ("aliases", "announced", "replacements", "released") if name in given}
    source = given.pop("source", "openai")
    standing: Standing = given.pop("standing", "provider")
    since = given.pop("since", NOV_21)
    url = f"https://{source}.example"
    return Statement(source, standing, Finding("openai-api", id_, shutdown=end, **facts), url, since, **given)


def judged(*entries: Entry, said: tuple[Statement, ...] = (), **given: Any) -> Judgement:
    """All sources were read on 2026-12-01."""
    given.setdefault("read_on", {one.source: DEC_1 for one in said})
    file = PlatformFile(platform="openai-api", provider="openai", source=PAGE, models=entries)
    judgement = judge([file], Evidence(said, **given))
    assert [*broken_rules(judgement.files[0], today=DEC_1)] == []
    return judgement


def of(judgement: Judgement, id_: str) -> Entry:
    return next(one for one in judgement.files[0].models if one.id == id_)


def end_of(judgement: Judgement, id_: str) -> tuple[Shutdown, str]:
    found = of(judgement, id_)
    return Shutdown(found.shutdown.day, found.shutdown.precision), found.standing


REPORT: dict[str, Any] = {"source": "litellm", "standing": "reported"}
FLOOR = Shutdown.earliest(date(2027, 2, 1))


@pytest.mark.parametrize(
    ("shipped", "words", "end", "standing"),
    [
        pytest.param(JAN, [said("m", FEB)], FEB, "provider", id="newer word of the provider"),
        pytest.param(JAN, [said("m", FEB, since=date(2026, 10, 1))], JAN, "provider", id="both as new: the earlier"),
        pytest.param(JAN, [said("m")], JAN, "provider", id="list without an end takes nothing back"),
        pytest.param(JAN, [said("m", FEB, **REPORT)], JAN, "provider", id="report against the provider"),
        pytest.param(FLOOR, [said("m", JAN, **REPORT)], FLOOR, "provider", id="report against a promise"),
        pytest.param(FLOOR, [said("m", FEB)], FEB, "provider", id="promise, then announced"),
        pytest.param(None, [said("m", FEB, **REPORT)], FEB, "reported", id="report on a model in service"),
        pytest.param(None, [said("m", FEB, standing="inferred")], FEB, "inferred", id="estimate of the provider"),
        pytest.param(
            None, [said("m", FEB, **REPORT), said("m", JAN, source="feed", standing="reported")], JAN, "reported",
            id="two reports: the earlier",
        ),
        pytest.param(
            None, [said("m", FEB, **REPORT), said("m", MAR, standing="inferred")], MAR, "inferred",
            id="estimate of the provider before a report",
        ),
        pytest.param(
            None, [said("m", FEB, source="a", since=NOV_1), said("m", JAN, source="b", since=DEC_1)], JAN, "provider",
            id="two lists of the provider: the earlier",
        ),
    ],
)  # fmt: skip
def test_end_in_force(shipped: Shutdown | None, words: list[Statement], end: Shutdown, standing: Standing) -> None:
    assert end_of(judged(entry("m", shipped), said=tuple(words)), "m") == (end, standing)


def test_release_that_read_the_provider_later_counts_before_a_source_that_is_down() -> None:
    after = replace(said("m", FEB, since=date(2026, 9, 1)))
    assert end_of(judged(entry("m", JAN), said=(after,), read_on={"openai": date(2026, 10, 1)}), "m")[0] == JAN


def test_plan_that_was_replaced_is_kept_with_those_before_it() -> None:
    word = said("m", MAR, before=(FEB,))
    assert [plan.day for plan in of(judged(entry("m", JAN), said=(word,)), "m").superseded] == [JAN.on, FEB.on]


def test_report_that_the_provider_replaces_was_no_plan() -> None:
    judgement = judged(entry("m", JAN, kind="tracker"), said=(said("m", FEB),))
    assert end_of(judgement, "m") == (FEB, "provider")
    assert of(judgement, "m").superseded == ()


def test_facts_that_a_source_leaves_out_stay() -> None:
    known = entry("m", JAN, aliases=("m-latest",), released=date(2025, 1, 1), announced=date(2026, 7, 1))
    after = of(judged(known, said=(said("m", FEB),)), "m")
    assert (after.aliases, after.released, after.announced) == (known.aliases, known.released, known.announced)


@pytest.mark.parametrize("closed", [True, False, None])
def test_source_changes_neither_whose_model_it_is_nor_its_name_at_the_maker(closed: bool | None) -> None:
    after = of(judged(entry("m", JAN, closed=closed, maker_id="maker-m"), said=(said("m", FEB),)), "m")

    assert (after.closed, after.maker_id) == (closed, "maker-m")


def test_source_is_first_among_the_sources_of_what_it_says() -> None:
    after = of(judged(entry("m", JAN), said=(said("m", FEB),)), "m")
    assert [(one.url, one.accessed, one.kind) for one in after.sources] == [
        ("https://openai.example", NOV_21, "provider"),
        (PAGE, NOV_1, "provider"),
    ]


def test_newer_replacement_of_the_same_end_is_taken() -> None:
    after = of(judged(entry("m", JAN), entry("n"), said=(said("m", JAN, replacements=("n", "new")),)), "m")
    assert [(one.id, one.external) for one in after.replacements] == [("n", False), ("new", True)]


@pytest.mark.parametrize(
    ("word", "known"), [(said("new"), True), (said("new", FEB), True), (said("new", FEB, **REPORT), True),
                        (said("new", **REPORT), False)],
    ids=["in service, by the provider", "ending, by the provider", "ending, by a report", "in service, by a report"],
)  # fmt: skip
def test_model_that_the_release_does_not_have(word: Statement, known: bool) -> None:
    assert ("new" in {one.id for one in judged(entry("m"), said=(word,)).files[0].models}) == known


def test_same_evidence_gives_the_same_catalog_in_any_order() -> None:
    words = (said("m", FEB), said("m", JAN, **REPORT), said("a", JAN), said("a", MAR, source="other"))
    assert judged(entry("m", JAN), said=words) == judged(entry("m", JAN), said=words[::-1])


def test_nothing_said_leaves_the_files_as_they_are() -> None:
    file = PlatformFile(platform="openai-api", provider="openai", source=PAGE, models=(entry("m", JAN),))
    assert judge([file], Evidence()) == Judgement((file,))


def test_name_on_an_unknown_platform_is_told_and_changes_nothing() -> None:
    file = PlatformFile(platform="mistral-api", provider="mistral")
    assert judge([file], Evidence((said("m", FEB),))) == Judgement((file,), unplaced=(("openai-api", "m"),))


def test_finding_that_contradicts_itself_does_not_count() -> None:
    assert end_of(judged(entry("m", JAN), said=(said("m", FEB, announced=date(2027, 3, 1)),)), "m")[0] == JAN


# --- aliases ---------------------------------------------------------------------------------------------------------


def test_alias_to_which_the_provider_gives_another_end_becomes_a_record_of_its_own() -> None:
    judgement = judged(entry("m-1", JAN, aliases=("m", "m-latest")), said=(said("m", MAR),))
    assert (end_of(judgement, "m")[0], end_of(judgement, "m-1")[0]) == (MAR, JAN)
    assert of(judgement, "m-1").aliases == ("m-latest",)


def test_alias_with_the_end_of_its_model_stays_an_alias() -> None:
    words = (said("m", MAR), said("m-1", MAR))
    (only,) = judged(entry("m-1", JAN, aliases=("m",)), said=words).files[0].models
    assert (only.id, only.aliases, only.shutdown.day) == ("m-1", ("m",), MAR.on)


def test_report_on_an_alias_is_only_proposed() -> None:
    judgement = judged(entry("m-1", JAN, aliases=("m",)), said=(said("m", MAR, **REPORT),))
    assert [one.id for one in judgement.files[0].models] == ["m-1"]
    assert [(one.model_id, one.shutdown) for one in judgement.proposals] == [("m", MAR)]


def test_name_of_another_model_is_not_taken_from_it() -> None:
    judgement = judged(entry("m-1", JAN, aliases=("m",)), said=(said("new", aliases=("m", "new-1")),))
    assert (of(judgement, "m-1").aliases, of(judgement, "new").aliases) == (("m",), ())


# --- what left a list ------------------------------------------------------------------------------------------------


def test_model_that_left_the_providers_list_is_gone_without_a_day() -> None:
    after = of(judged(entry("m"), said=(said("m", left_on=NOV_21),)), "m")
    assert (after.announced, after.shutdown.day, after.standing) == (NOV_21, None, "inferred")


def test_model_that_left_the_list_before_its_end_keeps_its_end() -> None:
    assert end_of(judged(entry("m", JAN), said=(said("m", left_on=NOV_21),)), "m") == (JAN, "provider")


# --- people ----------------------------------------------------------------------------------------------------------


def test_operators_record_wins_and_is_marked() -> None:
    own = entry("m", MAR, aliases=("our-m",), last_verified=DEC_1)
    judgement = judged(
        entry("m", JAN, aliases=("m-latest",)), said=(said("m", FEB),), records=(Record("openai-api", own),)
    )
    after = of(judgement, "m")
    assert (after.shutdown.day, [one.kind for one in after.sources]) == (MAR.on, ["operator"])
    assert after.aliases == ("m-latest", "our-m")
    assert [plan.day for plan in after.superseded] == [JAN.on]
    assert [one.shutdown for one in judgement.models[0].disagreeing] == [JAN, FEB]
    assert judgement.proposals == ()


@pytest.mark.parametrize("own", [pytest.param("m", id="record"), pytest.param("m-latest", id="alias of a record")])
def test_facts_that_the_operators_record_leaves_out_are_the_shipped_ones(own: str) -> None:
    known = entry(
        "m",
        JAN,
        aliases=("m-latest",),
        announced=date(2026, 7, 1),
        replacements=(ReplacementEntry("n", NOV_1),),
        closed=False,
        after_shutdown="redirect",
        redirect_to="n",
    )
    after = of(judged(known, entry("n"), records=(Record("openai-api", entry(own, MAR)),)), own)

    assert [one.id for one in after.replacements] == ["n"]
    assert (after.announced, after.closed) == (known.announced, False)
    assert (after.after_shutdown, after.redirect_to) == ("redirect", "n")


def test_operators_record_of_a_model_that_stays_has_no_announcement() -> None:
    known = entry("m", JAN, announced=date(2026, 7, 1))

    assert of(judged(known, records=(Record("openai-api", entry("m")),)), "m").announced is None


def decide(judgement: Judgement, verdict: Verdict, *, on: date = DEC_1) -> tuple[Decision, ...]:
    return tuple(
        Decision(proposal=one, verdict=verdict, author="ada@example.com", reason="", on=on)
        for one in judgement.proposals
    )


def test_accepted_proposal_is_an_override_with_its_source() -> None:
    words = (said("m", FEB, **REPORT),)
    accepted = decide(judged(entry("m", JAN), said=words), "accepted")
    judgement = judged(entry("m", JAN), said=words, decisions=accepted)
    assert end_of(judgement, "m") == (FEB, "provider")
    assert (of(judgement, "m").sources[0].url, of(judgement, "m").sources[0].kind) == (
        "https://litellm.example",
        "operator",
    )


def test_accepted_proposal_is_not_proposed_again_but_a_later_word_of_the_provider_is() -> None:
    report = said("m", FEB, **REPORT)
    accepted = decide(judged(entry("m", JAN), said=(report,)), "accepted")
    judgement = judged(entry("m", JAN), said=(report, said("m", MAR, since=DEC_1)), decisions=accepted)
    assert end_of(judgement, "m")[0] == FEB
    assert MAR in [one.shutdown for one in judgement.proposals]


def test_refused_proposal_is_not_proposed_again() -> None:
    words = (said("m", FEB, **REPORT),)
    refused = decide(judged(entry("m", JAN), said=words), "refused")
    judgement = judged(entry("m", JAN), said=words, decisions=refused)
    assert (end_of(judgement, "m")[0], judgement.proposals) == (JAN, ())
    assert [one.source for one in judgement.models[0].disagreeing] == ["litellm"]


def test_page_that_was_parsed_only_proposes() -> None:
    judgement = judged(entry("m"), said=(said("m", FEB, proposes=True), said("new", FEB, proposes=True)))
    assert judgement.files[0].models == (entry("m"),)
    assert [(one.kind, one.model_id, one.shutdown) for one in judgement.proposals] == [
        ("new_end", "m", FEB),
        ("new_end", "new", FEB),
    ]


def test_sources_that_disagree_are_both_shown_and_the_later_end_is_proposed() -> None:
    words = (said("m", FEB, source="a"), said("m", JAN, source="b"))
    judgement = judged(entry("m"), said=words)
    assert [(one.source, one.shutdown) for one in judgement.models[0].words][:2] == [("b", JAN), ("a", FEB)]
    assert [(one.kind, one.source, one.in_force) for one in judgement.proposals] == [("another_end", "a", JAN)]


def test_report_of_a_plan_that_the_provider_has_left_is_no_disagreement() -> None:
    judgement = judged(entry("m", JAN), said=(said("m", FEB), said("m", JAN, **REPORT)))
    assert judgement.proposals == ()
