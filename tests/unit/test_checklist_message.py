"""What notices and digests say of the migration checklist."""

from datetime import UTC, date, datetime

import pytest

from service.core.messages.render import render
from service.core.notification import DigestLine, Facts
from service.core.wording.to_text import to_text
from tests.builders import make_digest, make_digest_line, make_notice

WEEK_BEFORE = datetime(2025, 7, 7, 9, tzinfo=UTC)
EVERYTHING = ("model", "prompts", "latency", "cost", "users")


def read(*facts: Facts) -> list[str]:
    message = render(facts, page=None, now=WEEK_BEFORE)
    return [line for blocks in (message.blocks, *message.replies) for line in to_text(blocks).splitlines()]


def test_notice_names_what_is_still_open() -> None:
    assert "Checklist: still open are cost and users." in read(make_notice(checklist_open=("cost", "users")))


def test_notice_of_one_open_item_says_so() -> None:
    assert "Checklist: still open is users." in read(make_notice(checklist_open=("users",)))


def test_notice_of_an_untouched_checklist_says_what_a_migration_consists_of() -> None:
    lines = read(make_notice(checklist_open=EVERYTHING))

    assert "Checklist: nothing is ticked yet of model, prompts, latency, cost and users." in lines


def test_notice_says_nothing_of_a_checklist_that_is_done_or_not_pressing() -> None:
    assert not [line for line in read(make_notice(checklist_open=())) if "hecklist" in line]


def test_among_several_only_a_checklist_that_was_begun_is_told() -> None:
    begun = make_notice(service="search-api", checklist_open=("users",))
    untouched = make_notice(service="mail-writer", checklist_open=EVERYTHING)

    assert [line.strip() for line in read(begun, untouched) if "hecklist" in line] == [
        "◦ checklist: still open is users"
    ]


def test_an_item_of_another_release_is_left_out() -> None:
    assert "Checklist: still open is users." in read(make_notice(checklist_open=("<!channel>", "users")))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param(make_digest_line(), "", id="not noted"),
        pytest.param(make_digest_line(ticked=0), "", id="nothing ticked, and time left"),
        pytest.param(make_digest_line(ticked=2), ", checklist 2 of 5", id="begun"),
        pytest.param(
            make_digest_line(ticked=3, checklist_open=("cost", "users")),
            ", checklist 3 of 5, still open are cost and users",
            id="begun, and the day is near",
        ),
        pytest.param(make_digest_line(ticked=0, checklist_open=EVERYTHING), ", checklist 0 of 5", id="not begun"),
        pytest.param(make_digest_line(ticked=5), ", checklist 5 of 5", id="done, and still called"),
    ],
)
def test_digest_says_how_far_each_exposure_is(line: DigestLine, said: str) -> None:
    digest = make_digest(lines=(line,))

    assert f"• search-api (production): 1,200 calls, as many as the week before{said}" in read(digest)


def test_digest_of_a_day_far_ahead_names_no_items() -> None:
    line = make_digest_line(shutdown_on=date(2026, 3, 31), ticked=4)

    assert read(make_digest(lines=(line,)))[-1].endswith(", checklist 4 of 5")
