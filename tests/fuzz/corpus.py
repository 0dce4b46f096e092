"""What mutated inputs are made of: the records of tests/samples, their parts, and values that no log should hold."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from service.formats.files import read_records

SAMPLES = Path(__file__).parents[1] / "samples"
HUGE = "1" + "0" * 400

ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    2**53,
    2**63,
    -(2**63),
    1e308,
    "",
    " ",
    "x",
    "0",
    "-1",
    "1e9",
    "true",
    "null",
    "\0",
    "\u202e",
    "\N{PILE OF POO}",
    "x" * 300,
    "sk-" + "k" * 48,
    "2026-11-19T07:02:11.216Z",
    "9999-12-31T23:59:59Z",
    "0000-00-00T00:00:00Z",
    "2026-02-30T25:61:61+99:99",
    "https://[::1",
    "//" + "a." * 200,
    [],
    {},
    [[]],
    [None],
    {"": None},
    msgspec.Raw(HUGE.encode()),
    msgspec.Raw(f"-{HUGE}".encode()),
    msgspec.Raw(b"1e999"),
    msgspec.Raw(b"-0"),
    msgspec.Raw(b"NaN"),
    msgspec.Raw(b"Infinity"),
    msgspec.Raw(b'"\\ud800"'),
    msgspec.Raw(b'"\xff\xfe"'),
    msgspec.Raw(b'"\\u0000"'),
    msgspec.Raw(b"[" * 50 + b"]" * 50),
    msgspec.Raw(b'{"a":' * 50 + b"1" + b"}" * 50),
)
BIG: tuple[Any, ...] = (
    "x" * 70_000,
    "{" * 70_000,
    " " * 70_000,
    "a b " * 20_000,
    msgspec.Raw(b"[" * 10_000 + b"]" * 10_000),
    msgspec.Raw(b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
    msgspec.Raw(b"[" * 3_000),
    msgspec.Raw(b"[" + b",".join([b"{}"] * 20_000) + b"]"),
    msgspec.Raw(b"{" + b",".join(b'"%d":0' % number for number in range(20_000)) + b"}"),
)
"""Drawn seldom: each takes as long as a thousand others."""
_MISTYPED: tuple[Any, ...] = (
    {"name": 5, "attributes": [{"key": "gen_ai.request.model", "value": 5}]},
    {"name": 5, "kind": [], "attributes": [{"key": 5, "value": {"stringValue": 5, "intValue": []}}]},
    {"attributes": [5, {"key": 5}], "events": [{"attributes": 5}, 5], "status": 5},
    {"body": 5, "attributes": [{"key": "event.name", "value": {"stringValue": msgspec.Raw(b"1e999")}}]},
)


def mistyped(items: int) -> list[bytes]:
    """OTLP requests of so many spans or log records, none of which fits its shape: one kind each, and all in turn."""
    lists = [[item] * items for item in _MISTYPED] + [[_MISTYPED[i % len(_MISTYPED)] for i in range(items)]]
    traces = [{"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]} for spans in lists]
    logs = [{"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]} for records in lists]
    return [msgspec.json.encode(request) for request in (*traces, *logs)]


@dataclass(slots=True)
class Corpus:
    values: list[bytes] = field(default_factory=list)
    """Whole records."""
    words: list[str] = field(default_factory=list)
    """Names of fields, of any record."""
    parts: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    """By the name of the field: what stands there in one record or another."""


def load() -> Corpus:
    corpus = Corpus()
    for path in sorted(SAMPLES.glob("*.jsonl")):
        corpus.values.extend(record.value for record in read_records(path) if record.value)
    for value in corpus.values:
        if value[:1] == b"{":
            _collect(msgspec.json.decode(value), corpus)
    corpus.words = sorted(corpus.parts)
    corpus.values += [*mistyped(1), *mistyped(300)]
    return corpus


def _collect(tree: Any, corpus: Corpus) -> None:
    if isinstance(tree, dict):
        for key, part in tree.items():
            corpus.parts[key].append(part)
            _collect(part, corpus)
    elif isinstance(tree, list):
        for part in tree:
            _collect(part, corpus)
