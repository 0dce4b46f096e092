"""What docs/escalation.md says of escalation is what the code does: its examples, its policy, its picture."""

import re
from pathlib import Path

import pytest
import yaml

from service.core.escalation.policy import DEFAULT_POLICY, policy_to_json
from tests.example_player import Player, messages_of
from tests.examples import Example, read_example, read_examples
from tests.ladder_picture import PICTURE, draw

DOCUMENT = Path(__file__).parents[2] / "docs" / "escalation.md"
EXAMPLES = list(read_examples(DOCUMENT))


def test_no_example_is_passed_over() -> None:
    assert len(EXAMPLES) == DOCUMENT.read_text().count("```example\n") > 30


@pytest.mark.parametrize("example", [pytest.param(one, id=one.name) for one in EXAMPLES])
def test_example_tells_what_it_says(example: Example) -> None:
    assert Player(example).play() == messages_of(example)


def test_documented_policy_is_the_default() -> None:
    (block,) = re.findall(r"^```yaml\n(policies:.*?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)

    assert yaml.safe_load(block)["policies"] == [policy_to_json(DEFAULT_POLICY)]


def test_picture_is_drawn_from_the_default_policy() -> None:
    assert PICTURE.read_text() == draw(DEFAULT_POLICY), "draw it again: .venv/bin/python -m tests.ladder_picture"


# --- an example that is wrong fails -----------------------------------------------------------------------------------

ANNOUNCED = "Mon 14 Apr 09:00   owner, team get announced\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Tue 15 Apr   nothing more\n", id="a message is left out"),
        pytest.param(ANNOUNCED + "Tue 15 Apr 09:00   owner gets -60d\n", id="a message that nobody gets"),
        pytest.param("Mon 14 Apr 09:00   owner gets announced\n", id="an audience is left out"),
        pytest.param("Mon 14 Apr 10:00   owner, team get announced\n", id="another hour"),
        pytest.param("Mon 14 Apr 09:00   owner, team get announced; missed -60d\n", id="more than the message says"),
        pytest.param("calls each day since Wed 16 Apr\n" + ANNOUNCED, id="another story"),
    ],
)
def test_example_that_is_not_what_is_told_differs(text: str) -> None:
    example = read_example(text, name="wrong")

    assert Player(example).play() != messages_of(example)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        pytest.param("Mon 12 May   Ada waives until Mon 4 Aug\n", "a waiver needs a reason", id="refused in silence"),
        pytest.param("Mon 12 May   Ada acknowledges; refused: no\n", "it is done", id="done, and said to be refused"),
        pytest.param(
            "Mon 12 May   Ada waives until Mon 4 Aug; refused: it is late\n",
            "a waiver needs a reason",
            id="refused for another reason",
        ),
        pytest.param("Mon 12 May   it is quiet\n", "it is active", id="another state"),
    ],
)
def test_what_is_seen_or_refused_is_checked(text: str, wrong: str) -> None:
    example = read_example(f"from Sat 10 May\n{text}Mon 12 May 13:00   nothing more\n", name="wrong")

    with pytest.raises(AssertionError, match=wrong):
        Player(example).play()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("Tue 14 Apr 09:00   owner gets -60d\n", "is a Mon 14 Apr 2025", id="another weekday"),
        pytest.param("Mon 31 Apr 09:00   owner gets -60d\n", "out of range", id="a day that is none"),
        pytest.param("the moon is full\n" + ANNOUNCED, "not understood", id="an unknown word about how things are"),
        pytest.param("Sun 13 Apr   Ada sleeps\n" + ANNOUNCED, "not understood", id="an unknown word about a day"),
        pytest.param("Sun 13 Apr   Ada snoozes until\n" + ANNOUNCED, "no act", id="half an act"),
        pytest.param("Tue 15 Apr   nothing more\n" + ANNOUNCED, "before the line above", id="days out of order"),
        pytest.param(ANNOUNCED + "no manager\n", "has no day", id="how things are, once something has happened"),
        pytest.param(ANNOUNCED + "Tue 15 Apr   last call\n", "has no end", id="a deed, and not what follows"),
        pytest.param("policy -30d: everybody\n" + ANNOUNCED, "everybody", id="an audience that is none"),
        pytest.param("from Tue 15 Apr\n", "has no end", id="nothing at all"),
    ],
)
def test_example_that_cannot_be_read_is_an_error(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Player(read_example(text, name="wrong")).play()
