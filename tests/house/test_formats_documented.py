"""docs/formats.md has a row for each dialect, envelope and reason to pass over, and it says what the tuples say."""

import re
from pathlib import Path
from runpy import run_path
from typing import get_args

import pytest

from service.core.cleaning import event_of
from service.core.usage import Call, Decoded, Reason
from service.formats import tolerant
from service.formats.contract import AnyDialect, AnyEnvelope, Context, Dialect, Mark
from service.formats.decoder import why_passed_over
from service.formats.dialects import DIALECTS
from service.formats.envelopes import ENVELOPES
from tests.builders import make_record

DOCUMENT = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()


def row_of(thing: AnyDialect | AnyEnvelope) -> str:
    """Its line in the table: name, what it is, how it is recognised."""
    return f"| `{thing.name}` | {thing.about} | {marks_of(thing)} |"


def marks_of(thing: AnyDialect | AnyEnvelope) -> str:
    if isinstance(thing, Dialect):
        words = [words_of(mark) for mark in thing.marks]
        return "; ".join(words if thing.parse is None else [*words, "or protobuf"])
    return "; ".join(map(words_of, thing.matches)) if isinstance(thing.matches, tuple) else "the bytes"


def words_of(mark: Mark) -> str:
    *firsts, last = (f"`{key}`" for key in sorted(mark.keys))
    words = f"{', '.join(firsts)} and {last}" if firsts else last
    return words + (" with no other field" if mark.alone else "") + (" (asked last)" if mark.weak else "")


def rows_of_passed() -> list[str]:
    things: tuple[AnyDialect | AnyEnvelope, ...] = (*DIALECTS, *ENVELOPES)
    named = [("kafka", ("tombstone",)), *((thing.name, tuple(thing.passes)) for thing in things)]
    return [f"| `{kind}` | `{name}` | {why_passed_over(name, kind)} |" for name, kinds in named for kind in kinds]


def rows(heading: str) -> list[str]:
    section = DOCUMENT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `.*$", section, re.MULTILINE)


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        pytest.param("Dialects", list(map(row_of, DIALECTS)), id="dialects"),
        pytest.param("Envelopes", list(map(row_of, ENVELOPES)), id="envelopes"),
        pytest.param("Passed-over parts", rows_of_passed(), id="passed over"),
    ],
)
def test_table_says_what_the_tuples_say(heading: str, expected: list[str]) -> None:
    assert rows(heading) == expected, f"the table below '## {heading}' must be:\n" + "\n".join(expected)


def test_every_reason_of_a_rejection_is_documented() -> None:
    documented = {row.split("`")[1] for row in rows("Rejections")}
    assert documented == set(get_args(Reason))


def test_dialect_of_the_documentation_reads_its_record(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    (tmp_path / "acme.py").write_text(code)
    dialect: AnyDialect = run_path(str(tmp_path / "acme.py"), run_name="acme")["DIALECT"]
    record = make_record({"acme_model": "gpt-4", "acme_app": "billing-api", "status": 200, "tokens_in": 80})
    call = dialect.read(tolerant.decode(dialect.shape, record.value or b""), Context(record))
    assert isinstance(call, Call)
    event = event_of(call)
    assert (event.format, event.service, event.requested_id, event.status, event.input_tokens) == (
        "acme",
        "billing-api",
        "gpt-4",
        200,
        80,
    )
    cached = dialect.read(tolerant.decode(dialect.shape, b'{"acme_model": "m", "cached": true}'), Context(record))
    assert isinstance(cached, Decoded)
    assert [one.kind for one in cached.passed] == list(dialect.passes)
