"""Readings that are held back, and what a reading changes."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from service.core.catalog.finding import Finding, Reading
from service.core.catalog.lifecycle import Shutdown
from service.core.catalog.statement import Changes, Name, Statement, compare
from service.core.catalog.suspicion import suspicions

NOV_21, DEC_1 = date(2026, 11, 21), date(2026, 12, 1)
JAN, FEB, PAST = (Shutdown(day, "exact") for day in (date(2027, 1, 1), date(2027, 2, 1), date(2026, 6, 1)))


def finding(number: int, end: Shutdown | None = JAN, **given: date) -> Finding:
    return Finding("openai-api", f"m-{number:04}", shutdown=end, **given)  # type: ignore[arg-type]


def reading(findings: Iterable[Finding], *, whole: bool = False) -> Reading:
    platforms = frozenset({"openai-api"} if whole else ())
    return Reading("openai", "provider", "https://openai.example", tuple(findings), platforms)


def known(findings: Iterable[Finding]) -> dict[Name, Statement]:
    said = [Statement("openai", "provider", one, "https://openai.example", NOV_21) for one in findings]
    return {one.name: one for one in said}


def changes(new: Reading, before: dict[Name, Statement]) -> Changes:
    return compare(new, before, on=DEC_1)


def reasons(new: Reading, before: dict[Name, Statement], shipped: dict[Name, Shutdown] | None = None) -> list[str]:
    return [one.reason for one in suspicions(new, changes(new, before), before, shipped or {}, on=DEC_1)]


TWENTY = [finding(number) for number in range(20)]
NO_FINDINGS: list[Finding] = []


@pytest.mark.parametrize(
    ("findings", "held"),
    [
        pytest.param(TWENTY, [], id="the same"),
        pytest.param(TWENTY[:17], [], id="three are missing"),
        pytest.param(TWENTY[:16], ["drops_many"], id="four are missing"),
        pytest.param(NO_FINDINGS, ["is_empty"], id="suddenly empty"),
        pytest.param([finding(n, FEB) for n in range(10)] + TWENTY[10:], [], id="ten move"),
        pytest.param([finding(n, FEB) for n in range(11)] + TWENTY[11:], ["moves_many"], id="eleven move"),
        pytest.param([finding(n) for n in range(70)], [], id="fifty more end"),
        pytest.param([finding(n) for n in range(71)], ["adds_many"], id="fifty-one more end"),
        pytest.param([*TWENTY, *(finding(n, None) for n in range(20, 400))], [], id="many models in service"),
        pytest.param(
            [*TWENTY, finding(99, announced=FEB.on or DEC_1)], ["contradicts_itself"], id="ends before notice"
        ),
        pytest.param([*TWENTY, finding(99, Shutdown(date(1970, 1, 1), "exact"))], ["contradicts_itself"], id="1970"),
        pytest.param([*TWENTY, finding(99, Shutdown(date(3000, 1, 1), "exact"))], ["contradicts_itself"], id="3000"),
        pytest.param([*TWENTY, finding(0, FEB)], ["contradicts_itself"], id="two ends of one model"),
    ],
)
def test_later_reading_is_compared_with_the_one_before(findings: list[Finding], held: list[str]) -> None:
    assert reasons(reading(findings), known(TWENTY)) == held


def test_first_reading_may_add_many_but_not_thousands() -> None:
    assert reasons(reading(finding(n) for n in range(2_000)), {}) == []
    assert reasons(reading(finding(n) for n in range(2_001)), {}) == ["adds_many"]


def test_first_reading_is_compared_with_the_shipped_catalog() -> None:
    shipped = {("openai-api", f"m-{n:04}"): JAN for n in range(100)}
    assert reasons(reading(finding(n, FEB) for n in range(10)), {}, shipped) == []
    assert reasons(reading(finding(n, FEB) for n in range(11)), {}, shipped) == ["moves_many"]


def test_contradiction_that_a_person_let_pass_does_not_hold_the_next_reading() -> None:
    broken = finding(99, announced=date(2027, 3, 1))
    assert reasons(reading([*TWENTY, broken]), known([*TWENTY, broken])) == []


def test_reason_names_numbers_and_an_example() -> None:
    before = known(TWENTY)
    (only,) = suspicions(reading(TWENTY[4:]), changes(reading(TWENTY[4:]), before), before, {}, on=DEC_1)
    assert only.detail == "4 models of 20 are missing, for example openai-api m-0000"


# --- what a reading changes ------------------------------------------------------------------------------------------


def test_what_is_said_again_is_no_change() -> None:
    assert changes(reading(TWENTY), known(TWENTY)).are_none


def test_new_and_moved_ends_are_said_from_this_day_on() -> None:
    said = changes(reading([*TWENTY[1:], finding(0, FEB), finding(20)]), known(TWENTY)).said
    assert [(one.finding.id, one.since) for one in said] == [("m-0000", DEC_1), ("m-0020", DEC_1)]


def test_model_that_a_feed_drops_is_no_longer_said() -> None:
    assert [one.finding.id for one in changes(reading(TWENTY[1:]), known(TWENTY)).dropped] == ["m-0000"]


def test_model_that_is_missing_from_a_whole_list_has_left_it() -> None:
    (left,) = changes(reading(TWENTY[1:], whole=True), known(TWENTY)).said
    assert (left.finding, left.left_on) == (TWENTY[0], DEC_1)


@pytest.mark.parametrize("whole", [False, True], ids=["feed", "whole list"])
def test_model_whose_end_is_past_stays_when_it_is_dropped(whole: bool) -> None:
    assert changes(reading([], whole=whole), known([finding(0, PAST)])).are_none


def test_model_that_comes_back_to_the_list_is_in_service() -> None:
    left = {name: Statement("openai", "provider", one.finding, one.url, NOV_21, left_on=NOV_21)
            for name, one in known(TWENTY[:1]).items()}  # fmt: skip
    assert changes(reading([], whole=True), left).are_none
    (back,) = changes(reading(TWENTY[:1], whole=True), left).said
    assert back.left_on is None


def test_end_on_the_day_of_the_reading_is_past() -> None:
    ends_today = finding(0, Shutdown(DEC_1, "exact"))
    ends_tomorrow = finding(0, Shutdown(DEC_1 + timedelta(days=1), "exact"))
    assert [changes(reading([]), known([one])).are_none for one in (ends_today, ends_tomorrow)] == [True, False]
