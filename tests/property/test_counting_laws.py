"""A record that is counted at once counts as one that is read thoroughly, whatever the records before it taught."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.core import rollup as rollup_module
from service.core.batch import Batch, Partition
from service.core.rollup import OutOfRangeError, Rollup
from service.core.usage import Call, Who
from service.formats import counting
from service.formats.decoder import Decoder, decode
from service.formats.dialects import DIALECTS
from service.formats.files import FileRecord
from service.formats.recognition import form_of
from service.formats.times import from_any
from service.formats.vocabulary import Vocabulary
from tests.builders import make_record
from tests.wraps import wrapped

TIMES_EACH = 40
HOUR = datetime(2026, 11, 22, 5, tzinfo=UTC)
TOPIC = make_record(b"").topic
ENOUGH = 60
"""Records of one kind, until their words are known."""
TIMES: tuple[Any, ...] = (
    "2026-11-19T07:02:11Z",
    "2026-11-19T07:59:59.9999999Z",
    "2026-11-19T06:02:11.000001z",
    "2026-11-19T09:02:11.5+02:00",
    "2026-11-19T07:02:11",
    "2014-12-31T23:59:59Z",
    "2099-12-31T23:59:59-05:00",
    "2026-11-19",
    "0001-01-01T00:00:00+01:00",
    1795071731,
    None,
)
WORDS: tuple[Any, ...] = ("a", "b", "A", "", "é" * 300, 1, True, 200, "200", 404, 2**70, 1.0, None)
NUMBERS: tuple[Any, ...] = (0, 7, 7.0, 7.5, "7", -1, 2**70, True, None)
FIELDS: dict[str, tuple[Any, ...]] = {
    "time": TIMES,
    "ts": TIMES,
    **dict.fromkeys(("service", "environment", "provider", "host", "model", "served_model", "response_model"), WORDS),
    **dict.fromkeys(("status", "error_code", "streaming", "key_owner", "reporter", "operation"), WORDS),
    "model_kind": ("model", "deployment", "other", None),
    "error_message": ("The model has been deprecated", "x" * 3_000, {"code": 1}, None),
    **dict.fromkeys(("input_tokens", "output_tokens", "cached_tokens", "latency_ms", "duration_ms"), NUMBERS),
    "request_id": ("r1", "r2", "r3", "r4", 5, None),
    "note": (None, {"nested": [1]}),
    "op": ("c",),
    "resourceSpans": ([],),
}
USUAL = {"time": TIMES[0], "service": "a", "provider": "openai", "model": "gpt-4", "input_tokens": 7}


BASE64 = "eyJ0aW1lIjogIjIwMjYtMTEtMTlUMDc6MDI6MTFaIiwgInNlcnZpY2UiOiAieCIsICJtb2RlbCI6ICJtIn0="
LABELS: tuple[Any, ...] = ({"app": "a"}, {"app": "b", "env": "test"}, {"app": {}}, {"k8s-app": 1}, None)
PODS: tuple[Any, ...] = (*({"labels": labels} for labels in LABELS), {"namespace": "n"}, {"namespace": []}, "pod", None)
CUSTOM: tuple[Any, ...] = ({"service": "c"}, {"environment": "test"}, {"service": True}, {}, None)
SHIPPED: dict[str, tuple[Any, ...]] = {
    "@timestamp": TIMES,
    "timestamp": (*TIMES, {}),
    "kubernetes": PODS,
    "fields": CUSTOM,
    "host": ("h", {"name": "h"}),
}
ENVELOPES: dict[str, tuple[str, dict[str, Any], dict[str, tuple[Any, ...]]]] = {
    "event": (
        "data",
        {"specversion": "1.0", "type": "t", "source": "/services/x", "id": "1"},
        {
            "source": ("/services/x", "/services/y", "y", "", 1, None, {}),
            "time": TIMES,
            "data_base64": (BASE64, "-", 1, None),
            "iodebeziumop": ("c", "u", 1, None),
            "specversion": (1, {}),
            "new": ("a", None),
        },
    ),
    "change": (
        "after",
        {"op": "c", "before": None, "source": {}, "ts_ms": 1},
        {
            "op": ("c", "r", "u", 1, None),
            "before": ({"model": "m"}, None, 1),
            "source": ({"ts_ms": 1}, {"ts_ms": {}}, 1, None),
            "ts_ms": (2, "2", {}, None),
        },
    ),
    "row": ("payload", {"schema": None}, {"schema": ({"type": "struct"}, 1, None), "new": (1,)}),
    "filebeat line": (
        "message",
        {"agent": {"type": "filebeat"}},
        SHIPPED | {"json": ({"model": "m"}, {}, "text", None), "message": ("{}", "- {}", 1, None)},
    ),
    "fluent bit line": (
        "log",
        {"stream": "stdout", "time": "x"},
        SHIPPED | {"log_processed": ({"model": "m"}, {}, "text", None), "log": ("{}", "- {}", 1, None)},
    ),
}
"""Envelopes by the key of what is inside: what is around it, and what may be there in its place."""


def drawn_from(fields: dict[str, tuple[Any, ...]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(sorted(fields)), st.integers(0, 20), max_size=4).map(
        lambda drawn: {key: fields[key][number % len(fields[key])] for key, number in drawn.items()}
    )


records = st.lists(drawn_from(FIELDS).map(lambda change: json.dumps(USUAL | change)), min_size=1, max_size=3)
LAYERS = ("cloudevents", "debezium", "filebeat", "lines", "array", "gzip")
HEADERS = ((), (("trace", b"\xff"),), (("ce_source", b"/services/x"),), (("__op", b"u"),))
lots = st.tuples(records, st.lists(st.sampled_from(LAYERS), max_size=2), st.sampled_from(HEADERS))


def record_of(texts: list[str], layers: list[str], headers: tuple[tuple[str, bytes], ...]) -> FileRecord:
    value = texts[0] if len(texts) == 1 else f"[{','.join(texts)}]"
    body = value.encode()
    for layer in layers:
        body = wrapped(body, layer)
    return make_record(body, headers=headers)


def in_envelope(name: str, text: str, change: dict[str, Any]) -> FileRecord:
    key, around, _ = ENVELOPES[name]
    inside: Any = text + "\n" if name.endswith("line") else json.loads(text)
    return make_record(json.dumps(around | {key: inside} | change).encode())


def counted(decoder: Decoder, batch: Batch, record: FileRecord) -> None:
    answer = decoder.counter(record.topic, batch.rollup)(record)
    span = batch.span(Partition(record.topic, 0), 0)
    if answer is None:
        batch.end_run(span, 1, record.offset + 1)
    elif type(answer) is Call:
        batch.rollup.add(answer)
        batch.end_run(span, 1, record.offset + 1)
    else:
        batch.add(span, record, answer, HOUR)


@given(before=st.lists(lots, min_size=1, max_size=3), after=st.lists(lots, min_size=1, max_size=8))
@example([(['{"model": "m", "service": "a", "time": "2026-11-19T07:02:11Z"}'], [], ())], [(["[]"], [], ())])
@settings(max_examples=150)
def test_counting_at_once_gives_the_totals_of_the_thorough_way(before: list[Any], after: list[Any]) -> None:
    decoder, at_once, thorough = Decoder(), Batch(), Batch()
    for record in (record_of(*one) for one in [one for one in before for _ in range(ENOUGH)] + after + before + after):
        counted(decoder, at_once, record)
        thorough.add(thorough.span(Partition(record.topic, 0), 0), record, decode(record), HOUR)
    assert at_once == thorough


@pytest.mark.parametrize("name", ENVELOPES)
@given(data=st.data())
@settings(max_examples=40)
def test_an_envelope_counts_as_in_the_thorough_way(name: str, data: st.DataObject) -> None:
    texts, changes = data.draw(records), data.draw(st.lists(drawn_from(ENVELOPES[name][2]), min_size=1, max_size=4))
    lots = [in_envelope(name, text, change) for text in texts for change in changes]
    decoder, at_once, thorough = Decoder(), Batch(), Batch()
    for record in [one for one in lots for _ in range(ENOUGH)] + lots:
        counted(decoder, at_once, record)
        thorough.add(thorough.span(Partition(record.topic, 0), 0), record, decode(record), HOUR)
    assert at_once == thorough


@pytest.mark.parametrize("name", ENVELOPES)
@pytest.mark.parametrize("most", [2, 100])
def test_no_value_around_a_record_is_taken_for_another(name: str, most: int) -> None:
    for key, every in ENVELOPES[name][2].items():
        decoder, at_once, thorough, values = Decoder(), Batch(), Batch(), every[:most]
        for number in range(TIMES_EACH * len(values)):
            record = in_envelope(name, json.dumps(USUAL), {key: values[number % len(values)]})
            counted(decoder, at_once, record)
            thorough.add(thorough.span(Partition(record.topic, 0), 0), record, decode(record), HOUR)
        assert at_once == thorough


@pytest.mark.parametrize("way", ["alone", "fixed", "cloudevents", "array"])
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("most", [2, 100])
def test_no_value_of_a_field_is_taken_for_another(field: str, way: str, most: int) -> None:
    """Each is seen often enough to be known. Of an array, one item has it."""
    fixed = "lastcall" if way == "fixed" else None
    decoder = Decoder({TOPIC: fixed} if fixed else None)
    at_once, thorough, values = Batch(), Batch(), FIELDS[field][:most]
    for number in range(TIMES_EACH * len(values)):
        text = json.dumps(USUAL | {field: values[number % len(values)]})
        texts = [json.dumps(USUAL), text] if way == "array" else [text]
        record = record_of(texts, ["cloudevents"] if way == "cloudevents" else [], ())
        counted(decoder, at_once, record)
        thorough.add(thorough.span(Partition(record.topic, 0), 0), record, decode(record, fixed), HOUR)
    assert at_once == thorough


@pytest.mark.parametrize("year", [1, 2014, 2100, 9999])
def test_a_call_outside_the_years_is_refused_also_if_it_is_the_first(year: int) -> None:
    rollup = Rollup()
    with pytest.raises(OutOfRangeError):
        rollup.add(Call(Who("lastcall", "x", "a", requested_id="m"), datetime(year, 1, 1, tzinfo=UTC)))
    assert not rollup


def test_a_number_is_found_by_whichever_of_its_keys_has_it() -> None:
    decoder, at_once, thorough = Decoder(), Batch(), Batch()
    kinds = ({"duration_ms": 5.0}, {"latency_ms": 6.0}, {"latency_ms": 7.0, "duration_ms": 8.0}, {"duration_ms": 9.0})
    for numbers in kinds:
        record = record_of([json.dumps(USUAL | numbers)], [], ())
        for _ in range(TIMES_EACH * len(kinds)):
            counted(decoder, at_once, record)
            thorough.add(thorough.span(Partition(record.topic, 0), 0), record, decode(record), HOUR)
    assert at_once == thorough


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-19T07:02:11.1234567Z", datetime(2026, 11, 19, 7, 2, 11, 123457, tzinfo=UTC)),
        ("2026-11-19T07:59:59.9999999+00:00", datetime(2026, 11, 19, 8, tzinfo=UTC)),
        ("2026-11-19t09:02:11.5+02:00", datetime(2026, 11, 19, 7, 2, 11, 500_000, tzinfo=UTC)),
        ("20261119T070211.1234567890123456789Z", datetime(2026, 11, 19, 7, 2, 11, 123456, tzinfo=UTC)),
    ],
    ids=["rounded", "rounded to the next hour", "a small letter", "not RFC 3339"],
)
def test_rare_forms_of_a_time_are_read(text: str, moment: datetime) -> None:
    assert from_any(text) == moment


@pytest.mark.parametrize("way", ["", "filebeat", "gzip", "two lines", "array", *ENVELOPES])
def test_usual_records_are_counted_at_once(way: str) -> None:
    """What no record before had is read the other way, once."""
    usual = [json.dumps(USUAL | {"service": service}) for service in ("a", "b")]
    if way == "two lines":
        values = ["\n".join(usual).encode()]
    elif way in ENVELOPES:
        values = [in_envelope(way, text, {}).value or b"" for text in usual]
    else:
        values = [wrapped(text.encode(), way) if way else text.encode() for text in usual]
    decoder, rollup = Decoder(), Rollup()
    answers = [
        decoder.counter(TOPIC, rollup)(make_record(values[number % len(values)])) for number in range(2 * ENOUGH)
    ]
    assert answers[: ENOUGH // 2].count(None) == 0
    assert answers[-ENOUGH // 2 :].count(None) == ENOUGH // 2


@pytest.mark.parametrize("way", ["array", "lines"])
def test_a_record_without_a_call_is_counted_as_such(way: str) -> None:
    """Also between others that are counted at once."""
    usual = [json.dumps(USUAL), json.dumps(USUAL)]
    values = {"array": f"[{','.join(usual)}]", "lines": "\n".join(usual)}, {"array": "[]", "lines": "\n"}
    decoder, at_once, thorough = Decoder(), Batch(), Batch()
    for number in range(3 * ENOUGH):
        record = make_record(values[number % 9 == 0][way].encode())
        counted(decoder, at_once, record)
        thorough.add(thorough.span(Partition(record.topic, 0), 0), record, decode(record), HOUR)
    assert at_once == thorough


def test_records_that_never_fit_are_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_MOST_DUE", counting._FIRST_DUE)
    decoder, rollup = Decoder(), Rollup()
    record = record_of([json.dumps(USUAL | {"time": "2026-11-19T07:02:11"})], [], ())
    for _ in range(4 * ENOUGH):
        assert decoder.counter(TOPIC, rollup)(record) is not None
    assert decoder.counter(TOPIC, rollup).__qualname__ == decoder.reader(TOPIC).__qualname__


def test_records_are_tried_again_after_many_runs_of_misfits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic may begin with the records of a producer that is soon gone."""
    monkeypatch.setattr(counting, "_RUNS_TO_SKIP", 2 * ENOUGH)
    decoder, rollup = Decoder(), Rollup()
    usual, misfit = (record_of([json.dumps(USUAL | one)], [], ()) for one in ({}, {"time": "2026-11-19T07:02:11"}))
    for record in [usual] * (1 + counting._FIRST_DUE) + [misfit] * 2 * ENOUGH:
        decoder.counter(TOPIC, rollup)(record)
    answers = [decoder.counter(TOPIC, rollup)(usual) for _ in range(2 * ENOUGH)]
    assert answers[0] is not None
    assert answers[-1] is None


def test_a_number_is_counted_at_the_place_that_it_moved_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_MOST_DUE", counting._FIRST_DUE)
    decoder, rollup = Decoder(), Rollup()
    before, after = (record_of([json.dumps(USUAL | {key: 5.0})], [], ()) for key in ("latency_ms", "duration_ms"))
    for record in [before, after] * 3 * ENOUGH + [after] * 5 * ENOUGH:
        answer = decoder.counter(TOPIC, rollup)(record)
    assert answer is None


def test_records_of_many_topics_of_a_fixed_format_are_counted_at_once() -> None:
    topics = [f"topic {number}" for number in range(2 * rollup_module.MAX_READERS)]
    decoder, rollup = Decoder(dict.fromkeys(topics, "lastcall")), Rollup()
    records = [make_record(json.dumps(USUAL).encode(), topic=topic) for topic in topics]
    answers = [decoder.counter(record.topic, rollup)(record) for record in records * ENOUGH]
    assert answers[-len(topics) :] == [None] * len(topics)


def test_new_words_are_learned_after_misfits_that_taught_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_MOST_DUE", counting._FIRST_DUE)
    decoder, rollup = Decoder(), Rollup()
    misfit = {"time": "2026-11-19T07:02:11"}
    for number in range(10 * ENOUGH):
        decoder.counter(TOPIC, rollup)(record_of([json.dumps(USUAL | (misfit if number % 2 else {}))], [], ()))
    new = record_of([json.dumps(USUAL | {"service": "new"})], [], ())
    answers = [decoder.counter(TOPIC, rollup)(new) for _ in range(4 * ENOUGH)]
    assert answers[0] is not None
    assert answers[-1] is None


def test_words_that_are_known_are_bounded_together() -> None:
    """The field with the most of them is left open, and those with few are not."""
    form = form_of(next(one for one in DIALECTS if one.flat is not None))
    vocabulary, read = Vocabulary(form), msgspec.json.Decoder(form.guarded).decode
    for number in range(100):
        long = dict.fromkeys(("host", "model", "error_message", "reporter"), f"{number}".ljust(200))
        record = USUAL | long | {"service": f"s{number % 9}"}
        vocabulary.learn(read(json.dumps(record)), record)
    known = [get_args(one.type) for one in msgspec.structs.fields(vocabulary.shape(None))]
    words = [word for some in known for word in some if isinstance(word, str)]
    assert words.count("s0") == words.count("s8") == 1
    assert 16 * 1024 < sum(map(len, words)) <= 64 * 1024


def test_keys_that_are_known_are_bounded() -> None:
    """Records whose keys are new each time are read one by one; those that have the keys of the first go on being
    counted at once."""
    decoder, rollup = Decoder(), Rollup()
    for number in range(10 * ENOUGH):
        note = {f"note {number}": 1} if number % 2 else {'a "quoted" key\\\n': 1}
        decoder.counter(TOPIC, rollup)(record_of([json.dumps(USUAL | note)], [], ()))
    usual = record_of([json.dumps(USUAL)], [], ())
    answers = [decoder.counter(TOPIC, rollup)(usual) for _ in range(ENOUGH)]
    assert answers[-1] is None


@pytest.mark.parametrize(
    "record",
    [
        in_envelope("event", json.dumps(USUAL), {"source": "/" * 5_000 + "a"}),
        in_envelope("filebeat line", json.dumps(USUAL), {"kubernetes": {"namespace": "n" * 5_000}}),
        record_of([json.dumps(USUAL)], [], (("ce_source", b"/" * 5_000 + b"a"),)),
    ],
    ids=["a source", "a namespace", "a header"],
)
def test_long_words_around_a_record_are_not_remembered(record: FileRecord) -> None:
    decoder, rollup = Decoder(), Rollup()
    for _ in range(2 * ENOUGH):
        decoder.counter(TOPIC, rollup)(record)
    assert rollup.number_remembered() == 0
    assert decoder.counter(TOPIC, rollup)(record) is not None


def test_cells_that_are_remembered_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several readers, and of one that learns new words again and again."""
    monkeypatch.setattr(rollup_module, "MAX_CELLS", 10)
    decoder, rollup, most = Decoder(), Rollup(), 0
    for number in range(20 * ENOUGH):
        words = {"service": f"s{number % (number // 60 + 1)}", "model": f"m{number % 3}"}
        layers = [LAYERS[number // ENOUGH % 5]] if number // ENOUGH % 6 else []
        decoder.counter(TOPIC, rollup)(record_of([json.dumps(USUAL | words)], layers, ()))
        most = max(most, rollup.number_remembered())
    assert most == 10
