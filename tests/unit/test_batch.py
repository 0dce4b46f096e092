"""What a batch holds of the records put into it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from service.core.batch import Batch, Partition, PassedOverKey, RejectionKey, RejectionShare
from service.core.shapes import MAX_SHAPES, OTHER_SHAPES
from service.core.usage import Decoded, PassedOver, Rejection
from tests.calls import make_call

HOUR = datetime(2025, 6, 2, 9, tzinfo=UTC)
FIRST, SECOND = Partition("calls", 0), Partition("calls", 1)
CALL = make_call(at=HOUR, input_tokens=10, output_tokens=None)
REFUSED = Rejection("bad_json", "at 3")
SPANS = PassedOver("other_spans", "otlp_traces", 3)


@dataclass(frozen=True)
class ARecord:
    offset: int
    topic: str = "calls"
    partition: int = 0
    key: bytes | None = b"key"
    value: bytes | None = b"value"
    headers: tuple[tuple[str, bytes], ...] = ()


def batch_of(*decoded: Decoded, start: int = 0, partition: Partition = FIRST) -> Batch:
    batch = Batch()
    for offset, one in enumerate(decoded, start):
        batch.add(batch.span(partition, offset), ARecord(offset), one, HOUR)
    return batch


@pytest.mark.parametrize(
    ("decoded", "ledger"),
    [
        pytest.param(Decoded((CALL, CALL)), (1, 0, 0), id="two calls are one call record"),
        pytest.param(Decoded((), (REFUSED,)), (0, 1, 0), id="rejected"),
        pytest.param(Decoded((CALL,), (REFUSED,)), (1, 0, 0), id="a call and a rejection: a call record"),
        pytest.param(Decoded(), (0, 0, 1), id="a known non-call"),
        pytest.param(Decoded((CALL,), (), (SPANS,)), (1, 0, 0), id="a call beside what is none"),
        pytest.param(Decoded((), (), (SPANS,)), (0, 0, 1), id="nothing but what is no call"),
    ],
)
def test_every_record_is_accounted_for_once(decoded: Decoded, ledger: tuple[int, int, int]) -> None:
    span = batch_of(decoded, start=41).spans[FIRST]

    assert (span.call_records, span.rejected_records, span.other_records) == ledger
    assert (span.expected, span.next_offset, span.records) == (41, 42, 1)


def test_run_of_calls_is_accounted_for_as_each_call_by_itself_is() -> None:
    one_by_one, at_once = Batch(), Batch()
    for offset in (41, 42, 43):
        one_by_one.add(one_by_one.span(FIRST, 41), ARecord(offset), Decoded((CALL,)), HOUR)
        at_once.rollup.add(CALL)
    at_once.end_run(at_once.span(FIRST, 41), 3, 44)

    assert at_once == one_by_one


def test_record_with_a_call_and_a_rejection_is_a_dead_letter_too() -> None:
    batch = batch_of(Decoded((CALL,), (REFUSED, REFUSED)))

    assert [letter.record.offset for letter in batch.dead_letters] == [0]
    assert batch.rejections[RejectionKey("kafka", "calls", "bad_json", HOUR, None)].rejected == 2


def test_parts_that_are_no_calls_are_counted_with_and_without_calls_beside_them() -> None:
    hit = PassedOver("cache_hit", "litellm")
    batch = batch_of(Decoded((CALL,), (), (SPANS,)), Decoded((), (), (SPANS, hit)), Decoded((), (REFUSED,), (hit,)))

    assert batch.passed_over == {
        PassedOverKey("kafka", "calls", "otlp_traces", "other_spans", HOUR): 6,
        PassedOverKey("kafka", "calls", "litellm", "cache_hit", HOUR): 2,
    }


def test_unknown_formats_are_counted_by_shape() -> None:
    shapes = ("an object with host", "an array", "an object with host")
    batch = batch_of(*(Decoded((), (Rejection("unknown_format", shape),)) for shape in shapes))

    assert {key.shape: count.rejected for key, count in batch.rejections.items()} == {
        "an object with host": 2,
        "an array": 1,
    }


def test_shapes_of_a_topic_and_hour_are_told_apart_up_to_a_bound() -> None:
    ways = [Decoded((), (Rejection("unknown_format", f"an object with k{number}"),)) for number in range(50)]
    batch = batch_of(*ways[:30])
    batch.merge(batch_of(*ways[30:], start=30))

    counts = {key.shape: count.rejected for key, count in batch.rejections.items()}
    assert counts.pop(OTHER_SHAPES) == 30
    assert counts == {f"an object with k{number}": 1 for number in range(MAX_SHAPES)}


def test_merged_batches_equal_one_that_read_all() -> None:
    beside = Decoded((CALL,), (), (SPANS,))
    first = batch_of(beside, Decoded((), (REFUSED,)))
    first.merge(batch_of(Decoded((), (REFUSED,)), beside, Decoded(), start=2))

    assert first == batch_of(beside, Decoded((), (REFUSED,)), Decoded((), (REFUSED,)), beside, Decoded())


def test_merging_keeps_partitions_apart() -> None:
    batch = batch_of(Decoded((CALL,)))
    batch.merge(batch_of(Decoded((CALL,)), start=7, partition=SECOND))

    assert {p: (span.expected, span.next_offset) for p, span in batch.spans.items()} == {FIRST: (0, 1), SECOND: (7, 8)}


def test_dead_letters_are_handed_out_once() -> None:
    batch = batch_of(Decoded((), (REFUSED,)))

    assert len(batch.take_dead_letters()) == 1
    assert (batch.take_dead_letters(), batch.dead_letter_bytes) == ([], 0)


@pytest.mark.parametrize(
    ("steps", "flood"),
    [
        pytest.param([(999, 999)], False, id="fewer than a thousand tell nothing"),
        pytest.param([(1000, 501)], True, id="more than half"),
        pytest.param([(1000, 500)], False, id="exactly half"),
        pytest.param([(100_000, 0), *[(1_000, 1_000)] * 3], True, id="a long good past does not hide it"),
        pytest.param([(1_000, 1_000), *[(1_000, 0)] * 4], False, id="it is over"),
    ],
)
def test_flood_is_judged_by_the_last_thousand_or_more(steps: list[tuple[int, int]], flood: bool) -> None:
    share = RejectionShare()
    for records, rejected in steps:
        share.add(records, rejected)

    assert share.exceeds(0.5) is flood


def held(name: str, minute: int, service: str | None = "search-api") -> Decoded:
    return Decoded((make_call(at=HOUR + timedelta(minutes=minute), service=service, key_owner=name),))


def test_five_holders_of_a_services_keys_are_kept_whose_keys_called_last() -> None:
    names = ("ann", "bob", "cid", "dan", "eve", "fay", "ann")
    together = batch_of(*(held(name, minute) for minute, name in enumerate(names)))
    assert together.rollup.key_owners == {
        "search-api": {name: HOUR + timedelta(minutes=m) for m, name in enumerate(names) if m > 1}
    }

    for cut in range(len(names)):
        later = batch_of(*(held(name, minute) for minute, name in enumerate(names[:cut])))
        later.merge(batch_of(*(held(name, minute) for minute, name in enumerate(names[cut:], cut)), start=cut))
        assert later.rollup.key_owners == together.rollup.key_owners


def test_nobody_is_kept_for_a_call_without_a_caller() -> None:
    assert batch_of(held("ann", 0, service=None)).rollup.key_owners == {}
