"""Certainty is worded in one module, and Slack's and HTML's escaping are in one renderer each."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICE = Path(__file__).parents[2] / "service"
WORDING = SERVICE / "core" / "wording"
SOURCES = sorted(SERVICE.rglob("*.py"))
CERTAINTY = re.compile(r"not before $|no day set|no day named|, not confirmed|^, expected")
"""In a string, or the part of one before a value."""
SLACK_ONLY = re.compile("&amp;|&lt;|&gt;|mrkdwn|plain_text")
PRECISIONS = ("no_sooner_than",)


def strings(source: Path) -> Iterator[str]:
    """What the code of a file says: its strings, without docstrings."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.value


def files_that_say(words: re.Pattern[str]) -> set[str]:
    said = {str(source.relative_to(SERVICE)): list(strings(source)) for source in SOURCES}
    return {name for name, texts in said.items() if any(words.search(text) for text in texts)}


def test_how_certain_an_end_is_is_worded_in_one_module() -> None:
    assert files_that_say(CERTAINTY) == {"core/wording/end.py"}


def test_only_the_wording_of_an_end_puts_its_precision_into_words() -> None:
    """The others decide by it: whether the day is a deadline, and what a catalog file may say."""
    matched = {
        str(source.relative_to(SERVICE)) for source in SOURCES if any(text in PRECISIONS for text in strings(source))
    }
    assert matched == {
        "core/wording/end.py",
        "core/catalog/lifecycle.py",
        "core/digest.py",
    }


def test_only_the_renderer_for_slack_knows_its_markup() -> None:
    assert files_that_say(SLACK_ONLY) == {"core/wording/to_slack.py"}


@pytest.mark.parametrize("folder", ["core/messages", "core/explanation", "core/wording"])
def test_no_text_styles_itself(folder: str) -> None:
    """Bold and code are spans: an asterisk or a backtick in a text would be shown as it is."""
    sources = (source for source in (SERVICE / folder).glob("*.py") if source.name != "to_slack.py")
    styled = [text for source in sources for text in strings(source) if re.search(r"\*\w|\w\*|<http", text)]
    assert styled == []


def test_only_the_renderer_for_html_escapes_for_it() -> None:
    importers = {
        str(source.relative_to(SERVICE))
        for source in SOURCES
        if re.search(r"^(import html|from html import)", source.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert importers == {"core/wording/to_html.py"}
