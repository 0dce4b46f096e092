"""Another model answers, or a version of the one that was asked for."""

import pytest

from service.core.identity import Identified


@pytest.mark.parametrize(
    ("requested", "served"),
    [
        pytest.param("gpt-4", "gpt-4", id="the same"),
        pytest.param("gpt-4o", "gpt-4o-2024-08-06", id="a date with hyphens"),
        pytest.param("gpt-4", "gpt-4-0613", id="month and day"),
        pytest.param("gemini-1.5-flash", "gemini-1.5-flash-002", id="three digits"),
        pytest.param("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022", id="latest, and a date of eight digits"),
        pytest.param("mistral-large-latest", "mistral-large-2411", id="latest, and year and month"),
        pytest.param("mistral-large-latest", "mistral-large-latest", id="latest, itself"),
        pytest.param("gemini-flash-latest", "gemini-3.5-flash", id="latest of any generation"),
        pytest.param("gemini-flash-latest", "gemini-3.5-flash-preview-09-2025", id="latest, a preview of a generation"),
        pytest.param("mistral-medium-latest", "mistral-medium-3-5", id="latest, and a generation at the end"),
        pytest.param("gpt-4o-2024-08-06", "gpt-4o", id="the log names the alias for what answered"),
        pytest.param("mistral-large-2411", "mistral-large-latest", id="the log names latest for what answered"),
    ],
)
def test_version_of_what_was_asked_for_is_no_other_model(requested: str, served: str) -> None:
    assert not Identified("openai-api", requested, served).served_is_another


@pytest.mark.parametrize(
    ("requested", "served"),
    [
        pytest.param("gpt-4", "gpt-4-turbo", id="a variant"),
        pytest.param("gpt-4", "gpt-4.1", id="a dot is no version"),
        pytest.param("gpt-4", "gpt-4o", id="a letter is no version"),
        pytest.param("gpt-4o", "gpt-4o-mini-2024-07-18", id="a variant with a date"),
        pytest.param("gpt-4o-2024-05-13", "gpt-4o-2024-08-06", id="two snapshots of one alias"),
        pytest.param("gpt-4-0613", "gpt-4-0613-2024-08-06-x", id="more after the date"),
        pytest.param("claude-2", "claude-2-1", id="one digit is a model's own number"),
        pytest.param("claude-3-5-sonnet-latest", "claude-3-7-sonnet-20250219", id="latest of another line"),
        pytest.param("gemini-flash-latest", "gemini-3.5-flash-lite", id="latest of another size"),
        pytest.param("gemini-flash", "gemini-3.5-flash", id="a generation of what is not called latest"),
        pytest.param("o1", "o1-2024-12-17\n", id="a line break after the date"),
        pytest.param("gpt-4", "gpt-4-٠٦١٣", id="digits of another script"),
        pytest.param("gpt-4.5-preview", "claude-sonnet-4", id="another maker"),
    ],
)
def test_model_with_another_name_is_another(requested: str, served: str) -> None:
    assert Identified("openai-api", requested, served).served_is_another


@pytest.mark.parametrize(("requested", "served"), [(None, "gpt-4"), ("gpt-4", None), (None, None)])
def test_unknown_model_is_not_said_to_be_another(requested: str | None, served: str | None) -> None:
    assert not Identified("openai-api", requested, served).served_is_another
