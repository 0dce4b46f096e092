"""How an unknown format is told: by names of keys, never by a value."""

import json
from typing import Any

import pytest

from service.core.shapes import MAX_SHAPES, OTHER_SHAPES
from service.core.tally import Uncounted
from service.core.usage import Decoded, PassedOver, Rejection
from service.formats.decoder import decode
from tests.builders import make_record

NONE = "an object without a key that logs have in common"


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        pytest.param({"message": "hi", "host": "a"}, "an object with host, message", id="sorted"),
        pytest.param({"log.level": 1, "@timestamp": 2}, "an object with @timestamp, log.level", id="of Elastic"),
        pytest.param(
            {"RequestId": 1, "cached_tokens": 2}, "an object with RequestId, cached_tokens", id="of a dialect"
        ),
        pytest.param(
            dict.fromkeys(["time", "status", "service", "path", "msg", "method", "level", "id", "host"]),
            "an object with host, id, level, method, msg, path, service, status and 1 more",
            id="eight",
        ),
        pytest.param({"ada": 1, "grace_hopper": 2, "host": 3}, "an object with host and 2 more", id="people"),
        pytest.param({"ada": 1, "grace_hopper": 2}, NONE, id="nothing but people"),
        pytest.param({"ada@acme.example": 1, "sk-proj-abcdefghijklmnop": 1, "5b8aa5a2": 1}, NONE, id="values"),
        pytest.param({"please sum this up": 1, "Grüße": 1, "x" * 40: 1}, NONE, id="texts"),
        pytest.param({}, "an empty object", id="empty"),
        pytest.param(b"null", "JSON that is no object", id="null"),
        pytest.param(b"GET / 200", "text that is no JSON", id="text"),
    ],
)
def test_shape_has_names_and_no_values(body: Any, shape: str) -> None:
    value = body if isinstance(body, bytes) else json.dumps(body).encode()

    (rejection,) = decode(make_record(value)).rejections

    assert (rejection.reason, rejection.detail) == ("unknown_format", shape)


def test_object_with_very_many_keys_is_told_by_the_first_of_them() -> None:
    keys = [*map(str, range(64)), "host"]

    (rejection,) = decode(make_record(dict.fromkeys(keys, 0))).rejections

    assert rejection.detail == NONE


def test_shapes_beyond_the_bound_are_counted_together() -> None:
    uncounted = Uncounted()
    for number in [*range(MAX_SHAPES + 5), 0]:
        uncounted.add(Decoded((), (Rejection("unknown_format", f"an object with k{number}"),)))

    assert len(uncounted.shapes) == MAX_SHAPES + 1
    assert uncounted.shapes[OTHER_SHAPES] == 5
    assert uncounted.shapes["an object with k0"] == 2
    assert uncounted.rejections == {"unknown_format": MAX_SHAPES + 6}


def test_parts_are_added_up_by_format_and_kind() -> None:
    uncounted = Uncounted()
    for parts in (2, 3):
        uncounted.add(Decoded((), (), (PassedOver("other_spans", "otlp_traces", parts),)))

    assert uncounted.passed_over == {("otlp_traces", "other_spans"): 5}
