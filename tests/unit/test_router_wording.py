"""What people read about a closed model that is called through a router: whose dates these are."""

import json
from datetime import date
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from service.core.escalation.cause import DateMoved
from service.core.explanation.exposure import explain_exposure
from service.core.messages.render import render
from service.entrypoints.cli.resolve import resolve
from tests.builders import make_deprecation, make_digest, make_digest_line, make_news, make_notice
from tests.explained import Played, said
from tests.message_text import at, read

ROUTED: dict[str, Any] = {"platform": "openrouter", "dates_of": "openai-api"}


def test_notice_says_whose_dates_these_are_and_that_another_model_may_answer() -> None:
    assert (
        "gpt-4.5-preview (OpenAI API, through OpenRouter) shuts down on Mon 14 Jul 2025, counted from 00:00 UTC. "
        "Calls fail from then on. "
        "The dates are those of OpenAI API; OpenRouter may answer with another model."
    ) in read(make_notice(**ROUTED))


def test_push_text_names_maker_and_router() -> None:
    message = render([make_notice(**ROUTED)], page=None, now=at("2025-06-02"))
    assert "search-api still calls gpt-4.5-preview (OpenAI API, through OpenRouter), which" in message.text


def test_news_names_maker_and_router() -> None:
    news = make_news(DateMoved(before=date(2025, 7, 1), after=date(2025, 7, 14)), **ROUTED)
    assert "The announced shutdown of gpt-4.5-preview (OpenAI API, through OpenRouter) moved" in read(news)


def test_digest_names_maker_and_router() -> None:
    digest = make_digest(lines=(make_digest_line(**ROUTED),))
    assert "gpt-4.5-preview (OpenAI API, through OpenRouter): Mon 14 Jul 2025" in read(digest)


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        pytest.param(
            ROUTED, "The dates are those of OpenAI API; OpenRouter may answer with another model.", id="a router"
        ),
        pytest.param(
            {"versions": ("a-0613", "a-1106"), "standing": "inferred"},
            "It is an alias without an end of its own; this is the last end of a-0613 and a-1106.",
            id="an alias",
        ),
    ],
)
def test_explanation_says_where_the_dates_come_from(facts: dict[str, Any], line: str) -> None:
    played = Played(given={"deprecation": make_deprecation(**facts)})
    assert line in said(explain_exposure(played.situation("2025-04-14T12:00")), "dates")


def resolved(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(resolve)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_resolve_says_the_router_and_the_maker() -> None:
    answer = json.loads(resolved("openai/o3", "--provider", "openrouter", "--json"))
    assert answer["platform"] == "openrouter"
    assert (answer["deprecation"]["through"], answer["deprecation"]["dates_of"]) == ("openrouter", "openai-api")
    direct = json.loads(resolved("o3", "--provider", "openai", "--json"))
    assert (direct["deprecation"]["through"], direct["deprecation"]["dates_of"]) == (None, None)


def test_resolve_tells_a_person_whose_dates_these_are() -> None:
    assert "dates of    openai-api, through openrouter" in resolved("openai/o3", "--provider", "openrouter")
