"""Cleaning is total for any words, lets only bounded printable words without secrets through, and remembers nothing
that changes an answer."""

from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.core.cleaning import Cleaned, cleaned, may_be_remembered
from service.core.secret import holds_secret
from service.core.usage import Who
from service.core.values import MAX_TEXT

SECRETS = ("sk-proj-" + "a1B2" * 8, "Bearer " + "k" * 30, "AKIA" + "A1" * 8)
NUMBERS: tuple[Any, ...] = (1, True, 1.0, 0, False, 0.0, -0.0, 200, 200.0, 404, 404.0)
"""Some are equal, and hash alike, and are not the same word."""
ODD: tuple[Any, ...] = (
    *(None, "", " ", "x", "true", "False", "200", "404", "\0", "\u202e", "\ud800", "x" * 256, "x" * 300, "ß" * 256),
    *("https://api.openai.com/v1", "http://[::1", "azure", "openai", "gpt-4", *SECRETS),
    *(10**400, -1, 1.5, 1e308, 2**64, *NUMBERS),
)
scalars = st.sampled_from(ODD) | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
words = scalars | st.tuples(scalars, scalars) | st.tuples(scalars, st.tuples(scalars, scalars))
error_texts = (
    st.none()
    | st.text(max_size=400)
    | st.sampled_from(SECRETS)
    | st.sampled_from((*SECRETS, "model_not_found", "x" * 64, "Ⅷ" * 20, "404")).map(
        lambda code: f"Error code: 404 - {{'error': {{'code': '{code}', 'message': 'secret prompt'}}}}"
    )
)
who = st.builds(
    Who,
    format=st.sampled_from(["lastcall", "litellm"]),
    reporter=words,
    service=words,
    environment=words,
    provider=words,
    host=words,
    requested_id=words,
    requested_field=st.sampled_from([None, "model", "deployment", "alias"]),
    served_id=words,
    operation=words,
    status=words,
    error_code=words,
    error_text=error_texts,
    streaming=scalars,
    key_owner=words,
    either_id=words,
    failed=st.sampled_from([None, True, False]),
    error_class=words,
)


def texts(found: Cleaned) -> list[str]:
    values = (*msgspec.structs.astuple(found), *found.series)
    return [value for value in values if isinstance(value, str)]


@given(who=who)
@example(who=Who("litellm", "litellm", error_text="{'error': {'code': 'sk-proj-0123456789abcdef'}}", failed=True))
@settings(max_examples=200)
def test_any_words_come_out_bounded_printable_and_without_secrets(who: Who) -> None:
    found = cleaned(who)
    for word in texts(found):
        assert len(word) <= MAX_TEXT
        assert word.isprintable()
        assert not holds_secret(word)
    assert found.status is None or 100 <= found.status <= 599
    assert {type(found.streaming), type(found.end_of_life)} <= {bool, type(None)}
    assert not (found.failed and found.series.served_id)


def other_type(word: Any) -> Any:
    """A word that is equal to it and of another type, where there is one."""
    if isinstance(word, tuple):
        return tuple(map(other_type, word))
    if isinstance(word, bool):
        return float(word)
    if isinstance(word, float) and word.is_integer() and abs(word) < 2**53:
        return int(word)
    return bool(word) if isinstance(word, int) and word in (0, 1) else word


@given(who=who, number=st.integers(0, 10**9))
@settings(max_examples=100)
def test_equal_words_of_other_types_have_one_answer_whatever_came_before(who: Who, number: int) -> None:
    """An owner of its own keeps each out of the other's memory."""
    own = msgspec.structs.replace(who, key_owner=f"first-{number}")
    other = msgspec.structs.replace(
        own,
        key_owner=f"second-{number}",
        **{
            name: other_type(getattr(who, name))
            for name in Who.__struct_fields__
            if name not in ("format", "key_owner", "requested_field", "error_text", "failed")
        },
    )
    assert msgspec.structs.replace(other, key_owner=own.key_owner) == own
    assert msgspec.structs.replace(cleaned(other), key_owner=cleaned(own).key_owner) == cleaned(own)
    assert cleaned(own) == cleaned(msgspec.structs.replace(own))


def test_words_of_any_length_cost_no_memory_beyond_a_bound() -> None:
    assert may_be_remembered(Who("lastcall", "lastcall", requested_id="gpt-4", host="api.openai.com"))
    assert not may_be_remembered(Who("lastcall", "lastcall", requested_id="m" * 3_000))
    assert not may_be_remembered(Who("lastcall", "lastcall", service=("a" * 1_500, ("b" * 600,))))
    assert not may_be_remembered(Who("lastcall", "lastcall", error_text="e" * 300))
